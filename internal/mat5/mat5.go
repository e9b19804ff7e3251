// Package mat5 reads MATLAB's MAT-files of version 5 (what save writes without -v7.3): numeric arrays, uncompressed by parts, compressed by a pass over one array.
//
// The format is MathWorks' "MAT-File Format". A file is a header of 128 bytes and elements one behind the other: a tag of 8 bytes (type, number of bytes) and the
// bytes, padded to a multiple of 8; up to 4 bytes fit into the tag itself. An element of type 15 is a zlib stream of another one. An array is an element of type
// 14 that holds flags, extents, a name and the values, which may be of a smaller type than the array's class.
package mat5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/eddy-pde/eddy/internal/dense"
)

// headerBytes is the length of the header: a text, then version and byte order in the last four bytes.
const headerBytes = 128

// Types of elements.
const (
	miInt8       = 1
	miInt32      = 5
	miUint32     = 6
	miMatrix     = 14
	miCompressed = 15
)

// types are the elements that hold numbers.
var types = map[uint32]dense.Type{
	1: {Class: dense.Int, Size: 1}, 2: {Class: dense.Uint, Size: 1}, 3: {Class: dense.Int, Size: 2}, 4: {Class: dense.Uint, Size: 2},
	5: {Class: dense.Int, Size: 4}, 6: {Class: dense.Uint, Size: 4}, 7: {Class: dense.Float, Size: 4}, 9: {Class: dense.Float, Size: 8},
	12: {Class: dense.Int, Size: 8}, 13: {Class: dense.Uint, Size: 8},
}

// classes names what is no array of real numbers, by MATLAB's class number.
var classes = map[byte]string{1: "cell array", 2: "structure", 3: "object", 4: "text", 5: "sparse matrix", 16: "function", 17: "opaque object"}

// Bounds that keep damaged extents from being an attempt to allocate them.
const (
	maxRank = 32
	maxName = 4096
	maxVars = 10_000
)

// Variable is one array of a file.
type Variable struct {
	Name string
	Dims []int // as MATLAB shows them: the first axis is contiguous
	Type dense.Type
	// Kind is what a variable is that holds no array of real numbers, such as "structure"; empty for one that does.
	Kind string
	// Compressed variables can be read from their start only: see [File.Inflate].
	Compressed bool

	at     int64 // of the element, behind its tag
	length int64 // of the element in the file
	skip   int64 // bytes between the start of the (inflated) element and the first value
}

// Shape is the shape as it lies in the file, row-major: Dims reversed.
func (v Variable) Shape() []int {
	s := slices.Clone(v.Dims)
	slices.Reverse(s)
	return s
}

// Bytes is the size of the values.
func (v Variable) Bytes() int64 {
	n, _ := dense.Bytes(v.Dims, v.Type)
	return n
}

// File is an open MAT-file.
type File struct {
	Vars []Variable // in the order of the file
	r    io.ReaderAt
	file io.Closer
}

// Recognise reports whether a file begins as a MAT-file of version 5 does. An HDF5 file with MATLAB's header (version 7.3) does not.
func Recognise(header []byte) bool {
	if len(header) < headerBytes {
		return false
	}
	version, order := header[124:126], string(header[126:128])
	return order == "IM" && version[1] == 1 || order == "MI" && version[0] == 1
}

// Open reads the names and extents of a file's arrays.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("mat5: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		var m *File
		if m, err = Parse(f, info.Size()); err == nil {
			m.file = f
			return m, nil
		}
	}
	f.Close()
	return nil, fmt.Errorf("mat5: %s: %w", path, err)
}

