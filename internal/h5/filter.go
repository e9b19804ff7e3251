//go:build cgo

package h5

// #include "shim.h"
import "C"

import "unsafe"

func init() {
	defer lock()()
	if C.eddy_h5_register_lzf() < 0 {
		_ = cause() // clears the stack; datasets with this filter then fail by themselves
	}
}

// eddy_h5_lzf is called by libhdf5, through shim.c, for every chunk that h5py compressed with LZF. It returns the number of bytes expanded, −1 where they are damaged.
//
//export eddy_h5_lzf
func eddy_h5_lzf(in unsafe.Pointer, size C.size_t, out unsafe.Pointer, room C.size_t) C.int64_t {
	n, err := lzf(unsafe.Slice((*byte)(out), int(room)), unsafe.Slice((*byte)(in), int(size)))
	if err != nil {
		return -1
	}
	return C.int64_t(n)
}
