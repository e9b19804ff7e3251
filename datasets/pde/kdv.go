package pde

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// KdV is the Korteweg–de Vries equation on a periodic interval of Length,
//
//	u_t + 6 u u_x + u_xxx + ν u_xxxx = 0
//
// with a hyperviscosity ν that is 0 unless asked for. State [B, 1, X]: the elevation u of long waves in shallow water. Solitons ½ c sech²(½√c (x − ct)) pass through
// one another; ∫u, ∫u² and ∫(u³ − ½u_x²) are conserved.
type KdV struct {
	Common
	Start
	Convection float64 // in place of 6
	Dispersion float64 // in place of the 1 before u_xxx
}

// DefaultKdV is length 64 with 256 points, a state every 0.1, from smooth waves of magnitude 1.
func DefaultKdV() KdV {
	s := starting(lawFourier)
	s.Amplitude, s.Highest = 1, 5
	return KdV{
		Common: Common{Grid: []int{256}, Dt: 0.1, Length: 64, MaxSpeed: 12},
		Start:  s, Convection: 6, Dispersion: 1,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (k KdV) Problem() (Problem, error) { return k.problem() }

func (k *KdV) settings() []setting {
	return append(
		append(k.Common.settings(), k.Start.settings()...),
		number("convection", "coefficient of u u_x", &k.Convection),
		number("dispersion", "coefficient of u_xxx", &k.Dispersion),
	)
}

func (k *KdV) problem() (Problem, error) {
	return k.build(parts{
		name: "kdv", dims: 1, fields: []eddy.Field{{Name: "u"}}, initial: k.law,
		equation: func(solve []int) (semilinear, [][]int, error) {
			eq, modes := newQuadratic(solve[0], k.Length, terms{
				linear: func(kappa float64) complex128 {
					return complex(-k.Viscosity*math.Pow(kappa, 4), k.Dispersion*kappa*kappa*kappa)
				},
				convect: k.Convection,
			})
			return eq, modes, nil
		},
	}, k)
}
