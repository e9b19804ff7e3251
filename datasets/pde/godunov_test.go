package pde

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// tube is a method for a law on n cells of [0, length].
func tube(l law, n int, length, dt float64, periodic bool, fields []eddy.Field) *godunov {
	return newGodunov(l, newMesh([]int{n}, []float64{length / float64(n)}, []bool{periodic}), 0.4, dt, fields).clone()
}

// run advances a state.
func run(t *testing.T, g *godunov, u []float64) []float64 {
	t.Helper()
	u = slices.Clone(u)
	if err := g.advance(t.Context(), u, nil); err != nil {
		t.Fatal(err)
	}
	return u
}

// side is the state of a gas on one side of a jump.
type side struct{ rho, p, u float64 }

// riemannProblem is the exact solution of Euler's equations at x/t, with a jump at 0 (Toro 2009, §4). It does not treat vacuum.
func riemannProblem(l, r side, gamma, xi float64) side {
	c := func(s side) float64 { return math.Sqrt(gamma * s.p / s.rho) }
	// f is the change of velocity across a wave that takes the pressure of s to p.
	f := func(s side, p float64) float64 {
		if p > s.p {
			a, b := 2/((gamma+1)*s.rho), (gamma-1)/(gamma+1)*s.p
			return (p - s.p) * math.Sqrt(a/(p+b))
		}
		return 2 * c(s) / (gamma - 1) * (math.Pow(p/s.p, (gamma-1)/(2*gamma)) - 1)
	}
	low, high := 1e-12, 1e6
	for range 200 { // bisection: the sum rises with p
		if p := (low + high) / 2; f(l, p)+f(r, p)+r.u-l.u > 0 {
			high = p
		} else {
			low = p
		}
	}
	p := (low + high) / 2
	u := (l.u + r.u + f(r, p) - f(l, p)) / 2
	if xi > u { // mirror: the right side seen from the left
		s := riemannProblem(side{r.rho, r.p, -r.u}, side{l.rho, l.p, -l.u}, gamma, -xi)
		return side{s.rho, s.p, -s.u}
	}
	ratio := p / l.p
	if p > l.p { // shock
		m := (gamma - 1) / (gamma + 1)
		if xi < l.u-c(l)*math.Sqrt((gamma+1)/(2*gamma)*ratio+(gamma-1)/(2*gamma)) {
			return l
		}
		return side{l.rho * (ratio + m) / (m*ratio + 1), p, u}
	}
	inner := side{l.rho * math.Pow(ratio, 1/gamma), p, u}
	switch { // rarefaction
	case xi < l.u-c(l):
		return l
	case xi > u-c(inner):
		return inner
	}
	a := 2/(gamma+1) + (gamma-1)/((gamma+1)*c(l))*(l.u-xi)
	return side{l.rho * math.Pow(a, 2/(gamma-1)), l.p * math.Pow(a, 2*gamma/(gamma-1)), 2 / (gamma + 1) * (c(l) + (gamma-1)/2*l.u + xi)}
}

func TestExactRiemannSolverKnowsTorosTests(t *testing.T) {
	// Star pressures and velocities of Toro (2009), table 4.3.
	for _, c := range []struct {
		l, r side
		p, u float64
	}{
		{side{1, 1, 0}, side{0.125, 0.1, 0}, 0.30313, 0.92745},
		{side{1, 0.4, -2}, side{1, 0.4, 2}, 0.00189, 0},
		{side{1, 1000, 0}, side{1, 0.01, 0}, 460.894, 19.5975},
		{side{5.99924, 460.894, 19.5975}, side{5.99242, 46.0950, -6.19633}, 1691.64, 8.68975},
	} {
		if s := riemannProblem(c.l, c.r, 1.4, c.u-1e-6); math.Abs(s.p-c.p) > 1e-4*c.p+5e-6 || math.Abs(s.u-c.u) > 2e-4 {
			t.Errorf("%+v | %+v: pressure %g, velocity %g, expected %g, %g", c.l, c.r, s.p, s.u, c.p, c.u)
		}
	}
}

// jumpIn is a gas with a jump in the middle of [0, 1].
func jumpIn(n int, l, r side) []float64 {
	u := make([]float64, 3*n)
	for i := range n {
		s := l
		if 2*i >= n {
			s = r
		}
		u[i], u[n+i], u[2*n+i] = s.rho, s.p, s.u
	}
	return u
}

