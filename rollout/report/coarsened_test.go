package report_test

import (
	"math"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/report"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

func cells(points ...int) eddy.Spec {
	return eddy.Spec{Fields: []eddy.Field{{Name: "density", At: eddy.Cell}, {Name: "pressure", At: eddy.Cell}}, Grid: eddy.PeriodicGrid(1, points...), Dt: 0.5, History: 1}
}

func TestACoarsenedModelKeepsMeansAndLosesNothingBetweenSteps(t *testing.T) {
	for _, grid := range [][]int{{24}, {12, 8}, {8, 4, 4}} {
		half := make([]int, len(grid))
		for i, n := range grid {
			half[i] = n / 2
		}
		for _, periodic := range []bool{true, false} {
			fine, coarse := cells(grid...), cells(half...)
			for i := range fine.Grid.Axes {
				fine.Grid.Axes[i].Periodic, coarse.Grid.Axes[i].Periodic = periodic, periodic
			}
			m, err := report.Coarsened(rollout.NewPersistence(coarse), fine)
			if err != nil {
				t.Fatal(err)
			}
			rollouttest.Model(t, m)
			in := eddy.Input{U: eddy.NewTensor(append([]int{1, 1}, fine.FrameShape()...)...)}
			for i := range in.U.Data {
				in.U.Data[i] = float32(math.Sin(float64(i)) + float64(i%5))
			}
			tr, err := rollout.Run(t.Context(), m, in, 5)
			if err != nil {
				t.Fatal(err)
			}
			first, last := tr.Frames.Row(0).Row(1), tr.Frames.Row(0).Row(5)
			for c := range 2 {
				before, after := 0.0, 0.0
				for i, v := range first.Row(c).Data {
					before, after = before+float64(in.U.Row(0).Row(0).Row(c).Data[i]), after+float64(v)
					if d := math.Abs(float64(v - last.Row(c).Data[i])); d > 1e-5 {
						t.Fatalf("grid %v: a state that stands still has moved by %g", grid, d)
					}
				}
				if math.Abs(before-after) > 1e-4 {
					t.Errorf("grid %v: the sum of the cells was %g and is %g", grid, before, after)
				}
			}
		}
	}
}

func TestWhatCannotBeCoarsenedIsNamed(t *testing.T) {
	nodes := cells(8)
	nodes.Fields[1].At = eddy.Node
	coarseNodes := cells(4)
	other := cells(4)
	other.Dt = 1
	for _, c := range []struct {
		coarse, fine eddy.Spec
		want         string
	}{
		{cells(5), cells(8), "5 cells of axis x are not made of 8"},
		{coarseNodes, nodes, "field pressure is not at cells"},
		{other, cells(8), "time step"},
	} {
		if _, err := report.Coarsened(rollout.NewPersistence(c.coarse), c.fine); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %q", err, c.want)
		}
	}
}
