// Package poseidon reads the PDEgym files of Poseidon (Herde et al. 2024, arXiv 2405.19101): netCDF-4, which is HDF5 underneath.
//
// # Layout
//
// The names of datasets and their ranks tell the sets apart; the files hold neither coordinates nor times:
//
//	velocity [N, t, 2 or 3, x, y]  incompressible Navier–Stokes (NS-Sines, NS-Gauss, NS-PwC, …): velocity, tracer. NS-SL.nc has y before x.
//	data     [N, t, 5, x, y]       compressible Euler (CE-RP, CE-KH, …): density, velocity, pressure, tracer
//	solution [N, t, 2, x, y]       Navier–Stokes with Kolmogorov forcing (FNS-KF): velocity
//	solution [N, t, 5, x, y]       Richtmyer–Meshkov (CE-RM): density, velocity, pressure; the fifth is not read, as Poseidon does not
//	solution [N, t, 6, x, y]       Rayleigh–Taylor (GCE-RT): density, velocity, pressure and, sixth, the gravitational potential; the fifth is not read
//	solution [N, t, x, y]          Allen–Cahn (ACE): u; with c [N, x, y] the wave equation: u and the static field c
//	solution [N, 2, x, y]          flow past airfoils (SE-AF), steady: the shape and the density
//	source, solution [N, x, y]     Poisson equation, steady
//	Sample_i/{a, u, bc}            Helmholtz equation, steady: the static field a, the boundary value bc as a parameter, the solution u
//
// # What becomes what
//
// The domain is [0, 1]², periodic for NS, FNS and CE and not otherwise (the files do not say). Times are Poseidon's own: the last frame is at 1, so that Spec.Dt is
// 1/20 for 21 frames. Steady sets have their input as a static field, frame 0 is zero and frame 1 is the solution.
package poseidon

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

// layout begins every error.
const layout = "poseidon"

// Dataset is one file, or the files of a folder, as a data set.
type Dataset = slab.Dataset

// Recognise reports whether an open file has the layout of a PDEgym file.
func Recognise(f *h5.File) bool {
	_, err := kind(f)
	return err == nil
}

// Open opens a file, or all .nc and .h5 files directly in a folder in alphabetical order, as one data set.
func Open(path string) (*Dataset, error) {
	files, err := slab.Files(layout, path, "*.nc", "*.h5", "*.hdf5")
	if err != nil {
		return nil, err
	}
	return slab.Open(layout, path, files, describe)
}

// set is one of the kinds of files.
type set struct {
	name     string // of the Spec
	path     string // of the dataset with the solution
	shape    []int
	channels []string // of the components on axis c, "" for one that is not read
	static   string   // dataset of the static field; "" for none
	steady   bool
	periodic bool
}

// Channels by their place in a file.
var (
	incompressible = []string{"velocity_x", "velocity_y", "tracer"}
	compressible   = []string{"density", "velocity_x", "velocity_y", "pressure"}
)

// kind tells what a file holds.
func kind(f *h5.File) (set, error) {
	unknown := errors.New("not in PDEgym's layout: expected velocity or data [N, t, c, x, y], solution, source and solution, or groups Sample_i with a, u and bc")
	if slab.Has(f, "/Sample_0/a", "/Sample_0/u", "/Sample_0/bc") {
		return helmholtz(f)
	}
	for _, name := range []string{"/velocity", "/data", "/solution"} {
		if !slab.Has(f, name) {
			continue
		}
		d, err := f.Dataset(name)
		if err != nil {
			return set{}, err
		}
		s := set{path: name, shape: d.Shape}
		if err := d.Close(); err != nil {
			return set{}, err
		}
		if !s.identify(slab.Has(f, "/source"), slab.Has(f, "/c")) {
			return set{}, fmt.Errorf("%w; found %s of shape %v", unknown, name, s.shape)
		}
		return s, nil
	}
	return set{}, unknown
}

// identify completes a set by its dataset's name and shape and by what lies beside it.
func (s *set) identify(hasSource, hasSpeed bool) bool {
	rank, components := len(s.shape), 0
	if rank == 5 {
		components = s.shape[2]
	}
	switch {
	case s.path == "/velocity" && (components == 2 || components == 3):
		s.name, s.channels, s.periodic = "poseidon-ns", incompressible[:components], true
	case s.path == "/data" && components == 5:
		s.name, s.channels, s.periodic = "poseidon-ce", append(slices.Clone(compressible), "tracer"), true
	case s.path != "/solution":
		return false
	case components == 2:
		s.name, s.channels, s.periodic = "poseidon-fns", incompressible[:2], true
	case components == 5:
		s.name, s.channels = "poseidon-ce-rm", append(slices.Clone(compressible), "")
	case components == 6:
		s.name, s.channels = "poseidon-gce-rt", append(slices.Clone(compressible), "", "potential")
	case rank == 4 && s.shape[1] == 2:
		s.name, s.channels, s.static, s.steady = "poseidon-se-af", []string{"density"}, s.path, true
	case rank == 4 && hasSpeed:
		s.name, s.channels, s.static = "poseidon-wave", []string{"u"}, "/c"
	case rank == 4:
		s.name, s.channels = "poseidon-ace", []string{"u"}
	case rank == 3 && hasSource:
		s.name, s.channels, s.static, s.steady = "poseidon-poisson", []string{"u"}, "/source", true
	default:
		return false
	}
	return true
}

