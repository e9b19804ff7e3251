//go:build cgo

package tsm_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/tsm"
)

// digits is what testdata/make.py stores at an index.
func digits(index ...int) float32 {
	v := 0
	for _, i := range index {
		v = 10*v + i
	}
	return float32(v)
}

func TestFolderOfTrajectoriesIsRead(t *testing.T) {
	for _, points := range []int{0, 4, 8} {
		ds, err := tsm.OpenResolution("testdata", points)
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		r, add := points, float32(0)
		switch points {
		case 0:
			r = 8
		case 4:
			add = 0.5
		}
		want := eddy.Spec{
			Name: "tsm-kolmogorov",
			Fields: []eddy.Field{
				{Name: "velocity_x", At: eddy.FaceX, Of: "velocity", Index: []int{0}}, {Name: "velocity_y", At: eddy.FaceY, Of: "velocity", Index: []int{1}},
			},
			Grid: eddy.PeriodicGrid(2*math.Pi, r, r), Dt: 0.007012483601762931, History: 1,
		}
		if diff := cmp.Diff(want, ds.Spec()); diff != "" {
			t.Error(diff)
		}
		if ds.Len() != 2 || ds.Frames(1) != 6 {
			t.Fatalf("%d trajectories of %d frames", ds.Len(), ds.Frames(1))
		}
		dst := eddy.NewTensor(3, 2, r, r)
		for traj := range 2 {
			if err := ds.Read(t.Context(), dst, traj, 2); err != nil {
				t.Fatal(err)
			}
			for i, got := range dst.Data {
				p, c, frame := i%(r*r), i/(r*r)%2, 2+i/(2*r*r)
				if want := digits(traj, frame, p/r, p%r) + add + float32(c)/8; got != want {
					t.Fatalf("trajectory %d, element %d: %g, want %g", traj, i, got, want)
				}
			}
		}
	}
}

func TestResolutionsThatAreNotThereAreNamed(t *testing.T) {
	_, err := tsm.OpenResolution("testdata", 16)
	if err == nil || !strings.Contains(err.Error(), "no /full_prefix_16x16; the file has the resolutions [4 8]") {
		t.Errorf("another resolution gave %v", err)
	}
	if _, err = tsm.Open("../well/testdata/wave.hdf5"); err == nil || !strings.Contains(err.Error(), "not in the layout") {
		t.Errorf("a file of The Well gave %v", err)
	}
}
