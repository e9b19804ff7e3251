package metric_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// planeSpec is a velocity on a square box of side 2π, or with the given ends.
func planeSpec(nx, ny int, at ...eddy.Location) eddy.Spec {
	s := eddy.Spec{
		Fields: []eddy.Field{{Name: "velocity_x", Of: "velocity", Index: []int{0}}, {Name: "velocity_y", Of: "velocity", Index: []int{1}}},
		Grid:   eddy.PeriodicGrid(2*math.Pi, nx, ny), Dt: 1,
	}
	for i, l := range at {
		s.Fields[i].At = l
	}
	return s
}

// sample fills a state [1, C, X, Y] from functions of the place of each field.
func sample(spec eddy.Spec, f ...func(x, y float64) float64) *eddy.Tensor {
	u := eddy.NewTensor(append([]int{1}, spec.FrameShape()...)...)
	nx, ny := spec.Grid.Axes[0].Points, spec.Grid.Axes[1].Points
	hx, hy := spec.Grid.Axes[0].Step(), spec.Grid.Axes[1].Step()
	for c, f := range f {
		ox, oy := 0.0, 0.0
		switch spec.Fields[c].At {
		case eddy.Cell:
			ox, oy = 0.5, 0.5
		case eddy.FaceX:
			ox, oy = 1, 0.5
		case eddy.FaceY:
			ox, oy = 0.5, 1
		}
		for i := range nx {
			for j := range ny {
				u.Data[(c*nx+i)*ny+j] = float32(f((float64(i)+ox)*hx, (float64(j)+oy)*hy))
			}
		}
	}
	return u
}

// The Taylor–Green vortex: no divergence, energy ¼, vorticity 2 sin x sin y with enstrophy ½.
func vortexX(x, y float64) float64     { return math.Sin(x) * math.Cos(y) }
func vortexY(x, y float64) float64     { return -math.Cos(x) * math.Sin(y) }
func vortexOmega(x, y float64) float64 { return 2 * math.Sin(x) * math.Sin(y) }

// one is the single value of a quantity.
func one(t *testing.T, f func(dst []float64, u *eddy.Tensor) error, u *eddy.Tensor) float64 {
	t.Helper()
	d := make([]float64, 1)
	if err := f(d, u); err != nil {
		t.Fatal(err)
	}
	return d[0]
}

const tol32 = 1e-6 // fields are rounded to float32

func TestEnergyEnstrophyAndDivergenceOfAVortex(t *testing.T) {
	for name, at := range map[string][]eddy.Location{"nodes": nil, "cells": {eddy.Cell, eddy.Cell}, "faces": {eddy.FaceX, eddy.FaceY}} {
		spec := planeSpec(24, 32, at...)
		plan := metric.NewPlan(spec)
		u := sample(spec, vortexX, vortexY)
		if e := one(t, plan.Energy, u); math.Abs(e-0.25) > tol32 {
			t.Errorf("%s: energy %g, want 1/4", name, e)
		}
		if e := one(t, plan.Enstrophy, u); math.Abs(e-0.5) > tol32 {
			t.Errorf("%s: enstrophy %g, want 1/2", name, e)
		}
		limit := tol32
		if name == "faces" {
			limit = 1e-2 // differences over cells see sin h/2 / (h/2) of each derivative, another one on each axis of this grid
		}
		if d := one(t, plan.Divergence, u); d > limit {
			t.Errorf("%s: divergence %g of the gradient", name, d)
		}
	}
}

func TestTheDivergenceOverCellsOfAStaggeredFlowIsExact(t *testing.T) {
	spec := planeSpec(16, 20, eddy.FaceX, eddy.FaceY)
	plan := metric.NewPlan(spec)
	psi := func(x, y float64) float64 { return math.Sin(3*x+y) + math.Cos(2*y)*math.Sin(x) }
	hx, hy := spec.Grid.Axes[0].Step(), spec.Grid.Axes[1].Step()
	// Velocities that are differences of a stream function at the corners have no net flux through any cell.
	u := sample(spec,
		func(x, y float64) float64 { return (psi(x, y+hy/2) - psi(x, y-hy/2)) / hy },
		func(x, y float64) float64 { return -(psi(x+hx/2, y) - psi(x-hx/2, y)) / hx })
	if d := one(t, plan.Divergence, u); d > tol32 {
		t.Errorf("divergence %g of the gradient", d)
	}
}

func TestAPotentialFlowHasDivergenceAndNoEnstrophy(t *testing.T) {
	spec := planeSpec(16, 16)
	plan := metric.NewPlan(spec)
	u := sample(spec, func(x, y float64) float64 { return math.Cos(x) * math.Sin(y) }, func(x, y float64) float64 { return math.Sin(x) * math.Cos(y) })
	if e := one(t, plan.Enstrophy, u); e > tol32 {
		t.Errorf("enstrophy %g of a gradient", e)
	}
	if d := one(t, plan.Divergence, u); math.Abs(d-1) > tol32 { // |∇u|² = φ_xx² + 2φ_xy² + φ_yy² = (∇²φ)² in the mean
		t.Errorf("divergence %g of the gradient, want 1", d)
	}
}

