package pde

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/dft"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// golden reads a file of testdata.
func golden(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// sequential skips a longer test of numbers on one goroutine where runs are to be short: those are the runs with the race detector, which has nothing to find there.
func sequential(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("numbers on one goroutine")
	}
}

// problemOf makes the problem of an equation.
func problemOf(t *testing.T, e interface{ Problem() (Problem, error) }) Problem {
	t.Helper()
	p, err := e.Problem()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stepped is the state after some steps.
func stepped(t *testing.T, m eddy.Precise, u []float64, steps int) []float64 {
	t.Helper()
	u = slices.Clone(u)
	for range steps {
		if err := m.Step64(t.Context(), u, u); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

// drawn is an initial state of n values.
func drawn(t *testing.T, p Problem, n, trajectory int) []float64 {
	t.Helper()
	u := make([]float64, n)
	if err := p.Initial.Draw(datasets.Stream(1, "test", trajectory), u); err != nil {
		t.Fatal(err)
	}
	return u
}

// largestDifference is max |a − b|.
func largestDifference(a, b []float64) float64 {
	worst := 0.0
	for i := range a {
		worst = max(worst, math.Abs(a[i]-b[i]))
	}
	return worst
}

// vortices is Staggered without force and drag, on n² cells.
func vortices(n int) Staggered {
	s := DefaultStaggered()
	s.Grid, s.Amplitude, s.Drag, s.Warmup = []int{n, n}, 0, 0, 0
	return s
}

func TestStaggeredIsTheMethodOfJaxCFD(t *testing.T) {
	var g struct {
		Cells, Steps                        int
		Length, Viscosity, Dt               float64
		Initial, Implicit, Explicit, Coarse []float64
	}
	golden(t, "jaxcfd.json", &g)
	s := DefaultStaggered()
	s.Grid, s.Length, s.Viscosity, s.Dt, s.Warmup = []int{g.Cells, g.Cells}, g.Length, g.Viscosity, g.Dt*float64(g.Steps), 0
	if s.Substeps = 0; math.Abs(s.CFL*s.Length/float64(g.Cells)/s.MaxSpeed-g.Dt) > 1e-15 {
		t.Fatalf("jax-cfd's step %g is not that of the rule", g.Dt)
	}
	p := problemOf(t, s)
	if got := p.Settings["substeps"]; got != "20" {
		t.Fatalf("%s substeps, jax-cfd took 20", got)
	}
	tol := 1e-12 * 7.0 // rounding of 20 steps of a flow of speed 7, through transforms of another kind
	if d := largestDifference(stepped(t, p.Solver, g.Initial, 1), g.Implicit); d > tol {
		t.Errorf("implicit diffusion: velocities differ by %.2g", d)
	}
	s.Diffusion, s.Viscosity = "explicit", 10*g.Viscosity
	if d := largestDifference(stepped(t, problemOf(t, s).Solver, g.Initial, 1), g.Explicit); d > tol {
		t.Errorf("explicit diffusion: velocities differ by %.2g", d)
	}
	s = DefaultStaggered()
	s.Grid, s.Solve, s.Length = []int{g.Cells / 2, g.Cells / 2}, []int{g.Cells, g.Cells}, g.Length
	coarse := make([]float64, len(g.Coarse))
	if err := problemOf(t, s).Solver.(datasets.Restricted).Restrict(coarse, g.Implicit); err != nil {
		t.Fatal(err)
	}
	if d := largestDifference(coarse, g.Coarse); d > 1e-14 {
		t.Errorf("coarse-grained velocities differ by %.2g", d)
	}
}

// divergence is the largest |∇·v|·h of a staggered velocity on n² cells, over the largest speed.
func divergence(v []float64, n int) float64 {
	worst, speed := 0.0, 0.0
	for i := range n {
		for j := range n {
			d := v[i*n+j] - v[(i+n-1)%n*n+j] + v[n*n+i*n+j] - v[n*n+i*n+(j+n-1)%n]
			worst, speed = max(worst, math.Abs(d)), max(speed, math.Abs(v[i*n+j]))
		}
	}
	return worst / speed
}

func TestVelocitiesHaveNoDivergence(t *testing.T) {
	const n, coarse, tol = 64, 16, 1e-13
	s := DefaultStaggered()
	s.Grid, s.Solve, s.Dt = []int{coarse, coarse}, []int{n, n}, 0.007
	p := problemOf(t, s)
	r := p.Solver.(datasets.Restricted)
	v := drawn(t, p, 2*n*n, 0)
	if d := divergence(v, n); d > tol {
		t.Errorf("initial state: divergence %.2g", d)
	}
	if v[5] == 0 {
		t.Fatal("the initial state is at rest")
	}
	shown := make([]float64, 2*coarse*coarse)
	for step := range 20 {
		v = stepped(t, r.Full(), v, 1)
		if err := r.Restrict(shown, v); err != nil {
			t.Fatal(err)
		}
		if d, e := divergence(v, n), divergence(shown, coarse); d > tol || e > tol {
			t.Errorf("step %d: divergence %.2g, after coarse-graining %.2g", step+1, d, e)
		}
	}
	// The flow through a coarse face is that through its fine ones.
	if got, want := mean1(shown[:coarse*coarse]), mean1(v[:n*n]); math.Abs(got-want) > 1e-13 {
		t.Errorf("mean velocity %g after coarse-graining, %g before", got, want)
	}
}

func TestCoarseStatesAreSpreadWithoutDivergence(t *testing.T) {
	const n, fine = 8, 32
	s := DefaultStaggered()
	s.Grid = []int{n, n}
	p := problemOf(t, s)
	u := drawn(t, p, 2*n*n, 0)
	b := newBlocks(p.Solver.Spec(), []int{fine, fine})
	full, back := make([]float64, 2*fine*fine), make([]float64, 2*n*n)
	b.spread(full, u)
	if d := divergence(full, fine); d > 1e-13 {
		t.Errorf("divergence %.2g of a state without any", d)
	}
	if b.coarsen(back, full); largestDifference(back, u) > 1e-13 {
		t.Errorf("coarse-graining what was spread differs by %.2g", largestDifference(back, u))
	}
}

// vortexOnFaces is the flow cos kx sin ky e^{−2νk²t} and its like on the faces of n² cells of a box of side 2π.
func vortexOnFaces(n, k int, decay float64) []float64 {
	v := make([]float64, 2*n*n)
	h, wave := 2*math.Pi/float64(n), float64(k)
	for i := range n {
		for j := range n {
			x, y := h*float64(i+1), h*(float64(j)+0.5)
			v[i*n+j] = math.Cos(wave*x) * math.Sin(wave*y) * decay
			x, y = h*(float64(i)+0.5), h*float64(j+1)
			v[n*n+i*n+j] = -math.Sin(wave*x) * math.Cos(wave*y) * decay
		}
	}
	return v
}

func TestTaylorGreenVortexDecays(t *testing.T) {
	sequential(t)
	const nu, k, end = 0.05, 2, 0.4
	want := math.Exp(-2 * nu * k * k * end)
	var errs []float64
	for _, n := range []int{32, 64, 128} {
		s := vortices(n)
		s.Viscosity, s.Dt, s.Substeps = nu, end, n*n/64 // the step shrinks with h², so that the error of time does too
		v := stepped(t, problemOf(t, s).Solver, vortexOnFaces(n, k, 1), 1)
		errs = append(errs, math.Sqrt(meanSquare(difference(v, vortexOnFaces(n, k, want)))/meanSquare(v)))
	}
	t.Logf("relative errors %.3g", errs)
	for i := range 2 {
		if order := math.Log2(errs[i] / errs[i+1]); order < 1.8 {
			t.Errorf("order %.2f from %d cells, expected 2", order, 32<<i)
		}
	}
	if errs[2] > 2e-3 {
		t.Errorf("relative error %.2g on 128² cells", errs[2])
	}
}

func difference(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

func meanSquare(u []float64) float64 {
	sum := 0.0
	for _, x := range u {
		sum += x * x
	}
	return sum / float64(len(u))
}

func TestFirstOrderInTime(t *testing.T) {
	sequential(t)
	const n = 32
	s := vortices(n)
	s.Viscosity, s.Dt = 0.02, 0.2
	v := vortexOnFaces(n, 1, 1)
	for i, w := range vortexOnFaces(n, 3, 0.3) {
		v[i] += w
	}
	run := func(substeps int) []float64 {
		s.Substeps = substeps
		return stepped(t, problemOf(t, s).Solver, v, 1)
	}
	// The limiter depends on the step, so the difference to the finest run converges at first order of the step.
	want := run(1024)
	a, b := largestDifference(run(16), want), largestDifference(run(32), want)
	if order := math.Log2(a / b); order < 0.9 || order > 1.2 {
		t.Errorf("order %.2f in time (differences %.2g, %.2g), expected 1", order, a, b)
	}
}

// From rest the force drives u = A sin(κy)(1 − e^{−st})/s with s = ν(2 − 2cos κh)/h² + μ on the grid; Euler's steps, drag explicit and diffusion implicit, give a
// geometric sum instead of the exponential.
func TestLaminarKolmogorovFlow(t *testing.T) {
	const n, nu, mu, steps = 64, 1e-3, 0.1, 50
	s := DefaultStaggered()
	s.Grid, s.Dt, s.Substeps = []int{n, n}, 0.5, steps
	v := stepped(t, problemOf(t, s).Solver, make([]float64, 2*n*n), 1)
	h, dt := 2*math.Pi/n, 0.5/steps
	lambda := nu * (2 - 2*math.Cos(4*h)) / (h * h)
	amplitude := 0.0
	for range steps {
		amplitude = (amplitude*(1-mu*dt) + dt) / (1 + lambda*dt)
	}
	exact := (1 - math.Exp(-(lambda+mu)*0.5)) / (lambda + mu)
	if math.Abs(amplitude-exact) > 1e-3*exact {
		t.Fatalf("the sum %g is far from the exponential %g", amplitude, exact)
	}
	for i := range n {
		for j := range n {
			want := amplitude * math.Sin(4*h*(float64(j)+0.5))
			if d := math.Abs(v[i*n+j] - want); d > 1e-12 || math.Abs(v[n*n+i*n+j]) > 1e-12 {
				t.Fatalf("cell (%d, %d): velocity (%g, %g), expected (%g, 0)", i, j, v[i*n+j], v[n*n+i*n+j], want)
			}
		}
	}
}

// dE/dt = ⟨f·u⟩ − 2μE − ν⟨|∇v|²⟩ for smooth flow, up to the dissipation of the scheme, which vanishes with the grid.
func TestEnergyBudgetCloses(t *testing.T) {
	imbalance := func(n int) float64 {
		s := DefaultStaggered()
		s.Grid, s.Viscosity, s.Dt = []int{n, n}, 0.05, 1e-3
		s.Substeps, s.Peak, s.InitialSpeed = 4, 2, 1
		p := problemOf(t, s)
		v := drawn(t, p, 2*n*n, 3)
		w := stepped(t, p.Solver, v, 1)
		h := 2 * math.Pi / float64(n)
		force, dissipation := 0.0, 0.0
		for i := range n {
			for j := range n {
				at := i*n + j
				force += math.Sin(4*h*(float64(j)+0.5)) * (v[at] + w[at]) / 2
				for c := 0; c <= n*n; c += n * n {
					a := (v[c+at] + w[c+at]) / 2
					right, up := c+(i+1)%n*n+j, c+i*n+(j+1)%n
					dx, dy := (v[right]+w[right])/2-a, (v[up]+w[up])/2-a
					dissipation += (dx*dx + dy*dy) / (h * h)
				}
			}
		}
		energy := meanSquare // ½⟨u² + v²⟩, over both components
		gain := (energy(w) - energy(v)) / s.Dt
		want := (force-s.Viscosity*dissipation)/float64(n*n) - s.Drag*(energy(v)+energy(w))
		return math.Abs(gain-want) / math.Abs(want)
	}
	a, b := imbalance(48), imbalance(96)
	t.Logf("relative imbalance %.3g on 48², %.3g on 96² cells", a, b)
	if b > 0.02 || b > a/2.5 {
		t.Errorf("the budget is off by %.2g on 96² cells and %.2g on 48², expected less than 0.02 and second order", b, a)
	}
}

func TestStaggeredConservesMomentumAndSymmetry(t *testing.T) {
	const n = 24
	s := vortices(n)
	s.Dt, s.MaxSpeed, s.InitialSpeed = 0.05, 3, 2
	p := problemOf(t, s)
	v := drawn(t, p, 2*n*n, 1)
	for i := range v {
		v[i] += 0.25
	}
	after := stepped(t, p.Solver, v, 3)
	for c := range 2 {
		if got, want := mean1(after[c*n*n:(c+1)*n*n]), mean1(v[c*n*n:(c+1)*n*n]); math.Abs(got-want) > 1e-14 {
			t.Errorf("component %d: mean %g after %g", c, got, want)
		}
	}
	// The diagonal turns (u, v)(x, y) into (v, u)(y, x); a shift by whole cells is a shift.
	turn := func(v []float64) []float64 {
		w := make([]float64, len(v))
		for i := range n {
			for j := range n {
				w[j*n+i], w[n*n+j*n+i] = v[n*n+i*n+j], v[i*n+j]
			}
		}
		return w
	}
	shift := func(v []float64) []float64 {
		w := make([]float64, len(v))
		for i := range n {
			for j := range n {
				for c := 0; c <= n*n; c += n * n {
					w[c+(i+5)%n*n+(j+11)%n] = v[c+i*n+j]
				}
			}
		}
		return w
	}
	for name, f := range map[string]func([]float64) []float64{"reflection": turn, "translation": shift} {
		if d := largestDifference(stepped(t, p.Solver, f(v), 3), f(after)); d > 1e-12 {
			t.Errorf("%s and steps do not commute: they differ by %.2g", name, d)
		}
	}
	if d := largestDifference(after, v); d < 0.01 {
		t.Errorf("the flow moved by %.2g only, which tests nothing", d)
	}
}

// The law against 400 draws of jax-cfd's: root mean square speed, and shares of the energy by wavenumber.
func TestFilteredVelocityIsTheLawOfJaxCFD(t *testing.T) {
	sequential(t)
	var g struct {
		Law struct {
			Draws           int
			Speed           float64
			SpeedDeviation  float64 `json:"speed_deviation"`
			Shares          []float64
			ShareDeviations []float64 `json:"share_deviations"`
		}
	}
	golden(t, "jaxcfd.json", &g)
	const n, draws = 64, 100
	s := DefaultStaggered()
	s.Grid = []int{n, n}
	p := problemOf(t, s)
	plan := dft.NewReal(n, n)
	c := dft.NewPlanes(plan.Coefficients())
	speed, shares := 0.0, make([]float64, len(g.Law.Shares))
	for i := range draws {
		v := drawn(t, p, 2*n*n, i)
		largest := 0.0
		for k := range n * n {
			largest = max(largest, math.Hypot(v[k], v[n*n+k]))
		}
		if math.Abs(largest-7) > 1e-12 {
			t.Fatalf("draw %d: largest speed %g, expected 7", i, largest)
		}
		speed += math.Sqrt(2*meanSquare(v)) / draws
		for f := range 2 {
			plan.Forward(c, v[f*n*n:(f+1)*n*n])
			for k := range c.Len() {
				kx, ky := float64(dft.Frequency(k/(n/2+1), n)), k%(n/2+1)
				weight := 2.0
				if ky == 0 || ky == n/2 {
					weight = 1
				}
				if shell := int(math.Round(math.Hypot(kx, float64(ky)))); shell >= 1 && shell <= len(shares) {
					shares[shell-1] += weight * (c.Re[k]*c.Re[k] + c.Im[k]*c.Im[k]) / (2 * meanSquare(v)) / draws
				}
			}
		}
	}
	// Four standard errors of the difference of two means.
	within := func(deviation float64) float64 { return 4 * deviation * math.Sqrt(1./draws+1/float64(g.Law.Draws)) }
	if math.Abs(speed-g.Law.Speed) > within(g.Law.SpeedDeviation) {
		t.Errorf("root mean square speed %g, jax-cfd has %g ± %g", speed, g.Law.Speed, within(g.Law.SpeedDeviation))
	}
	for k, share := range shares {
		if tol := within(g.Law.ShareDeviations[k]); math.Abs(share-g.Law.Shares[k]) > tol {
			t.Errorf("|k| = %d has %g of the energy, jax-cfd %g ± %g", k+1, share, g.Law.Shares[k], tol)
		}
	}
	if err := p.Initial.Draw(rand.New(rand.NewPCG(1, 1)), make([]float64, 5)); err == nil {
		t.Error("a state of 5 values was drawn")
	}
}

func TestAFlowThatIsTooFastSaysWhenItWasLost(t *testing.T) {
	s := DefaultStaggered()
	s.Grid, s.Dt, s.Substeps = []int{32, 32}, 40, 80 // Courant numbers far above 1
	p := problemOf(t, s)
	u := drawn(t, p, 2*32*32, 0)
	after := stepped(t, p.Solver, u, 1)
	if !math.IsNaN(after[0]) {
		t.Fatalf("the flow survived: %g", after[0])
	}
	substep, time := p.Solver.(datasets.Traced).Trace(u)
	if substep < 1 || substep > 80 || math.Abs(time-float64(substep)/2) > 1e-12 {
		t.Errorf("lost in substep %d at time %g, expected one of 80 and half of it", substep, time)
	}
}

// cellSolvers are small problems of all solvers on cells and faces, each with a valid input of two rows.
func cellSolvers(t *testing.T) map[string]Problem {
	t.Helper()
	s := DefaultStaggered()
	s.Grid, s.Dt = []int{12, 16}, 0.05
	c := s
	c.Solve = []int{24, 32}
	g, h, d := DefaultCompressible1D(), DefaultCompressible2D(), DefaultDamBreak()
	g.Grid, g.Solve = []int{32}, []int{64}
	h.Grid, h.Mach, h.Dt = []int{12, 16}, 0.5, 0.02
	d.Grid = []int{16, 16}
	f := DefaultSmoke()
	f.Grid, f.Length = []int{12, 12}, 3
	return map[string]Problem{
		"ns-staggered": problemOf(t, s), "ns-staggered, coarse-grained": problemOf(t, c),
		"cfd-1d, coarse-grained": problemOf(t, g), "cfd-2d": problemOf(t, h), "swe-dam-break": problemOf(t, d), "smoke": problemOf(t, f),
	}
}

func TestCellSolversAreModels(t *testing.T) {
	for name, p := range cellSolvers(t) {
		t.Run(name, func(t *testing.T) {
			spec := p.Solver.Spec()
			n := eddy.Size(spec.FrameShape())
			u := eddy.NewTensor(append([]int{3, 1}, spec.FrameShape()...)...)
			for b := range 3 {
				for i, x := range drawn(t, p, n, b) {
					u.Data[b*n+i] = float32(x)
				}
			}
			rollouttest.ModelOn(t, p.Solver, eddy.Input{U: u})
		})
	}
}

func TestCellSolversDoNotDependOnThreads(t *testing.T) {
	defer par.SetThreads(0)
	for name, p := range cellSolvers(t) {
		n := eddy.Size(p.Solver.Spec().FrameShape())
		var batch, alone []float64
		par.SetThreads(1)
		for i := range 3 {
			u := drawn(t, p, n, i)
			batch = append(batch, u...)
			alone = append(alone, stepped(t, p.Solver, u, 2)...)
		}
		for _, threads := range []int{1, 2, 4} {
			par.SetThreads(threads)
			if !slices.Equal(stepped(t, p.Solver, batch, 2), alone) {
				t.Errorf("%s: a batch on %d threads differs from its states alone", name, threads)
			}
		}
	}
}

func BenchmarkStaggered(b *testing.B) {
	for _, n := range []int{64, 128, 256} {
		b.Run(map[int]string{64: "N=64", 128: "N=128", 256: "N=256"}[n], func(b *testing.B) {
			s := DefaultStaggered()
			s.Grid = []int{n, n}
			s.Dt, s.Substeps = math.Pi/7/float64(n), 1
			p, err := s.Problem()
			if err != nil {
				b.Fatal(err)
			}
			v := make([]float64, 2*n*n)
			if err := p.Initial.Draw(datasets.Stream(1, "test", 0), v); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := p.Solver.Step64(b.Context(), v, v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestStepsOnCellsDoNotAllocate(t *testing.T) {
	for name, p := range cellSolvers(t) {
		s := p.Solver.(*CellSolver)
		if s.full != nil {
			continue
		}
		u := drawn(t, p, eddy.Size(s.spec.FrameShape()), 0)
		w := s.fresh()
		if n := testing.AllocsPerRun(3, func() {
			if err := w.advance(t.Context(), u, nil); err != nil {
				t.Fatal(err)
			}
		}); n > 1 { // t.Context
			t.Errorf("%s: %v allocations a step", name, n)
		}
	}
}
