// Package pdebench reads the flat .hdf5 files of PDEBench (Takamoto et al. 2022, doi:10.18419/darus-2986): one-dimensional advection, Burgers and reaction–diffusion,
// compressible Navier–Stokes in one to three dimensions, and Darcy flow.
//
// # Layout
//
// Root datasets with axes [N, t, x, y, z]: "tensor" for scalar equations; "density", "pressure", "Vx", "Vy", "Vz" for compressible flow; for Darcy "nu" [N, x, y] and
// "tensor" [N, 1, x, y]. Coordinates are in x-coordinate, y-coordinate, z-coordinate (cell centres) and t-coordinate, and the constants of the equation in root
// attributes such as beta, Nu, rho, eta, zeta.
//
// # What becomes what
//
// "tensor" becomes the field u, Vx and its like the components of velocity. t-coordinate may hold one time more than there are frames (PDEBench writes the edges of
// its steps): the first T are the times of the frames. Constants keep PDEBench's names and meaning: in Burgers' equation the diffusion is Nu/π, not Nu. As in package
// well they become Spec.Params only where they vary over the files of a folder, or where [Dataset.WithParams] asks for them.
//
// Darcy flow is steady: the coefficient nu is a static field, frame 0 is zero and frame 1 is the solution.
//
// Axes are periodic, as they are in the scalar sets; compressible flow has another boundary where the file's name holds "_trans_", the only place where PDEBench says it.
package pdebench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Names of datasets.
const (
	tensor = "/tensor"
	nu     = "/nu"
)

// flowFields are the datasets of compressible flow and the channels they become.
var flowFields = []struct {
	name  string
	field eddy.Field
}{
	{"/density", eddy.Field{Name: "density"}},
	{"/pressure", eddy.Field{Name: "pressure"}},
	{"/Vx", eddy.Field{Name: "velocity_x", Of: "velocity", Index: []int{0}}},
	{"/Vy", eddy.Field{Name: "velocity_y", Of: "velocity", Index: []int{1}}},
	{"/Vz", eddy.Field{Name: "velocity_z", Of: "velocity", Index: []int{2}}},
}

// Recognise reports whether an open file has PDEBench's flat layout.
func Recognise(f *h5.File) bool {
	has := func(name string) bool {
		k, ok := f.Kind(name)
		return ok && k == h5.Data
	}
	return has("/x-coordinate") && (has(tensor) || has("/density") && has("/pressure") && has("/Vx"))
}

// Dataset is one file, or the files of a folder, as a data set. It implements datasets.Dataset, datasets.Conditioned and datasets.Parametric, is safe for concurrent
// use, and holds its files open until Close.
type Dataset struct {
	path    string
	files   []*file
	numbers datasets.Numbering // of trajectories in files
	spec    eddy.Spec
}

var (
	_ datasets.Conditioned = (*Dataset)(nil)
	_ datasets.Parametric  = (*Dataset)(nil)
)

// file is one open file.
type file struct {
	h            *h5.File
	spec         eddy.Spec // without Params
	fields       []*h5.Dataset
	nu           *h5.Dataset // the coefficient of Darcy flow, else nil
	trajectories int
	times        []float64
	constants    map[string]float64
}

// Open opens a file, or all .hdf5 files directly in a folder in alphabetical order, as one data set. The files of a folder must agree in fields, grid and time step.
func Open(path string) (*Dataset, error) {
	paths := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if paths, err = filepath.Glob(filepath.Join(path, "*.hdf5")); err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("pdebench: %s: a folder without .hdf5 files", path)
		}
	}
	ds := &Dataset{path: path}
	for _, p := range paths {
		f, err := openFile(p)
		if err != nil {
			return nil, errors.Join(err, ds.Close())
		}
		ds.files = append(ds.files, f)
		ds.numbers.Append(f.trajectories)
		a, b := ds.files[0].spec, f.spec
		err = a.CheckData(b)
		if err == nil && !slices.Equal(a.Grid.Shape(), b.Grid.Shape()) {
			err = fmt.Errorf("grid: %v and %v", b.Grid.Shape(), a.Grid.Shape())
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("pdebench: %s differs from %s: %w", p, paths[0], err), ds.Close())
		}
	}
	ds.spec = ds.files[0].spec
	ranges := ds.Parameters()
	for _, name := range slices.Sorted(maps.Keys(ranges)) {
		if r := ranges[name]; r[0] != r[1] {
			ds.spec.Params = append(ds.spec.Params, eddy.Param{Name: name, Value: ds.files[0].constants[name]})
		}
	}
	return ds, nil
}

func openFile(path string) (*file, error) {
	h, err := h5.Open(path)
	if err != nil {
		return nil, err
	}
	f := &file{h: h}
	if err := f.load(path); err != nil {
		h.Close()
		if e := new(h5.Error); errors.As(err, &e) {
			err = fmt.Errorf("%s %s: %w", e.Op, e.Object, e.Err)
		}
		return nil, fmt.Errorf("pdebench: %s: %w", path, err)
	}
	return f, nil
}

