package pde

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// GrayScott is the Gray–Scott system in a box,
//
//	u_t = D_u Δu − u v² + F (1 − u)
//	v_t = D_v Δv + u v² − (F + k) v
//
// State [B, 2, X…]: the concentrations u of the feed and v of the catalyst. Spots of v in a sea of u = 1 grow, divide, or turn into stripes, by F and k.
type GrayScott struct {
	Box
	DiffusionU, DiffusionV float64 // D_u, D_v, in length²/time
	Feed, Kill             float64 // F, k, in 1/time
	Spots                  int     // number of spots of an initial state
}

// DefaultGrayScott is Pearson's D_u = 2e-5, D_v = 1e-5 with F = 0.04, k = 0.06 on the periodic square of side 1.25 with 128² points, computed on 256², a state every 20.
func DefaultGrayScott() GrayScott {
	return GrayScott{
		Box:        Box{Common{Grid: []int{128, 128}, Solve: []int{256, 256}, Dt: 20, Length: 1.25, MaxSpeed: 1}, periodic},
		DiffusionU: 2e-5, DiffusionV: 1e-5, Feed: 0.04, Kill: 0.06, Spots: 10,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (g GrayScott) Problem() (Problem, error) { return g.problem() }

func (g *GrayScott) settings() []setting {
	return append(
		g.Box.settings(),
		number("diffusion_u", "diffusion D_u of the feed", &g.DiffusionU),
		number("diffusion_v", "diffusion D_v of the catalyst", &g.DiffusionV),
		number("feed", "feed rate F", &g.Feed),
		number("kill", "kill rate k", &g.Kill),
		count("spots", "spots of an initial state", &g.Spots),
	)
}

func (g *GrayScott) problem() (Problem, error) {
	feed, kill := g.Feed, g.Kill
	return g.Box.problem(system{
		// The reaction is slow, u v² and F + k per unit of v: substeps of one unit of time are exact to some 1e-7.
		name: "gray-scott", fields: []string{"u", "v"}, diffusion: []float64{g.DiffusionU, g.DiffusionV}, fastest: 0.1, degree: 3,
		rate: func(f [][]float64) {
			u, v := f[0], f[1]
			for i, x := range u {
				y := v[i]
				r := x * y * y
				u[i], v[i] = feed*(1-x)-r, r-(feed+kill)*y
			}
		},
		initial: func(grid eddy.Grid, _ []int) (datasets.Initial, error) {
			if g.Spots < 0 {
				return nil, fmt.Errorf("spots = %d, expected 0 or more", g.Spots)
			}
			return spots{grid, g.Spots}, nil
		},
	}, g)
}

// spots is u = 1 − s, v = s/2 where s ≤ 1 is a sum of Gaussian bumps at random places with widths of 2 to 4 % of the box.
type spots struct {
	grid  eddy.Grid
	count int
}

// Draw writes one state [2, X…].
func (s spots) Draw(rng *rand.Rand, dst []float64) error {
	n, shape := s.grid.Points(), s.grid.Shape()
	if len(dst) != 2*n {
		return &eddy.ShapeError{Op: "pde: gray-scott: Draw", What: "state", Got: []int{len(dst)}, Want: []int{2 * n}}
	}
	clear(dst)
	bump := make([]float64, n)
	for range s.count {
		width := 0.02 + 0.02*rng.Float64()
		for i := range bump {
			bump[i] = 1
		}
		stride := n
		for a, points := range shape {
			stride /= points
			centre := rng.Float64()
			factor := make([]float64, points)
			for j := range factor {
				x := (float64(j) + 0.5) / float64(points)
				if s.grid.Axes[a].Periodic {
					x = centre + math.Remainder(float64(j)/float64(points)-centre, 1)
				}
				d := (x - centre) / width
				factor[j] = math.Exp(-d * d / 2)
			}
			for i := range bump {
				bump[i] *= factor[i/stride%points]
			}
		}
		for i, b := range bump {
			dst[i] += b - dst[i]*b // overlapping spots stay at 1 or below
		}
	}
	for i, x := range dst[:n] {
		dst[i], dst[n+i] = 1-x, x/2
	}
	return nil
}
