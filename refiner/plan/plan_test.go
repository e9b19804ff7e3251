package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/refiner/process"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func compile(levels []process.Level, o plan.Options) plan.Plan { return must(plan.ExpInt(levels, o)) }

// sample runs a plan without noise from some states.
func sample(t *testing.T, p plan.Plan, m mixture, start []float64) []float64 {
	t.Helper()
	x := slices.Clone(start)
	if err := plan.Run(t.Context(), p, x, m.denoiser(), nil); err != nil {
		t.Fatal(err)
	}
	return x
}

var starts = []float64{-1.7, 0.1, 2.1}

// The solution that orders are measured against, at values that another program computed.
func TestReferenceSolution(t *testing.T) {
	for i, want := range []float64{-1.4866929613, 0.6167008484, 1.6048954571} {
		if got := two.flow(starts[i]); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g flows to %.10f, want %.10f", starts[i], got, want)
		}
	}
}

// slope is how fast the error of a family of plans falls when the number of steps is doubled from 80 to 160.
func slope(t *testing.T, of func(levels []process.Level) plan.Plan) float64 {
	t.Helper()
	var errs [2]float64
	for i, n := range []int{80, 160} {
		got := sample(t, of(gradedGrid(n)), two, starts)
		for j, x := range starts {
			errs[i] += math.Abs(got[j] - two.flow(x))
		}
	}
	return math.Log2(errs[0] / errs[1])
}

// Every sampler has the order that it is said to have, on a mixture of two normal distributions, where no order comes for free.
func TestOrdersOfConvergence(t *testing.T) {
	options := func(o plan.Options) func([]process.Level) plan.Plan {
		return func(l []process.Level) plan.Plan { return compile(l, o) }
	}
	named := func(name string) func([]process.Level) plan.Plan {
		return func(l []process.Level) plan.Plan { return must(plan.Named(name, l)) }
	}
	timeDEIS := func(order int) func([]process.Level) plan.Plan {
		return func(l []process.Level) plan.Plan { return must(plan.TimeDEIS(linear, l, order)) }
	}
	for name, c := range map[string]struct {
		of    func([]process.Level) plan.Plan
		order float64
	}{
		"ddim":                   {named("ddim"), 1},
		"ddim, noise form":       {options(plan.Options{Prediction: plan.Noise}), 1},
		"dpm++2m":                {named("dpm++2m"), 2},
		"2m, exact moments":      {options(plan.Options{Order: 2}), 2},
		"dpm++3m":                {named("dpm++3m"), 3},
		"deis2":                  {named("deis2"), 2},
		"deis3":                  {named("deis3"), 3},
		"deis in t, 1":           {timeDEIS(1), 2},
		"deis in t, 2":           {timeDEIS(2), 3},
		"deis in t, 3":           {timeDEIS(3), 4},
		"unic on ddim":           {options(plan.Options{Corrector: true}), 2},
		"unipc2":                 {named("unipc2"), 3},
		"unipc3":                 {named("unipc3"), 3.7}, // 4, which the start with steps of lower order hides
		"unipc2, noise form":     {options(plan.Options{Order: 2, Corrector: true, Prediction: plan.Noise}), 3},
		"reference code's third": {halvedSecondDifference, 2},
	} {
		const slack = 0.3
		got := slope(t, c.of)
		if got < c.order-slack || name == "reference code's third" && got > 2.5 {
			t.Errorf("%s: order %.2f, want %g", name, got, c.order)
		}
	}
}

// halvedSecondDifference is third-order DPM-Solver++ as the reference code has it: the divided difference in the place of half the second derivative.
func halvedSecondDifference(l []process.Level) plan.Plan {
	second := compile(l, plan.Options{Order: 2})
	third := compile(l, plan.Options{Order: 3})
	for i := range third.Steps {
		if s := &third.Steps[i]; len(s.W) == 3 {
			w2 := append(slices.Clone(second.Steps[i].W), 0)
			for j := range s.W {
				s.W[j] = 0.5 * (s.W[j] + w2[j]) // half the correction that the third prediction brings
			}
		}
	}
	return third
}

// varianceError is how far the variance of what a plan samples from a normal distribution is from what the exact stochastic sampler leaves, computed without sampling.
func varianceError(p plan.Plan, variance, exact float64) float64 {
	return math.Abs(plan.Spread(p, variance)*variance - exact)
}

