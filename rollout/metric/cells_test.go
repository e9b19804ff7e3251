package metric_test

import (
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// The stagnation flow (x, −y) has no divergence, whichever way its points lie on axes with different numbers of them.
func TestDerivativesBetweenWallsKnowWhereFieldsSit(t *testing.T) {
	for _, at := range []eddy.Location{eddy.Node, eddy.Cell} {
		spec := eddy.Spec{
			Fields: []eddy.Field{{Name: "velocity_x", At: at, Of: "velocity", Index: []int{0}}, {Name: "velocity_y", At: at, Of: "velocity", Index: []int{1}}},
			Grid:   eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 5, Length: 2, Wall: true}, {Name: "y", Points: 9, Length: 1, Wall: true}}}, Dt: 1,
		}
		u, x, y := eddy.NewTensor(1, 2, 5, 9), spec.Coordinates(0), spec.Coordinates(1)
		for i := range x {
			for j := range y {
				u.Data[i*9+j], u.Data[45+i*9+j] = float32(x[i]), -float32(y[j])
			}
		}
		got := make([]float64, 1)
		if err := metric.NewPlan(spec).Divergence(got, u); err != nil {
			t.Fatal(err)
		}
		if got[0] > 1e-6 {
			t.Errorf("fields at %s: divergence %g of the gradient, expected 0", at, got[0])
		}
	}
}
