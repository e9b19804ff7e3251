package eddy

import (
	"fmt"
	"slices"
)

// Tensor is a dense float32 array in row-major order (the last axis is contiguous). Data may be shared with other owners, a Gorgonia tensor for instance.
// The zero value is an empty scalar-less tensor without data.
type Tensor struct {
	Shape []int     // extent of each axis, outermost first
	Data  []float32 // len(Data) == product of Shape
}

// NewTensor returns a zeroed tensor of the given shape. It panics with a *ShapeError if an extent is negative.
func NewTensor(shape ...int) *Tensor {
	return &Tensor{Shape: slices.Clone(shape), Data: make([]float32, Size(shape))}
}

// FromSlice wraps data, without a copy, as a tensor of the given shape. It panics with a *ShapeError if the lengths disagree.
func FromSlice(data []float32, shape ...int) *Tensor {
	if Size(shape) != len(data) {
		panic(&ShapeError{Op: "eddy.FromSlice", What: "data", Got: []int{len(data)}, Want: slices.Clone(shape)})
	}
	return &Tensor{Shape: slices.Clone(shape), Data: data}
}

// Size is the number of elements of a shape: the product of its extents, 1 for a scalar. It panics with a *ShapeError if an extent is negative.
func Size(shape []int) int {
	n := 1
	for _, s := range shape {
		if s < 0 {
			panic(&ShapeError{Op: "eddy.Size", What: "shape", Got: slices.Clone(shape)})
		}
		n *= s
	}
	return n
}

// Len is the number of elements.
func (t *Tensor) Len() int { return len(t.Data) }

// Dim is the extent of axis i; negative i counts from the end.
func (t *Tensor) Dim(i int) int {
	if i < 0 {
		i += len(t.Shape)
	}
	return t.Shape[i]
}

// Row returns row i of the outermost axis as a tensor that shares t's data.
func (t *Tensor) Row(i int) *Tensor {
	n := len(t.Data) / t.Shape[0]
	return &Tensor{Shape: slices.Clone(t.Shape[1:]), Data: t.Data[i*n : (i+1)*n : (i+1)*n]}
}

// Rows returns rows [from, to) of the outermost axis as a tensor that shares t's data.
func (t *Tensor) Rows(from, to int) *Tensor {
	n := len(t.Data) / t.Shape[0]
	shape := slices.Clone(t.Shape)
	shape[0] = to - from
	return &Tensor{Shape: shape, Data: t.Data[from*n : to*n : to*n]}
}

// Reshape returns a tensor of another shape that shares t's data. It panics with a *ShapeError if the sizes differ.
func (t *Tensor) Reshape(shape ...int) *Tensor { return FromSlice(t.Data, shape...) }

// Clone returns a deep copy.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{Shape: slices.Clone(t.Shape), Data: slices.Clone(t.Data)}
}

// CopyFrom copies src into t. It panics with a *ShapeError if the shapes differ.
func (t *Tensor) CopyFrom(src *Tensor) {
	MustShape("eddy.Tensor.CopyFrom", "source", src.Shape, t.Shape)
	copy(t.Data, src.Data)
}

// SameShape reports whether two shapes are equal.
func SameShape(a, b []int) bool { return slices.Equal(a, b) }

// String prints the shape, never the data.
func (t *Tensor) String() string { return fmt.Sprintf("Tensor%v", t.Shape) }
