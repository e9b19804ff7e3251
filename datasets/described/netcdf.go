package described

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/eddy-pde/eddy/datasets/array"
)

// fromNetCDF is an attribute that netCDF libraries write at the root of their files.
const fromNetCDF = "_NCProperties"

// netcdfFill is what the netCDF library writes into places of float32 and float64 variables that nobody has written to: 15·2¹¹⁹.
const netcdfFill = 9.969209968386869e36

// packing is how stored values of a netCDF variable become values.
type packing struct {
	scale, offset float64
	missing       []float64 // stored values that stand for none
}

// unpack gives the values of an array as its netCDF attributes mean them.
func unpack(a array.Array, attribute func(name string) any) (array.Array, error) {
	p, err := packingOf(attribute)
	if err != nil {
		return nil, err
	}
	if p.scale == 1 && p.offset == 0 && len(p.missing) == 0 {
		return a, nil
	}
	return packed{a, p}, nil
}

// packingOf reads the attributes. Attributes of other types than the conventions ask for are faults: ignoring them would change values.
func packingOf(attribute func(name string) any) (packing, error) {
	p := packing{scale: 1}
	for _, of := range []struct {
		name string
		to   *float64
	}{{"scale_factor", &p.scale}, {"add_offset", &p.offset}} {
		switch v := numbers(attribute(of.name)); {
		case v == nil && attribute(of.name) == nil:
		case len(v) != 1 || math.IsNaN(v[0]) || math.IsInf(v[0], 0):
			return p, fmt.Errorf("attribute %s = %.60q, expected one finite number", of.name, fmt.Sprint(attribute(of.name)))
		default:
			*of.to = v[0]
		}
	}
	if p.scale == 0 {
		return p, errors.New("attribute scale_factor = 0, expected another number")
	}
	for _, name := range []string{"_FillValue", "missing_value"} {
		p.missing = append(p.missing, numbers(attribute(name))...)
	}
	if attribute(fromNetCDF) != nil {
		p.missing = append(p.missing, netcdfFill)
	}
	return p, nil
}

// numbers is the value of a numeric attribute as a list, nil where it is none.
func numbers(v any) []float64 {
	switch v := v.(type) {
	case float64:
		return []float64{v}
	case []float64:
		return v
	case int64:
		return []float64{float64(v)}
	case []int64:
		list := make([]float64, len(v))
		for i, n := range v {
			list[i] = float64(n)
		}
		return list
	}
	return nil
}

// unit is the unit of a variable; a file that has none, or says that there is none, gives "".
func unit(attribute func(name string) any) string {
	text, _ := attribute("units").(string)
	if text == "1" || len(text) > 64 {
		return ""
	}
	return text
}

// packed is an array whose stored values stand for others.
type packed struct {
	array.Array
	packing
}

// Type hides that of the stored values.
func (p packed) Type() string { return "packed " + p.Array.Type() }

// Read reads values.
func (p packed) Read(dst []float32, start, count []int) error {
	if err := p.Array.Read(dst, start, count); err != nil {
		return err
	}
	for i, v := range dst {
		dst[i] = float32(p.value(float64(v), func(x float64) bool { return float32(x) == v }))
	}
	return nil
}

// Read64 reads values in float64.
func (p packed) Read64(dst []float64, start, count []int) error {
	if err := p.Array.Read64(dst, start, count); err != nil {
		return err
	}
	for i, v := range dst {
		dst[i] = p.value(v, func(x float64) bool { return x == v })
	}
	return nil
}

// value is what a stored value stands for.
func (p packing) value(stored float64, is func(float64) bool) float64 {
	if slices.ContainsFunc(p.missing, is) {
		return math.NaN()
	}
	return stored*p.scale + p.offset
}
