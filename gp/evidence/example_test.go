package evidence_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy/gp/evidence"
)

// Coefficients of which a band is signal and the rest noise: the fit finds the noise and where the signal is.
func ExampleFit() {
	rng := rand.New(rand.NewPCG(1, 0))
	const n = 400
	d := &evidence.Data{F: make([]float64, n), Mu: make([]float64, n), Frequency: [][]float64{make([]float64, n)}, Unit: []float64{1}, Noise: -1}
	for i := range n {
		d.Frequency[0][i], d.Mu[i] = float64(i), 1
		z := (float64(i) - 80) / 12
		d.F[i] = math.Sqrt(100*math.Exp(-z*z/2)+0.04) * rng.NormFloat64()
	}
	p := evidence.Fit(d, 4, 200)
	variance := make([]float64, n)
	p.Variance(variance, d)
	fmt.Printf("noise about 0.2: %t\n", math.Abs(math.Sqrt(p.Noise)-0.2) < 0.02)
	fmt.Printf("signal at 80, none at 300: %t, %t\n", variance[80] > 10, variance[300] < 0.01)
	// Output:
	// noise about 0.2: true
	// signal at 80, none at 300: true, true
}
