// Package dense reads arrays of numbers that lie in a file element by element, as .npy files and uncompressed MAT-files hold them: any type and byte order,
// any part of the array, never more of the file than a part spans.
package dense

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"
)

// Class is what the bytes of an element mean.
type Class int

// Classes of elements.
const (
	Float Class = iota // IEEE 754, 2, 4 or 8 bytes
	Int                // two's complement, 1, 2, 4 or 8 bytes
	Uint               // 1, 2, 4 or 8 bytes
	Bool               // one byte, 0 or not
)

// Type is the type of an element.
type Type struct {
	Class Class
	Size  int  // bytes
	Big   bool // most significant byte first
}

// String is such as "float32" or "int16, big-endian".
func (t Type) String() string {
	s := [...]string{"float", "int", "uint", "bool"}[t.Class]
	if t.Class != Bool {
		s += strconv.Itoa(8 * t.Size)
	}
	if t.Big && t.Size > 1 {
		s += ", big-endian"
	}
	return s
}

// Validate says whether elements of the type can be read.
func (t Type) Validate() error {
	ok := t.Size == 1 || t.Size == 2 || t.Size == 4 || t.Size == 8
	switch t.Class {
	case Float:
		ok = ok && t.Size > 1
	case Bool:
		ok = t.Size == 1
	case Int, Uint:
	default:
		ok = false
	}
	if !ok {
		return fmt.Errorf("dense: elements of class %d and %d bytes", t.Class, t.Size)
	}
	return nil
}

// Array is an array in a file, row-major: the last axis is contiguous.
type Array struct {
	File   io.ReaderAt
	Offset int64 // of the first element
	Shape  []int
	Type   Type
}

// Bytes is the size of an array of that shape and type; ok is false where a shape is negative or too large for any file.
func Bytes(shape []int, t Type) (n int64, ok bool) {
	size := uint64(t.Size)
	for _, s := range shape {
		if s < 0 {
			return 0, false
		}
		hi, lo := bits.Mul64(size, uint64(s))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		size = lo
	}
	return int64(size), true
}

// Number is what elements are converted to.
type Number interface{ float32 | float64 }

// span is how much is read at once where a selection has holes, rather than run by run.
const span = 256 << 10

// Read fills dst, of exactly the size of the selection and in the array's order of axes, with count[i] elements from start[i] on along each axis i.
func Read[N Number](a Array, dst []N, start, count []int) error {
	if len(start) != len(a.Shape) || len(count) != len(a.Shape) {
		return fmt.Errorf("dense: a selection of %d axes of an array of shape %v", len(count), a.Shape)
	}
	size := 1
	for i, n := range a.Shape {
		if start[i] < 0 || count[i] < 1 || start[i] > n-count[i] {
			return fmt.Errorf("dense: elements %d … %d of axis %d of an array of shape %v", start[i], start[i]+count[i]-1, i, a.Shape)
		}
		size *= count[i]
	}
	if len(dst) != size {
		return fmt.Errorf("dense: %d elements for a selection of %d", len(dst), size)
	}
	r := reader[N]{a: a, start: start, count: count, decode: decoder[N](a.Type)}
	// Bytes from an element of axis i to the next, elements of the selection below axis i, and the bytes that these span.
	rank := len(a.Shape)
	r.step, r.size, r.span, r.whole = make([]int64, rank), make([]int, rank+1), make([]int64, rank+1), make([]bool, rank+1)
	step := int64(a.Type.Size)
	r.size[rank], r.span[rank], r.whole[rank] = 1, step, true
	full := true // all axes below are selected from end to end
	for i := rank - 1; i >= 0; i-- {
		r.step[i] = step
		r.size[i] = r.size[i+1] * count[i]
		r.span[i] = int64(count[i]-1)*step + r.span[i+1]
		r.whole[i] = full
		full = full && count[i] == a.Shape[i]
		step *= int64(a.Shape[i])
	}
	offset := a.Offset
	for i := range start {
		offset += int64(start[i]) * r.step[i]
	}
	return r.read(dst, 0, offset)
}