func describe(f *h5.File) (*slab.Part, error) {
	s, err := kind(f)
	switch {
	case err != nil:
		return nil, err
	case s.name == helmholtzName:
		return s.samples(f)
	}
	axes := "xy"
	if strings.Contains(filepath.Base(f.Path()), "NS-SL") {
		axes = "yx" // as Poseidon's own reader turns it
	}
	part := s.part(axes)
	part.Trajectories = s.shape[0]
	solution := slab.Source{Path: s.path, Axes: "bt" + axes}
	static := slab.Source{Path: s.static, Axes: "b" + axes, Channels: []int{0}}
	switch {
	case len(s.shape) == 5:
		solution.Axes = "btc" + axes
	case s.static == s.path: // input and solution one behind the other
		solution.Axes, solution.At, static.Axes = "bs"+axes, 1, "bs"+axes
	case s.steady:
		solution.Axes = "b" + axes
	}
	next := 0
	for _, name := range s.channels {
		c := -1
		if name != "" {
			c = next
			next++
		}
		solution.Channels = append(solution.Channels, c)
	}
	part.Fields = []slab.Source{solution}
	if s.static != "" {
		part.Statics = []slab.Source{static}
	}
	if !s.steady {
		frames := s.shape[1]
		if frames < 2 || frames > slab.MaxExtent {
			return nil, fmt.Errorf("%s has shape %v, expected at least 2 frames", s.path, s.shape)
		}
		part.Spec.Dt = 1 / float64(frames-1)
		part.Times = [][]float64{slab.Count(frames, part.Spec.Dt)}
	}
	return part, nil
}

// part is the description of a set but for its sources. axes is the order of the last two axes of the file.
func (s set) part(axes string) *slab.Part {
	spec := eddy.Spec{Name: s.name, History: 1, Steady: s.steady}
	for _, name := range s.channels {
		if name == "" {
			continue
		}
		f := eddy.Field{Name: name}
		if component, ok := strings.CutPrefix(name, "velocity_"); ok {
			f.Of, f.Index = "velocity", []int{strings.Index("xy", component)}
		}
		spec.Fields = append(spec.Fields, f)
	}
	if s.static != "" {
		name := strings.TrimPrefix(s.static, "/")
		if s.static == s.path {
			name = "shape"
		}
		spec.Statics = []eddy.Field{{Name: name}}
	}
	for _, name := range []string{"x", "y"} {
		points := s.shape[len(s.shape)-2+strings.Index(axes, name)]
		spec.Grid.Axes = append(spec.Grid.Axes, eddy.Axis{Name: name, Points: points, Length: 1, Periodic: s.periodic})
	}
	part := &slab.Part{Spec: spec}
	if s.steady {
		part.Times = slab.Steady
	}
	return part
}

// helmholtzName is the name of the only set with one group a trajectory.
const helmholtzName = "poseidon-helmholtz"

func helmholtz(f *h5.File) (set, error) {
	d, err := f.Dataset("/Sample_0/u")
	if err != nil {
		return set{}, err
	}
	s := set{name: helmholtzName, path: "u", shape: d.Shape, channels: []string{"u"}, static: "a", steady: true}
	if len(s.shape) != 2 {
		return set{}, fmt.Errorf("/Sample_0/u has shape %v, expected [x, y]", s.shape)
	}
	return s, d.Close()
}

// samples describes a file with one group a trajectory: Sample_0, Sample_1, … as far as they go.
func (s set) samples(f *h5.File) (*slab.Part, error) {
	part := s.part("xy")
	part.Fields = []slab.Source{{Path: s.path, Axes: "xy", Channels: []int{0}}}
	part.Statics = []slab.Source{{Path: s.static, Axes: "xy", Channels: []int{0}}}
	var boundary []float64
	for {
		group := fmt.Sprintf("/Sample_%d", len(part.Groups))
		if !slab.Has(f, group+"/bc") {
			break
		}
		v, shape, err := slab.Values(f, group+"/bc")
		if err != nil {
			return nil, err
		}
		if len(v) != 1 {
			return nil, fmt.Errorf("%s/bc has shape %v, expected one value", group, shape)
		}
		part.Groups, boundary = append(part.Groups, group), append(boundary, v[0])
	}
	part.Trajectories, part.Scalars = len(part.Groups), map[string][]float64{"bc": boundary}
	return part, nil
}
