package ic

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
	"github.com/eddy-pde/eddy/internal/par"
)

// Gaussian is a Gaussian random field with independent Fourier coefficients on a periodic box, whose law does not depend on place:
//
//	u(x) = Σ_k c_k e^{iκ·x},  κ = 2πk/L per axis,  c_k = √(P(|κ|)/2)·(ξ_k − iη_k),  ξ, η ~ N(0, 1),  c_{−k} = conj c_k,  c_0 = √P(0)·ξ_0
//
// so that E|c_k|² = P and the variance at every point is Σ_k P. It is safe for concurrent use.
type Gaussian struct {
	points   int
	modes    []mode
	variance float64

	plan     *dft.Real
	canvases par.Pool[*canvas]
}

// mode is one frequency in the order of drawing.
type mode struct {
	at, opposite int     // where k and −k stand among the coefficients; −1: not stored
	scale        float64 // √(P/2), or √P for the mean
}

// canvas is the scratch memory of one draw.
type canvas struct {
	plan *dft.Real
	c    dft.Planes
}

// NewGaussian is the field with E|c_k|² = power(|κ|) on a periodic grid, κ in radians per unit of length. Frequencies above limit[i]
// along axis i are left out (limit nil: only those that the grid does not resolve, of N/2 and above). Coefficients are drawn shell by shell of max |k_i|, whether
// they are kept or not.
func NewGaussian(grid eddy.Grid, limit []int, power func(kappa float64) float64) (*Gaussian, error) {
	shape := grid.Shape()
	if len(shape) == 0 {
		return nil, errors.New("ic: the grid has no axes, expected at least one")
	}
	for _, a := range grid.Axes {
		if !a.Periodic || a.Points < 1 || !(a.Length > 0) {
			return nil, fmt.Errorf("ic: axis %s has %d points on length %g, periodic: %v; expected a periodic axis with at least one point on a positive length",
				a.Name, a.Points, a.Length, a.Periodic)
		}
	}
	if limit != nil && len(limit) != len(shape) {
		return nil, fmt.Errorf("ic: %d limits of frequencies for %d axes", len(limit), len(shape))
	}
	g := &Gaussian{points: grid.Points(), plan: dft.NewReal(shape...)}
	highest := make([]int, len(shape))
	shells := 0
	for a, n := range shape {
		highest[a] = (n - 1) / 2
		if limit != nil {
			highest[a] = min(highest[a], limit[a])
		}
		shells = max(shells, highest[a])
	}
	kept := g.plan.Shape()
	index := func(k []int, sign int) int {
		i := 0
		for a := range k {
			f := sign * k[a]
			if f < 0 {
				f += shape[a]
			}
			if f >= kept[a] {
				return -1
			}
			i = i*kept[a] + f
		}
		return i
	}
	for s := range shells + 1 {
		shell(len(shape), s, func(k []int) {
			m := mode{at: -1, opposite: -1}
			kappa, held := 0.0, true
			for a, f := range k {
				w := 2 * math.Pi * float64(f) / grid.Axes[a].Length
				kappa = math.Hypot(kappa, w)
				held = held && f <= highest[a] && -f <= highest[a]
			}
			if held {
				p := power(kappa)
				m.at, m.opposite = index(k, 1), index(k, -1)
				if s == 0 {
					m.scale, m.opposite = math.Sqrt(p), -1
					g.variance += p
				} else {
					m.scale = math.Sqrt(p / 2)
					g.variance += 2 * p
				}
			}
			g.modes = append(g.modes, m)
		})
	}
	if math.IsNaN(g.variance) || math.IsInf(g.variance, 0) {
		return nil, fmt.Errorf("ic: the field's variance is %g, expected a finite number: check the parameters of its law", g.variance)
	}
	return g, nil
}

// shell calls f for one of each pair ±k with max |k_i| = s: the one whose last non-zero component is positive.
func shell(dims, s int, f func(k []int)) {
	k := make([]int, dims)
	var walk func(a int, onShell bool)
	walk = func(a int, onShell bool) {
		if a == dims {
			if onShell && upper(k) {
				f(k)
			}
			return
		}
		for k[a] = -s; k[a] <= s; k[a]++ {
			walk(a+1, onShell || k[a] == s || k[a] == -s)
		}
	}
	walk(0, s == 0)
}

// upper reports whether the last non-zero component of k is positive, or k is zero.
func upper(k []int) bool {
	for a := len(k) - 1; a >= 0; a-- {
		if k[a] != 0 {
			return k[a] > 0
		}
	}
	return true
}

// Variance is the field's variance at every point, its mean's variance included.
func (g *Gaussian) Variance() float64 { return g.variance }

// Draw writes one field to dst [1, X…]. It fails with *eddy.ShapeError if dst is not as long as the grid.
func (g *Gaussian) Draw(rng *rand.Rand, dst []float64) error {
	if len(dst) != g.points {
		return &eddy.ShapeError{Op: "ic.Gaussian.Draw", What: "state", Got: []int{len(dst)}, Want: []int{g.points}}
	}
	s := g.canvases.Take(g.newCanvas)
	defer g.canvases.Put(s)
	s.c.Clear()
	for _, m := range g.modes {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		if m.opposite < 0 && m.at < 0 {
			continue
		}
		c := complex(m.scale*a, -m.scale*b)
		if m.at >= 0 {
			s.c.Set(m.at, c)
		}
		if m.opposite >= 0 {
			s.c.Set(m.opposite, complex(real(c), -imag(c)))
		}
	}
	s.c.Im[0] = 0
	s.plan.Inverse(dst, s.c)
	return nil
}

func (g *Gaussian) newCanvas() *canvas {
	return &canvas{plan: g.plan.Clone(), c: dft.NewPlanes(g.plan.Coefficients())}
}
