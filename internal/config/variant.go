package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// variant is a field whose struct gives a table its keys where another key of the table, a text, has a certain value. Its tag reads `toml:",key=value"`.
type variant struct {
	key, value string
	field      reflect.StructField
}

func variantsOf(t reflect.Type) []variant {
	var all []variant
	for _, f := range reflect.VisibleFields(t) {
		_, options, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if key, value, ok := strings.Cut(options, "="); ok && f.Type.Kind() == reflect.Struct {
			all = append(all, variant{key, value, f})
		}
	}
	return all
}

// String is how errors name the variant.
func (v variant) String() string { return fmt.Sprintf("%s = %q", v.key, v.value) }

// fields are those of the variant, as the struct around it reaches them.
func (v variant) fields() map[string]reflect.StructField {
	fields := fieldsOf(v.field.Type)
	for name, f := range fields {
		f.Index = append(append([]int{}, v.field.Index...), f.Index...)
		fields[name] = f
	}
	return fields
}

// chosenFields are the keys that dst has with what tree chooses, or with what dst already holds where tree says nothing.
func chosenFields(dst reflect.Value, tree map[string]any) map[string]reflect.StructField {
	fields := ownFieldsOf(dst.Type())
	for _, v := range variantsOf(dst.Type()) {
		if choice(dst, tree, v.key) == v.value {
			maps.Copy(fields, v.fields())
		}
	}
	return fields
}

// choice is the text that decides between variants.
func choice(dst reflect.Value, tree map[string]any, key string) string {
	if s, ok := tree[key].(string); ok {
		return s
	}
	if f, ok := ownFieldsOf(dst.Type())[key]; ok {
		return dst.FieldByIndex(f.Index).String()
	}
	return ""
}

// otherVariants names the variants that have a key. found is the one that was chosen instead, empty where none of them was: then the fault is in the choice, which
// whoever knows the choices reports.
func otherVariants(dst reflect.Value, tree map[string]any, key string) (owners []string, found string, ok bool) {
	for _, v := range variantsOf(dst.Type()) {
		if choice(dst, tree, v.key) == v.value {
			found = v.String()
		}
		if _, has := v.fields()[key]; has {
			owners = append(owners, v.String())
		}
	}
	return owners, found, len(owners) > 0
}

// plain is v, a struct, with the fields of the chosen variants in place of all variants: what a TOML library can write. A struct without variants at any depth of
// plain fields is returned as it is.
func plain(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return plain(v.Elem())
	}
	if v.Kind() != reflect.Struct || !hasVariants(v.Type()) {
		return v
	}
	var fields []reflect.StructField
	var values []reflect.Value
	add := func(tag reflect.StructTag, name string, value reflect.Value) {
		if key, _, _ := strings.Cut(tag.Get("toml"), ","); key == "" {
			tag = reflect.StructTag(fmt.Sprintf("toml:%q", strings.ToLower(name)))
		}
		if value.Kind() == reflect.Pointer && value.IsNil() {
			return
		}
		value = plain(value)
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", len(fields)), Type: value.Type(), Tag: tag})
		values = append(values, value)
	}
	own, chosen := ownFieldsOf(v.Type()), chosenFields(v, nil)
	for _, f := range reflect.VisibleFields(v.Type()) {
		if isOneOf(own, f) {
			add(f.Tag, f.Name, v.FieldByIndex(f.Index))
		}
		for _, c := range variantsOf(v.Type()) {
			if c.field.Name != f.Name || choice(v, nil, c.key) != c.value {
				continue
			}
			for _, g := range reflect.VisibleFields(f.Type) {
				g.Index = append(append([]int{}, f.Index...), g.Index...)
				if isOneOf(chosen, g) {
					add(g.Tag, g.Name, v.FieldByIndex(g.Index))
				}
			}
		}
	}
	out := reflect.New(reflect.StructOf(fields)).Elem()
	for i, value := range values {
		out.Field(i).Set(value)
	}
	return out
}

func isOneOf(fields map[string]reflect.StructField, f reflect.StructField) bool {
	for _, g := range fields {
		if fmt.Sprint(g.Index) == fmt.Sprint(f.Index) {
			return true
		}
	}
	return false
}

// hasVariants reports whether a struct type has variants, itself or in fields that are structs or point to some. A type that holds itself is followed once.
func hasVariants(t reflect.Type, within ...reflect.Type) bool {
	if len(variantsOf(t)) > 0 {
		return true
	}
	for _, f := range ownFieldsOf(t) {
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && !slices.Contains(within, inner) && hasVariants(inner, append(within, t)...) {
			return true
		}
	}
	return false
}
