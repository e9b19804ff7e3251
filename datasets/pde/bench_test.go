package pde_test

import (
	"fmt"
	"testing"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
)

// A batch of KS states side by side, as benchmarks/datasets measures it against exponax.
func BenchmarkKS(b *testing.B) {
	p, err := pde.Named("ks", map[string]string{"grid": "256", "substeps": "100", "dt": "5", "warmup": "0"})
	if err != nil {
		b.Fatal(err)
	}
	for _, states := range []int{1, 4, 8, 16, 64} {
		b.Run(fmt.Sprintf("N=256/B=%d", states), func(b *testing.B) {
			u := make([]float64, states*256)
			for i := range states {
				if err := p.Initial.Draw(datasets.Stream(1, "train", i), u[i*256:(i+1)*256]); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if err := p.Solver.Step64(b.Context(), u, u); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(states)*100*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}

// One solution of the FNO paper's Darcy task on its finest grid, and one of its coefficients.
func BenchmarkDarcy(b *testing.B) {
	p, err := pde.Named("darcy", map[string]string{"grid": "421x421"})
	if err != nil {
		b.Fatal(err)
	}
	a := make([]float64, 421*421)
	b.Run("coefficient", func(b *testing.B) {
		for b.Loop() {
			if err := p.Family.Condition(datasets.Stream(1, "train", 0), a, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	solver, _, err := p.Family.Member(a, nil)
	if err != nil {
		b.Fatal(err)
	}
	u := make([]float64, len(a))
	b.Run("solution", func(b *testing.B) {
		for b.Loop() {
			if err := solver.Step64(b.Context(), u, u); err != nil {
				b.Fatal(err)
			}
		}
	})
}
