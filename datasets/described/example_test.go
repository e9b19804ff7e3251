//go:build cgo

package described_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/datasets/described"
)

// A description of a file that holds w [x, trajectory, time]. It would stand in a file of its own; paths start at that file's folder.
func ExampleDecode() {
	d, err := described.Decode("testdata/mine.toml", []byte(`
files = "clock.h5"

[time]
dataset = "t"

[grid.x]
length = 1.0
periodic = true

[[field]]
name = "w"
dataset = "w"
axes = ["x", "trajectory", "time"]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	ds, err := d.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ds.Close()
	fmt.Println(ds.Len(), ds.Frames(0), ds.Spec().Grid, ds.Spec().FieldNames(), ds.Spec().Dt)
	// Output: 3 4 6 periodic [w] 0.1
}
