//go:build cgo

package h5

// #cgo LDFLAGS: -lhdf5
// #cgo darwin CFLAGS: -I/usr/local/include -I/opt/homebrew/include
// #cgo darwin LDFLAGS: -L/usr/local/lib -L/opt/homebrew/lib
// #cgo linux,amd64 CFLAGS: -I/usr/include/hdf5/serial -I/usr/local/include
// #cgo linux,amd64 LDFLAGS: -L/usr/lib/x86_64-linux-gnu/hdf5/serial -L/usr/local/lib
// #cgo linux,arm64 CFLAGS: -I/usr/include/hdf5/serial -I/usr/local/include
// #cgo linux,arm64 LDFLAGS: -L/usr/lib/aarch64-linux-gnu/hdf5/serial -L/usr/local/lib
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/cgo"
	"strings"
	"sync"
	"unsafe"

	"gonum.org/v1/hdf5"
)

// Available reports whether this program was built with HDF5.
const Available = true

// mu is the one lock round libhdf5. The thread is locked too, because a thread-safe build of the library keeps an error stack per thread, and whether that stack
// is printed to standard error as well.
var mu sync.Mutex

func lock() (unlock func()) {
	mu.Lock()
	runtime.LockOSThread()
	C.eddy_h5_quiet()
	return func() {
		runtime.UnlockOSThread()
		mu.Unlock()
	}
}

// maxRank bounds the rank of a dataset that is read: [B, T, X, Y, Z] and two tensor indices need 7.
const maxRank = 32

// Version is the version of libhdf5, such as "1.10.8".
func Version() string {
	defer lock()()
	v, err := hdf5.LibVersion()
	if err != nil {
		return "unknown"
	}
	return v.String()
}

