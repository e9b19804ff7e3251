package described

import (
	"context"
	_ "embed" // the example
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/array"
	"github.com/eddy-pde/eddy/internal/config"
)

// Example is a complete description.
//
//go:embed example.toml
var Example string

// Description is a decoded description. The tags name its keys.
type Description struct {
	Name       string      `toml:"name"`
	Files      []string    `toml:"files"`
	Steady     bool        `toml:"steady"`
	Time       *Time       `toml:"time"`
	Grid       Grid        `toml:"grid"`
	Fields     []Field     `toml:"field"`
	Statics    []Field     `toml:"static"`
	Parameters []Parameter `toml:"parameter"`
	Select     Select      `toml:"select"`

	path string
	doc  *config.Document
}

// Time is the table [time].
type Time struct {
	Dataset string   `toml:"dataset"`
	Step    *float64 `toml:"step"`
	Start   float64  `toml:"start"`
}

// Grid is the table [grid].
type Grid struct {
	X *Axis `toml:"x"`
	Y *Axis `toml:"y"`
	Z *Axis `toml:"z"`
}

// axes are the axes that are there.
func (g Grid) axes() []*Axis {
	all := []*Axis{g.X, g.Y, g.Z}
	if i := slices.Index(all, nil); i >= 0 {
		all = all[:i]
	}
	return all
}

// Axis is a table such as [grid.x].
type Axis struct {
	Dataset  string   `toml:"dataset"`
	Origin   float64  `toml:"origin"`
	Length   *float64 `toml:"length"`
	Periodic bool     `toml:"periodic"`
}

// Field is an entry of [[field]] and [[static]].
type Field struct {
	Name       string         `toml:"name"`
	Components []string       `toml:"components"`
	Dataset    string         `toml:"dataset"`
	Axes       []string       `toml:"axes"`
	Take       map[string]int `toml:"take"`
	Unit       string         `toml:"unit"`
	At         string         `toml:"at"`
}

// Parameter is an entry of [[parameter]].
type Parameter struct {
	Name      string   `toml:"name"`
	Value     *float64 `toml:"value"`
	Dataset   string   `toml:"dataset"`
	Attribute string   `toml:"attribute"`
}

// Select is the table [select].
type Select struct {
	Trajectories []int     `toml:"trajectories"`
	Distinct     bool      `toml:"distinct"`
	Shares       []float64 `toml:"shares"`
	Part         string    `toml:"part"`
	Seed         uint64    `toml:"seed"`
}

// Read decodes a description and reports every fault that shows without the data, each with its line.
func Read(name string) (*Description, error) {
	d := &Description{path: name}
	doc, err := config.Read(name, d)
	if err != nil {
		return nil, err
	}
	return d.checked(doc)
}

// Decode is Read from memory; name stands for the file in errors, and its folder is where files are looked for.
func Decode(name string, text []byte) (*Description, error) {
	d := &Description{path: name}
	doc, err := config.Decode(name, text, d)
	if err != nil {
		return nil, err
	}
	return d.checked(doc)
}

func (d *Description) checked(doc *config.Document) (*Description, error) {
	d.doc = doc
	if err := doc.Locate(d.validate()); err != nil {
		return nil, err
	}
	return d, nil
}

// Complete reports whether the description says what the arrays are. One that does not takes its files in their own layout.
func (d *Description) Complete() bool { return len(d.Fields) > 0 }

// validate returns every fault, joined.
func (d *Description) validate() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(d.Files) == 0 {
		fault("files is missing, expected the names of the data files")
	}
	errs = append(errs, d.Select.validate())
	if !d.Complete() {
		if d.Time != nil || d.Grid.X != nil || d.Steady || len(d.Statics) > 0 || len(d.Parameters) > 0 {
			fault("[[field]] is missing, expected a table for each array of the state")
		}
		return errors.Join(errs...)
	}
	for i := range d.Fields {
		errs = append(errs, d.Fields[i].validate(fmt.Sprintf("field[%d]", i), !d.Steady, len(d.Grid.axes())))
	}
	for i := range d.Statics {
		errs = append(errs, d.Statics[i].validate(fmt.Sprintf("static[%d]", i), false, len(d.Grid.axes())))
	}
	errs = append(errs, d.validateTime(), d.validateGrid(), d.validateParameters())
	patterns := map[string]bool{}
	for _, name := range d.datasets() {
		if prefix, _, ok := starred(name); ok {
			patterns[prefix] = true
		}
		if strings.Count(name, "*") > 1 {
			fault("the dataset %q has more than one *", name)
		}
	}
	if len(patterns) > 1 {
		fault("the groups of %q differ, expected the same name with a * everywhere", sorted(patterns))
	}
	return errors.Join(errs...)
}

// datasets are the names of all arrays that may have a * for the trajectory.
func (d *Description) datasets() []string {
	var names []string
	for _, f := range slices.Concat(d.Fields, d.Statics) {
		names = append(names, f.Dataset)
	}
	if d.Time != nil {
		names = append(names, d.Time.Dataset)
	}
	for _, p := range d.Parameters {
		names = append(names, p.Dataset, p.Attribute)
	}
	for _, a := range d.Grid.axes() {
		names = append(names, a.Dataset)
	}
	return names
}

