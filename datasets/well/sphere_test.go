//go:build cgo

package well_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/well"
)

// valueOf is a value that no error came with.
func valueOf[V any](t *testing.T, v V, err error) V {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSphericalFileIsReadAndLabelled reads what testdata/sphere.py wrote.
func TestSphericalFileIsReadAndLabelled(t *testing.T) {
	ds := opened(t, "testdata/sphere.hdf5")
	velocity := func(suffix string, i int) eddy.Field {
		return eddy.Field{Name: "velocity_" + suffix, Of: "velocity", Index: []int{i}}
	}
	want := eddy.Spec{
		Name:    "sphere",
		Fields:  []eddy.Field{{Name: "density"}, velocity("r", 0), velocity("theta", 1), velocity("phi", 2)},
		Statics: []eddy.Field{{Name: "gravity"}},
		Params:  []eddy.Param{{Name: "dt", Value: 0.1}},
		Grid: eddy.Grid{Axes: []eddy.Axis{
			{Name: "r", Points: 5, Origin: 1, Length: 15, Wall: true},
			{Name: "theta", Points: 3, Origin: math.Pi / 6, Length: 2 * math.Pi / 3},
			{Name: "phi", Points: 4, Length: 2 * math.Pi, Periodic: true},
		}},
		Dt: 0.11, History: 1,
	}
	if diff := cmp.Diff(want, ds.Spec(), cmpopts.EquateApprox(1e-6, 0)); diff != "" {
		t.Error(diff)
	}
	if ds.GridType() != "spherical" || ds.Uniform(0) || !ds.Uniform(1) || !ds.Uniform(2) {
		t.Errorf("grid type %q, uniform %v, %v, %v", ds.GridType(), ds.Uniform(0), ds.Uniform(1), ds.Uniform(2))
	}
	if diff := cmp.Diff([]float64{1, 2, 4, 8, 16}, ds.Coordinates(0)); diff != "" {
		t.Error(diff)
	}
	dst, static := eddy.NewTensor(2, 4, 5, 3, 4), eddy.NewTensor(1, 5, 3, 4)
	for traj := range 2 {
		if err := ds.Read(t.Context(), dst, traj, 2); err != nil {
			t.Fatal(err)
		}
		for i, got := range dst.Data {
			p, c, frame := i%60, i/60%4, 2+i/240
			want := float32(10000*traj + 1000*frame + 100*(p/12) + 10*(p/4%3) + p%4)
			if c > 0 {
				want += float32(c-1) / 8
			}
			if got != want {
				t.Fatalf("trajectory %d, element %d: %g, want %g", traj, i, got, want)
			}
		}
		cond := make([]float32, 1)
		if err := ds.Condition(t.Context(), static, cond, traj); err != nil || math.Abs(float64(cond[0])-[]float64{0.1, 0.12}[traj]) > 1e-6 {
			t.Errorf("dt of trajectory %d is %g, error %v", traj, cond[0], err)
		}
		for p, got := range static.Data {
			if got != float32(p/12) {
				t.Fatalf("static field at %d: %g", p, got)
			}
		}
	}
}

func TestTrajectoriesHaveTheirOwnTimes(t *testing.T) {
	ds := opened(t, "testdata/sphere.hdf5")
	for traj, want := range [][]float64{{0.5, 0.6, 0.7, 0.8}, {0, 0.12, 0.24, 0.36}} {
		if diff := cmp.Diff(want, ds.Times(traj), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestBoundariesAreRead(t *testing.T) {
	ds := opened(t, "testdata/sphere.hdf5")
	want := []well.Boundary{
		{Name: "phi", Kind: "PERIODIC", Axes: []string{"phi"}},
		{Name: "r_inflow", Kind: "WALL", Axes: []string{"r"}, Fields: []string{"density"}, Sample: true, Time: true},
		{Name: "theta", Kind: "OPEN", Axes: []string{"theta"}},
	}
	if diff := cmp.Diff(want, ds.Boundaries(), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if s := want[1].String(); s != "r wall (density)" {
		t.Errorf("the boundary is described as %q", s)
	}
	for name, want := range map[string][]bool{"r_inflow": {true, false, false, false, true}, "phi": {true, false, false, true}} {
		mask, err := ds.Mask(name, 1, 3)
		if diff := cmp.Diff(want, valueOf(t, mask, err)); diff != "" {
			t.Error(diff)
		}
	}
	values, err := ds.Prescribed("r_inflow", 1, 3)
	if diff := cmp.Diff([]float64{130, 131}, valueOf(t, values, err)); diff != "" {
		t.Error(diff)
	}
	if values, err := ds.Prescribed("theta", 0, 0); values != nil || err != nil {
		t.Errorf("a boundary without values has %v, error %v", values, err)
	}
	if _, err := ds.Mask("north", 0, 0); err == nil || !strings.Contains(err.Error(), `no boundary "north"`) {
		t.Errorf("an unknown boundary gave %v", err)
	}
}

func TestScalarsThatChangeInTimeAreSignals(t *testing.T) {
	ds := opened(t, "testdata/sphere.hdf5")
	if diff := cmp.Diff([]string{"drive", "beat"}, ds.Signals()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string][]float64{"drive": {10, 11, 12, 13}, "beat": {0, 1, 2, 3}} {
		values, err := ds.Signal(name, 1)
		if diff := cmp.Diff(want, valueOf(t, values, err)); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := ds.Signal("mass", 0); err == nil || !strings.Contains(err.Error(), `["drive" "beat"]`) {
		t.Errorf("a scalar that does not change gave %v", err)
	}
}

func TestRootOfADataSetOfTheWellNamesItsSplits(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "data", "train"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := well.Open(dir); err == nil || !strings.Contains(err.Error(), "{train,valid,test}: name one of these") {
		t.Errorf("the folder above the splits gave %v", err)
	}
}
