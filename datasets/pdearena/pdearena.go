// Package pdearena reads the .h5 files of PDEArena (Gupta & Brandstetter 2022) and PDE-Refiner (Lippe et al. 2023): two-dimensional smoke and the
// Kuramoto–Sivashinsky equation.
//
// # Layout
//
// One group named after the split, "train", "valid" or "test".
//
// Smoke: u [N, t, x, y] (density of the smoke), vx, vy likewise, t [N, t], x [N, x], y [N, y], and dt, dx, dy, buo_y [N], one value a trajectory.
//
// Kuramoto–Sivashinsky: one dataset whose name begins with "pde_", such as pde_140-256, [N, t, x]; x [N, x], t [N, t], dt and dx [N], and in the sets of several
// viscosities v [N].
//
// # What becomes what
//
// Constants are buo_y, dt, dx, dy and v, by their own names; those that differ between trajectories become Spec.Params, so that the sets with buoyancy or viscosity are
// conditioned and those without are not. Where dt or the length of the domain differ from trajectory to trajectory, as in all Kuramoto–Sivashinsky sets, Spec.Dt and
// the grid hold the mean rounded to two digits (0.2 and 64), so that training and test sets agree, and every trajectory's own values are the parameters dt and dx.
//
// Smoke is in a closed box, its density at cell centres. Its velocity lies on the lower faces of the cells, for which eddy has no word (face-x is the upper one), and is
// described as at nodes. Its t is a line through more time than the frames take (the generator divides the whole simulated time by the stored frames), so
// frames are dt apart, counted from the first t. The Kuramoto–Sivashinsky domain is periodic.
package pdearena

import (
	"errors"
	"fmt"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

// layout begins every error.
const layout = "pdearena"

// splits are the names of the group that holds everything.
var splits = []string{"/train", "/valid", "/test"}

// Dataset is one file, or the files of a folder, as a data set.
type Dataset = slab.Dataset

// Recognise reports whether an open file has PDEArena's layout.
func Recognise(f *h5.File) bool {
	_, _, err := find(f)
	return err == nil
}

// Open opens a file, or all .h5 files directly in a folder in alphabetical order, as one data set.
func Open(path string) (*Dataset, error) {
	files, err := slab.Files(layout, path, "*.h5", "*.hdf5")
	if err != nil {
		return nil, err
	}
	return slab.Open(layout, path, files, describe)
}

// find looks for the group of the split and the name of the Kuramoto–Sivashinsky dataset in it, "" for smoke.
func find(f *h5.File) (group, ks string, err error) {
	for _, split := range splits {
		if slab.Has(f, split+"/u", split+"/vx", split+"/vy", split+"/dt") {
			return split, "", nil
		}
		if !slab.Has(f, split+"/dt", split+"/dx") {
			continue
		}
		entries, err := f.List(split)
		if err != nil {
			return "", "", err
		}
		for _, e := range entries {
			if (e.Kind == h5.Data || e.Kind == h5.Broken) && strings.HasPrefix(e.Name, "pde_") {
				return split, e.Name, nil
			}
		}
	}
	return "", "", errors.New("not in PDEArena's layout: expected a group train, valid or test with u, vx, vy and dt, or with pde_T-X, dt and dx")
}

func describe(f *h5.File) (*slab.Part, error) {
	group, ks, err := find(f)
	switch {
	case err != nil:
		return nil, err
	case ks != "":
		return kuramotoSivashinsky(f, group, ks)
	}
	return smoke(f, group)
}

// shape is the shape of a dataset, whose axes must be as many as named.
func shape(f *h5.File, path string, axes ...string) ([]int, error) {
	d, err := f.Dataset(path)
	if err != nil {
		return nil, err
	}
	if len(d.Shape) != len(axes) {
		return nil, fmt.Errorf("%s has shape %v, expected [%s]", path, d.Shape, strings.Join(axes, ", "))
	}
	return d.Shape, nil
}

func smoke(f *h5.File, group string) (*slab.Part, error) {
	n, err := shape(f, group+"/u", "N", "t", "x", "y")
	if err != nil {
		return nil, err
	}
	part := &slab.Part{
		Spec: eddy.Spec{
			Name: "pdearena-smoke",
			Fields: []eddy.Field{
				{Name: "smoke", At: eddy.Cell},
				{Name: "velocity_x", Of: "velocity", Index: []int{0}},
				{Name: "velocity_y", Of: "velocity", Index: []int{1}},
			},
			History: 1,
		},
		Trajectories: n[0],
	}
	for c, name := range []string{"/u", "/vx", "/vy"} {
		part.Fields = append(part.Fields, slab.Source{Path: group + name, Axes: "btxy", Channels: []int{c}})
	}
	if err := scalars(f, group, part, "dt", "dx", "dy", "buo_y"); err != nil {
		return nil, err
	}
	for i, name := range []string{"x", "y"} {
		step, ok := part.Scalars["d"+name]
		if !ok {
			return nil, fmt.Errorf("no %s/d%s: expected one value a trajectory", group, name)
		}
		part.Spec.Grid.Axes = append(part.Spec.Grid.Axes, eddy.Axis{Name: name, Points: n[2+i], Length: slab.Nominal(step) * float64(n[2+i]-1), Wall: true})
	}
	return part, clock(f, group, part, n[1])
}

func kuramotoSivashinsky(f *h5.File, group, name string) (*slab.Part, error) {
	n, err := shape(f, group+"/"+name, "N", "t", "x")
	if err != nil {
		return nil, err
	}
	part := &slab.Part{
		Spec:         eddy.Spec{Name: "pdearena-ks", Fields: []eddy.Field{{Name: "u"}}, History: 1},
		Trajectories: n[0],
		Fields:       []slab.Source{{Path: group + "/" + name, Axes: "btx", Channels: []int{0}}},
	}
	if err := scalars(f, group, part, "dt", "dx", "v"); err != nil {
		return nil, err
	}
	length := make([]float64, len(part.Scalars["dx"]))
	for i, dx := range part.Scalars["dx"] {
		length[i] = dx * float64(n[2])
	}
	part.Spec.Grid.Axes = []eddy.Axis{{Name: "x", Points: n[2], Length: slab.Nominal(length), Periodic: true}}
	return part, clock(f, group, part, n[1])
}

// scalars reads those of the named datasets that the group holds, one value a trajectory.
func scalars(f *h5.File, group string, part *slab.Part, names ...string) error {
	part.Scalars = map[string][]float64{}
	for _, name := range names {
		v, err := slab.PerTrajectory(f, group+"/"+name, part.Trajectories)
		if err != nil {
			return err
		}
		if v != nil {
			part.Scalars[name] = v
		}
	}
	return nil
}

// clock gives every trajectory its times: dt apart, from its first t on, or from 0 where there is no t.
func clock(f *h5.File, group string, part *slab.Part, frames int) error {
	dt := part.Scalars["dt"]
	part.Spec.Dt = slab.Nominal(dt)
	start := make([]float64, part.Trajectories)
	if slab.Has(f, group+"/t") {
		t, shape, err := slab.Values(f, group+"/t")
		if err != nil {
			return err
		}
		if len(shape) != 2 || shape[0] != part.Trajectories {
			return fmt.Errorf("%s/t has shape %v, expected [%d, %d]", group, shape, part.Trajectories, frames)
		}
		for i := range start {
			start[i] = t[i*shape[1]]
		}
	}
	for i, first := range start {
		times := slab.Count(frames, dt[i])
		for k := range times {
			times[k] += first
		}
		part.Times = append(part.Times, times)
	}
	return nil
}
