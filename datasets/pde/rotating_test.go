package pde

import (
	"math"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// waterAt makes a state [3, n, n] of functions of place on side 2π.
func waterAt(n int, f func(x, y float64) (h, u, v float64)) []float64 {
	s := make([]float64, 3*n*n)
	for i := range n * n {
		s[i], s[n*n+i], s[2*n*n+i] = f(2*math.Pi*float64(i/n)/float64(n), 2*math.Pi*float64(i%n)/float64(n))
	}
	return s
}

// tank is RotatingWater without viscosity on n² points.
func tank(n int) RotatingWater {
	r := DefaultRotatingWater()
	r.Grid, r.Viscosity = []int{n, n}, 0
	return r
}

// A flow along x that depends on y alone stays as it is where f u = −g ∂y h.
func TestGeostrophicFlowIsSteady(t *testing.T) {
	const n = 32
	r := tank(n)
	r.Dt = 1
	u := waterAt(n, func(_, y float64) (float64, float64, float64) {
		return 1 + 0.1*r.Coriolis/3*math.Cos(3*y), 0.1 * math.Sin(3*y), 0
	})
	if d := largestDifference(stepped(t, problemOf(t, r).Solver, u, 3), u); d > 1e-13 {
		t.Errorf("the flow changed by %.2g", d)
	}
	still := waterAt(n, func(_, _ float64) (float64, float64, float64) { return 1, 0, 0 })
	if d := largestDifference(stepped(t, problemOf(t, r).Solver, still, 3), still); d > 1e-14 {
		t.Errorf("still water changed by %.2g", d)
	}
}

// ω² = f² + gHκ² for waves of small amplitude.
func TestWavesHaveTheirDispersion(t *testing.T) {
	const n, a, k, l = 32, 1e-7, 3, 2
	r := tank(n)
	r.Dt, r.Gravity, r.Depth, r.Coriolis = 0.7, 2, 1.5, 1.3
	r.Substeps = 200
	omega := math.Sqrt(r.Coriolis*r.Coriolis + r.Gravity*r.Depth*(k*k+l*l))
	wave := func(t float64) []float64 {
		// From h' = a cos θ, θ = kx + ly − ωt: u' = a g (ωk cos θ − f l sin θ)/(ω² − f²) and so on.
		d := omega*omega - r.Coriolis*r.Coriolis
		return waterAt(n, func(x, y float64) (float64, float64, float64) {
			s, c := math.Sincos(k*x + l*y - omega*t)
			return r.Depth + a*c, a * r.Gravity * (omega*k*c - r.Coriolis*l*s) / d, a * r.Gravity * (omega*l*c + r.Coriolis*k*s) / d
		})
	}
	if d := largestDifference(stepped(t, problemOf(t, r).Solver, wave(0), 1), wave(r.Dt)); d > 1e-5*a {
		t.Errorf("the wave is off by %.2g of its amplitude", d/a)
	}
}

func TestRotatingWaterConservesMassAndEnergy(t *testing.T) {
	const n = 48
	r := tank(n)
	r.Dt, r.Coriolis = 0.2, 2
	p := problemOf(t, r)
	u := drawn(t, p, 3*n*n, 4)
	energy := func(u []float64) float64 {
		sum := 0.0
		for i := range n * n {
			h, a, b := u[i], u[n*n+i], u[2*n*n+i]
			sum += (h*(a*a+b*b) + r.Gravity*(h-1)*(h-1)) / (2 * n * n)
		}
		return sum
	}
	v := stepped(t, p.Solver, u, 5)
	if a, b := mean1(u[:n*n]), mean1(v[:n*n]); math.Abs(a-b) > 1e-14 {
		t.Errorf("mean depth %v after %v", b, a)
	}
	if a, b := energy(u), energy(v); math.Abs(a-b) > 1e-5*a {
		t.Errorf("energy %v after %v", b, a)
	}
	if d := largestDifference(u, v); d < 0.01 {
		t.Errorf("the flow changed by %.2g, which tests nothing", d)
	}
}

func TestRotatingWaterIsOfFourthOrder(t *testing.T) {
	const n = 32
	r := tank(n)
	r.Dt, r.Viscosity, r.Coriolis = 0.5, 1e-5, 2
	u := drawn(t, problemOf(t, r), 3*n*n, 1)
	run := func(substeps int) []float64 {
		r.Substeps, r.MaxSpeed = substeps, 1e3 // no refinement
		return stepped(t, problemOf(t, r).Solver, u, 1)
	}
	want := run(256)
	a, b := largestDifference(run(16), want), largestDifference(run(32), want)
	if order := math.Log2(a / b); order < 3.7 || order > 4.6 {
		t.Errorf("order %.2f (errors %.2g, %.2g), expected 4", order, a, b)
	}
}

// In its balance a flow of small Rossby number sends out few waves: the depth moves far less than it would by gravity waves of the same size.
func TestBalancedStatesSendOutFewWaves(t *testing.T) {
	const n = 32
	r := tank(n)
	r.Dt, r.InitialSpeed, r.Coriolis = 0.05, 0.02, 5
	p := problemOf(t, r)
	u := drawn(t, p, 3*n*n, 2)
	rest := append([]float64(nil), u...)
	clear(rest[n*n:]) // the same surface without its flow
	a, b := largestDifference(stepped(t, p.Solver, u, 1)[:n*n], u[:n*n]), largestDifference(stepped(t, p.Solver, rest, 1)[:n*n], u[:n*n])
	if a > 0.1*b {
		t.Errorf("the balanced surface moved by %.2g, the one at rest by %.2g", a, b)
	}
	speed := math.Sqrt(2 * meanSquare(u[n*n:]))
	if speed < 0.005 || speed > 0.06 {
		t.Errorf("root mean square speed %g, the law's is 0.02", speed)
	}
}

func TestRotatingWaterIsAModel(t *testing.T) {
	r := DefaultRotatingWater()
	r.Grid = []int{16, 20}
	rollouttest.Model(t, problemOf(t, r).Solver)
	r.Grid, r.Solve = []int{12, 12}, []int{24, 24}
	rollouttest.Model(t, problemOf(t, r).Solver)
}

func TestRotatingWaterRefusesWhatItCannotSolve(t *testing.T) {
	for setting, want := range map[string]string{
		"gravity=0": "gravity = 0", "depth=-1": "depth = -1", "coriolis=Inf": "coriolis = +Inf", "order=0": "order = 0, expected 1 to 8", "peak=0": "peak 0",
	} {
		key, value, _ := strings.Cut(setting, "=")
		if _, err := Named("swe-rotating", map[string]string{"grid": "16x16", key: value}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, expected %q", setting, err, want)
		}
	}
	p, err := Named("swe-rotating", map[string]string{"grid": "16x16", "initial_speed": "3"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Initial.Draw(datasets.Stream(1, "test", 0), make([]float64, 3*256)); err == nil || !strings.Contains(err.Error(), "no depth") {
		t.Errorf("error %v for a flow that leaves no water", err)
	}
}
