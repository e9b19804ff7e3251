package pde

import (
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
)

// KS is the Kuramoto–Sivashinsky equation on a periodic interval of Length,
//
//	u_t + u u_x + u_xx + ν u_xxxx = 0
//
// State [B, 1, X]. Waves longer than 2π√ν grow and feed shorter ones: for Length far above that it is chaotic, with a largest Lyapunov exponent near 0.09 at ν = 1.
// The mean of u is conserved. Initial states are sums of sine waves with zero mean, those of PDE-Refiner's data by default.
type KS struct {
	Common
	Waves     int     // number of sine waves of an initial state
	Amplitude float64 // their largest amplitude
	Highest   int     // their highest frequency, waves per length; the lowest is 1
}

// DefaultKS is ν = 1 on length 64 with 256 points, a state every 0.2, after 72 units of time.
func DefaultKS() KS {
	return KS{
		Common: Common{Grid: []int{256}, Dt: 0.2, Length: 64, Viscosity: 1, Warmup: -1, MaxSpeed: 4},
		Waves:  10, Amplitude: 0.5, Highest: 2,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (k KS) Problem() (Problem, error) { return k.problem() }

func (k *KS) settings() []setting {
	return append(
		k.Common.settings(),
		count("waves", "number of sine waves of an initial state", &k.Waves),
		number("amplitude", "largest amplitude of these waves", &k.Amplitude),
		count("highest", "highest frequency of these waves, in waves per length", &k.Highest),
	)
}

func (k *KS) problem() (Problem, error) {
	return k.build(parts{
		name: "ks", dims: 1, fields: []eddy.Field{{Name: "u"}}, warmup: 72,
		equation: func(solve []int) (semilinear, [][]int, error) {
			eq, modes := newConvection(solve[0], k.Length, func(kappa float64) complex128 {
				k2 := kappa * kappa
				return complex(k2-k.Viscosity*k2*k2, 0)
			})
			return eq, modes, nil
		},
		initial: func(grid eddy.Grid, limit []int) (datasets.Initial, error) {
			if k.Highest > limit[0] {
				return nil, fmt.Errorf("highest = %d, expected at most %d, the highest frequency kept of %d points", k.Highest, limit[0], k.Solve[0])
			}
			return ic.Sines{Waves: k.Waves, Amplitude: k.Amplitude, Lowest: 1, Highest: k.Highest}.On(grid)
		},
	}, k)
}
