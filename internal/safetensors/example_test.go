package safetensors_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy/internal/safetensors"
)

// A weight and its description, written and read again.
func Example() {
	dir, err := os.MkdirTemp("", "safetensors")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")

	w := []float32{1, 2, 3, 4, 5, 6}
	err = safetensors.Write(path, map[string]string{"kind": "demo"}, []safetensors.Tensor{safetensors.FromFloat32("weight", w, 2, 3)})
	if err != nil {
		panic(err)
	}
	f, err := safetensors.Read(path)
	if err != nil {
		panic(err)
	}
	data, shape, err := f.Float32("weight")
	fmt.Println(f.Metadata["kind"], shape, data, err)
	// Output: demo [2 3] [1 2 3 4 5 6] <nil>
}
