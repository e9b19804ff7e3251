package metric_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// propertySpecs are kinds of data that between them have every metric of the catalogue.
func propertySpecs() map[string]eddy.Spec {
	velocity := func(at ...eddy.Location) []eddy.Field {
		var out []eddy.Field
		for a, l := range at {
			out = append(out, eddy.Field{Name: "velocity_" + string("xyz"[a]), Of: "velocity", Index: []int{a}, At: l})
		}
		return out
	}
	walls := eddy.PeriodicGrid(2, 10, 32)
	walls.Axes[0].Periodic = false
	return map[string]eddy.Spec{
		"compressible flow":  flowSpec(32),
		"scalar":             {Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(3, 64), Dt: 1},
		"vorticity":          {Fields: []eddy.Field{{Name: "vorticity"}}, Grid: eddy.PeriodicGrid(6, 32, 32), Dt: 1},
		"flow between walls": {Fields: velocity(eddy.Node, eddy.Node), Grid: walls, Dt: 1},
		"staggered flow":     {Fields: velocity(eddy.FaceX, eddy.FaceY, eddy.FaceZ), Grid: eddy.PeriodicGrid(1, 8, 8, 8), Dt: 1},
		"momentum":           {Fields: []eddy.Field{{Name: "momentum_x", Of: "momentum", Index: []int{0}}, {Name: "density"}}, Grid: eddy.PeriodicGrid(1, 16), Dt: 1},
	}
}

// noisy draws states [B, C, X…] with values between 1 and 2.
func noisy(seed uint64, b int, spec eddy.Spec) *eddy.Tensor {
	rng := rand.New(rand.NewPCG(seed, 3))
	u := eddy.NewTensor(append([]int{b}, spec.FrameShape()...)...)
	for i := range u.Data {
		u.Data[i] = 1 + rng.Float32()
	}
	return u
}

// values measures a metric of a pair; of rollouts, one of 14 equal steps.
func values(plan *metric.Plan, m metric.Metric, p *metric.Pair) (v []float64, undefined []bool) {
	b := p.Pred.Shape[0]
	if m.Of == metric.Rollouts {
		r := plan.NewRun(m, b)
		for range 14 {
			r.Add(p)
		}
		return r.Values()
	}
	v = make([]float64, b*m.Values(plan.Spec()))
	m.Measure(v, p)
	if undefined = m.Undefined(p.Truth); undefined == nil {
		undefined = make([]bool, len(v))
	}
	return v, undefined
}

// eachMetric calls f for every kind of data and every metric that applies to it, and makes sure that no metric of the catalogue is forgotten.
func eachMetric(t *testing.T, f func(t *testing.T, plan *metric.Plan, m metric.Metric)) {
	t.Helper()
	seen := map[string]bool{}
	for name, spec := range propertySpecs() {
		metrics, err := metric.Select("all", spec)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			plan := metric.NewPlan(spec)
			for _, m := range metrics {
				seen[m.Name] = true
				f(t, plan, m)
			}
		})
	}
	for _, m := range metric.Catalogue() {
		if !seen[m.Name] {
			t.Errorf("%s applies to none of the kinds of data", m.Name)
		}
	}
}

func finite(v float64) bool { return v-v == 0 }

func TestAPerfectPredictionHasThePerfectValue(t *testing.T) {
	eachMetric(t, func(t *testing.T, plan *metric.Plan, m metric.Metric) {
		t.Helper()
		u := noisy(1, 2, plan.Spec())
		v, undefined := values(plan, m, plan.Truth(u).Against(u.Clone()))
		points := float64(plan.Spec().Grid.Points())
		for i, x := range v {
			ok := true
			switch {
			case undefined[i]:
				t.Errorf("%s is undefined", m.Name)
			case m.Name == "divergence":
				ok = x > 0.01 && x < 1.5 // of noise, which is not free of it
			case m.Of == metric.Members && !strings.HasPrefix(m.Name, "crps") && m.Name != "skill" || m.Name == "crps_fair":
				continue // one member has no spread
			case m.Unit == metric.InSteps && m.Better == metric.Higher:
				ok = x == 14
			case m.Better == metric.Lower, m.Better == metric.NearZero:
				ok = x == 0
			case m.Name == "correlation_well":
				ok = math.Abs(x-(points-1)/points) < 1e-4
			case m.Better == metric.Higher, m.Better == metric.NearOne:
				ok = math.Abs(x-1) < 1e-6
			}
			if !ok {
				t.Errorf("%s of the truth itself is %g", m.Name, x)
			}
		}
	})
}

