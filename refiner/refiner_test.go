package refiner_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner"
	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// advection is a data set of sums of three sines that move round a periodic interval, by a 32nd of it per frame.
type advection struct{ trajs, frames, points int }

func (a advection) Spec() eddy.Spec {
	return eddy.Spec{Name: "advection", Fields: []eddy.Field{{Name: "u", Unit: "K"}}, Grid: eddy.PeriodicGrid(1, a.points), Dt: 1.0 / 32, History: 1}
}
func (a advection) Len() int       { return a.trajs }
func (a advection) Frames(int) int { return a.frames }
func (a advection) Read(_ context.Context, dst *eddy.Tensor, traj, frame int) error {
	for t := range dst.Shape[0] {
		rng := rand.New(rand.NewPCG(uint64(traj), 0))
		row := dst.Row(t).Data
		for i := range row {
			row[i] = 20
		}
		for k := 1; k <= 3; k++ {
			amplitude, phase := rng.NormFloat64(), rng.Float64()
			for i := range row {
				x := float64(i)/float64(a.points) - float64(frame+t)/32
				row[i] += float32(amplitude * math.Sin(2*math.Pi*(float64(k)*x+phase)))
			}
		}
	}
	return nil
}

// tiny is a refiner that is made in no time.
func tiny(form string) refiner.Config {
	return refiner.Config{
		Steps: 2, SigmaMin: 0.01, Form: form,
		Base: operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{5}, Width: 8, Layers: 2}},
	}.Complete()
}

// withFine is tiny with a second network.
func withFine() refiner.Config {
	c := tiny(refiner.Paper)
	fine := c.Base
	fine.FNO.Width = 6
	c.Fine = &fine
	return c
}

