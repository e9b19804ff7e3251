package pde

import (
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// AllenCahn is the Allen–Cahn equation in a box of one to three dimensions,
//
//	u_t = ν Δu + ρ (u − u³)
//
// State [B, 1, X…]: the order parameter u. Two phases, u = ±1, part within a time 1/ρ, with walls u = tanh(x √(ρ/2ν)) between them that move by their curvature.
type AllenCahn struct {
	Box
	Rate  float64 // ρ, in 1/time
	Sigma float64 // root mean square of the initial states, as a fraction of the phases' magnitude
	Scale float64 // their length scale, as a fraction of Length
}

// DefaultAllenCahn is ν = 1e-4, ρ = 1 on the periodic unit square with 128² points, a state every 0.5.
func DefaultAllenCahn() AllenCahn {
	return AllenCahn{
		Box:  Box{Common{Grid: []int{128, 128}, Dt: 0.5, Length: 1, Viscosity: 1e-4, MaxSpeed: 1}, periodic},
		Rate: 1, Sigma: 0.3, Scale: 0.05,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (a AllenCahn) Problem() (Problem, error) { return a.problem() }

func (a *AllenCahn) settings() []setting {
	return append(
		a.Box.settings(),
		number("viscosity", "diffusion ν", &a.Viscosity),
		number("rate", "rate ρ of the reaction", &a.Rate),
		number("sigma", "root mean square of the initial states", &a.Sigma),
		number("scale", "length scale of the initial states, in box lengths", &a.Scale),
	)
}

func (a *AllenCahn) problem() (Problem, error) {
	rho := a.Rate
	return a.Box.problem(system{
		name: "allen-cahn", fields: []string{"u"}, diffusion: []float64{a.Viscosity}, fastest: 2 * math.Abs(rho), degree: 3,
		rate: func(u [][]float64) {
			for i, x := range u[0] {
				u[0][i] = rho * x * (1 - x*x)
			}
		},
		initial: func(grid eddy.Grid, limit []int) (datasets.Initial, error) {
			return blurred(grid, limit, a.Sigma, a.Scale)
		},
	}, a)
}