// starred cuts "/runs/seed_*/u" into "/runs/seed_*", the name of groups, and "/u".
func starred(name string) (groups, rest string, ok bool) {
	i := strings.IndexByte(name, '*')
	if i < 0 {
		return "", "", false
	}
	end := strings.IndexAny(name[i:], "/@")
	if end < 0 {
		return name, "", true
	}
	return name[:i+end], name[i+end:], true
}

func (d *Description) validateTime() error {
	switch {
	case d.Steady && d.Time != nil:
		return errors.New("time is given with steady = true: leave one of them out")
	case d.Steady:
		return nil
	case d.Time == nil:
		return errors.New("[time] is missing, expected its dataset or its step, or steady = true at the top")
	case (d.Time.Dataset == "") == (d.Time.Step == nil):
		return errors.New("time has both dataset and step or neither, expected one of them")
	case d.Time.Step != nil && !(*d.Time.Step > 0):
		return fmt.Errorf("time.step = %g, expected a positive number", *d.Time.Step)
	}
	return nil
}

func (d *Description) validateGrid() error {
	if d.Grid.X == nil || d.Grid.Y == nil && d.Grid.Z != nil {
		return errors.New("[grid.x] is missing, expected a table for each of the axes x, y, z that there are, x first")
	}
	var errs []error
	for i, a := range d.Grid.axes() {
		key := "grid." + "xyz"[i:i+1]
		switch {
		case (a.Dataset == "") == (a.Length == nil):
			errs = append(errs, fmt.Errorf("%s has both dataset and length or neither, expected one of them", key))
		case a.Length != nil && !(*a.Length > 0):
			errs = append(errs, fmt.Errorf("%s.length = %g, expected a positive number", key, *a.Length))
		}
	}
	return errors.Join(errs...)
}

func (d *Description) validateParameters() error {
	var errs []error
	for i, p := range d.Parameters {
		given := 0
		for _, is := range []bool{p.Value != nil, p.Dataset != "", p.Attribute != ""} {
			if is {
				given++
			}
		}
		switch key := fmt.Sprintf("parameter[%d]", i); {
		case p.Name == "":
			errs = append(errs, fmt.Errorf("%s has no name", key))
		case slices.ContainsFunc(d.Parameters[:i], func(q Parameter) bool { return q.Name == p.Name }):
			errs = append(errs, fmt.Errorf("%s.name = %q is the name of another one", key, p.Name))
		case given != 1:
			errs = append(errs, fmt.Errorf("%s has %d of value, dataset and attribute, expected one of them", key, given))
		}
	}
	return errors.Join(errs...)
}

// roles are the axes by name.
var roles = map[string]array.Role{
	"trajectory": array.Trajectory, "time": array.Time, "component": array.Component, "x": array.X, "y": array.Y, "z": array.Z,
}

// places are where values may sit.
var places = []string{"", string(eddy.Node), string(eddy.Cell), string(eddy.FaceX), string(eddy.FaceY), string(eddy.FaceZ)}

func (f *Field) validate(key string, time bool, dims int) error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(key+format, args...)) }
	if f.Dataset == "" {
		fault(" has no dataset")
	}
	if len(f.Axes) == 0 {
		fault(" has no axes, expected a list of trajectory, time, component, x, y, z")
	}
	seen := map[string]bool{}
	for _, name := range f.Axes {
		_, known := roles[name]
		at, taken := f.Take[name]
		switch {
		case seen[name]:
			fault(".axes has %q twice", name)
		case known && taken:
			fault(".take has %q, expected only axes that are none of trajectory, time, component, x, y, z", name)
		case !known && !taken:
			fault(".axes has %q, expected trajectory, time, component, x, y, z, or an index of it in take", name)
		case taken && at < 0:
			fault(".take has %s = %d, expected an index from 0 on", name, at)
		}
		seen[name] = true
	}
	for _, name := range sorted(f.Take) {
		if !seen[name] {
			fault(".take has %q, which is not among the axes", name)
		}
	}
	for i, name := range []string{"x", "y", "z"} {
		if seen[name] != (i < dims) && len(f.Axes) > 0 {
			fault(".axes = %q and grid.%s disagree: expected both or neither", f.Axes, name)
		}
	}
	if seen["time"] != time && len(f.Axes) > 0 {
		fault(".axes = %q, expected %s axis \"time\"", f.Axes, map[bool]string{true: "an", false: "no"}[time])
	}
	if seen["trajectory"] && strings.Contains(f.Dataset, "*") {
		fault(".axes has \"trajectory\", but the * in the dataset already stands for it")
	}
	if seen["component"] != (len(f.Components) > 0) {
		fault(" needs the axis \"component\" and a list of components, or neither")
	} else if !seen["component"] && f.Name == "" {
		fault(" has no name")
	}
	if !slices.Contains(places, f.At) {
		fault(".at = %q, expected one of %s", f.At, strings.Join(places[1:], ", "))
	}
	return errors.Join(errs...)
}

