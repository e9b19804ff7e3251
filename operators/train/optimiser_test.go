package train

import (
	"encoding/json"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/operators/nn"
)

// gradNode is a node that holds g, as a gradient after a run does.
func gradNode(g []float32) *gorgonia.Node {
	graph := gorgonia.NewGraph()
	v := tensor.New(tensor.WithShape(len(g)), tensor.WithBacking(g))
	return gorgonia.NewTensor(graph, tensor.Float32, 1, gorgonia.WithShape(len(g)), gorgonia.WithName("g"), gorgonia.WithValue(v))
}

// The whole update (rate, clipping, AdamW, running mean) step by step against torch.optim.AdamW.
func TestUpdateEqualsTorch(t *testing.T) {
	var golden struct {
		Start       []float32
		Warmup      int
		LR          float64
		WeightDecay float64 `json:"weight_decay"`
		Clip        float64
		Steps       []struct {
			Grad, Param, EMA []float32
			Norm, LR         float64
		}
	}
	if err := json.Unmarshal(readFile(t, "testdata", "adamw.json"), &golden); err != nil {
		t.Fatal(err)
	}
	p := nn.NewWeight("p", len(golden.Start))
	copy(p.Data(), golden.Start)
	c := Optim{LR: golden.LR, WeightDecay: golden.WeightDecay, Warmup: golden.Warmup, Clip: golden.Clip, EMA: 0.99}
	o := newOptimiser(c, []*nn.Param{p})
	s := Schedule{Steps: len(golden.Steps)}
	const tol = 4e-6 // torch rounds the same formula in another order: a few units in the last place of numbers up to 2.2
	for i, want := range golden.Steps {
		grads := []*gorgonia.Node{gradNode(want.Grad)}
		norm := gradientNorm(grads)
		lr := learningRate(c, s, i, 0)
		if !near(norm, want.Norm, 1e-5) || !near(lr, want.LR, 1e-15) {
			t.Errorf("step %d: norm %g, rate %g; want %g, %g", i, norm, lr, want.Norm, want.LR)
		}
		o.update(grads, norm, lr)
		for j := range p.Data() {
			if got := p.Data()[j]; !near(float64(got), float64(want.Param[j]), tol) {
				t.Errorf("step %d: weight %d = %.8g, torch has %.8g", i, j, got, want.Param[j])
			}
			if got := o.ema[0][j]; !near(float64(got), float64(want.EMA[j]), tol) {
				t.Errorf("step %d: mean %d = %.8g, torch has %.8g", i, j, got, want.EMA[j])
			}
		}
	}
}

func TestBiasesAreNotDecayed(t *testing.T) {
	w, b := nn.NewWeight("w", 1).Fill(1), nn.NewBias("b", 1).Fill(1)
	o := newOptimiser(Optim{WeightDecay: 0.5}, []*nn.Param{w, b})
	zero := gradNode([]float32{0})
	o.update([]*gorgonia.Node{zero, zero}, 0, 0.1)
	if w.Data()[0] != 0.95 || b.Data()[0] != 1 { // 1 − 0.1·0.5
		t.Errorf("weight %g, bias %g; want 0.95, 1", w.Data()[0], b.Data()[0])
	}
}

func TestClipFactorBoundsTheNorm(t *testing.T) {
	for _, c := range []struct{ norm, limit, want float64 }{{2, 1, 0.5}, {0.5, 1, 1}, {1, 1, 1}, {1e9, 0, 1}, {0, 1, 1}} {
		if got := clipFactor(c.norm, c.limit); got != c.want {
			t.Errorf("clipFactor(%g, %g) = %g, want %g", c.norm, c.limit, got, c.want)
		}
	}
}

// With constant weights the mean tends to them; its decay starts at 2/11 and ends at the configured one.
func TestRunningMean(t *testing.T) {
	if got := emaDecay(0.999, 1); got != 2.0/11 {
		t.Errorf("decay of the first step %g, want 2/11", got)
	}
	if got := emaDecay(0.999, 1_000_000); got != 0.999 {
		t.Errorf("late decay %g, want 0.999", got)
	}
	p := nn.NewBias("p", 1).Fill(1)
	o := newOptimiser(Optim{EMA: 0.5}, []*nn.Param{p})
	o.ema[0][0] = 0
	want := 0.0
	for step := 1; step <= 20; step++ {
		o.update([]*gorgonia.Node{gradNode([]float32{0})}, 0, 0)
		d := emaDecay(0.5, step)
		want = d*want + (1 - d)
		if got := float64(o.ema[0][0]); !near(got, want, 1e-6) {
			t.Fatalf("step %d: mean %g, want %g", step, got, want)
		}
	}
	o.swap()
	if p.Data()[0] == 1 || o.ema[0][0] != 1 {
		t.Errorf("swap left weight %g and mean %g", p.Data()[0], o.ema[0][0])
	}
	if &o.averaged(0)[0] != &o.ema[0][0] {
		t.Error("averaged is not the running mean")
	}
}

func TestLearningRate(t *testing.T) {
	o, s := Optim{LR: 2, Warmup: 4}, Schedule{Steps: 12}
	for _, c := range []struct {
		step int
		want float64
	}{{0, 0.5}, {3, 2}, {4, 2}, {8, 1}, {12, 0}, {20, 0}, {6, 1 + math.Sqrt2/2}} {
		if got := learningRate(o, s, c.step, 0); !near(got, c.want, 1e-12) {
			t.Errorf("step %d: rate %g, want %g", c.step, got, c.want)
		}
	}
	// A budget of one minute that is three quarters gone is further along than the steps.
	if got, want := learningRate(Optim{LR: 2}, Schedule{Steps: 100, Minutes: 1}, 1, 45), 1+math.Cos(math.Pi*0.75); !near(got, want, 1e-12) {
		t.Errorf("rate by time %g, want %g", got, want)
	}
	if got := learningRate(Optim{LR: 2}, Schedule{Minutes: 1}, 5000, 60); got != 0 {
		t.Errorf("rate at the end of the time %g, want 0", got)
	}
	// A warm-up longer than half the run is cut to that.
	if got := learningRate(Optim{LR: 2, Warmup: 100}, Schedule{Steps: 12}, 2, 0); got != 1 {
		t.Errorf("rate in the middle of a cut warm-up %g, want 1", got)
	}
}

func BenchmarkGradientNorm(b *testing.B) {
	g := []*gorgonia.Node{gradNode(make([]float32, 1<<20))}
	b.SetBytes(4 << 20)
	for b.Loop() {
		gradientNorm(g)
	}
}
