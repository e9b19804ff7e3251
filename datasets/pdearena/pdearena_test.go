//go:build cgo

package pdearena_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/pdearena"
)

func opened(t *testing.T, path string) *pdearena.Dataset {
	t.Helper()
	ds, err := pdearena.Open(filepath.Join("testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ds.Close() })
	return ds
}

// digits is what testdata/make.py stores at an index.
func digits(index ...int) float32 {
	v := 0
	for _, i := range index {
		v = 10*v + i
	}
	return float32(v)
}

var approx = cmpopts.EquateApprox(1e-12, 0)

func TestSmokeIsRead(t *testing.T) {
	ds := opened(t, "NavierStokes2D_train_42_0.50000_3.h5")
	want := eddy.Spec{
		Name: "pdearena-smoke",
		Fields: []eddy.Field{
			{Name: "smoke", At: eddy.Cell}, {Name: "velocity_x", Of: "velocity", Index: []int{0}}, {Name: "velocity_y", Of: "velocity", Index: []int{1}},
		},
		Grid: eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 8, Length: 32, Wall: true}, {Name: "y", Points: 6, Length: 32, Wall: true}}}, Dt: 6, History: 1,
	}
	if diff := cmp.Diff(want, ds.Spec(), approx); diff != "" {
		t.Error(diff)
	}
	// The file's own t runs from 18 to 102, which its dt of 6 contradicts.
	if diff := cmp.Diff([]float64{18, 24, 30, 36, 42}, ds.Times(1), approx); diff != "" {
		t.Error(diff)
	}
	dst := eddy.NewTensor(2, 3, 8, 6)
	if err := ds.Read(t.Context(), dst, 2, 3); err != nil {
		t.Fatal(err)
	}
	for i, got := range dst.Data {
		if want := digits(2, 3+i/144, i%48/6, i%6) + float32(i/48%3)/8; got != want {
			t.Fatalf("element %d: %g, want %g", i, got, want)
		}
	}
}

func TestBuoyancyIsACondition(t *testing.T) {
	ds := opened(t, "NavierStokes2D_cond_valid_7_0.30000.h5")
	if diff := cmp.Diff([]eddy.Param{{Name: "buo_y", Value: 0.3}}, ds.Spec().Params); diff != "" {
		t.Error(diff)
	}
	for traj, want := range []float32{0.3, 0.4} {
		cond := make([]float32, 1)
		if err := ds.Condition(t.Context(), nil, cond, traj); err != nil || cond[0] != want {
			t.Errorf("trajectory %d: %g, error %v", traj, cond[0], err)
		}
	}
}

func TestKuramotoSivashinskyHasAStepALengthAndAViscosityPerTrajectory(t *testing.T) {
	for file, names := range map[string][]string{
		"KS_train_fixed_viscosity.h5": {"dt", "dx"}, "KS_test_conditional_viscosity.h5": {"dt", "dx", "v"},
	} {
		ds := opened(t, file)
		want := eddy.Spec{
			Name: "pdearena-ks", Fields: []eddy.Field{{Name: "u"}}, Dt: 0.2, History: 1,
			Grid: eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 16, Length: 64, Periodic: true}}},
		}
		for i, name := range names {
			want.Params = append(want.Params, eddy.Param{Name: name, Value: []float64{0.196, 62. / 16, 0.5}[i]})
		}
		if diff := cmp.Diff(want, ds.Spec(), approx); diff != "" {
			t.Error(diff)
		}
		for traj := range 3 {
			dt, cond := 0.196+0.004*float64(traj), make([]float32, len(names))
			if err := ds.Condition(t.Context(), nil, cond, traj); err != nil {
				t.Fatal(err)
			}
			values := []float32{float32(dt), float32(62+2*traj) / 16, 0.5 * float32(1+traj)}
			if diff := cmp.Diff(values[:len(names)], cond, cmpopts.EquateApprox(1e-6, 0)); diff != "" {
				t.Error(diff)
			}
			if times := ds.Times(traj); times[0] != 72 || cmp.Diff(72+8*dt, times[8], approx) != "" || len(times) != 9 {
				t.Errorf("times %v", times)
			}
			dst := eddy.NewTensor(3, 1, 16)
			if err := ds.Read(t.Context(), dst, traj, 5); err != nil {
				t.Fatal(err)
			}
			for i, got := range dst.Data {
				if want := 10*digits(traj, 5+i/16) + float32(i%16); got != want {
					t.Fatalf("element %d: %g, want %g", i, got, want)
				}
			}
		}
	}
}

func TestOtherLayoutsAreRefused(t *testing.T) {
	_, err := pdearena.Open("../well/testdata/wave.hdf5")
	if err == nil || !strings.Contains(err.Error(), "not in PDEArena's layout") || !strings.Contains(err.Error(), "wave.hdf5") {
		t.Errorf("a file of The Well gave %v", err)
	}
}
