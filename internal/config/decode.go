package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Document remembers where each key of a decoded file came from, so that faults found later (by Validate methods) can name the line too.
type Document struct {
	name  string            // the file, as errors name it
	lines map[string]int    // "terms[0].axis" → line, 1-based
	set   map[string]string // key → the override that set it
}

// Read decodes the TOML file at path into dst; see [Decode].
func Read(path string, dst any, set ...Override) (*Document, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return Decode(path, data, dst, set...)
}

// Decode decodes TOML text into dst, a pointer to a struct, after applying the overrides in order; name stands for the file in errors. Keys are named by `toml`
// tags; a field without a tag goes by its lower-case name, "-" hides it, and the fields of an embedded struct belong to the outer one. Fields that the text
// does not mention keep the value they had, so dst carries the defaults. A single value where a list is expected is a list of one.
//
// Faults are returned together as one *[Error]; dst is then undefined.
func Decode(name string, data []byte, dst any, set ...Override) (*Document, error) {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("config: decode into %T, expected a pointer to a struct", dst)
	}
	tree := map[string]any{}
	if err := toml.Unmarshal(data, &tree); err != nil {
		return nil, syntaxError(name, data, err)
	}
	d := &Document{name: name, lines: lines(data), set: map[string]string{}}
	a := assigner{doc: d, root: v.Elem().Type()}
	for _, o := range set {
		a.override(tree, o)
	}
	a.table(v.Elem(), tree, "")
	return d, faultsOf(a.faults)
}

// syntaxError says where the text is not TOML.
func syntaxError(name string, data []byte, err error) error {
	text := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "toml: ")), " ")
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, column := bad.Position()
		return &Error{Faults: []Fault{{Where: fmt.Sprintf("%s:%d", name, line), Text: fmt.Sprintf("not valid TOML at column %d: %s", column, text), line: line}}}
	}
	line := firstBadLine(data)
	return &Error{Faults: []Fault{{Where: fmt.Sprintf("%s:%d", name, line), Text: "not valid TOML: " + text, line: line}}}
}

// firstBadLine finds the line of an error that the library reports without a position (a key defined twice): the first after which the text so far has it.
func firstBadLine(data []byte) int {
	line := 1
	for end := 0; end < len(data); line++ {
		if n := bytes.IndexByte(data[end:], '\n'); n >= 0 {
			end += n + 1
		} else {
			end = len(data)
		}
		var bad *toml.DecodeError
		if err := toml.Unmarshal(data[:end], &map[string]any{}); err != nil && !errors.As(err, &bad) {
			return line
		}
	}
	return line
}

// lines maps the path of every key and table in the text to its line. The text is known to be valid TOML.
func lines(data []byte) map[string]int {
	at := map[string]int{}
	count := map[string]int{} // array tables seen so far, by path
	// full spells a dotted key below base, with the running index of each array of tables on the way.
	full := func(base string, keys unstable.Iterator) (path string, offset uint32) {
		path = base
		for keys.Next() {
			if n := count[path]; n > 0 {
				path = fmt.Sprintf("%s[%d]", path, n-1)
			}
			k := keys.Node()
			path, offset = join(path, string(k.Data)), k.Raw.Offset
		}
		return path, offset
	}
	lineOf := func(offset uint32) int { return 1 + bytes.Count(data[:offset], []byte{'\n'}) }

	var p unstable.Parser
	p.Reset(data)
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			path, offset := full("", e.Key())
			table, at[path] = path, lineOf(offset)
		case unstable.ArrayTable:
			path, offset := full("", e.Key())
			count[path]++
			table = fmt.Sprintf("%s[%d]", path, count[path]-1)
			at[table] = lineOf(offset)
			if count[path] == 1 {
				at[path] = at[table]
			}
		case unstable.KeyValue:
			path, offset := full(table, e.Key())
			at[path] = lineOf(offset)
			inline(at, e.Value(), path, at[path])
		}
	}
	return at
}

// inline notes the keys of inline tables, which stand on the line of their outermost key.
func inline(at map[string]int, v *unstable.Node, path string, line int) {
	children := v.Children()
	switch v.Kind {
	case unstable.Array:
		for i := 0; children.Next(); i++ {
			inline(at, children.Node(), fmt.Sprintf("%s[%d]", path, i), line)
		}
	case unstable.InlineTable:
		for children.Next() {
			kv := children.Node()
			sub := path
			for keys := kv.Key(); keys.Next(); {
				sub = join(sub, string(keys.Node().Data))
			}
			at[sub] = line
			inline(at, kv.Value(), sub, line)
		}
	}
}

// where says which line or override a key came from: its own, or that of the nearest table or list round it.
func (d *Document) where(key string) (string, int) {
	const afterTheFile = 1 << 30
	for k := key; k != ""; k = parent(k) {
		if o, ok := d.set[k]; ok {
			return "--set " + o, afterTheFile
		}
		if line, ok := d.lines[k]; ok {
			return fmt.Sprintf("%s:%d", d.name, line), line
		}
	}
	return d.name, 0
}

// Where names the place a key came from: "run.toml:12", "--set optim.lr=1", or the file alone where the key was left out.
func (d *Document) Where(key string) string {
	w, _ := d.where(key)
	return w
}

func (d *Document) paths() []string {
	all := slices.Collect(maps.Keys(d.lines))
	all = slices.AppendSeq(all, maps.Keys(d.set))
	slices.Sort(all)
	return slices.Compact(all)
}

func join(base, key string) string {
	if base == "" {
		return key
	}
	return base + "." + key
}

// parent drops the last ".key" or "[i]" of a path.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}