func TestWhatIsNotFiniteIsNeverAveragedOver(t *testing.T) {
	for what, bad := range map[string]float32{"NaN": float32(math.NaN()), "infinity": float32(math.Inf(-1))} {
		for _, where := range []string{"prediction", "truth"} {
			t.Run(what+" in "+where, func(t *testing.T) {
				eachMetric(t, func(t *testing.T, plan *metric.Plan, m metric.Metric) {
					t.Helper()
					spec := plan.Spec()
					pred, truth := noisy(1, 2, spec), noisy(2, 2, spec)
					broken := pred
					if where == "truth" {
						broken = truth
					}
					points := spec.Grid.Points()
					for c := range spec.Channels() {
						broken.Row(1).Row(c).Data[points/2] = bad // the second trajectory
						broken.Row(1).Row(c).Data[0] = bad        // on the boundary too
					}
					if m.Unit == metric.InSteps || m.Of == metric.Members || (where == "truth" && m.Name == "divergence") {
						return // counts end where the curve does; ensembles have a test of their own; the divergence of the prediction is its own
					}
					v, undefined := values(plan, m, plan.Truth(truth).Against(pred))
					n := len(v) / 2
					for i, x := range v {
						if i < n && !finite(x) {
							t.Errorf("%s of the sound trajectory is %g", m.Name, x)
						}
						if i >= n && finite(x) && !undefined[i] {
							t.Errorf("%s of the broken trajectory is %g", m.Name, x)
						}
						if undefined[i] {
							t.Errorf("%s calls what is broken undefined, so that means leave it out", m.Name)
						}
					}
				})
			})
		}
	}
}

func TestCorrectedMetricsAreUndefinedExactlyWhereTheyAreNaN(t *testing.T) {
	for name, truth := range map[string]func(spec eddy.Spec) *eddy.Tensor{
		"zero":     func(spec eddy.Spec) *eddy.Tensor { return eddy.NewTensor(append([]int{2}, spec.FrameShape()...)...) },
		"constant": func(spec eddy.Spec) *eddy.Tensor { u := noisy(1, 2, spec); fill(u, 300); return u },
		"one zero field": func(spec eddy.Spec) *eddy.Tensor {
			u := noisy(1, 2, spec)
			fill(u.Row(0).Rows(0, 1), 0)
			return u
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachMetric(t, func(t *testing.T, plan *metric.Plan, m metric.Metric) {
				t.Helper()
				if m.Of == metric.Members || (m.Compat && m.Origin != "APEBench") {
					return // what the original computes there, often 0 or a very large number, is repeated
				}
				v, undefined := values(plan, m, plan.Truth(truth(plan.Spec())).Against(noisy(2, 2, plan.Spec())))
				for i, x := range v {
					if finite(x) == undefined[i] {
						t.Errorf("%s is %g, and undefined is %v", m.Name, x, undefined[i])
					}
				}
			})
		})
	}
}

func fill(u *eddy.Tensor, v float32) {
	for i := range u.Data {
		u.Data[i] = v
	}
}

func TestMetricsDoNotDependOnThreadsOrTheBatch(t *testing.T) {
	defer par.SetThreads(0)
	eachMetric(t, func(t *testing.T, plan *metric.Plan, m metric.Metric) {
		t.Helper()
		spec := plan.Spec()
		pred, truth := noisy(1, 3, spec), noisy(2, 3, spec)
		members := eddy.NewTensor(append([]int{3, 4}, spec.FrameShape()...)...)
		for i := range members.Data {
			members.Data[i] = pred.Data[i%len(pred.Data)] * float32(1+i/len(pred.Data))
		}
		measure := func(threads, from, to int) []float64 {
			par.SetThreads(threads)
			p := plan.Truth(truth.Rows(from, to)).Against(pred.Rows(from, to))
			if m.Of == metric.Members {
				p = plan.Truth(truth.Rows(from, to)).AgainstMembers(members.Rows(from, to))
			}
			v, _ := values(plan, m, p)
			return v
		}
		all := measure(1, 0, 3)
		apart := slices.Concat(measure(4, 0, 1), measure(4, 1, 3))
		for i := range all {
			if math.Float64bits(all[i]) != math.Float64bits(apart[i]) {
				t.Errorf("%s is %g of three trajectories on one thread and %g of one and two on four", m.Name, all[i], apart[i])
			}
		}
	})
}