// trained makes a run in a temporary folder.
func trained(t *testing.T, c refiner.Config, steps int) string {
	t.Helper()
	dir := t.TempDir()
	data := advection{8, 9, 24}
	n, err := refiner.New(c, data.Spec(), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	cfg := train.DefaultConfig()
	cfg.Objective.Kind, cfg.Objective.Target = refiner.Kind, "residual"
	cfg.Optim.Warmup, cfg.Train.Steps, cfg.Train.Batch, cfg.Optim.LR, cfg.Optim.EMA = 5, steps, 8, 5e-3, 0.995
	cfg.Train.ValidateTrajectories = 2
	tr, err := train.New(n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	tr.Run.Dir = dir
	if err := refiner.Setup(tr, n, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context(), data, advection{2, 9, 24}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func load(t *testing.T, dir string) *refiner.Model {
	t.Helper()
	m, err := refiner.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// state is a batch of states of the data.
func state(t *testing.T, a advection, frame int) *eddy.Tensor {
	t.Helper()
	u := eddy.NewTensor(a.trajs, 1, 1, a.points)
	for i := range a.trajs {
		if err := a.Read(t.Context(), u.Row(i), i, frame); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

func step(t *testing.T, m eddy.Model, u *eddy.Tensor) *eddy.Tensor {
	t.Helper()
	dst := eddy.NewTensor(append([]int{u.Shape[0]}, u.Shape[2:]...)...)
	if err := m.Step(t.Context(), dst, eddy.Input{U: u}); err != nil {
		t.Fatal(err)
	}
	return dst
}

func draw(t *testing.T, m eddy.Ensemble, u *eddy.Tensor, keys []eddy.Key) *eddy.Tensor {
	t.Helper()
	dst := eddy.NewTensor(append([]int{u.Shape[0]}, u.Shape[2:]...)...)
	if err := m.Sample(t.Context(), dst, eddy.Input{U: u}, keys); err != nil {
		t.Fatal(err)
	}
	return dst
}

func distance(a, b []float32) float64 {
	var num, den float64
	for i := range b {
		num += math.Pow(float64(a[i])-float64(b[i]), 2)
		den += math.Pow(float64(b[i]), 2)
	}
	return math.Sqrt(num / den)
}

// From data to a model in physical units that predicts, in both forms and with one or two networks.
func TestTrainLoadStep(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: three trainings of 300 steps")
	}
	for name, c := range map[string]refiner.Config{"paper": tiny(refiner.Paper), "released": tiny(refiner.Released), "two networks": withFine()} {
		t.Run(name, func(t *testing.T) {
			m := load(t, trained(t, c, 300))
			if m.Meta().Kind != refiner.Kind || m.Spec().Dt != 1.0/32 || m.Config().Steps != 2 || filepath.Base(m.Path()) != train.BestFile {
				t.Errorf("path %s, record %+v", m.Path(), m.Meta())
			}
			data := advection{3, 9, 24}
			got, want := step(t, m, state(t, data, 4)), state(t, data, 5)
			still := distance(state(t, data, 4).Data, want.Data)
			const part = 0.3 // of what standing still gives: 300 steps are few
			if e := distance(got.Data, want.Data); e > part*still {
				t.Errorf("error %g, standing still has %g", e, still)
			}
		})
	}
}

// Every rule of a Model, with a sampler that draws noise.
func TestModelContract(t *testing.T) {
	m := load(t, trained(t, tiny(refiner.Paper), 3))
	rollouttest.Model(t, m)
	rollouttest.Model(t, load(t, trained(t, withFine(), 3)))
}

// A sample depends on its key: not on its row, the rest of the batch, the number of threads or how often it was asked for.
func TestSamplesDependOnTheirKeysAlone(t *testing.T) {
	defer par.SetThreads(0)
	m := load(t, trained(t, tiny(refiner.Paper), 20))
	u := state(t, advection{4, 9, 24}, 0)
	keys := []eddy.Key{{Seed: 1}, {Seed: 1, Member: 1}, {Seed: 1, Trajectory: 3, Member: 2, Step: 7}, {Seed: 2}}
	all := draw(t, m, u, keys)
	for _, threads := range []int{1, 2, 3} {
		par.SetThreads(threads)
		for from, to := range map[int]int{0: 4, 2: 4, 1: 2, 3: 4} {
			part := draw(t, m, u.Rows(from, to), keys[from:to])
			if !slices.Equal(part.Data, all.Rows(from, to).Data) {
				t.Errorf("%d threads, rows %d … %d: another result alone", threads, from, to-1)
			}
		}
	}
	same := eddy.NewTensor(4, 1, 1, 24)
	for i := range 4 {
		same.Row(i).CopyFrom(u.Row(0))
	}
	different := draw(t, m, same, keys)
	for i := 1; i < 4; i++ {
		if slices.Equal(different.Row(0).Data, different.Row(i).Data) {
			t.Errorf("keys %+v and %+v give the same sample", keys[0], keys[i])
		}
	}
	zero := draw(t, m, u, make([]eddy.Key, 4))
	if !slices.Equal(step(t, m, u).Data, zero.Data) {
		t.Error("Step without times is not the sample of the zero key")
	}
}

// Samples roll out through package rollout, and any number of goroutines may draw at once.
func TestSampleIsSafeForConcurrentUse(t *testing.T) {
	m := load(t, trained(t, withFine(), 2))
	in, keys := rollout.Members(eddy.Input{U: state(t, advection{2, 9, 24}, 0)}, 3, 9, 0)
	want, err := rollout.RunDraws(t.Context(), m, in, keys, 4)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := rollout.RunDraws(context.Background(), m, in, keys, 4)
			if err != nil {
				t.Error(err)
			} else if !slices.Equal(got.Frames.Data, want.Frames.Data) {
				t.Error("another result beside other rollouts")
			}
		})
	}
	wg.Wait()
}

// Without refinement steps a refiner is the network of its first prediction: the one-step operator, with the same gradient of the same loss.
func TestWithoutStepsItIsTheBase(t *testing.T) {
	c := tiny(refiner.Paper)
	c.Steps, c.Share, c.Plan = 0, 0, ""
	n, err := refiner.New(c, advection{1, 2, 24}.Spec(), rand.New(rand.NewPCG(3, 3)))
	if err != nil {
		t.Fatal(err)
	}
	meta := train.Meta{Spec: advection{1, 2, 24}.Spec(), Target: "state", Normaliser: eddy.NoNormaliser(1)}
	m, err := refiner.Wrap(n, meta)
	if err != nil {
		t.Fatal(err)
	}
	p, err := train.NewPredictor(n, meta) // the network's Forward
	if err != nil {
		t.Fatal(err)
	}
	u := state(t, advection{3, 9, 24}, 0)
	if !slices.Equal(step(t, m, u).Data, step(t, p, u).Data) {
		t.Error("another result than the first prediction")
	}
	if m.Plan().Calls() != 1 {
		t.Errorf("%d calls", m.Plan().Calls())
	}
	// With levels the plan "first" leaves them out.
	two, err := refiner.New(withFine(), advection{1, 2, 24}.Spec(), rand.New(rand.NewPCG(3, 3)))
	if err != nil {
		t.Fatal(err)
	}
	if m, err = refiner.Wrap(two, meta); err == nil {
		m, err = m.WithPlan(refiner.First)
	}
	if err != nil {
		t.Fatal(err)
	}
	if p, err = train.NewPredictor(two, meta); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(step(t, m, u).Data, step(t, p, u).Data) {
		t.Error("two networks: another result than the first prediction")
	}
}

func TestSaveThenLoadIsTheIdentity(t *testing.T) {
	for _, c := range []refiner.Config{tiny(refiner.Released), withFine()} {
		m := load(t, trained(t, c, 3))
		path := filepath.Join(t.TempDir(), "copy.safetensors")
		if err := refiner.Save(path, m.Network(), m.Meta()); err != nil {
			t.Fatal(err)
		}
		again := load(t, path)
		if diff := cmp.Diff(m.Meta(), again.Meta()) + cmp.Diff(m.Config(), again.Config()); diff != "" {
			t.Errorf("record (-saved +loaded):\n%s", diff)
		}
		u := state(t, advection{2, 9, 24}, 0)
		if !slices.Equal(step(t, m, u).Data, step(t, again, u).Data) {
			t.Error("another result")
		}
	}
}

// Training gives the same bytes with any number of threads.
func TestTrainingDoesNotDependOnThreads(t *testing.T) {
	defer par.SetThreads(0)
	var first []float32
	for _, threads := range []int{1, 2, 3} {
		par.SetThreads(threads)
		f, err := safetensors.Read(filepath.Join(trained(t, withFine(), 8), train.ModelFile))
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := f.Float32(f.Names()[0])
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = data
		}
		if !slices.Equal(first, data) {
			t.Errorf("%d threads give other weights than 1", threads)
		}
	}
}

func TestWrongKindsAreNamed(t *testing.T) {
	dir := trained(t, tiny(refiner.Paper), 2)
	if _, err := operators.Load(dir); err == nil || !strings.Contains(err.Error(), "refiner.Load") || !strings.Contains(err.Error(), dir) {
		t.Errorf("a refiner as an operator: %v", err)
	}
	data := advection{1, 2, 24}
	c := tiny(refiner.Paper).Base
	n, err := operators.New(c, data.Spec(), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "operator.safetensors")
	if err := operators.Save(path, c, n, operators.PhysicalMeta(data.Spec())); err != nil {
		t.Fatal(err)
	}
	if _, err := refiner.Load(path); err == nil || !strings.Contains(err.Error(), "operators.Load") || !strings.Contains(err.Error(), path) {
		t.Errorf("an operator as a refiner: %v", err)
	}
	if _, err := refiner.Load(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that is not there was loaded")
	}
}

// A checkpoint whose config holds a key that this version does not know is refused.
func TestUnknownKeysOfACheckpointAreRefused(t *testing.T) {
	m := load(t, trained(t, tiny(refiner.Paper), 2))
	meta := m.Meta()
	var config map[string]any
	if err := json.Unmarshal(meta.Config, &config); err != nil {
		t.Fatal(err)
	}
	config["annealing"] = 3
	meta.Config, _ = json.Marshal(config)
	path := filepath.Join(t.TempDir(), "changed.safetensors")
	if err := train.WriteWeights(path, meta, m.Network().Params(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := refiner.Load(path); err == nil || !strings.Contains(err.Error(), "annealing") {
		t.Errorf("error %v", err)
	}
}

// Where the unit of what is predicted is not its spread, levels above that spread are refused once the data are known.
func TestNoiseAboveTheDataIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		target, normalise string
		scale             float64
		limit             string // the spread in the error; empty: fine
	}{
		"measured":             {target: "residual", normalise: "zscore"},
		"states as they are":   {target: "state", normalise: "none"}, // they spread by 1 K or so
		"a unit of 1000":       {target: "residual", normalise: "none", scale: 1000, limit: "at most 0.00"},
		"PDEArena's 0.3":       {target: "residual", normalise: "none", scale: 0.3},
		"a unit of normalised": {target: "residual", normalise: "zscore", scale: 1000, limit: "at most 0.002"},
	} {
		data := advection{4, 9, 24}
		n, err := refiner.New(tiny(refiner.Paper), data.Spec(), rand.New(rand.NewPCG(1, 1))) // σ_min = 0.01
		if err != nil {
			t.Fatal(err)
		}
		cfg := train.DefaultConfig()
		cfg.Objective.Kind, cfg.Objective.Target, cfg.Objective.Scale, cfg.Normalise.Kind = refiner.Kind, c.target, c.scale, c.normalise
		cfg.Train.Steps, cfg.Train.Batch, cfg.Optim.Warmup = 1, 4, 0
		tr, err := train.New(n, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := refiner.Setup(tr, n, 1); err != nil {
			t.Fatal(err)
		}
		_, err = tr.Fit(t.Context(), data, nil)
		if (err == nil) != (c.limit == "") || err != nil && (!strings.Contains(err.Error(), c.limit) || !strings.Contains(err.Error(), "sigma_min = 0.01")) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.limit)
		}
	}
}

// A run goes on with the levels, the form and the networks that it was started with: no weight tells of these, and the noise of its first part cannot be changed any more.
func TestARunIsNotResumedAsAnotherRefiner(t *testing.T) {
	dir := trained(t, withFine(), 3)
	data := advection{8, 9, 24}
	resume := func(c refiner.Config) error {
		n, err := refiner.New(c, data.Spec(), rand.New(rand.NewPCG(2, 2)))
		if err != nil {
			t.Fatal(err)
		}
		cfg := train.DefaultConfig()
		cfg.Objective.Kind, cfg.Objective.Target = refiner.Kind, "residual"
		cfg.Optim.Warmup, cfg.Train.Steps, cfg.Train.Batch, cfg.Optim.LR, cfg.Optim.EMA = 5, 4, 8, 5e-3, 0.995
		cfg.Train.ValidateTrajectories = 2
		tr, err := train.New(n, cfg)
		if err != nil {
			t.Fatal(err)
		}
		tr.Run.Dir = dir
		if err := refiner.Setup(tr, n, 1); err != nil {
			t.Fatal(err)
		}
		_, err = tr.Resume(t.Context(), data, advection{2, 9, 24})
		return err
	}
	for want, change := range map[string]func(c *refiner.Config){
		"model.steps = 3, but the run was started with 2":                    func(c *refiner.Config) { c.Steps = 3 },
		"model.sigma_min = 0.02, but the run was started with 0.01":          func(c *refiner.Config) { c.SigmaMin = 0.02 },
		"model.form = released, but the run was started with paper":          func(c *refiner.Config) { c.Form = refiner.Released },
		"model.share = 0.5, but the run was started with 0.333":              func(c *refiner.Config) { c.Share = 0.5 },
		"model.fine.activation = silu, but the run was started with gelu":    func(c *refiner.Config) { c.Fine.FNO.Activation = "silu" },
		"model.base.fft_shift = neuralop-2.0.0, but the run was started wit": func(c *refiner.Config) { c.Base.FNO.FFTShift = "neuralop-2.0.0" },
	} {
		c := withFine()
		change(&c)
		if err := resume(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if err := resume(withFine()); err != nil {
		t.Errorf("the same refiner: %v", err)
	}
}

func TestPlansThatDoNotFitAreRefused(t *testing.T) {
	m := load(t, trained(t, tiny(refiner.Paper), 2))
	compile := func(change func(c *refiner.Config)) plan.Plan {
		c := tiny(refiner.Paper)
		change(&c)
		n, err := refiner.New(c, advection{1, 2, 24}.Spec(), rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		other, err := refiner.Wrap(n, m.Meta())
		if err != nil {
			t.Fatal(err)
		}
		return other.Plan()
	}
	headless := m.Plan()
	headless.Steps = slices.Clone(headless.Steps[1:])
	for i := range headless.Steps {
		headless.Steps[i].Of = []int{i}
	}
	endless := m.Plan()
	endless.Steps = endless.Steps[:len(endless.Steps)-1]
	for want, p := range map[string]plan.Plan{
		"4 levels, but the network was trained for 3": compile(func(c *refiner.Config) { c.Steps = 3 }),
		"expected one of the levels":                  compile(func(c *refiner.Config) { c.SigmaMin = 0.0101 }),
		"α = 0.99":                                    compile(func(c *refiner.Config) { c.Form = refiner.Released }),
		"starts at α = 1":                             headless,
		"expected a last step to σ = 0":               endless,
		"no steps":                                    {},
	} {
		if _, err := m.Sampling(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for _, name := range plan.Names() {
		if _, err := m.WithPlan(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.WithPlan("euler"); err == nil || !strings.Contains(err.Error(), "euler") {
		t.Errorf("unknown sampler: %v", err)
	}
	// A plan over fewer of the levels is fine.
	few := compile(func(c *refiner.Config) { c.Steps, c.SigmaMin = 1, 0.1 })
	if few, err := m.Sampling(few); err != nil || few.Plan().Calls() != 2 {
		t.Errorf("a plan over two of three levels: %v", err)
	}
}

func TestConfigRefuses(t *testing.T) {
	spec := advection{1, 2, 24}.Spec()
	for want, change := range map[string]func(c *refiner.Config){
		"steps = -1":                   func(c *refiner.Config) { c.Steps = -1 },
		"sigma_min = 2":                func(c *refiner.Config) { c.SigmaMin = 2 },
		"sigma_min = 0,":               func(c *refiner.Config) { c.SigmaMin = 0 },
		"sigma_max = 3":                func(c *refiner.Config) { c.SigmaMax = 3 },
		`form = "annealed"`:            func(c *refiner.Config) { c.Form = "annealed" },
		`no sampler "euler"`:           func(c *refiner.Config) { c.Plan = "euler" },
		`loss = "l1"`:                  func(c *refiner.Config) { c.Loss = "l1" },
		"share = 1":                    func(c *refiner.Config) { c.Share = 1 },
		"base.width = -1":              func(c *refiner.Config) { c.Base.FNO.Width = -1 },
		"base.kind":                    func(c *refiner.Config) { c.Base.Kind = "mlp" },
		"fine is given with steps = 0": func(c *refiner.Config) { c.Steps, c.Fine = 0, &c.Base },
	} {
		c := tiny(refiner.Paper)
		change(&c)
		if _, err := refiner.New(c, spec, rand.New(rand.NewPCG(1, 1))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestSampleRefuses(t *testing.T) {
	m := load(t, trained(t, tiny(refiner.Paper), 2))
	u := state(t, advection{2, 9, 24}, 0)
	var shape *eddy.ShapeError
	if err := m.Sample(t.Context(), eddy.NewTensor(2, 1, 24), eddy.Input{U: u}, make([]eddy.Key, 3)); !errors.As(err, &shape) {
		t.Errorf("three keys for two rows: %v", err)
	}
	if err := m.Step(t.Context(), eddy.NewTensor(2, 1, 24), eddy.Input{}); !errors.As(err, &shape) {
		t.Errorf("no states: %v", err)
	}
	if err := m.Step(t.Context(), eddy.NewTensor(2, 1, 25), eddy.Input{U: u}); !errors.As(err, &shape) {
		t.Errorf("dst of another grid: %v", err)
	}
}
