package pde

import "github.com/eddy-pde/eddy"

// Advection moves and smooths a field on a periodic interval of Length,
//
//	u_t + c u_x = ν u_xx
//
// State [B, 1, X]. The solver is exact to rounding for every time step: each Fourier coefficient of the state is multiplied by e^{−(iκc + νκ²)Δt}. It keeps the
// frequencies up to a third of the points, as the others do; initial states have no others.
type Advection struct {
	Common
	Start
	Speed float64 // c, in length/time
}

// DefaultAdvection is c = 1 without diffusion on the unit interval with 1024 points, a state every 0.05.
func DefaultAdvection() Advection {
	return Advection{
		Common: Common{Grid: []int{1024}, Dt: 0.05, Length: 1, Substeps: 1, MaxSpeed: 1},
		Start:  starting(lawPDEBench), Speed: 1,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (a Advection) Problem() (Problem, error) { return a.problem() }

func (a *Advection) settings() []setting {
	return append(append(without(a.Common.settings(), "substeps", "max_speed"), a.Start.settings()...), number("speed", "speed c", &a.Speed))
}

func (a *Advection) problem() (Problem, error) {
	return a.build(parts{
		name: "advection", dims: 1, fields: []eddy.Field{{Name: "u"}}, initial: a.law,
		equation: func(solve []int) (semilinear, [][]int, error) {
			eq, modes := newQuadratic(solve[0], a.Length, terms{
				linear: func(kappa float64) complex128 { return complex(-a.Viscosity*kappa*kappa, -a.Speed*kappa) },
			})
			return eq, modes, nil
		},
	}, a)
}
