package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxHeader is the longest header that the reference implementation accepts.
const maxHeader = 100_000_000

// File is the content of a safetensors file.
type File struct {
	Metadata map[string]string // free text by name; empty where the file has none
	Tensors  []Tensor          // in order of name
}

// Read reads a whole file. Errors name it.
func Read(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Decode reads a file from memory. Tensors share b's memory.
func Decode(b []byte) (*File, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("safetensors: the file has %d bytes, expected at least 8: it is truncated or of another format", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if err := checkHeaderLen(n); err != nil {
		return nil, err
	}
	if n > uint64(len(b)-8) {
		return nil, fmt.Errorf("safetensors: the header takes %d bytes of which %d are there: the file is truncated or of another format", n, len(b)-8)
	}
	h, err := parseHeader(b[8 : 8+n])
	if err != nil {
		return nil, err
	}
	data := b[8+n:]
	if err := h.checkLayout(len(data)); err != nil {
		return nil, err
	}
	f := &File{Metadata: h.metadata, Tensors: make([]Tensor, len(h.entries))}
	for i, e := range h.entries {
		f.Tensors[i] = Tensor{Name: e.name, Dtype: e.dtype, Shape: e.shape, Data: data[e.from:e.to:e.to]}
	}
	slices.SortFunc(f.Tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return f, nil
}

// ReadMetadata reads the metadata of a file and nothing of its arrays. It checks the header, not the arrays' length.
func ReadMetadata(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	defer f.Close()
	var length [8]byte
	if _, err := io.ReadFull(f, length[:]); err != nil {
		return nil, fmt.Errorf("%s: safetensors: the file has fewer than 8 bytes: it is truncated or of another format", path)
	}
	n := binary.LittleEndian.Uint64(length[:])
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	if err := checkHeaderLen(n); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if n > uint64(info.Size()) { // before the memory for it is asked for
		return nil, fmt.Errorf("%s: safetensors: the header takes %d bytes, the file has %d: it is truncated or of another format", path, n, info.Size())
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(f, header); err != nil {
		return nil, fmt.Errorf("%s: safetensors: header: %w", path, err)
	}
	h, err := parseHeader(header)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h.metadata, nil
}

func checkHeaderLen(n uint64) error {
	if n > maxHeader {
		return fmt.Errorf("safetensors: the header takes %d bytes, at most %d are allowed: the file is of another format", n, maxHeader)
	}
	return nil
}

// Names lists the tensors in order.
func (f *File) Names() []string {
	names := make([]string, len(f.Tensors))
	for i, t := range f.Tensors {
		names[i] = t.Name
	}
	return names
}

// Lookup finds a tensor by name.
func (f *File) Lookup(name string) (Tensor, bool) {
	i, ok := slices.BinarySearchFunc(f.Tensors, name, func(t Tensor, name string) int { return strings.Compare(t.Name, name) })
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Float32 copies the elements of a tensor out, see [Tensor.Float32]. A name that is not there is an error.
func (f *File) Float32(name string) (data []float32, shape []int, err error) {
	t, ok := f.Lookup(name)
	if !ok {
		return nil, nil, missing(name)
	}
	return t.Float32()
}

// Int64 copies the elements of an I64 tensor out. A name that is not there is an error.
func (f *File) Int64(name string) ([]int64, error) {
	t, ok := f.Lookup(name)
	if !ok {
		return nil, missing(name)
	}
	return t.Int64()
}

// Float64 copies the elements of an F64 tensor out. A name that is not there is an error.
func (f *File) Float64(name string) ([]float64, error) {
	t, ok := f.Lookup(name)
	if !ok {
		return nil, missing(name)
	}
	return t.Float64()
}

func missing(name string) error { return fmt.Errorf("safetensors: there is no tensor %q", name) }
