package pde

import (
	"errors"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
)

// NSFNO is the Navier–Stokes task of the FNO paper (Li et al. 2021, §5.3): incompressible flow on a periodic square of side L in vorticity form,
//
//	ω_t + (u·∇)ω = ν Δω + A (sin(2π(x+y)/L) + cos(2π(x+y)/L))
//
// State [B, 1, X, Y]: the vorticity ω = ∂v/∂x − ∂u/∂y. Initial states follow N(0, σ²(−Δ + τ²)^{−γ}) with zero mean. The defaults are the paper's printed law, in
// which σ² = 7^{3/2}; the authors' script draws with σ = √2·7^{3/2} (see [ic.Matern]), fields about six times as strong.
type NSFNO struct {
	Common
	Amplitude float64 // A, in 1/time²
	Sigma     float64 // σ: scale of the initial states
	Tau       float64 // τ: inverse correlation length of the initial states, in 1/length
	Gamma     float64 // γ: smoothness of the initial states, dimensionless
}

// DefaultNSFNO is ν = 0.001 on the unit square with 64² points, a state every unit of time.
func DefaultNSFNO() NSFNO {
	return NSFNO{
		Common:    Common{Grid: []int{64, 64}, Dt: 1, Length: 1, Viscosity: 1e-3, Warmup: 0, MaxSpeed: 0.4},
		Amplitude: 0.1, Sigma: math.Pow(7, 0.75), Tau: 7, Gamma: 2.5,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (n NSFNO) Problem() (Problem, error) { return n.problem() }

func (n *NSFNO) settings() []setting {
	return append(
		n.Common.settings(),
		number("amplitude", "amplitude of the force's curl", &n.Amplitude),
		number("sigma", "scale σ of the initial states' law N(0, σ²(−Δ+τ²)^−γ)", &n.Sigma),
		number("tau", "inverse length τ of that law", &n.Tau),
		number("gamma", "exponent γ of that law", &n.Gamma),
	)
}

func (n *NSFNO) problem() (Problem, error) {
	return n.build(parts{
		name: "ns-fno", dims: 2, fields: vorticityField(),
		equation: func(solve []int) (semilinear, [][]int, error) {
			if cutoff(min(solve[0], solve[1]), 2) < 1 {
				return nil, nil, errors.New("solve: the force needs at least 4 points per axis")
			}
			// sin θ + cos θ has the coefficient (1 − i)/2 at e^{iθ}.
			eq, modes := newVorticity(solve[0], solve[1], n.Length, n.Viscosity, 0, []wave{{1, 1, complex(n.Amplitude/2, -n.Amplitude/2)}})
			return eq, modes, nil
		},
		initial: func(grid eddy.Grid, limit []int) (datasets.Initial, error) {
			return ic.Matern{Sigma: n.Sigma, Tau: n.Tau, Gamma: n.Gamma, ZeroMean: true, Limit: limit}.On(grid)
		},
	}, n)
}
