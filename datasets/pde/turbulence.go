package pde

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
	"github.com/eddy-pde/eddy/internal/dft"
)

// Turbulence is decaying incompressible flow in a periodic cube of side Length,
//
//	u_t = P (u × ω) + ν Δu,  ω = ∇ × u,  ∇·u = 0
//
// where P takes the gradient part out (the pressure). State [B, 3, X, Y, Z]: the velocity. The rotational form conserves energy exactly in the Galerkin truncation, so
// that d⟨½|u|²⟩/dt = −ν⟨|ω|²⟩. Initial states are random with energy around one wavenumber, or the Taylor–Green vortex.
type Turbulence struct {
	Common
	Initial      string  // random: ic.Solenoidal; taylor-green: ic.TaylorGreen
	Peak         float64 // random: wavenumber of the energy, in units of 2π/Length
	InitialSpeed float64 // random: root mean square of |u|; taylor-green: the vortex' amplitude
}

const lawTaylorGreen = "taylor-green"

// DefaultTurbulence is ν = 0.005 in the cube of side 2π with 48³ points, a state every 0.1.
func DefaultTurbulence() Turbulence {
	return Turbulence{
		Common:  Common{Grid: []int{48, 48, 48}, Dt: 0.1, Length: 2 * math.Pi, Viscosity: 0.005, MaxSpeed: 2},
		Initial: "random", Peak: 3, InitialSpeed: 1,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (t Turbulence) Problem() (Problem, error) { return t.problem() }

func (t *Turbulence) settings() []setting {
	return append(
		t.Common.settings(),
		choice("initial", "initial states", &t.Initial, "random", lawTaylorGreen),
		number("peak", "random: wavenumber of the energy, in waves per length", &t.Peak),
		number("initial_speed", "random: root mean square speed; taylor-green: amplitude", &t.InitialSpeed),
	)
}

func (t *Turbulence) problem() (Problem, error) {
	var fields []eddy.Field
	for a, name := range []string{"velocity_x", "velocity_y", "velocity_z"} {
		fields = append(fields, eddy.Field{Name: name, Of: "velocity", Index: []int{a}})
	}
	return t.build(parts{
		name: "turbulence", dims: 3, fields: fields,
		equation: func(solve []int) (semilinear, [][]int, error) {
			eq, modes := newRotational(solve, t.Length, t.Viscosity)
			return eq, modes, nil
		},
		initial: func(grid eddy.Grid, limit []int) (datasets.Initial, error) {
			if t.Initial == lawTaylorGreen {
				return ic.TaylorGreen{Amplitude: t.InitialSpeed}.On(grid)
			}
			if !(t.Peak > 0) {
				return nil, fmt.Errorf("peak = %g, expected a positive wavenumber", t.Peak)
			}
			return ic.Solenoidal{Peak: t.Peak, Speed: t.InitialSpeed, Limit: limit}.On(grid)
		},
	}, t)
}

// rotational is the flow of Turbulence, for the coefficients of the three components of u one after the other.
type rotational struct {
	view   transform
	linear []complex128
	kappa  [3][]float64 // components of κ by frequency
	over   []float64    // 1/κ², 0 for the mean
	u, w   [3][]float64 // values of u and ω
	z      dft.Planes   // one component's coefficients
}

func newRotational(points []int, length, viscosity float64) (eq *rotational, modes [][]int) {
	modes = independent(points, 2)
	eq = &rotational{view: newView(points, modes)}
	for range 3 {
		for _, k := range modes {
			k2 := 0.0
			for _, f := range k {
				k2 += square(2 * math.Pi / length * float64(f))
			}
			eq.linear = append(eq.linear, complex(-viscosity*k2, 0))
		}
	}
	for _, k := range modes {
		k2 := 0.0
		for a, f := range k {
			kappa := 2 * math.Pi / length * float64(f)
			eq.kappa[a] = append(eq.kappa[a], kappa)
			k2 += kappa * kappa
		}
		inverse := 0.0
		if k2 > 0 {
			inverse = 1 / k2
		}
		eq.over = append(eq.over, inverse)
	}
	eq.scratch(eddy.Size(points))
	return eq, modes
}

func square(x float64) float64 { return x * x }

func (eq *rotational) scratch(points int) {
	for a := range 3 {
		eq.u[a], eq.w[a] = make([]float64, points), make([]float64, points)
	}
	eq.z = dft.NewPlanes(len(eq.over))
}

func (eq *rotational) symbol() []complex128 { return eq.linear }

func (eq *rotational) nonlinear(dst, c dft.Planes) {
	m := len(eq.over)
	part := func(p dft.Planes, a int) dft.Planes { return p.Slice(a*m, (a+1)*m) }
	for a := range 3 {
		eq.view.write(eq.u[a], part(c, a))
		// ω_a = iκ_b û_d − iκ_d û_b with (a, b, d) cyclic.
		b, d := (a+1)%3, (a+2)%3
		cb, cd := part(c, b), part(c, d)
		for i := range m {
			kb, kd := eq.kappa[b][i], eq.kappa[d][i]
			eq.z.Re[i], eq.z.Im[i] = kd*cb.Im[i]-kb*cd.Im[i], kb*cd.Re[i]-kd*cb.Re[i]
		}
		eq.view.write(eq.w[a], eq.z)
	}
	for i, u := range eq.u[0] {
		v, w := eq.u[1][i], eq.u[2][i]
		p, q, r := eq.w[0][i], eq.w[1][i], eq.w[2][i]
		eq.w[0][i], eq.w[1][i], eq.w[2][i] = v*r-w*q, w*p-u*r, u*q-v*p
	}
	for a := range 3 {
		eq.view.read(part(dst, a), eq.w[a])
	}
	x, y, z := part(dst, 0), part(dst, 1), part(dst, 2)
	for i := range m {
		kx, ky, kz := eq.kappa[0][i], eq.kappa[1][i], eq.kappa[2][i]
		re := (kx*x.Re[i] + ky*y.Re[i] + kz*z.Re[i]) * eq.over[i]
		im := (kx*x.Im[i] + ky*y.Im[i] + kz*z.Im[i]) * eq.over[i]
		x.Re[i], x.Im[i] = x.Re[i]-kx*re, x.Im[i]-kx*im
		y.Re[i], y.Im[i] = y.Re[i]-ky*re, y.Im[i]-ky*im
		z.Re[i], z.Im[i] = z.Re[i]-kz*re, z.Im[i]-kz*im
	}
}

// speed is the largest component of the velocity.
func (eq *rotational) speed(c dft.Planes) float64 {
	s, m := 0.0, len(eq.over)
	for a := range 3 {
		eq.view.write(eq.u[a], c.Slice(a*m, (a+1)*m))
		s = max(s, largest(eq.u[a]))
	}
	return s
}

func (eq *rotational) clone() semilinear {
	d := *eq
	d.view = eq.view.clone()
	d.scratch(len(eq.u[0]))
	return &d
}