func TestShockTubesConvergeToTheExactSolution(t *testing.T) {
	sequential(t)
	for name, c := range map[string]struct {
		l, r side
		end  float64
		tol  float64 // of the mean error of the density on 400 cells: what the method reaches, rounded up
	}{
		"Sod":             {side{1, 1, 0}, side{0.125, 0.1, 0}, 0.2, 3e-3},
		"two shocks":      {side{5.99924, 460.894, 19.5975}, side{5.99242, 46.0950, -6.19633}, 0.025, 0.15},
		"moving":          {side{1, 1, 0.75}, side{0.125, 0.1, 0}, 0.2, 4e-3},
		"two rarefaction": {side{1, 0.4, -1}, side{1, 0.4, 1}, 0.15, 4e-3},
		"blast":           {side{1, 1000, 0}, side{1, 0.01, 0}, 0.012, 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			var errs []float64
			for _, n := range []int{100, 200, 400} {
				u := run(t, tube(gas{gamma: 1.4}, n, 1, c.end, false, gasFields(1)), jumpIn(n, c.l, c.r))
				e := 0.0
				for i := range n {
					e += math.Abs(u[i]-riemannProblem(c.l, c.r, 1.4, ((float64(i)+0.5)/float64(n)-0.5)/c.end).rho) / float64(n)
				}
				errs = append(errs, e)
			}
			order := math.Log2(errs[0]/errs[2]) / 2
			t.Logf("mean errors %.3g, order %.2f", errs, order)
			// Contacts smear with n^{−2/3} at best, shocks with 1/n.
			if errs[2] > c.tol || order < 0.6 {
				t.Errorf("mean error %.2g on 400 cells with order %.2f, expected at most %g and 0.6", errs[2], order, c.tol)
			}
		})
	}
}

// A wave of density at constant pressure and velocity travels unchanged.
func TestSecondOrderForSmoothFlow(t *testing.T) {
	wave := func(n int, shift float64) []float64 {
		u := make([]float64, 3*n)
		for i := range n {
			a, b := float64(i)/float64(n), float64(i+1)/float64(n)
			// The mean of 1 + 0.2 sin 2π(x − shift) over the cell.
			u[i] = 1 + 0.2*(math.Cos(2*math.Pi*(a-shift))-math.Cos(2*math.Pi*(b-shift)))/(2*math.Pi*(b-a))
			u[n+i], u[2*n+i] = 1, 1
		}
		return u
	}
	var errs []float64
	for _, n := range []int{64, 128, 256} {
		d := difference(run(t, tube(gas{gamma: 1.4}, n, 1, 0.5, true, gasFields(1)), wave(n, 0)), wave(n, 0.5))
		e := 0.0
		for _, x := range d[:n] {
			e += math.Abs(x) / float64(n)
		}
		errs = append(errs, e)
		for _, x := range d[n:] {
			if math.Abs(x) > 1e-13 {
				t.Fatalf("pressure or velocity changed by %g", x)
			}
		}
	}
	t.Logf("mean errors %.3g", errs)
	for i := range 2 {
		if order := math.Log2(errs[i] / errs[i+1]); order < 1.8 {
			t.Errorf("order %.2f from %d cells, expected 2 less the limiter's part at extrema", order, 64<<i)
		}
	}
}

// A sound wave of small amplitude in a viscous gas: e^{−κ²(4/3η+ζ)t/2} and frequency κ√(c² − (κ(4/3η+ζ)/2)²).
func TestViscosityDampsSound(t *testing.T) {
	const n, eta, zeta, end, a = 256, 0.01, 0.005, 0.5, 1e-5
	kappa, c := 2*math.Pi, math.Sqrt(1.4)
	g := (4./3*eta + zeta) * kappa * kappa / 2
	omega := math.Sqrt(c*c*kappa*kappa - g*g)
	u := make([]float64, 3*n)
	for i := range n { // a standing wave from rest
		s := a * math.Sin(kappa*(float64(i)+0.5)/n)
		u[i], u[n+i] = 1+s, 1+1.4*s
	}
	v := run(t, tube(gas{1.4, eta, zeta}, n, 1, end, true, gasFields(1)), u)
	amplitude := 0.0
	for i := range n {
		amplitude += 2 * (v[i] - 1) * math.Sin(kappa*(float64(i)+0.5)/n) / n
	}
	want := a * math.Exp(-g*end) * (math.Cos(omega*end) + g/omega*math.Sin(omega*end))
	if math.Abs(amplitude-want) > 5e-3*a { // limiters and the h² of 256 cells
		t.Errorf("amplitude %g, expected %g of %g", amplitude, want, a)
	}
}

