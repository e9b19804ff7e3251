package pde

import (
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
)

// Burgers is the viscous Burgers equation on a periodic interval of Length,
//
//	u_t + u u_x = ν u_xx
//
// State [B, 1, X]: the velocity u. Waves steepen into fronts of width ν/|u|, which merge and decay. Initial states follow N(0, σ²(−Δ + τ²)^{−γ}), whose
// scale is that of the FNO paper by default. That law gives each state a random spatial mean, which moves the solution along and does not decay; states have it
// taken out unless Mean is 1.
type Burgers struct {
	Common
	Sigma float64 // σ: scale of the initial states
	Tau   float64 // τ: inverse correlation length of the initial states, in 1/length
	Gamma float64 // γ: smoothness of the initial states, dimensionless
	Mean  int     // 1: initial states keep the mean that the law draws, of standard deviation σ/τ^γ; 0: they have zero mean
}

// DefaultBurgers is ν = 0.01 on the unit interval with 1024 points, a state every 0.05.
func DefaultBurgers() Burgers {
	return Burgers{
		Common: Common{Grid: []int{1024}, Dt: 0.05, Length: 1, Viscosity: 0.01, Warmup: 0, MaxSpeed: 3},
		Sigma:  25, Tau: 5, Gamma: 2,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (b Burgers) Problem() (Problem, error) { return b.problem() }

func (b *Burgers) settings() []setting {
	return append(
		b.Common.settings(),
		number("sigma", "scale σ of the initial states' law N(0, σ²(−Δ+τ²)^−γ)", &b.Sigma),
		number("tau", "inverse length τ of that law", &b.Tau),
		number("gamma", "exponent γ of that law", &b.Gamma),
		count("mean", "1: initial states keep the random mean that the law draws; 0: they have zero mean", &b.Mean),
	)
}

func (b *Burgers) problem() (Problem, error) {
	return b.build(parts{
		name: "burgers", dims: 1, fields: []eddy.Field{{Name: "velocity"}},
		equation: func(solve []int) (semilinear, [][]int, error) {
			eq, modes := newConvection(solve[0], b.Length, func(kappa float64) complex128 { return complex(-b.Viscosity*kappa*kappa, 0) })
			return eq, modes, nil
		},
		initial: func(grid eddy.Grid, limit []int) (datasets.Initial, error) {
			if b.Mean != 0 && b.Mean != 1 {
				return nil, fmt.Errorf("mean = %d, expected 0 or 1", b.Mean)
			}
			return ic.Matern{Sigma: b.Sigma, Tau: b.Tau, Gamma: b.Gamma, ZeroMean: b.Mean == 0, Limit: limit}.On(grid)
		},
	}, b)
}