// reader is one call of Read.
type reader[N Number] struct {
	a            Array
	start, count []int
	decode       func(dst []N, src []byte)
	step         []int64 // bytes from an element of an axis to the next
	size         []int   // elements of the selection from an axis on
	span         []int64 // bytes from the first of them to behind the last
	whole        []bool  // they follow one another without holes
	buffer       []byte
}

// read reads the selection from an axis on, which begins at offset.
func (r *reader[N]) read(dst []N, axis int, offset int64) error {
	switch {
	case r.whole[axis]:
		return r.run(dst, offset)
	case r.span[axis] <= span:
		b, err := r.bytes(offset, r.span[axis])
		if err != nil {
			return err
		}
		r.gather(dst, axis, b)
		return nil
	}
	n := r.size[axis+1]
	for i := range r.count[axis] {
		if err := r.read(dst[i*n:(i+1)*n], axis+1, offset+int64(i)*r.step[axis]); err != nil {
			return err
		}
	}
	return nil
}

// run reads elements that follow one another.
func (r *reader[N]) run(dst []N, offset int64) error {
	size := r.a.Type.Size
	for len(dst) > 0 {
		n := min(len(dst), span/size)
		b, err := r.bytes(offset, int64(n*size))
		if err != nil {
			return err
		}
		r.decode(dst[:n], b)
		dst, offset = dst[n:], offset+int64(n*size)
	}
	return nil
}

// gather picks the selection from an axis on out of the bytes that it spans.
func (r *reader[N]) gather(dst []N, axis int, b []byte) {
	if r.whole[axis] {
		r.decode(dst, b)
		return
	}
	n := r.size[axis+1]
	for i := range r.count[axis] {
		r.gather(dst[i*n:(i+1)*n], axis+1, b[int64(i)*r.step[axis]:])
	}
}

func (r *reader[N]) bytes(offset, n int64) ([]byte, error) {
	if int64(cap(r.buffer)) < n {
		r.buffer = make([]byte, n)
	}
	b := r.buffer[:n]
	if _, err := r.a.File.ReadAt(b, offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("dense: %w", err)
	} else if err != nil {
		// ReadAt may say EOF with everything read, at the very end.
		if got, _ := r.a.File.ReadAt(b[n-1:], offset+n-1); got != 1 {
			return nil, fmt.Errorf("dense: truncated file: it ends before byte %d", offset+n)
		}
	}
	return b, nil
}

// decoder converts elements of a type.
func decoder[N Number](t Type) func(dst []N, src []byte) {
	var order binary.ByteOrder = binary.LittleEndian
	if t.Big {
		order = binary.BigEndian
	}
	switch {
	case t.Class == Float && t.Size == 4 && !t.Big:
		return func(dst []N, src []byte) {
			for i := range dst {
				dst[i] = N(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:])))
			}
		}
	case t.Class == Float && t.Size == 8 && !t.Big:
		return func(dst []N, src []byte) {
			for i := range dst {
				dst[i] = N(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
			}
		}
	}
	bits := func(b []byte) uint64 {
		switch t.Size {
		case 1:
			return uint64(b[0])
		case 2:
			return uint64(order.Uint16(b))
		case 4:
			return uint64(order.Uint32(b))
		}
		return order.Uint64(b)
	}
	value := func(u uint64) N { return N(u) }
	switch t.Class {
	case Int:
		shift := 64 - 8*t.Size
		value = func(u uint64) N { return N(int64(u<<shift) >> shift) }
	case Bool:
		value = func(u uint64) N { return N(min(u, 1)) }
	case Float:
		switch t.Size {
		case 2:
			value = func(u uint64) N { return N(Half(uint16(u))) }
		case 4:
			value = func(u uint64) N { return N(math.Float32frombits(uint32(u))) }
		default:
			value = func(u uint64) N { return N(math.Float64frombits(u)) }
		}
	}
	return func(dst []N, src []byte) {
		for i := range dst {
			dst[i] = value(bits(src[i*t.Size:]))
		}
	}
}

// Half is the value of an IEEE 754 number of 16 bits: 1 of sign, 5 of exponent, 10 of fraction.
func Half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, h>>10&31, uint32(h&1023)
	switch exponent {
	case 0: // subnormal: a multiple of 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)/(1<<24)))
	case 31: // infinite, or not a number
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (uint32(exponent)+127-15)<<23 | fraction<<13)
}
