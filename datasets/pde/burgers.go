package pde

import "github.com/eddy-pde/eddy"

// Burgers is the viscous Burgers equation on a periodic interval of Length,
//
//	u_t + c u u_x = ν u_xx
//
// State [B, 1, X]: the velocity u. Waves steepen into fronts of width ν/|u|, which merge and decay. Initial states follow N(0, σ²(−Δ + τ²)^{−γ}), whose
// scale is that of the FNO paper by default. That law gives each state a random spatial mean, which moves the solution along and does not decay; states have it
// taken out unless Mean is 1.
type Burgers struct {
	Common
	Start
	Convection float64 // c: 1, unless u is measured in other units than length/time
}

// DefaultBurgers is ν = 0.01 on the unit interval with 1024 points, a state every 0.05.
func DefaultBurgers() Burgers {
	return Burgers{
		Common: Common{Grid: []int{1024}, Dt: 0.05, Length: 1, Viscosity: 0.01, Warmup: 0, MaxSpeed: 3},
		Start:  starting(lawMatern), Convection: 1,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (b Burgers) Problem() (Problem, error) { return b.problem() }

func (b *Burgers) settings() []setting {
	return append(append(b.Common.settings(), b.Start.settings()...), number("convection", "coefficient c of the convection", &b.Convection))
}

func (b *Burgers) problem() (Problem, error) {
	return b.build(parts{
		name: "burgers", dims: 1, fields: []eddy.Field{{Name: "velocity"}}, initial: b.law,
		equation: func(solve []int) (semilinear, [][]int, error) {
			eq, modes := newQuadratic(solve[0], b.Length, terms{
				linear:  func(kappa float64) complex128 { return complex(-b.Viscosity*kappa*kappa, 0) },
				convect: b.Convection,
			})
			return eq, modes, nil
		},
	}, b)
}
