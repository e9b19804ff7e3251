package pde

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
)

// The laws of this file are those of PDEBench's generators (Takamoto et al. 2022; pdebench/data_gen/data_gen_NLE/utils.py), drawn from random streams of our own: a
// set has the distribution of PDEBench's, not its members. PDEBench uses some random keys twice, so that a few of its numbers depend on one another; here all are
// independent.

// centre is the place of cell i along an axis.
func centre(a eddy.Axis, i int) float64 {
	return a.Origin + (float64(i)+0.5)*a.Length/float64(a.Points)
}

// window is smooth in x: about 1 between two places and 0 outside.
func window(x, from, to float64) float64 {
	const width = 0.01
	return (math.Tanh((x-from)/width) - math.Tanh((x-to)/width)) / 2
}

// edges draws the places of a window.
func edges(rng *rand.Rand) (from, to float64) {
	return 0.1 + 0.35*rng.Float64(), 0.55 + 0.35*rng.Float64()
}

// logUniform draws a number whose logarithm is uniform.
func logUniform(rng *rand.Rand, from, to float64) float64 {
	return from * math.Exp(rng.Float64()*math.Log(to/from))
}

// gasLine is PDEBench's law in one dimension. With shock, density in [1, 10) and pressure in [10, 100), log-uniform, and velocity, e to the power of a uniform number
// in (−½, ½) as published, take other values right of a point in the middle half, which each of them draws for itself. Else density and pressure are waves scaled to
// [b, b + m] with b and m log-uniform in those ranges, and velocity is a sum of waves.
type gasLine struct {
	grid  eddy.Grid
	shock bool
}

// Draw writes one state [3, X].
func (g *gasLine) Draw(rng *rand.Rand, dst []float64) error {
	axis := g.grid.Axes[0]
	n := axis.Points
	if len(dst) != 3*n {
		return &eddy.ShapeError{Op: "pde: cfd-1d: Draw", What: "state", Got: []int{len(dst)}, Want: []int{3 * n}}
	}
	rho, p, v := dst[:n], dst[n:2*n], dst[2*n:]
	if g.shock {
		jump(rng, rho, 1, 10)
		jump(rng, p, 10, 100)
		jump(rng, v, math.Exp(-0.5), math.Exp(0.5))
		return nil
	}
	gasWaves(rng, rho, axis)
	rescale(rho, logUniform(rng, 1, 10), logUniform(rng, 1, 10))
	gasWaves(rng, p, axis)
	rescale(p, logUniform(rng, 10, 100), logUniform(rng, 10, 100))
	gasWaves(rng, v, axis)
	return nil
}

// jump writes two log-uniform values, the second from a place in the middle half on.
func jump(rng *rand.Rand, u []float64, from, to float64) {
	left, right := logUniform(rng, from, to), logUniform(rng, from, to)
	at := int(float64(len(u)) * (0.25 + 0.5*rng.Float64()))
	for i := range u {
		u[i] = left
		if i >= at {
			u[i] = right
		}
	}
}

// gasWaves writes Σ_{k=1…3} a_k sin(2π m_k k x/(x_n − x_1) + φ_k) with a uniform in (0, 1), where m_k counts how often k came in two draws: the others add a constant.
// One state in ten is replaced by its magnitude, half of them have their sign turned, and half are multiplied by a window.
func gasWaves(rng *rand.Rand, u []float64, axis eddy.Axis) {
	const highest, draws = 3, 2
	var times [highest]int
	for range draws {
		times[rng.IntN(highest)]++
	}
	clear(u)
	span := axis.Length * (1 - 1/float64(axis.Points)) // as published: the waves miss their beginning by one cell
	for k, m := range times {
		a, phase := rng.Float64(), 2*math.Pi*rng.Float64()
		for i := range u {
			u[i] += a * math.Sin(2*math.Pi*float64(m*(k+1))*centre(axis, i)/span+phase)
		}
	}
	magnitude, sign, windowed := rng.Float64() < 0.1, float64(1-2*rng.IntN(2)), rng.IntN(2) == 1
	from, to := edges(rng)
	for i, x := range u {
		if magnitude {
			x = math.Abs(x)
		}
		if windowed {
			x *= window(centre(axis, i), from, to)
		}
		u[i] = sign * x
	}
}

// rescale maps the range of u to [least, least + span]; a constant becomes least.
func rescale(u []float64, span, least float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range u {
		low, high = min(low, x), max(high, x)
	}
	for i, x := range u {
		u[i] = least
		if high > low {
			u[i] += span * (x - low) / (high - low)
		}
	}
}

// gasPlane is PDEBench's law in two dimensions.
//
//   - random: density ρ0 and temperature T0 = p0/ρ0 uniform in (0.1, 10); density and pressure vary by a part uniform in (0.01, 0.2) in the mean, and the mean speed
//     is Mach · √(γT0). Half of the states are multiplied by a window, outside of which the gas is at rest. States that are not positive are drawn again.
//   - turbulence: density 1, mean speed 1, pressure 1/(γ Mach²), no divergence. (PDEBench's projection is off by one wavenumber and leaves some.)
//   - shear: velocity ∓1 below and above the middle, density 2/(1 + d) above and d times that below, d uniform in (½, 2), at an interface with one to three waves;
//     pressure ρ̄/(γ Mach²) with the mean density ρ̄ = 1.
type gasPlane struct {
	grid        eddy.Grid
	law         string
	gamma, mach float64
}