// maxExtent bounds the number of frames, and of points along an axis, so that a damaged extent is an error and not an attempt to allocate it.
const maxExtent = 1 << 27

func (f *file) load(path string) error {
	if !Recognise(f.h) {
		return errors.New("not in PDEBench's flat layout: expected x-coordinate and tensor, or density, pressure and Vx")
	}
	names, err := f.loadFields()
	if err != nil {
		return err
	}
	shape := f.fields[0].Shape
	for i, d := range f.fields {
		if len(d.Shape) < 3 || len(d.Shape) > 5 {
			return fmt.Errorf("%s has shape %v, expected [N, t, x], [N, t, x, y] or [N, t, x, y, z]", names[i], d.Shape)
		}
		if !slices.Equal(d.Shape, shape) {
			return fmt.Errorf("%s has shape %v, expected %v as %s", names[i], d.Shape, shape, names[0])
		}
		if d.Type.Class != h5.Float {
			return fmt.Errorf("%s does not hold floating-point numbers", names[i])
		}
	}
	for _, n := range shape[1:] {
		if n < 1 || n > maxExtent {
			return fmt.Errorf("%s has shape %v, expected extents from 1 to %d", names[0], shape, maxExtent)
		}
	}
	f.trajectories = shape[0]
	f.spec.History = 1
	periodic := f.nu == nil && !strings.Contains(filepath.Base(path), "_trans_")
	for i, n := range shape[2:] {
		name := string("xyz"[i])
		x, err := f.line("/"+name+"-coordinate", n)
		if err != nil {
			return err
		}
		f.spec.Grid.Axes = append(f.spec.Grid.Axes, cells(name, x, periodic))
	}
	if f.nu != nil {
		return f.loadDarcy(shape)
	}
	if f.times, err = f.line("/t-coordinate", shape[1]); err != nil {
		return err
	}
	if n := len(f.times); n > 1 {
		f.spec.Dt = (f.times[n-1] - f.times[0]) / float64(n-1)
	}
	return f.loadConstants()
}

// loadFields opens the datasets and names the channels.
func (f *file) loadFields() (names []string, err error) {
	open := func(name string, field eddy.Field) error {
		d, err := f.h.Dataset(name)
		if err != nil {
			return err
		}
		field.At = eddy.Cell
		names, f.fields, f.spec.Fields = append(names, name), append(f.fields, d), append(f.spec.Fields, field)
		return nil
	}
	if _, ok := f.h.Kind(tensor); ok {
		f.spec.Name = "pdebench"
		if err := open(tensor, eddy.Field{Name: "u"}); err != nil {
			return nil, err
		}
		if _, ok := f.h.Kind(nu); ok {
			f.nu, err = f.h.Dataset(nu)
		}
		return names, err
	}
	f.spec.Name = "pdebench-cfd"
	for _, c := range flowFields {
		if _, ok := f.h.Kind(c.name); ok {
			if err := open(c.name, c.field); err != nil {
				return nil, err
			}
		}
	}
	return names, nil
}

// loadDarcy completes the description of a steady problem.
func (f *file) loadDarcy(shape []int) error {
	want := append([]int{shape[0]}, shape[2:]...)
	if shape[1] != 1 || !slices.Equal(f.nu.Shape, want) {
		return fmt.Errorf("nu has shape %v and tensor %v, expected [N, x, y] and [N, 1, x, y]", f.nu.Shape, shape)
	}
	f.spec.Name, f.spec.Steady = "pdebench-darcy", true
	f.spec.Statics = []eddy.Field{{Name: "nu", At: eddy.Cell}}
	f.times = []float64{0, 1}
	return f.loadConstants()
}

// line reads the first n of a list of coordinates, which may be longer.
func (f *file) line(path string, n int) ([]float64, error) {
	d, err := f.h.Dataset(path)
	if err != nil {
		return nil, err
	}
	if len(d.Shape) != 1 || d.Shape[0] < n {
		return nil, fmt.Errorf("%s has shape %v, expected at least %d values", path, d.Shape, n)
	}
	x := make([]float64, n)
	if err := h5.Read(d, x, h5.Slab{Start: []int{0}, Count: []int{n}}); err != nil {
		return nil, err
	}
	if d.Type.Size == 4 { // the shortest text of a float32 is the number that was meant
		for i, v := range x {
			if x[i], err = strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64); err != nil {
				return nil, err
			}
		}
	}
	return x, nil
}

// cells is the axis of cell centres x. A periodic one begins half a cell before the first; one that is not spans the centres, so that Step is their distance.
func cells(name string, x []float64, periodic bool) eddy.Axis {
	n := len(x)
	a := eddy.Axis{Name: name, Points: n, Origin: x[0], Length: x[n-1] - x[0], Periodic: periodic}
	if periodic && n > 1 {
		dx := a.Length / float64(n-1)
		a.Origin, a.Length = round(x[0]-dx/2, dx), round(dx*float64(n), dx)
	}
	return a
}

