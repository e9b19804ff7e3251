//go:build cgo

package pdearena_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/datasets/pdearena"
)

func Example() {
	ds, err := pdearena.Open("testdata/KS_train_fixed_viscosity.h5")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	fmt.Println(ds.Len(), "trajectories of", ds.Frames(0), "frames of", ds.Spec().FieldNames(), "on", ds.Spec().Grid)
	// Output: 3 trajectories of 9 frames of [u] on 16 periodic
}
