package pde

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// DamBreak is the shallow-water equations over a flat bed,
//
//	h_t + ∇·(hv) = 0,   (hv)_t + ∇·(hvv) + g∇(h²/2) = 0
//
// from a column of water that is let go: depth Inner within a radius about the middle of the square and Outer beyond, as in PDEBench. State [B, 3, X, Y]: depth and
// velocity at the centres of cells. Method: finite volumes of second order with the HLLC Riemann solver, see the package doc (PDEBench: Clawpack's wave propagation
// with Roe's solver and the same limiter). Water leaves freely across the sides.
//
// PDEBench's files hold the depth alone, from which no solver can go on: take the field "depth". The radius is its one parameter; on n² cells the cells within it
// change at some dozens of values only, so there are no more different trajectories than that (81 on 128²), however many are drawn.
type DamBreak struct {
	Common
	CFL          float64 // dt · Σ_axes (|v| + c)/h of a substep at most
	Gravity      float64 // g
	Inner, Outer float64 // depths
	Radius       float64 // smallest radius of the column
	RadiusTo     float64 // largest one: each trajectory draws its own
}

// DefaultDamBreak is PDEBench's: 128² cells on [−2.5, 2.5]², depths 2 and 1, radius 0.3 to 0.7, a state every 0.01.
func DefaultDamBreak() DamBreak {
	return DamBreak{
		Common: Common{Grid: []int{128, 128}, Dt: 0.01, Length: 5},
		CFL:    0.4, Gravity: 1, Inner: 2, Outer: 1, Radius: 0.3, RadiusTo: 0.7,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (d DamBreak) Problem() (Problem, error) { return d.problem() }

func (d *DamBreak) settings() []setting {
	return append(
		only(d.Common.settings(), "grid", "solve", "dt", "length", "warmup"),
		number("cfl", "part of a cell that the fastest wave covers in a substep at most", &d.CFL),
		number("gravity", "acceleration g", &d.Gravity),
		number("inner", "depth within the radius", &d.Inner),
		number("outer", "depth beyond", &d.Outer),
		number("radius", "smallest radius of the column", &d.Radius),
		number("radius_to", "largest radius: each trajectory draws its own", &d.RadiusTo),
	)
}

func (d *DamBreak) problem() (Problem, error) {
	return d.build(parts{
		name: "swe-dam-break", dims: 2, fields: waterFields(), grid: boxGrid(-d.Length/2, d.Length, nil, d.Grid),
		solver: func(spec eddy.Spec) (eddy.Precise, error) {
			switch {
			case !(d.CFL > 0 && d.CFL <= 0.5):
				return nil, fmt.Errorf("cfl = %g, expected above 0 and at most 0.5", d.CFL)
			case !positive(d.Gravity):
				return nil, fmt.Errorf("gravity = %g, expected a positive number", d.Gravity)
			case !positive(d.Inner) || !positive(d.Outer):
				return nil, fmt.Errorf("inner = %g and outer = %g, expected positive depths", d.Inner, d.Outer)
			case !(d.Radius >= 0) || !(d.RadiusTo >= d.Radius):
				return nil, fmt.Errorf("radius = %g and radius_to = %g, expected 0 or more and no less than that", d.Radius, d.RadiusTo)
			}
			return newGasSolver(spec, d.Solve, water{d.Gravity}, d.CFL)
		},
		initial: func(grid eddy.Grid, _ []int) (datasets.Initial, error) { return &column{grid, d}, nil },
	}, d)
}

func waterFields() []eddy.Field {
	return append([]eddy.Field{{Name: "depth", At: eddy.Cell}}, cellVelocity(2)...)
}

// column is the law of DamBreak.
type column struct {
	grid eddy.Grid
	dam  *DamBreak
}

// Draw writes one state [3, X, Y].
func (c *column) Draw(rng *rand.Rand, dst []float64) error {
	n := c.grid.Points()
	if len(dst) != 3*n {
		return &eddy.ShapeError{Op: "pde: swe-dam-break: Draw", What: "state", Got: []int{len(dst)}, Want: []int{3 * n}}
	}
	radius := c.dam.Radius + (c.dam.RadiusTo-c.dam.Radius)*rng.Float64()
	clear(dst[n:])
	ax, ay := c.grid.Axes[0], c.grid.Axes[1]
	for i := range n {
		dst[i] = c.dam.Outer
		if math.Hypot(centre(ax, i/ay.Points), centre(ay, i%ay.Points)) <= radius {
			dst[i] = c.dam.Inner
		}
	}
	return nil
}

// water is the shallow-water equations: w = (h, v…), q = (h, hv…).
type water struct{ gravity float64 }

func (water) velocity() int { return 1 }

func (water) positive() []int { return []int{0} }

func (water) conserved(q, w [][]float64) {
	copy(q[0], w[0])
	for c := 1; c < len(w); c++ {
		for i, v := range w[c] {
			q[c][i] = w[0][i] * v
		}
	}
}

func (water) primitive(w, q [][]float64) {
	copy(w[0], q[0])
	for c := 1; c < len(q); c++ {
		for i, m := range q[c] {
			w[c][i] = m / q[0][i]
		}
	}
}

func (s water) sound(c []float64, w [][]float64) {
	for i, h := range w[0] {
		c[i] = math.Sqrt(s.gravity * h)
	}
}

// riemann is the HLLC solver (Toro 2001, §10.4) with the wave speeds of Einfeldt.
func (s water) riemann(f, l, r [][]float64) {
	for i, hL := range l[0] {
		hR, uL, uR := r[0][i], l[1][i], r[1][i]
		cL, cR := math.Sqrt(s.gravity*hL), math.Sqrt(s.gravity*hR)
		a, b := math.Sqrt(hL), math.Sqrt(hR)
		u, c := (a*uL+b*uR)/(a+b), math.Sqrt(s.gravity*(hL+hR)/2)
		sL, sR := min(uL-cL, u-c), max(uR+cR, u+c)
		mass, momentum := hL*uL, hL*uL*uL+s.gravity*hL*hL/2
		massR, momentumR := hR*uR, hR*uR*uR+s.gravity*hR*hR/2
		across := (sL*hR*(uR-sR) - sR*hL*(uL-sL)) / (hR*(uR-sR) - hL*(uL-sL)) // speed of the shear wave
		switch {
		case sR <= 0:
			mass, momentum = massR, momentumR
		case sL < 0:
			mass, momentum = (sR*mass-sL*massR+sL*sR*(hR-hL))/(sR-sL), (sR*momentum-sL*momentumR+sL*sR*(hR*uR-hL*uL))/(sR-sL)
		}
		f[0][i], f[1][i] = mass, momentum
		if len(l) > 2 {
			f[2][i] = mass * l[2][i]
			if across < 0 {
				f[2][i] = mass * r[2][i]
			}
		}
	}
}
