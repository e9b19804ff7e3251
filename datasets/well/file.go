package well

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/h5"
)

// file is one open file of a data set.
type file struct {
	h            *h5.File
	trajectories int
	times        [][]float64 // [T], one list for all trajectories or one each
	coordinates  [][]float64 // of every axis
	gridType     string
	boundaries   []Boundary
	signals      []string  // scalars that change in time
	spec         eddy.Spec // without Params where the file is not ours
	own          bool      // written by eddy: spec is its attribute
	fields       []source  // time-varying, in the order of the channels
	statics      []source
	scalars      map[string][]float64 // by name; one value, or one per trajectory
}

// source is an HDF5 dataset from which channels come.
type source struct {
	name     string
	order    int // tensor order: 0, 1, 2
	sample   bool
	time     bool
	dims     []bool // which spatial axes it has
	d        *h5.Dataset
	channels []int // destination channel of each component, row-major
}

// components is the number of values at a point.
func (s source) components() int { return len(s.channels) }

// openFile reads the structure of a file, no values but coordinates and scalars.
func openFile(path string) (*file, error) {
	h, err := h5.Open(path)
	if err != nil {
		return nil, err
	}
	f := &file{h: h, scalars: map[string][]float64{}}
	if err := f.load(); err != nil {
		h.Close()
		return nil, fmt.Errorf("well: %s: %w", path, inside(err))
	}
	return f, nil
}

// inside is an error of internal/h5 without the file's name, which the caller gives.
func inside(err error) error {
	if e := new(h5.Error); errors.As(err, &e) {
		return fmt.Errorf("%s %s: %w", e.Op, e.Object, e.Err)
	}
	return err
}

func (f *file) load() error {
	if !Recognise(f.h) {
		return errors.New("not in The Well's layout: expected the groups /dimensions and /t0_fields, /t1_fields or /t2_fields")
	}
	dims, err := f.texts(groupDimensions, "spatial_dims")
	if err != nil {
		return err
	}
	if len(dims) < 1 || len(dims) > 3 {
		return fmt.Errorf("%s@spatial_dims names %d axes, expected 1 to 3", groupDimensions, len(dims))
	}
	if err := f.loadTimes(); err != nil {
		return err
	}
	if err := f.loadBoundaries(); err != nil {
		return err
	}
	grid, err := f.loadGrid(dims)
	if err != nil {
		return err
	}
	f.spec = eddy.Spec{Grid: grid, History: 1}
	if f.spec.Name, err = f.text("/", "dataset_name"); err != nil {
		return err
	}
	if err := f.loadSources(len(dims)); err != nil {
		return err
	}
	if err := f.checkShapes(); err != nil {
		return err
	}
	if err := f.loadScalars(); err != nil {
		return err
	}
	text, err := f.text("/", attrSpec)
	if err != nil || text == "" {
		f.nameChannels(dims)
		return err
	}
	return f.adopt(text)
}

// attribute is an attribute's value, nil where there is none.
func (f *file) attribute(path, name string) (any, error) {
	v, err := f.h.Attribute(path, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return v, err
}

// text is an attribute of type text, "" where there is none.
func (f *file) text(path, name string) (string, error) {
	v, err := f.attribute(path, name)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []string:
		if len(v) == 1 {
			return v[0], nil
		}
	}
	return "", fmt.Errorf("%s@%s is %T, expected a text", path, name, v)
}

// texts is an attribute that lists texts. A single text is a list of one; an empty list of any type, as h5py stores it, is empty.
func (f *file) texts(path, name string) ([]string, error) {
	v, err := f.attribute(path, name)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []string{v}, nil
	case []string:
		return v, nil
	case []float64:
		if len(v) == 0 {
			return nil, nil
		}
	case []int64:
		if len(v) == 0 {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("%s@%s is %T, expected a list of texts", path, name, v)
}

// truths is an attribute of booleans, def where there is none.
func (f *file) truths(path, name string, def ...bool) ([]bool, error) {
	v, err := f.attribute(path, name)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil:
		return def, nil
	case bool:
		return []bool{v}, nil
	case []bool:
		return v, nil
	case int64:
		return []bool{v != 0}, nil
	case []int64:
		b := make([]bool, len(v))
		for i := range v {
			b[i] = v[i] != 0
		}
		return b, nil
	}
	return nil, fmt.Errorf("%s@%s is %T, expected booleans", path, name, v)
}

func (f *file) truth(path, name string, def bool) (bool, error) {
	v, err := f.truths(path, name, def)
	if err == nil && len(v) != 1 {
		err = fmt.Errorf("%s@%s has %d values, expected 1", path, name, len(v))
	}
	if err != nil {
		return false, err
	}
	return v[0], nil
}

