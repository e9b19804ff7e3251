package well

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/atomicfile"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Writer writes trajectories to one file. It implements datasets.Writer, datasets.ConditionWriter and datasets.FrameWriter and is not safe for concurrent use.
//
// Until Close the data lie beside the target as .NAME.partial, with .NAME.partial.json saying what they are and how many trajectories are complete. The partial
// file has its full size from the start, so a full disk is met by Begin, and writing values changes no structure in it, so a process that is killed at any moment
// leaves a file that another Begin with the same Meta goes on with. The target appears, complete and synced, when Close renames the partial file.
type Writer struct {
	path string
	meta datasets.Meta

	h       *h5.File
	fields  []target
	statics []target
	params  []*h5.Dataset
	done    int  // complete trajectories
	kept    bool // the target was there already, complete
	told    int  // the trajectory whose conditions were handed over, −1 for none
	growth  growth
	appends bool // frame by frame: what is recorded is what the last checkpoint says
	saved   time.Time
	every   time.Duration // between two records of progress
}

// target is a dataset to which channels go.
type target struct {
	d        *h5.Dataset
	channels []int
}

var _ datasets.ConditionWriter = (*Writer)(nil)

// NewWriter prepares a writer for the file at path. Nothing is written before Begin.
func NewWriter(path string) *Writer {
	return &Writer{path: path, told: -1, every: 2 * time.Second}
}

// progress is the record beside an unfinished file.
type progress struct {
	Meta   datasets.Meta `json:"meta"`
	Done   int           `json:"done"`
	Growth growth        `json:"growth"`
}

func (w *Writer) partial() string {
	return filepath.Join(filepath.Dir(w.path), "."+filepath.Base(w.path)+".partial")
}

func (w *Writer) record() string { return w.partial() + ".json" }

// Discard removes what an interrupted run left beside the file at path.
func Discard(path string) error {
	w := NewWriter(path)
	for _, p := range []string{w.record(), w.partial()} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("well: %w", err)
		}
	}
	return nil
}

// Begin creates the file in its full size, or goes on with what an interrupted run with the same Meta left, and returns the number of trajectories it holds. Where
// the target, or an interrupted run, was made with another Meta, the error names the first difference and nothing is touched.
func (w *Writer) Begin(ctx context.Context, m datasets.Meta) (done int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := check(m); err != nil {
		return 0, fmt.Errorf("well: %s: %w", w.path, err)
	}
	w.meta = m
	w.saved = time.Now()
	if _, err := os.Stat(w.path); err == nil {
		return w.keep()
	}
	var old progress
	switch data, err := os.ReadFile(w.record()); {
	case err == nil:
		if err := json.Unmarshal(data, &old); err != nil {
			return 0, fmt.Errorf("well: %s: %w (remove it to start again)", w.record(), err)
		}
		if d := difference(old.Meta, m); d != "" {
			return 0, fmt.Errorf("well: %s was begun with %s: remove %s to start again", w.path, d, w.record())
		}
		w.growth = old.Growth
		return w.resume(old.Done)
	case !errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("well: %w", err)
	}
	if err := w.create(); err != nil {
		if w.h != nil {
			w.h.Close()
			w.h = nil
		}
		return 0, errors.Join(err, Discard(w.path))
	}
	return 0, nil
}

// check refuses what the layout cannot hold.
func check(m datasets.Meta) error {
	spec := m.Spec
	seen := map[string]bool{}
	for _, f := range slices.Concat(spec.Fields, spec.Statics) {
		if f.Name == "" || strings.ContainsAny(f.Name, "/\x00") || seen[f.Name] {
			return fmt.Errorf("field %q: expected a name of its own without slashes", f.Name)
		}
		seen[f.Name] = true
	}
	for _, p := range spec.Params {
		if p.Name == "" || strings.ContainsAny(p.Name, "/\x00") {
			return fmt.Errorf("parameter %q: expected a name without slashes", p.Name)
		}
	}
	for name := range m.Attributes {
		if name == "" || strings.Contains(name, "\x00") || slices.Contains(layoutAttributes, name) {
			return fmt.Errorf("attribute %q: the name is empty or belongs to the layout", name)
		}
	}
	switch {
	case len(spec.Fields) == 0:
		return errors.New("no fields")
	case spec.Grid.Dims() < 1 || spec.Grid.Dims() > 3 || spec.Grid.Points() == 0:
		return fmt.Errorf("grid %v, expected 1 to 3 axes with points", spec.Grid.Shape())
	case m.Trajectories < 1 || m.Frames < 1:
		return fmt.Errorf("%d trajectories of %d frames, expected at least one of each", m.Trajectories, m.Frames)
	case len(m.T) != m.Frames:
		return fmt.Errorf("%d times for %d frames", len(m.T), m.Frames)
	}
	return nil
}

