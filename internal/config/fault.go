package config

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// Fault is one thing wrong with a configuration.
type Fault struct {
	Where string // "run.toml:12", "run.toml" or "--set optim.lr=fast"
	Key   string // dotted path of the key, "optim.lr"; empty for a syntax error
	Text  string // what was found, what was expected, what to do
	line  int    // for the order of reports; overrides come last
}

// Error is every fault of a configuration, in the order of the file.
type Error struct{ Faults []Fault }

// Error is one line: the faults, separated by semicolons.
func (e *Error) Error() string {
	parts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		parts[i] = f.Where + ": " + f.Text
	}
	return "config: " + strings.Join(parts, "; ")
}

// faultsOf is nil for no faults, else an *Error with them in order.
func faultsOf(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.Key, b.Key))
	})
	return &Error{Faults: faults}
}

// Leaves lists the errors that errors.Join put together, however deep; a nil error has none.
func Leaves(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, Leaves(e)...)
		}
		return all
	}
	return []error{err}
}

// Locate turns what a Validate method returned into an *Error whose faults name the place of the key that each error's text mentions by its dotted path
// ("train: optim.lr = -1, expected a positive number"). An error that names no key of the document is placed at the file. It returns nil for nil.
func (d *Document) Locate(err error) error {
	var faults []Fault
	for _, leaf := range Leaves(err) {
		if own := new(Error); errors.As(leaf, &own) {
			faults = append(faults, own.Faults...)
			continue
		}
		text := leaf.Error()
		f := Fault{Where: d.name, Text: text}
		for _, key := range d.paths() {
			if len(key) > len(f.Key) && mentions(text, key) {
				f.Key = key
				f.Where, f.line = d.where(key)
			}
		}
		faults = append(faults, f)
	}
	return faultsOf(faults)
}

// mentions reports whether key occurs in text with no letter, digit, dot or underscore on either side.
func mentions(text, key string) bool {
	part := func(c byte) bool {
		return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for from := 0; ; {
		i := strings.Index(text[from:], key)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(key)
		if (i == 0 || !part(text[i-1])) && (end == len(text) || !part(text[end])) {
			return true
		}
		from = i + 1
	}
}