// cause is the innermost message of libhdf5, for a call that has just failed.
func cause() error {
	buf := (*C.char)(C.malloc(1024))
	defer C.free(unsafe.Pointer(buf))
	C.eddy_h5_message(buf, 1024)
	text := C.GoString(buf)
	// What the operating system said is buried: "file write failed: time = …\n, filename = '…', …, error message = 'No space left on device', buf = …".
	if what, rest, ok := strings.Cut(text, ": time = "); ok {
		if _, reason, ok := strings.Cut(rest, "error message = '"); ok {
			reason, _, _ = strings.Cut(reason, "'")
			text = what + ": " + reason
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		text = "libhdf5 gave no reason"
	}
	return errors.New(text)
}

// File is an open HDF5 file.
type File struct {
	path     string
	writable bool
	h        *hdf5.File // nil when closed
	open     map[*Dataset]struct{}
	// broken are the objects that could not be opened, by path. libhdf5 (1.10) keeps the part of a damaged object header that it could read and takes it for the whole
	// from the second time on, attributes missing: what has failed once must fail for ever.
	broken map[string]broken
}

// broken is an object that cannot be opened: what it is, as far as can be told, and why.
type broken struct {
	kind Kind
	err  error
}

// Open opens a file for reading. The error is one line and wraps fs.ErrNotExist, [ErrNotHDF5] or libhdf5's own message (for a truncated file it gives the size
// found and the size expected).
func Open(path string) (*File, error) { return open(path, hdf5.F_ACC_RDONLY) }

// OpenAppend opens an existing file for reading and writing.
func OpenAppend(path string) (*File, error) { return open(path, hdf5.F_ACC_RDWR) }

// Create makes an empty file, replacing what was there. Objects in it carry no time stamps.
func Create(path string) (*File, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	return OpenAppend(path)
}

func create(path string) error {
	defer lock()()
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if C.eddy_h5_create_file(name) < 0 {
		return &Error{Op: "create", File: path, Err: cause()}
	}
	return nil
}

func open(path string, flags int) (*File, error) {
	fail := func(err error) (*File, error) {
		if e := new(fs.PathError); errors.As(err, &e) {
			err = e.Err // the path is in Error already
		}
		return nil, &Error{Op: "open", File: path, Err: err}
	}
	info, err := os.Stat(path)
	if err != nil {
		return fail(err)
	}
	if info.IsDir() {
		return fail(errors.New("found a folder, expected a file"))
	}
	f, err := os.Open(path) // libhdf5 would call a file that it may not read foreign
	if err != nil {
		return fail(err)
	}
	f.Close()
	defer lock()()
	if !hdf5.IsHDF5(path) {
		return fail(fmt.Errorf("%w in %d bytes", ErrNotHDF5, info.Size()))
	}
	h, err := hdf5.OpenFile(path, flags)
	if err != nil {
		return fail(tooNew(path, cause()))
	}
	file := &File{path: path, writable: flags != hdf5.F_ACC_RDONLY, h: h, open: map[*Dataset]struct{}{}, broken: map[string]broken{}}
	if file.object(C.int64_t(h.ID()), "/") == Broken {
		h.Close()
		return fail(file.broken["/"].err)
	}
	return file, nil
}

// Path is the name under which the file was opened.
func (f *File) Path() string { return f.path }

func (f *File) fault(op, object string, err error) error {
	return &Error{Op: op, File: f.path, Object: object, Err: err}
}

// id is the handle of the file for calls that the binding does not have.
func (f *File) id() (C.int64_t, error) {
	if f.h == nil {
		return 0, fs.ErrClosed
	}
	return C.int64_t(f.h.ID()), nil
}

// Flush hands everything that libhdf5 holds to the operating system.
func (f *File) Flush() error {
	defer lock()()
	if f.h == nil {
		return f.fault("flush", "", fs.ErrClosed)
	}
	if f.h.Flush(hdf5.F_SCOPE_GLOBAL) != nil {
		return f.fault("flush", "", cause())
	}
	return nil
}

// Close closes the file and the datasets opened through it. A second call does nothing.
func (f *File) Close() error {
	defer lock()()
	if f.h == nil {
		return nil
	}
	var first error
	for d := range f.open {
		if d.h.Close() != nil && first == nil {
			first = f.fault("close", d.path, cause())
		}
		d.h = nil
	}
	if f.h.Close() != nil && first == nil {
		first = f.fault("close", "", cause())
	}
	f.h, f.open, f.broken = nil, nil, nil
	if f.writable && first == nil {
		if err := settle(f.path); err != nil {
			first = f.fault("close", "", err)
		}
	}
	return first
}

// settle clears the consistency flags of a closed file with an old superblock (versions 0 and 1), which mean nothing there. libhdf5 leaves them set or not depending
// on when it last wrote the superblock, so that a file written in one go would differ from one whose writing was interrupted.
func settle(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	const version, flags = 8, 20 // offsets
	var head [flags + 4]byte
	if _, err := file.ReadAt(head[:], 0); err != nil {
		return err
	}
	if string(head[:8]) != "\x89HDF\r\n\x1a\n" || head[version] > 1 || [4]byte(head[flags:]) == [4]byte{} {
		return nil
	}
	_, err = file.WriteAt(make([]byte, 4), flags)
	return err
}

// Kind says what a path such as "/t0_fields/density" stands for; ok is false where there is nothing. Opening what is [Broken] says why it is.
func (f *File) Kind(path string) (k Kind, ok bool) {
	defer lock()()
	return f.kind(path)
}

func (f *File) kind(path string) (k Kind, ok bool) {
	id, err := f.id()
	if err != nil {
		return Other, false
	}
	path = strings.Trim(path, "/")
	if path == "" {
		return Group, true
	}
	// A link can be asked for only where the groups before it exist.
	at, k := "", Group
	for part := range strings.SplitSeq(path, "/") {
		if k != Group {
			return Other, false
		}
		at += "/" + part
		switch linked := f.linked(id, at); {
		case linked == 0:
			return Other, false
		case linked < 0:
			f.broken["/"+path] = broken{Broken, cause()}
			return Broken, true
		}
		k = f.object(id, at)
		if b, ok := f.broken[at]; ok && at != "/"+path {
			f.broken["/"+path] = broken{Broken, b.err}
			return Broken, true
		}
	}
	return k, true
}

// object is the kind of what a link leads to.
func (f *File) object(id C.int64_t, path string) Kind {
	if b, ok := f.broken[path]; ok {
		return b.kind
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	return f.known(path, C.eddy_h5_object_kind(id, name))
}

// linked is 1 where a path is in the group above it, 0 where it is not, negative where that cannot be told.
func (f *File) linked(id C.int64_t, path string) C.int {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	return C.eddy_h5_linked(id, name)
}

// List names what a group holds, in alphabetical order.
func (f *File) List(group string) ([]Entry, error) {
	entries := []Entry{}
	err := f.each(group, func(e Entry) bool {
		entries = append(entries, e)
		return true
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// First is the path of the alphabetically first member of that kind in a group, without looking at those behind it; ok is false where there is none.
func (f *File) First(group string, kind Kind) (path string, ok bool) {
	err := f.each(group, func(e Entry) bool {
		if ok = e.Kind == kind; ok {
			path = "/" + strings.TrimPrefix(strings.Trim(group, "/")+"/"+e.Name, "/")
		}
		return !ok
	})
	return path, ok && err == nil
}

// each visits what a group holds in alphabetical order, until visit returns false.
func (f *File) each(group string, visit func(Entry) bool) error {
	defer lock()()
	path := "/" + strings.Trim(group, "/")
	switch k, ok := f.kind(path); {
	case f.broken[path].err != nil:
		return f.fault("list", path, f.broken[path].err)
	case !ok || k != Group:
		return f.fault("list", path, fmt.Errorf("no such group: %w", fs.ErrNotExist))
	}
	id, err := f.id()
	if err != nil {
		return f.fault("list", path, err)
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	last, astray := "", false
	handle := cgo.NewHandle(func(name string, number C.int) bool {
		// A damaged index may lead round in a circle.
		if astray = name <= last; astray {
			return false
		}
		last = name
		return visit(Entry{name, f.known(strings.TrimSuffix(path, "/")+"/"+name, number)})
	})
	defer handle.Delete()
	switch {
	case C.eddy_h5_each(id, name, C.uintptr_t(handle)) < 0:
		return f.fault("list", path, cause())
	case astray:
		return f.fault("list", path, errors.New("its index of names is damaged: they are out of order"))
	}
	return nil
}

// eddy_h5_visit is called through shim.c for every link of a group. It returns 1 to end the walk.
//
//export eddy_h5_visit
func eddy_h5_visit(visitor C.uintptr_t, name *C.char, kind C.int) C.int {
	if visit := cgo.Handle(visitor).Value().(func(string, C.int) bool); visit(C.GoString(name), kind) {
		return 0
	}
	return 1
}

// known is the kind of an object by shim.c's number for it.
func (f *File) known(path string, number C.int) Kind {
	switch number {
	case 1:
		return Group
	case 2:
		return Data
	case 0:
		return Other
	}
	k, err := f.foreign(path, cause())
	f.broken[path] = broken{k, err}
	return k
}

// CreateGroup makes a group; the groups above it must exist.
func (f *File) CreateGroup(path string) error {
	defer lock()()
	id, err := f.id()
	if err != nil {
		return f.fault("create group", path, err)
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if C.eddy_h5_create_group(id, name) < 0 {
		return f.fault("create group", path, cause())
	}
	return nil
}
