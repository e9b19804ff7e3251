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