// A shear flow at constant density decays as the heat equation, to second order in the step of RKL2, whatever the number of stages.
func TestViscosityDampsShear(t *testing.T) {
	const n, eta, end = 32, 0.3, 0.02
	g := newGodunov(gas{1.4, eta, 0}, newMesh([]int{n, n}, []float64{1. / n, 1. / n}, []bool{true, true}), 0.4, end, gasFields(2)).clone()
	w := rows(4, n*n)
	for i := range n * n {
		w[0][i], w[1][i], w[3][i] = 2, 100, math.Sin(2*math.Pi*(float64(i/n)+0.5)/n)
	}
	amplitude := func(steps int) float64 {
		g.law.conserved(g.q, w)
		for range steps {
			g.viscosity(end / float64(steps))
		}
		sum := 0.0
		for i := range n * n {
			sum += g.q[3][i] / 2 * w[3][i] * 2 / (n * n)
		}
		return sum
	}
	exact := math.Exp(-eta * n * n * (2 - 2*math.Cos(2*math.Pi/n)) * end)
	a, b := math.Abs(amplitude(1)-exact), math.Abs(amplitude(2)-exact)
	if order := math.Log2(a / b); a > 0.02 || order < 1.7 {
		t.Errorf("errors %.2g in one step, %.2g in two (order %.2f), expected order 2", a, b, order)
	}
}

// The stress of a smooth flow, mixed derivatives included, against its formula at constant density.
func TestStressIsThatOfItsFormula(t *testing.T) {
	const eta, zeta, rho = 0.7, 0.4, 2
	worst := func(n int) float64 {
		h := 2 * math.Pi / float64(n)
		m := newMesh([]int{n, n}, []float64{h, h}, []bool{true, true})
		q, dq, v := rows(4, n*n), rows(4, n*n), rows(2, n*n)
		for i := range n * n {
			x, y := h*float64(i/n), h*float64(i%n)
			q[0][i], q[2][i], q[3][i] = rho, rho*math.Sin(x)*math.Cos(2*y), rho*math.Cos(x+y)
		}
		gas{1.4, eta, zeta}.diffuse(dq, q, v, m)
		e := 0.0
		for i := range n * n {
			x, y := h*float64(i/n), h*float64(i%n)
			// η Δv + (ζ + η/3) ∇(∇·v), with ∇·v = cos x cos 2y − sin(x + y).
			u := -5*eta*math.Sin(x)*math.Cos(2*y) + (zeta+eta/3)*(-math.Sin(x)*math.Cos(2*y)-math.Cos(x+y))
			w := -2*eta*math.Cos(x+y) + (zeta+eta/3)*(-2*math.Cos(x)*math.Sin(2*y)-math.Cos(x+y))
			e = max(e, math.Abs(dq[2][i]-rho*u), math.Abs(dq[3][i]-rho*w))
		}
		return e
	}
	a, b := worst(32), worst(64)
	if order := math.Log2(a / b); order < 1.9 || b > 0.1 {
		t.Errorf("errors %.2g on 32² and %.2g on 64² cells, order %.2f, expected 2", a, b, order)
	}
}

// A vortex that turns at constant entropy moves with the mean flow unchanged (Shu 1998).
func TestSecondOrderForAVortexInTwoDimensions(t *testing.T) {
	sequential(t)
	const length, gamma, end = 10., 1.4, 1.
	vortex := func(n int, shift float64) [][]float64 {
		w := rows(4, n*n)
		for i := range n * n {
			x, y := length*(float64(i/n)+0.5)/float64(n)-5-shift, length*(float64(i%n)+0.5)/float64(n)-5-shift
			s := 3 / (2 * math.Pi) * math.Exp((1-x*x-y*y)/2)
			temperature := 1 - (gamma-1)*s*s/(2*gamma)
			w[0][i] = math.Pow(temperature, 1/(gamma-1))
			w[1][i] = w[0][i] * temperature
			w[2][i], w[3][i] = 1-s*y, 1+s*x
		}
		return w
	}
	var errs []float64
	for _, n := range []int{32, 64} {
		h := length / float64(n)
		g := newGodunov(gas{gamma: gamma}, newMesh([]int{n, n}, []float64{h, h}, []bool{true, true}), 0.4, end, gasFields(2)).clone()
		u := run(t, g, slices.Concat(vortex(n, 0)...))
		e := 0.0
		for i, x := range vortex(n, end)[0] {
			e += math.Abs(u[i]-x) / float64(n*n)
		}
		errs = append(errs, e)
	}
	if order := math.Log2(errs[0] / errs[1]); order < 1.7 {
		t.Errorf("mean errors of the density %.3g, order %.2f, expected 2", errs, order)
	}
}

