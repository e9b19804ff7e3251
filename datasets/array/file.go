package array

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/eddy-pde/eddy/internal/dense"
	"github.com/eddy-pde/eddy/internal/h5"
	"github.com/eddy-pde/eddy/internal/mat5"
	"github.com/eddy-pde/eddy/internal/npy"
)

// Array is an array of numbers in a file, row-major. It is safe for concurrent use.
type Array interface {
	Shape() []int
	Type() string // such as "float32"
	// Read fills dst with count[i] elements from start[i] on along each axis i, in the array's order of axes.
	Read(dst []float32, start, count []int) error
	// Read64 is Read in float64, for coordinates and parameters.
	Read64(dst []float64, start, count []int) error
}

// File is an open file of named arrays.
type File interface {
	// Names lists the arrays in the order of the file or the alphabet, at most a few thousand.
	Names() ([]string, error)
	// Array opens an array by name; the error names what there is instead.
	Array(name string) (Array, error)
	// Attribute is an attribute of an array or, with an empty name, of the file; nil where there is none.
	Attribute(array, name string) any
	Close() error
}

// Open opens a file of arrays, whose format it recognises by its first bytes. HDF5 covers netCDF-4 and MATLAB's version 7.3.
func Open(path string) (File, error) {
	head, err := Head(path)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(string(head), npy.Magic):
		f, err := npy.Open(path)
		if err != nil {
			return nil, err
		}
		return &npyFile{f}, nil
	case mat5.Recognise(head):
		f, err := mat5.Open(path)
		if err != nil {
			return nil, err
		}
		return &matFile{File: f, inflated: map[string]*inflated{}}, nil
	case strings.HasPrefix(string(head), "CDF"):
		return nil, fmt.Errorf("array: %s: a netCDF file of the classic format, expected netCDF-4: convert it with nccopy -k nc4 IN OUT", path)
	}
	f, err := h5.Open(path)
	if err != nil {
		return nil, err
	}
	return &h5File{File: f}, nil
}

// Head is the first bytes of a file, at most 128: enough to recognise its format.
func Head(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("array: %w", err)
	}
	defer f.Close()
	head := make([]byte, 128)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("array: %w", err)
	}
	return head[:n], nil
}

// Listing is the arrays of a file as a line of text, such as "u [100 51 64] float32, t [51] float64", cut after a dozen.
func Listing(f File) string {
	const most = 12
	names, err := f.Names()
	if err != nil {
		return err.Error()
	}
	if len(names) == 0 {
		return "no arrays"
	}
	var parts []string
	for _, name := range names[:min(len(names), most)] {
		a, err := f.Array(name)
		if err != nil {
			why := "no numbers"
			if e := new(h5.Error); errors.As(err, &e) {
				why = e.Err.Error()
			}
			parts = append(parts, name+" ("+why+")")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %v %s", name, a.Shape(), a.Type()))
	}
	if n := len(names) - most; n > 0 {
		parts = append(parts, fmt.Sprintf("… and %d more", n))
	}
	return strings.Join(parts, ", ")
}

// missing is the error of a name that a file does not have.
func missing(f File, name string) error {
	// A damaged file may list what it does not have, which a listing of what it holds would ask for again, for ever.
	if names, err := f.Names(); err == nil && slices.ContainsFunc(names, func(n string) bool { return strings.Trim(n, "/") == strings.Trim(name, "/") }) {
		return fmt.Errorf("array %q is listed and not there: the file is damaged", name)
	}
	return fmt.Errorf("no array %q; the file holds %s", name, Listing(f))
}

// All reads a whole array in float64, which must have at most so many elements.
func All(a Array, most int) ([]float64, error) {
	shape := a.Shape()
	n := 1
	for _, s := range shape {
		if s < 1 || s > most/n {
			return nil, fmt.Errorf("shape %v, expected 1 to %d elements", shape, most)
		}
		n *= s
	}
	v := make([]float64, n)
	if err := a.Read64(v, make([]int, len(shape)), shape); err != nil {
		return nil, err
	}
	if a.Type() == "float32" { // the shortest text of a float32 is the number that was meant
		for i, x := range v {
			if short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', -1, 32), 64); err == nil {
				v[i] = short
			}
		}
	}
	return v, nil
}

