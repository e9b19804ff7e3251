package pde_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// cells evaluates f at the centres of n×n cells.
func cells(length float64, n int, f func(x, y float64) float64) []float64 {
	h := length / float64(n)
	return sample2(length, n, func(x, y float64) float64 { return f(x+h/2, y+h/2) })
}

func TestUniformStatesFollowTheReactionAlone(t *testing.T) {
	for _, boundary := range []string{"periodic", "zero-flux"} {
		p := named(t, "allen-cahn", map[string]string{"grid": "8x8", "rate": "2", "dt": "0.5", "boundary": boundary})
		got := advance(t, p, slices.Repeat([]float64{0.2}, 64), 2)
		want := 0.2 / math.Sqrt(0.04+0.96*math.Exp(-4))
		if math.Abs(got[10]-want) > 1e-7 {
			t.Errorf("%s: u = %v, expected %v", boundary, got[10], want)
		}
	}
}

func TestAWallBetweenPhasesStandsStill(t *testing.T) {
	// u = tanh(x √(ρ/2ν)) solves νu_xx + ρ(u − u³) = 0; with zero flux at the ends, where it is flat.
	const n, nu = 256, 1e-3
	p := named(t, "allen-cahn", map[string]string{"grid": "256", "viscosity": "0.001", "rate": "1", "dt": "2", "boundary": "zero-flux"})
	u := make([]float64, n)
	for i := range u {
		u[i] = math.Tanh(((float64(i)+0.5)/n - 0.5) * math.Sqrt(1/(2*nu)))
	}
	if d := distance(advance(t, p, u, 5), u); d > 1e-6 {
		t.Errorf("the wall moved by %.2g", d)
	}
}

func TestDiffusionInABoxIsExact(t *testing.T) {
	// Without feed, kill and v, u diffuses alone: its cosines decay, and so does v without u.
	for boundary, unit := range map[string]float64{"periodic": 2 * math.Pi, "zero-flux": math.Pi} {
		p := named(t, "gray-scott", map[string]string{
			"grid": "24x24", "solve": "24x24", "length": "2", "diffusion_u": "0.03", "diffusion_v": "0.02", "feed": "0", "kill": "0.1", "dt": "0.5", "boundary": boundary,
		})
		wave := func(decay float64) []float64 {
			f := func(x, y float64) float64 { return 0.3 + decay*math.Cos(unit*x)*math.Cos(unit*y) }
			if boundary == "periodic" {
				return sample2(2, 24, f)
			}
			return cells(2, 24, f)
		}
		u := slices.Concat(wave(1), make([]float64, 24*24))
		want := slices.Concat(wave(math.Exp(-0.03*2*unit*unit)), make([]float64, 24*24))
		if d := distance(advance(t, p, u, 2), want); d > 1e-13 {
			t.Errorf("%s: relative distance %.2g", boundary, d)
		}
	}
}

func TestReactionsAreOfFourthOrder(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		coarse   int
		steps    int
	}{
		"allen-cahn":      {map[string]string{"grid": "24x24", "viscosity": "0.01", "dt": "2", "scale": "0.2"}, 4, 1},
		"gray-scott":      {map[string]string{"grid": "24x24", "solve": "24x24", "length": "2.5", "diffusion_u": "2e-3", "diffusion_v": "1e-3", "dt": "20"}, 8, 1},
		"fitzhugh-nagumo": {map[string]string{"grid": "12x12", "solve": "24x24", "diffusion_u": "0.02", "diffusion_v": "0.05", "dt": "0.4"}, 8, 1},
		"turbulence":      {map[string]string{"grid": "16x16x16", "viscosity": "0.05", "dt": "0.5", "max_speed": "1e3"}, 8, 1},
		"fisher":          {map[string]string{"grid": "32", "viscosity": "0.01", "rate": "2", "dt": "1", "initial": "fourier"}, 6, 1},
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
				if slope := math.Log2(e[i] / e[i+1]); slope < 3.5 || slope > 4.8 {
					t.Errorf("order %.2f between %d and %d substeps, expected 4", slope, c.coarse<<i, c.coarse<<(i+1))
				}
			}
			if e[0] > 1e-2 || e[2] < 1e-13 {
				t.Errorf("errors %.3g are outside the range where an order shows", e)
			}
		})
	}
}

