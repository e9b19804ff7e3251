package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// fieldsOf maps the keys of a struct type to its fields, embedded structs included, and those of all its variants (see variantsOf). Of keys that several variants
// have it is the first variant's.
func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	fields := ownFieldsOf(t)
	for _, v := range variantsOf(t) {
		for name, f := range v.fields() {
			if _, ok := fields[name]; !ok {
				fields[name] = f
			}
		}
	}
	return fields
}

// ownFieldsOf is fieldsOf without variants.
func ownFieldsOf(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" || strings.Contains(options, "=") {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		fields[name] = f
	}
	return fields
}

// typeAt follows a dotted key through struct types; ok is false where the key is unknown. Below a map or an any every key is known, of type any.
func typeAt(t reflect.Type, keys []string) (reflect.Type, bool) {
	for _, k := range keys {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch t.Kind() {
		case reflect.Struct:
			f, ok := fieldsOf(t)[k]
			if !ok {
				return nil, false
			}
			t = f.Type
		case reflect.Map:
			t = t.Elem()
		case reflect.Interface:
		default:
			return nil, false
		}
	}
	return t, true
}

// known lists the dotted keys of a struct type: leaves and tables. A type that holds itself is followed once.
func known(t reflect.Type, path string, within []reflect.Type) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(within, t) {
		return nil
	}
	var all []string
	fields := fieldsOf(t)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		full := join(path, name)
		all = append(all, full)
		all = append(all, known(fields[name].Type, full, append(within, t))...)
	}
	return all
}

// suggest names the known key nearest to an unknown one, or the keys of its table where nothing is near.
func suggest(root reflect.Type, table, key string) string {
	table = withoutIndices(table)
	best, bestScore := "", 1<<30
	var siblings []string
	for _, full := range known(root, "", nil) {
		name := full[strings.LastIndexByte(full, '.')+1:]
		at := strings.TrimSuffix(strings.TrimSuffix(full, name), ".")
		score := 2 * distance(strings.ToLower(key), name)
		if at == table {
			siblings = append(siblings, name)
		} else {
			score++ // the same spelling in another table is less likely than in this one
		}
		if score < bestScore || score == bestScore && strings.Count(full, ".") < strings.Count(best, ".") {
			best, bestScore = full, score
		}
	}
	if bestScore <= 2*max(1, len(key)/3)+1 {
		return fmt.Sprintf("the nearest known key is %q", best)
	}
	if len(siblings) == 0 {
		return fmt.Sprintf("%q is not a table", table)
	}
	where := "[" + table + "]"
	if table == "" {
		where = "the top level"
	}
	return fmt.Sprintf("known keys of %s: %s", where, strings.Join(siblings, ", "))
}

func withoutIndices(path string) string {
	for {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			return path
		}
		end := strings.IndexByte(path[open:], ']')
		if end < 0 {
			return path
		}
		path = path[:open] + path[open+end+1:]
	}
}

// distance is the number of letters to insert, delete, replace or swap with a neighbour to turn a into b (optimal string alignment).
func distance(a, b string) int {
	// prev2, prev, cur: rows i−2, i−1 and i of the table of distances between a[:i] and b[:j].
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
