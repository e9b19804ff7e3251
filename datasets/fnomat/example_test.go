//go:build cgo

package fnomat_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/datasets/fnomat"
)

func ExampleOpen() {
	ds, err := fnomat.Open("testdata/NavierStokes_V1e-3_N5_T3.mat")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	fmt.Println(ds.Len(), ds.Frames(0), ds.Spec().Grid, ds.Spec().Dt, ds.Parameters())
	// Output: 5 4 6×4 periodic 1 map[viscosity:[0.001 0.001]]
}
