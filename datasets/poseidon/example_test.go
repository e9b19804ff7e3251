//go:build cgo

package poseidon_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/datasets/poseidon"
)

func Example() {
	ds, err := poseidon.Open("testdata/NS-Sines.nc")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	fmt.Println(ds.Len(), "trajectories of", ds.Frames(0), "frames of", ds.Spec().FieldNames(), "on", ds.Spec().Grid)
	// Output: 3 trajectories of 5 frames of [velocity_x velocity_y] on 8×6 periodic
}