// round drops what coordinates stored in float32 add to a number of the size of many cells.
func round(v, dx float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(dx))-3)
	return math.Round(v/unit) / (1 / unit)
}

func (f *file) loadConstants() error {
	f.constants = map[string]float64{}
	names, err := f.h.Attributes("/")
	if err != nil {
		return err
	}
	for _, name := range names {
		v, err := f.h.Attribute("/", name)
		if err != nil {
			continue // an attribute of a type that holds no number
		}
		switch v := v.(type) {
		case float64:
			f.constants[name] = v
		case int64:
			f.constants[name] = float64(v)
		case []float64:
			if len(v) == 1 {
				f.constants[name] = v[0]
			}
		}
	}
	return nil
}

// Spec describes the data.
func (ds *Dataset) Spec() eddy.Spec { return ds.spec }

// Len is the number of trajectories in all files.
func (ds *Dataset) Len() int { return ds.numbers.Len() }

// at is the file of a trajectory and its number there.
func (ds *Dataset) at(traj int) (*file, int) {
	file, i := ds.numbers.Find(traj)
	return ds.files[file], i
}

// Frames is the number of frames of a trajectory.
func (ds *Dataset) Frames(traj int) int {
	f, _ := ds.at(traj)
	return len(f.times)
}

// Times are the times of a trajectory's frames.
func (ds *Dataset) Times(traj int) []float64 {
	f, _ := ds.at(traj)
	return slices.Clone(f.times)
}

// Close closes the files. Reads fail afterwards.
func (ds *Dataset) Close() error {
	var errs []error
	for _, f := range ds.files {
		errs = append(errs, f.h.Close())
	}
	return errors.Join(errs...)
}

// Read fills dst [T, C, X…] with frames frame … frame+T−1 of a trajectory.
func (ds *Dataset) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := datasets.CheckRead(ds, dst, traj, frame); err != nil {
		return fmt.Errorf("pdebench: %s: %w", ds.path, err)
	}
	f, i := ds.at(traj)
	frames, points := dst.Shape[0], ds.spec.Grid.Points()
	for c, d := range f.fields {
		if err := ctx.Err(); err != nil {
			return err
		}
		slab := d.Whole()
		slab.Start[0], slab.Count[0] = i, 1
		slab.Start[1], slab.Count[1] = frame, frames
		out := dst.Data[c*points:]
		if ds.spec.Steady {
			// Frame 0 is zero and frame 1 the only one of the file.
			if frame == 0 {
				clear(dst.Row(0).Data)
			}
			if frame+frames < 2 {
				continue
			}
			slab.Start[1], slab.Count[1] = 0, 1
			out, frames = dst.Row(frames - 1).Data[c*points:], 1
		}
		if err := h5.ReadRows(d, out, slab, frames, len(f.fields)*points); err != nil {
			return err
		}
	}
	return nil
}

// Condition fills static [F, X…] and cond [P] of a trajectory.
func (ds *Dataset) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	if traj < 0 || traj >= ds.Len() {
		return fmt.Errorf("pdebench: %s: trajectory %d, expected 0 … %d", ds.path, traj, ds.Len()-1)
	}
	f, i := ds.at(traj)
	if cond != nil {
		eddy.MustShape("pdebench.Condition", "parameters", []int{len(cond)}, []int{len(ds.spec.Params)})
		for k, p := range ds.spec.Params {
			cond[k] = float32(f.constants[p.Name])
		}
	}
	if f.nu == nil || static == nil {
		return ctx.Err()
	}
	eddy.MustShape("pdebench.Condition", "static fields", static.Shape, append([]int{1}, ds.spec.Grid.Shape()...))
	slab := f.nu.Whole()
	slab.Start[0], slab.Count[0] = i, 1
	return h5.Read(f.nu, static.Data, slab)
}

// Parameters gives the least and the greatest value of every constant of the equation that all files know.
func (ds *Dataset) Parameters() map[string][2]float64 {
	ranges := map[string][2]float64{}
	for name, v := range ds.files[0].constants {
		r, everywhere := [2]float64{v, v}, true
		for _, f := range ds.files {
			w, ok := f.constants[name]
			everywhere = everywhere && ok
			r = [2]float64{min(r[0], w), max(r[1], w)}
		}
		if everywhere {
			ranges[name] = r
		}
	}
	return ranges
}

// WithParams is the same data with exactly these constants as Spec.Params. It shares the open files, which Close of either closes.
func (ds *Dataset) WithParams(names ...string) (datasets.Dataset, error) {
	known := ds.Parameters()
	view := *ds
	view.spec.Params = nil
	for _, name := range names {
		if _, ok := known[name]; !ok {
			return nil, fmt.Errorf("pdebench: %s: no parameter %q; it knows %q", ds.path, name, slices.Sorted(maps.Keys(known)))
		}
		view.spec.Params = append(view.spec.Params, eddy.Param{Name: name, Value: ds.files[0].constants[name]})
	}
	return &view, nil
}