// loadSources finds the fields.
func (f *file) loadSources(dims int) error {
	for order, group := range groupFields {
		if !hasGroup(f.h, group) {
			continue
		}
		names, err := f.texts(group, attrNames)
		if err != nil {
			return err
		}
		for _, name := range names {
			path := group + "/" + name
			s := source{name: name, order: order}
			if s.d, err = f.h.Dataset(path); err != nil {
				return fmt.Errorf("%s@%s names %q: %w", group, attrNames, name, err)
			}
			if s.sample, err = f.truth(path, attrSample, true); err != nil {
				return err
			}
			if s.time, err = f.truth(path, attrTime, true); err != nil {
				return err
			}
			if s.dims, err = f.truths(path, attrDims, slices.Repeat([]bool{true}, dims)...); err != nil {
				return err
			}
			if len(s.dims) != dims {
				return fmt.Errorf("%s@%s has %d values, expected %d, one a spatial axis", path, attrDims, len(s.dims), dims)
			}
			if s.d.Type.Class != h5.Float && s.d.Type.Class != h5.Int {
				return fmt.Errorf("%s does not hold numbers", path)
			}
			per, n := f.tensorExtent(s), 1
			for range order {
				n *= per
			}
			s.channels = make([]int, n)
			if s.time {
				f.fields = append(f.fields, s)
			} else {
				f.statics = append(f.statics, s)
			}
		}
	}
	if len(f.fields) == 0 {
		return errors.New("no field that varies in time: expected names in field_names of /t0_fields, /t1_fields or /t2_fields")
	}
	for _, list := range [][]source{f.fields, f.statics} {
		c := 0
		for i := range list {
			for k := range list[i].channels {
				list[i].channels[k] = c
				c++
			}
		}
	}
	return nil
}

// tensorExtent is the number of components along each index of a vector or tensor field: the last extent of its shape.
func (f *file) tensorExtent(s source) int {
	if s.order == 0 || len(s.d.Shape) == 0 {
		return 1
	}
	return s.d.Shape[len(s.d.Shape)-1]
}

// checkShapes finds the number of trajectories and compares every shape with it, the times and the grid.
func (f *file) checkShapes() error {
	v, err := f.attribute("/", "n_trajectories")
	if err != nil {
		return err
	}
	f.trajectories = -1
	switch v := v.(type) {
	case int64:
		f.trajectories = int(v)
	case []int64:
		if len(v) == 1 {
			f.trajectories = int(v[0])
		}
	}
	if f.trajectories < 0 {
		f.trajectories = 1
		for _, s := range f.fields {
			if s.sample && len(s.d.Shape) > 0 {
				f.trajectories = s.d.Shape[0]
				break
			}
		}
	}
	if n := len(f.times); n != 1 && n != f.trajectories {
		return fmt.Errorf("%s/time has %d lists of times, expected one, or one per trajectory (%d)", groupDimensions, n, f.trajectories)
	}
	for _, list := range [][]source{f.fields, f.statics} {
		for _, s := range list {
			if want := f.wantShape(s); !slices.Equal(want, s.d.Shape) {
				return fmt.Errorf("%s has shape %v, expected %v (from n_trajectories, /dimensions and its attributes)", s.d.Path(), s.d.Shape, want)
			}
		}
	}
	return nil
}

func (f *file) wantShape(s source) []int {
	want := []int{}
	if s.sample {
		want = append(want, f.trajectories)
	}
	if s.time {
		want = append(want, f.frames())
	}
	for i, a := range f.spec.Grid.Axes {
		if s.dims[i] {
			want = append(want, a.Points)
		}
	}
	for range s.order {
		want = append(want, f.tensorExtent(s))
	}
	return want
}

// loadScalars reads the scalars of the equation. A time step that differs between trajectories is one of them.
func (f *file) loadScalars() error {
	if steps := f.steps(); slices.Min(steps) != slices.Max(steps) {
		f.scalars["dt"] = steps
	}
	names, err := f.texts("/", attrParameters)
	if err != nil {
		return err
	}
	for _, name := range names {
		v, err := f.attribute("/", name)
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case float64:
			f.scalars[name] = []float64{v}
		case int64:
			f.scalars[name] = []float64{float64(v)}
		}
	}
	if !hasGroup(f.h, groupScalars) {
		return nil
	}
	if names, err = f.texts(groupScalars, attrNames); err != nil {
		return err
	}
	for _, name := range names {
		path := groupScalars + "/" + name
		inTime, err := f.truth(path, attrTime, false)
		if err != nil {
			return err
		}
		sample, err := f.truth(path, attrSample, false)
		if err != nil {
			return err
		}
		if inTime {
			f.signals = append(f.signals, name) // a forcing that changes in time is no parameter of the equation
			continue
		}
		d, err := f.h.Dataset(path)
		if err != nil {
			return err
		}
		s := d.Whole()
		if n := s.Size(); n != 1 && (!sample || n != f.trajectories || n > maxLine) {
			return fmt.Errorf("%s has shape %v, expected one value or one per trajectory (%d)", path, d.Shape, f.trajectories)
		}
		values := make([]float64, s.Size())
		if err := h5.Read(d, values, s); err != nil {
			return err
		}
		f.scalars[name] = values
	}
	return nil
}