// channels are the fields that an entry stands for.
func (f *Field) channels() []eddy.Field {
	at := eddy.Location(f.At)
	if at == eddy.Node {
		at = "" // which means it
	}
	if len(f.Components) == 0 {
		return []eddy.Field{{Name: f.Name, Unit: f.Unit, At: at}}
	}
	var all []eddy.Field
	for i, name := range f.Components {
		c := eddy.Field{Name: name, Unit: f.Unit, At: at}
		if f.Name != "" {
			c.Of, c.Index = f.Name, []int{i}
		}
		all = append(all, c)
	}
	return all
}

// parts are the parts of a split in the order of Select.Shares.
var parts = []string{"train", "valid", "test"}

func (s Select) validate() error {
	var errs []error
	if n := len(s.Trajectories); n > 0 && (n != 2 || s.Trajectories[0] < 0 || s.Trajectories[1] <= s.Trajectories[0]) {
		errs = append(errs, fmt.Errorf("select.trajectories = %v, expected [from, to] with 0 ≤ from < to", s.Trajectories))
	}
	if (s.Part == "") != (len(s.Shares) == 0) {
		errs = append(errs, errors.New("select needs both shares and part, or neither"))
	} else if s.Part != "" && !slices.Contains(parts, s.Part) {
		errs = append(errs, fmt.Errorf("select.part = %q, expected one of %s", s.Part, strings.Join(parts, ", ")))
	}
	if n := len(s.Shares); n > 0 && n != 2 && n != 3 {
		errs = append(errs, fmt.Errorf("select.shares has %d entries, expected those of train, valid and, where there is one, test", n))
	} else if n == 2 && s.Part == "test" {
		errs = append(errs, errors.New("select.part = \"test\", but select.shares has only those of train and valid"))
	}
	return errors.Join(errs...)
}

// Chosen applies [select] to a data set, which it reads from end to end where distinct trajectories are asked for.
func (d *Description) Chosen(ctx context.Context, ds datasets.Dataset) (datasets.Dataset, error) {
	chosen, err := d.Select.of(ctx, ds)
	if err != nil {
		return nil, d.doc.Locate(err)
	}
	return chosen, nil
}

func (s Select) of(ctx context.Context, ds datasets.Dataset) (datasets.Dataset, error) {
	var err error
	if s.Distinct {
		if ds, err = datasets.Distinct(ctx, ds); err != nil {
			return nil, fmt.Errorf("select.distinct: %w", err)
		}
	}
	if len(s.Trajectories) == 2 {
		if s.Trajectories[1] > ds.Len() {
			return nil, fmt.Errorf("select.trajectories = %v of %d trajectories", s.Trajectories, ds.Len())
		}
		list := make([]int, 0, s.Trajectories[1]-s.Trajectories[0])
		for i := s.Trajectories[0]; i < s.Trajectories[1]; i++ {
			list = append(list, i)
		}
		if ds, err = datasets.Subset(ds, list); err != nil {
			return nil, fmt.Errorf("select.trajectories: %w", err)
		}
	}
	if len(s.Shares) == 0 {
		return ds, nil
	}
	split, err := datasets.Split(ds, s.Seed, s.Shares...)
	if err != nil {
		return nil, fmt.Errorf("select.shares: %w", err)
	}
	part := split[slices.Index(parts, s.Part)]
	if part.Len() == 0 {
		return nil, fmt.Errorf("select.shares = %v leave no trajectory of %d for %q", s.Shares, ds.Len(), s.Part)
	}
	return part, nil
}

// Paths are the data files, in the order in which they are joined.
func (d *Description) Paths() ([]string, error) {
	var all []string
	for i, pattern := range d.Files {
		full := filepath.FromSlash(pattern)
		if !filepath.IsAbs(full) {
			full = filepath.Join(filepath.Dir(d.path), full)
		}
		found, err := filepath.Glob(full)
		if err == nil && len(found) == 0 {
			err = errors.New("no such file")
		}
		if err != nil {
			return nil, d.doc.Locate(fmt.Errorf("files[%d] = %q: %w", i, pattern, err))
		}
		all = append(all, found...)
	}
	return all, nil
}

// matches are the groups of a file that the * of a name stands for, in alphabetical order.
func matches(f array.File, groups string) ([]string, error) {
	lister, ok := f.(interface {
		Groups(path string) ([]string, error)
	})
	if !ok {
		return nil, errors.New("a * needs groups, which only HDF5 files have")
	}
	dir, pattern := path.Split(groups)
	names, err := lister.Groups("/" + strings.Trim(dir, "/"))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range names {
		if ok, err := path.Match(pattern, name); err != nil {
			return nil, fmt.Errorf("%q: %w", pattern, err)
		} else if ok {
			found = append(found, dir+name)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no group %q; found %.10q", groups, names)
	}
	return found, nil
}