// stoker is the exact solution of the wet dam break at x/t (Stoker 1957): depth left of 0 is hl, right of it hr < hl.
func stoker(hl, hr, g, xi float64) (h, u float64) {
	low, high := hr, hl
	for range 200 {
		h = (low + high) / 2
		if 2*(math.Sqrt(g*hl)-math.Sqrt(g*h)) > (h-hr)*math.Sqrt(g/2*(1/h+1/hr)) {
			low = h
		} else {
			high = h
		}
	}
	u = 2 * (math.Sqrt(g*hl) - math.Sqrt(g*h))
	switch {
	case xi < -math.Sqrt(g*hl):
		return hl, 0
	case xi < u-math.Sqrt(g*h):
		c := (2*math.Sqrt(g*hl) - xi) / 3
		return c * c / g, 2. / 3 * (math.Sqrt(g*hl) + xi)
	case xi < h*u/(h-hr):
		return h, u
	}
	return hr, 0
}

func TestDamBreakConvergesToStokersSolution(t *testing.T) {
	sequential(t)
	const g, end = 9.81, 0.06
	for _, drift := range []float64{0, 4, -4} { // water that moves as a whole, faster than its waves
		var errs []float64
		for _, n := range []int{100, 200, 400} {
			u := make([]float64, 2*n)
			for i := range n {
				u[i], u[n+i] = 1, drift
				if 2*i >= n {
					u[i] = 0.3
				}
			}
			v := run(t, tube(water{g}, n, 1, end, false, waterFields()[:2]), u)
			e := 0.0
			for i := range n {
				h, speed := stoker(1, 0.3, g, ((float64(i)+0.5)/float64(n)-0.5)/end-drift)
				e += (math.Abs(v[i]-h) + math.Abs(v[n+i]-speed-drift)) / float64(n)
			}
			errs = append(errs, e)
		}
		order := math.Log2(errs[0]/errs[2]) / 2
		t.Logf("drift %g: mean errors %.3g, order %.2f", drift, errs, order)
		if errs[2] > 8e-3 || order < 0.8 {
			t.Errorf("drift %g: mean error %.2g on 400 cells with order %.2f, expected at most 8e-3 and 0.8", drift, errs[2], order)
		}
	}
}

func TestWaterAtRestStaysAtRest(t *testing.T) {
	d := DefaultDamBreak()
	d.Grid, d.Outer = []int{24, 24}, 2 // no step
	p := problemOf(t, d)
	u := drawn(t, p, 3*24*24, 0)
	if v := stepped(t, p.Solver, u, 5); !slices.Equal(u, v) {
		t.Errorf("still water moved by %g", largestDifference(u, v))
	}
}

// The claim of DamBreak's doc: 80 distances of cells from the middle lie between the radii of PDEBench, so that at most 81 initial states differ.
func TestDamBreaksAreFew(t *testing.T) {
	sequential(t)
	p := problemOf(t, DefaultDamBreak())
	a := p.Solver.Spec().Grid.Axes[0]
	distances := map[int]bool{}
	for i := range 128 {
		for j := range 128 {
			if r := math.Hypot(centre(a, i), centre(a, j)); r > 0.3 && r <= 0.7 {
				x, y := 2*i-127, 2*j-127 // in half cells
				distances[x*x+y*y] = true
			}
		}
	}
	if len(distances) != 80 {
		t.Errorf("%d distances, expected 80", len(distances))
	}
	seen := map[float64]bool{}
	for i := range 300 {
		seen[mean1(drawn(t, p, 3*128*128, i)[:128*128])] = true
	}
	if len(seen) > 81 || len(seen) < 40 {
		t.Errorf("%d different states in 300 draws, expected at most 81 and most of them", len(seen))
	}
}

