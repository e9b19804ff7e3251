package factor

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/eddy-pde/eddy/internal/par"
)

// synthetic is FunBaT's: a product of two functions on [0, 1], six batches of 15×15 coordinates.
func synthetic(noise float64, rng *rand.Rand) (Data, func(x []float64) float64) {
	u := func(x []float64) float64 {
		return math.Pow(math.Sin(2*math.Pi*x[0]), 2) * math.Cos(2*math.Pi*x[0]) * math.Exp(-2*x[1]) * math.Sin(1.5*math.Pi*x[1])
	}
	var d Data
	for range 6 {
		var a, b [15]float64
		for i := range a {
			a[i], b[i] = rng.Float64(), rng.Float64()
		}
		for _, x := range a {
			for _, y := range b {
				d.X = append(d.X, []float64{x, y})
				d.Y = append(d.Y, u([]float64{x, y})+noise*rng.NormFloat64())
			}
		}
	}
	return d, u
}

// test compares predictions at random unseen coordinates with the truth: root mean square error and coverage of 95 % intervals.
func test(t *testing.T, m *Model, truth func([]float64) float64, modes int, rng *rand.Rand) (rmse, coverage float64) {
	t.Helper()
	const n = 500
	x, mean, variance := make([][]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		for range modes {
			x[i] = append(x[i], 0.02+0.96*rng.Float64())
		}
	}
	if err := m.Predict(mean, variance, x); err != nil {
		t.Fatal(err)
	}
	for i := range x {
		d := mean[i] - truth(x[i])
		rmse += d * d / n
		if d*d <= 1.96*1.96*variance[i] {
			coverage += 1. / n
		}
	}
	return math.Sqrt(rmse), coverage
}

func TestSyntheticTaskOfFunBaT(t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 1))
		d, truth := synthetic(0.01, rng)
		start := time.Now()
		m, err := Fit(t.Context(), d, Options{}, rng)
		if err != nil {
			t.Fatal(err)
		}
		seconds := time.Since(start).Seconds()
		rmse, coverage := test(t, m, truth, 2, rng)
		t.Logf("seed %d: RMSE %.4f, coverage %.3f, ranks %v, noise %.4f, lengths %.3v, %d sweeps, %.2f s, starts %.1f", seed, rmse, coverage, m.Ranks, m.Noise, m.Lengths, len(m.Trace), seconds, m.Starts)
		if rmse > 0.004 {
			t.Errorf("RMSE %.4f, expected at most 0.004", rmse)
		}
		if m.Ranks[0] != 1 {
			t.Errorf("ranks %v, expected 1", m.Ranks)
		}
		if math.Abs(m.Noise/0.01-1) > 0.1 {
			t.Errorf("noise %.4f, expected 0.01", m.Noise)
		}
		if coverage < 0.8 {
			t.Errorf("95 %% intervals cover %.2f", coverage)
		}
	}
}

func scattered(n, modes int, noise float64, f func([]float64) float64, rng *rand.Rand) Data {
	var d Data
	for range n {
		var x []float64
		for range modes {
			x = append(x, math.Round(40*rng.Float64())/40)
		}
		d.X, d.Y = append(d.X, x), append(d.Y, f(x)+noise*rng.NormFloat64())
	}
	return d
}

func TestRankIsFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 4))
	truth := func(x []float64) float64 {
		return math.Sin(5*x[0])*math.Cos(4*x[1])*(1+x[2]) + math.Cos(9*x[0])*x[1]*math.Sin(6*x[2])
	}
	d := scattered(2500, 3, 0.05, truth, rng)
	for _, form := range []Form{CP, Tucker} {
		m, err := Fit(t.Context(), d, Options{Form: form, Rank: 4, Starts: 3, Sweeps: 80}, rng)
		if err != nil {
			t.Fatal(err)
		}
		rmse, coverage := test(t, m, truth, 3, rng)
		t.Logf("form %d: RMSE %.4f, coverage %.3f, ranks %v, noise %.4f, %d sweeps", form, rmse, coverage, m.Ranks, m.Noise, len(m.Trace))
		for _, r := range m.Ranks {
			if r != 2 {
				t.Errorf("form %d: ranks %v, expected 2 in every mode", form, m.Ranks)
				break
			}
		}
		if rmse > 0.03 {
			t.Errorf("form %d: RMSE %.3f, expected at most 0.03", form, rmse)
		}
	}
}

