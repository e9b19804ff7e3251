package kernel

import (
	"fmt"
	"math"
	"testing"
)

func mixture(kind Kind) *Mixture {
	return &Mixture{Kind: kind, LogW: []float64{-0.3, 0.4}, LogL: []float64{0.2, -0.5}, Mu: []float64{0.7, 1.9}}
}

// h³ times the next odd derivative bounds the error of the central difference; the derivatives reach (2π·1.9)⁴ ≈ 2e4.
func TestDerivativesMatchCentralDifferences(t *testing.T) {
	const h, tol = 1e-5, 1e-7
	for _, kind := range []Kind{GM, StM} {
		m := mixture(kind)
		for _, d := range []float64{-1.3, -0.2, 0.4, 1.1} {
			for n := 1; n <= 4; n++ {
				want := (m.Eval(d+h, n-1) - m.Eval(d-h, n-1)) / (2 * h)
				if got := m.Eval(d, n); math.Abs(got-want) > tol*(1+2e4) {
					t.Errorf("kind %d, d %g, order %d: %g, central difference %g", kind, d, n, got, want)
				}
			}
		}
	}
}

func TestGradientMatchesCentralDifferences(t *testing.T) {
	const h, tol = 1e-6, 1e-6
	for _, kind := range []Kind{GM, StM} {
		for n := 0; n <= 2; n++ {
			for _, d := range []float64{-0.9, 0.3} {
				m := mixture(kind)
				var g [3][]float64
				for i := range g {
					g[i] = make([]float64, 2)
				}
				m.Gradient(g[0], g[1], g[2], d, n, 1)
				for i, p := range [][]float64{m.LogW, m.LogL, m.Mu} {
					for q := range p {
						old := p[q]
						p[q] = old + h
						up := m.Eval(d, n)
						p[q] = old - h
						want := (up - m.Eval(d, n)) / (2 * h)
						p[q] = old
						if math.Abs(g[i][q]-want) > tol*(1+math.Abs(want)) {
							t.Errorf("kind %d, order %d, parameter %d[%d]: %g, central difference %g", kind, n, i, q, g[i][q], want)
						}
					}
				}
			}
		}
	}
}

func ExampleMixture_Eval() {
	m := &Mixture{Kind: GM, LogW: []float64{0}, LogL: []float64{0}, Mu: []float64{0}}
	fmt.Printf("%.4f %.4f\n", m.Eval(0, 0), m.Eval(0, 2)) // exp(−d²): 1 and −2
	// Output: 1.0000 -2.0000
}