// Close closes the file.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// Parse reads the names and extents of the arrays in the first size bytes of r.
func Parse(r io.ReaderAt, size int64) (*File, error) {
	header := make([]byte, headerBytes)
	if n, _ := r.ReadAt(header, 0); n < headerBytes || !Recognise(header) {
		return nil, errors.New("not a MAT-file of version 5")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(header[126:]) == "MI" {
		order = binary.BigEndian
	}
	f := &File{r: r}
	for at := int64(headerBytes); at < size; {
		tag := make([]byte, 8)
		if n, _ := r.ReadAt(tag, at); n < len(tag) {
			return nil, fmt.Errorf("truncated file: %d bytes end within the tag of an array", size)
		}
		kind, n := order.Uint32(tag), int64(order.Uint32(tag[4:]))
		at += 8
		if n > size-at {
			return nil, fmt.Errorf("truncated file: %d bytes, expected %d", size, at+n)
		}
		v := Variable{at: at, length: n, Compressed: kind == miCompressed}
		at += n
		switch kind {
		case miMatrix:
			at += padding(n)
		case miCompressed: // is not padded
		default:
			continue // neither MATLAB nor SciPy writes another at this level
		}
		if err := f.describe(&v, order); err != nil {
			return nil, fmt.Errorf("array %d: %w", len(f.Vars), err)
		}
		if v.Kind != "" && v.Name == "" {
			continue // MATLAB's own bookkeeping
		}
		if f.Vars = append(f.Vars, v); len(f.Vars) > maxVars {
			return nil, fmt.Errorf("more than %d arrays", maxVars)
		}
	}
	return f, nil
}

func padding(n int64) int64 { return -n & 7 }

// body is the content of a variable's element from its start, inflated; total is its length.
func (f *File) body(v *Variable, order binary.ByteOrder) (r io.Reader, total int64, err error) {
	section := io.NewSectionReader(f.r, v.at, v.length)
	if !v.Compressed {
		return section, v.length, nil
	}
	z, err := zlib.NewReader(section)
	if err != nil {
		return nil, 0, fmt.Errorf("damaged compression: %w", err)
	}
	tag := make([]byte, 8)
	if _, err := io.ReadFull(z, tag); err != nil {
		return nil, 0, fmt.Errorf("damaged compression: %w", err)
	}
	if kind := order.Uint32(tag); kind != miMatrix {
		return nil, 0, fmt.Errorf("a compressed element of type %d, expected an array (%d)", kind, miMatrix)
	}
	return z, int64(order.Uint32(tag[4:])), nil
}

// describe reads what stands before the values.
func (f *File) describe(v *Variable, order binary.ByteOrder) error {
	body, total, err := f.body(v, order)
	if err != nil {
		return err
	}
	e := elements{r: body, order: order}
	flags := e.small("flags", miUint32, 8, 8)
	dims := e.small("extents", miInt32, 8, 4*maxRank)
	name := e.small("name", miInt8, 0, maxName)
	if e.err != nil {
		return e.err
	}
	v.Name = string(name)
	word := order.Uint32(flags)
	class, complexNumbers := byte(word), word&(1<<11) != 0
	for ; len(dims) >= 4; dims = dims[4:] {
		n := int32(order.Uint32(dims))
		if n < 0 {
			return fmt.Errorf("%q has an extent of %d", v.Name, n)
		}
		v.Dims = append(v.Dims, int(n))
	}
	switch {
	case class < 6 || class > 15:
		if v.Kind = classes[class]; v.Kind == "" {
			v.Kind = fmt.Sprintf("class %d", class)
		}
		return nil
	case complexNumbers:
		v.Kind = "array of complex numbers"
		return nil
	}
	kind, n := e.tag()
	if e.err != nil {
		return fmt.Errorf("%q: %w", v.Name, e.err)
	}
	t, ok := types[kind]
	if !ok {
		return fmt.Errorf("%q holds elements of type %d, expected numbers", v.Name, kind)
	}
	t.Big = order == binary.ByteOrder(binary.BigEndian)
	v.Type, v.skip = t, e.read
	if want, ok := dense.Bytes(v.Dims, t); !ok || want != n || v.skip+n > total {
		return fmt.Errorf("%q has extents %v and %d bytes of values, of %d in all", v.Name, v.Dims, n, total)
	}
	if v.Compressed {
		v.skip += 8 // of the tag inside
	}
	return nil
}

// elements reads the parts of an array.
type elements struct {
	r      io.Reader
	order  binary.ByteOrder
	read   int64
	inside []byte // the bytes of an element that fits into its tag
	err    error
}

func (e *elements) bytes(n int) []byte {
	b := make([]byte, n)
	if e.err != nil {
		return b
	}
	if _, err := io.ReadFull(e.r, b); err != nil {
		e.err = fmt.Errorf("it ends early: %w", err)
	}
	e.read += int64(n)
	return b
}

// tag reads a tag. Values in the tag itself are put into inside, and read is where they begin.
func (e *elements) tag() (kind uint32, n int64) {
	b := e.bytes(8)
	kind, n = e.order.Uint32(b), int64(e.order.Uint32(b[4:]))
	e.inside = nil
	if short := kind >> 16; short != 0 {
		if short > 4 && e.err == nil {
			e.err = fmt.Errorf("%d bytes in a tag that has room for 4", short)
		}
		kind, n = kind&0xffff, int64(min(short, 4))
		e.inside = b[4 : 4+n]
		e.read -= 4
	}
	return kind, n
}

// small reads an element of a given type and of so many bytes.
func (e *elements) small(what string, want uint32, least, most int) []byte {
	kind, n := e.tag()
	if e.err == nil && (kind != want || n < int64(least) || n > int64(most)) {
		e.err = fmt.Errorf("%s of type %d and %d bytes, expected type %d and %d to %d bytes", what, kind, n, want, least, most)
	}
	if e.err != nil {
		return nil
	}
	if e.inside != nil {
		e.read += 4
		return e.inside
	}
	b := e.bytes(int(n))
	e.bytes(int(padding(n)))
	return b
}

// Array is an uncompressed variable as it lies in the file.
func (f *File) Array(v Variable) dense.Array {
	return dense.Array{File: f.r, Offset: v.at + v.skip, Shape: v.Shape(), Type: v.Type}
}

// Inflate writes the values of a compressed variable to w, as they would lie in the file. Memory stays at a few hundred kilobytes.
func (f *File) Inflate(v Variable, w io.Writer) error {
	z, err := zlib.NewReader(io.NewSectionReader(f.r, v.at, v.length))
	if err == nil {
		defer z.Close()
		if _, err = io.CopyN(io.Discard, z, v.skip); err == nil {
			_, err = io.CopyN(w, z, v.Bytes())
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends early")
	}
	if err != nil {
		return fmt.Errorf("mat5: inflate %q: %w", v.Name, err)
	}
	return nil
}

// Inflated is a compressed variable in memory.
func (f *File) Inflated(v Variable) (dense.Array, error) {
	var b bytes.Buffer
	if err := f.Inflate(v, &b); err != nil {
		return dense.Array{}, err
	}
	return dense.Array{File: bytes.NewReader(b.Bytes()), Shape: v.Shape(), Type: v.Type}, nil
}
