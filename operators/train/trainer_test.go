package train

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/operators/nn"
)

func TestValidateListsEveryFault(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	c := Config{
		Normalise: Normalise{Kind: "minmax"},
		Objective: ObjectiveConfig{Kind: "two-step", Target: "x", Loss: "l3", Unroll: 0, Noise: -1},
		Optim:     Optim{LR: math.NaN(), WeightDecay: -1, Warmup: -1, Clip: -1, EMA: 1},
		Train:     Schedule{Steps: -1, Batch: 0, Minutes: -1, ValidateEvery: -1, ValidateSteps: 0, ValidateTrajectories: 0, CheckpointEvery: -1},
	}
	err := c.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`normalise.kind = "minmax", expected one of zscore, rms, none`, `objective.kind = "two-step"`, `objective.target = "x"`, `objective.loss = "l3"`,
		"objective.unroll = 0, expected at least 1", "objective.noise = -1", "optim.lr = NaN", "optim.weight_decay = -1", "optim.warmup = -1", "optim.clip = -1",
		"optim.ema = 1", "train.steps = -1", "train.batch = 0", "train.minutes = -1", "train.validate_every = -1", "train.validate_steps = 0",
		"train.validate_trajectories = 0", "train.checkpoint_every = -1",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	for want, change := range map[string]func(*Config){
		"expected a positive number for one of them": func(c *Config) { c.Train.Steps = 0 },
		"objective.unroll = 1, expected at least 2":  func(c *Config) { c.Objective.Kind = "pushforward" },
		"objective.unroll = 3, expected 1":           func(c *Config) { c.Objective.Unroll = 3 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// Every key of a config survives the way through a state file, and every one that may not change is checked.
func TestConfigSurvivesJSON(t *testing.T) {
	c := DefaultConfig()
	c.Seed, c.Objective.Noise, c.Train.Init = 7, 0.1, "run"
	b := must(json.Marshal(c))(t)
	var got Config
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Error(diff)
	}
}

func TestFilesOfARun(t *testing.T) {
	dir := t.TempDir()
	c, train, valid := resumable()
	tr, rep := fit(t, c, dir, train, valid)

	rows := must(csv.NewReader(bytes.NewReader(readFile(t, dir, MetricsFile))).ReadAll())(t)
	if len(rows) != 41 || strings.Join(rows[0], ",")+"\n" != metricsHeader {
		t.Fatalf("%d rows, header %q", len(rows), rows[0])
	}
	for i, row := range rows[1:] {
		validated := (i+1)%7 == 0 || i+1 == 40
		if (row[5] != "") != validated || (row[6] != "") != validated {
			t.Errorf("row %q: validated at every 7th step and the last one", row)
		}
	}
	var kinds []string
	for line := range bytes.Lines(readFile(t, dir, LogFile)) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, e.Event)
	}
	if kinds[0] != "started" || kinds[1] != "saved" || kinds[len(kinds)-1] != "finished" {
		t.Errorf("events %v", kinds)
	}

	last := must(ReadMeta(filepath.Join(dir, ModelFile)))(t)
	best := must(ReadMeta(dir))(t)
	if last.Step != 40 || best.Step != rep.Best.Step || last.Kind != "small" || last.Seed != 11 || last.Spec.Dt != 0.5 || last.Spec.History != 1 {
		t.Errorf("records %+v, %+v", last, best)
	}
	if diff := cmp.Diff(c, *last.Training); diff != "" {
		t.Errorf("training config (-want +got):\n%s", diff)
	}
	if len(last.Ranges) != 2 || last.Ranges[0].Name != "a" || !(last.Ranges[0].Max > last.Ranges[0].Min) {
		t.Errorf("ranges %+v", last.Ranges)
	}

	// The saved weights are the running mean, and they give the validation of the report.
	net := newSmallNet(2, 2, 2)
	meta := must(ReadWeights(filepath.Join(dir, ModelFile), net.Params()))(t)
	if diff := cmp.Diff(tr.state.optimiser.ema[0], net.a.W.Data()); diff != "" {
		t.Error("model.safetensors does not hold the running mean")
	}
	v := compare(must(NewPredictor(net, meta))(t), valid, 4)
	got := must(v.measure(t.Context()))(t)
	if got.Rollout != rep.Validation.Rollout || got.OneStep != rep.Validation.OneStep {
		t.Errorf("validation %+v, reported %+v", got, rep.Validation)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The validation's numbers by hand, for a network that keeps the state.
func TestValidationByHand(t *testing.T) {
	data := toy(3, 2, 5, 4)
	net := newLinear(1, 2, 2)
	copy(net.layer.W.Data(), []float32{1, 0, 0, 1})
	net.layer.B.Fill(0)
	meta := Meta{Kind: "linear", Config: []byte("{}"), Spec: data.spec, Target: "state", Normaliser: eddy.NoNormaliser(2)}
	v := compare(must(NewPredictor(net, meta))(t), data, 3)
	got := must(v.measure(t.Context()))(t)
	var one, roll float64
	for traj := range 2 {
		for s := 1; s <= 3; s++ {
			for c := range 2 {
				truth := data.trajs[traj].Row(s).Row(c).Data
				one += relative(data.trajs[traj].Row(s-1).Row(c).Data, truth) / 12
				roll += relative(data.trajs[traj].Row(0).Row(c).Data, truth) / 12
			}
		}
	}
	if !near(float64(got.OneStep), one, 1e-12) || !near(float64(got.Rollout), roll, 1e-12) {
		t.Errorf("got %g, %g; want %g, %g", got.OneStep, got.Rollout, one, roll)
	}
}

func relative(got, want []float32) float64 {
	var num, den float64
	for i := range want {
		num += math.Pow(float64(got[i])-float64(want[i]), 2)
		den += math.Pow(float64(want[i]), 2)
	}
	return math.Sqrt(num / den)
}

// A network whose rollout blows up has no finite score, which is not the best, and the file says null.
func TestBlownUpRolloutIsNeverBest(t *testing.T) {
	blown, fine := Validation{OneStep: 0.1, Rollout: Score(math.Inf(1))}, Validation{OneStep: 5, Rollout: 3}
	if blown.better(fine) || !fine.better(blown) || !(Validation{OneStep: 0.05, Rollout: Score(math.Inf(1))}).better(blown) {
		t.Error("order of validations")
	}
	b := must(json.Marshal(blown))(t)
	var got Validation
	if err := json.Unmarshal(b, &got); err != nil || got != blown || !strings.Contains(string(b), `"rollout_nrmse":null`) {
		t.Errorf("%s → %+v, %v", b, got, err)
	}

	data := toy(3, 1, 60, 4)
	net := newLinear(1, 2, 2)
	copy(net.layer.W.Data(), []float32{1e3, 0, 0, 1e3})
	meta := Meta{Kind: "linear", Config: []byte("{}"), Spec: data.spec, Target: "state", Normaliser: eddy.NoNormaliser(2)}
	v := compare(must(NewPredictor(net, meta))(t), data, 50)
	if got := must(v.measure(t.Context()))(t); !math.IsInf(float64(got.Rollout), 1) || !finite(float64(got.OneStep)) {
		t.Errorf("got %+v", got)
	}
}

func TestLossThatIsNotFiniteStopsTheRun(t *testing.T) {
	t.Run("data", func(t *testing.T) {
		c, train, valid := resumable()
		c.Normalise.Kind = "none" // statistics of such data would be refused before
		dir := t.TempDir()
		train.trajs[1] = train.trajs[1].Clone()
		train.trajs[1].Row(4).Data[3] = float32(math.NaN())
		tr := must(New(newSmallNet(1, 2, 2), c))(t)
		tr.Run.Dir = dir
		tr.state = &state{stateRecord: stateRecord{Config: c, Meta: metaFor(train, c)}, optimiser: newOptimiser(c.Optim, tr.module.Params()), rng: newRNG(c.Seed)}
		tr.log = must(openRunLog(dir, none))(t)
		_, err := tr.run(t.Context(), train, valid)
		tr.close(&err)
		var bad *LossError
		if !errors.As(err, &bad) || len(bad.Windows) != 4 || len(bad.Bad) == 0 {
			t.Fatalf("error %v", err)
		}
		for _, w := range bad.Bad {
			if w.Traj != 1 || w.Frame > 4 || w.Frame < 2 {
				t.Errorf("window %+v does not hold frame 4 of trajectory 1", w)
			}
		}
		if !strings.Contains(err.Error(), "trajectory 1 frame") || !strings.Contains(err.Error(), StateFile) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("weights", func(t *testing.T) {
		c, train, valid := resumable()
		net := newSmallNet(1, 2, 2)
		net.a.W.Data()[0] = float32(math.Inf(1))
		tr := must(New(net, c))(t)
		_, err := tr.Fit(t.Context(), train, valid)
		var bad *LossError
		if !errors.As(err, &bad) || bad.Step != 1 || len(bad.Bad) != 0 || bad.Checkpoint != "" || !strings.Contains(err.Error(), "lower optim.lr") {
			t.Fatalf("error %v", err)
		}
	})
}

// metaFor is a record without statistics.
func metaFor(m *memory, c Config) Meta {
	return Meta{
		Format: formatVersion, Kind: "small", Config: []byte("{}"), Spec: m.spec, Target: c.Objective.Target, ResidualScale: []float64{1, 1},
		Normaliser: eddy.NoNormaliser(2), Training: &c,
	}
}

// The clock decides where a budget is set, and the rate comes down with it.
func TestTimeBudgetEndsTheRun(t *testing.T) {
	c, train, valid := resumable()
	c.Train.Steps, c.Train.Minutes = 0, 1
	now := time.Unix(0, 0)
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Now = func() time.Time { return now }
	var rates []float64
	tr.Observe = func(e Event) {
		if e.Kind == Stepped {
			now = now.Add(2 * time.Second)
			rates = append(rates, e.LR)
		}
	}
	rep, err := tr.Fit(t.Context(), train, valid)
	if err != nil || rep.Step != 30 || rep.Stopped != "time" || rep.Validation.Step != 30 {
		t.Fatalf("report %+v, %v", rep, err)
	}
	if last := rates[len(rates)-1]; last > 0.02*c.Optim.LR {
		t.Errorf("last rate %g of %g", last, c.Optim.LR)
	}
}

func TestInitStartsFromAnotherRun(t *testing.T) {
	c, train, valid := resumable()
	first := t.TempDir()
	fit(t, c, first, train, valid)
	other := toy(7, 3, 8, 8) // other data: the normaliser must stay that of the weights
	for _, x := range other.trajs {
		for i := range x.Data {
			x.Data[i] = 5*x.Data[i] + 1
		}
	}
	c.Train.Init, c.Train.Steps, c.Optim.Warmup, c.Optim.EMA = first, 1, 0, 0
	c.Optim.LR, c.Optim.WeightDecay = 1e-30, 0 // the step changes nothing
	dir := t.TempDir()
	fit(t, c, dir, other, valid)
	a, b := newSmallNet(0, 2, 2), newSmallNet(0, 2, 2)
	ma := must(ReadWeights(first, a.Params()))(t)
	mb := must(ReadWeights(dir, b.Params()))(t)
	if diff := cmp.Diff(ma.Normaliser, mb.Normaliser) + cmp.Diff(ma.ResidualScale, mb.ResidualScale); diff != "" {
		t.Errorf("normaliser (-first +second):\n%s", diff)
	}
	for i, p := range a.Params() {
		if !cmp.Equal(p.Data(), b.Params()[i].Data()) {
			t.Errorf("%s does not start from the other run", p.Name)
		}
	}
	if mb.Ranges[0].Max == ma.Ranges[0].Max {
		t.Error("the ranges are not those of the new data")
	}

	for want, change := range map[string]func(*Config, *Run){
		`normalise.kind = "zscore", this one "rms"`:       func(c *Config, _ *Run) { c.Normalise.Kind = "rms" },
		`objective.target = "residual", this one "state"`: func(c *Config, _ *Run) { c.Objective.Target = "state" },
		"the run has history 1, this one 2":               func(_ *Config, r *Run) { r.History = 2 },
		`expected "other"`:                                func(_ *Config, r *Run) { r.Kind = "other" },
		"no such file":                                    func(c *Config, _ *Run) { c.Train.Init = "nowhere" },
		"holds neither":                                   func(c *Config, _ *Run) { c.Train.Init = t.TempDir() },
	} {
		c := c
		tr := must(New(newSmallNet(1, 2, 2), c))(t)
		tr.Run = Run{Kind: "small"}
		change(&tr.config, &tr.Run)
		if _, err := tr.Fit(t.Context(), other, valid); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "train.init") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	ma.Normaliser.Log = []bool{true, false}
	if err := mb.inherit(ma); err == nil || !strings.Contains(err.Error(), "other fields under normalise.log") {
		t.Errorf("weights that were learnt of a logarithm: %v", err)
	}
}

func TestFitRefuses(t *testing.T) {
	c, train, valid := resumable()
	for _, k := range []struct {
		want         string
		train, valid *memory
		change       func(*Config)
	}{
		{want: "train.batch = 64 exceeds the 18 windows", change: func(c *Config) { c.Train.Batch = 64 }},
		{want: "no trajectory has the 2 frames", valid: toy(1, 2, 1, 8)},
		{want: "validation data: fields", valid: func() *memory { m := toy(1, 2, 4, 8); m.spec.Fields = m.spec.Fields[:1]; return m }()},
	} {
		c := c
		if k.change != nil {
			k.change(&c)
		}
		v := valid
		if k.valid != nil {
			v = k.valid
		}
		tr := must(New(newSmallNet(1, 2, 2), c))(t)
		if _, err := tr.Fit(t.Context(), train, v); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("error %v, want one with %q", err, k.want)
		}
	}
	bad := toy(1, 3, 8, 8)
	bad.trajs[2].Row(5).Row(1).Data[3] = float32(math.Inf(-1))
	if _, err := must(New(newSmallNet(1, 2, 2), c))(t).Fit(t.Context(), bad, nil); err == nil || !strings.Contains(err.Error(), `-Inf in field "b" of frame 5 of trajectory 2`) {
		t.Errorf("data that are not finite: %v", err)
	}
	if _, err := must(New(newSmallNet(1, 2, 2), c))(t).Fit(t.Context(), train, bad); err == nil ||
		!strings.Contains(err.Error(), `validation data: datasets: the data holds -Inf in field "b" of frame 5 of trajectory 2`) {
		t.Errorf("validation data that are not finite: %v", err)
	}
	tr := must(New(newSmallNet(1, 3, 2), c))(t) // three channels in, the data have two
	_, err := tr.Fit(t.Context(), train, valid)
	var shape *eddy.ShapeError
	if !errors.As(err, &shape) {
		t.Errorf("wrong channels: error %v, want a *eddy.ShapeError", err)
	}
	if _, err := New(newSmallNet(1, 2, 2), Config{}); err == nil {
		t.Error("New took an empty config")
	}
	c.Objective.Kind, c.Objective.Unroll, c.Objective.Noise = "refiner", 1, 0
	if _, err := must(New(newSmallNet(1, 2, 2), c))(t).Fit(t.Context(), train, valid); err == nil || !strings.Contains(err.Error(), "set Trainer.NewObjective") {
		t.Errorf("refiner without its objective: %v", err)
	}
}

// Static fields and scalars reach the network normalised, in training and in the Predictor.
func TestConditionsReachTheNetwork(t *testing.T) {
	train := toy(1, 6, 8, 8)
	train.spec.Statics = []eddy.Field{{Name: "depth"}}
	train.spec.Params = []eddy.Param{{Name: "nu"}}
	for i := range train.trajs {
		s := eddy.NewTensor(1, 8)
		for j := range s.Data {
			s.Data[j] = float32(100 + i + j)
		}
		train.static = append(train.static, s)
		train.cond = append(train.cond, []float32{float32(i)})
	}
	c := quick(5)
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	rep, err := tr.Fit(t.Context(), train, train.subset(2))
	if err != nil {
		t.Fatal(err)
	}
	m := tr.state.Meta
	if !near(m.StaticNormaliser.Shift[0], 106, 1e-9) || !near(m.CondNormaliser.Shift[0], 2.5, 1e-9) || len(m.Ranges) != 4 || m.Ranges[3].Max != 5 {
		t.Errorf("record %+v %+v %+v", m.StaticNormaliser, m.CondNormaliser, m.Ranges)
	}
	mean := 0.0
	static := tr.step.in.Static.Data()
	for _, v := range static {
		mean += float64(v) / float64(len(static))
	}
	if len(static) != 4*8 || math.Abs(mean) > 2 {
		t.Errorf("static fields in the graph: %d values of mean %g", len(static), mean)
	}
	if rep.Validation == nil {
		t.Error("no validation")
	}
	p := must(NewPredictor(newSmallNet(1, 2, 2), m))(t)
	u, dst := eddy.NewTensor(1, 1, 2, 8), eddy.NewTensor(1, 2, 8)
	for want, in := range map[string]eddy.Input{
		"static fields": {U: u, Cond: eddy.NewTensor(1, 1)},
		"parameters":    {U: u, Static: eddy.NewTensor(1, 1, 8)},
		"input U":       {U: eddy.NewTensor(1, 2, 2, 8)},
		"it is nil":     {},
	} {
		var shape *eddy.ShapeError
		if err := p.Step(t.Context(), dst, in); !errors.As(err, &shape) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// A history of two states, unrolled: the data decide the shape, the network sees 2·2 channels.
func TestHistory(t *testing.T) {
	c := quick(10)
	c.Objective = ObjectiveConfig{Kind: "pushforward", Target: "residual", Loss: "mse", Unroll: 3}
	tr := must(New(newSmallNet(1, 4, 2), c))(t)
	tr.Run.History = 2
	rep, err := tr.Fit(t.Context(), toy(1, 4, 8, 8), toy(2, 2, 8, 8))
	if err != nil || rep.Validation.Horizon != 4 || tr.state.Windows != 4*4 {
		t.Fatalf("report %+v, %d windows, %v", rep, tr.state.Windows, err)
	}
}

func TestEventsTellWhereTheRunStands(t *testing.T) {
	c, train, valid := resumable()
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	var steps, validated int
	tr.Observe = func(e Event) {
		switch e.Kind {
		case Stepped:
			steps++
			if e.Step != steps || e.Steps != 40 || !near(e.Progress, float64(steps)/40, 1e-12) || !(e.Loss > 0) || !(e.GradNorm > 0) || e.LR < 0 {
				t.Errorf("event %+v", e)
			}
		case Validated:
			validated++
			if e.Validation == nil || e.Validation.Step != e.Step {
				t.Errorf("event %+v", e)
			}
		}
	}
	rep, err := tr.Fit(t.Context(), train, valid)
	if err != nil || steps != 40 || validated != 6 || rep.Parameters != nn.Count(tr.module.Params()) || rep.Parameters != 16*2+16+2*16+2 {
		t.Errorf("%d steps, %d validations, report %+v, %v", steps, validated, rep, err)
	}
}

// The heap does not grow with the number of steps.
func TestMemoryDoesNotGrow(t *testing.T) {
	c, train, valid := resumable()
	c.Train.Steps, c.Train.ValidateEvery = 1100, 250
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Run.Dir = t.TempDir()
	var at [2]runtime.MemStats
	tr.Observe = func(e Event) {
		if i := map[int]int{100: 1, 1100: 2}[e.Step]; i > 0 && e.Kind == Stepped {
			runtime.GC()
			runtime.ReadMemStats(&at[i-1])
		}
	}
	if _, err := tr.Fit(t.Context(), train, valid); err != nil {
		t.Fatal(err)
	}
	const slack = 1 << 20 // the collector's own, not a thousandth of a byte a step of anything kept
	if grown := int64(at[1].HeapAlloc) - int64(at[0].HeapAlloc); grown > slack {
		t.Errorf("the heap grew by %d bytes over 1000 steps", grown)
	}
	if objects := int64(at[1].HeapObjects) - int64(at[0].HeapObjects); objects > 5000 {
		t.Errorf("the heap grew by %d objects over 1000 steps", objects)
	}
}

func TestDescribeRefusesBadStates(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.safetensors")
	net := newSmallNet(1, 2, 2)
	m := metaFor(toy(1, 1, 2, 8), DefaultConfig())
	for want, change := range map[string]func(*Meta){
		"grid":             func(m *Meta) { m.Spec.Grid = eddy.PeriodicGrid(1, 1<<20, 1<<20, 1<<20) },
		"space dimensions": func(m *Meta) { m.Spec.Grid = eddy.Grid{} },
		"no fields":        func(m *Meta) { m.Spec.Fields = nil },
		"history 0":        func(m *Meta) { m.Spec.History = 0 },
		"target is":        func(m *Meta) { m.Target = "x" },
		"residual scales":  func(m *Meta) { m.Target, m.ResidualScale = "residual", nil },
		"shifts":           func(m *Meta) { m.Normaliser.Scale = nil },
		"none for 1":       func(m *Meta) { m.Spec.Params = []eddy.Param{{Name: "nu"}} },
	} {
		bad := m
		change(&bad)
		if err := WriteWeights(path, bad, net.Params(), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadMeta(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one with %q and the file", err, want)
		}
	}
	if err := os.WriteFile(path, []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadMeta(path); err == nil || !strings.Contains(err.Error(), "not a checkpoint") {
		t.Errorf("foreign file: %v", err)
	}
}

// A done context is an interruption even before the first step.
func TestCancelledBeforeTheStart(t *testing.T) {
	c, train, valid := resumable()
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tr.Fit(ctx, train, valid); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Two processes must not write one run.
func TestRunInUseIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no advisory locks")
	}
	dir := t.TempDir()
	c, train, valid := resumable()
	fit(t, c, dir, train, valid)
	held := must(openRunLog(dir, upTo(40)))(t)
	tr := must(New(newSmallNet(1, 2, 2), c))(t)
	tr.Run = Run{Dir: dir, Kind: "small"}
	if _, err := tr.Resume(t.Context(), train, valid); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("error %v", err)
	}
	if err := held.close(); err != nil {
		t.Fatal(err)
	}
	again(t, dir)
}

// What was written after the state, and half a line, is cut away.
func TestLogsAreCutBackToTheState(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(MetricsFile, metricsHeader+"1,0,1,1,1,,\n2,0,1,1,1,,\n3,0,1,1")
	write(LogFile, "{\"step\":0,\"event\":\"started\"}\n{\"step\":2,\"event\":\"saved\"}\n{\"st")
	l := must(openRunLog(dir, upTo(1)))(t)
	if err := l.row(stepResult{Step: 2, LR: 0.5}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	if got := string(readFile(t, dir, MetricsFile)); got != metricsHeader+"1,0,1,1,1,,\n2,0,0.5,0,0,,\n" {
		t.Errorf("metrics %q", got)
	}
	if got := string(readFile(t, dir, LogFile)); got != "{\"step\":0,\"event\":\"started\"}\n" {
		t.Errorf("log %q", got)
	}
}

// Every normaliser gives data the mean and spread it promises.
func TestNormalisers(t *testing.T) {
	of := func(values ...float32) datasets.Statistics {
		spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, len(values))}
		one := &memory{spec: spec, trajs: []*eddy.Tensor{eddy.FromSlice(values, 1, 1, len(values))}}
		return must(datasets.Measure(t.Context(), one))(t)
	}
	all := of(1, 2, 4, 8, 16, -3)
	for kind, want := range map[string][2]float64{"zscore": {28.0 / 6, math.Sqrt(350.0/6 - 28.0*28/36)}, "rms": {0, math.Sqrt(350.0 / 6)}, "none": {0, 1}} {
		if n := normaliserOf(all, kind); !near(n.Shift[0], want[0], 1e-12) || !near(n.Scale[0], want[1], 1e-12) || n.Kind != kind {
			t.Errorf("%s: %+v, want %v", kind, n, want)
		}
	}
	if n := normaliserOf(of(7, 7, 7), "zscore"); n.Shift[0] != 7 || n.Scale[0] != 1 {
		t.Errorf("constant field: %+v", n)
	}
}

// The unit of residuals is the root mean square change of a normalised field; what does not change has the unit 1.
func TestUnitOfResiduals(t *testing.T) {
	m := toy(1, 2, 3, 2)
	for _, u := range m.trajs { // a grows by 1, then by 7: mean square 25; b stays
		copy(u.Data, []float32{0, 2, 5, 5, 1, 3, 5, 5, 8, 10, 5, 5})
	}
	c := quick(1)
	c.Objective.Target, c.Normalise.Kind = "residual", "rms"
	meta := must(Describe(t.Context(), m, 1, c))(t)
	if want := 5 / meta.Normaliser.Scale[0]; !near(meta.ResidualScale[0], want, 1e-12) || meta.ResidualScale[1] != 1 {
		t.Errorf("units %v, want %v and 1", meta.ResidualScale, want)
	}
	if _, err := Describe(t.Context(), toy(1, 2, 1, 2), 1, c); err == nil || !strings.Contains(err.Error(), "at least 2 frames") {
		t.Errorf("single frames: %v", err)
	}
}
