package ic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
)

// PDEBench is the law of the initial states of PDEBench's one-dimensional sets (advection, Burgers, reaction–diffusion; Takamoto et al. 2022) on a periodic interval,
//
//	u(x) = Σ_{i=1…4} a_i sin(2π m_i i x/L + φ_i),  a ~ U(0, 1),  φ ~ U(0, 2π)
//
// where m_i counts how often i came in two draws from {1, 2, 3, 4}: two waves in general, one of twice the frequency where both draws are equal, and a constant
// a_i sin φ_i from each of the others, so that states have a random mean. One state in ten is replaced by its magnitude, each gets a random sign, and one in ten is
// multiplied by a smooth window with edges in (0.1, 0.45) and (0.55, 0.9) of the interval.
//
// PDEBench's script takes the distance of the first and the last point for L, which makes its waves miss their beginning by one point; here they are periodic.
type PDEBench struct{}

// On makes the law's field for a periodic grid of one axis.
func (p PDEBench) On(grid eddy.Grid) (*PDEBenchField, error) {
	if len(grid.Axes) != 1 || !grid.Axes[0].Periodic {
		return nil, fmt.Errorf("ic: PDEBench's waves on a grid %v, expected one periodic axis", grid)
	}
	if n := grid.Axes[0].Points; n <= 16 {
		return nil, fmt.Errorf("ic: PDEBench's waves on %d points, expected more than 16: they have up to 8 waves per length", n)
	}
	return &PDEBenchField{grid.Axes[0].Points}, nil
}

// PDEBenchField is PDEBench's law on a grid. It is safe for concurrent use.
type PDEBenchField struct{ points int }

// windowWidth is the width of the window's edges, as a fraction of the interval.
const windowWidth = 0.01

// Draw writes one field to dst [1, X]. It fails with *eddy.ShapeError if dst is not as long as the grid.
func (f *PDEBenchField) Draw(rng *rand.Rand, dst []float64) error {
	if len(dst) != f.points {
		return &eddy.ShapeError{Op: "ic.PDEBenchField.Draw", What: "state", Got: []int{len(dst)}, Want: []int{f.points}}
	}
	const waves, draws, rare = 4, 2, 0.1
	var times [waves]int
	for range draws {
		times[rng.IntN(waves)]++
	}
	clear(dst)
	for i, m := range times {
		a, phase := rng.Float64(), 2*math.Pi*rng.Float64()
		for j := range dst {
			// The angle is reduced in integers, so that a point common to two grids has the same value on both.
			dst[j] += a * math.Sin(2*math.Pi*float64(m*(i+1)*j%f.points)/float64(f.points)+phase)
		}
	}
	magnitude, sign := rng.Float64() < rare, 1.0
	if rng.IntN(2) == 0 {
		sign = -1
	}
	window := rng.Float64() < rare
	from, to := 0.1+0.35*rng.Float64(), 0.55+0.35*rng.Float64()
	for j, u := range dst {
		if magnitude {
			u = math.Abs(u)
		}
		if window {
			x := float64(j) / float64(f.points)
			u *= (math.Tanh((x-from)/windowWidth) - math.Tanh((x-to)/windowWidth)) / 2
		}
		dst[j] = sign * u
	}
	return nil
}
