//go:build cgo

package well_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
)

// A file is written trajectory by trajectory and read frame by frame.
func Example() {
	dir, err := os.MkdirTemp("", "well")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "heat.hdf5")
	ctx := context.Background()

	w := well.NewWriter(path)
	done, err := w.Begin(ctx, datasets.Meta{
		Spec: eddy.Spec{
			Name: "heat", Fields: []eddy.Field{{Name: "temperature", Unit: "K"}}, Grid: eddy.PeriodicGrid(1, 4), Dt: 0.1, History: 1,
		},
		Trajectories: 2, Frames: 3, T: []float64{0, 0.1, 0.2}, Attributes: map[string]string{"conductivity": "0.5", "seed": "1"},
	})
	for traj := done; traj < 2 && err == nil; traj++ {
		frames := make([]float64, 3*1*4) // [T, C, X], from a simulation
		for i := range frames {
			frames[i] = float64(100*traj + i)
		}
		err = w.Write(ctx, traj, frames)
	}
	if err == nil {
		err = w.Close(ctx)
	}
	if err != nil {
		fmt.Println(err)
		return
	}

	ds, err := well.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	frame := eddy.NewTensor(1, 1, 4)
	if err := ds.Read(ctx, frame, 1, 2); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ds.Len(), ds.Frames(0), ds.Spec().Grid, ds.Parameters(), frame.Data)
	// Output: 2 3 4 periodic map[conductivity:[0.5 0.5]] [108 109 110 111]
}
