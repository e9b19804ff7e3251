//go:build cgo

package h5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unsafe"

	"gonum.org/v1/hdf5"

	"github.com/eddy-pde/eddy/internal/par"
)

// Dataset is an open dataset. It is closed with its file, or before by Close.
type Dataset struct {
	Shape []int // extents, outermost first; empty for a scalar
	Type  Type

	path   string
	file   *File
	format format
	h      *hdf5.Dataset // nil when closed
}

// Dataset opens a dataset. Where there is none, the error wraps fs.ErrNotExist.
func (f *File) Dataset(path string) (*Dataset, error) {
	defer lock()()
	if f.h == nil {
		return nil, f.fault("open", path, fs.ErrClosed)
	}
	k, ok := f.kind(path)
	switch err := f.broken["/"+strings.Trim(path, "/")].err; {
	case err != nil:
		return nil, f.fault("open", path, err)
	case !ok || k != Data:
		return nil, f.fault("open", path, fmt.Errorf("no such dataset: %w", fs.ErrNotExist))
	}
	h, err := f.h.OpenDataset(path)
	if err != nil {
		return nil, f.fault("open", path, cause())
	}
	d := &Dataset{path: path, file: f, h: h}
	var info C.eddy_h5_info
	var dims [maxRank]C.uint64_t
	if C.eddy_h5_dataset_info(C.int64_t(h.ID()), &info, &dims[0], maxRank) < 0 {
		err := cause()
		h.Close()
		return nil, f.fault("open", path, err)
	}
	d.Type, d.format = Type{Class(info.cls), int(info.size)}, format(info.ieee)
	d.Shape = make([]int, int(info.rank))
	for i := range d.Shape {
		d.Shape[i] = int(dims[i])
	}
	f.open[d] = struct{}{}
	return d, nil
}

// CreateDataset makes a dataset; the groups above it must exist. Its space on disk is taken at once, so a full disk is met here.
func (f *File) CreateDataset(path string, l Layout) (*Dataset, error) {
	if err := f.createDataset(path, l); err != nil {
		return nil, err
	}
	return f.Dataset(path)
}

