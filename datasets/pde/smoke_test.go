package pde

import (
	"math"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

func TestSmokeIsTheMethodOfPhiFlow(t *testing.T) {
	var g struct {
		Cells                           int
		Length, Dt, Viscosity, Buoyancy float64
		States                          [][]float64 // after 0, 1, 2 and 6 steps
	}
	golden(t, "phiflow.json", &g)
	s := DefaultSmoke()
	s.Grid, s.Length, s.Dt, s.Viscosity, s.Buoyancy = []int{g.Cells, g.Cells}, g.Length, g.Dt, g.Viscosity, g.Buoyancy
	p := problemOf(t, s)
	for i, steps := range []int{1, 2, 6} {
		// PhiFlow solves for the pressure to 1e-13 of its size; errors grow with the flow from step to step.
		if d := largestDifference(stepped(t, p.Solver, g.States[0], steps), g.States[i+1]); d > 1e-10 {
			t.Errorf("after %d steps states differ by %.2g", steps, d)
		}
	}
}

func TestSmokeStaysInTheBox(t *testing.T) {
	const n = 32
	s := DefaultSmoke()
	s.Grid, s.Length = []int{n, n}, 8
	p := problemOf(t, s)
	u := drawn(t, p, 3*n*n, 0)
	highest := slices.Max(u[:n*n])
	u = stepped(t, p.Solver, u, 10)
	vx, vy := u[n*n:2*n*n], u[2*n*n:]
	speed := 0.0
	for i := range n {
		if vx[(n-1)*n+i] != 0 || vy[i*n+n-1] != 0 {
			t.Fatalf("flow %g and %g through the walls", vx[(n-1)*n+i], vy[i*n+n-1])
		}
	}
	for _, x := range vx {
		speed = max(speed, math.Abs(x))
	}
	at := func(f []float64, i, j int) float64 {
		if i < 0 || j < 0 {
			return 0
		}
		return f[i*n+j]
	}
	for i := range n {
		for j := range n {
			if d := at(vx, i, j) - at(vx, i-1, j) + at(vy, i, j) - at(vy, i, j-1); math.Abs(d) > 1e-13*speed {
				t.Fatalf("cell (%d, %d): divergence %g at speed %g", i, j, d, speed)
			}
		}
	}
	if lo, hi := slices.Min(u[:n*n]), slices.Max(u[:n*n]); lo < 0 || hi > highest || speed < 0.1 {
		t.Errorf("smoke from %g to %g, speed %g: interpolation keeps it within 0 to %g, and buoyancy moves it", lo, hi, speed, highest)
	}
}

// Smoke that depends on the height alone is lifted by a gradient, which pressure takes up: nothing moves. (Viscosity is taken before pressure and holds the lifted
// air back at the walls, so it has to be 0 here.)
func TestLayersOfSmokeDoNotMove(t *testing.T) {
	const n = 16
	s := DefaultSmoke()
	s.Grid, s.Length, s.Viscosity = []int{n, n}, 4, 0
	p := problemOf(t, s)
	u := make([]float64, 3*n*n)
	for i := range n * n {
		u[i] = math.Cos(float64(i%n)) + 1
	}
	if d := largestDifference(stepped(t, p.Solver, u, 5), u); d > 1e-13 {
		t.Errorf("layers changed by %.2g", d)
	}
}

func TestSmokeMirrors(t *testing.T) {
	const n = 16
	s := DefaultSmoke()
	s.Grid, s.Length = []int{n, n}, 4
	p := problemOf(t, s)
	u := drawn(t, p, 3*n*n, 1)
	mirror := func(u []float64) []float64 { // at the vertical line through the middle
		v := make([]float64, len(u))
		for i := range n {
			for j := range n {
				v[i*n+j] = u[(n-1-i)*n+j]
				v[2*n*n+i*n+j] = u[2*n*n+(n-1-i)*n+j]
				if i < n-1 {
					v[n*n+i*n+j] = -u[n*n+(n-2-i)*n+j]
				}
			}
		}
		return v
	}
	after := stepped(t, p.Solver, u, 6)
	if d := largestDifference(stepped(t, p.Solver, mirror(u), 6), mirror(after)); d > 1e-11 {
		t.Errorf("mirror and steps do not commute: they differ by %.2g", d)
	}
}

// The semi-Lagrangian method is of first order in the step.
func TestSmokeConvergesInTime(t *testing.T) {
	const n = 32
	s := DefaultSmoke()
	s.Grid, s.Length, s.Dt = []int{n, n}, 32, 6
	u := drawn(t, problemOf(t, s), 3*n*n, 2)
	run := func(substeps int) []float64 {
		s.Substeps = substeps
		return stepped(t, problemOf(t, s).Solver, u, 1)
	}
	// Interpolation spreads more with every substep, so that there is no limit but the differences of successive refinements show the order until then.
	a, b, c := run(1), run(2), run(4)
	d, e := meanSquare(difference(a, b)), meanSquare(difference(b, c))
	if ratio := math.Sqrt(d / e); ratio < 1.5 {
		t.Errorf("differences shrink by %.2f as the step is halved, expected about 2", ratio)
	}
}

func TestConditionalSmokeDrawsItsBuoyancy(t *testing.T) {
	p, err := Named("smoke", map[string]string{"grid": "16x16", "length": "4", "buoyancy": "0.2..0.5"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Family == nil {
		t.Fatal("a range of buoyancy makes no family")
	}
	if ps := p.Family.Spec().Params; len(ps) != 1 || ps[0].Name != "buoyancy" {
		t.Fatalf("parameters %v, expected buoyancy", ps)
	}
	var cond [1]float64
	for i := range 20 {
		if err := p.Family.Condition(datasets.Stream(1, "test", i), nil, cond[:]); err != nil {
			t.Fatal(err)
		}
		if cond[0] < 0.2 || cond[0] >= 0.5 {
			t.Errorf("buoyancy %g, expected within 0.2 to 0.5", cond[0])
		}
	}
	weak, law, err := p.Family.Member(nil, []float64{0.2})
	if err != nil {
		t.Fatal(err)
	}
	strong, _, err := p.Family.Member(nil, []float64{0.4})
	if err != nil {
		t.Fatal(err)
	}
	u := make([]float64, 3*256)
	if err := law.Draw(datasets.Stream(1, "test", 0), u); err != nil {
		t.Fatal(err)
	}
	// From rest the first step's velocity is proportional to the buoyancy.
	a, b := stepped(t, weak, u, 1), stepped(t, strong, u, 1)
	for i := 256; i < len(a); i++ {
		if math.Abs(2*a[i]-b[i]) > 1e-12 {
			t.Fatalf("velocity %g at twice the buoyancy of %g", b[i], a[i])
		}
	}
}

func TestNoiseHasVarianceOneBeforeItsMagnitude(t *testing.T) {
	p := problemOf(t, DefaultSmoke())
	u := drawn(t, p, eddy.Size(p.Solver.Spec().FrameShape()), 0)
	s := u[:128*128]
	if v := meanSquare(s); math.Abs(v-1) > 1e-12 || slices.Min(s) < 0 {
		t.Errorf("mean square %g and least value %g, expected 1 and at least 0", v, slices.Min(s))
	}
	if slices.ContainsFunc(u[128*128:], func(x float64) bool { return x != 0 }) {
		t.Error("the air is not at rest")
	}
}
