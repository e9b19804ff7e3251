package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
)

// DictTensor is one entry of a state dict. A complex tensor has a last axis of 2, real and imaginary part, as torch.view_as_real gives it.
type DictTensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// DictEntry says where the numbers of a tensor of another implementation live in a Param.
type DictEntry struct {
	Name    string
	Shape   []int // with a last axis of 2 where complex
	Param   *Param
	At      func(i int) int // flat index in the foreign tensor → flat index in the Param; nil: they have the same order
	Complex bool
}

// SameOrder is a tensor whose numbers lie in the order of the Param.
func SameOrder(name string, p *Param, shape ...int) DictEntry {
	return DictEntry{Name: name, Shape: shape, Param: p}
}

// LinearEntries are weight and bias of a pointwise layer stored as a matrix, or as a convolution of kernel size 1.
func LinearEntries(name string, l *Dense) []DictEntry {
	e := []DictEntry{SameOrder(name+".weight", l.W, l.Out, l.In)}
	if l.B != nil {
		e = append(e, SameOrder(name+".bias", l.B, l.Out))
	}
	return e
}

// Getter returns shape and row-major data of one tensor of a state dict. Complex tensors come as pairs of reals, with or without a last axis of 2 in the shape.
type Getter func(name string) (shape []int, data []float32, ok bool)

// LoadDict sets the Params of all entries. names lists what the state dict, of the given kind, holds. An unknown tensor, a missing one, or one of the wrong shape is
// an error that names it, with hint for the last, and then no Param is changed. pkg is whose error it is.
func LoadDict(pkg, kind, hint string, entries []DictEntry, get Getter, names []string) error {
	known := map[string]bool{}
	for _, e := range entries {
		known[e.Name] = true
	}
	var unknown, missing []string
	for _, n := range names {
		if !known[n] {
			unknown = append(unknown, n)
		}
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name) {
			missing = append(missing, e.Name)
		}
	}
	if len(unknown)+len(missing) > 0 {
		return fmt.Errorf("%s: state dict of kind %s does not fit the config: unknown tensors: %s; missing: %s", pkg, kind, list(unknown), list(missing))
	}
	found := make([][]float32, len(entries))
	for i, e := range entries {
		shape, data, ok := get(e.Name)
		if !ok {
			return fmt.Errorf("%s: tensor %s cannot be read", pkg, e.Name)
		}
		if !e.fits(shape) || len(data) != eddy.Size(e.Shape) {
			return fmt.Errorf("%s: tensor %s has shape %v and %d numbers, expected %v: %s", pkg, e.Name, shape, len(data), e.Shape, hint)
		}
		found[i] = data
	}
	for i, e := range entries {
		dst := e.Param.Data()
		for j, v := range found[i] {
			dst[e.at(j)] = v
		}
	}
	return nil
}

// WriteDict is the inverse of [LoadDict]: all tensors under the names, shapes and layouts of the other implementation.
func WriteDict(entries []DictEntry) []DictTensor {
	tensors := make([]DictTensor, len(entries))
	for i, e := range entries {
		t := DictTensor{Name: e.Name, Shape: e.Shape, Data: make([]float32, eddy.Size(e.Shape))}
		src := e.Param.Data()
		for j := range t.Data {
			t.Data[j] = src[e.at(j)]
		}
		tensors[i] = t
	}
	return tensors
}

func (e *DictEntry) at(i int) int {
	if e.At == nil {
		return i
	}
	return e.At(i)
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// fits allows a complex tensor without the axis of 2, and axes of extent 1 at the end of the kernel of a 1×1 convolution, however many there are.
func (e *DictEntry) fits(shape []int) bool {
	trim := func(s []int) []int {
		for len(s) > 1 && s[len(s)-1] == 1 {
			s = s[:len(s)-1]
		}
		return s
	}
	return slices.Equal(shape, e.Shape) || e.Complex && slices.Equal(append(slices.Clone(shape), 2), e.Shape) ||
		!e.Complex && slices.Equal(trim(shape), trim(e.Shape))
}