func (f *File) createDataset(path string, l Layout) error {
	defer lock()()
	id, err := f.id()
	if err != nil {
		return f.fault("create dataset", path, err)
	}
	if l.Chunk != nil && len(l.Chunk) != len(l.Shape) {
		return f.fault("create dataset", path, fmt.Errorf("chunk %v for shape %v", l.Chunk, l.Shape))
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	rc := C.eddy_h5_create_dataset(id, name, C.int(l.Type.Class), C.int(l.Type.Size), C.int(len(l.Shape)), pointer(extents(l.Shape)), pointer(extents(l.Chunk)), C.int(l.Gzip))
	if rc < 0 {
		return f.fault("create dataset", path, cause())
	}
	return nil
}

func extents(shape []int) []C.uint64_t {
	e := make([]C.uint64_t, len(shape))
	for i, n := range shape {
		e[i] = C.uint64_t(n)
	}
	return e
}

// pointer is what C sees of a list: NULL for an empty one.
func pointer(e []C.uint64_t) *C.uint64_t {
	if len(e) == 0 {
		return nil
	}
	return &e[0]
}

// Close closes the dataset, for files of so many that not all can be held open. A second call does nothing.
func (d *Dataset) Close() error {
	defer lock()()
	if d.h == nil {
		return nil
	}
	delete(d.file.open, d)
	h := d.h
	d.h = nil
	if h.Close() != nil {
		return d.file.fault("close", d.path, cause())
	}
	return nil
}

// Path is the path of the dataset inside its file.
func (d *Dataset) Path() string { return d.path }

// Whole selects everything.
func (d *Dataset) Whole() Slab {
	return Slab{Start: make([]int, len(d.Shape)), Count: slices.Clone(d.Shape)}
}

// Read fills dst, which must have exactly the size of the selection, converting from the file's type.
func Read[N Number](d *Dataset, dst []N, s Slab) error {
	return transfer(d, dst, s, 1, s.Size(), s.Size(), reading)
}

// ReadRows is Read into a wider array: the selection is cut into equal rows along its first axes, and row i goes to dst[i·pitch:]. What lies between the rows is left
// as it is. The size of a row's slices along its first axis must divide pitch.
func ReadRows[N Number](d *Dataset, dst []N, s Slab, rows, pitch int) error {
	return transfer(d, dst, s, rows, s.Size()/max(rows, 1), pitch, reading)
}

// Write stores src, which must have exactly the size of the selection.
func Write[N Number](d *Dataset, src []N, s Slab) error {
	return transfer(d, src, s, 1, s.Size(), s.Size(), writing)
}

type direction C.int

const (
	reading direction = iota
	writing
)

func (w direction) String() string { return [...]string{"read", "write"}[w] }

// transfer moves a selection whose rows are pitch apart in memory.
func transfer[N Number](d *Dataset, data []N, s Slab, rows, width, pitch int, way direction) error {
	if err := s.check(d.Shape); err != nil {
		return d.file.fault(way.String(), d.path, err)
	}
	if rows < 1 || rows*width != s.Size() || pitch < width || len(data) < (rows-1)*pitch+width {
		return d.file.fault(way.String(), d.path, fmt.Errorf("%d elements for %d rows of %d, %d apart", len(data), rows, width, pitch))
	}
	if way == reading && slow[N](d) {
		return d.decode(s, func(raw []byte) { unpack(data, raw, d.format, d.Type.Size, rows, width, pitch) })
	}
	shape, ok := around(s.Count, rows, pitch)
	if !ok {
		return d.file.fault(way.String(), d.path, fmt.Errorf("%d rows, %d apart, of a selection %v: expected rows that end with an axis", rows, pitch, s.Count))
	}
	return d.move(way, memory[N](), unsafe.Pointer(unsafe.SliceData(data)), s, shape)
}

// move lets libhdf5 do the work, between a selection of the file and the corner of an array of that shape in memory.
func (d *Dataset) move(way direction, kind C.int, data unsafe.Pointer, s Slab, shape []int) error {
	stride := s.Stride
	if stride == nil {
		stride = slices.Repeat([]int{1}, len(d.Shape))
	}
	start, count, by := extents(s.Start), extents(s.Count), extents(stride)
	defer lock()()
	if d.h == nil {
		return d.file.fault(way.String(), d.path, fs.ErrClosed)
	}
	if C.eddy_h5_transfer(C.int(way), C.int64_t(d.h.ID()), kind, C.int(len(d.Shape)), pointer(start), pointer(by), pointer(count), pointer(extents(shape)), data) < 0 {
		return d.file.fault(way.String(), d.path, cause())
	}
	return nil
}

// bytesRead are buffers for values in the file's own type, none of more than mostKept bytes.
var bytesRead par.Pool[[]byte]

const mostKept = 64 << 20

// decode reads a selection as it lies in the file and hands it over.
func (d *Dataset) decode(s Slab, use func(raw []byte)) error {
	buffer := bytesRead.Take(func() []byte { return nil })
	defer func() {
		if cap(buffer) <= mostKept {
			bytesRead.Put(buffer)
		}
	}()
	buffer = slices.Grow(buffer[:0], s.Size()*d.Type.Size)[:s.Size()*d.Type.Size]
	if err := d.move(reading, C.EDDY_MEM_FILE, unsafe.Pointer(unsafe.SliceData(buffer)), s, s.Count); err != nil {
		return err
	}
	use(buffer)
	return nil
}

// slow reports whether libhdf5 would convert number by number in software, which takes it some 200 ns each: halves, and big-endian numbers that change their size.
func slow[N Number](d *Dataset) bool {
	size := 0
	switch any(*new(N)).(type) {
	case float32:
		size = 4
	case float64:
		size = 8
	default:
		return false
	}
	return d.format != otherFormat && (d.Type.Size == 2 || d.format == bigEndian && d.Type.Size != size)
}

// around is the shape of an array of which a selection of shape count is the corner, where its rows are pitch apart: count with the axis behind those of the rows
// made longer.
func around(count []int, rows, pitch int) (shape []int, ok bool) {
	shape = slices.Clone(count)
	size := 1
	for _, n := range count {
		size *= n
	}
	if rows == 1 || pitch*rows == size {
		return shape, true
	}
	before, behind := 1, size
	for i, n := range count {
		behind /= n
		if before == rows && pitch%behind == 0 {
			shape[i] = pitch / behind
			return shape, true
		}
		before *= n
	}
	return nil, false
}

// memory is the name of an element type for the shim.
func memory[N Number]() C.int {
	switch any(*new(N)).(type) {
	case float32:
		return C.EDDY_MEM_FLOAT32
	case float64:
		return C.EDDY_MEM_FLOAT64
	case int8:
		return C.EDDY_MEM_INT8
	}
	return C.EDDY_MEM_INT64
}