func TestTheEnergyOfAVorticityIsThatOfItsVelocity(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "vorticity"}}, Grid: eddy.PeriodicGrid(2*math.Pi, 16, 16), Dt: 1}
	plan := metric.NewPlan(spec)
	u := sample(spec, vortexOmega)
	if e := one(t, plan.Energy, u); math.Abs(e-0.25) > tol32 {
		t.Errorf("energy %g, want 1/4", e)
	}
	if e := one(t, plan.Enstrophy, u); math.Abs(e-0.5) > tol32 {
		t.Errorf("enstrophy %g, want 1/2", e)
	}
}

func TestDifferencesBetweenWallsAreOfSecondOrder(t *testing.T) {
	fault := func(n int) float64 {
		spec := planeSpec(n, n)
		spec.Grid.Axes[1].Periodic, spec.Grid.Axes[1].Length = false, 2
		// u = sin x · eʸ and v = 0, so the vorticity is −sin x · eʸ.
		u := sample(spec, func(x, y float64) float64 { return math.Sin(x) * math.Exp(y) }, func(x, y float64) float64 { return 0 })
		return math.Abs(one(t, metric.NewPlan(spec).Enstrophy, u) - exactMean(spec, func(x, y float64) float64 { return math.Pow(math.Sin(x)*math.Exp(y), 2) / 2 }))
	}
	coarse, fine := fault(129), fault(257)
	if order := math.Log2(coarse / fine); order < 1.85 || order > 2.15 {
		t.Errorf("the enstrophy between walls is of order %.2f (errors %g and %g)", order, coarse, fine)
	}
}

// exactMean is the mean over the grid's points of a function.
func exactMean(spec eddy.Spec, f func(x, y float64) float64) float64 {
	one := eddy.Spec{Fields: []eddy.Field{{Name: "f"}}, Grid: spec.Grid}
	s := 0.0
	u := sample(one, f)
	for _, v := range u.Data {
		s += float64(v)
	}
	return s / float64(len(u.Data))
}

func TestDriftsAreSignedAndRelative(t *testing.T) {
	spec := flowSpec(8)
	plan := metric.NewPlan(spec)
	truth := noisy(1, 1, spec)
	pred := truth.Clone()
	for i := range pred.Data {
		if pred.Data[i] *= 2; i >= 2*64 {
			pred.Data[i] /= 4 // velocity ×2, density ×½
		}
	}
	pair := plan.Truth(truth).Against(pred)
	for name, want := range map[string]float64{"energy_drift": 1, "enstrophy_drift": 3, "mass_drift": -0.5, "momentum_drift": 0} {
		m, err := metric.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		d := make([]float64, 1)
		if m.Measure(d, pair); math.Abs(d[0]-want) > tol32 {
			t.Errorf("%s is %g, want %g", name, d[0], want)
		}
	}
}

func TestTheSobolevErrorOfASineIsThatOfItsAmplitude(t *testing.T) {
	const n, k = 32, 3
	g := eddy.PeriodicGrid(2*math.Pi, n)
	y, p := eddy.NewTensor(1, 1, n), eddy.NewTensor(1, 1, n)
	for i := range n {
		x := 2 * math.Pi * float64(i) / n
		y.Data[i] = float32(math.Sin(x))
		p.Data[i] = y.Data[i] + float32(0.1*math.Sin(k*x))
	}
	d := make([]float64, 1)
	metric.H1(d, p, y, g)
	if want := 0.1 * math.Sqrt((1+k*k)/2.0); math.Abs(d[0]-want) > tol32 { // 0.1·√(1+k²) over √(1+1)
		t.Errorf("H1 error %g, want %g", d[0], want)
	}
}

func TestThePDFDistanceIgnoresWhereValuesAre(t *testing.T) {
	y := noisy(1, 1, eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 64)})
	shifted, larger := y.Clone(), y.Clone()
	for i := range y.Data {
		shifted.Data[i] = y.Data[(i+5)%64]
		larger.Data[i] = y.Data[i] + 0.5
	}
	d, sigma := make([]float64, 1), 0.0
	if metric.PDFDistance(d, shifted, y); d[0] != 0 {
		t.Errorf("moved values are %g apart", d[0])
	}
	metric.VRMSE(d, larger, y)
	sigma = 0.5 / d[0]
	if metric.PDFDistance(d, larger, y); math.Abs(d[0]-0.5/sigma) > tol32 {
		t.Errorf("values larger by a half are %g standard deviations apart, want %g", d[0], 0.5/sigma)
	}
}

