package ic

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
)

// Matern is the law N(0, σ²(−Δ + τ²I)^{−γ}) on a periodic box, as in the FNO paper (Li et al. 2021): Burgers' initial states have σ = 25, τ = 5, γ = 2 and zero
// mean, those of its Navier–Stokes task σ = 7^{3/4}, τ = 7, γ = 2.5 and zero mean, both on the unit box. The random numbers multiply eigenfunctions that are
// orthonormal in L² of the box.
//
// The authors' Navier–Stokes script draws a field with √2·7^{3/2} where the printed law has σ = 7^{3/4}.
type Matern struct {
	Sigma    float64 // σ: scale, in the field's unit times length^(d/2−2γ/2)
	Tau      float64 // τ: inverse correlation length, in 1/length
	Gamma    float64 // γ: smoothness, dimensionless; above d/2
	ZeroMean bool    // leave the mean out
	Limit    []int   // highest frequency per axis; nil: what the grid resolves
}

// On makes the law's field for a periodic grid.
func (m Matern) On(grid eddy.Grid) (*Gaussian, error) {
	if !(m.Sigma >= 0) || !(m.Tau >= 0) || !(m.Gamma > 0) || (m.Tau == 0 && !m.ZeroMean) {
		return nil, fmt.Errorf("ic: Matern law with σ = %g, τ = %g, γ = %g: expected σ ≥ 0, γ > 0, and τ > 0, or τ = 0 with zero mean", m.Sigma, m.Tau, m.Gamma)
	}
	volume := 1.0
	for _, a := range grid.Axes {
		volume *= a.Length
	}
	return NewGaussian(grid, m.Limit, func(kappa float64) float64 {
		if kappa == 0 && m.ZeroMean {
			return 0
		}
		return m.Sigma * m.Sigma * math.Pow(kappa*kappa+m.Tau*m.Tau, -m.Gamma) / volume
	})
}
