package pde

import (
	"fmt"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
)

// FitzHughNagumo is the FitzHugh–Nagumo system in a box, as in PDEBench's diffusion–reaction set,
//
//	u_t = D_u Δu + u − u³ − k − v
//	v_t = D_v Δv + u − v
//
// State [B, 2, X…]: the activator u and the inhibitor v. The slow spread of u and the fast one of v make patterns out of noise.
type FitzHughNagumo struct {
	Box
	DiffusionU, DiffusionV float64 // D_u, D_v, in length²/time
	K                      float64 // k, dimensionless
}

// DefaultFitzHughNagumo is D_u = 1e-3, D_v = 5e-3, k = 5e-3 on [−1, 1]² with 128² cells and zero flux, a state every 0.05, from white noise.
func DefaultFitzHughNagumo() FitzHughNagumo {
	return FitzHughNagumo{
		Box:        Box{Common{Grid: []int{128, 128}, Solve: []int{256, 256}, Dt: 0.05, Length: 2, MaxSpeed: 1}, zeroFlux},
		DiffusionU: 1e-3, DiffusionV: 5e-3, K: 5e-3,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (f FitzHughNagumo) Problem() (Problem, error) { return f.problem() }

func (f *FitzHughNagumo) settings() []setting {
	return append(
		f.Box.settings(),
		number("diffusion_u", "diffusion D_u of the activator", &f.DiffusionU),
		number("diffusion_v", "diffusion D_v of the inhibitor", &f.DiffusionV),
		number("k", "constant k", &f.K),
	)
}

func (f *FitzHughNagumo) problem() (Problem, error) {
	k := f.K
	return f.Box.problem(system{
		// Noise of unit variance reaches u = 2, where the reaction has rate 3u² − 1.
		name: "fitzhugh-nagumo", fields: []string{"u", "v"}, diffusion: []float64{f.DiffusionU, f.DiffusionV}, fastest: 11, degree: 3,
		origin: -f.Length / 2,
		rate: func(fields [][]float64) {
			u, v := fields[0], fields[1]
			for i, x := range u {
				y := v[i]
				u[i], v[i] = x-x*x*x-k-y, x-y
			}
		},
		initial: f.noise,
	}, f)
}

// noise is white noise of variance 1 in the cells or points of the states' grid, less what the solver does not keep.
func (f *FitzHughNagumo) noise(grid eddy.Grid, limit []int) (datasets.Initial, error) {
	var law datasets.Initial
	var err error
	if grid.Axes[0].Periodic {
		power := 1 / float64(eddy.Size(f.Grid))
		law, err = ic.NewGaussian(grid, limit, func(float64) float64 { return power })
	} else {
		for a, n := range f.Grid {
			if n-1 > limit[a] {
				return nil, fmt.Errorf("solve = %s keeps %d frequencies of cosine series, expected at least the %d of grid = %s: its white noise has them all",
					formatGrid(f.Solve), limit[a]+1, n, formatGrid(f.Grid))
			}
		}
		law, err = ic.WhiteNoise(grid, f.Grid)
	}
	if err != nil {
		return nil, err
	}
	return each{law, 2}, nil
}

// each draws several fields of the same law.
type each struct {
	law   datasets.Initial
	count int
}

// Draw writes one state [count, X…].
func (e each) Draw(rng *rand.Rand, dst []float64) error {
	n := len(dst) / e.count
	for i := range e.count {
		if err := e.law.Draw(rng, dst[i*n:(i+1)*n]); err != nil {
			return err
		}
	}
	return nil
}
