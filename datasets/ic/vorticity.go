package ic

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
)

// Vorticity is a Gaussian vorticity field on a periodic square whose velocity has energy around one wavenumber, with the log-normal filter of jax-cfd's
// filtered velocity field (google/jax-cfd, base/initial_conditions.py):
//
//	E|û_k|² ∝ S(k)²,  S(k) = exp(−(ln k0 + σ² − ln k)²/(2σ²) − ln k)/k,  σ² = ¼,  k in units of 2π/L
//
// jax-cfd scales every draw to a given largest speed; here the law is scaled to a root mean square speed, so that the field is Gaussian and does not depend on
// the grid.
type Vorticity struct {
	Peak  float64 // k0: wavenumber of the peak in units of 2π/L, above 0
	Speed float64 // root mean square of |velocity|, in length/time
	Limit []int   // highest frequency per axis; nil: what the grid resolves
}

// spread is σ² of the log-normal filter.
const spread = 0.25

// On makes the law's field for a periodic square grid.
func (v Vorticity) On(grid eddy.Grid) (*Gaussian, error) {
	if !(v.Peak > 0) || !(v.Speed >= 0) {
		return nil, fmt.Errorf("ic: vorticity law with peak %g and speed %g: expected peak > 0, speed ≥ 0", v.Peak, v.Speed)
	}
	if len(grid.Axes) != 2 || grid.Axes[0].Length != grid.Axes[1].Length {
		return nil, fmt.Errorf("ic: vorticity law on a grid %v, expected two axes of equal length", grid)
	}
	filter := func(k float64) float64 {
		d := math.Log(v.Peak) + spread - math.Log(k)
		return math.Exp(-d*d/(2*spread)-math.Log(k)) / k
	}
	// The scale comes from all frequencies that matter, whatever the grid.
	reach, energy := int(math.Ceil(32*v.Peak)), 0.0
	for i := -reach; i <= reach; i++ {
		for j := -reach; j <= reach; j++ {
			if i != 0 || j != 0 {
				s := filter(math.Hypot(float64(i), float64(j)))
				energy += s * s
			}
		}
	}
	unit := 2 * math.Pi / grid.Axes[0].Length
	return NewGaussian(grid, v.Limit, func(kappa float64) float64 {
		if kappa == 0 {
			return 0
		}
		s := v.Speed * kappa * filter(kappa/unit)
		return s * s / energy
	})
}
