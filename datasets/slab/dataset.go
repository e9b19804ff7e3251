package slab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Part describes what one file holds. A steady part (Spec.Steady) has two frames: frame 0 is zero and frame 1 the solution, whose sources have no axis t.
type Part struct {
	Spec         eddy.Spec // without Params: they follow from Scalars
	Trajectories int
	Groups       []string // one group a trajectory; nil where the datasets have an axis b, or the file is one trajectory
	Fields       []Source // of the channels of a state
	Statics      []Source
	Coordinates  [][]float64          // of the points of every axis, where the file gives them; else nil
	Times        [][]float64          // [T], one list for all trajectories or one each
	Scalars      map[string][]float64 // constants of the equation by name: one value for all trajectories or one each
}

// times are the times of a trajectory.
func (p *Part) times(traj int) []float64 { return p.Times[min(traj, len(p.Times)-1)] }

// scalar is a constant's value for a trajectory.
func (p *Part) scalar(name string, traj int) float64 {
	v := p.Scalars[name]
	return v[min(traj, len(v)-1)]
}

// file is an open file with its description.
type file struct {
	Part
	h               *h5.File
	fields, statics []source
}

// source is a Source with its dataset, nil where each trajectory has its own.
type source struct {
	Source
	d *h5.Dataset
}

// Dataset is the trajectories of one file or of several. It implements datasets.Dataset, datasets.Conditioned and datasets.Parametric, is safe for concurrent use,
// and holds its files open until Close.
type Dataset struct {
	layout, path string
	files        []*file
	numbers      datasets.Numbering // of trajectories in files
	spec         eddy.Spec
	spare        chan []float32 // buffers for values whose axes must be turned
}

var (
	_ datasets.Conditioned = (*Dataset)(nil)
	_ datasets.Parametric  = (*Dataset)(nil)
)

// spareBuffers is how many buffers are kept between reads.
const spareBuffers = 4

// MaxExtent bounds the number of frames, of trajectories and of points along an axis, so that a damaged extent is an error and not an attempt to allocate it.
const MaxExtent = 1 << 27

// maxPoints bounds the number of points of a grid for the same reason: 2³¹ values are 8 GB a field and frame.
const maxPoints = 1 << 31

// Open opens files as one data set, each of which describe reads. The files must agree in fields, grid and time step. Scalars that all files know and whose value
// differs somewhere become Spec.Params, in alphabetical order. layout, the name of the reader, begins every error; path is what the user named.
func Open(layout, path string, files []string, describe func(h *h5.File) (*Part, error)) (*Dataset, error) {
	ds := &Dataset{layout: layout, path: path, spare: make(chan []float32, spareBuffers)}
	for _, name := range files {
		f, err := open(name, describe)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %s: %w", layout, name, err), ds.Close())
		}
		ds.files = append(ds.files, f)
		ds.numbers.Append(f.Trajectories)
		a, b := ds.files[0].Spec, f.Spec
		err = a.CheckData(b)
		if err == nil && !slices.Equal(a.Grid.Shape(), b.Grid.Shape()) {
			err = fmt.Errorf("grid: %v and %v", b.Grid.Shape(), a.Grid.Shape())
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %s differs from %s: %w", layout, name, files[0], err), ds.Close())
		}
	}
	ds.spec = ds.files[0].Spec
	ranges := ds.Parameters()
	for _, name := range slices.Sorted(maps.Keys(ranges)) {
		if r := ranges[name]; r[0] != r[1] {
			ds.spec.Params = append(ds.spec.Params, eddy.Param{Name: name, Value: ds.files[0].scalar(name, 0)})
		}
	}
	return ds, nil
}

// open opens one file. Its errors do not name it.
func open(name string, describe func(h *h5.File) (*Part, error)) (*file, error) {
	h, err := h5.Open(name)
	if err != nil {
		return nil, inside(err)
	}
	part, err := describe(h)
	if err == nil {
		f := &file{Part: *part, h: h}
		if err = f.connect(); err == nil {
			return f, nil
		}
	}
	return nil, errors.Join(inside(err), h.Close())
}

