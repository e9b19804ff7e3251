//go:build cgo

package slab_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

// A file whose only dataset holds temperatures [X, T]: the reader of its layout is a description.
func Example() {
	dir, err := os.MkdirTemp("", "slab")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "rod.h5")
	if err := store(path); err != nil {
		fmt.Println(err)
		return
	}
	ds, err := slab.Open("rod", path, []string{path}, func(*h5.File) (*slab.Part, error) {
		return &slab.Part{
			Spec: eddy.Spec{
				Fields: []eddy.Field{{Name: "temperature"}}, Grid: eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 3, Length: 1}}}, Dt: 0.5, History: 1,
			},
			Trajectories: 1,
			Fields:       []slab.Source{{Path: "/temperature", Axes: "xt", Channels: []int{0}}},
			Times:        [][]float64{slab.Count(2, 0.5)},
		}, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	frames := eddy.NewTensor(2, 1, 3)
	if err := ds.Read(context.Background(), frames, 0, 0); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(frames.Data[:3], frames.Data[3:])
	// Output: [10 20 30] [11 21 31]
}

func store(path string) error {
	f, err := h5.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d, err := f.CreateDataset("/temperature", h5.Layout{Shape: []int{3, 2}, Type: h5.Float32})
	if err != nil {
		return err
	}
	return h5.Write(d, []float64{10, 11, 20, 21, 30, 31}, d.Whole())
}