func TestSpectrumRatioSeesDampedWavesWhateverTheirPhase(t *testing.T) {
	const n = 64
	y, p := make([]float32, n), make([]float32, n)
	for i := range n {
		x := 2 * math.Pi * float64(i) / n
		y[i] = float32(math.Sin(2*x) + math.Sin(9*x))
		p[i] = float32(math.Sin(2*x+1) + 0.5*math.Cos(9*x))
	}
	s := metric.NewSpectrum(eddy.PeriodicGrid(1, n))
	a, b, r := make([]float64, s.Shells()), make([]float64, s.Shells()), make([]float64, s.Shells())
	s.Power(a, p)
	s.Power(b, y)
	metric.SpectrumRatio(r, a, b)
	if math.Abs(r[2]-1) > tol32 || math.Abs(r[9]-0.25) > tol32 || !math.IsNaN(r[5]) {
		t.Errorf("ratios %g at 2, %g at 9 and %g where there is nothing, want 1, ¼ and NaN", r[2], r[9], r[5])
	}
}

func TestCurvesAreReduced(t *testing.T) {
	curve := make([]float64, 40)
	for i := range curve {
		curve[i] = 1e-4 * math.Exp(0.3*float64(i+1)*0.5) // grows at 0.3 per unit of time, steps of 0.5
	}
	if r := metric.GrowthRate(curve, 0.5, 2e-4, 1e-2); math.Abs(r-0.3) > 1e-9 {
		t.Errorf("growth rate %g, want 0.3", r)
	}
	if r := metric.GrowthRate(curve[:2], 0.5, 0, 1); !math.IsNaN(r) {
		t.Errorf("growth rate of two steps %g", r)
	}
	n, censored := metric.StepsBelow(curve, 1e-3)
	if want := int(math.Log(10) / 0.15); n != want || censored {
		t.Errorf("%d steps below, want %d", n, want)
	}
	if _, censored := metric.StepsBelow(curve[:3], 1); !censored {
		t.Error("a curve that stays below is not censored")
	}
	if n, _ := metric.StepsBelow([]float64{0.1, math.NaN(), 0.1}, 1); n != 1 {
		t.Errorf("NaN is below: %d", n)
	}
	if l := metric.LyapunovTimes(20, 0.5, 0.3); math.Abs(l-3) > 1e-12 || !math.IsNaN(metric.LyapunovTimes(20, 0.5, 0)) {
		t.Errorf("%g Lyapunov times, want 3", l)
	}
	if g := metric.GeometricMean([]float64{1, 4, 16}); math.Abs(g-4) > 1e-12 {
		t.Errorf("geometric mean %g, want 4", g)
	}
	steps := []float64{1, 2, 3, 4, 5, 6, 7}
	if w := metric.WindowMean(steps, 6, 12); w != 6.5 {
		t.Errorf("mean over the steps from 6 on is %g, want 6.5", w)
	}
	if w := metric.WindowMean(steps, 13, 30); !math.IsNaN(w) {
		t.Errorf("mean over a window that the curve does not reach is %g", w)
	}
}

func TestTheHorizonCountsLyapunovTimes(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 16), Dt: 0.5}
	plan := metric.NewPlan(spec)
	run := plan.NewRun(metric.Horizon(0.2), 1)
	truth := noisy(1, 1, spec)
	far := noisy(2, 1, spec)
	for step := range 10 {
		pred := truth
		if step >= 6 {
			pred = far
		}
		run.Add(plan.Truth(truth).Against(pred))
	}
	if v, _ := run.Values(); math.Abs(v[0]-6*0.5*0.2) > 1e-12 {
		t.Errorf("%g Lyapunov times, want 0.6", v[0])
	}
	if run.Metric().Name != "lyapunov_times" {
		t.Errorf("the metric is called %q", run.Metric().Name)
	}
}

func TestAWindowThatRolloutsDoNotReachIsUndefined(t *testing.T) {
	spec := flowSpec(8)
	plan := metric.NewPlan(spec)
	m, err := metric.Named("vrmse_13_30")
	if err != nil {
		t.Fatal(err)
	}
	run := plan.NewRun(m, 1)
	pair := plan.Truth(noisy(1, 1, spec)).Against(noisy(2, 1, spec))
	for step := 1; step <= 14; step++ {
		run.Add(pair)
		v, undefined := run.Values()
		if undefined[0] != (step < 13) || (step >= 13 && !finite(v[0])) {
			t.Fatalf("after %d steps: %v, undefined %v", step, v, undefined)
		}
	}
}

func ExamplePlan_Energy() {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "velocity_x", Of: "velocity", Index: []int{0}}}, Grid: eddy.PeriodicGrid(1, 4), Dt: 1}
	energy := make([]float64, 1)
	if err := metric.NewPlan(spec).Energy(energy, eddy.FromSlice([]float32{1, -1, 1, -1}, 1, 1, 4)); err != nil {
		panic(err)
	}
	fmt.Println(energy[0])
	// Output: 0.5
}