// inside is an error of internal/h5 without the file's name, which the caller gives.
func inside(err error) error {
	e := new(h5.Error)
	switch {
	case !errors.As(err, &e):
		return err
	case e.Object == "":
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return fmt.Errorf("%s %s: %w", e.Op, e.Object, e.Err)
}

// connect opens the datasets, those of the first trajectory where each has its own, and compares them with the description.
func (f *file) connect() error {
	if f.Trajectories < 1 || f.Trajectories > MaxExtent {
		return fmt.Errorf("%d trajectories, expected 1 to %d", f.Trajectories, MaxExtent)
	}
	if f.Groups != nil && len(f.Groups) != f.Trajectories {
		return fmt.Errorf("%d groups for %d trajectories", len(f.Groups), f.Trajectories)
	}
	if n := len(f.Times); n != 1 && n != f.Trajectories {
		return fmt.Errorf("%d lists of times for %d trajectories", n, f.Trajectories)
	}
	for name, v := range f.Scalars {
		if len(v) != 1 && len(v) != f.Trajectories {
			return fmt.Errorf("%s has %d values, expected one or one per trajectory (%d)", name, len(v), f.Trajectories)
		}
	}
	points := 1
	for _, n := range f.Spec.Grid.Shape() {
		if n < 1 || n > MaxExtent {
			return fmt.Errorf("a grid of %v points, expected extents from 1 to %d", f.Spec.Grid.Shape(), MaxExtent)
		}
		if points *= n; points > maxPoints {
			return fmt.Errorf("a grid of %v points, expected at most %d in all", f.Spec.Grid.Shape(), maxPoints)
		}
	}
	for _, list := range []struct {
		from []Source
		to   *[]source
	}{{f.Fields, &f.fields}, {f.Statics, &f.statics}} {
		for _, s := range list.from {
			d, err := f.dataset(source{Source: s}, 0)
			if err != nil {
				return err
			}
			if f.Groups != nil {
				if err := d.Close(); err != nil {
					return err
				}
				d = nil
			}
			*list.to = append(*list.to, source{s, d})
		}
	}
	return nil
}

// dataset is the dataset of a source for a trajectory, opened and compared where it is not held open.
func (f *file) dataset(s source, traj int) (*h5.Dataset, error) {
	if s.d != nil {
		return s.d, nil
	}
	path := s.Path
	if f.Groups != nil {
		path = f.Groups[traj] + "/" + path
	}
	d, err := f.h.Dataset(path)
	if err != nil {
		return nil, err
	}
	if err := s.check(d, f.Trajectories, len(f.times(traj)), f.Spec.Grid.Shape()); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
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
	f, i := ds.at(traj)
	return len(f.times(i))
}

// Times are the times of a trajectory's frames.
func (ds *Dataset) Times(traj int) []float64 {
	f, i := ds.at(traj)
	return slices.Clone(f.times(i))
}

// Coordinates are those of the points along an axis as the first file gives them, nil where it does not.
func (ds *Dataset) Coordinates(axis int) []float64 {
	all := ds.files[0].Part.Coordinates
	if axis < 0 || axis >= len(all) {
		return nil
	}
	return slices.Clone(all[axis])
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
		return fmt.Errorf("%s: %s: %w", ds.layout, ds.path, err)
	}
	f, i := ds.at(traj)
	if ds.spec.Steady {
		if frame == 0 {
			clear(dst.Row(0).Data)
		}
		if frame+dst.Shape[0] < 2 {
			return ctx.Err()
		}
		last := dst.Shape[0] - 1
		dst, frame = dst.Rows(last, last+1), 0
	}
	return ds.gather(ctx, dst, f, f.fields, i, frame)
}

// Condition fills static [F, X…] and cond [P] of a trajectory; either may be nil.
func (ds *Dataset) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	if traj < 0 || traj >= ds.Len() {
		return fmt.Errorf("%s: %s: trajectory %d, expected 0 … %d", ds.layout, ds.path, traj, ds.Len()-1)
	}
	f, i := ds.at(traj)
	if cond != nil {
		eddy.MustShape("slab.Condition", "parameters", []int{len(cond)}, []int{len(ds.spec.Params)})
		for k, p := range ds.spec.Params {
			cond[k] = float32(f.scalar(p.Name, i))
		}
	}
	if static == nil || len(ds.spec.Statics) == 0 {
		return ctx.Err()
	}
	eddy.MustShape("slab.Condition", "static fields", static.Shape, append([]int{len(ds.spec.Statics)}, ds.spec.Grid.Shape()...))
	return ds.gather(ctx, static.Reshape(append([]int{1}, static.Shape...)...), f, f.statics, i, 0)
}

// gather reads sources into their channels of dst [T, C, X…].
func (ds *Dataset) gather(ctx context.Context, dst *eddy.Tensor, f *file, sources []source, traj, frame int) error {
	for _, s := range sources {
		if err := ctx.Err(); err != nil {
			return err
		}
		d, err := f.dataset(s, traj)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", ds.layout, f.h.Path(), inside(err))
		}
		err = ds.read(dst, s.Source, d, traj, frame)
		if s.d == nil {
			err = errors.Join(err, d.Close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read reads one source.
func (ds *Dataset) read(dst *eddy.Tensor, s Source, d *h5.Dataset, traj, frame int) error {
	frames, channels := dst.Shape[0], dst.Shape[1]
	slab := s.slab(d, traj, frame, frames)
	if s.straight(ds.spec.Grid.Dims()) {
		points := ds.spec.Grid.Points()
		return h5.ReadRows(d, dst.Data[s.Channels[0]*points:], slab, frames, channels*points)
	}
	raw := ds.buffer(slab.Size())
	defer ds.release(raw)
	if err := h5.Read(d, raw, slab); err != nil {
		return err
	}
	s.turn(dst, raw, slab.Count)
	return nil
}

// buffer takes a buffer of n values from the spare ones, or makes it.
func (ds *Dataset) buffer(n int) []float32 {
	select {
	case b := <-ds.spare:
		return slices.Grow(b[:0], n)[:n]
	default:
		return make([]float32, n)
	}
}

// release gives a buffer back.
func (ds *Dataset) release(b []float32) {
	select {
	case ds.spare <- b:
	default:
	}
}

// Parameters gives the least and the greatest value of every scalar that all files know.
func (ds *Dataset) Parameters() map[string][2]float64 {
	scalars := make([]map[string][]float64, len(ds.files))
	for i, f := range ds.files {
		scalars[i] = f.Scalars
	}
	return datasets.ScalarRanges(scalars)
}

// WithParams is the same data with exactly these scalars as Spec.Params. It shares the open files, which Close of either closes.
func (ds *Dataset) WithParams(names ...string) (datasets.Dataset, error) {
	known := ds.Parameters()
	view := *ds
	view.spec.Params = nil
	for _, name := range names {
		if _, ok := known[name]; !ok {
			return nil, fmt.Errorf("%s: %s: no parameter %q; it knows %q", ds.layout, ds.path, name, slices.Sorted(maps.Keys(known)))
		}
		view.spec.Params = append(view.spec.Params, eddy.Param{Name: name, Value: ds.files[0].scalar(name, 0)})
	}
	return &view, nil
}
