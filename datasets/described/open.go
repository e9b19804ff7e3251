package described

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/array"
)

// maxValues bounds lists of coordinates, times and parameters.
const maxValues = 1 << 24

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Open opens the files of a complete description, without [select].
func (d *Description) Open() (*array.Dataset, error) {
	paths, err := d.Paths()
	if err != nil {
		return nil, err
	}
	b := builder{d: d, plan: array.Plan{Name: "described: " + d.path}}
	for _, path := range paths {
		f, err := array.Open(path)
		if err == nil {
			b.plan.Closers = append(b.plan.Closers, f)
			err = b.file(path, f)
		}
		if err != nil {
			return nil, errors.Join(d.doc.Locate(err), b.close())
		}
	}
	ds, err := array.New(b.plan)
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return ds, nil
}

// builder collects groups of trajectories.
type builder struct {
	d    *Description
	plan array.Plan
}

func (b *builder) close() error {
	var errs []error
	for _, c := range b.plan.Closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// file adds the trajectories of a file.
func (b *builder) file(path string, f array.File) error {
	groups := []string{""}
	for _, name := range b.d.datasets() {
		if pattern, _, ok := starred(name); ok {
			var err error
			if groups, err = matches(f, pattern); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			break
		}
	}
	for _, g := range groups {
		s := source{d: b.d, path: path, file: f, group: g}
		if b.plan.Groups == nil {
			if err := s.describe(&b.plan); err != nil {
				return err
			}
		}
		group, err := s.trajectories(b.plan)
		if err != nil {
			return err
		}
		b.plan.Groups = append(b.plan.Groups, group)
	}
	return nil
}

// source is a file, or a group of it.
type source struct {
	d     *Description
	path  string
	file  array.File
	group string // what the name with a * stands for here
}

// name puts the group in the place of the *.
func (s source) name(name string) string {
	if _, rest, ok := starred(name); ok {
		return s.group + rest
	}
	return name
}

// array opens the array of a key of the description.
func (s source) array(key, name string) (array.Array, error) {
	a, err := s.file.Array(s.name(name))
	if err != nil {
		return nil, fmt.Errorf("%s = %q: %s: %w", key, name, s.path, err)
	}
	return a, nil
}

// list reads an array of a key of the description.
func (s source) list(key, name string) ([]float64, []int, error) {
	a, err := s.array(key, name)
	if err != nil {
		return nil, nil, err
	}
	v, err := array.All(a, maxValues)
	if err != nil {
		return nil, nil, fmt.Errorf("%s = %q: %s: %w", key, name, s.path, err)
	}
	return v, a.Shape(), nil
}

// describe fills in what all groups share: fields and grid.
func (s source) describe(p *array.Plan) error {
	p.Spec.Name, p.Spec.Steady = s.d.Name, s.d.Steady
	if p.Spec.Name == "" {
		p.Spec.Name = "described"
	}
	for i := range s.d.Fields {
		f := &s.d.Fields[i]
		channels := f.channels()
		for c := range channels {
			if channels[c].Unit == "" {
				channels[c].Unit = unit(s.attributes(f.Dataset))
			}
		}
		p.Spec.Fields = append(p.Spec.Fields, channels...)
	}
	for i := range s.d.Statics {
		p.Spec.Statics = append(p.Spec.Statics, s.d.Statics[i].channels()...)
	}
	for i := range s.d.Grid.axes() {
		if err := s.axis(p, i); err != nil {
			return err
		}
	}
	return nil
}

// axis adds axis i of the grid.
func (s source) axis(p *array.Plan, i int) error {
	name := "xyz"[i : i+1]
	of := s.d.Grid.axes()[i]
	at := p.Spec.Fields[0].At
	switch { // an axis with ends is what Spec.Spacing takes it for
	case of.Periodic:
	case p.Spec.InCells():
		at = eddy.Cell
	default:
		at = eddy.Node
	}
	if of.Dataset == "" {
		points, err := s.points(name)
		if err != nil {
			return err
		}
		a, err := array.AxisOf(name, []float64{0}, of.Periodic, at)
		a.Points, a.Origin, a.Length = points, of.Origin, *of.Length
		p.Spec.Grid.Axes, p.Coordinates = append(p.Spec.Grid.Axes, a), append(p.Coordinates, nil)
		return err
	}
	key := "grid." + name + ".dataset"
	x, shape, err := s.list(key, of.Dataset)
	if err != nil {
		return err
	}
	if longest := slices.Max(append(slices.Clone(shape), 1)); longest != len(x) {
		return fmt.Errorf("%s = %q: %s: shape %v, expected a list of coordinates", key, of.Dataset, s.path, shape)
	}
	a, err := array.AxisOf(name, x, of.Periodic, at)
	if err != nil {
		return fmt.Errorf("%s = %q: %s: %w", key, of.Dataset, s.path, err)
	}
	p.Spec.Grid.Axes, p.Coordinates = append(p.Spec.Grid.Axes, a), append(p.Coordinates, x)
	return nil
}

// points is the extent of the first field along an axis of space.
func (s source) points(axis string) (int, error) {
	f := s.d.Fields[0]
	a, err := s.array("field[0].dataset", f.Dataset)
	if err != nil {
		return 0, err
	}
	shape := a.Shape()
	if len(shape) != len(f.Axes) {
		return 0, fmt.Errorf("field[0].axes = %q: %s: %s has shape %v", f.Axes, s.path, s.name(f.Dataset), shape)
	}
	return shape[slices.Index(f.Axes, axis)], nil
}

// trajectories are those of the source.
func (s source) trajectories(p array.Plan) (array.Group, error) {
	var g array.Group
	var err error
	if g.Fields, err = s.parts("field", s.d.Fields, p, !s.d.Steady); err != nil {
		return g, err
	}
	if g.Statics, err = s.parts("static", s.d.Statics, p, false); err != nil {
		return g, err
	}
	n, frames := extents(g.Fields)
	if !s.d.Steady {
		if g.Times, err = s.times(n, frames); err != nil {
			return g, err
		}
	}
	g.Params = map[string][]float64{}
	for i, q := range s.d.Parameters {
		if g.Params[q.Name], err = s.parameter(i, n); err != nil {
			return g, err
		}
	}
	return g, nil
}

// extents are the numbers of trajectories and of frames.
func extents(parts []array.Part) (trajectories, frames int) {
	trajectories, frames = 1, 1
	for _, p := range parts {
		for i, n := range p.Array.Shape() {
			switch p.Axes[i] {
			case array.Trajectory:
				trajectories = max(trajectories, n)
			case array.Time:
				frames = max(frames, n)
			}
		}
	}
	return trajectories, frames
}

func (s source) parts(kind string, fields []Field, p array.Plan, time bool) ([]array.Part, error) {
	var list []array.Part
	for i := range fields {
		f := &fields[i]
		key := fmt.Sprintf("%s[%d]", kind, i)
		a, err := s.array(key+".dataset", f.Dataset)
		if err != nil {
			return nil, err
		}
		part := array.Part{Axes: make([]array.Role, len(f.Axes)), Index: make([]int, len(f.Axes))}
		for k, name := range f.Axes {
			role, ok := roles[name]
			if !ok {
				role, part.Index[k] = array.Fixed, f.Take[name]
			}
			part.Axes[k] = role
		}
		if part.Array, err = unpack(a, s.attributes(f.Dataset)); err != nil {
			return nil, fmt.Errorf("%s.dataset = %q: %s: %w", key, f.Dataset, s.path, err)
		}
		err = part.Check(p.Spec.Grid.Shape(), time)
		if err == nil {
			err = components(part, f.Components)
		}
		if err != nil {
			return nil, fmt.Errorf("%s.axes = %q: %s: %s %w", key, f.Axes, s.path, s.name(f.Dataset), err)
		}
		list = append(list, part)
	}
	return list, nil
}

func components(p array.Part, names []string) error {
	for i, role := range p.Axes {
		if n := p.Array.Shape()[i]; role == array.Component && n != len(names) {
			return fmt.Errorf("has %d components, expected those of the list %q", n, names)
		}
	}
	return nil
}

// attributes looks up the attributes of an array; those of the file have an empty array name.
func (s source) attributes(dataset string) func(name string) any {
	return func(name string) any {
		if name == fromNetCDF {
			dataset = ""
		}
		return s.file.Attribute(s.name(dataset), name)
	}
}

// times are those of the frames.
func (s source) times(trajectories, frames int) ([][]float64, error) {
	if s.d.Time.Step != nil {
		t := make([]float64, frames)
		for i := range t {
			t[i] = s.d.Time.Start + float64(i)**s.d.Time.Step
		}
		return [][]float64{t}, nil
	}
	t, shape, err := s.list("time.dataset", s.d.Time.Dataset)
	if err != nil {
		return nil, err
	}
	switch len(t) {
	case frames:
		return [][]float64{t}, nil
	case frames * trajectories:
		if len(shape) == 2 && shape[0] == trajectories {
			return slices.Collect(slices.Chunk(t, frames)), nil
		}
	}
	return nil, fmt.Errorf("time.dataset = %q: %s: shape %v, expected [%d] as there are frames, or [%d, %d]", s.d.Time.Dataset, s.path, shape, frames, trajectories, frames)
}

// parameter is the value of parameter i, for all trajectories or for each.
func (s source) parameter(i, trajectories int) ([]float64, error) {
	p := s.d.Parameters[i]
	switch {
	case p.Value != nil:
		return []float64{*p.Value}, nil
	case p.Dataset != "":
		key := fmt.Sprintf("parameter[%d].dataset", i)
		v, shape, err := s.list(key, p.Dataset)
		if err == nil && len(v) != 1 && len(v) != trajectories {
			err = fmt.Errorf("%s = %q: %s: shape %v, expected one value or %d, one a trajectory", key, p.Dataset, s.path, shape, trajectories)
		}
		return v, err
	}
	object, name, ok := strings.Cut(s.name(p.Attribute), "@")
	if !ok {
		object, name = "", object
	}
	key := fmt.Sprintf("parameter[%d].attribute", i)
	switch v := s.file.Attribute(object, name).(type) {
	case float64:
		return []float64{v}, nil
	case int64:
		return []float64{float64(v)}, nil
	case []float64:
		if len(v) == 1 || len(v) == trajectories {
			return v, nil
		}
	case []int64:
		if len(v) == 1 {
			return []float64{float64(v[0])}, nil
		}
	case nil:
		return nil, fmt.Errorf("%s = %q: %s: no such attribute", key, p.Attribute, s.path)
	}
	return nil, fmt.Errorf("%s = %q: %s: expected a number, or %d of them", key, p.Attribute, s.path, trajectories)
}