// integrals are those of the conserved variables over a state.
func integrals(l law, u []float64, c int) []float64 {
	q := rows(c, len(u)/c)
	l.conserved(q, over(u, c))
	sums := make([]float64, c)
	for i := range q {
		sums[i] = mean1(q[i])
	}
	return sums
}

func TestConservedVariablesAreConserved(t *testing.T) {
	const tol = 1e-13
	gas1, gas2 := DefaultCompressible1D(), DefaultCompressible2D()
	gas1.Grid = []int{64}
	gas2.Grid, gas2.Mach = []int{20, 24}, 0.8
	coarse := gas2
	coarse.Grid, coarse.Solve = []int{5, 6}, []int{20, 24}
	for name, e := range map[string]Compressible{"1-D": gas1, "2-D": gas2, "2-D coarse-grained": coarse} {
		p := problemOf(t, e)
		l := gas{e.Gamma, e.Eta, e.Zeta}
		c := len(p.Solver.Spec().Fields)
		u := drawn(t, p, eddy.Size(p.Solver.Spec().FrameShape()), 2)
		before, after := integrals(l, u, c), integrals(l, stepped(t, p.Solver, u, 2), c)
		for i := range before {
			if math.Abs(before[i]-after[i]) > tol*max(before[0], before[1]) {
				t.Errorf("%s: integral %d is %v after %v", name, i, after[i], before[i])
			}
		}
	}
	// Water keeps what it has until it reaches the sides.
	d := DefaultDamBreak()
	d.Grid = []int{40, 40}
	p := problemOf(t, d)
	u := drawn(t, p, 3*1600, 0)
	if a, b := mean1(u[:1600]), mean1(stepped(t, p.Solver, u, 20)[:1600]); math.Abs(a-b) > tol {
		t.Errorf("mean depth %v after %v", b, a)
	}
}

func TestCoarseGrainingKeepsIntegrals(t *testing.T) {
	c := DefaultCompressible2D()
	c.Grid, c.Solve, c.Mach = []int{8, 6}, []int{32, 24}, 1
	p := problemOf(t, c)
	r := p.Solver.(datasets.Restricted)
	full := drawn(t, p, 4*32*24, 1)
	shown := make([]float64, 4*8*6)
	if err := r.Restrict(shown, full); err != nil {
		t.Fatal(err)
	}
	l := gas{gamma: c.Gamma}
	a, b := integrals(l, full, 4), integrals(l, shown, 4)
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-13*max(a[0], a[1]) {
			t.Errorf("integral %d is %v after coarse-graining, %v before", i, b[i], a[i])
		}
	}
}

// Reflections at the middle and at the diagonal commute with steps.
func TestGasAndWaterKeepSymmetries(t *testing.T) {
	const n = 16
	c := DefaultCompressible2D()
	c.Grid, c.Mach, c.Boundary = []int{n, n}, 0.7, "outflow"
	d := DefaultDamBreak()
	d.Grid = []int{n, n}
	for name, p := range map[string]Problem{"gas": problemOf(t, c), "water": problemOf(t, d)} {
		fields := len(p.Solver.Spec().Fields)
		u := drawn(t, p, fields*n*n, 3)
		for i := range n * n { // the dam is symmetric from the beginning
			u[i] += 0.1 * math.Sin(float64(3*i/n))
		}
		after := stepped(t, p.Solver, u, 2)
		mirror := func(u []float64) []float64 {
			v := make([]float64, len(u))
			for f := range fields {
				for i := range n * n {
					v[f*n*n+(n-1-i/n)*n+i%n] = u[f*n*n+i]
					if f == fields-2 {
						v[f*n*n+(n-1-i/n)*n+i%n] *= -1
					}
				}
			}
			return v
		}
		turn := func(u []float64) []float64 {
			v := make([]float64, len(u))
			for f := range fields {
				g := f
				if f >= fields-2 {
					g = 2*fields - 3 - f
				}
				for i := range n * n {
					v[g*n*n+i%n*n+i/n] = u[f*n*n+i]
				}
			}
			return v
		}
		for kind, f := range map[string]func([]float64) []float64{"mirror": mirror, "diagonal": turn} {
			if d := largestDifference(stepped(t, p.Solver, f(u), 2), f(after)); d > 1e-12*slices.Max(u) {
				t.Errorf("%s, %s: steps do not commute, they differ by %.2g", name, kind, d)
			}
		}
		if largestDifference(u, after) < 1e-3 {
			t.Errorf("%s: nothing happened", name)
		}
	}
}

