package array_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy/datasets/array"
)

// The arrays of a NumPy file.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "array")
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, "a.npy")
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
	npy := "\x93NUMPY\x01\x00" + string(rune(len(header)+1)) + "\x00" + header + "\n" + "\x00\x00\x80\x3f\x00\x00\x00\x40"
	if err := os.WriteFile(path, []byte(npy), 0o600); err != nil {
		log.Fatal(err)
	}
	f, err := array.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(array.Listing(f))
	f.Close()
	os.RemoveAll(dir)
	// Output: array [2] float32
}