func TestWhiteNoiseHasVarianceOneInEveryCell(t *testing.T) {
	for _, boundary := range []string{"zero-flux", "periodic"} {
		p := named(t, "fitzhugh-nagumo", map[string]string{"grid": "16x16", "solve": "32x32", "boundary": boundary})
		sum, cross, count := 0.0, 0.0, 0.0
		for i := range 100 {
			u := draw(t, p, i)
			for j := 1; j < len(u); j++ {
				sum += u[j] * u[j]
				cross += u[j] * u[j-1]
				count++
			}
		}
		// Of periodic noise the solver keeps the frequencies up to 7 of −8 … 7 per axis.
		want := map[string]float64{"zero-flux": 1, "periodic": 225.0 / 256}[boundary]
		if math.Abs(sum/count-want) > 0.03 || boundary == "zero-flux" && math.Abs(cross/count) > 0.02 {
			t.Errorf("%s: variance %.3f, expected %.3f; covariance of neighbours %.3f", boundary, sum/count, want, cross/count)
		}
	}
}

func TestStandingWavesSwingExactly(t *testing.T) {
	for boundary, unit := range map[string]float64{"periodic": 2 * math.Pi, "zero-flux": math.Pi} {
		p := named(t, "wave", map[string]string{"grid": "20x20", "length": "1", "speed": "3", "dt": "0.7", "boundary": boundary})
		omega := 3 * unit * math.Sqrt(5)
		state := func(at float64) []float64 {
			f := func(x, y float64) float64 { return math.Cos(2*unit*x) * math.Cos(unit*y) }
			mode := sample2(1, 20, f)
			if boundary == "zero-flux" {
				mode = cells(1, 20, f)
			}
			u := make([]float64, 800)
			for i, m := range mode {
				u[i], u[400+i] = m*math.Cos(omega*at)+0.1+0.2*at, -omega*m*math.Sin(omega*at)+0.2
			}
			return u
		}
		if d := distance(advance(t, p, state(0), 10), state(7)); d > 1e-12 {
			t.Errorf("%s: relative distance %.2g after 10 steps", boundary, d)
		}
	}
}

func TestAPulseSplitsAndTravels(t *testing.T) {
	// d'Alembert: p(x, t) = ½(f(x − ct) + f(x + ct)).
	const n = 256
	f := func(x float64) float64 { return math.Exp(-math.Pow(math.Remainder(x-0.5, 1)/0.03, 2)) }
	p := named(t, "wave", map[string]string{"grid": "256", "dt": "0.05"})
	got := advance(t, p, append(sample(1, n, f), make([]float64, n)...), 4)
	want := sample(1, n, func(x float64) float64 { return (f(x-0.2) + f(x+0.2)) / 2 })
	if d := distance(got[:n], want); d > 1e-12 {
		t.Errorf("relative distance %.2g", d)
	}
}

// vectors evaluates a velocity field on n³ points of a cube.
func vectors(length float64, n int, f func(x, y, z float64) [3]float64) []float64 {
	u := make([]float64, 3*n*n*n)
	h := length / float64(n)
	for i := range n * n * n {
		v := f(h*float64(i/(n*n)), h*float64(i/n%n), h*float64(i%n))
		for a := range v {
			u[a*n*n*n+i] = v[a]
		}
	}
	return u
}

func TestBeltramiFlowDecaysExactly(t *testing.T) {
	// The ABC flow has ω = u, so that u × ω = 0 and u decays with e^{−νt}.
	const nu = 0.07
	p := named(t, "turbulence", map[string]string{"grid": "12x12x12", "viscosity": "0.07", "dt": "0.5"})
	abc := vectors(2*math.Pi, 12, func(x, y, z float64) [3]float64 {
		return [3]float64{math.Sin(z) + 0.5*math.Cos(y), 0.7*math.Sin(x) + math.Cos(z), 0.5*math.Sin(y) + 0.7*math.Cos(x)}
	})
	got := advance(t, p, abc, 2)
	for i := range abc {
		abc[i] *= math.Exp(-nu)
	}
	if d := distance(got, abc); d > 1e-13 {
		t.Errorf("relative distance %.2g", d)
	}
}