// h5File is an HDF5 or netCDF-4 file.
type h5File struct {
	*h5.File
	opened int // arrays
}

// mostOpen is how many arrays of a file stay open. A file with a group for each of ten thousand trajectories has more; an open array costs kilobytes in libhdf5.
const mostOpen = 64

// mostNames bounds a listing of a file with very many groups.
const mostNames = 4096

func (f *h5File) Names() ([]string, error) {
	var names []string
	var walk func(group string, depth int) error
	walk = func(group string, depth int) error {
		entries, err := f.List(group)
		if err != nil {
			return err
		}
		for _, e := range entries {
			path := strings.TrimSuffix(group, "/") + "/" + e.Name
			switch {
			case len(names) >= mostNames:
				return nil
			case e.Kind == h5.Data || e.Kind == h5.Broken: // opening the latter says why it is
				names = append(names, path)
			case e.Kind == h5.Group && depth < 8: // a link may lead back up
				if err := walk(path, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err := walk("/", 0)
	return names, err
}

// Groups lists the groups directly below a path.
func (f *h5File) Groups(path string) ([]string, error) {
	entries, err := f.List(path)
	var names []string
	for _, e := range entries {
		if e.Kind == h5.Group {
			names = append(names, e.Name)
		}
	}
	return names, err
}

func (f *h5File) Array(name string) (Array, error) {
	path := "/" + strings.Trim(name, "/")
	if k, ok := f.Kind(path); !ok || k != h5.Data && k != h5.Broken {
		return nil, missing(f, name)
	}
	d, err := f.Dataset(path)
	if err != nil {
		return nil, err
	}
	if c := d.Type.Class; c != h5.Float && c != h5.Int && c != h5.Bool {
		return nil, fmt.Errorf("array %q does not hold numbers", name)
	}
	a := h5Array{d}
	if f.opened++; f.opened > mostOpen {
		return &briefArray{file: f.File, path: path, shape: d.Shape, kind: a.Type()}, d.Close()
	}
	return a, nil
}

func (f *h5File) Attribute(array, name string) any {
	v, err := f.File.Attribute("/"+strings.Trim(array, "/"), name)
	if err != nil {
		return nil // absent, or of a type that says nothing here
	}
	return v
}

type h5Array struct{ *h5.Dataset }

func (a h5Array) Shape() []int { return a.Dataset.Shape }

func (a h5Array) Type() string {
	switch a.Dataset.Type.Class {
	case h5.Float:
		return "float" + strconv.Itoa(8*a.Dataset.Type.Size)
	case h5.Int:
		return "int" + strconv.Itoa(8*a.Dataset.Type.Size)
	}
	return "bool"
}

func (a h5Array) Read(dst []float32, start, count []int) error {
	return h5.Read(a.Dataset, dst, h5.Slab{Start: start, Count: count})
}

func (a h5Array) Read64(dst []float64, start, count []int) error {
	return h5.Read(a.Dataset, dst, h5.Slab{Start: start, Count: count})
}

// briefArray is an array of an HDF5 file that is open only while it is read.
type briefArray struct {
	file       *h5.File
	path, kind string
	shape      []int
}

func (a *briefArray) Shape() []int { return a.shape }

func (a *briefArray) Type() string { return a.kind }

func (a *briefArray) Read(dst []float32, start, count []int) error {
	return a.open(func(d h5Array) error { return d.Read(dst, start, count) })
}

func (a *briefArray) Read64(dst []float64, start, count []int) error {
	return a.open(func(d h5Array) error { return d.Read64(dst, start, count) })
}

func (a *briefArray) open(read func(h5Array) error) error {
	d, err := a.file.Dataset(a.path)
	if err != nil {
		return err
	}
	return errors.Join(read(h5Array{d}), d.Close())
}

// denseArray is an array that lies in a file as it is.
type denseArray struct{ dense.Array }

func (a denseArray) Shape() []int { return a.Array.Shape }

func (a denseArray) Type() string { return a.Array.Type.String() }

func (a denseArray) Read(dst []float32, start, count []int) error {
	return dense.Read(a.Array, dst, start, count)
}

func (a denseArray) Read64(dst []float64, start, count []int) error {
	return dense.Read(a.Array, dst, start, count)
}

// NpyName is the name of the only array of a .npy file.
const NpyName = "array"

type npyFile struct{ *npy.File }

func (f *npyFile) Names() ([]string, error) { return []string{NpyName}, nil }

func (f *npyFile) Array(name string) (Array, error) {
	if strings.Trim(name, "/") != NpyName {
		return nil, missing(f, name)
	}
	return denseArray{f.File.Array()}, nil
}

func (f *npyFile) Attribute(_, _ string) any { return nil }

// matFile is a MAT-file of version 5. Its arrays have their axes reversed, as in a file of version 7.3.
type matFile struct {
	*mat5.File
	mu       sync.Mutex
	inflated map[string]*inflated
}

func (f *matFile) Names() ([]string, error) {
	var names []string
	for _, v := range f.Vars {
		if v.Kind == "" {
			names = append(names, v.Name)
		}
	}
	return names, nil
}

func (f *matFile) Array(name string) (Array, error) {
	name = strings.Trim(name, "/")
	i := slices.IndexFunc(f.Vars, func(v mat5.Variable) bool { return v.Name == name })
	switch {
	case i < 0:
		return nil, missing(f, name)
	case f.Vars[i].Kind != "":
		return nil, fmt.Errorf("%q is a %s, expected an array of real numbers", name, f.Vars[i].Kind)
	case !f.Vars[i].Compressed:
		return denseArray{f.File.Array(f.Vars[i])}, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inflated[name] == nil {
		f.inflated[name] = &inflated{file: f.File, v: f.Vars[i]}
	}
	return f.inflated[name], nil
}

func (f *matFile) Attribute(_, _ string) any { return nil }

func (f *matFile) Close() error {
	for _, a := range f.inflated {
		a.close()
	}
	return f.File.Close()
}

// inflateBytes is up to which size an inflated array stays in memory.
const inflateBytes = 1 << 20

// inflated is a compressed array of a MAT-file. A zlib stream can be read from its start only, so the first read inflates it into a temporary file.
type inflated struct {
	file *mat5.File
	v    mat5.Variable

	mu   sync.Mutex
	temp *os.File
	all  *dense.Array // once it is inflated
}

func (a *inflated) Shape() []int { return a.v.Shape() }

func (a *inflated) Type() string { return a.v.Type.String() }

func (a *inflated) Read(dst []float32, start, count []int) error {
	all, err := a.open()
	if err != nil {
		return err
	}
	return dense.Read(all, dst, start, count)
}

func (a *inflated) Read64(dst []float64, start, count []int) error {
	all, err := a.open()
	if err != nil {
		return err
	}
	return dense.Read(all, dst, start, count)
}

func (a *inflated) open() (dense.Array, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all != nil {
		return *a.all, nil
	}
	if a.v.Bytes() <= inflateBytes {
		all, err := a.file.Inflated(a.v)
		if err == nil {
			a.all = &all
		}
		return all, err
	}
	temp, err := temporary()
	if err != nil {
		return dense.Array{}, err
	}
	if err := a.file.Inflate(a.v, temp); err != nil {
		discard(temp)
		return dense.Array{}, roomFor(err, a.v.Bytes())
	}
	a.temp, a.all = temp, &dense.Array{File: temp, Shape: a.v.Shape(), Type: a.v.Type}
	return *a.all, nil
}

func (a *inflated) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	discard(a.temp)
	a.temp, a.all = nil, nil
}