// Every update is an optimum given the rest, so the bound never falls, except by the little that a pruned component was worth.
func TestBoundNeverFalls(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	d, _ := synthetic(0.02, rng)
	for _, o := range []Options{{}, {Damping: 0.5}, {Form: Tucker, Rank: 2}, {Kernel: Half}, {Kernel: FiveHalves}} {
		o.Starts, o.Sweeps = 1, 40
		m, err := Fit(t.Context(), d, o, rng)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(m.Trace); i++ {
			if m.Trace[i] < m.Trace[i-1]-1e-6*math.Abs(m.Trace[i-1]) {
				t.Errorf("%+v: the bound falls from %.6f to %.6f in sweep %d", o, m.Trace[i-1], m.Trace[i], i)
			}
		}
	}
}

// Damping the sums of messages changes the way, not where it ends.
func TestDampedSumsHaveTheSameFixedPoint(t *testing.T) {
	d, truth := synthetic(0.01, rand.New(rand.NewPCG(7, 8)))
	var errs, bounds []float64
	for _, damping := range []float64{1, 0.4} {
		rng := rand.New(rand.NewPCG(9, 9))
		m, err := Fit(t.Context(), d, Options{Rank: 1, Starts: 1, Damping: damping, Tol: 1e-10, Sweeps: 400}, rng)
		if err != nil {
			t.Fatal(err)
		}
		e, _ := test(t, m, truth, 2, rand.New(rand.NewPCG(1, 1)))
		t.Logf("damping %g: ELBO %.4f, lengths %.4g, %d sweeps, converged %v", damping, m.ELBO, m.Lengths, len(m.Trace), m.Converged)
		errs, bounds = append(errs, e), append(bounds, m.ELBO)
	}
	if math.Abs(bounds[0]-bounds[1]) > 0.05 || math.Abs(errs[0]/errs[1]-1) > 0.02 {
		t.Errorf("bounds %.4f, errors %.6f: damping changes the result", bounds, errs)
	}
}

func TestResultsDoNotDependOnThreads(t *testing.T) {
	d, _ := synthetic(0.02, rand.New(rand.NewPCG(5, 6)))
	var bounds []float64
	for _, threads := range []int{1, 4} {
		par.SetThreads(threads)
		m, err := Fit(t.Context(), d, Options{Form: Tucker, Rank: 2, Starts: 2, Sweeps: 24}, rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			t.Fatal(err)
		}
		bounds = append(bounds, m.ELBO)
	}
	par.SetThreads(0)
	if bounds[0] != bounds[1] {
		t.Errorf("ELBO %v and %v with one thread and four", bounds[0], bounds[1])
	}
}

func TestBadInputIsRefused(t *testing.T) {
	good := Data{X: [][]float64{{0, 1}, {1, 0}, {0.5, 0.5}}, Y: []float64{1, 2, 3}}
	nan := Data{X: [][]float64{{0, 1}, {math.NaN(), 0}}, Y: []float64{1, 2}}
	for name, c := range map[string]struct {
		d    Data
		o    Options
		want string
	}{
		"values missing":   {Data{X: good.X, Y: good.Y[:2]}, Options{}, "as many of both"},
		"ragged":           {Data{X: [][]float64{{0, 1}, {1}}, Y: []float64{1, 2}}, Options{}, "has 1 coordinates, expected 2"},
		"not finite":       {nan, Options{}, "entry 1"},
		"constant":         {Data{X: good.X, Y: []float64{2, 2, 2}}, Options{}, "nothing to factorise"},
		"negative rank":    {good, Options{Rank: -1}, "rank -1"},
		"damping":          {good, Options{Damping: 1.5}, "damping 1.5"},
		"too large a core": {Data{X: [][]float64{{0, 1, 2, 3}, {1, 0, 2, 3}}, Y: []float64{1, 2}}, Options{Form: Tucker, Rank: 10}, "core of 10000 entries"},
	} {
		if _, err := Fit(t.Context(), c.d, c.o, rand.New(rand.NewPCG(1, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
	}
	m, err := Fit(t.Context(), good, Options{Starts: 1, Rank: 1, Sweeps: 21}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Predict(make([]float64, 1), nil, [][]float64{{1}}); err == nil {
		t.Error("a point with one coordinate of two is no error")
	}
	if _, _, err := m.Component(2, 0, []float64{0}); err == nil {
		t.Error("a mode that is not there is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fit(ctx, good, Options{}, rand.New(rand.NewPCG(1, 1))); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, expected the context's error", err)
	}
}
