package pde

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
	"github.com/eddy-pde/eddy/internal/dft"
)

// RotatingWater is the shallow-water equations on a periodic square that rotates, in vector-invariant form (Vallis 2017, §3.1),
//
//	u_t = (ζ + f) v − ∂x(g h + |v|²/2) + D u
//	v_t = −(ζ + f) u − ∂y(g h + |v|²/2) + D v,   ζ = ∂x v − ∂y u
//	h_t = −∂x(h u) − ∂y(h v) + D h,   D = −ν (−Δ)^order
//
// State [B, 3, X, Y]: depth h and velocity (u, v) at nodes. All products are quadratic, so that dealiasing makes them exact; they and the gravity waves are stepped
// by the Runge–Kutta part of ETDRK4, whose substeps follow √(g h) + |v|. Mass is conserved to rounding, energy up to D and the step.
//
// Initial states are flows of random vorticity in geostrophic balance, f (u, v) = g (−∂y h, ∂x h): eddies that move slowly and send out few waves. With f = 0 the
// surface is level at first.
type RotatingWater struct {
	Common
	Gravity      float64 // g
	Coriolis     float64 // f, in 1/time
	Depth        float64 // mean depth H
	Order        int     // of D: 1 viscosity, 2 biharmonic
	Peak         float64 // wavenumber of the initial flow's energy, in units of 2π/Length
	InitialSpeed float64 // root mean square speed of the initial flow
}

