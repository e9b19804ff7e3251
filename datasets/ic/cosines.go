package ic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
)

// Cosines is a Gaussian random field whose derivative vanishes at the ends of every axis, on a box that is not periodic,
//
//	u(x) = Σ_k c_k Π_a cos(π k_a x_a/L_a),  k_a ≥ 0,  c_k ~ N(0, P(k))
//
// with independent coefficients. It is safe for concurrent use.
type Cosines struct {
	scale  []float64   // √P by frequency, [n…]
	waves  [][]float64 // per axis [points][n]: cos(πkx/L)
	counts []int       // n per axis
	points int
}

// NewCosines is the field with E c_k² = power(k, |κ|), κ = πk/L per axis in radians per unit of length, for the frequencies 0 … limit[a] of each axis. Values sit at the
// centres of the grid's cells or at its nodes, ends included.
func NewCosines(grid eddy.Grid, at eddy.Location, limit []int, power func(k []int, kappa float64) float64) (*Cosines, error) {
	if len(grid.Axes) == 0 || len(limit) != len(grid.Axes) {
		return nil, fmt.Errorf("ic: %d limits of frequencies for %d axes", len(limit), len(grid.Axes))
	}
	f := &Cosines{points: grid.Points()}
	total := 1
	for a, axis := range grid.Axes {
		if axis.Periodic || axis.Points < 1 || !(axis.Length > 0) || limit[a] < 0 {
			return nil, fmt.Errorf("ic: axis %s has %d points on length %g, periodic: %v, frequencies up to %d; expected one that is not periodic",
				axis.Name, axis.Points, axis.Length, axis.Periodic, limit[a])
		}
		n := limit[a] + 1
		w := make([]float64, axis.Points*n)
		for j := range axis.Points {
			x := (float64(j) + 0.5) / float64(axis.Points)
			if at != eddy.Cell {
				x = float64(j) / float64(max(axis.Points-1, 1))
			}
			for k := range n {
				w[j*n+k] = math.Cos(math.Pi * float64(k) * x)
			}
		}
		f.waves, f.counts = append(f.waves, w), append(f.counts, n)
		total *= n
	}
	k := make([]int, len(f.counts))
	variance := 0.0
	for i := range total {
		rest, kappa := i, 0.0
		for a := len(k) - 1; a >= 0; a-- {
			k[a], rest = rest%f.counts[a], rest/f.counts[a]
			kappa = math.Hypot(kappa, math.Pi*float64(k[a])/grid.Axes[a].Length)
		}
		p := power(k, kappa)
		variance += p
		f.scale = append(f.scale, math.Sqrt(p))
	}
	if math.IsNaN(variance) || math.IsInf(variance, 0) {
		return nil, fmt.Errorf("ic: the field's variance is %g, expected a finite number: check the parameters of its law", variance)
	}
	return f, nil
}

// Draw writes one field to dst [1, X…]. It fails with *eddy.ShapeError if dst is not as long as the grid.
func (f *Cosines) Draw(rng *rand.Rand, dst []float64) error {
	if len(dst) != f.points {
		return &eddy.ShapeError{Op: "ic.Cosines.Draw", What: "state", Got: []int{len(dst)}, Want: []int{f.points}}
	}
	c := make([]float64, len(f.scale))
	for i, s := range f.scale {
		c[i] = s * rng.NormFloat64()
	}
	// One axis after the other: [n_1, …, n_a, …] · waves → [n_1, …, points_a, …], the last axis first.
	inner := 1
	for a := len(f.counts) - 1; a >= 0; a-- {
		n, w := f.counts[a], f.waves[a]
		points := len(w) / n
		outer := len(c) / (n * inner)
		next := make([]float64, outer*points*inner)
		for o := range outer {
			for j := range points {
				row := next[(o*points+j)*inner : (o*points+j+1)*inner]
				for k, x := range w[j*n : (j+1)*n] {
					for i, v := range c[(o*n+k)*inner : (o*n+k+1)*inner] {
						row[i] += x * v
					}
				}
			}
		}
		c, inner = next, inner*points
	}
	copy(dst, c)
	return nil
}

// WhiteNoise is the law of independent normal values of variance 1 in each of the cells of a coarse grid, continued to a grid of finer ones by the cosine series
// through them: the initial states of PDEBench's diffusion–reaction set.
func WhiteNoise(grid eddy.Grid, cells []int) (*Cosines, error) {
	limit := make([]int, len(cells))
	for a, n := range cells {
		limit[a] = n - 1
	}
	return NewCosines(grid, eddy.Cell, limit, func(k []int, _ float64) float64 {
		p := 1.0
		for a, f := range k {
			p /= float64(cells[a])
			if f > 0 {
				p *= 2
			}
		}
		return p
	})
}

// InsulatedMatern is the law N(0, σ²(−Δ + τ²I)^{−γ}) with vanishing derivative at the boundary, without its mean: with σ = 3, τ = 3, γ = 2 on the unit square the sign
// of it is that of the FNO paper's Darcy coefficients (Li et al. 2021), whose law the scale does not change.
func InsulatedMatern(grid eddy.Grid, at eddy.Location, sigma, tau, gamma float64) (*Cosines, error) {
	if !(sigma >= 0) || !(tau >= 0) || !(gamma > 0) {
		return nil, fmt.Errorf("ic: Matern law with σ = %g, τ = %g, γ = %g: expected σ, τ ≥ 0 and γ > 0", sigma, tau, gamma)
	}
	limit, volume := grid.Shape(), 1.0
	for a := range limit {
		limit[a]--
		volume *= grid.Axes[a].Length
	}
	return NewCosines(grid, at, limit, func(k []int, kappa float64) float64 {
		if kappa == 0 {
			return 0
		}
		p := sigma * sigma * math.Pow(kappa*kappa+tau*tau, -gamma) / volume
		for _, f := range k {
			if f > 0 {
				p *= 2 // √2 cos(πkx/L) has norm 1
			}
		}
		return p
	})
}
