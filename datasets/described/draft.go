package described

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy/datasets/array"
)

// Draft is a first description of a file: its arrays as comments, and a guess of what they are from their names and extents. Every guess is to be checked; what could
// not be guessed is a question mark, which [Read] refuses.
func Draft(file string) (string, error) {
	f, err := array.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	arrays, err := listed(f)
	if err != nil {
		return "", fmt.Errorf("described: %s: %w", file, err)
	}
	if len(arrays) == 0 {
		return "", fmt.Errorf("described: %s: no arrays of numbers to describe", file)
	}
	d := draft{arrays: collapse(arrays)}
	d.guess()
	var b strings.Builder
	fmt.Fprintf(&b, "# A guess from names and extents: check every line (eddy inspect --description explains the keys). %s holds:\n", filepath.Base(file))
	for _, a := range d.arrays {
		fmt.Fprintf(&b, "#   %s %v %s\n", a.name, a.shape, a.kind)
	}
	fmt.Fprintf(&b, "files = [%q]\n", filepath.Base(file))
	d.write(&b)
	return b.String(), nil
}

// entry is an array of a file, or those of one name in several groups.
type entry struct {
	name  string
	shape []int
	kind  string
}

// base is the last part of the name, in small letters.
func (e entry) base() string { return strings.ToLower(path.Base(e.name)) }

// listed are the arrays of numbers, at most as many as array.File lists.
func listed(f array.File) ([]entry, error) {
	names, err := f.Names()
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, name := range names {
		if a, err := f.Array(name); err == nil { // else it holds no numbers
			all = append(all, entry{name, a.Shape(), a.Type()})
		}
	}
	return all, nil
}

// collapse joins arrays whose names differ in one group only and whose shapes agree: "/seed_00/u" and "/seed_01/u" become "/seed_*/u".
func collapse(all []entry) []entry {
	for level := 1; ; level++ {
		type key struct{ before, behind, shape string }
		members := map[key][]string{}
		keyOf := func(e entry) (key, string, bool) {
			parts := strings.Split(e.name, "/")
			if level >= len(parts)-1 {
				return key{}, "", false
			}
			return key{strings.Join(parts[:level], "/"), strings.Join(parts[level+1:], "/"), fmt.Sprint(e.shape)}, parts[level], true
		}
		deep := false
		for _, e := range all {
			if k, group, ok := keyOf(e); ok {
				members[k] = append(members[k], group)
				deep = true
			}
		}
		if !deep {
			return all
		}
		var joined []entry
		seen := map[key]bool{}
		found := false
		for _, e := range all {
			k, _, ok := keyOf(e)
			switch {
			case !ok || len(members[k]) < 2:
				joined = append(joined, e)
			case !seen[k]:
				seen[k], found = true, true
				e.name = k.before + "/" + commonPrefix(members[k]) + "*/" + k.behind
				joined = append(joined, e)
			}
		}
		if found {
			return joined
		}
	}
}

// commonPrefix is what names begin with, before any number.
func commonPrefix(names []string) string {
	p := names[0]
	for _, n := range names {
		for !strings.HasPrefix(n, p) {
			p = p[:len(p)-1]
		}
	}
	return strings.TrimRight(p, "0123456789")
}

// Names that lists of times and coordinates go by.
var (
	timeNames  = []string{"t", "time", "times", "t-coordinate", "tspan"}
	spaceNames = [][]string{{"x", "x-coordinate", "lon", "longitude", "xc"}, {"y", "y-coordinate", "lat", "latitude", "yc"}, {"z", "z-coordinate", "lev", "level", "zc"}}
)

// draft is what is guessed.
type draft struct {
	arrays                   []entry
	times                    *entry
	coordinates              [3]*entry
	fields, statics, scalars []entry
	axes                     []string // of the fields
	extents                  map[string]int
}

// guess sorts the arrays into times, coordinates, fields, static fields and parameters.
func (d *draft) guess() {
	var rest []entry
	largest := 0
	for i := range d.arrays {
		e := &d.arrays[i]
		space := slices.IndexFunc(spaceNames, func(names []string) bool { return slices.Contains(names, e.base()) })
		switch {
		case slices.Contains(timeNames, e.base()) && len(e.shape) <= 2 && d.times == nil:
			d.times = e
		case space >= 0 && len(e.shape) == 1 && d.coordinates[space] == nil:
			d.coordinates[space] = e
		default:
			rest = append(rest, *e)
			largest = max(largest, size(e.shape))
		}
	}
	for _, e := range rest {
		if size(e.shape) == largest && len(e.shape) > 0 {
			if len(d.fields) == 0 || slices.Equal(e.shape, d.fields[0].shape) {
				d.fields = append(d.fields, e)
				continue
			}
		}
		d.scalars = append(d.scalars, e)
	}
	d.guessAxes()
	d.sortOthers()
}