// scalar is the value of a scalar for a trajectory.
func (f *file) scalar(name string, traj int) float64 {
	v := f.scalars[name]
	if len(v) == 1 {
		return v[0]
	}
	return v[traj]
}

// nameChannels gives the channels of a file that is not ours the names of their components.
func (f *file) nameChannels(dims []string) {
	name := func(list []source) []eddy.Field {
		var fields []eddy.Field
		for _, s := range list {
			per := f.tensorExtent(s)
			for k := range s.channels {
				fields = append(fields, component(s.name, s.order, per, k, dims))
			}
		}
		return fields
	}
	f.spec.Fields, f.spec.Statics = name(f.fields), name(f.statics)
	f.spec.Dt = f.dt()
}

// component is component k of a field: "velocity_x" of "velocity".
func component(of string, order, per, k int, dims []string) eddy.Field {
	if order == 0 {
		return eddy.Field{Name: of}
	}
	index := []int{k}
	if order == 2 {
		index = []int{k / per, k % per}
	}
	suffix := ""
	for _, i := range index {
		if i < len(dims) {
			suffix += dims[i]
		} else {
			suffix += strconv.Itoa(i)
		}
	}
	return eddy.Field{Name: of + "_" + suffix, Of: of, Index: index}
}

// adopt takes over the Spec that eddy wrote and finds its channels among the datasets.
func (f *file) adopt(text string) error {
	var spec eddy.Spec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return fmt.Errorf("/@%s: %w", attrSpec, err)
	}
	if !slices.Equal(spec.Grid.Shape(), f.spec.Grid.Shape()) {
		return fmt.Errorf("/@%s has grid %v, /dimensions %v", attrSpec, spec.Grid.Shape(), f.spec.Grid.Shape())
	}
	for _, part := range []struct {
		what   string
		list   []source
		fields []eddy.Field
	}{{"fields", f.fields, spec.Fields}, {"static fields", f.statics, spec.Statics}} {
		at := map[string][]int{} // channels by the dataset that holds them
		for _, g := range group(part.fields, spec.Grid.Dims()) {
			at[groupFields[g.order]+"/"+g.name] = g.channels
		}
		found := 0
		for i, s := range part.list {
			channels, ok := at[s.d.Path()]
			if !ok || len(channels) != s.components() {
				return fmt.Errorf("/@%s does not describe %s", attrSpec, s.d.Path())
			}
			part.list[i].channels = channels
			found += len(channels)
		}
		if found != len(part.fields) {
			return fmt.Errorf("/@%s names %d %s, the file holds %d", attrSpec, len(part.fields), part.what, found)
		}
	}
	for _, p := range spec.Params {
		if _, ok := f.scalars[p.Name]; !ok {
			return fmt.Errorf("/@%s names the parameter %q, which %s does not hold", attrSpec, p.Name, groupScalars)
		}
	}
	if dt := f.dt(); !spec.Steady && f.frames() > 1 && math.Abs(dt-spec.Dt) > 1e-6*math.Abs(dt) {
		return fmt.Errorf("/@%s has dt = %g, %s/time %g", attrSpec, spec.Dt, groupDimensions, dt)
	}
	f.spec, f.own = spec, true
	return nil
}

// fieldGroup is a scalar, vector or tensor field with the channels of its components, row-major.
type fieldGroup struct {
	name     string
	order    int
	channels []int
}

// group gathers channels into the fields of which they are components. A field becomes a vector or tensor only where every component of it is there once;
// otherwise its channels are stored as scalar fields.
func group(fields []eddy.Field, dims int) []fieldGroup {
	whole := map[string][]int{} // channels of the complete vectors and tensors
	for _, f := range fields {
		if _, seen := whole[f.Of]; f.Of != "" && !seen {
			whole[f.Of] = components(fields, f.Of, len(f.Index), dims)
		}
	}
	var groups []fieldGroup
	for order := range 3 {
		for c, f := range fields {
			channels := whole[f.Of]
			switch {
			case order == 0 && channels == nil:
				groups = append(groups, fieldGroup{f.Name, 0, []int{c}})
			case order > 0 && channels != nil && len(f.Index) == order && channels[0] == c:
				groups = append(groups, fieldGroup{f.Of, order, channels})
			}
		}
	}
	return groups
}

// components are the channels of a vector (order 1) or tensor (order 2) field, nil where it is not complete.
func components(fields []eddy.Field, of string, order, dims int) []int {
	if order < 1 || order > 2 || strings.Contains(of, "/") {
		return nil
	}
	n := dims
	if order == 2 {
		n *= dims
	}
	channels := slices.Repeat([]int{-1}, n)
	for c, f := range fields {
		if f.Of != of {
			continue
		}
		k := 0
		for _, i := range f.Index {
			if i < 0 || i >= dims {
				return nil
			}
			k = k*dims + i
		}
		if len(f.Index) != order || channels[k] >= 0 {
			return nil
		}
		channels[k] = c
	}
	if slices.Contains(channels, -1) {
		return nil
	}
	return channels
}
