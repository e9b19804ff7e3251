package pde_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/internal/dft"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

func named(t *testing.T, name string, settings map[string]string) pde.Problem {
	t.Helper()
	p, err := pde.Named(name, settings)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// advance takes n steps from u and returns the state.
func advance(t *testing.T, p pde.Problem, u []float64, n int) []float64 {
	t.Helper()
	v := slices.Clone(u)
	for range n {
		if err := p.Solver.Step64(t.Context(), v, v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// draw is a state of the problem's law.
func draw(t *testing.T, p pde.Problem, i int) []float64 {
	t.Helper()
	u := make([]float64, eddy.Size(p.Solver.Spec().FrameShape()))
	if err := p.Initial.Draw(datasets.Stream(1, "test", i), u); err != nil {
		t.Fatal(err)
	}
	return u
}

// sample evaluates f on the points of a line, or of a square.
func sample(length float64, n int, f func(x float64) float64) []float64 {
	u := make([]float64, n)
	for i := range u {
		u[i] = f(length * float64(i) / float64(n))
	}
	return u
}

func sample2(length float64, n int, f func(x, y float64) float64) []float64 {
	u := make([]float64, 0, n*n)
	for i := range n {
		for j := range n {
			u = append(u, f(length*float64(i)/float64(n), length*float64(j)/float64(n)))
		}
	}
	return u
}

// distance is the relative L2 distance of a to b.
func distance(a, b []float64) float64 {
	d, norm := 0.0, 0.0
	for i := range b {
		d += (a[i] - b[i]) * (a[i] - b[i])
		norm += b[i] * b[i]
	}
	return math.Sqrt(d / norm)
}

func largest(u []float64) float64 {
	m := 0.0
	for _, x := range u {
		m = max(m, math.Abs(x))
	}
	return m
}

func TestLinearPartsAreExact(t *testing.T) {
	// A wave of amplitude 1e-12 feels nothing of the nonlinear term.
	const amplitude, k = 1e-12, 3
	for name, rate := range map[string]func(kappa float64) float64{
		"burgers": func(kappa float64) float64 { return -0.02 * kappa * kappa },
		"ks":      func(kappa float64) float64 { return kappa*kappa - 0.02*math.Pow(kappa, 4) },
	} {
		p := named(t, name, map[string]string{"grid": "32", "length": "7", "viscosity": "0.02", "dt": "0.1", "substeps": "1", "warmup": "0"})
		kappa := 2 * math.Pi * k / 7
		u := sample(7, 32, func(x float64) float64 { return amplitude * math.Cos(kappa*x+1) })
		got := advance(t, p, u, 5)
		want := sample(7, 32, func(x float64) float64 { return amplitude * math.Exp(0.5*rate(kappa)) * math.Cos(kappa*x+1) })
		if d := distance(got, want); d > 1e-8 {
			t.Errorf("%s: relative distance %.2g to exp(σt)", name, d)
		}
	}
}

func TestBurgersAgreesWithColeHopf(t *testing.T) {
	const nu, a, length, end = 0.05, 0.9, 3.0, 0.4
	kappa := 2 * math.Pi / length
	exact := func(at float64) func(x float64) float64 {
		e := a * math.Exp(-nu*kappa*kappa*at)
		return func(x float64) float64 {
			return 2 * nu * kappa * e * math.Sin(kappa*x) / (1 + e*math.Cos(kappa*x))
		}
	}
	p := named(t, "burgers", map[string]string{"grid": "256", "length": "3", "viscosity": "0.05", "dt": "0.1"})
	got := advance(t, p, sample(length, 256, exact(0)), 4)
	if d := distance(got, sample(length, 256, exact(end))); d > 1e-10 {
		t.Errorf("relative distance %.2g", d)
	}
}

func TestBurgersFrontHasItsPublishedSlope(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: a front of width 0.003 on a fine grid")
	}
	// u0 = −sin πx on [−1, 1], ν = 0.01/π (Basdevant et al. 1986): the slope at 0 is steepest, −152.00516, at t = 1.6037/π.
	const n = 2048
	at := 1.6037 / math.Pi
	p := named(t, "burgers", map[string]string{
		"grid": fmt.Sprint(n), "length": "2", "viscosity": fmt.Sprint(0.01 / math.Pi), "dt": fmt.Sprint(at), "max_speed": "0.7",
	})
	u := advance(t, p, sample(2, n, func(x float64) float64 { return -math.Sin(math.Pi * x) }), 1)
	slope := spectralDerivative(u, 2)[0]
	if math.Abs(slope+152.00516) > 1e-4 {
		t.Errorf("slope %.6f, published −152.00516", slope)
	}
}

func TestKSGainsAndLosesEnergyAsTheEquationSays(t *testing.T) {
	// d/dt ½⟨u²⟩ = ⟨u_x²⟩ − ν⟨u_xx²⟩, both sides from three states close in time.
	const n, length, dt, nu = 96, 30.0, 1e-3, 0.7
	p := named(t, "ks", map[string]string{"grid": "96", "length": "30", "dt": "0.001", "viscosity": "0.7", "warmup": "0"})
	long := named(t, "ks", map[string]string{"grid": "96", "length": "30", "dt": "20", "viscosity": "0.7", "warmup": "0"})
	u0 := advance(t, long, draw(t, long, 0), 2)
	u1 := advance(t, p, u0, 1)
	u2 := advance(t, p, u1, 1)
	rate := (meanSquare(u2) - meanSquare(u0)) / 2 / (2 * dt)
	ux := spectralDerivative(u1, length)
	uxx := spectralDerivative(ux, length)
	want := meanSquare(ux) - nu*meanSquare(uxx)
	if math.Abs(rate-want) > 1e-4*meanSquare(ux) {
		t.Errorf("½⟨u²⟩ changes at rate %v, ⟨u_x²⟩ − ν⟨u_xx²⟩ = %v", rate, want)
	}
}

func meanSquare(u []float64) float64 {
	s := 0.0
	for _, x := range u {
		s += x * x / float64(len(u))
	}
	return s
}

// spectralDerivative is the derivative of the trigonometric interpolant on an even number of points, by its matrix.
func spectralDerivative(u []float64, length float64) []float64 {
	n := len(u)
	v := make([]float64, n)
	for i := range v {
		for j := range u {
			if i != j {
				sign := float64(1 - 2*((i-j+n)%2))
				v[i] += math.Pi / length * sign / math.Tan(math.Pi*float64(i-j)/float64(n)) * u[j]
			}
		}
	}
	return v
}

func TestKSHasItsKnownStatisticsAndLyapunovExponent(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: 5000 units of time")
	}
	// L = 22, zero mean: ⟨u²⟩ = 1.405, largest exponent 0.0497 (this project's measurement with another program, T = 60,000) and 0.048 (Cvitanović et al. 2010).
	p := named(t, "ks", map[string]string{"grid": "64", "length": "22", "dt": "1", "warmup": "0", "substeps": "8", "highest": "2"})
	u := advance(t, p, draw(t, p, 0), 200)
	const distanceKept, steps = 1e-7, 4000
	v := slices.Clone(u)
	rng := rand.New(rand.NewPCG(1, 1))
	phase := rng.Float64()
	for j := range v {
		v[j] += distanceKept * math.Sqrt(2) * math.Cos(2*math.Pi*(2*float64(j)/64+phase))
	}
	growth, square := 0.0, 0.0
	both := slices.Concat(u, v) // side by side
	for range steps {
		if err := p.Solver.Step64(t.Context(), both, both); err != nil {
			t.Fatal(err)
		}
		u, v = both[:64], both[64:]
		d := 0.0
		for j := range u {
			d += (v[j] - u[j]) * (v[j] - u[j]) / 64
		}
		d = math.Sqrt(d)
		growth += math.Log(d / distanceKept)
		for j := range u {
			v[j] = u[j] + (v[j]-u[j])*distanceKept/d
		}
		square += meanSquare(u) / steps
	}
	if math.Abs(square-1.405) > 0.03 {
		t.Errorf("⟨u²⟩ = %v, expected 1.405 ± 0.03", square)
	}
	if l := growth / steps; math.Abs(l-0.0495) > 0.006 {
		t.Errorf("largest Lyapunov exponent %v, expected 0.0495 ± 0.006", l)
	}
}

func TestTaylorGreenVorticesDecay(t *testing.T) {
	// ω = cos κx cos κy: advection cancels, ω decays with 2νκ² (and the drag).
	for _, k := range []float64{1, 3} {
		p := named(t, "kolmogorov", map[string]string{"grid": "32x32", "viscosity": "0.05", "drag": "0.2", "amplitude": "0", "dt": "0.5", "warmup": "0"})
		u := sample2(2*math.Pi, 32, func(x, y float64) float64 { return 3 * math.Cos(k*x) * math.Cos(k*y) })
		got := advance(t, p, u, 2)
		for i := range u {
			u[i] *= math.Exp(-2*0.05*k*k - 0.2)
		}
		if d := distance(got, u); d > 1e-13 {
			t.Errorf("k = %g: relative distance %.2g to the exact decay", k, d)
		}
	}
}

func TestKolmogorovFlowStartsLaminar(t *testing.T) {
	// From rest ω = −A κ cos κy (1 − e^{−st})/s with s = νκ² + μ, on any box.
	for _, length := range []float64{2 * math.Pi, 1.5} {
		p := named(t, "kolmogorov", map[string]string{"grid": "24x48", "viscosity": "0.02", "dt": "0.3", "length": fmt.Sprint(length), "wavenumber": "3", "warmup": "0"})
		kappa := 2 * math.Pi * 3 / length
		s := 0.02*kappa*kappa + 0.1
		got := advance(t, p, make([]float64, 24*48), 2)
		for i, w := range got {
			y := length * float64(i%48) / 48
			want := -kappa * math.Cos(kappa*y) * (1 - math.Exp(-0.6*s)) / s
			if math.Abs(w-want) > 1e-12 {
				t.Fatalf("length %g, point %d: ω = %v, expected %v", length, i, w, want)
			}
		}
	}
}

func TestKolmogorovLaminarFlowIsSteady(t *testing.T) {
	p := named(t, "kolmogorov", map[string]string{"grid": "32x32", "viscosity": "0.1", "dt": "0.5", "warmup": "0"})
	s := 0.1*16 + 0.1
	u := sample2(2*math.Pi, 32, func(_, y float64) float64 { return -4 * math.Cos(4*y) / s })
	if d := distance(advance(t, p, u, 4), u); d > 1e-12 {
		t.Errorf("the laminar flow moved by %.2g", d)
	}
}

func TestNSFNOAnswersItsForce(t *testing.T) {
	// From rest ω = A (sin θ + cos θ)(1 − e^{−st})/s with s = 2ν(2π)².
	p := named(t, "ns-fno", map[string]string{"grid": "16x16", "dt": "2"})
	s := 1e-3 * 8 * math.Pi * math.Pi
	got := advance(t, p, make([]float64, 256), 1)
	want := sample2(1, 16, func(x, y float64) float64 {
		θ := 2 * math.Pi * (x + y)
		return 0.1 * (math.Sin(θ) + math.Cos(θ)) * (1 - math.Exp(-2*s)) / s
	})
	if d := distance(got, want); d > 1e-13 {
		t.Errorf("relative distance %.2g", d)
	}
}

func TestFlowsWithoutForceAreTheSameEquation(t *testing.T) {
	common := map[string]string{"grid": "32x32", "dt": "0.2", "length": "6", "viscosity": "0.002", "substeps": "8", "warmup": "0", "amplitude": "0", "max_speed": "4"}
	a := named(t, "ns-fno", common)
	common["drag"] = "0"
	b := named(t, "kolmogorov", common)
	u := draw(t, b, 0)
	after := advance(t, a, u, 3)
	if d := distance(after, u); !(d > 0.01 && d < 2) {
		t.Errorf("the flow moved by %.2g, which tests nothing", d)
	}
	if !slices.Equal(after, advance(t, b, u, 3)) {
		t.Error("kolmogorov without force and drag differs from ns-fno without force")
	}
}

func TestFlowsHaveTheSymmetriesOfTheEquation(t *testing.T) {
	// Reflection at the diagonal turns ω(x, y) into −ω(y, x), translation moves it.
	const n = 32
	p := named(t, "ns-fno", map[string]string{"grid": "32x32", "amplitude": "0", "dt": "0.5", "sigma": "40"})
	u := draw(t, p, 0)
	reflect := func(u []float64) []float64 {
		v := make([]float64, n*n)
		for i := range n {
			for j := range n {
				v[i*n+j] = -u[j*n+i]
			}
		}
		return v
	}
	shift := func(u []float64) []float64 {
		v := make([]float64, n*n)
		for i := range n {
			for j := range n {
				v[(i+5)%n*n+(j+11)%n] = u[i*n+j]
			}
		}
		return v
	}
	after := advance(t, p, u, 4)
	for name, f := range map[string]func([]float64) []float64{"reflection": reflect, "translation": shift} {
		if d := distance(advance(t, p, f(u), 4), f(after)); d > 1e-12 {
			t.Errorf("%s and steps do not commute: relative distance %.2g", name, d)
		}
	}
	if d := distance(after, u); d < 0.01 {
		t.Errorf("the flow moved by %.2g only, which tests nothing", d)
	}
}

func TestMeansAreConserved(t *testing.T) {
	for name, c := range map[string]struct {
		grid string
		n    int
	}{"burgers": {"128", 128}, "ks": {"64", 64}, "ns-fno": {"16x16", 256}} {
		p := named(t, name, map[string]string{"grid": c.grid, "dt": "0.5", "warmup": "0"})
		u := draw(t, p, 1)
		for i := range u {
			u[i] += 0.25
		}
		sum := 0.0
		for _, x := range advance(t, p, u, 3) {
			sum += x / float64(c.n)
		}
		if math.Abs(sum-0.25) > 1e-13 {
			t.Errorf("%s: mean %v, started from 0.25", name, sum)
		}
	}
}

// The order shows where h times the fastest rate of the kept frequencies is not large; beyond, that of ETDRK4 sinks towards 3.
func TestFourthOrderInTime(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		coarse   int // substeps; then twice and four times as many, against sixteen times
		steps    int
	}{
		"burgers":    {map[string]string{"grid": "64", "dt": "0.1", "viscosity": "0.02"}, 20, 1},
		"ks":         {map[string]string{"grid": "32", "dt": "1", "length": "32", "warmup": "0"}, 8, 20},
		"kolmogorov": {map[string]string{"grid": "32x32", "dt": "1", "viscosity": "0.03", "warmup": "0"}, 20, 2},
		"ns-fno":     {map[string]string{"grid": "32x32", "dt": "4", "sigma": "26", "viscosity": "0.001"}, 8, 2},
	} {
		t.Run(name, func(t *testing.T) {
			run := func(substeps int) []float64 {
				s := map[string]string{"substeps": fmt.Sprint(substeps)}
				maps.Copy(s, c.settings)
				p := named(t, name, s)
				return advance(t, p, draw(t, p, 2), c.steps)
			}
			want := run(16 * c.coarse)
			var e [3]float64
			for i := range e {
				e[i] = distance(run(c.coarse<<i), want)
			}
			t.Logf("relative errors %.3g", e)
			for i := range 2 {
				if slope := math.Log2(e[i] / e[i+1]); slope < 3.6 || slope > 4.6 {
					t.Errorf("order %.2f between %d and %d substeps, expected 4", slope, c.coarse<<i, c.coarse<<(i+1))
				}
			}
			if e[0] > 1e-2 || e[2] < 1e-13 {
				t.Errorf("errors %.3g are outside the range where an order shows", e)
			}
		})
	}
}

func TestStatesDoNotDependOnBatchOrThreads(t *testing.T) {
	defer par.SetThreads(0)
	for name, grid := range map[string]string{"burgers": "64", "ks": "64", "kolmogorov": "24x24", "ns-fno": "16x16"} {
		p := named(t, name, map[string]string{"grid": grid, "dt": "0.1", "warmup": "0"})
		var alone, batch []float64
		par.SetThreads(1)
		for i := range 5 {
			u := draw(t, p, i)
			batch = append(batch, u...)
			alone = append(alone, advance(t, p, u, 2)...)
		}
		for _, threads := range []int{1, 2, 4} {
			par.SetThreads(threads)
			if !slices.Equal(advance(t, p, batch, 2), alone) {
				t.Errorf("%s: a batch on %d threads differs from its states alone", name, threads)
			}
		}
	}
}

func TestSolversAreModels(t *testing.T) {
	for name, grid := range map[string]string{"burgers": "64", "ks": "64", "kolmogorov": "24x24", "ns-fno": "16x16"} {
		t.Run(name, func(t *testing.T) {
			rollouttest.Model(t, named(t, name, map[string]string{"grid": grid, "dt": "0.1", "warmup": "0"}).Solver)
		})
	}
	t.Run("on another grid", func(t *testing.T) {
		rollouttest.Model(t, named(t, "kolmogorov", map[string]string{"grid": "16x16", "solve": "24x32", "dt": "0.1", "warmup": "0"}).Solver)
	})
}

func TestAFinerGridShowsTheSameSolution(t *testing.T) {
	// 32² points keep 10 frequencies, which 64² points hold as well: the same numbers at common points.
	a := named(t, "kolmogorov", map[string]string{"grid": "32x32", "dt": "0.1", "warmup": "0"})
	b := named(t, "kolmogorov", map[string]string{"grid": "64x64", "solve": "32x32", "dt": "0.1", "warmup": "0"})
	u, v := advance(t, a, draw(t, a, 0), 3), advance(t, b, draw(t, b, 0), 3)
	for i := range 32 {
		for j := range 32 {
			if d := math.Abs(u[i*32+j] - v[2*i*64+2*j]); d > 1e-12*largest(u) {
				t.Fatalf("point (%d, %d) differs by %g", i, j, d)
			}
		}
	}
	if r := b.Solver.(datasets.Restricted); r.Full() != b.Solver {
		t.Error("a grid that holds all frequencies needs no other full solver")
	}
}

func TestRestrictionLeavesOutHighFrequencies(t *testing.T) {
	p := named(t, "burgers", map[string]string{"grid": "16", "solve": "64", "dt": "0.1"})
	r := p.Solver.(datasets.Restricted)
	wave := func(n int, ks ...float64) []float64 {
		return sample(1, n, func(x float64) float64 {
			s := 0.0
			for _, k := range ks {
				s += math.Cos(2*math.Pi*k*x + k)
			}
			return s
		})
	}
	full := slices.Concat(wave(64, 2, 7, 8, 15), wave(64, 1, 20))
	dst := make([]float64, 32)
	if err := r.Restrict(dst, full); err != nil {
		t.Fatal(err)
	}
	if d := distance(dst, slices.Concat(wave(16, 2, 7), wave(16, 1))); d > 1e-14 {
		t.Errorf("relative distance %.2g to the waves that the grid holds", d)
	}
	var shape *eddy.ShapeError
	if err := r.Restrict(dst[:31], full); !errors.As(err, &shape) {
		t.Errorf("error %v, expected a *eddy.ShapeError", err)
	}
	if n := r.Full().Spec().Grid.Points(); n != 64 {
		t.Errorf("full states have %d points, expected 64", n)
	}
}

func TestInitialStatesAreRestrictionsOfFullOnes(t *testing.T) {
	p := named(t, "kolmogorov", map[string]string{"grid": "16x16", "solve": "48x48"})
	full := make([]float64, 48*48)
	if err := p.Initial.Draw(datasets.Stream(1, "test", 3), full); err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 256)
	if err := p.Solver.(datasets.Restricted).Restrict(want, full); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(draw(t, p, 3), want) {
		t.Error("a state of the solver's grid is not the restriction of the full one from the same stream")
	}
	if err := p.Initial.Draw(datasets.Stream(1, "test", 3), make([]float64, 7)); err == nil {
		t.Error("a state of 7 values was drawn")
	}
}

