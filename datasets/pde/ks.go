package pde

import (
	"fmt"

	"github.com/eddy-pde/eddy"
)

// KS is the Kuramoto–Sivashinsky equation on a periodic interval of Length, in the form of a velocity,
//
//	u_t + u u_x + u_xx + ν u_xxxx = 0
//
// or of a flame front, of which u is the slope,
//
//	φ_t + ½ φ_x² + φ_xx + ν φ_xxxx = 0
//
// State [B, 1, X]. Waves longer than 2π√ν grow and feed shorter ones: for Length far above that it is chaotic, with a largest Lyapunov exponent near 0.09 at ν = 1.
// The mean of u is conserved. That of φ falls without end, unless Drift is 0, which leaves the mean of the nonlinear term out, as exponax does. Initial states are
// sums of sine waves with zero mean, those of PDE-Refiner's data by default.
type KS struct {
	Common
	Start
	Form  string // velocity or combustion
	Drift int    // combustion: 1: the mean moves as the equation says; 0: it stays
}

const combustion = "combustion"

// DefaultKS is the velocity form at ν = 1 on length 64 with 256 points, a state every 0.2, after 72 units of time.
func DefaultKS() KS {
	return KS{
		Common: Common{Grid: []int{256}, Dt: 0.2, Length: 64, Viscosity: 1, Warmup: -1, MaxSpeed: 4},
		Start:  starting(lawSines), Form: "velocity",
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (k KS) Problem() (Problem, error) { return k.problem() }

func (k *KS) settings() []setting {
	return append(
		append(k.Common.settings(), k.Start.settings()...),
		choice("form", "what the state is", &k.Form, "velocity", combustion),
		count("drift", "combustion: 1: the mean moves as the equation says; 0: it stays", &k.Drift),
	)
}

func (k *KS) problem() (Problem, error) {
	return k.build(parts{
		name: "ks", dims: 1, fields: []eddy.Field{{Name: "u"}}, warmup: 72, initial: k.law,
		equation: func(solve []int) (semilinear, [][]int, error) {
			if k.Drift != 0 && k.Drift != 1 {
				return nil, nil, fmt.Errorf("drift = %d, expected 0 or 1", k.Drift)
			}
			t := terms{linear: func(kappa float64) complex128 {
				k2 := kappa * kappa
				return complex(k2-k.Viscosity*k2*k2, 0)
			}}
			if k.Form == combustion {
				t.gradient, t.hold = 1, k.Drift == 0
			} else {
				t.convect = 1
			}
			eq, modes := newQuadratic(solve[0], k.Length, t)
			return eq, modes, nil
		},
	}, k)
}
