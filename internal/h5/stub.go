//go:build !cgo

package h5

// Available reports whether this program was built with HDF5.
const Available = false

// Version is the version of libhdf5; here it says what is missing.
func Version() string { return "none (built with CGO_ENABLED=0)" }

// File is an open HDF5 file. There is none in this build.
type File struct{}

// Dataset is an open dataset. There is none in this build.
type Dataset struct {
	Shape []int
	Type  Type
}

func missing(op, path string) error { return &Error{Op: op, File: path, Err: ErrNoCgo} }

// Open fails with [ErrNoCgo].
func Open(path string) (*File, error) { return nil, missing("open", path) }

// OpenAppend fails with [ErrNoCgo].
func OpenAppend(path string) (*File, error) { return nil, missing("open", path) }

// Create fails with [ErrNoCgo].
func Create(path string) (*File, error) { return nil, missing("create", path) }

// Path is empty.
func (f *File) Path() string { return "" }

// Flush fails with [ErrNoCgo].
func (f *File) Flush() error { return ErrNoCgo }

// Close does nothing.
func (f *File) Close() error { return nil }

// Kind finds nothing.
func (f *File) Kind(string) (Kind, bool) { return Other, false }

// List fails with [ErrNoCgo].
func (f *File) List(string) ([]Entry, error) { return nil, ErrNoCgo }

// First finds nothing.
func (f *File) First(string, Kind) (string, bool) { return "", false }

// CreateGroup fails with [ErrNoCgo].
func (f *File) CreateGroup(string) error { return ErrNoCgo }

// Dataset fails with [ErrNoCgo].
func (f *File) Dataset(string) (*Dataset, error) { return nil, ErrNoCgo }

// CreateDataset fails with [ErrNoCgo].
func (f *File) CreateDataset(string, Layout) (*Dataset, error) { return nil, ErrNoCgo }

// Attributes fails with [ErrNoCgo].
func (f *File) Attributes(string) ([]string, error) { return nil, ErrNoCgo }

// Attribute fails with [ErrNoCgo].
func (f *File) Attribute(_, _ string) (any, error) { return nil, ErrNoCgo }

// SetAttribute fails with [ErrNoCgo].
func (f *File) SetAttribute(_, _ string, _ any) error { return ErrNoCgo }

// Close does nothing.
func (d *Dataset) Close() error { return nil }

// Path is empty.
func (d *Dataset) Path() string { return "" }

// Whole selects nothing.
func (d *Dataset) Whole() Slab { return Slab{} }

// Read fails with [ErrNoCgo].
func Read[N Number](*Dataset, []N, Slab) error { return ErrNoCgo }

// ReadRows fails with [ErrNoCgo].
func ReadRows[N Number](*Dataset, []N, Slab, int, int) error { return ErrNoCgo }

// Write fails with [ErrNoCgo].
func Write[N Number](*Dataset, []N, Slab) error { return ErrNoCgo }
