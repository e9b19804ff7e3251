//go:build cgo

package pdebench_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/h5"
)

// TestGroupedFilesAreRead reads what testdata/grouped.py wrote as the generators of PDEBench do.
func TestGroupedFilesAreRead(t *testing.T) {
	for _, c := range []struct {
		file, name   string
		fields       []string
		grid         []eddy.Axis
		trajectories int
		frames       int
		dt           float64
		parameters   map[string][2]float64
		conditions   []string
	}{
		{
			file: "2D_diff-react_NA_NA.h5", name: "pdebench-diff-react", fields: []string{"u", "v"}, trajectories: 3, frames: 5, dt: 1.25,
			grid:       []eddy.Axis{{Name: "x", Points: 8, Origin: -1, Length: 2, Wall: true}, {Name: "y", Points: 6, Origin: -1, Length: 2, Wall: true}},
			parameters: map[string][2]float64{"Du": {0.001, 0.001}, "Dv": {0.005, 0.005}, "k": {0.005, 0.005}},
		},
		{
			file: "1D_diff-sorp_NA_NA.h5", name: "pdebench-diff-sorp", fields: []string{"u"}, trajectories: 10, frames: 5, dt: 125,
			grid: []eddy.Axis{{Name: "x", Points: 8, Length: 1}},
			parameters: map[string][2]float64{
				"D": {0.0005, 0.0005}, "por": {0.29, 0.29}, "rho_s": {2880, 2880}, "k_f": {0.00035, 0.00035}, "n_f": {0.874, 0.874}, "sol": {1, 1},
			},
		},
		{
			file: "2D_rdb_NA_NA.h5", name: "pdebench-rdb", fields: []string{"h"}, trajectories: 3, frames: 5, dt: 0.25,
			grid:       []eddy.Axis{{Name: "x", Points: 8, Origin: -2.5, Length: 5}, {Name: "y", Points: 6, Origin: -2.5, Length: 5}},
			parameters: map[string][2]float64{"gravity": {1, 1}, "dam_radius": {0.3, 0.55}, "inner_height": {2, 2}}, conditions: []string{"dam_radius"},
		},
		{
			// The last of five frames was not written.
			file: "ns_incom_inhom_2d_512-0.h5", name: "pdebench-ns-incom", fields: []string{"velocity_x", "velocity_y", "particles"}, trajectories: 2, frames: 4, dt: 0.005,
			grid:       []eddy.Axis{{Name: "x", Points: 8, Length: 1}, {Name: "y", Points: 6, Length: 1}},
			parameters: map[string][2]float64{"NU": {0.01, 0.01}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			ds := opened(t, filepath.Join("testdata", c.file))
			spec := ds.Spec()
			if spec.Name != c.name || ds.Len() != c.trajectories || ds.Frames(0) != c.frames {
				t.Fatalf("%s, %d trajectories of %d frames", spec.Name, ds.Len(), ds.Frames(0))
			}
			approx := cmpopts.EquateApprox(0, 1e-6)
			for what, diff := range map[string]string{
				"fields": cmp.Diff(c.fields, spec.FieldNames()), "grid": cmp.Diff(c.grid, spec.Grid.Axes, approx), "dt": cmp.Diff(c.dt, spec.Dt, approx),
				"parameters": cmp.Diff(c.parameters, ds.Parameters()),
			} {
				if diff != "" {
					t.Errorf("%s: %s", what, diff)
				}
			}
			var conditions []string
			for _, p := range spec.Params {
				conditions = append(conditions, p.Name)
			}
			if diff := cmp.Diff(c.conditions, conditions); diff != "" {
				t.Error(diff)
			}
			grid, add := spec.Grid.Shape(), map[string]float32{"v": 0.125, "velocity_y": 0.125, "particles": 0.5}
			dst := eddy.NewTensor(append([]int{2}, spec.FrameShape()...)...)
			for traj := range ds.Len() {
				if err := ds.Read(t.Context(), dst, traj, 2); err != nil {
					t.Fatal(err)
				}
				for i, got := range dst.Data {
					p, rest := i%spec.Grid.Points(), i/spec.Grid.Points()
					at := []int{traj, 2 + rest/len(c.fields), p}
					if len(grid) == 2 {
						at = append(at[:2], p/grid[1], p%grid[1])
					}
					if want := ramp(at...) + add[c.fields[rest%len(c.fields)]]; got != want {
						t.Fatalf("trajectory %d, element %d: %g, want %g", traj, i, got, want)
					}
				}
			}
		})
	}
}

// TestTimesAreThoseOfTheFrames stores more times than frames: those of the solver's steps, or the edge behind the last frame.
func TestTimesAreThoseOfTheFrames(t *testing.T) {
	for stored, want := range map[int][]float64{5: {0, 1, 2, 3, 4}, 6: {0, 1, 2, 3, 4}, 21: {0, 5, 10, 15, 20}, 22: {0, 1, 2, 3, 4}} {
		path := filepath.Join(t.TempDir(), "1D_diff-sorp_NA_NA.h5")
		f, err := h5.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range []string{"/0000", "/0000/grid"} {
			if err := f.CreateGroup(group); err != nil {
				t.Fatal(err)
			}
		}
		for name, shape := range map[string][]int{"/0000/data": {5, 8, 1}, "/0000/grid/x": {8}, "/0000/grid/t": {stored}} {
			d, err := f.CreateDataset(name, h5.Layout{Shape: shape, Type: h5.Float32})
			if err != nil {
				t.Fatal(err)
			}
			v := make([]float64, d.Whole().Size())
			for i := range v {
				v[i] = float64(i)
			}
			if err := h5.Write(d, v, d.Whole()); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, opened(t, path).Times(0)); diff != "" {
			t.Errorf("%d stored times: %s", stored, diff)
		}
	}
}

func TestForceOfIncompressibleFlowIsStatic(t *testing.T) {
	ds := opened(t, "testdata/ns_incom_inhom_2d_512-0.h5")
	static := eddy.NewTensor(2, 8, 6)
	if err := ds.Condition(t.Context(), static, nil, 1); err != nil {
		t.Fatal(err)
	}
	for i, got := range static.Data {
		if want := ramp(1, i%48/6, i%6) + float32(i/48)/8; got != want {
			t.Fatalf("element %d: %g, want %g", i, got, want)
		}
	}
}

func TestRadiusOfTheDamIsThatOfTheTrajectory(t *testing.T) {
	ds := opened(t, "testdata/2D_rdb_NA_NA.h5")
	for traj, want := range []float32{0.3, 0.425, 0.55} {
		cond := make([]float32, 1)
		if err := ds.Condition(t.Context(), nil, cond, traj); err != nil || cond[0] != want {
			t.Errorf("trajectory %d: %g, error %v", traj, cond[0], err)
		}
	}
}
