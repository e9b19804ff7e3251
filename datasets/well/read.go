package well

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Dataset is one file, or the files of a folder, as a data set. It implements datasets.Dataset, datasets.Conditioned and datasets.Parametric, is safe for
// concurrent use and reads no more than it is asked for. It holds its files open until Close.
type Dataset struct {
	path    string
	files   []*file
	numbers datasets.Numbering // of trajectories in files
	spec    eddy.Spec
	spare   chan []float32 // buffers for fields whose axes must be turned, one per reader at work
}

var (
	_ datasets.Conditioned = (*Dataset)(nil)
	_ datasets.Parametric  = (*Dataset)(nil)
)

// spareBuffers is how many buffers are kept between reads.
const spareBuffers = 4

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

// Open opens a file, or all .hdf5 and .h5 files directly in a folder, in alphabetical order, as one data set. The files of a folder must agree in fields, grid and
// time step.
func Open(path string) (*Dataset, error) {
	paths, err := Files(path)
	if err != nil {
		return nil, err
	}
	ds := &Dataset{path: path, spare: make(chan []float32, spareBuffers)}
	for _, p := range paths {
		f, err := openFile(p)
		if err != nil {
			return nil, errors.Join(err, ds.Close())
		}
		ds.files = append(ds.files, f)
		ds.numbers.Append(f.trajectories)
		if err := ds.files[0].agrees(f); err != nil {
			return nil, errors.Join(fmt.Errorf("well: %s differs from %s: %w", p, paths[0], err), ds.Close())
		}
	}
	ds.spec = ds.files[0].spec
	if err := ds.chooseParams(); err != nil {
		return nil, errors.Join(err, ds.Close())
	}
	return ds, nil
}

// Files are the files of a data set: the path itself, or the HDF5 files of a folder.
func Files(path string) ([]string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return []string{path}, nil //nolint:nilerr // opening the file says what is wrong with it, in the words of all the others
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("well: %w", err)
	}
	var paths []string
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && slices.Contains(extensions, filepath.Ext(e.Name())) {
			paths = append(paths, filepath.Join(path, e.Name()))
		}
	}
	if len(paths) == 0 {
		hint := ""
		if info, err := os.Stat(filepath.Join(path, "data", "train")); err == nil && info.IsDir() {
			hint = "; The Well keeps them in " + filepath.Join(path, "data") + "/{train,valid,test}: name one of these"
		}
		return nil, fmt.Errorf("well: %s: a folder without %s files%s", path, strings.Join(extensions, " or "), hint)
	}
	return paths, nil
}

// agrees compares what the files of a data set share.
func (f *file) agrees(g *file) error {
	a, b := f.spec, g.spec
	a.Params, b.Params = nil, nil
	if err := a.CheckData(b); err != nil {
		return err
	}
	if x, y := a.Grid.Shape(), b.Grid.Shape(); !slices.Equal(x, y) {
		return fmt.Errorf("grid: %v and %v", y, x)
	}
	return nil
}

// chooseParams sets Spec.Params: what the first file's own Spec names, and beyond that every scalar that all files know and whose value differs.
func (ds *Dataset) chooseParams() error {
	names := map[string]bool{}
	for _, p := range ds.spec.Params {
		names[p.Name] = true
	}
	for name, r := range ds.Parameters() {
		if r[0] != r[1] && !names[name] {
			ds.spec.Params = append(ds.spec.Params, eddy.Param{Name: name})
		}
	}
	own := len(names)
	extra := ds.spec.Params[own:]
	sort.Slice(extra, func(i, j int) bool { return extra[i].Name < extra[j].Name })
	for i, p := range ds.spec.Params {
		for _, f := range ds.files {
			if _, ok := f.scalars[p.Name]; !ok {
				return fmt.Errorf("well: %s does not hold the parameter %q of %s", f.h.Path(), p.Name, ds.files[0].h.Path())
			}
		}
		ds.spec.Params[i].Value = ds.files[0].scalar(p.Name, 0)
	}
	return nil
}

// Spec describes the data. Its slices are the caller's to keep and not to change.
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
	return f.frames()
}

// Times are the times of a trajectory's frames, in the data's unit.
func (ds *Dataset) Times(traj int) []float64 {
	f, i := ds.at(traj)
	return slices.Clone(f.timesOf(i))
}

// Path is what was opened.
func (ds *Dataset) Path() string { return ds.path }

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
		return fmt.Errorf("well: %s: %w", ds.path, err)
	}
	f, i := ds.at(traj)
	for _, s := range f.fields {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := ds.scatter(dst, s, i, frame); err != nil {
			return err
		}
	}
	return nil
}