// Stochastic samplers have the order that theory gives them in the variance of a normal target: 1 and 2, and 2 again with three predictions.
func TestOrdersOfStochasticSamplers(t *testing.T) {
	const variance = 0.36
	exact := varianceAfter(variance)
	for order, want := range []float64{1: 1, 2: 2, 3: 2} {
		if order == 0 {
			continue
		}
		var errs [2]float64
		for i, n := range []int{80, 160} {
			errs[i] = varianceError(compile(grid(n), plan.Options{Order: order, Eta: 1}), variance, exact)
		}
		if got := math.Log2(errs[0] / errs[1]); got < want-0.2 || got > want+0.5 {
			t.Errorf("order %d: slope %.2f, want %g", order, got, want)
		}
	}
}

// varianceAfter is the variance to which the exact stochastic sampler with η = 1 takes one of σ² at the noisy end: d v/dλ of the linear equation, by Runge–Kutta.
func varianceAfter(variance float64) float64 {
	level := func(lambda float64) process.Level { return linear.At(linear.Time(lambda)) }
	// With y = x/α, dy = −2(y − D(y))dλ + √2·e^{−λ}dW for η = 1 and D = g·y, g = variance/(variance + e^{−2λ}).
	f := func(lambda, v float64) float64 {
		r := math.Exp(-2 * lambda)
		return -4*(1-variance/(variance+r))*v + 2*r
	}
	const n = 20_000
	const h = (clean - noisy) / n
	v := level(noisy).Sigma * level(noisy).Sigma / (level(noisy).Alpha * level(noisy).Alpha)
	for i := range n {
		lambda := noisy + h*float64(i)
		k1 := f(lambda, v)
		k2 := f(lambda+h/2, v+h/2*k1)
		k3 := f(lambda+h/2, v+h/2*k2)
		k4 := f(lambda+h, v+h*k3)
		v += h / 6 * (k1 + 2*k2 + 2*k3 + k4)
	}
	return v * level(clean).Alpha * level(clean).Alpha
}

// With one prediction a step and no noise, data and noise form are the same sampler, whatever the number of steps.
func TestFormsOfFirstOrderAgree(t *testing.T) {
	for _, n := range []int{1, 3, 20} {
		data := sample(t, compile(grid(n), plan.Options{}), two, starts)
		noise := sample(t, compile(grid(n), plan.Options{Prediction: plan.Noise}), two, starts)
		const tol = 1e-13
		for i := range data {
			if math.Abs(data[i]-noise[i]) > tol {
				t.Errorf("%d steps: %.15g in data form, %.15g in noise form", n, data[i], noise[i])
			}
		}
	}
}

