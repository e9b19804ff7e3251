package pde

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
)

// Kolmogorov is the incompressible flow on a periodic square of side Length that a sinusoidal body force drives and a linear drag holds back, in vorticity form:
//
//	ω_t + (u·∇)ω = ν Δω − μ ω − A κ cos(κ y),   κ = 2πn/Length
//
// where the force is A sin(κ y) along x. State [B, 1, X, Y]: the vorticity ω = ∂v/∂x − ∂u/∂y. The steady flow ω = −A κ cos(κ y)/(ν κ² + μ) is unstable at small ν,
// and the flow becomes turbulent. With n = 4, A = 1, μ = 0.1 on side 2π it is the flow of jax-cfd, TSM and PDE-Refiner (there ν = 0.001). Initial states are
// random vorticity with energy around one wavenumber.
type Kolmogorov struct {
	Common
	Wavenumber   int     // n: waves of the force per Length
	Amplitude    float64 // A: amplitude of the force, in length/time²
	Drag         float64 // μ, in 1/time
	Initial      string  // gaussian: ic.Vorticity; filtered: the same, each draw scaled to a largest speed, as jax-cfd does; fourier: ic.Fourier, exponax's vorticity
	Peak         float64 // wavenumber of the initial states' energy, in units of 2π/Length; fourier: highest frequency
	InitialSpeed float64 // root mean square speed of the initial states, in length/time; filtered: largest component of the velocity; fourier: largest vorticity
}

// Laws of the initial vorticity.
const lawGaussian, lawFiltered = "gaussian", "filtered"

// DefaultKolmogorov is ν = 0.01 on side 2π with 64² points, a state every 0.25, after 20 units of time.
func DefaultKolmogorov() Kolmogorov {
	return Kolmogorov{
		Common:     Common{Grid: []int{64, 64}, Dt: 0.25, Length: 2 * math.Pi, Viscosity: 0.01, Warmup: -1, MaxSpeed: 4},
		Wavenumber: 4, Amplitude: 1, Drag: 0.1, Initial: lawGaussian, Peak: 4, InitialSpeed: 2,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (k Kolmogorov) Problem() (Problem, error) { return k.problem() }

func (k *Kolmogorov) settings() []setting {
	return append(
		k.Common.settings(),
		count("wavenumber", "waves of the force per length", &k.Wavenumber),
		number("amplitude", "amplitude of the force", &k.Amplitude),
		number("drag", "coefficient μ of the linear drag", &k.Drag),
		choice("initial", "law of the initial states", &k.Initial, lawGaussian, lawFiltered, lawFourier),
		number("peak", "wavenumber of the initial states, in waves per length", &k.Peak),
		number("initial_speed", "root mean square speed of the initial states; filtered: largest speed; fourier: largest vorticity", &k.InitialSpeed),
	)
}

func (k *Kolmogorov) problem() (Problem, error) {
	return k.build(parts{
		name: "kolmogorov", dims: 2, fields: vorticityField(), warmup: 20,
		equation: func(solve []int) (semilinear, [][]int, error) {
			if limit := cutoff(solve[1], 2); k.Wavenumber < 0 || k.Wavenumber > limit {
				return nil, nil, fmt.Errorf("wavenumber = %d, expected 0 to %d, the highest frequency kept of %d points", k.Wavenumber, limit, solve[1])
			}
			kappa := 2 * math.Pi * float64(k.Wavenumber) / k.Length
			force := []wave{{0, k.Wavenumber, complex(-k.Amplitude*kappa/2, 0)}}
			eq, modes := newVorticity(solve[0], solve[1], k.Length, k.Viscosity, k.Drag, force)
			return eq, modes, nil
		},
		initial: func(grid eddy.Grid, limit []int) (datasets.Initial, error) {
			switch k.Initial {
			case lawFourier:
				return ic.Fourier{Cutoff: int(math.Round(k.Peak)), Largest: k.InitialSpeed}.On(grid)
			case lawFiltered:
				return ic.FilteredVorticity{Peak: k.Peak, LargestSpeed: k.InitialSpeed, Limit: limit}.On(grid)
			}
			return ic.Vorticity{Peak: k.Peak, Speed: k.InitialSpeed, Limit: limit}.On(grid)
		},
	}, k)
}