// difference names the first thing in which two descriptions differ, "key = old, now new", or is empty.
func difference(old, now datasets.Meta) string {
	keys := slices.Sorted(maps.Keys(now.Attributes))
	for _, k := range slices.Sorted(maps.Keys(old.Attributes)) {
		if _, ok := now.Attributes[k]; !ok {
			return fmt.Sprintf("%s = %s, now without", k, old.Attributes[k])
		}
	}
	for _, k := range keys {
		switch v, ok := old.Attributes[k]; {
		case !ok:
			return fmt.Sprintf("no %s, now %s", k, now.Attributes[k])
		case format(value(v)) != format(value(now.Attributes[k])):
			return fmt.Sprintf("%s = %s, now %s", k, v, now.Attributes[k])
		}
	}
	for _, c := range []struct {
		what     string
		old, now any
	}{
		{"trajectories", old.Trajectories, now.Trajectories},
		{"frames", old.Frames, now.Frames},
		{"float64", old.Float64, now.Float64},
		{"grid", old.Spec.Grid, now.Spec.Grid},
		{"fields", old.Spec.Fields, now.Spec.Fields},
		{"dt", old.Spec.Dt, now.Spec.Dt},
		{"specification", old.Spec, now.Spec},
		{"times", old.T, now.T},
	} {
		a, errA := json.Marshal(c.old)
		b, errB := json.Marshal(c.now)
		if errA != nil || errB != nil || string(a) != string(b) {
			return fmt.Sprintf("%s = %s, now %s", c.what, short(a), short(b))
		}
	}
	return ""
}

func short(text []byte) string {
	if len(text) > 200 {
		return string(text[:200]) + "…"
	}
	return string(text)
}

// ownValues are params with the values of those of the same name in now: a file gives those of its first trajectory where a writer was given those of the family. How they are drawn is
// among the attributes, which are compared.
func ownValues(params, now []eddy.Param) []eddy.Param {
	params = slices.Clone(params)
	for i := range params {
		if i < len(now) && params[i].Name == now[i].Name {
			params[i].Value = now[i].Value
		}
	}
	return params
}

// keep accepts a target that is there already if it is what would be written.
func (w *Writer) keep() (int, error) {
	ds, err := Open(w.path)
	if err != nil {
		return 0, fmt.Errorf("well: %s exists and is not a file to go on with: %w", w.path, err)
	}
	defer ds.Close()
	f := ds.files[0]
	attributes, err := ds.Attributes()
	if err != nil {
		return 0, err
	}
	old := datasets.Meta{
		Spec: f.spec, Trajectories: f.trajectories, Frames: f.frames(), T: f.times[0], Attributes: attributes,
		Float64: f.fields[0].d.Type == h5.Float64,
	}
	old.Spec.Params = ownValues(old.Spec.Params, w.meta.Spec.Params)
	if d := difference(old, w.meta); d != "" {
		return 0, fmt.Errorf("well: %s exists and was made with %s: choose another name or remove it", w.path, d)
	}
	w.kept, w.done = true, w.meta.Trajectories
	return w.done, nil
}

func (w *Writer) resume(done int) (int, error) {
	h, err := h5.OpenAppend(w.partial())
	if err != nil {
		return 0, fmt.Errorf("%w (remove %s to start again)", err, w.record())
	}
	w.h, w.done = h, min(done, w.meta.Trajectories)
	if err := w.openTargets(); err != nil {
		return 0, errors.Join(err, h.Close())
	}
	return w.done, nil
}

// openTargets finds the datasets of a file that create made.
func (w *Writer) openTargets() error {
	spec := w.meta.Spec
	open := func(fields []eddy.Field) (list []target, err error) {
		for _, g := range group(fields, spec.Grid.Dims()) {
			d, err := w.h.Dataset(groupFields[g.order] + "/" + g.name)
			if err != nil {
				return nil, err
			}
			list = append(list, target{d, g.channels})
		}
		return list, nil
	}
	var err error
	if w.fields, err = open(spec.Fields); err != nil {
		return err
	}
	if w.statics, err = open(spec.Statics); err != nil {
		return err
	}
	for _, p := range spec.Params {
		d, err := w.h.Dataset(groupScalars + "/" + p.Name)
		if err != nil {
			return err
		}
		w.params = append(w.params, d)
	}
	return nil
}

