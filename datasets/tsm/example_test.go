//go:build cgo

package tsm_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/datasets/tsm"
)

func Example() {
	ds, err := tsm.Open("testdata")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	fmt.Println(ds.Len(), "trajectories of", ds.Frames(0), "frames of", ds.Spec().FieldNames(), "on", ds.Spec().Grid)
	// Output: 2 trajectories of 6 frames of [velocity_x velocity_y] on 8×8 periodic
}