func TestShapesThatDoNotFitAreShapeErrors(t *testing.T) {
	spec := flowSpec(8)
	plan := metric.NewPlan(spec)
	truth := noisy(1, 2, spec)
	pair := plan.Truth(truth).Against(truth)
	nrmse, _ := metric.Named("nrmse")
	rollout, _ := metric.Named("w1")
	for name, f := range map[string]func(){
		"fields":                 func() { plan.Truth(eddy.NewTensor(2, 2, 8, 8)) },
		"dimension":              func() { plan.Truth(eddy.NewTensor(2, 3, 8)) },
		"prediction":             func() { plan.Truth(truth).Against(eddy.NewTensor(2, 3, 8, 9)) },
		"members":                func() { plan.Truth(truth).AgainstMembers(eddy.NewTensor(2, 3, 8, 8)) },
		"destination":            func() { nrmse.Measure(make([]float64, 5), pair) },
		"a rollout as a state":   func() { rollout.Measure(make([]float64, 6), pair) },
		"a state as a rollout":   func() { plan.NewRun(nrmse, 2) },
		"another grid's spectra": func() { metric.NewPlan(spec).Truth(eddy.NewTensor(1, 3, 8, 9)).Power() },
		"rollouts":               func() { metric.HistogramW1(make([]float64, 2), eddy.NewTensor(2, 3), eddy.NewTensor(2, 3)) },
		"PDEBench":               func() { metric.PDEBench(eddy.NewTensor(2, 3, 1), eddy.NewTensor(2, 3, 1)) },
		"a box for APEBench": func() {
			metric.APEBenchH1(make([]float64, 1), eddy.NewTensor(1, 1, 4, 5), eddy.NewTensor(1, 1, 4, 5), metric.NormAPEBench{Power: metric.Square})
		},
	} {
		err := func() (err error) { defer eddy.Recover(&err); f(); return nil }()
		var shape *eddy.ShapeError
		if !errors.As(err, &shape) {
			t.Errorf("%s: %v, want a shape error", name, err)
		}
	}
}

func TestSelectTellsWhatTheDataLack(t *testing.T) {
	scalar := propertySpecs()["scalar"]
	for name, lacks := range map[string]string{
		"divergence_error": "no velocity", "mass_drift": "density", "momentum_drift": "velocity_x", "enstrophy_drift": "vorticity",
	} {
		if _, err := metric.Select(name, scalar); err == nil || !strings.Contains(err.Error(), lacks) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s of a scalar: %v", name, err)
		}
	}
	walls := propertySpecs()["flow between walls"]
	for _, name := range []string{"h1", "fourier_nrmse_apebench"} {
		if _, err := metric.Select(name, walls); err == nil || !strings.Contains(err.Error(), "periodic") {
			t.Errorf("%s between walls: %v", name, err)
		}
	}
	if _, err := metric.Select("divergence", flowSpec(8)); err == nil || !strings.Contains(err.Error(), "divergence_error") {
		t.Errorf("divergence of a compressible flow: %v", err)
	}
	few := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 4), Dt: 1}
	if _, err := metric.Select("spectral_mse_mid", few); err == nil || !strings.Contains(err.Error(), "8 points") {
		t.Errorf("bins of a grid of four points: %v", err)
	}
	noGrid := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Dt: 1}
	if got, err := metric.Select("all", noGrid); err != nil || len(got) == 0 {
		t.Errorf("metrics without a space axis: %d, %v", len(got), err)
	}
}

func ExampleCatalogue() {
	for _, m := range metric.Catalogue() {
		if m.Default {
			fmt.Println(m.Name)
		}
	}
	// Output:
	// nrmse
	// vrmse
	// correlation
	// frmse_low
	// frmse_mid
	// frmse_high
	// band_error_low
	// band_error_mid
	// band_error_high
}
