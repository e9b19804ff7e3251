// Package fnomat reads the MAT-files of the paper on Fourier neural operators (Li et al. 2021, arXiv 2010.08895): Burgers' equation, Darcy flow and
// Navier–Stokes, in MATLAB's version 5 and, as HDF5, in version 7.3.
//
// # Layout
//
// In MATLAB's order of axes, and with N samples:
//
//	a [N, x], u [N, x]                  Burgers: initial state and the state at t = 1, periodic on [0, 1)
//	coeff [N, x, y], sol [N, x, y]      Darcy: coefficient and solution at nodes of [0, 1]², boundary included
//	a [N, x, y], u [N, x, y, T], t [T]  Navier–Stokes: initial vorticity and vorticity at the times t, periodic on [0, 1)²
//
// MATLAB stores the first axis contiguously, so the axes appear reversed in version 7.3, and a sample is scattered over the whole array: package array says how it is
// streamed.
//
// # What becomes what
//
// Where a (or coeff) and u (or sol) have one shape the problem is steady: the former is a static field, frame 0 is zero and frame 1 is the latter. Else a is frame 0
// and u the frames after it, so that frame i is at time t[i−1]; a file whose t begins with 0, or without an a, has the frames of u alone. Without t the times
// are 0, 1, 2, …. A viscosity in the name of the file (NavierStokes_V1e-3_N5000_T50.mat) becomes the parameter viscosity.
package fnomat

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/array"
	"github.com/eddy-pde/eddy/internal/mat5"
)

// hdf5Header begins the user block of a MAT-file of version 7.3.
const hdf5Header = "MATLAB 7.3 MAT-file"

// Recognise reports whether a file with these first bytes is a MAT-file of version 5 or 7.3.
func Recognise(head []byte) bool {
	return mat5.Recognise(head) || strings.HasPrefix(string(head), hdf5Header)
}

// pairs are the arrays that belong together, and whether their domain wraps round.
var pairs = []struct {
	input, output string
	periodic      bool
}{
	{"a", "u", true},
	{"coeff", "sol", false},
}

// maxTimes bounds the list of times.
const maxTimes = 1 << 20

// Open opens a file.
func Open(path string) (*array.Dataset, error) {
	f, err := array.Open(path)
	if err != nil {
		return nil, err
	}
	ds, err := open(path, f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("fnomat: %s: %w", path, err), f.Close())
	}
	return ds, nil
}

func open(path string, f array.File) (*array.Dataset, error) {
	names, err := f.Names()
	if err != nil {
		return nil, err
	}
	has := func(name string) bool {
		return slices.Contains(names, name) || slices.Contains(names, "/"+name)
	}
	for _, p := range pairs {
		if !has(p.output) || !has(p.input) && !has("t") {
			continue
		}
		r := reader{path: path, file: f, periodic: p.periodic, output: p.output}
		if has(p.input) {
			r.input = p.input
		}
		if has("t") {
			if r.times, err = times(f); err != nil {
				return nil, err
			}
		}
		return r.open()
	}
	return nil, fmt.Errorf("found %s, expected a and u, or coeff and sol: another layout can be told by a description (eddy inspect --description)", array.Listing(f))
}

func times(f array.File) ([]float64, error) {
	t, err := f.Array("t")
	if err != nil {
		return nil, err
	}
	v, err := array.All(t, maxTimes)
	if err != nil {
		return nil, fmt.Errorf("t has %w", err)
	}
	return v, nil
}

// reader is a file whose arrays have been recognised.
type reader struct {
	path          string
	file          array.File
	input, output string // names; input may be empty
	periodic      bool
	times         []float64 // nil where there are none
}

func (r reader) open() (*array.Dataset, error) {
	u, err := r.file.Array(r.output)
	if err != nil {
		return nil, err
	}
	shape := u.Shape() // reversed: [T, y, x, N]
	plan := array.Plan{Name: "fnomat: " + r.path, Closers: []io.Closer{r.file}}
	group := array.Group{Params: parameters(r.path)}
	space := shape[:len(shape)-1]
	steady := false
	var a array.Array
	if r.input != "" {
		if a, err = r.file.Array(r.input); err != nil {
			return nil, err
		}
		steady = slices.Equal(a.Shape(), shape)
		if !steady && !slices.Equal(a.Shape(), shape[1:]) {
			return nil, fmt.Errorf("%s has shape %v and %s %v (axes reversed), expected equal ones or [T, …] and the same without T", r.output, shape, r.input, a.Shape())
		}
	}
	if !steady {
		if len(space) == 0 {
			return nil, fmt.Errorf("%s has shape %v, expected an axis for time", r.output, shape)
		}
		space = space[1:]
	}
	if len(space) < 1 || len(space) > 3 {
		return nil, fmt.Errorf("%s has shape %v (axes reversed), expected 1 to 3 axes of space", r.output, shape)
	}
	axes := make([]array.Role, 0, len(space)+1) // [y, x, N]
	for i := range space {
		n := space[len(space)-1-i]
		plan.Spec.Grid.Axes = append(plan.Spec.Grid.Axes, eddy.Axis{Name: "xyz"[i : i+1], Points: n, Length: 1, Periodic: r.periodic})
		axes = append(axes, array.X+array.Role(len(space)-1-i))
	}
	axes = append(axes, array.Trajectory)
	plan.Spec.Fields = []eddy.Field{{Name: r.output}}
	switch {
	case steady:
		plan.Spec.Name, plan.Spec.Steady = "fno-steady", true
		plan.Spec.Statics = []eddy.Field{{Name: r.input}}
		group.Fields = []array.Part{{Array: u, Axes: axes}}
		group.Statics = []array.Part{{Array: a, Axes: axes}}
	default:
		plan.Spec.Name = "fno"
		group.Fields = []array.Part{{Array: u, Axes: slices.Concat([]array.Role{array.Time}, axes)}}
		t, first, err := r.schedule(shape[0], a != nil)
		if err != nil {
			return nil, err
		}
		if first {
			group.Initial = []array.Part{{Array: a, Axes: axes}}
		}
		group.Times = [][]float64{t}
	}
	plan.Groups = []array.Group{group}
	return array.New(plan)
}

// schedule is the times of the frames, and whether the initial state is the first of them.
func (r reader) schedule(frames int, initial bool) (t []float64, first bool, err error) {
	t = r.times
	if t == nil {
		for i := range frames {
			t = append(t, float64(i+1))
		}
	}
	if len(t) != frames {
		return nil, false, fmt.Errorf("t has %d values and %s %d frames", len(t), r.output, frames)
	}
	step := t[0]
	if frames > 1 {
		step = array.MeanStep(t)
	}
	const tol = 1e-3 // of a step
	if initial && math.Abs(t[0]-step) <= tol*step {
		return slices.Concat([]float64{0}, t), true, nil
	}
	return t, false, nil
}

// viscosity is how the paper's files name it.
var viscosity = regexp.MustCompile(`_V([0-9.]+(?:e-?[0-9]+)?)(?:_|\.mat$)`)

func parameters(path string) map[string][]float64 {
	m := viscosity.FindStringSubmatch(filepath.Base(path))
	if m == nil {
		return nil
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return nil
	}
	return map[string][]float64{"viscosity": {v}}
}