// create writes the structure of the file, with room for all values.
func (w *Writer) create() error {
	if err := os.MkdirAll(filepath.Dir(w.path), 0o755); err != nil {
		return fmt.Errorf("well: %w", err)
	}
	var err error
	if w.h, err = h5.Create(w.partial()); err != nil {
		return err
	}
	s := structure{f: w.h}
	s.root(w.meta)
	s.dimensions(w.meta)
	s.boundaries(w.meta.Spec)
	s.scalars(w.meta)
	s.fields(w.meta)
	if s.err != nil {
		return s.err
	}
	if err := w.openTargets(); err != nil {
		return err
	}
	return w.save()
}

// structure writes a file's structure and keeps the first error.
type structure struct {
	f   *h5.File
	err error
}

func (s *structure) group(path string) {
	if s.err == nil {
		s.err = s.f.CreateGroup(path)
	}
}

func (s *structure) attribute(path, name string, v any) {
	if s.err == nil {
		s.err = s.f.SetAttribute(path, name, v)
	}
}

func (s *structure) dataset(path string, l h5.Layout) *h5.Dataset {
	if s.err != nil {
		return nil
	}
	d, err := s.f.CreateDataset(path, l)
	s.err = err
	return d
}

// values writes a small dataset whole.
func values[N h5.Number](s *structure, path string, t h5.Type, shape []int, v []N) {
	if d := s.dataset(path, h5.Layout{Shape: shape, Type: t}); d != nil {
		s.err = h5.Write(d, v, d.Whole())
	}
}

func (s *structure) root(m datasets.Meta) {
	spec, err := json.Marshal(m.Spec)
	if err != nil {
		s.err = fmt.Errorf("well: the specification: %w", err)
		return
	}
	name := m.Spec.Name
	if name == "" {
		name = "eddy"
	}
	s.attribute("/", "dataset_name", name)
	s.attribute("/", "grid_type", "cartesian")
	s.attribute("/", "n_spatial_dims", m.Spec.Grid.Dims())
	s.attribute("/", "n_trajectories", m.Trajectories)
	s.attribute("/", attrSpec, string(spec))
	for _, k := range slices.Sorted(maps.Keys(m.Attributes)) {
		s.attribute("/", k, value(m.Attributes[k]))
	}
	s.attribute("/", attrParameters, parameters(m))
}

// parameters are the attributes that are scalars of the equation, in alphabetical order.
func parameters(m datasets.Meta) []string {
	names := []string{}
	for _, k := range slices.Sorted(maps.Keys(m.Attributes)) {
		if _, text := value(m.Attributes[k]).(string); !text && !slices.Contains(bookkeeping, k) && !strings.Contains(k, "/") {
			names = append(names, k)
		}
	}
	return names
}

// bookkeeping are numbers among the attributes that say how the data were made, by which discretisation and from which initial states, and are no scalars of the
// equation. As parameters they would condition a network on, say, the solver's substeps where these differ between the files of a folder.
var bookkeeping = []string{
	"seed", "trajectories", "steps", "warmup", "trajectory", "start", "step", "members", // of a run
	"dt", "length", "grid", "solve", "substeps", "max_speed", // of a solver
	"waves", "highest", "peak", "initial_speed", "sigma", "tau", "gamma", "mean", // of initial states
}

// value is the number that a text stands for, where it is the usual text of one, else the text.
func value(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(i, 10) == text {
		return i
	} else if errors.Is(err, strconv.ErrRange) {
		return text // a seed above 2⁶³ would lose digits as a float
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) && !strings.ContainsAny(text, "xX_") {
		return v
	}
	return text
}

func (s *structure) dimensions(m datasets.Meta) {
	s.group(groupDimensions)
	var names []string
	for _, a := range m.Spec.Grid.Axes {
		names = append(names, a.Name)
	}
	s.attribute(groupDimensions, "spatial_dims", names)
	line := func(name string, v []float64) {
		path := groupDimensions + "/" + name
		values(s, path, h5.Float64, []int{len(v)}, v)
		s.attribute(path, attrSample, false)
		s.attribute(path, attrTime, name == "time")
	}
	line("time", m.T)
	for i, a := range m.Spec.Grid.Axes {
		line(a.Name, m.Spec.Coordinates(i))
	}
}

func (s *structure) boundaries(spec eddy.Spec) {
	s.group(groupBoundaries)
	for _, a := range spec.Grid.Axes {
		kind := kindOpen
		switch {
		case a.Periodic:
			kind = kindPeriodic
		case a.Wall:
			kind = kindWall
		}
		path := groupBoundaries + "/" + a.Name + "_" + strings.ToLower(kind)
		s.group(path)
		s.attribute(path, "associated_dims", []string{a.Name})
		s.attribute(path, "associated_fields", []string{})
		s.attribute(path, "bc_type", kind)
		s.attribute(path, attrSample, false)
		s.attribute(path, attrTime, false)
		mask := make([]int8, a.Points)
		mask[0], mask[a.Points-1] = 1, 1
		values(s, path+"/mask", h5.Bool8, []int{a.Points}, mask)
	}
}