// Condition fills static [F, X…] and cond [P] of a trajectory.
func (ds *Dataset) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	if traj < 0 || traj >= ds.Len() {
		return fmt.Errorf("well: %s: trajectory %d, expected 0 … %d", ds.path, traj, ds.Len()-1)
	}
	f, i := ds.at(traj)
	if len(ds.spec.Statics) > 0 && static != nil {
		eddy.MustShape("well.Condition", "static fields", static.Shape, append([]int{len(ds.spec.Statics)}, ds.spec.Grid.Shape()...))
		one := static.Reshape(append([]int{1}, static.Shape...)...)
		for _, s := range f.statics {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := ds.scatter(one, s, i, 0); err != nil {
				return err
			}
		}
	}
	if cond != nil {
		eddy.MustShape("well.Condition", "parameters", []int{len(cond)}, []int{len(ds.spec.Params)})
		for k, p := range ds.spec.Params {
			cond[k] = float32(f.scalar(p.Name, i))
		}
	}
	return nil
}

// scatter reads one field of one trajectory into its channels of dst [T, C, X…].
func (ds *Dataset) scatter(dst *eddy.Tensor, s source, traj, frame int) error {
	grid := ds.spec.Grid.Shape()
	frames, channels, points := dst.Shape[0], dst.Shape[1], eddy.Size(grid)
	slab := h5.Slab{}
	add := func(start, count int) {
		slab.Start, slab.Count = append(slab.Start, start), append(slab.Count, count)
	}
	if s.sample {
		add(traj, 1)
	}
	if s.time {
		add(frame, frames)
	}
	full := true
	for i, n := range grid {
		if s.dims[i] {
			add(0, n)
		} else {
			full = false
		}
	}
	for i := range s.order {
		add(0, s.d.Shape[len(s.d.Shape)-s.order+i])
	}
	if s.order == 0 && full {
		c := s.channels[0]
		return h5.ReadRows(s.d, dst.Data[c*points:], slab, frames, channels*points)
	}
	// Components lie innermost in the file, and an axis along which the field does not vary is absent: read as it lies, then turn.
	raw := ds.buffer(slab.Size())
	defer ds.release(raw)
	if err := h5.Read(s.d, raw, slab); err != nil {
		return err
	}
	at := broadcast(grid, s.dims)
	comps := s.components()
	perFrame := len(raw) / frames
	for t := range frames {
		src := raw[t*perFrame : (t+1)*perFrame]
		for k, c := range s.channels {
			out := dst.Data[(t*channels+c)*points:][:points]
			if full {
				for j := range out {
					out[j] = src[j*comps+k]
				}
				continue
			}
			for j := range out {
				out[j] = src[at[j]*comps+k]
			}
		}
	}
	return nil
}

// broadcast gives for every point of the grid the point of a field that varies along some axes only; nil where it varies along all.
func broadcast(grid []int, varies []bool) []int {
	if !slices.Contains(varies, false) {
		return nil
	}
	at := make([]int, eddy.Size(grid))
	for p := range at {
		rest, step, index := p, 1, 0
		for i := len(grid) - 1; i >= 0; i-- {
			if varies[i] {
				index += rest % grid[i] * step
				step *= grid[i]
			}
			rest /= grid[i]
		}
		at[p] = index
	}
	return at
}

// Parameters gives the least and the greatest value of every scalar of the equation that all files know.
func (ds *Dataset) Parameters() map[string][2]float64 {
	scalars := make([]map[string][]float64, len(ds.files))
	for i, f := range ds.files {
		scalars[i] = f.scalars
	}
	return datasets.ScalarRanges(scalars)
}

// WithParams is the same data with exactly these scalars of the equation as Spec.Params. It shares the open files, which Close of either closes.
func (ds *Dataset) WithParams(names ...string) (datasets.Dataset, error) {
	known := ds.Parameters()
	view := *ds
	view.spec.Params = nil
	for _, name := range names {
		if _, ok := known[name]; !ok {
			return nil, fmt.Errorf("well: %s: no parameter %q; it knows %q", ds.path, name, slices.Sorted(maps.Keys(known)))
		}
		p := eddy.Param{Name: name, Value: ds.files[0].scalar(name, 0)}
		for _, old := range ds.spec.Params {
			if old.Name == name {
				p = old
			}
		}
		view.spec.Params = append(view.spec.Params, p)
	}
	return &view, nil
}

// Attributes are the attributes of the (first) file's root as texts, those of the layout left out: for a file that eddy wrote, the generating parameters.
func (ds *Dataset) Attributes() (map[string]string, error) {
	h := ds.files[0].h
	names, err := h.Attributes("/")
	if err != nil {
		return nil, err
	}
	m := map[string]string{}
	for _, name := range names {
		if slices.Contains(layoutAttributes, name) {
			continue
		}
		v, err := h.Attribute("/", name)
		if err != nil {
			return nil, err
		}
		m[name] = format(v)
	}
	return m, nil
}

// layoutAttributes are the root attributes that belong to the layout and not to the data.
var layoutAttributes = []string{"dataset_name", "grid_type", "n_spatial_dims", "n_trajectories", attrParameters, attrSpec}

// format is the text of an attribute; numbers are the shortest text that reads back the same.
func format(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []float64:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = format(v[i])
		}
		return strings.Join(parts, " ")
	case []string:
		return strings.Join(v, " ")
	}
	return fmt.Sprint(v)
}
