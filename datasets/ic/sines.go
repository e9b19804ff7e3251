package ic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
)

// Sines is a sum of sine waves with random amplitude, frequency and phase on a periodic interval,
//
//	u(x) = Σ_{i=1…Waves} A_i sin(2π l_i x/L + φ_i),  A ~ U(−Amplitude, Amplitude),  l ~ U{Lowest, …, Highest},  φ ~ U(0, 2π)
//
// With 10 waves, amplitude ½ and frequencies 1 and 2 it is the initial state of the Kuramoto–Sivashinsky sets of Brandstetter et al. (LPSDA, 2022) and
// PDE-Refiner. Its variance at every point is Waves·Amplitude²/6.
type Sines struct {
	Waves           int     // number of waves
	Amplitude       float64 // largest amplitude, in the field's unit
	Lowest, Highest int     // range of frequencies, waves per length
}

// On makes the law's field for a periodic grid of one axis.
func (s Sines) On(grid eddy.Grid) (*SinesField, error) {
	if s.Waves < 0 || s.Lowest < 0 || s.Highest < s.Lowest {
		return nil, fmt.Errorf("ic: %d waves of frequencies %d to %d: expected waves ≥ 0 and 0 ≤ lowest ≤ highest", s.Waves, s.Lowest, s.Highest)
	}
	if len(grid.Axes) != 1 || !grid.Axes[0].Periodic {
		return nil, fmt.Errorf("ic: a sum of sines on a grid %v, expected one periodic axis", grid)
	}
	if n := grid.Axes[0].Points; 2*s.Highest >= n {
		return nil, fmt.Errorf("ic: %d waves per length on %d points: expected fewer than half as many waves as points", s.Highest, n)
	}
	return &SinesField{s, grid.Axes[0].Points}, nil
}

// SinesField is a law of sines on a grid. It is safe for concurrent use.
type SinesField struct {
	law    Sines
	points int
}

// Draw writes one field to dst [1, X]. It fails with *eddy.ShapeError if dst is not as long as the grid.
func (f *SinesField) Draw(rng *rand.Rand, dst []float64) error {
	if len(dst) != f.points {
		return &eddy.ShapeError{Op: "ic.SinesField.Draw", What: "state", Got: []int{len(dst)}, Want: []int{f.points}}
	}
	clear(dst)
	for range f.law.Waves {
		a := f.law.Amplitude * (2*rng.Float64() - 1)
		l := f.law.Lowest + rng.IntN(f.law.Highest-f.law.Lowest+1)
		phase := 2 * math.Pi * rng.Float64()
		for j := range dst {
			// The angle is reduced in integers, so that a point common to two grids has the same value on both.
			dst[j] += a * math.Sin(2*math.Pi*float64(l*j%f.points)/float64(f.points)+phase)
		}
	}
	return nil
}
