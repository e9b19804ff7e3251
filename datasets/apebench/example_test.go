//go:build cgo

package apebench_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/datasets/apebench"
)

func ExampleOpen() {
	ds, err := apebench.Open("testdata/scraped_train.npy")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	fmt.Println(ds.Len(), ds.Frames(0), ds.Spec().Grid, ds.Spec().Dt, ds.Parameters())
	// Output: 3 5 16 periodic 0.1 map[convection_coef:[-0.125 -0.125] diffusion_coef:[0.0003 0.0003]]
}