// DefaultRotatingWater has g = H = 1, f = 4 and a speed of 0.1 on side 2π with 128² points, a state every 0.1.
func DefaultRotatingWater() RotatingWater {
	return RotatingWater{
		Common:  Common{Grid: []int{128, 128}, Dt: 0.1, Length: 2 * math.Pi, Viscosity: 1e-6, Warmup: 0},
		Gravity: 1, Coriolis: 4, Depth: 1, Order: 2, Peak: 4, InitialSpeed: 0.1,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (r RotatingWater) Problem() (Problem, error) { return r.problem() }

func (r *RotatingWater) settings() []setting {
	return append(
		without(r.Common.settings(), "max_speed"),
		number("max_speed", "speed of waves and flow that the default of substeps allows for (0: by depth and initial_speed)", &r.MaxSpeed),
		number("gravity", "acceleration g", &r.Gravity),
		number("coriolis", "Coriolis parameter f", &r.Coriolis),
		number("depth", "mean depth", &r.Depth),
		count("order", "order of the viscosity: 1 for ν Δ, 2 for −ν Δ²", &r.Order),
		number("peak", "wavenumber of the initial states, in waves per length", &r.Peak),
		number("initial_speed", "root mean square speed of the initial states", &r.InitialSpeed),
	)
}

func (r *RotatingWater) problem() (Problem, error) {
	if r.MaxSpeed == 0 {
		r.MaxSpeed = math.Sqrt(max(0, r.Gravity*r.Depth)) + 3*r.InitialSpeed
	}
	return r.build(parts{
		name: "swe-rotating", dims: 2,
		fields: []eddy.Field{{Name: "depth"}, {Name: "velocity_x", Of: "velocity", Index: []int{0}}, {Name: "velocity_y", Of: "velocity", Index: []int{1}}},
		equation: func(solve []int) (semilinear, [][]int, error) {
			switch {
			case !positive(r.Gravity):
				return nil, nil, fmt.Errorf("gravity = %g, expected a positive number", r.Gravity)
			case !positive(r.Depth):
				return nil, nil, fmt.Errorf("depth = %g, expected a positive number", r.Depth)
			case math.IsNaN(r.Coriolis - r.Coriolis):
				return nil, nil, fmt.Errorf("coriolis = %g, expected a finite number", r.Coriolis)
			case r.Order < 1 || r.Order > 8:
				return nil, nil, fmt.Errorf("order = %d, expected 1 to 8", r.Order)
			}
			eq, modes := newRotating(solve[0], solve[1], r)
			return eq, modes, nil
		},
		initial: func(grid eddy.Grid, limit []int) (datasets.Initial, error) {
			law, err := ic.Vorticity{Peak: r.Peak, Speed: r.InitialSpeed, Limit: limit}.On(grid)
			if err != nil {
				return nil, err
			}
			return &balanced{law, grid, r}, nil
		},
	}, r)
}

// rotating is the equations of RotatingWater for the coefficients of dft.Pair: depth, then u, then v.
type rotating struct {
	plan     *dft.Pair
	linear   []complex128
	x, y     []float64 // κ of each coefficient
	g, f     float64
	points   [5][]float64 // values of h, u, v, ζ; then of products
	a, b     dft.Planes
	zeros    []float64
	products [5]dft.Planes // coefficients of ζv, −ζu, |v|²/2, hu, hv
}

func newRotating(nx, ny int, r *RotatingWater) (eq *rotating, modes [][]int) {
	eq = &rotating{plan: dft.NewPair(nx, ny, cutoff(nx, 2), cutoff(ny, 2)), g: r.Gravity, f: r.Coriolis}
	n, unit := eq.plan.Modes(), 2*math.Pi/r.Length
	for i := range n {
		kx, ky := eq.plan.Mode(i)
		eq.x, eq.y = append(eq.x, unit*float64(kx)), append(eq.y, unit*float64(ky))
		modes = append(modes, []int{kx, ky})
	}
	for range 3 {
		for i := range n {
			eq.linear = append(eq.linear, complex(-r.Viscosity*math.Pow(eq.x[i]*eq.x[i]+eq.y[i]*eq.y[i], float64(r.Order)), 0))
		}
	}
	eq.scratch(nx * ny)
	return eq, modes
}

func (eq *rotating) scratch(points int) {
	for i := range eq.points {
		eq.points[i] = make([]float64, points)
		eq.products[i] = dft.NewPlanes(len(eq.x))
	}
	eq.a, eq.b, eq.zeros = dft.NewPlanes(len(eq.x)), dft.NewPlanes(len(eq.x)), make([]float64, points)
}

func (eq *rotating) symbol() []complex128 { return eq.linear }

func (eq *rotating) clone() semilinear {
	d := *eq
	d.plan = eq.plan.Clone()
	d.scratch(len(eq.zeros))
	return &d
}

// values computes h, u, v and ζ at the points.
func (eq *rotating) values(c dft.Planes) (h, u, v, zeta []float64) {
	n := len(eq.x)
	ch, cu, cv := c.Slice(0, n), c.Slice(n, 2*n), c.Slice(2*n, 3*n)
	for i, x := range eq.x {
		y := eq.y[i]
		eq.a.Re[i], eq.a.Im[i] = y*cu.Im[i]-x*cv.Im[i], x*cv.Re[i]-y*cu.Re[i]
	}
	h, u, v, zeta = eq.points[0], eq.points[1], eq.points[2], eq.points[3]
	eq.plan.Inverse(u, v, cu, cv)
	eq.plan.Inverse(h, zeta, ch, eq.a)
	return h, u, v, zeta
}

func (eq *rotating) nonlinear(dst, c dft.Planes) {
	h, u, v, zeta := eq.values(c)
	k := eq.points[4]
	for i, x := range u {
		y, z, depth := v[i], zeta[i], h[i]
		u[i], v[i], k[i] = z*y, -z*x, (x*x+y*y)/2
		h[i], zeta[i] = depth*x, depth*y
	}
	p := eq.products
	eq.plan.Forward(p[0], p[1], u, v)
	eq.plan.Forward(p[2], p[3], k, h)
	eq.plan.Forward(p[4], eq.b, zeta, eq.zeros)
	n := len(eq.x)
	ch, cu, cv := c.Slice(0, n), c.Slice(n, 2*n), c.Slice(2*n, 3*n)
	dh, du, dv := dst.Slice(0, n), dst.Slice(n, 2*n), dst.Slice(2*n, 3*n)
	for i, x := range eq.x {
		y := eq.y[i]
		re, im := p[2].Re[i]+eq.g*ch.Re[i], p[2].Im[i]+eq.g*ch.Im[i]
		du.Re[i], du.Im[i] = p[0].Re[i]+eq.f*cv.Re[i]+x*im, p[0].Im[i]+eq.f*cv.Im[i]-x*re
		dv.Re[i], dv.Im[i] = p[1].Re[i]-eq.f*cu.Re[i]+y*im, p[1].Im[i]-eq.f*cu.Im[i]-y*re
		dh.Re[i], dh.Im[i] = x*p[3].Im[i]+y*p[4].Im[i], -x*p[3].Re[i]-y*p[4].Re[i]
	}
}

// speed is the largest speed of waves along an axis. Where the depth is not positive the state is about to be lost.
func (eq *rotating) speed(c dft.Planes) float64 {
	h, u, v, _ := eq.values(c)
	fastest := 0.0
	for i, x := range u {
		fastest = max(fastest, max(math.Abs(x), math.Abs(v[i]))+math.Sqrt(max(0, eq.g*h[i])))
	}
	return fastest
}

// balanced is the law of RotatingWater.
type balanced struct {
	law   *ic.Gaussian // of the vorticity
	grid  eddy.Grid
	water *RotatingWater
}

// Draw writes one state [3, X, Y].
func (b *balanced) Draw(rng *rand.Rand, dst []float64) error {
	n := b.grid.Points()
	if len(dst) != 3*n {
		return &eddy.ShapeError{Op: "pde: swe-rotating: Draw", What: "state", Got: []int{len(dst)}, Want: []int{3 * n}}
	}
	if err := b.law.Draw(rng, dst[:n]); err != nil {
		return err
	}
	shape := b.grid.Shape()
	plan := dft.NewReal(shape...)
	psi, c := dft.NewPlanes(plan.Coefficients()), dft.NewPlanes(plan.Coefficients())
	plan.Forward(psi, dst[:n])
	unit, half := 2*math.Pi/b.water.Length, shape[1]/2+1
	// derivative writes to u the field with the coefficients f(κ)·ψ̂.
	derivative := func(u []float64, f func(x, y float64) complex128) {
		for i := range psi.Len() {
			c.Set(i, psi.At(i)*f(unit*float64(dft.Frequency(i/half, shape[0])), unit*float64(i%half)))
		}
		plan.Inverse(u, c)
	}
	inverse := func(x, y float64) complex128 { // of the Laplacian: ψ̂ from ω̂
		if x == 0 && y == 0 {
			return 0
		}
		return complex(-1/(x*x+y*y), 0)
	}
	ratio := complex(b.water.Coriolis/b.water.Gravity, 0)
	derivative(dst[:n], func(x, y float64) complex128 { return ratio * inverse(x, y) })
	derivative(dst[n:2*n], func(x, y float64) complex128 { return complex(0, -y) * inverse(x, y) })
	derivative(dst[2*n:], func(x, y float64) complex128 { return complex(0, x) * inverse(x, y) })
	for i := range n {
		if dst[i] += b.water.Depth; dst[i] <= 0 {
			return errors.New("pde: swe-rotating: a draw has no depth somewhere: choose a smaller initial_speed or coriolis, or a larger peak, depth or gravity")
		}
	}
	return nil
}