func (s *structure) scalars(m datasets.Meta) {
	s.group(groupScalars)
	names := []string{}
	scalar := func(name string, sample bool, shape []int, v []float64) {
		names = append(names, name)
		path := groupScalars + "/" + name
		values(s, path, h5.Float64, shape, v)
		s.attribute(path, attrSample, sample)
		s.attribute(path, attrTime, false)
	}
	for _, p := range m.Spec.Params { // the values come with the trajectories
		scalar(p.Name, true, []int{m.Trajectories}, make([]float64, m.Trajectories))
	}
	for _, name := range parameters(m) { // The Well wants them here as well
		if v, err := strconv.ParseFloat(m.Attributes[name], 64); err == nil && !slices.Contains(names, name) {
			scalar(name, false, nil, []float64{v})
		}
	}
	s.attribute(groupScalars, attrNames, names)
}

// chunkBytes is the size towards which frames are gathered in a chunk: small, because a random window of a few frames has to read whole chunks, and large enough
// that a file of many gigabytes has no more than some 100,000 of them.
const chunkBytes = 64 << 10

func (s *structure) fields(m datasets.Meta) {
	spec, dims := m.Spec, m.Spec.Grid.Dims()
	store := h5.Float32
	if m.Float64 {
		store = h5.Float64
	}
	names := [3][]string{{}, {}, {}}
	for _, path := range groupFields {
		s.group(path)
	}
	for _, part := range []struct {
		fields []eddy.Field
		inTime bool
	}{{spec.Fields, true}, {spec.Statics, false}} {
		for _, g := range group(part.fields, dims) {
			names[g.order] = append(names[g.order], g.name)
			shape, lead := []int{m.Trajectories}, 1
			if part.inTime {
				shape, lead = append(shape, m.Frames), 2
			}
			shape = append(shape, spec.Grid.Shape()...)
			shape = append(shape, slices.Repeat([]int{dims}, g.order)...)
			path := groupFields[g.order] + "/" + g.name
			s.dataset(path, h5.Layout{Shape: shape, Type: store, Chunk: chunks(shape, lead, store.Size)})
			s.attribute(path, attrDims, slices.Repeat([]bool{true}, dims))
			s.attribute(path, attrSample, true)
			s.attribute(path, attrTime, part.inTime)
			if g.order == 2 {
				s.attribute(path, "symmetric", false)
				s.attribute(path, "antisymmetric", false)
			}
			if unit := part.fields[g.channels[0]].Unit; unit != "" {
				s.attribute(path, "unit", unit)
			}
		}
	}
	for order, path := range groupFields {
		s.attribute(path, attrNames, names[order])
	}
}

// chunks is the shape of the chunks: frames of one trajectory up to chunkBytes. A frame of more than 16 times that is cut along its first axis.
func chunks(shape []int, lead, size int) []int {
	c := slices.Clone(shape)
	c[0] = 1
	frame := size
	for _, n := range shape[lead:] {
		frame *= n
	}
	if lead == 2 {
		c[1] = min(max(chunkBytes/frame, 1), shape[1])
	}
	if parts := (frame + 16*chunkBytes - 1) / (16 * chunkBytes); parts > 1 {
		c[lead] = max((shape[lead]+parts-1)/parts, 1)
	}
	return c
}

// save makes everything written so far safe and records it.
func (w *Writer) save() error {
	if err := w.h.Flush(); err != nil {
		return err
	}
	if err := syncFile(w.partial()); err != nil {
		return err
	}
	data, err := json.Marshal(progress{w.meta, w.done, w.growth})
	if err != nil {
		return fmt.Errorf("well: %s: %w", w.path, err)
	}
	w.saved = time.Now()
	return atomicfile.Write(w.record(), data)
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("well: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("well: %w", err)
	}
	return nil
}

// WriteCondition stores the static fields [F, X…] and the parameters [P] of the trajectory that Write stores next. Without it parameters have the value of their
// Spec, and static fields are an error.
func (w *Writer) WriteCondition(ctx context.Context, traj int, static, cond []float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.next(traj); err != nil {
		return err
	}
	if err := w.storeCondition(traj, static, cond); err != nil {
		return err
	}
	w.told = traj
	return nil
}

