package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// Override is one "--set a.b=c".
type Override struct {
	Keys  []string // a, b
	Value string   // c, as written
	text  string
}

// String is the override as it was written.
func (o Override) String() string { return o.text }

// ParseOverride splits "a.b=c". Keys are bare TOML keys (letters, digits, _ and -) separated by dots. The value is read by the type of the key it addresses: as
// it stands for a text, else as TOML (1e-3, true, [12, 12]).
func ParseOverride(s string) (Override, error) {
	if !utf8.ValidString(s) {
		return Override{}, fmt.Errorf("config: --set %q is not UTF-8 text", s)
	}
	key, value, ok := strings.Cut(s, "=")
	if !ok {
		return Override{}, fmt.Errorf("config: --set %s: expected key=value, such as --set optim.lr=1e-3", oneLine(s))
	}
	o := Override{Keys: strings.Split(strings.TrimSpace(key), "."), Value: strings.TrimSpace(value), text: oneLine(s)}
	for _, k := range o.Keys {
		if !bare(k) {
			return Override{}, fmt.Errorf("config: --set %s: %q is not a key, expected letters, digits, _ and -, with dots between tables", oneLine(s), key)
		}
	}
	return o, nil
}

// ParseOverrides parses a list of "a.b=c".
func ParseOverrides(list []string) ([]Override, error) {
	all := make([]Override, len(list))
	for i, s := range list {
		o, err := ParseOverride(s)
		if err != nil {
			return nil, err
		}
		all[i] = o
	}
	return all, nil
}

func bare(k string) bool {
	if k == "" {
		return false
	}
	for _, c := range k {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// oneLine keeps what a user typed from breaking an error over several lines.
func oneLine(s string) string {
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' }) {
		return fmt.Sprintf("%q", s)
	}
	return s
}

// override puts one --set into the tree, or notes why it cannot be.
func (a *assigner) override(tree map[string]any, o Override) {
	path := strings.Join(o.Keys, ".")
	a.doc.set[path] = o.text
	t, ok := typeAt(a.root, o.Keys)
	if !ok {
		n := len(o.Keys) - 1
		a.fault(path, "unknown key %q, %s", path, suggest(a.root, strings.Join(o.Keys[:n], "."), o.Keys[n]))
		return
	}
	for _, k := range o.Keys[:len(o.Keys)-1] {
		sub, ok := tree[k].(map[string]any)
		if !ok {
			sub = map[string]any{}
			tree[k] = sub
		}
		tree = sub
	}
	tree[o.Keys[len(o.Keys)-1]] = overrideValue(o.Value, t)
}

// overrideValue reads the text of an override for a key of type t.
func overrideValue(text string, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	quoted := strings.HasPrefix(text, `"`) || strings.HasPrefix(text, `'`)
	isText := t.Kind() == reflect.String || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	if isText && !quoted {
		return text
	}
	var got map[string]any
	if err := toml.Unmarshal([]byte("v = "+text), &got); err == nil && len(got) == 1 {
		return got["v"]
	}
	return text
}