func TestFailuresSayWhereAndWhen(t *testing.T) {
	g := tube(gas{gamma: 1.4}, 8, 1, 1, false, gasFields(1))
	u := jumpIn(8, side{1, 1, 0}, side{1, 1, 0})
	u[8+5] = -0.25
	err := g.advance(t.Context(), u, nil)
	var unphysical *UnphysicalError
	if !errors.As(err, &unphysical) || unphysical.Field != "pressure" || unphysical.Value != -0.25 || !slices.Equal(unphysical.Cell, []int{5}) || unphysical.Time != 0 {
		t.Errorf("error %v, expected a pressure of −0.25 in cell 5 at the beginning", err)
	}
	// Steps far too long lose positivity, and so do halves of them; that is told.
	g = tube(gas{gamma: 1.4}, 64, 1, 10, false, gasFields(1))
	g.cfl = 1e6
	u = jumpIn(64, side{1, 1, -20}, side{1, 1, 20})
	if err = g.advance(t.Context(), u, nil); !errors.As(err, &unphysical) || !(unphysical.Time > 0 && unphysical.Time <= 10) || unphysical.Value > 0 || len(unphysical.Cell) != 1 {
		t.Errorf("error %v, expected an *UnphysicalError with cell and time", err)
	}
	g = tube(gas{gamma: 1.4}, 64, 1, 0.05, false, gasFields(1))
	g.cfl = 2
	if err = g.advance(t.Context(), jumpIn(64, side{1, 0.01, -2}, side{1, 0.01, 2}), nil); err != nil {
		t.Errorf("error %v where half a step is enough", err)
	}
	if got := (&UnphysicalError{Field: "density", Value: -1, Cell: []int{3, 4}, Time: 0.5}).Error(); !strings.Contains(got, "density = -1 in cell (3, 4), 0.5 after") {
		t.Errorf("error text %q", got)
	}
}

// Two halves that fly apart leave next to nothing between them, but nothing negative.
func TestDensityAndPressureStayPositiveNextToVacuum(t *testing.T) {
	sequential(t)
	for _, v := range []float64{2, 5, 20, 100} {
		for _, p := range []float64{1, 1e-3, 1e-6} {
			u := run(t, tube(gas{gamma: 1.4}, 64, 1, 1, false, gasFields(1)), jumpIn(64, side{1, p, -v}, side{1, p, v}))
			if least := slices.Min(u[:128]); !(least > 0 && least < 0.1) {
				t.Errorf("speed %g, pressure %g: least density or pressure %g, expected little above 0", v, p, least)
			}
		}
	}
}

func TestLawsDrawWhatTheySay(t *testing.T) {
	sequential(t)
	for i := range 20 {
		c := DefaultCompressible1D()
		c.Grid = []int{128}
		for _, law := range []string{"random", "shock"} {
			c.Law = law
			u := drawn(t, problemOf(t, c), 3*128, i)
			for name, r := range map[string]struct{ part, low, high float64 }{"density": {0, 1, 20}, "pressure": {1, 10, 200}} {
				part := u[int(r.part)*128:][:128]
				if slices.Min(part) < r.low || slices.Max(part) > r.high {
					t.Errorf("%s %s from %g to %g, expected within %g to %g", law, name, slices.Min(part), slices.Max(part), r.low, r.high)
				}
			}
		}
		d := DefaultCompressible2D()
		d.Grid, d.Mach = []int{32, 32}, 0.3
		for _, law := range []string{"random", "turbulence", "shear"} {
			d.Law = law
			if law == "shear" {
				d.Boundary = "channel"
			}
			u := over(drawn(t, problemOf(t, d), 4*1024, i), 4)
			speed := 0.0
			for k := range u[0] {
				speed += math.Hypot(u[2][k], u[3][k]) / 1024
			}
			if slices.Min(u[0]) <= 0 || slices.Min(u[1]) <= 0 || speed == 0 {
				t.Errorf("%s: least density %g and pressure %g, mean speed %g", law, slices.Min(u[0]), slices.Min(u[1]), speed)
			}
			if c := math.Sqrt(5. / 3 * u[1][0] / mean1(u[0])); law != "random" && math.Abs(speed/c-0.3) > 0.02 {
				t.Errorf("%s: Mach number %g, expected 0.3", law, speed/c)
			}
		}
	}
}

