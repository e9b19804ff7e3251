package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unsafe"
)

// Tensor is one named array of a file.
type Tensor struct {
	Name  string
	Dtype Dtype
	Shape []int  // extents, outermost first; empty for a scalar
	Data  []byte // little-endian, row-major: product of Shape times Dtype.Size() bytes
}

// check says what is wrong with a tensor that is to be written.
func (t Tensor) check() error {
	if t.Name == metadataKey {
		return fmt.Errorf("safetensors: tensor %q has the name that is reserved for metadata", t.Name)
	}
	if t.Dtype.Size() == 0 {
		return fmt.Errorf("safetensors: tensor %q has unknown dtype %q", t.Name, t.Dtype)
	}
	n, ok := byteLen(t.Shape, t.Dtype)
	if !ok || n != len(t.Data) {
		return fmt.Errorf("safetensors: tensor %q of shape %v and dtype %s has %d bytes, expected %d", t.Name, t.Shape, t.Dtype, len(t.Data), n)
	}
	return nil
}

// byteLen is the number of bytes of an array; ok is false where an extent is negative or the number does not fit an int.
func byteLen(shape []int, d Dtype) (n int, ok bool) {
	n = d.Size()
	if slices.Contains(shape, 0) && !slices.ContainsFunc(shape, func(s int) bool { return s < 0 }) {
		return 0, true
	}
	for _, s := range shape {
		if s < 0 || n > math.MaxInt/s {
			return 0, false
		}
		n *= s
	}
	return n, true
}

// littleEndian tells whether this machine stores numbers as the format does, so that an array's memory can be written as it is.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// FromFloat32 makes an F32 tensor of data. On little-endian machines it shares data's memory: write it before data changes.
func FromFloat32(name string, data []float32, shape ...int) Tensor {
	return from(name, F32, data, shape, func(b []byte, v float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(v)) })
}

// FromFloat64 makes an F64 tensor of data. It may share data's memory.
func FromFloat64(name string, data []float64, shape ...int) Tensor {
	return from(name, F64, data, shape, func(b []byte, v float64) { binary.LittleEndian.PutUint64(b, math.Float64bits(v)) })
}

// FromInt64 makes an I64 tensor of data. It may share data's memory.
func FromInt64(name string, data []int64, shape ...int) Tensor {
	return from(name, I64, data, shape, func(b []byte, v int64) { binary.LittleEndian.PutUint64(b, uint64(v)) })
}

// FromUint8 makes a U8 tensor of data. It shares data's memory.
func FromUint8(name string, data []byte, shape ...int) Tensor {
	return Tensor{Name: name, Dtype: U8, Shape: shape, Data: data}
}

func from[T any](name string, d Dtype, data []T, shape []int, put func([]byte, T)) Tensor {
	t := Tensor{Name: name, Dtype: d, Shape: shape}
	size := d.Size()
	if len(data) == 0 {
		return t
	}
	if littleEndian {
		t.Data = unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), size*len(data))
		return t
	}
	t.Data = make([]byte, size*len(data))
	for i, v := range data {
		put(t.Data[i*size:], v)
	}
	return t
}

// Float32 copies the elements out. F32 comes as it is; C64 comes as pairs (real, imaginary) with an axis of 2 appended to the shape, as torch.view_as_real
// gives it. Any other type is an error that says how to convert it before saving.
func (t Tensor) Float32() (data []float32, shape []int, err error) {
	shape = slices.Clone(t.Shape)
	switch t.Dtype {
	case F32:
	case C64:
		shape = append(shape, 2)
	default:
		return nil, nil, fmt.Errorf("safetensors: tensor %q has dtype %s, expected F32 or C64: convert it before saving, in PyTorch with .float() or .to(torch.complex64)", t.Name, t.Dtype)
	}
	data = make([]float32, len(t.Data)/4)
	for i := range data {
		data[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return data, shape, nil
}

// Float64 copies the elements of an F64 tensor out.
func (t Tensor) Float64() ([]float64, error) {
	if t.Dtype != F64 {
		return nil, fmt.Errorf("safetensors: tensor %q has dtype %s, expected F64", t.Name, t.Dtype)
	}
	data := make([]float64, len(t.Data)/8)
	for i := range data {
		data[i] = math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:]))
	}
	return data, nil
}

// Int64 copies the elements of an I64 tensor out.
func (t Tensor) Int64() ([]int64, error) {
	if t.Dtype != I64 {
		return nil, fmt.Errorf("safetensors: tensor %q has dtype %s, expected I64", t.Name, t.Dtype)
	}
	data := make([]int64, len(t.Data)/8)
	for i := range data {
		data[i] = int64(binary.LittleEndian.Uint64(t.Data[8*i:]))
	}
	return data, nil
}