// A target that is one point is reached in one step by every sampler, and constant noise is carried exactly by every DEIS.
func TestExactCases(t *testing.T) {
	point := mixture{{1, 0.7, 0}}
	for _, name := range plan.Names() {
		levels := append(grid(5), process.Clean())
		p := must(plan.Named(name, levels))
		x := slices.Clone(starts)
		rng := rand.New(rand.NewPCG(1, 1))
		err := plan.Run(t.Context(), p, x, point.denoiser(), func(z []float64, _ int) {
			for i := range z {
				z[i] = rng.NormFloat64()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range x {
			if math.Abs(v-0.7) > 1e-12 {
				t.Errorf("%s: %g, want 0.7", name, v)
			}
		}
	}
	for order := range 4 {
		levels := grid(7)
		p := must(plan.TimeDEIS(linear, levels, order))
		const eps = 1.3
		x := []float64{0.2}
		err := plan.Run(t.Context(), p, x, func(_ context.Context, dst, x []float64, _ int, l process.Level) error {
			dst[0] = (x[0] - l.Sigma*eps) / l.Alpha
			return nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, b := levels[0], levels[len(levels)-1]
		want := b.Alpha/a.Alpha*0.2 + b.Alpha*(b.Sigma/b.Alpha-a.Sigma/a.Alpha)*eps
		if math.Abs(x[0]-want) > 1e-12 {
			t.Errorf("DEIS of order %d: %.15g, want %.15g", order, x[0], want)
		}
	}
}

// First-order stochastic DPM-Solver++ is ancestral sampling: the posterior of the released code of PDE-Refiner, for its own schedule.
func TestDDPMIsThePosterior(t *testing.T) {
	schedule := process.Exponential{Steps: 3, SigmaMin: math.Sqrt(4e-7), Preserving: true}
	levels := append(schedule.Levels(), process.Clean())
	p := must(plan.Named("ddpm", levels))
	for i, s := range p.Steps {
		bar := func(l process.Level) float64 { return l.Alpha * l.Alpha }
		now, next := bar(s.From), bar(s.To)
		beta := 1 - now/next
		ofData := math.Sqrt(next) * beta / (s.From.Sigma * s.From.Sigma)
		ofState := math.Sqrt(1-beta) * s.To.Sigma * s.To.Sigma / (s.From.Sigma * s.From.Sigma)
		spread := math.Sqrt(s.To.Sigma * s.To.Sigma / (s.From.Sigma * s.From.Sigma) * beta)
		const tol = 1e-9 // 1 − ᾱ cancels in these formulas
		if math.Abs(s.A-ofState) > tol || math.Abs(s.W[0]-ofData) > tol || math.Abs(s.Noise-spread) > tol {
			t.Errorf("step %d: %g·x + %g·x₀ + %g·z, want %g, %g, %g", i, s.A, s.W[0], s.Noise, ofState, ofData, spread)
		}
	}
}

// PDE-Refiner's sampler is its loop: predict, put noise of the next level on the prediction, predict again.
func TestRefinerPlanIsThePublishedLoop(t *testing.T) {
	schedule := process.Exponential{Steps: 3, SigmaMin: 1e-3}
	p := must(plan.Named(plan.Refiner, append(schedule.Levels(), process.Clean())))
	noises := []float64{0.3, -1.1, 0.4}
	x := []float64{5}
	err := plan.Run(t.Context(), p, x, two.denoiser(), func(z []float64, step int) { z[0] = noises[step] })
	if err != nil {
		t.Fatal(err)
	}
	u := two.denoise(5, schedule.At(3))
	for k := 1; k <= 3; k++ {
		level := schedule.At(float64(3 - k))
		noisy := u + level.Sigma*noises[k-1]
		eps := (noisy - two.denoise(noisy, level)) / level.Sigma
		u = noisy - level.Sigma*eps
	}
	if math.Abs(x[0]-u) > 1e-14 {
		t.Errorf("%.15g, the loop gives %.15g", x[0], u)
	}
	if p.Calls() != 4 || !p.Stochastic() {
		t.Errorf("%d calls, stochastic %v", p.Calls(), p.Stochastic())
	}
}

// How much of the true variance samples keep with a perfect network, after the number of refinement steps and the variance of the mode; computed before in another
// program. Schedule of the released code, σ_min² = 4e-7.
func TestSpreadOfPublishedSampler(t *testing.T) {
	for _, c := range []struct {
		steps int
		name  string
		want  [4]float64 // modes of variance 1, 1e-2, 1e-4, 1e-6
	}{
		{3, "ddpm", [4]float64{0.007, 0.25, 0.24, 0.22}},
		{3, "dpm++2m", [4]float64{0.007, 0.29, 0.59, 0.34}},
		{4, "unipc2", [4]float64{0.025, 0.546, 1.020, 0.471}}, // 5 calls: the last level's prediction is that at the predicted state
		{8, "ddpm", [4]float64{0.18, 0.45, 0.46, 0.39}},
		{8, "dpm++2m", [4]float64{0.18, 0.98, 1.04, 0.63}},
		{32, "ddpm", [4]float64{0.73, 0.80, 0.79, 0.55}},
		{32, "dpm++2m", [4]float64{0.85, 1.00, 1.01, 0.71}},
	} {
		schedule := process.Exponential{Steps: c.steps, SigmaMin: math.Sqrt(4e-7), Preserving: true}
		p := must(plan.Named(c.name, append(schedule.Levels(), process.Clean())))
		for i, variance := range []float64{1, 1e-2, 1e-4, 1e-6} {
			got := plan.Spread(p, variance)
			if tol := 0.006; math.Abs(got-c.want[i]) > tol { // the digits given
				t.Errorf("K = %d, %s, variance %g: %.4f, want %.3f", c.steps, c.name, variance, got, c.want[i])
			}
		}
	}
}

// Spread is what a million samples would show.
func TestSpreadIsThatOfSamples(t *testing.T) {
	schedule := process.Exponential{Steps: 3, SigmaMin: 0.02, Preserving: true}
	target := mixture{{1, 0, 0.1}}
	rng := rand.New(rand.NewPCG(3, 3))
	normal := func(z []float64, _ int) {
		for i := range z {
			z[i] = rng.NormFloat64()
		}
	}
	for _, name := range []string{"ddpm", "unipc2", plan.Refiner} {
		p := must(plan.Named(name, append(schedule.Levels(), process.Clean())))
		x := make([]float64, 40_000)
		normal(x, 0)
		if err := plan.Run(t.Context(), p, x, target.denoiser(), normal); err != nil {
			t.Fatal(err)
		}
		var sum float64
		for _, v := range x {
			sum += v * v
		}
		got, want := sum/float64(len(x))/0.01, plan.Spread(p, 0.01)
		if math.Abs(got/want-1) > 0.04 { // five standard errors of a variance of 40,000 draws
			t.Errorf("%s: samples have %.4f of the variance, Spread says %.4f", name, got, want)
		}
	}
}

// An anchored process about μ is the process about 0 moved by μ, and about 0 it is the process itself.
func TestAnchoredSamplingMovesWithItsMean(t *testing.T) {
	const mu = 1.7
	p := compile(append(grid(6), process.Clean()), plan.Options{Order: 2})
	// The denoiser of a moved target sees μ + α(x₀ − μ) + σε.
	whole := func(_ context.Context, dst, x []float64, _ int, l process.Level) error {
		for i, v := range x {
			dst[i] = mu + two.denoise(v-mu, l)
		}
		return nil
	}
	for _, about := range []float64{0, mu} {
		anchor := []float64{about, about, about}
		x := slices.Clone(starts)
		d := two.denoiser()
		if about != 0 {
			d = whole
		}
		if err := plan.Run(t.Context(), p, x, plan.Anchor(anchor, d), nil); err != nil {
			t.Fatal(err)
		}
		for i, want := range sample(t, p, two, starts) {
			if math.Abs(x[i]-want) > 1e-12 {
				t.Errorf("about %g: %.15g, want %.15g", about, x[i], want)
			}
		}
	}
}

// A run draws the noise of every step that has some, once and in order, keeps no state in the plan, and stops when the context does.
func TestRun(t *testing.T) {
	p := must(plan.Named("sde-dpm++2m", append(grid(4), process.Clean())))
	before := must(json.Marshal(p))
	var asked []int
	run := func(ctx context.Context) ([]float32, error) {
		x := []float32{0.3, -0.2}
		err := plan.Run(ctx, p, x, func(_ context.Context, dst, x []float32, step int, l process.Level) error {
			if l != p.Steps[step].From {
				t.Errorf("step %d is told level %v", step, l)
			}
			for i, v := range x {
				dst[i] = float32(two.denoise(float64(v), l))
			}
			return nil
		}, func(z []float32, step int) {
			asked = append(asked, step)
			for i := range z {
				z[i] = float32(math.Sin(float64(step*10 + i)))
			}
		})
		return x, err
	}
	a, err := run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(asked, []int{0, 1, 2, 3}) {
		t.Errorf("noise for steps %v", asked)
	}
	if b, _ := run(t.Context()); !slices.Equal(a, b) {
		t.Errorf("%v, then %v", a, b)
	}
	if after := must(json.Marshal(p)); string(after) != string(before) {
		t.Error("the plan changed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("done context: %v", err)
	}
	broken := errors.New("broken")
	err = plan.Run(t.Context(), p, []float64{1}, func(context.Context, []float64, []float64, int, process.Level) error { return broken }, nil)
	if !errors.Is(err, broken) {
		t.Errorf("error of the denoiser: %v", err)
	}
}

// A step asks for one prediction; what a correction asked for is not asked for again, at the state that it corrects.
func TestOneCallAStep(t *testing.T) {
	for _, name := range plan.Names() {
		p := must(plan.Named(name, append(grid(5), process.Clean())))
		var asked []int
		err := plan.Run(t.Context(), p, []float64{0.3}, func(_ context.Context, dst, x []float64, step int, l process.Level) error {
			asked = append(asked, step)
			dst[0] = two.denoise(x[0], l)
			return nil
		}, func(z []float64, _ int) { z[0] = 1 })
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(asked, []int{0, 1, 2, 3, 4, 5}) || p.Calls() != 6 {
			t.Errorf("%s asks for the predictions %v and says %d calls", name, asked, p.Calls())
		}
	}
}

func TestPlansSurviveTheirFile(t *testing.T) {
	schedule := process.Exponential{Steps: 4, SigmaMin: 1e-3, Preserving: true}
	for _, name := range plan.Names() {
		p := must(plan.Named(name, append(schedule.Levels(), process.Clean())))
		path := filepath.Join(t.TempDir(), "plan.json")
		if err := p.Write(path); err != nil {
			t.Fatal(err)
		}
		got, err := plan.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-written +read):\n%s", name, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	good := must(plan.Named("unipc2", append(grid(4), process.Clean())))
	// change makes a copy of the plan with one fault.
	change := func(f func(p *plan.Plan)) []byte {
		var p plan.Plan
		if err := json.Unmarshal(must(json.Marshal(good)), &p); err != nil {
			t.Fatal(err)
		}
		f(&p)
		return must(json.Marshal(p))
	}
	for want, text := range map[string][]byte{
		"not the JSON":           []byte("{"),
		"unknown field":          []byte(`{"name":"x","steps":[],"speed":3}`),
		"no steps":               []byte(`{"name":"x","steps":[]}`),
		"more than one":          append(change(func(*plan.Plan) {}), '1'),
		"step to less noise":     change(func(p *plan.Plan) { p.Steps[2].To, p.Steps[2].From = p.Steps[2].From, p.Steps[2].To }),
		"where the step before":  change(func(p *plan.Plan) { p.Steps[2].From.Sigma *= 0.99 }),
		"first σ is positive":    change(func(p *plan.Plan) { p.Steps[1].From.Sigma = -1 }),
		`prediction = "score"`:   change(func(p *plan.Plan) { p.Steps[1].Prediction = "score" }),
		"2 weights of 3":         change(func(p *plan.Plan) { p.Steps[2].Of = []int{2, 1, 0} }),
		"weighs prediction 3":    change(func(p *plan.Plan) { p.Steps[2].Of[0] = 3 }),
		"turns a clean state":    change(func(p *plan.Plan) { p.Steps[1].W[0] += 0.01 }),
		"turns noise into noise": change(func(p *plan.Plan) { p.Steps[1].Noise = 0.5 }),
		"the correction has 1":   change(func(p *plan.Plan) { p.Steps[2].Correct.W = []float64{1} }),
		"has a correction":       change(func(p *plan.Plan) { p.Steps[4].Correct = &plan.Correction{W: []float64{1}} }),
		"noise = -1":             change(func(p *plan.Plan) { p.Steps[1].Noise = -1 }),
		"expected at least one":  []byte(`{"name":"x","steps":[]} `),
	} {
		path := filepath.Join(t.TempDir(), "plan.json")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := plan.Read(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one with %q and the path", err, want)
		}
	}
	if _, err := plan.Read(filepath.Join(t.TempDir(), "nowhere.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestCompilingRefuses(t *testing.T) {
	l := grid(3)
	for want, f := range map[string]func() (plan.Plan, error){
		"order = 4":                     func() (plan.Plan, error) { return plan.ExpInt(l, plan.Options{Order: 4}) },
		"at least 2":                    func() (plan.Plan, error) { return plan.ExpInt(l[:1], plan.Options{}) },
		"each a different one":          func() (plan.Plan, error) { return plan.ExpInt([]process.Level{l[0], l[0]}, plan.Options{}) },
		"eta = -1":                      func() (plan.Plan, error) { return plan.ExpInt(l, plan.Options{Eta: -1}) },
		"with predictions of the noise": func() (plan.Plan, error) { return plan.ExpInt(l, plan.Options{Eta: 1, Prediction: plan.Noise}) },
		"with a corrector":              func() (plan.Plan, error) { return plan.ExpInt(l, plan.Options{Eta: 1, Corrector: true}) },
		`prediction = "score"`:          func() (plan.Plan, error) { return plan.ExpInt(l, plan.Options{Prediction: "score"}) },
		`no sampler "euler"`:            func() (plan.Plan, error) { return plan.Named("euler", l) },
		"order = 9":                     func() (plan.Plan, error) { return plan.TimeDEIS(linear, l, 9) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// FuzzParse: no text makes Parse panic, and a plan that passes can be run.
func FuzzParse(f *testing.F) {
	for _, name := range plan.Names() {
		f.Add(must(json.Marshal(must(plan.Named(name, append(grid(3), process.Clean()))))))
	}
	f.Add([]byte(`{"steps":[{"of":[0],"w":[1]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := plan.Parse(text)
		if err != nil {
			return
		}
		x := []float64{0.5}
		if err := plan.Run(t.Context(), p, x, two.denoiser(), func(z []float64, _ int) { z[0] = 1 }); err != nil {
			t.Error(err)
		}
	})
}