func TestAFlowThatIsTheSameAtAllHeightsIsThatOfTwoDimensions(t *testing.T) {
	const n = 24
	flat := named(t, "kolmogorov", map[string]string{"grid": "24x24", "viscosity": "0.02", "drag": "0", "amplitude": "0", "dt": "0.5", "warmup": "0", "substeps": "20"})
	// ψ = sin(x + 2y) + cos(2x − y) + …, u = ψ_y, v = −ψ_x, ω = −Δψ
	cube := vectors(2*math.Pi, n, func(x, y, _ float64) [3]float64 {
		return [3]float64{2*math.Cos(x+2*y) + math.Sin(2*x-y), -math.Cos(x+2*y) + 2*math.Sin(2*x-y), 0}
	})
	omega := sample2(2*math.Pi, n, func(x, y float64) float64 { return 5*math.Sin(x+2*y) + 5*math.Cos(2*x-y) })
	got := advance(t, named(t, "turbulence", map[string]string{"grid": "24x24x24", "viscosity": "0.02", "dt": "0.5", "substeps": "20"}), cube, 1)
	want := advance(t, flat, omega, 1)
	// Vorticity of the plane z = 0.
	u, v := make([]float64, n*n), make([]float64, n*n)
	for i := range n * n {
		u[i], v[i] = got[i*n], got[n*n*n+i*n]
	}
	curl := make([]float64, n*n)
	for i := range n {
		row, column := make([]float64, n), make([]float64, n)
		for j := range n {
			row[j], column[j] = u[i*n+j], v[j*n+i]
		}
		uy, vx := spectralDerivative(row, 2*math.Pi), spectralDerivative(column, 2*math.Pi)
		for j := range n {
			curl[i*n+j] -= uy[j]
			curl[j*n+i] += vx[j]
		}
	}
	if d := distance(curl, want); d > 1e-6 {
		t.Errorf("relative distance %.2g", d)
	}
	if largest(got[2*n*n*n:]) > 1e-12 {
		t.Errorf("the flow leaves its plane with speed %g", largest(got[2*n*n*n:]))
	}
}

func TestTurbulenceLosesTheEnergyThatViscosityTakes(t *testing.T) {
	// dE/dt = −2ν·(½⟨|ω|²⟩), by a central difference; ⟨|ω|²⟩ = ⟨|∇u|²⟩ in a periodic box. The flow stays free of divergence.
	const n, nu, dt = 24, 0.02, 1e-3
	p := named(t, "turbulence", map[string]string{"grid": "24x24x24", "viscosity": "0.02", "dt": "0.001"})
	long := named(t, "turbulence", map[string]string{"grid": "24x24x24", "viscosity": "0.02", "dt": "0.5"})
	u0 := advance(t, long, draw(t, p, 0), 2)
	u1 := advance(t, p, u0, 1)
	u2 := advance(t, p, u1, 1)
	energy := func(u []float64) float64 { return 3 * meanSquare(u) / 2 }
	gradients, divergence := 0.0, make([]float64, n*n*n)
	for a := range 3 {
		for b, stride := range []int{n * n, n, 1} {
			for i := range n * n * n {
				if i/stride%n > 0 {
					continue
				}
				line := make([]float64, n)
				for j := range line {
					line[j] = u1[a*n*n*n+i+j*stride]
				}
				for j, d := range spectralDerivative(line, 2*math.Pi) {
					gradients += d * d / (n * n * n)
					if a == b {
						divergence[i+j*stride] += d
					}
				}
			}
		}
	}
	rate := (energy(u2) - energy(u0)) / (2 * dt)
	if math.Abs(rate/(-nu*gradients)-1) > 1e-5 {
		t.Errorf("energy changes at rate %v, expected %v", rate, -nu*gradients)
	}
	if d := largest(divergence); d > 1e-11*math.Sqrt(gradients) {
		t.Errorf("divergence %g", d)
	}
}

