package pdebench

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

func isGrouped(f *h5.File) bool {
	first, ok := f.First("/", h5.Group)
	return ok && slab.Has(f, first+"/data", first+"/grid/x", first+"/grid/t")
}

// grouped describes a file with one group a trajectory.
func grouped(f *h5.File) (*slab.Part, error) {
	entries, err := f.List("/")
	if err != nil {
		return nil, err
	}
	part := &slab.Part{}
	for _, e := range entries {
		if e.Kind == h5.Group || e.Kind == h5.Broken { // a damaged trajectory is an error where it is read
			part.Groups = append(part.Groups, "/"+e.Name)
		}
	}
	part.Trajectories = len(part.Groups)
	first := part.Groups[0]
	d, err := f.Dataset(first + "/data")
	if err != nil {
		return nil, err
	}
	shape := d.Shape
	if len(shape) < 3 || len(shape) > 4 {
		return nil, fmt.Errorf("%s has shape %v, expected [t, x, c] or [t, x, y, c]", d.Path(), shape)
	}
	dims, channels := len(shape)-2, shape[len(shape)-1]
	axes := "xy"[:dims]
	for i, n := range shape[1 : 1+dims] {
		name := axes[i : i+1]
		x, err := slab.Line(f, first+"/grid/"+name, n)
		if err != nil {
			return nil, err
		}
		part.Spec.Grid.Axes = append(part.Spec.Grid.Axes, slab.Cells(name, x, false))
		part.Coordinates = append(part.Coordinates, x)
	}
	times, err := storedTimes(f, first+"/grid/t", shape[0])
	if err != nil {
		return nil, err
	}
	part.Times, part.Spec.Dt, part.Spec.History = [][]float64{times}, slab.Mean(times), 1
	if part.Scalars, err = configs(f, part.Groups); err != nil {
		return nil, err
	}
	if part.Spec.Name, part.Spec.Fields, err = groupedFields(dims, channels, part.Scalars); err != nil {
		return nil, fmt.Errorf("%s has shape %v: %w", d.Path(), shape, err)
	}
	for i := range part.Spec.Grid.Axes {
		part.Spec.Grid.Axes[i].Wall = part.Spec.Name == diffReact // whose sides let nothing through
	}
	source := slab.Source{Path: "data", Axes: "t" + axes + "c"}
	for c := range channels {
		source.Channels = append(source.Channels, c)
	}
	part.Fields = []slab.Source{source}
	return part, nil
}

// storedTimes are the times of the frames, where a file may have those of the solver: diffusion–sorption is solved at 501 times of which 101 are stored.
func storedTimes(f *h5.File, path string, frames int) ([]float64, error) {
	t, shape, err := slab.Values(f, path)
	if err != nil {
		return nil, err
	}
	if len(shape) != 1 || frames < 1 || len(t) < frames {
		return nil, fmt.Errorf("%s has shape %v, expected at least %d values", path, shape, frames)
	}
	every := 1
	if steps := frames - 1; steps > 0 && len(t) > frames+1 && (len(t)-1)%steps == 0 {
		every = (len(t) - 1) / steps
	}
	stored := make([]float64, frames)
	for i := range stored {
		stored[i] = t[i*every]
	}
	return stored, nil
}

const diffReact = "pdebench-diff-react"

// groupedFields tells the three grouped sets apart, which nothing in the file names: by dimension, channels, and for shallow water the constant gravity.
func groupedFields(dims, channels int, constants map[string][]float64) (name string, fields []eddy.Field, err error) {
	cell := func(names ...string) []eddy.Field {
		for _, n := range names {
			fields = append(fields, eddy.Field{Name: n, At: eddy.Cell})
		}
		return fields
	}
	_, heavy := constants["gravity"]
	switch {
	case dims == 1 && channels == 1:
		return "pdebench-diff-sorp", cell("u"), nil
	case dims == 2 && channels == 2:
		return diffReact, cell("u", "v"), nil
	case dims == 2 && channels == 1 && heavy:
		return "pdebench-rdb", cell("h"), nil
	case dims == 2 && channels == 1:
		return "pdebench", cell("u"), nil
	}
	return "", nil, errors.New("expected one channel, or two in two dimensions")
}

