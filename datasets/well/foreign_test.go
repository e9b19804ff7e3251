//go:build cgo

package well_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
)

// TestFileOfTheWellIsRead reads a file that testdata/make.py wrote as The Well writes its own.
func TestFileOfTheWellIsRead(t *testing.T) {
	ds := opened(t, "testdata/wave.hdf5")
	want := eddy.Spec{
		Name: "wave",
		Fields: []eddy.Field{
			{Name: "pressure"},
			{Name: "profile"},
			{Name: "velocity_x", Of: "velocity", Index: []int{0}},
			{Name: "velocity_y", Of: "velocity", Index: []int{1}},
			{Name: "stress_xx", Of: "stress", Index: []int{0, 0}},
			{Name: "stress_xy", Of: "stress", Index: []int{0, 1}},
			{Name: "stress_yx", Of: "stress", Index: []int{1, 0}},
			{Name: "stress_yy", Of: "stress", Index: []int{1, 1}},
		},
		Statics: []eddy.Field{{Name: "speed_of_sound"}},
		Params:  []eddy.Param{{Name: "speed", Value: 0.5}}, // gain and gamma are the same everywhere
		Grid:    eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 6, Length: 1, Periodic: true}, {Name: "y", Points: 5, Origin: -1, Length: 2, Wall: true}}},
		Dt:      0.05, History: 1,
	}
	if diff := cmp.Diff(want, ds.Spec(), cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][2]float64{"speed": {0.5, 2}, "gain": {3, 3}, "gamma": {1.4, 1.4}}, ds.Parameters()); diff != "" {
		t.Error(diff)
	}
	if ds.Len() != 3 || ds.Frames(0) != 4 {
		t.Fatalf("%d trajectories of %d frames", ds.Len(), ds.Frames(0))
	}
	if diff := cmp.Diff([]float64{0, 0.05, 0.1, 0.15}, ds.Times(0)); diff != "" {
		t.Error(diff)
	}
	base := func(b, i, x, y int) float32 { return float32(1000*b + 100*i + 10*x + y) }
	add := []float32{0, 0, 0.25, 0.5, 0, 0.1, 0.2, 0.3}
	dst := eddy.NewTensor(2, 8, 6, 5)
	static, cond := eddy.NewTensor(1, 6, 5), make([]float32, 1)
	for b := range 3 {
		if err := ds.Read(t.Context(), dst, b, 1); err != nil {
			t.Fatal(err)
		}
		if err := ds.Condition(t.Context(), static, cond, b); err != nil {
			t.Fatal(err)
		}
		if cond[0] != []float32{0.5, 1, 2}[b] {
			t.Errorf("speed of trajectory %d is %g", b, cond[0])
		}
		for i := range 2 {
			for c := range 8 {
				for x := range 6 {
					for y := range 5 {
						want := base(b, i+1, x, y) + add[c]
						if c == 1 {
							want = base(b, i+1, 0, y) // along x only the axis' first values are stored
						}
						got := dst.Data[((i*8+c)*6+x)*5+y]
						if d := got - want; d > 1e-3 || d < -1e-3 {
							t.Fatalf("trajectory %d, frame %d, channel %d, point (%d, %d): %g, want %g", b, i+1, c, x, y, got, want)
						}
						if static.Data[x*5+y] != base(0, 0, x, y) {
							t.Fatalf("static field at (%d, %d) of trajectory %d is %g", x, y, b, static.Data[x*5+y])
						}
					}
				}
			}
		}
	}
}