func TestSolversOfBoxesAreModels(t *testing.T) {
	for name, settings := range map[string]map[string]string{
		"advection":       {"grid": "32"},
		"kdv":             {"grid": "32"},
		"fisher":          {"grid": "32"},
		"allen-cahn":      {"grid": "12x12"},
		"gray-scott":      {"grid": "12x12", "solve": "12x12", "boundary": "zero-flux", "dt": "1"},
		"fitzhugh-nagumo": {"grid": "8x8", "solve": "16x16"},
		"turbulence":      {"grid": "8x8x8"},
		"wave":            {"grid": "10x10"},
	} {
		t.Run(name, func(t *testing.T) { rollouttest.Model(t, named(t, name, settings).Solver) })
	}
}

func TestDarcyAgreesWithTheSeriesForAUniformMedium(t *testing.T) {
	// −Δu = 1 on the unit square: u(½, ½) = 0.0736713532…, by its sine series. Second order in h.
	const exact = 0.07367135328
	var e []float64
	for _, n := range []int{21, 41, 81} {
		p := named(t, "darcy", map[string]string{"grid": fmt.Sprintf("%dx%d", n, n)})
		u := make([]float64, n*n)
		if err := p.Solver.Step64(t.Context(), u, u); err != nil {
			t.Fatal(err)
		}
		e = append(e, math.Abs(u[n*n/2]-exact))
	}
	for i := range 2 {
		if order := math.Log2(e[i] / e[i+1]); math.Abs(order-2) > 0.05 {
			t.Errorf("errors %.2g: order %.2f, expected 2", e, order)
		}
	}
}

func TestDarcyIsOfSecondOrderForAVaryingMedium(t *testing.T) {
	// a = 1 + x, u = sin πx sin πy is not a solution for constant β, so the error is against a fine grid.
	solve := func(n int) []float64 {
		p := named(t, "darcy", map[string]string{"grid": fmt.Sprintf("%dx%d", n, n)})
		a := make([]float64, n*n)
		for i := range a {
			x, y := float64(i/n)/float64(n-1), float64(i%n)/float64(n-1)
			a[i] = 2 + math.Sin(5*x) + x*y
		}
		s, _, err := p.Family.Member(a, nil)
		if err != nil {
			t.Fatal(err)
		}
		u := make([]float64, n*n)
		if err := s.Step64(t.Context(), u, u); err != nil {
			t.Fatal(err)
		}
		return u
	}
	common := func(u []float64, n int) []float64 {
		var v []float64
		for i := range 9 {
			for j := range 9 {
				v = append(v, u[i*(n-1)/8*n+j*(n-1)/8])
			}
		}
		return v
	}
	want := common(solve(257), 257)
	e := []float64{distance(common(solve(17), 17), want), distance(common(solve(33), 33), want), distance(common(solve(65), 65), want)}
	for i := range 2 {
		if order := math.Log2(e[i] / e[i+1]); order < 1.85 || order > 2.2 {
			t.Errorf("errors %.2g: order %.2f, expected 2", e, order)
		}
	}
}

