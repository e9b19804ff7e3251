// Package h5 is the only place that knows libhdf5. It goes through gonum.org/v1/hdf5 for what that binding does well (files, links, property lists) and calls the
// library itself for the rest: reads and writes that convert between the file's type and Go's, attributes of every type that data sets use, objects without time
// stamps, and the text of the library's errors.
//
// libhdf5 is not thread-safe as distributions build it: one lock of the package surrounds every call, so all methods are safe for concurrent use. Nothing is
// read beyond what a selection names.
//
// A program built with CGO_ENABLED=0 has no HDF5: [Available] is false and every function returns [ErrNoCgo].
package h5

import (
	"errors"
	"fmt"
)

// ErrNoCgo is what every function returns in a program built without cgo.
var ErrNoCgo = errors.New("this build of eddy has no HDF5: install libhdf5-dev and a C compiler, and build again with CGO_ENABLED=1")

// ErrNotHDF5 says that a file exists and is not in the HDF5 format.
var ErrNotHDF5 = errors.New("not an HDF5 file: its signature was not found")

// ErrType says that an attribute's type is neither text nor number nor boolean.
var ErrType = errors.New("a type that is neither text nor a number nor a boolean")

// Error says what failed on which object of which file, with the innermost message of libhdf5.
type Error struct {
	Op     string // "open", "read", "create", …
	File   string // path of the file
	Object string // path of the object inside the file, with "@name" for an attribute; may be empty
	Err    error  // the cause
}

// Error is one line: file, object, operation, cause.
func (e *Error) Error() string {
	if e.Object == "" {
		return fmt.Sprintf("h5: %s: %s: %v", e.File, e.Op, e.Err)
	}
	return fmt.Sprintf("h5: %s: %s %s: %v", e.File, e.Op, e.Object, e.Err)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Kind is what a name in a file stands for.
type Kind int

// Kinds of objects.
const (
	Other Kind = iota
	Group
	Data
	Broken // there is something, which cannot be opened: damage, a link that leads nowhere, a structure of a later HDF5
)

// Entry is a name in a group.
type Entry struct {
	Name string
	Kind Kind
}

// Class is the class of a datatype.
type Class int

// Classes of datatypes that data sets use.
const (
	Unknown Class = iota
	Int
	Float
	Bool // an enumeration FALSE = 0, TRUE = 1 over int8, as h5py writes it
	String
)

// Type describes the elements of a dataset as they lie in the file.
type Type struct {
	Class Class
	Size  int // bytes an element
}

// Float32, Float64 and Bool8 are the types that eddy writes.
var (
	Float32 = Type{Float, 4}
	Float64 = Type{Float, 8}
	Bool8   = Type{Bool, 1}
)

// Slab selects Count elements along each axis from Start on, Stride apart (nil for 1 everywhere).
type Slab struct {
	Start, Count, Stride []int
}

// Size is the number of elements selected.
func (s Slab) Size() int {
	n := 1
	for _, c := range s.Count {
		n *= c
	}
	return n
}

// check compares a slab with the shape of a dataset.
func (s Slab) check(shape []int) error {
	if len(s.Start) != len(shape) || len(s.Count) != len(shape) || s.Stride != nil && len(s.Stride) != len(shape) {
		return fmt.Errorf("a selection of %d axes of a dataset of shape %v", len(s.Count), shape)
	}
	for i, n := range shape {
		stride := 1
		if s.Stride != nil {
			stride = s.Stride[i]
		}
		if s.Start[i] < 0 || s.Count[i] < 1 || stride < 1 || s.Start[i]+(s.Count[i]-1)*stride >= n {
			return fmt.Errorf("elements %d … %d (%d apart) of axis %d of a dataset of shape %v", s.Start[i], s.Start[i]+(s.Count[i]-1)*stride, stride, i, shape)
		}
	}
	return nil
}

// Layout describes a dataset to be created.
type Layout struct {
	Shape []int
	Type  Type
	// Chunk is the shape of the chunks, nil for contiguous storage. Chunked datasets carry a Fletcher-32 checksum per chunk and are allocated in full when they
	// are created, so that writing values later changes no structure of the file.
	Chunk []int
	Gzip  int // level of compression, 0 for none; needs Chunk
}

// Number is an element type that libhdf5 converts to and from.
type Number interface {
	float32 | float64 | int8 | int64
}
