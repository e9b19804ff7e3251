package ic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
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

// FilteredVorticity is the law of [Vorticity] with each draw scaled so that the largest component of its velocity at the points of the grid is LargestSpeed, as
// jax-cfd does with 7 for its Kolmogorov flows.
type FilteredVorticity struct {
	Peak         float64 // k0: wavenumber of the peak in units of 2π/L, above 0
	LargestSpeed float64 // in length/time
	Limit        []int   // highest frequency per axis; nil: what the grid resolves
}

// On makes the law's field for a periodic square grid.
func (v FilteredVorticity) On(grid eddy.Grid) (*FilteredField, error) {
	if !(v.LargestSpeed >= 0) {
		return nil, fmt.Errorf("ic: vorticity law with largest speed %g: expected 0 or more", v.LargestSpeed)
	}
	g, err := Vorticity{Peak: v.Peak, Speed: 1, Limit: v.Limit}.On(grid)
	if err != nil {
		return nil, err
	}
	return &FilteredField{g, grid, v.LargestSpeed}, nil
}

// FilteredField is the law on a grid. It is safe for concurrent use.
type FilteredField struct {
	gaussian *Gaussian
	grid     eddy.Grid
	speed    float64
}

// Draw writes one field to dst [1, X, Y]. It fails with *eddy.ShapeError if dst is not as long as the grid.
func (f *FilteredField) Draw(rng *rand.Rand, dst []float64) error {
	if err := f.gaussian.Draw(rng, dst); err != nil {
		return err
	}
	s := f.gaussian.canvases.Take(f.gaussian.newCanvas)
	defer f.gaussian.canvases.Put(s)
	s.plan.Forward(s.c, dst)
	shape, unit := f.grid.Shape(), 2*math.Pi/f.grid.Axes[0].Length
	half := shape[1]/2 + 1
	largest, z, u := 0.0, dft.NewPlanes(s.c.Len()), make([]float64, len(dst))
	for component := range 2 {
		for i := range z.Len() {
			// (u, v) = (iκy, −iκx) ω/κ²
			k := [2]float64{unit * float64(i%half), -unit * float64(dft.Frequency(i/half, shape[0]))}
			k2 := k[0]*k[0] + k[1]*k[1]
			if k2 == 0 {
				z.Set(i, 0)
				continue
			}
			q := k[component] / k2
			z.Re[i], z.Im[i] = -q*s.c.Im[i], q*s.c.Re[i]
		}
		s.plan.Inverse(u, z)
		for _, x := range u {
			largest = max(largest, math.Abs(x))
		}
	}
	for i := range dst {
		dst[i] *= f.speed / largest
	}
	return nil
}
