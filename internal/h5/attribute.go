//go:build cgo

package h5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"io/fs"
	"strings"
	"unsafe"
)

// maxAttribute bounds the number of elements of an attribute that is read.
const maxAttribute = 1 << 24

// on calls do with the object of a path ("/" for the root).
func (f *File) on(op, path string, do func(obj C.int64_t) error) error {
	defer lock()()
	id, err := f.id()
	if err != nil {
		return f.fault(op, path, err)
	}
	_, ok := f.kind(path)
	switch err := f.broken["/"+strings.Trim(path, "/")].err; {
	case err != nil:
		return f.fault(op, path, err)
	case !ok:
		return f.fault(op, path, fmt.Errorf("no such object: %w", fs.ErrNotExist))
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	obj := C.eddy_h5_open_object(id, name)
	if obj < 0 {
		return f.fault(op, path, cause())
	}
	defer C.eddy_h5_close_object(obj)
	return do(obj)
}

// Attributes lists the names of an object's attributes in alphabetical order.
func (f *File) Attributes(path string) ([]string, error) {
	var names []string
	err := f.on("list attributes of", path, func(obj C.int64_t) error {
		n := C.eddy_h5_attr_count(obj)
		if n < 0 {
			return f.fault("list attributes of", path, cause())
		}
		for i := range n {
			size := C.eddy_h5_attr_name(obj, i, nil, 0)
			if size < 0 {
				return f.fault("list attributes of", path, cause())
			}
			buf := (*C.char)(C.malloc(C.size_t(size) + 1))
			got := C.eddy_h5_attr_name(obj, i, buf, C.size_t(size)+1)
			names = append(names, C.GoString(buf))
			C.free(unsafe.Pointer(buf))
			if got < 0 {
				return f.fault("list attributes of", path, cause())
			}
		}
		return nil
	})
	return names, err
}

// Attribute reads an attribute: a string, []string, bool, []bool, int64, []int64, float64 or []float64, a slice unless it is a scalar (arrays of several axes are
// flattened). Where there is none, the error wraps fs.ErrNotExist.
func (f *File) Attribute(path, name string) (any, error) {
	var value any
	object := path + "@" + name
	err := f.on("read", path, func(obj C.int64_t) (err error) {
		text := C.CString(name)
		defer C.free(unsafe.Pointer(text))
		defer func() {
			if err != nil {
				err = f.fault("read", object, err)
			}
		}()
		switch exists := C.eddy_h5_attr_exists(obj, text); {
		case exists < 0:
			return cause()
		case exists == 0:
			return fmt.Errorf("no such attribute: %w", fs.ErrNotExist)
		}
		var info C.eddy_h5_info
		if C.eddy_h5_attr_info(obj, text, &info) < 0 {
			return cause()
		}
		if info.count > maxAttribute {
			return fmt.Errorf("%d elements, expected at most %d", int64(info.count), maxAttribute)
		}
		n, isScalar := int(info.count), info.rank == 0
		switch Class(info.cls) {
		case String:
			var v []string
			v, err = readStrings(obj, text, n)
			value = unlist(v, isScalar)
		case Int:
			var v []int64
			v, err = readNumbers[int64](obj, text, n)
			value = unlist(v, isScalar)
		case Float:
			var v []float64
			v, err = readNumbers[float64](obj, text, n)
			value = unlist(v, isScalar)
		case Bool:
			var v []int8
			v, err = readNumbers[int8](obj, text, n)
			truth := make([]bool, len(v))
			for i := range v {
				truth[i] = v[i] != 0
			}
			value = unlist(truth, isScalar)
		default:
			err = ErrType
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// unlist is the only element of a scalar, else the list.
func unlist[T any](list []T, isScalar bool) any {
	if isScalar && len(list) == 1 {
		return list[0]
	}
	return list
}

func readNumbers[N Number](obj C.int64_t, name *C.char, n int) ([]N, error) {
	list := make([]N, n)
	if n > 0 && C.eddy_h5_attr_read(obj, name, memory[N](), unsafe.Pointer(&list[0])) < 0 {
		return nil, cause()
	}
	return list, nil
}

func readStrings(obj C.int64_t, name *C.char, n int) ([]string, error) {
	list := make([]string, n)
	if n == 0 {
		return list, nil
	}
	text := make([]*C.char, n)
	if C.eddy_h5_attr_read_strings(obj, name, C.int64_t(n), &text[0]) < 0 {
		return nil, cause()
	}
	for i, t := range text {
		list[i] = C.GoString(t) // "" for NULL
		C.free(unsafe.Pointer(t))
	}
	return list, nil
}

// SetAttribute makes an attribute of a type that [File.Attribute] reads, or int. Texts become variable-length UTF-8 and booleans the enumeration that h5py writes,
// numbers 64-bit. An attribute of that name must not exist.
func (f *File) SetAttribute(path, name string, value any) error {
	object := path + "@" + name
	return f.on("write", path, func(obj C.int64_t) error {
		text := C.CString(name)
		defer C.free(unsafe.Pointer(text))
		var rc C.int
		switch v := value.(type) {
		case string:
			rc = writeStrings(obj, text, true, []string{v})
		case []string:
			rc = writeStrings(obj, text, false, v)
		case bool:
			rc = writeNumbers(obj, text, Bool, true, truths([]bool{v}))
		case []bool:
			rc = writeNumbers(obj, text, Bool, false, truths(v))
		case int:
			rc = writeNumbers(obj, text, Int, true, []int64{int64(v)})
		case int64:
			rc = writeNumbers(obj, text, Int, true, []int64{v})
		case []int64:
			rc = writeNumbers(obj, text, Int, false, v)
		case float64:
			rc = writeNumbers(obj, text, Float, true, []float64{v})
		case []float64:
			rc = writeNumbers(obj, text, Float, false, v)
		default:
			return f.fault("write", object, fmt.Errorf("a value of type %T", value))
		}
		if rc < 0 {
			return f.fault("write", object, cause())
		}
		return nil
	})
}

func truths(list []bool) []int8 {
	v := make([]int8, len(list))
	for i, b := range list {
		if b {
			v[i] = 1
		}
	}
	return v
}

func writeNumbers[N Number](obj C.int64_t, name *C.char, c Class, isScalar bool, list []N) C.int {
	return C.eddy_h5_attr_write(obj, name, C.int(c), flag(isScalar), C.int64_t(len(list)), unsafe.Pointer(unsafe.SliceData(list)))
}

func writeStrings(obj C.int64_t, name *C.char, isScalar bool, list []string) C.int {
	text := make([]*C.char, len(list))
	for i, s := range list {
		text[i] = C.CString(s)
		defer C.free(unsafe.Pointer(text[i]))
	}
	return C.eddy_h5_attr_write_strings(obj, name, flag(isScalar), C.int64_t(len(list)), unsafe.SliceData(text))
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
