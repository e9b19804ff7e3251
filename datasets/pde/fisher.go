package pde

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// Fisher is the Fisher–KPP equation on a periodic interval of Length,
//
//	u_t = ν u_xx + ρ u (1 − u)
//
// State [B, 1, X]: the concentration u, which stays between 0 and 1 where it starts there. Fronts of width √(ν/ρ) run into where u = 0 with speed 2√(ρν).
type Fisher struct {
	Common
	Start
	Rate float64 // ρ, in 1/time
}

// DefaultFisher is ν = 0.5, ρ = 1 on the unit interval with 1024 points, a state every 0.01: PDEBench's mildest set.
func DefaultFisher() Fisher {
	return Fisher{
		Common: Common{Grid: []int{1024}, Dt: 0.01, Length: 1, Viscosity: 0.5, MaxSpeed: 1},
		Start:  starting(lawPDEBench), Rate: 1,
	}
}

// Problem makes the solver and the law of initial states, rescaled to values between 0 and 1. An error names the setting.
func (f Fisher) Problem() (Problem, error) { return f.problem() }

func (f *Fisher) settings() []setting {
	return append(append(without(f.Common.settings(), "max_speed"), f.Start.settings()...), number("rate", "rate ρ of the reaction", &f.Rate))
}

func (f *Fisher) problem() (Problem, error) {
	return f.build(parts{
		name: "fisher", dims: 1, fields: []eddy.Field{{Name: "u"}}, initial: rescaled(f.law), fastest: math.Abs(f.Rate),
		equation: func(solve []int) (semilinear, [][]int, error) {
			eq, modes := newQuadratic(solve[0], f.Length, terms{
				linear: func(kappa float64) complex128 { return complex(f.Rate-f.Viscosity*kappa*kappa, 0) },
				square: -f.Rate,
			})
			return eq, modes, nil
		},
	}, f)
}
