package train

import (
	"testing"
)

// A linear network finds the matrix of a linear law. With z-score normalisation the matrix is D⁻¹AD with D the scales, and AdamW's rate falls to 0, so the end
// is as exact as float32 data allow.
func TestLinearLawIsRecovered(t *testing.T) {
	for _, target := range []string{"state", "residual"} {
		t.Run(target, func(t *testing.T) {
			data := toy(1, 16, 9, 8)
			c := DefaultConfig()
			c.Objective.Target = target
			c.Optim = Optim{LR: 0.03, Warmup: 20, EMA: 0}
			c.Train.Steps, c.Train.Batch = 1500, 16
			net := newLinear(3, 2, 2)
			tr := must(New(net, c))(t)
			rep, err := tr.Fit(t.Context(), data, toy(2, 4, 9, 8))
			if err != nil {
				t.Fatal(err)
			}
			const tol = 2e-4 // of entries of order 1
			meta := tr.state.Meta
			w := net.layer.W.Data()
			for i := range 2 {
				for j := range 2 {
					got := float64(w[2*i+j])
					if target == "residual" { // s = I + R·W
						got *= meta.ResidualScale[i]
						if i == j {
							got++
						}
					}
					got *= meta.Normaliser.Scale[i] / meta.Normaliser.Scale[j]
					if !near(got, rotation[i][j], tol) {
						t.Errorf("A[%d][%d] = %.6f, want %.6f", i, j, got, rotation[i][j])
					}
				}
			}
			if v := rep.Validation; v == nil || v.OneStep > 1e-3 || v.Rollout > 5e-3 || v.Trajectories != 4 || v.Horizon != 8 {
				t.Errorf("validation %+v", v)
			}
		})
	}
}