// equationConstants are the keys of the generators' configurations that are constants of an equation.
var equationConstants = []string{"Du", "Dv", "k", "D", "por", "rho_s", "k_f", "n_f", "sol", "gravity", "dam_radius", "inner_height", "NU"}

// maxConfigs is up to how many groups every configuration is read; of more only the first is, because no set of so many varies its constants.
const maxConfigs = 2000

// configs are the constants of the configurations of all groups.
func configs(f *h5.File, groups []string) (map[string][]float64, error) {
	if len(groups) > maxConfigs {
		groups = groups[:1]
	}
	all := map[string][]float64{}
	for i, g := range groups {
		constants, err := config(f, g)
		if err != nil {
			return nil, err
		}
		for name, v := range constants {
			if len(all[name]) == i {
				all[name] = append(all[name], v)
			}
		}
	}
	for name, v := range all {
		switch {
		case len(v) < len(groups):
			delete(all, name) // not every trajectory has it
		case slices.Min(v) == slices.Max(v):
			all[name] = v[:1]
		}
	}
	return all, nil
}

// config reads the constants out of the YAML text of an object's attribute config: lines "key: number" at any depth.
func config(f *h5.File, path string) (map[string]float64, error) {
	v, err := f.Attribute(path, "config")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, _ := v.(string)
	constants := map[string]float64{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value, _, _ = strings.Cut(value, "#")
		if !slices.Contains(equationConstants, key) {
			continue
		}
		if n, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			constants[key] = n
		}
	}
	return constants, nil
}

func isIncompressible(f *h5.File) bool { return slab.Has(f, "/velocity", "/particles", "/force", "/t") }

// incompressible describes a file of incompressible flow.
func incompressible(f *h5.File) (*slab.Part, error) {
	velocity, err := f.Dataset("/velocity")
	if err != nil {
		return nil, err
	}
	shape := velocity.Shape
	if len(shape) != 5 {
		return nil, fmt.Errorf("/velocity has shape %v, expected [N, t, x, y, 2]", shape)
	}
	vector := func(name string) []eddy.Field {
		return []eddy.Field{
			{Name: name + "_x", At: eddy.Cell, Of: name, Index: []int{0}},
			{Name: name + "_y", At: eddy.Cell, Of: name, Index: []int{1}},
		}
	}
	part := &slab.Part{
		Spec: eddy.Spec{
			Name: "pdebench-ns-incom", Fields: append(vector("velocity"), eddy.Field{Name: "particles", At: eddy.Cell}), Statics: vector("force"), History: 1,
		},
		Trajectories: shape[0],
		Fields:       []slab.Source{{Path: "/velocity", Axes: "btxyc", Channels: []int{0, 1}}, {Path: "/particles", Axes: "btxyc", Channels: []int{2}}},
		Statics:      []slab.Source{{Path: "/force", Axes: "bxyc", Channels: []int{0, 1}}},
		Scalars:      map[string][]float64{},
	}
	for i, n := range shape[2:4] {
		part.Spec.Grid.Axes = append(part.Spec.Grid.Axes, eddy.Axis{Name: "xy"[i : i+1], Points: n, Length: 1})
	}
	if part.Times, err = slab.Rows(f, "/t", shape[0], shape[1]); err != nil {
		return nil, err
	}
	latest, ok, err := slab.Number(f, "/", "latestIndex")
	if err != nil {
		return nil, err
	}
	if written := int(latest) + 1; ok && written >= 1 && written < shape[1] {
		for i, t := range part.Times {
			part.Times[i] = t[:written]
		}
	}
	part.Spec.Dt = slab.Mean(part.Times[0])
	constants, err := config(f, "/")
	for name, v := range constants {
		part.Scalars[name] = []float64{v}
	}
	return part, err
}
