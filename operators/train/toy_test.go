package train

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// exponential is data whose logarithms are those of m.
func exponential(m *memory) *memory {
	for _, u := range m.trajs {
		for i, v := range u.Data {
			u.Data[i] = float32(math.Exp(float64(v)))
		}
	}
	return m
}

// With normalise.log a linear network finds the exponents of a law of powers, as it finds the matrix of a linear law without: u' = exp(A ln u).
func TestLawOfPowersIsRecoveredFromLogarithms(t *testing.T) {
	for _, target := range []string{"state", "residual"} {
		t.Run(target, func(t *testing.T) {
			c := DefaultConfig()
			c.Objective.Target, c.Normalise.Log = target, []string{"a", "b"}
			c.Optim = Optim{LR: 0.03, Warmup: 20, EMA: 0}
			c.Train.Steps, c.Train.Batch = 1500, 16
			net := newLinear(3, 2, 2)
			tr := must(New(net, c))(t)
			rep, err := tr.Fit(t.Context(), exponential(toy(1, 16, 9, 8)), exponential(toy(2, 4, 9, 8)))
			if err != nil {
				t.Fatal(err)
			}
			meta := tr.state.Meta
			if diff := cmp.Diff([]bool{true, true}, meta.Normaliser.Log); diff != "" {
				t.Fatal(diff)
			}
			const tol = 2e-4 // as for the linear law
			w := net.layer.W.Data()
			for i := range 2 {
				for j := range 2 {
					got := float64(w[2*i+j])
					if target == "residual" {
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
			// The Predictor speaks of u, not of ln u.
			if v := rep.Validation; v == nil || v.OneStep > 1e-3 || v.Rollout > 1e-2 {
				t.Errorf("validation %+v", v)
			}
		})
	}
}

// The unit of a residual of logarithms is the change of the logarithm: what the same data have without one when they are its logarithms.
func TestUnitOfLogarithmicResiduals(t *testing.T) {
	c := quick(1)
	c.Objective.Target = "residual"
	want := must(Describe(t.Context(), toy(1, 3, 6, 8), 1, c))(t)
	c.Normalise.Log = []string{"a", "b"}
	got := must(Describe(t.Context(), exponential(toy(1, 3, 6, 8)), 1, c))(t)
	for i, w := range want.ResidualScale {
		if w == 1 || math.Abs(got.ResidualScale[i]/w-1) > 1e-5 { // float32 data
			t.Errorf("field %d: unit %g, want %g", i, got.ResidualScale[i], w)
		}
	}
}

func TestLogarithmsAreRefusedWhereThereAreNone(t *testing.T) {
	c := quick(1)
	c.Normalise.Log = []string{"a"}
	if _, err := Describe(t.Context(), toy(1, 2, 3, 8), 1, c); err == nil || !strings.Contains(err.Error(), `normalise.log names "a", of which`) || !strings.Contains(err.Error(), "not positive, the least is -") {
		t.Errorf("values below 0: %v", err)
	}
	c.Normalise.Log = []string{"density"}
	if _, err := Describe(t.Context(), toy(1, 2, 3, 8), 1, c); err == nil || !strings.Contains(err.Error(), `names "density", the data has ["a" "b"]`) {
		t.Errorf("an unknown field: %v", err)
	}
	c.Normalise.Log = []string{"a", "a"}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), `normalise.log names "a" twice`) {
		t.Errorf("a name twice: %v", err)
	}
	made := c
	made.Normalise.Log = nil
	if err := c.checkResume(made); err == nil || !strings.Contains(err.Error(), "normalise.log") {
		t.Errorf("resumed without it: %v", err)
	}
}