// Draw writes one state [4, X, Y].
func (g *gasPlane) Draw(rng *rand.Rand, dst []float64) error {
	n := g.grid.Points()
	if len(dst) != 4*n {
		return &eddy.ShapeError{Op: "pde: cfd-2d: Draw", What: "state", Got: []int{len(dst)}, Want: []int{4 * n}}
	}
	w := over(dst, 4)
	switch g.law {
	case "turbulence":
		g.turbulence(rng, w)
	case "shear":
		g.shear(rng, w)
	default:
		const attempts = 100
		for range attempts {
			if g.random(rng, w) {
				return nil
			}
		}
		return errors.New("pde: cfd-2d: no state with positive density and pressure in 100 draws")
	}
	return nil
}

// each calls f with the index and the place of every cell.
func (g *gasPlane) each(f func(i int, x, y float64)) {
	ax, ay := g.grid.Axes[0], g.grid.Axes[1]
	for i := range ax.Points {
		for j := range ay.Points {
			f(i*ay.Points+j, centre(ax, i), centre(ay, j))
		}
	}
}

// spectrum writes to each field of u waves of all frequencies up to 4 per side with two components, amplitude |κ|^{−½} and random phases; adjust, if not nil, sees the
// values of each wave.
func (g *gasPlane) spectrum(rng *rand.Rand, u [][]float64, adjust func(kx, ky float64, values []float64)) {
	const highest = 4
	unitX, unitY := 2*math.Pi/g.grid.Axes[0].Length, 2*math.Pi/g.grid.Axes[1].Length
	for c := range u {
		clear(u[c])
	}
	phases, values := make([]float64, len(u)), make([]float64, len(u))
	for b := -highest; b <= highest; b++ {
		for a := -highest; a <= highest; a++ {
			if a == 0 || b == 0 {
				continue
			}
			kx, ky := unitX*float64(a), unitY*float64(b)
			for c := range phases {
				phases[c] = 2 * math.Pi * rng.Float64()
			}
			amplitude := 1 / math.Sqrt(math.Hypot(kx, ky))
			g.each(func(i int, x, y float64) {
				for c, phase := range phases {
					values[c] = amplitude * math.Sin(kx*x+ky*y+phase)
				}
				if adjust != nil {
					adjust(kx, ky, values)
				}
				for c, v := range values {
					u[c][i] += v
				}
			})
		}
	}
}

// scaleSpeed scales a velocity to a mean speed.
func scaleSpeed(v [][]float64, speed float64) {
	mean := 0.0
	for i := range v[0] {
		mean += math.Hypot(v[0][i], v[1][i]) / float64(len(v[0]))
	}
	for c := range v {
		for i := range v[c] {
			v[c][i] *= speed / mean
		}
	}
}

// random draws one state and reports whether density and pressure are positive.
func (g *gasPlane) random(rng *rand.Rand, w [][]float64) bool {
	rho0, t0 := 0.1+9.9*rng.Float64(), 0.1+9.9*rng.Float64()
	parts := [2]float64{0.01 + 0.19*rng.Float64(), 0.01 + 0.19*rng.Float64()}
	means := [2]float64{rho0, rho0 * t0}
	g.spectrum(rng, w, nil)
	scaleSpeed(w[2:], g.mach*math.Sqrt(g.gamma*t0))
	for c, mean := range means {
		size := 0.0
		for _, x := range w[c] {
			size += math.Abs(x) / float64(len(w[c]))
		}
		for i, x := range w[c] {
			w[c][i] = mean * (1 + parts[c]*x/size)
		}
	}
	windowed := rng.IntN(2) == 1
	x0, x1 := edges(rng)
	y0, y1 := edges(rng)
	ok := true
	g.each(func(i int, x, y float64) {
		if windowed {
			mask := window(x, x0, x1) * window(y, y0, y1)
			for c := range w {
				w[c][i] *= mask
			}
			w[0][i] += means[0] * (1 - mask)
			w[1][i] += means[1] * (1 - mask)
		}
		ok = ok && w[0][i] > 0 && w[1][i] > 0
	})
	return ok
}

func (g *gasPlane) turbulence(rng *rand.Rand, w [][]float64) {
	g.spectrum(rng, w[2:], func(kx, ky float64, v []float64) {
		along := (kx*v[0] + ky*v[1]) / (kx*kx + ky*ky)
		v[0] -= kx * along
		v[1] -= ky * along
	})
	scaleSpeed(w[2:], 1)
	for i := range w[0] {
		w[0][i], w[1][i] = 1, 1/(g.gamma*g.mach*g.mach)
	}
}

func (g *gasPlane) shear(rng *rand.Rand, w [][]float64) {
	ratio, k := 0.5+1.5*rng.Float64(), float64(1+rng.IntN(3))
	above := 2 / (1 + ratio)
	lx, ly := g.grid.Axes[0].Length, g.grid.Axes[1].Length
	g.each(func(i int, x, y float64) {
		w[0][i], w[2][i] = ratio*above, -1
		if y > ly/2+5e-3*ly*math.Sin(2*math.Pi*k*x/lx) {
			w[0][i], w[2][i] = above, 1
		}
		w[1][i], w[3][i] = 1/(g.gamma*g.mach*g.mach), 0
	})
}