func (w *Writer) storeCondition(traj int, static, cond []float64) error {
	spec := w.meta.Spec
	if points := spec.Grid.Points(); len(static) != len(spec.Statics)*points || len(cond) != len(spec.Params) {
		return fmt.Errorf("well: %s: %d values of static fields and %d parameters, expected %d and %d",
			w.path, len(static), len(cond), len(spec.Statics)*points, len(spec.Params))
	}
	for _, t := range w.statics {
		if err := w.store(t, traj, static, len(spec.Statics), 1); err != nil {
			return err
		}
	}
	return w.storeParams(traj, cond)
}

func (w *Writer) storeParams(traj int, cond []float64) error {
	for i, d := range w.params {
		if err := h5.Write(d, cond[i:i+1], h5.Slab{Start: []int{traj}, Count: []int{1}}); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) next(traj int) error {
	if w.h == nil {
		return fmt.Errorf("well: %s: trajectory %d for a file that is not open (Begin comes first)", w.path, traj)
	}
	if traj != w.done || traj >= w.meta.Trajectories {
		return fmt.Errorf("well: %s: trajectory %d, expected %d of %d", w.path, traj, w.done, w.meta.Trajectories)
	}
	return nil
}

// Write stores the frames [Frames, C, X…] of trajectory traj, which must be the one after the last. They are rounded once where the file stores float32.
func (w *Writer) Write(ctx context.Context, traj int, frames []float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.next(traj); err != nil {
		return err
	}
	spec := w.meta.Spec
	if want := w.meta.Frames * eddy.Size(spec.FrameShape()); len(frames) != want {
		return fmt.Errorf("well: %s: trajectory %d has %d values, expected %d", w.path, traj, len(frames), want)
	}
	if w.told != traj {
		if len(spec.Statics) > 0 {
			return fmt.Errorf("well: %s: trajectory %d came without its static fields", w.path, traj)
		}
		cond := make([]float64, len(spec.Params))
		for i, p := range spec.Params {
			cond[i] = p.Value
		}
		if err := w.storeParams(traj, cond); err != nil {
			return err
		}
	}
	for _, t := range w.fields {
		if err := w.store(t, traj, frames, spec.Channels(), w.meta.Frames); err != nil {
			return err
		}
	}
	w.done++
	if time.Since(w.saved) >= w.every {
		return w.save()
	}
	return nil
}

// store writes the channels of one target from data [T, C, X…].
func (w *Writer) store(t target, traj int, data []float64, channels, frames int) error {
	slab := t.d.Whole()
	slab.Start[0], slab.Count[0] = traj, 1
	points := w.meta.Spec.Grid.Points()
	if w.meta.Float64 {
		return h5.Write(t.d, gather[float64](t, data, channels, frames, points), slab)
	}
	return h5.Write(t.d, gather[float32](t, data, channels, frames, points), slab)
}

// gather turns the channels of data [T, C, X…] into [T, X…, components].
func gather[N float32 | float64](t target, data []float64, channels, frames, points int) []N {
	comps := len(t.channels)
	out := make([]N, frames*points*comps)
	for f := range frames {
		for k, c := range t.channels {
			src := data[(f*channels+c)*points:][:points]
			dst := out[f*points*comps:]
			for j, v := range src {
				dst[j*comps+k] = N(v)
			}
		}
	}
	return out
}

// Close finishes the file: it is synced, its statistics are measured and written, and it is renamed into place. Where trajectories are missing it records those that
// are there, for a later Begin, and returns an error that counts them, unless ctx is done and the interruption is known.
func (w *Writer) Close(ctx context.Context) error {
	if w.kept {
		return Discard(w.path)
	}
	if w.h == nil {
		return nil
	}
	var saved error
	if !w.appends {
		saved = w.save()
	}
	err := errors.Join(saved, w.h.Close(), syncFile(w.partial()))
	w.h = nil
	switch {
	case err != nil:
		return err
	case w.done < w.meta.Trajectories && ctx.Err() != nil:
		return nil //nolint:nilerr // whoever ended ctx knows that trajectories are missing
	case w.done < w.meta.Trajectories:
		return fmt.Errorf("well: %s: %d of %d trajectories written; the others can be added by the same command", w.path, w.done, w.meta.Trajectories)
	}
	ds, err := Open(w.partial())
	if err != nil {
		return err
	}
	s, err := datasets.Measure(ctx, ds)
	if err := errors.Join(err, ds.Close()); err != nil {
		return err
	}
	if err := writeStatistics(w.path, w.meta, s); err != nil {
		return err
	}
	if err := atomicfile.Move(w.partial(), w.path); err != nil {
		return fmt.Errorf("well: %w", err)
	}
	return Discard(w.path)
}
