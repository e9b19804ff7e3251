package config

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
)

// assigner walks a decoded tree and a Go value together and collects faults.
type assigner struct {
	doc    *Document
	root   reflect.Type
	faults []Fault
}

func (a *assigner) fault(key, format string, args ...any) {
	where, line := a.doc.where(key)
	a.faults = append(a.faults, Fault{Where: where, Key: key, Text: fmt.Sprintf(format, args...), line: line})
}

func (a *assigner) table(dst reflect.Value, tree map[string]any, path string) {
	fields := chosenFields(dst, tree)
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		full := join(path, key)
		if f, ok := fields[key]; ok {
			a.value(dst.FieldByIndex(f.Index), tree[key], full)
		} else if owners, found, ok := otherVariants(dst, tree, key); !ok {
			a.fault(full, "unknown key %q, %s", full, suggest(a.root, path, key))
		} else if found != "" {
			a.fault(full, "%s is a key of %s, but here %s", full, strings.Join(owners, " and of "), found)
		}
	}
}

// value stores src, as go-toml decodes into an any, in dst.
func (a *assigner) value(dst reflect.Value, src any, path string) {
	if t, ok := dst.Addr().Interface().(encoding.TextUnmarshaler); ok {
		a.text(t, src, path)
		return
	}
	switch dst.Kind() {
	case reflect.Pointer:
		if dst.IsNil() {
			dst.Set(reflect.New(dst.Type().Elem()))
		}
		a.value(dst.Elem(), src, path)
	case reflect.Struct:
		if tree, ok := src.(map[string]any); ok {
			a.table(dst, tree, path)
			return
		}
		a.wrongType(path, src, "a table")
	case reflect.Map:
		a.mapping(dst, src, path)
	case reflect.Slice, reflect.Array:
		a.list(dst, src, path)
	case reflect.Interface:
		if dst.NumMethod() > 0 {
			a.fault(path, "%q cannot be set from a file", path)
			return
		}
		dst.Set(reflect.ValueOf(src))
	default:
		a.scalar(dst, src, path)
	}
}

func (a *assigner) text(dst encoding.TextUnmarshaler, src any, path string) {
	s, ok := src.(string)
	if !ok {
		a.wrongType(path, src, "a string")
		return
	}
	if err := dst.UnmarshalText([]byte(s)); err != nil {
		a.fault(path, "%s = %q: %v", path, s, err)
	}
}

func (a *assigner) mapping(dst reflect.Value, src any, path string) {
	tree, ok := src.(map[string]any)
	if !ok || dst.Type().Key().Kind() != reflect.String {
		a.wrongType(path, src, "a table")
		return
	}
	if dst.IsNil() {
		dst.Set(reflect.MakeMap(dst.Type()))
	}
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		item := reflect.New(dst.Type().Elem()).Elem()
		a.value(item, tree[key], join(path, key))
		dst.SetMapIndex(reflect.ValueOf(key).Convert(dst.Type().Key()), item)
	}
}

func (a *assigner) list(dst reflect.Value, src any, path string) {
	items, ok := src.([]any)
	if !ok {
		items = []any{src} // a single value is a list of one
	}
	if dst.Kind() == reflect.Array {
		if len(items) != dst.Len() {
			a.fault(path, "%s has %d entries, expected %d", path, len(items), dst.Len())
			return
		}
	} else {
		dst.Set(reflect.MakeSlice(dst.Type(), len(items), len(items)))
	}
	for i, item := range items {
		at := path
		if ok {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		a.value(dst.Index(i), item, at)
	}
}

func (a *assigner) scalar(dst reflect.Value, src any, path string) {
	switch dst.Kind() {
	case reflect.String:
		if s, ok := src.(string); ok {
			dst.SetString(s)
			return
		}
		a.wrongType(path, src, "a string")
	case reflect.Bool:
		if b, ok := src.(bool); ok {
			dst.SetBool(b)
			return
		}
		a.wrongType(path, src, "true or false")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := src.(int64)
		if !ok {
			a.wrongType(path, src, "a whole number")
		} else if dst.OverflowInt(n) {
			a.fault(path, "%s = %d does not fit into %s", path, n, dst.Type())
		} else {
			dst.SetInt(n)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, ok := src.(int64)
		if !ok {
			a.wrongType(path, src, "a whole number")
		} else if n < 0 || dst.OverflowUint(uint64(n)) {
			a.fault(path, "%s = %d, expected a whole number that is not negative", path, n)
		} else {
			dst.SetUint(uint64(n))
		}
	case reflect.Float32, reflect.Float64:
		a.float(dst, src, path)
	default:
		a.fault(path, "%q cannot be set from a file", path)
	}
}

func (a *assigner) float(dst reflect.Value, src any, path string) {
	x, ok := src.(float64)
	if n, whole := src.(int64); whole {
		x, ok = float64(n), true
	}
	switch {
	case !ok:
		a.wrongType(path, src, "a number")
	case math.IsNaN(x) || math.IsInf(x, 0) || dst.OverflowFloat(x):
		a.fault(path, "%s = %v, expected a finite number", path, x)
	default:
		dst.SetFloat(x)
	}
}

func (a *assigner) wrongType(path string, src any, want string) {
	found := ""
	switch s := src.(type) {
	case string:
		found = fmt.Sprintf("the string %q", s)
	case map[string]any:
		found = "a table"
	case []any:
		found = "a list"
	case bool:
		found = fmt.Sprint(s)
	case int64, float64:
		found = fmt.Sprintf("the number %v", s)
	default:
		found = fmt.Sprintf("the date or time %v", s)
	}
	a.fault(path, "%s is %s, expected %s", path, found, want)
}