func TestDarcyThroughLayersIsOneDimensional(t *testing.T) {
	// Where a depends on x alone and jumps between nodes, the flux through each half of a wide box is that of the harmonic mean. Checked through the equation itself:
	// the flux differences of the solution equal β at every interior point, by differences written down again here.
	const n = 33
	for _, mean := range []string{"arithmetic", "harmonic"} {
		p := named(t, "darcy", map[string]string{"grid": "33x33", "beta": "2.5", "mean": mean})
		a, u := make([]float64, n*n), make([]float64, n*n)
		if err := p.Family.Condition(datasets.Stream(1, "train", 0), a, nil); err != nil {
			t.Fatal(err)
		}
		s, _, err := p.Family.Member(a, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Step64(t.Context(), u, u); err != nil {
			t.Fatal(err)
		}
		between := func(i, j int) float64 {
			if mean == "harmonic" {
				return 2 / (1/a[i] + 1/a[j])
			}
			return (a[i] + a[j]) / 2
		}
		worst := 0.0
		for x := 1; x < n-1; x++ {
			for y := 1; y < n-1; y++ {
				i, sum := x*n+y, 0.0
				for _, j := range []int{i - n, i + n, i - 1, i + 1} {
					sum += between(i, j) * (u[i] - u[j])
				}
				worst = max(worst, math.Abs(sum*(n-1)*(n-1)-2.5))
			}
		}
		if worst > 1e-9 {
			t.Errorf("%s: the balance of fluxes is off by %.2g", mean, worst)
		}
		for i := range n {
			if u[i] != 0 || u[n*n-1-i] != 0 || u[i*n] != 0 || u[i*n+n-1] != 0 {
				t.Fatalf("%s: the pressure does not vanish on the boundary", mean)
			}
		}
	}
}

func TestDarcyCoefficientsFollowTheirLaws(t *testing.T) {
	for law, c := range map[string]struct{ low, high, share float64 }{"fno": {3, 12, 0.5}, "pdebench": {0.1, 1, 0.5}} {
		p := named(t, "darcy", map[string]string{"grid": "32x32", "law": law, "low": fmt.Sprint(c.low), "high": fmt.Sprint(c.high)})
		high, a := 0.0, make([]float64, 1024)
		const draws = 200
		for i := range draws {
			if err := p.Family.Condition(datasets.Stream(2, "train", i), a, nil); err != nil {
				t.Fatal(err)
			}
			for _, x := range a {
				switch x {
				case c.high:
					high += 1.0 / 1024 / draws
				case c.low:
				default:
					t.Fatalf("%s: coefficient %g", law, x)
				}
			}
		}
		if math.Abs(high-c.share) > 0.07 {
			t.Errorf("%s: %.2f of the medium is high, expected about half", law, high)
		}
	}
}

func TestDarcyIsASteadyFamily(t *testing.T) {
	p := named(t, "darcy", map[string]string{"grid": "12x12"})
	spec := p.Model().Spec()
	if !spec.Steady || spec.Dt != 0 || len(spec.Statics) != 1 {
		t.Errorf("spec %+v", spec)
	}
	in := eddy.Input{U: eddy.NewTensor(3, 1, 1, 12, 12), Static: eddy.NewTensor(3, 1, 12, 12)}
	for i := range in.Static.Data {
		in.Static.Data[i], in.U.Data[i] = 1+float32(i%7), float32(i%5)
	}
	rollouttest.ModelOn(t, p.Model(), in)
	rollouttest.ModelOn(t, p.Solver, eddy.Input{U: in.U})
	var d draws
	if err := datasets.Generate(t.Context(), &d, p.Model(), p.Initial, datasets.Plan{Trajectories: 2, Steps: 1}); err != nil {
		t.Fatal(err)
	}
	if largest(d.frames[0][:144]) != 0 || largest(d.frames[0][144:]) == 0 || !slices.Equal(d.meta.T, []float64{0, 1}) {
		t.Error("frames are not zero and the solution at times 0 and 1")
	}
}

// PDEBench's cells have a neighbour of value 0 beyond each side, one spacing away.
func TestDarcyOfPDEBenchIsTheFivePointFormulaWithGhostsOfZero(t *testing.T) {
	const n, a, beta = 12, 0.5, 3.0
	p := named(t, "darcy", map[string]string{"grid": "12x12", "law": "pdebench", "low": "0.1", "high": "1", "beta": "3"})
	medium, u := make([]float64, n*n), make([]float64, n*n)
	for i := range medium {
		medium[i] = a
	}
	s, _, err := p.Family.Member(medium, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Step64(t.Context(), u, u); err != nil {
		t.Fatal(err)
	}
	at := func(i, j int) float64 {
		if i < 0 || j < 0 || i >= n || j >= n {
			return 0
		}
		return u[i*n+j]
	}
	for i := range n {
		for j := range n {
			if got := a * n * n * (4*at(i, j) - at(i-1, j) - at(i+1, j) - at(i, j-1) - at(i, j+1)); math.Abs(got-beta) > 1e-8 {
				t.Fatalf("cell (%d, %d): −a Δu = %g, expected %g", i, j, got, beta)
			}
		}
	}
}