func TestCellEquationsRefuseWhatTheyCannotSolve(t *testing.T) {
	for _, c := range []struct{ name, setting, want string }{
		{"ns-staggered", "solve=96x96", "solve = 96x96, expected multiples of grid = 64x64"},
		{"ns-staggered", "cfl=2", "cfl = 2, expected above 0 and at most 1"},
		{"ns-staggered", "wavenumber=40", "wavenumber = 40, expected 0 to 32"},
		{"ns-staggered", "diffusion=none", "expected one of implicit, explicit"},
		{"ns-staggered", "max_speed=0", "max_speed = 0, expected a positive speed"},
		{"ns-staggered", "peak=0", "peak = 0, expected a positive wavenumber"},
		{"ns-staggered", "initial_speed=-1", "initial_speed = -1, expected 0 or more"},
		{"ns-staggered", "drag=Inf", "drag and amplitude, expected finite numbers"},
		{"smoke", "substeps=0", "substeps = 0, expected 1 or more"},
		{"smoke", "viscosity=1", "viscosity = 1 is stepped explicitly: expected 96 substeps or more, not 1"},
		{"smoke", "buoyancy=NaN", "buoyancy = NaN, expected a finite number"},
		{"smoke", "scale=0", "scale = 0 and smoothness = 6, expected a positive length and 0 or more"},
		{"cfd-1d", "zeta=-1", "zeta = -1, expected 0 or more"},
		{"swe-dam-break", "cfl=0.9", "cfl = 0.9, expected above 0 and at most 0.5"},
		{"cfd-1d", "cfl=0.9", "cfl = 0.9, expected above 0 and at most 0.5"},
		{"cfd-1d", "gamma=1", "gamma = 1, expected above 1"},
		{"cfd-1d", "eta=-1", "eta = -1, expected 0 or more"},
		{"cfd-1d", "law=turbulence", "expected one of random, shock"},
		{"cfd-1d", "boundary=channel", "expected one of periodic, outflow"},
		{"cfd-2d", "mach=0", "mach = 0, expected a positive number"},
		{"cfd-2d", "grid=16", "grid = 16 has 1 axes, expected 2"},
		{"swe-dam-break", "gravity=0", "gravity = 0, expected a positive number"},
		{"swe-dam-break", "outer=0", "outer = 0, expected positive depths"},
		{"swe-dam-break", "radius_to=0.1", "radius = 0.3 and radius_to = 0.1"},
	} {
		key, value, _ := strings.Cut(c.setting, "=")
		_, err := Named(c.name, map[string]string{key: value})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %s: error %v, expected %q", c.name, c.setting, err, c.want)
		}
	}
}

func TestExplicitDiffusionAsksForItsSteps(t *testing.T) {
	_, err := Named("ns-staggered", map[string]string{"grid": "16x16", "diffusion": "explicit", "viscosity": "10"})
	if err == nil || !strings.Contains(err.Error(), "diffusion = explicit with viscosity = 10 needs 30 substeps, not 4") {
		t.Errorf("error %v, expected the number of substeps", err)
	}
}

func TestLawsRefuseOtherLengths(t *testing.T) {
	for name, p := range cellSolvers(t) {
		var shape *eddy.ShapeError
		if err := p.Initial.Draw(datasets.Stream(1, "test", 0), make([]float64, 7)); !errors.As(err, &shape) && !strings.Contains(name, "coarse") {
			t.Errorf("%s: error %v for a state of 7 values, expected *eddy.ShapeError", name, err)
		}
		if r, ok := p.Solver.(datasets.Restricted); !ok || r.Restrict(make([]float64, 7), make([]float64, 8)) == nil {
			t.Errorf("%s: 8 values were restricted to 7", name)
		}
	}
}

func BenchmarkGodunov(b *testing.B) {
	for _, n := range []int{64, 128} {
		b.Run(fmt.Sprintf("N=%d", n), func(b *testing.B) {
			g := newGodunov(gas{gamma: 1.4}, newMesh([]int{n, n}, []float64{1, 1}, []bool{true, true}), 0.4, 1, gasFields(2)).clone()
			w := rows(4, n*n)
			for i := range n * n {
				w[0][i], w[1][i], w[2][i] = 1+0.1*math.Sin(float64(i)), 1, 0.1
			}
			g.law.conserved(g.q, w)
			for b.Loop() {
				g.heun(1e-3)
			}
		})
	}
}