func size(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// most is the greatest extent that is taken for a list of components.
const most = 4

// guessAxes names the axes of the fields: those as long as a list of times or coordinates first, then what is left.
func (d *draft) guessAxes() {
	d.extents = map[string]int{}
	if len(d.fields) == 0 {
		return
	}
	shape := d.fields[0].shape
	d.axes = make([]string, len(shape))
	name := func(axis string, extent int) bool {
		for i, n := range shape {
			if d.axes[i] == "" && n == extent {
				d.axes[i], d.extents[axis] = axis, n
				return true
			}
		}
		return false
	}
	for i, c := range d.coordinates {
		if c != nil && !name("xyz"[i:i+1], c.shape[0]) {
			d.coordinates[i] = nil
		}
	}
	grouped := strings.Contains(d.fields[0].name, "*")
	if d.times != nil {
		if s := d.times.shape; len(s) == 2 && s[0] > 1 && !grouped && name("trajectory", s[0]) {
			name("time", s[1])
		} else if !name("time", size(s)) {
			d.times = nil
		}
	}
	// Outermost first: trajectories, then time; a short axis at either end is components; the others are space.
	for i, n := range shape {
		if d.axes[i] != "" {
			continue
		}
		axis := "?"
		switch free := d.freeAxis(); {
		case d.extents["trajectory"] == 0 && !grouped && i == slices.Index(d.axes, ""):
			axis = "trajectory"
		case n <= most && d.extents["component"] == 0 && (i == len(shape)-1 || len(d.axes)-i > 2 && n <= 3):
			axis = "component"
		case d.extents["time"] == 0 && (d.extents["x"] > 0 || slices.Contains(d.axes[i+1:], "")): // else it is space
			axis = "time"
		case free != "":
			axis = free
		}
		d.axes[i] = axis
		if axis != "?" {
			d.extents[axis] = n
		}
	}
}

// freeAxis is the first axis of space that no axis of the fields is yet.
func (d *draft) freeAxis() string {
	for _, axis := range []string{"x", "y", "z"} {
		if d.extents[axis] == 0 {
			return axis
		}
	}
	return ""
}

// sortOthers finds static fields and parameters among the arrays that are no fields.
func (d *draft) sortOthers() {
	var space []int
	for _, axis := range d.space() {
		space = append(space, d.extents[axis])
	}
	others := d.scalars
	d.scalars = nil
	for _, e := range others {
		n := d.extents["trajectory"]
		switch {
		case len(space) > 0 && (slices.Equal(e.shape, space) || n > 0 && slices.Equal(e.shape, append([]int{n}, space...))):
			d.statics = append(d.statics, e)
		case size(e.shape) == 1 || n > 0 && slices.Equal(e.shape, []int{n}):
			d.scalars = append(d.scalars, e)
		}
	}
}

func (d *draft) write(b *strings.Builder) {
	switch {
	case d.extents["time"] == 0:
		b.WriteString("steady = true                   # no axis is left for time; what the fields follow from goes under [[static]]\n")
	case d.times != nil:
		fmt.Fprintf(b, "\n[time]\ndataset = %q\n", d.times.name)
	default:
		b.WriteString("\n[time]\nstep = 1.0                      # not found in the file\n")
	}
	for i := range 3 {
		axis := "xyz"[i : i+1]
		if d.extents[axis] == 0 {
			break
		}
		fmt.Fprintf(b, "\n[grid.%s]\n", axis)
		if c := d.coordinates[i]; c != nil {
			fmt.Fprintf(b, "dataset = %q\n", c.name)
		} else {
			b.WriteString("length = 1.0                    # not found in the file\n")
		}
		b.WriteString("periodic = false                # true where the domain wraps round\n")
	}
	for _, e := range d.fields {
		fmt.Fprintf(b, "\n[[field]]\nname = %q\ndataset = %q\naxes = %s   # %v\n", path.Base(e.name), e.name, quoted(d.axes), e.shape)
		if n := d.extents["component"]; n > 0 {
			names := make([]string, n)
			for i := range names {
				names[i] = path.Base(e.name) + "_" + strconv.Itoa(i)
			}
			fmt.Fprintf(b, "components = %s\n", quoted(names))
		}
	}
	for _, e := range d.statics {
		var axes []string
		if len(e.shape) > len(d.space()) {
			axes = append(axes, "trajectory")
		}
		fmt.Fprintf(b, "\n[[static]]\nname = %q\ndataset = %q\naxes = %s   # %v\n", path.Base(e.name), e.name, quoted(append(axes, d.space()...)), e.shape)
	}
	for _, e := range d.scalars {
		fmt.Fprintf(b, "\n[[parameter]]\nname = %q\ndataset = %q\n", path.Base(e.name), e.name)
	}
}

// space are the axes of space, in the order of the fields.
func (d *draft) space() []string {
	var space []string
	for _, axis := range d.axes {
		if role, ok := roles[axis]; ok && role >= array.X {
			space = append(space, axis)
		}
	}
	return space
}

// quoted is a list of texts in TOML.
func quoted(list []string) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
