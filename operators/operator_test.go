package operators_test

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
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/resnet"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/operators/unet"
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

// tiny is a network that is made in no time.
func tiny() operators.Config {
	return operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{5}, Width: 6, Layers: 2}}
}

// trained makes a run in a temporary folder.
func trained(t *testing.T, steps int) string {
	t.Helper()
	dir := t.TempDir()
	c := tiny()
	data := advection{8, 9, 24}
	m, err := operators.New(c, data.Spec(), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	cfg := train.DefaultConfig()
	cfg.Optim.Warmup, cfg.Train.Steps, cfg.Train.Batch, cfg.Optim.LR = 5, steps, 8, 5e-3
	cfg.Train.ValidateTrajectories = 2
	tr, err := train.New(m, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if tr.Run, err = c.Run(1); err != nil {
		t.Fatal(err)
	}
	tr.Run.Dir = dir
	if _, err := tr.Fit(t.Context(), data, advection{2, 9, 24}); err != nil {
		t.Fatal(err)
	}
	return dir
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

func distance(a, b []float32) float64 {
	var num, den float64
	for i := range b {
		num += math.Pow(float64(a[i])-float64(b[i]), 2)
		den += math.Pow(float64(b[i]), 2)
	}
	return math.Sqrt(num / den)
}

// From data to a model in physical units that predicts, on the grid of the training and on a finer one.
func TestTrainLoadStep(t *testing.T) {
	dir := trained(t, 300)
	op, err := operators.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if op.Path() != filepath.Join(dir, train.BestFile) || op.Meta().Kind != "fno" || op.Spec().Dt != 1.0/32 || op.Config().FNO.Width != 6 {
		t.Errorf("path %s, record %+v", op.Path(), op.Meta())
	}
	if r := op.Meta().Ranges; len(r) != 1 || r[0].Name != "u" || !near(r[0].Mean, 20, 0.5) {
		t.Errorf("ranges %+v", r)
	}
	for _, points := range []int{24, 48} {
		data := advection{3, 9, points}
		got, want := step(t, op, state(t, data, 4)), state(t, data, 5)
		const tol = 0.01 // of values round 20 with an anomaly of about 1.7: a fifth of what standing still gives
		if e := distance(got.Data, want.Data); e > tol {
			t.Errorf("%d points: error %g, want at most %g", points, e, tol)
		}
	}
}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol }

// Training a Fourier neural operator gives the same bytes with any number of threads.
func TestTrainingDoesNotDependOnThreads(t *testing.T) {
	defer par.SetThreads(0)
	var first []byte
	for _, n := range []int{1, 2, 3} {
		par.SetThreads(n)
		b, err := os.ReadFile(filepath.Join(trained(t, 12), train.ModelFile))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if !slices.Equal(first, b) {
			t.Errorf("%d threads give other weights than 1", n)
		}
	}
}

// Any number of goroutines, batch sizes and grids at once give what each gives alone.
func TestStepIsSafeForConcurrentUse(t *testing.T) {
	op, err := operators.Load(trained(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	type job struct{ in, want *eddy.Tensor }
	var jobs []job
	for _, data := range []advection{{1, 9, 24}, {2, 9, 24}, {5, 9, 24}, {2, 9, 32}, {1, 9, 40}} {
		in := state(t, data, 0)
		jobs = append(jobs, job{in, step(t, op, in)})
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 20 {
				j := jobs[(worker+i)%len(jobs)]
				dst := eddy.NewTensor(j.want.Shape...)
				if err := op.Step(context.Background(), dst, eddy.Input{U: j.in}); err != nil {
					t.Error(err)
				}
				if !slices.Equal(dst.Data, j.want.Data) {
					t.Errorf("batch %v: another result beside other steps", j.in.Shape)
				}
			}
		})
	}
	wg.Wait()
}

func TestSaveThenLoadIsTheIdentity(t *testing.T) {
	op, err := operators.Load(trained(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.safetensors")
	if err := operators.Save(path, op.Config(), op.Module(), op.Meta()); err != nil {
		t.Fatal(err)
	}
	again, err := operators.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(op.Meta(), again.Meta()) + cmp.Diff(op.Config(), again.Config()); diff != "" {
		t.Errorf("record (-saved +loaded):\n%s", diff)
	}
	u := state(t, advection{2, 9, 24}, 0)
	if !slices.Equal(step(t, op, u).Data, step(t, again, u).Data) {
		t.Error("another result")
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := trained(t, 2)
	file := filepath.Join(dir, train.ModelFile)
	f, err := safetensors.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	// rewrite makes a copy whose record or tensors were changed.
	rewrite := func(change func(meta map[string]any), tensors []safetensors.Tensor) string {
		var meta map[string]any
		if err := json.Unmarshal([]byte(f.Metadata["eddy"]), &meta); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(meta)
		}
		text, err := json.Marshal(meta)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "changed.safetensors")
		if err := safetensors.Write(path, map[string]string{"eddy": string(text)}, tensors); err != nil {
			t.Fatal(err)
		}
		return path
	}
	truncated := filepath.Join(t.TempDir(), "truncated.safetensors")
	if err := os.WriteFile(truncated, []byte("PK"), 0o644); err != nil {
		t.Fatal(err)
	}
	extra := append(slices.Clone(f.Tensors), safetensors.FromFloat32("blocks.9.bias", []float32{1}, 1))
	for want, path := range map[string]string{
		"no such file":    filepath.Join(dir, "nowhere"),
		"it is not a run": t.TempDir(),
		"truncated":       truncated,
		"refiner.Load":    rewrite(func(m map[string]any) { m["kind"] = "refiner" }, f.Tensors),
		`"mlp", expected`: rewrite(func(m map[string]any) { m["kind"] = "mlp" }, f.Tensors),
		"config of kind":  rewrite(func(m map[string]any) { m["kind"] = "unet" }, f.Tensors),
		"unknown field":   rewrite(func(m map[string]any) { m["config"].(map[string]any)["depth"] = 3 }, f.Tensors),
		"format 9":        rewrite(func(m map[string]any) { m["format"] = 9 }, f.Tensors),
		"is missing":      rewrite(nil, f.Tensors[1:]),
		`"blocks.9.bias"`: rewrite(nil, extra),
		"has shape":       rewrite(func(m map[string]any) { m["config"].(map[string]any)["width"] = 7 }, f.Tensors),
		"exceeds":         rewrite(func(m map[string]any) { m["config"].(map[string]any)["modes"] = []int{99} }, f.Tensors),
	} {
		_, err := operators.Load(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one with %q and the path", err, want)
		}
	}
}

func TestStepRefuses(t *testing.T) {
	op, err := operators.Load(trained(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	var shape *eddy.ShapeError
	for want, k := range map[string]struct{ in, dst *eddy.Tensor }{
		"input U": {eddy.NewTensor(1, 1, 2, 24), eddy.NewTensor(1, 2, 24)},
		"dst":     {eddy.NewTensor(1, 1, 1, 24), eddy.NewTensor(1, 1, 25)},
	} {
		if err := op.Step(t.Context(), k.dst, eddy.Input{U: k.in}); !errors.As(err, &shape) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want a *eddy.ShapeError with %q", err, want)
		}
	}
	if err := op.Step(t.Context(), eddy.NewTensor(1, 1, 4), eddy.Input{U: eddy.NewTensor(1, 1, 1, 4)}); err == nil || !strings.Contains(err.Error(), "exceeds 3 for 4 points") {
		t.Errorf("grid too coarse for the modes: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := op.Step(ctx, eddy.NewTensor(1, 1, 24), eddy.Input{U: eddy.NewTensor(1, 1, 1, 24)}); !errors.Is(err, context.Canceled) {
		t.Errorf("done context: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	spec := advection{1, 2, 24}.Spec()
	for want, change := range map[string]func(c *operators.Config, s *eddy.Spec){
		"modes[0] = 40 exceeds": func(c *operators.Config, _ *eddy.Spec) { c.FNO.Modes = []int{40} },
		`kind = "mlp"`:          func(c *operators.Config, _ *eddy.Spec) { c.Kind = "mlp" },
		"package refiner":       func(c *operators.Config, _ *eddy.Spec) { c.Kind = "refiner" },
		"width = -1":            func(c *operators.Config, _ *eddy.Spec) { c.FNO.Width = -1 },
		"0 fields":              func(_ *operators.Config, s *eddy.Spec) { s.Fields = nil },
	} {
		c, s := tiny(), spec
		change(&c, &s)
		if _, err := operators.New(c, s, rand.New(rand.NewPCG(1, 1))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// The network is told history, static fields and parameters, and its size follows.
func TestNewCountsItsInputs(t *testing.T) {
	spec := advection{1, 2, 24}.Spec()
	spec.History, spec.Statics, spec.Params = 3, []eddy.Field{{Name: "depth"}}, []eddy.Param{{Name: "nu"}, {Name: "f"}}
	m, err := operators.New(tiny(), spec, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Params()[0].Shape()[1]; got != 3+1+2+1 { // and one coordinate
		t.Errorf("the lifting takes %d channels, want 7", got)
	}
	if operators.Parameters(m) < 100 {
		t.Errorf("%d parameters", operators.Parameters(m))
	}
}

// small has a network of every kind.
func small() map[string]operators.Config {
	return map[string]operators.Config{
		operators.FNO:    tiny(),
		operators.UNet:   {Kind: operators.UNet, UNet: unet.Config{Width: 8, Multipliers: []int{1, 2}, Blocks: 1}},
		operators.ResNet: {Kind: operators.ResNet, ResNet: resnet.Config{Width: 4, Layers: 1}},
	}
}

// A refined network sees one state more than the history, and its level changes what it says.
func TestNewRefinedTakesALevel(t *testing.T) {
	spec := advection{1, 2, 24}.Spec()
	spec.History, spec.Params = 2, []eddy.Param{{Name: "nu"}}
	for name, c := range small() {
		m, err := operators.NewRefined(c, spec, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		g := nn.NewGraph(tensor.Float32)
		in := nn.Inputs{U: g.Placeholder("u", 1, 3, 24), Cond: g.Placeholder("cond", 1, 1), Level: g.Placeholder("level", 1, 1)}
		for i := range in.U.Data() {
			in.U.Data()[i] = float32(math.Sin(float64(i)))
		}
		for _, q := range m.Params() { // last layers may start at zero
			for i := range q.Data() {
				q.Data()[i] += float32(0.1 * math.Cos(float64(i)))
			}
		}
		y, err := m.Forward(g, in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := g.Compile(y)
		if err != nil {
			t.Fatal(err)
		}
		var results [][]float32
		for _, level := range []float32{0, 1000} {
			in.Level.Data()[0] = level
			if err := p.Run(); err != nil {
				t.Fatal(err)
			}
			results = append(results, slices.Clone(nn.Data(y)))
		}
		if slices.Equal(results[0], results[1]) {
			t.Errorf("%s: the output does not depend on the level", name)
		}
	}
}

// A checkpoint's record is one JSON object, like the table of a config file, and read strictly.
func TestConfigIsFlatInJSON(t *testing.T) {
	for _, kind := range operators.Kinds() {
		want := operators.Config{Kind: kind}.Complete()
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got operators.Config
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if err := json.Unmarshal([]byte(`{"kind": "`+kind+`", "magic": 1}`), &got); err == nil || !strings.Contains(err.Error(), "magic") {
			t.Errorf("%s: a key that is not known gives %v", kind, err)
		}
	}
}
