//go:build cgo

package pdebench_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/datasets/pdebench"
)

func ExampleOpen() {
	ds, err := pdebench.Open("testdata/1D_Burgers_Sols_Nu0.01.hdf5")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	fmt.Println(ds.Len(), ds.Frames(0), ds.Spec().Grid, ds.Spec().Dt, ds.Parameters())
	// Output: 3 5 8 periodic 0.01 map[Nu:[0.01 0.01]]
}