func TestStep64StopsWithTheContext(t *testing.T) {
	p := named(t, "burgers", map[string]string{"grid": "32", "dt": "1", "substeps": "100000000"})
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	u := draw(t, p, 0)
	if err := p.Solver.Step64(ctx, u, u); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, expected context.Canceled", err)
	}
}

func TestKolmogorovFlowKeepsItsEnergyAndEnstrophyBudgets(t *testing.T) {
	// dE/dt = ⟨f·u⟩ − 2μE − ν⟨ω²⟩ with E = ½⟨|u|²⟩, and dZ/dt = ⟨gω⟩ − 2μZ − ν⟨|∇ω|²⟩ with Z = ½⟨ω²⟩, both sides from three states close in time.
	const n, nu, mu, dt = 48, 0.02, 0.1, 1e-3
	settings := map[string]string{"grid": "48x48", "viscosity": "0.02", "dt": "0.5", "warmup": "0"}
	long := named(t, "kolmogorov", settings)
	settings["dt"] = "0.001"
	p := named(t, "kolmogorov", settings)
	w0 := advance(t, long, draw(t, long, 0), 4)
	w1 := advance(t, p, w0, 1)
	w2 := advance(t, p, w1, 1)
	transform, half := dft.NewReal(n, n), n/2+1
	// terms are E, Z, ⟨|∇ω|²⟩, ⟨f·u⟩ with f = (sin 4y, 0), ⟨gω⟩ with g = −4 cos 4y.
	terms := func(w []float64) (e, z, palinstrophy, work, spin float64) {
		c := dft.NewPlanes(transform.Coefficients())
		transform.Forward(c, w)
		for i := range c.Len() {
			kx, ky := float64(dft.Frequency(i/half, n)), float64(i%half)
			weight := 2.0
			if i%half == 0 || i%half == n/2 {
				weight = 1
			}
			power, k2 := weight*(c.Re[i]*c.Re[i]+c.Im[i]*c.Im[i])/2, kx*kx+ky*ky
			if k2 > 0 {
				e += power / k2
			}
			z += power
			palinstrophy += 2 * power * k2
			if kx == 0 && ky == 4 {
				// û = iκy/κ² ω̂: the sine part of u is −2 Im û = −2 Re ω̂/4, of which ⟨sin²⟩ = ½; ω has the cosine part 2 Re ω̂.
				work, spin = -c.Re[i]/4, -4*c.Re[i]
			}
		}
		return e, z, palinstrophy, work, spin
	}
	e0, z0, _, _, _ := terms(w0)
	e2, z2, _, _, _ := terms(w2)
	e, z, palinstrophy, work, spin := terms(w1)
	for name, c := range map[string]struct{ got, want, scale float64 }{
		"energy":    {(e2 - e0) / (2 * dt), work - 2*mu*e - nu*2*z, nu * 2 * z},
		"enstrophy": {(z2 - z0) / (2 * dt), spin - 2*mu*z - nu*palinstrophy, nu * palinstrophy},
	} {
		if math.Abs(c.got-c.want) > 1e-4*c.scale {
			t.Errorf("%s changes at rate %v, the budget says %v", name, c.got, c.want)
		}
	}
}
