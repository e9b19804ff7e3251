//go:build cgo

package open_test

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy/datasets/open"
)

func ExampleInspect() {
	r, err := open.Inspect(context.Background(), "../pdebench/testdata/2D_CFD_Rand_M0.1_Eta0.01_Zeta0.01_periodic_8_Train.hdf5", false, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Layout, r.Trajectories, r.Frames, r.Grid, r.Fields, r.Problems)
	// Output: pdebench 3 5 [8 6] [density pressure velocity_x velocity_y] []
}
