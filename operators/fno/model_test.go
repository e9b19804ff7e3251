package fno

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/internal/gradcheck"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/operators/nn"
)

// newModel is a small network with seeded weights, in float64 so that comparisons are sharp.
func newModel(tb testing.TB, c Config, dims, in, out, cond int) *Model {
	tb.Helper()
	m, err := NewConditioned(c, dims, in, out, cond, rand.New(rand.NewPCG(11, 12)))
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range m.Params() {
		p.ToFloat64()
	}
	return m
}

// apply evaluates a float64 network on u [B, C, X…].
func apply(tb testing.TB, m *Model, u []float64, shape ...int) []float64 {
	tb.Helper()
	g := nn.NewGraph(tensor.Float64)
	y, err := m.Forward(g, nn.Inputs{U: &nn.Placeholder{Node: g.Constant("u", u, shape...)}})
	if err != nil {
		tb.Fatal(err)
	}
	p, err := g.Compile(y)
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.Run(); err != nil {
		tb.Fatal(err)
	}
	return slices.Clone(y.Value().(*tensor.Dense).Float64s())
}

// waves samples a sum of waves with frequencies up to top in every direction on a periodic grid of n points per axis: the same function on every grid.
func waves(dims, n, top int) []float64 {
	rng := rand.New(rand.NewPCG(3, 1))
	points := int(math.Pow(float64(n), float64(dims)))
	u := make([]float64, points)
	for range 6 {
		k := make([]int, dims)
		for a := range k {
			k[a] = rng.IntN(2*top+1) - top
		}
		amplitude, phase := rng.NormFloat64(), 2*math.Pi*rng.Float64()
		for p := range u {
			angle, rest := phase, p
			for a := dims - 1; a >= 0; a-- {
				angle += 2 * math.Pi * float64(k[a]*(rest%n)) / float64(n)
				rest /= n
			}
			u[p] += amplitude * math.Cos(angle)
		}
	}
	return u
}

// common takes from values on a grid of factor·n points per axis those on the grid of n points.
func common(fine []float64, dims, n, factor int) []float64 {
	points := int(math.Pow(float64(n), float64(dims)))
	out := make([]float64, points)
	for p := range out {
		at, stride, rest := 0, 1, p
		for range dims {
			at += rest % n * factor * stride
			rest /= n
			stride *= n * factor
		}
		out[p] = fine[at]
	}
	return out
}

func distance(a, b []float64) float64 {
	var d, s float64
	for i := range b {
		d += (a[i] - b[i]) * (a[i] - b[i])
		s += b[i] * b[i]
	}
	return math.Sqrt(d / s)
}

// One block without an activation, between pointwise maps, applied to band-limited data: nothing aliases, so every grid that resolves the data and the modes
// gives the same function, to rounding.
func TestOneLayerIsExactlyResolutionInvariant(t *testing.T) {
	const top = 3 // highest frequency of the data
	for dims, fine := range map[int][]int{1: {18, 27, 64}, 2: {18, 27}, 3: {18}} {
		const coarse = 9
		for _, block := range []Config{
			{Block: Classic, ModeLayout: Classic},
			{Block: Classic, ModeLayout: Symmetric, Init: NeuralOp},
			{Block: Current, ModeLayout: NeuralOp, ChannelMLPExpansion: -1, LiftingRatio: -1},
		} {
			c := block
			c.Modes, c.Width, c.Layers, c.PositionalEmbedding = []int{4}, 5, 1, None
			m := newModel(t, c, dims, 1, 2, 0)
			shape := append([]int{1, 1}, slices.Repeat([]int{coarse}, dims)...)
			want := apply(t, m, waves(dims, coarse, top), shape...)
			for _, n := range fine {
				if n%coarse != 0 {
					continue
				}
				shape := append([]int{1, 1}, slices.Repeat([]int{n}, dims)...)
				got := apply(t, m, waves(dims, n, top), shape...)
				points := len(got) / 2
				both := slices.Concat(common(got[:points], dims, coarse, n/coarse), common(got[points:], dims, coarse, n/coarse))
				if d := distance(both, want); d > 1e-12 {
					t.Errorf("%d-D, %s block: %d points differ from %d by %.3g", dims, c.Block, n, coarse, d)
				}
			}
		}
	}
}

// With GELU between blocks the grids differ by what aliases: the activation makes frequencies beyond the grid, whose amplitudes fall faster than any power, so
// doubling a grid that resolves the layers' output lowers the difference to the next finer one by orders of magnitude.
func TestNetworkIsResolutionInvariantUpToAliasing(t *testing.T) {
	for _, c := range []Config{
		{Modes: []int{5}, Width: 8, Layers: 4, PositionalEmbedding: None},
		{Modes: []int{5}, Width: 8, Layers: 4, PositionalEmbedding: None, Block: Classic, ModeLayout: Classic, Init: NeuralOp},
		{Modes: []int{5}, Width: 8, Layers: 2, PositionalEmbedding: None, Norm: InstanceNorm, Stabilizer: "tanh"},
	} {
		m := newModel(t, c, 1, 1, 1, 0)
		var results [][]float64
		for _, n := range []int{16, 32, 64, 128} {
			results = append(results, common(apply(t, m, waves(1, n, 2), 1, 1, n), 1, 16, n/16))
		}
		var diffs []float64
		for i := range 3 {
			diffs = append(diffs, distance(results[i], results[i+1]))
		}
		if diffs[0] > 0.02 || diffs[1] > diffs[0]/20 || diffs[2] > diffs[1]/20 && diffs[2] > 1e-12 {
			t.Errorf("%+v: differences between grids of 16, 32, 64, 128 points: %.3g, expected each at most a twentieth of the one before", c, diffs)
		}
	}
}

// All dims, blocks and options: the gradient of the whole network with respect to every weight, scalars included, against differences.
func TestNetworkGradientsMatchDifferences(t *testing.T) {
	entries := 12 // of each weight
	if testing.Short() {
		entries = 2
	}
	for name, c := range map[string]struct {
		config     Config
		dims, cond int
	}{
		"current 1-D":               {Config{Modes: []int{3}}, 1, 0},
		"classic 2-D":               {Config{Block: Classic, ModeLayout: Classic, Modes: []int{2}}, 2, 0},
		"current 3-D, neuralop":     {Config{ModeLayout: NeuralOp, Modes: []int{2, 2, 2}}, 3, 0},
		"adaptive norm":             {Config{Modes: []int{2}, Norm: AdaIN}, 1, 2},
		"scalars as channels":       {Config{Modes: []int{2}, Activation: "silu"}, 1, 2},
		"scalars embedded":          {Config{Modes: []int{2}, Conditioning: Embedding}, 2, 2},
		"padding, tanh, group norm": {Config{Modes: []int{2}, DomainPadding: []float64{0.25}, Stabilizer: "tanh", Norm: GroupNorm}, 2, 0},
		"shift of the release":      {Config{Modes: []int{2}, FFTShift: NeuralOp200Shift, ChannelMLPSkip: Identity, FNOSkip: None}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Width, c.config.Layers = 3, 2
			m := newModel(t, c.config, c.dims, 2, 1, c.cond)
			g := nn.NewGraph(tensor.Float64)
			size := slices.Repeat([]int{5}, c.dims)
			in := nn.Inputs{U: g.Placeholder("u", append([]int{2, 1}, size...)...), Static: g.Placeholder("s", append([]int{2, 1}, size...)...)}
			targets := g.Placeholder("target", append([]int{2, 1}, size...)...)
			all := []*nn.Placeholder{in.U, in.Static, targets}
			if c.cond > 0 {
				in.Cond = g.Placeholder("cond", 2, c.cond)
				all = append(all, in.Cond)
			}
			rng := rand.New(rand.NewPCG(8, 8))
			for _, p := range all {
				for i := range p.Value.Float64s() {
					p.Value.Float64s()[i] = rng.NormFloat64()
				}
			}
			y, err := m.Forward(g, in)
			if err != nil {
				t.Fatal(err)
			}
			loss := nn.MSE(y, targets.Node)
			grads, err := g.Grad(loss, m.Params())
			if err != nil {
				t.Fatal(err)
			}
			p, err := g.Compile(append([]*gorgonia.Node{loss}, grads...)...)
			if err != nil {
				t.Fatal(err)
			}
			value := func() float64 {
				if err := p.Run(); err != nil {
					t.Fatal(err)
				}
				return nn.ScalarValue(loss)
			}
			value()
			for i, q := range m.Params() {
				value()
				grad := slices.Clone(grads[i].Value().(*tensor.Dense).Float64s())
				// A short step, because norms over five points have large higher derivatives, hence a wider tolerance: rounding grows as the step shrinks.
				if err := gradcheck.Check(value, q.Value.Float64s(), grad, gradcheck.Options{Step: 1e-4, Tol: 1e-6, Entries: entries}); err != nil && slices.ContainsFunc(grad, large) {
					t.Errorf("%s: %v", q.Name, err)
				}
			}
		})
	}
}

// large tells a gradient from rounding, for weights that have none (a bias in front of an instance norm).
func large(g float64) bool { return math.Abs(g) > 1e-12 }

func TestForwardNamesWhatDoesNotFit(t *testing.T) {
	g := nn.NewGraph(tensor.Float32)
	place := func(shape ...int) *nn.Placeholder { return g.Placeholder("p", shape...) }
	model := func(c Config, dims, in, cond int) *Model {
		c.Width, c.Layers = 2, 1
		m, err := NewConditioned(c, dims, in, 1, cond, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		m    *Model
		in   nn.Inputs
		want string
	}{
		{model(Config{Modes: []int{12, 40}}, 2, 1, 0), nn.Inputs{U: place(1, 1, 64, 64)}, "fno: modes[1] = 40 exceeds 33 for 64 points"},
		{model(Config{Modes: []int{33}}, 2, 1, 0), nn.Inputs{U: place(1, 1, 64, 64)}, "fno: modes[0] = 33 exceeds 32 for 64 points"},
		{model(Config{Modes: []int{33}, ModeLayout: Classic}, 2, 1, 0), nn.Inputs{U: place(1, 1, 64, 64)}, "fno: modes[0] = 33 exceeds 32 for 64 points"},
		{model(Config{Modes: []int{10}, ModeLayout: NeuralOp}, 2, 1, 0), nn.Inputs{U: place(1, 1, 9, 64)}, "fno: modes[0] = 10 exceeds 9 for 9 points"},
		{model(Config{Modes: []int{2}}, 2, 3, 0), nn.Inputs{U: place(1, 2, 8, 8)}, "fno: 2 channels of states and static fields, expected 3"},
		{model(Config{Modes: []int{2}}, 2, 1, 2), nn.Inputs{U: place(1, 1, 8, 8)}, "fno: 0 scalars of the equation, expected 2"},
		{model(Config{Modes: []int{2}}, 2, 1, 0), nn.Inputs{U: place(1, 1, 8)}, "fno: the states have shape [1 1 8], expected [batch, channel] and 2 space axes"},
		{model(Config{Modes: []int{2}}, 1, 2, 0), nn.Inputs{U: place(1, 1, 8), Static: place(1, 1, 9)}, "nn.Concat: part has shape [1 1 9], expected [1 -1 8]"},
	} {
		if _, err := c.m.Forward(g, c.in); err == nil || err.Error() != c.want {
			t.Errorf("error %q, expected %q", err, c.want)
		}
	}
}

// The largest count that the message names is accepted and the next is not, on every axis and layout.
func TestMaxModesIsSharp(t *testing.T) {
	for _, layout := range []string{Symmetric, Classic, NeuralOp} {
		for n := 2; n <= 9; n++ {
			for axis := range 2 {
				top := Config{ModeLayout: layout}.maxModes(n, axis == 1)
				for _, m := range []int{top, top + 1} {
					c := Config{Modes: []int{1, 1}, ModeLayout: layout, Width: 2, Layers: 1}
					c.Modes[axis] = m
					x, err := New(c, 2, 1, 1, rand.New(rand.NewPCG(1, 1)))
					if err != nil {
						t.Fatal(err)
					}
					g := nn.NewGraph(tensor.Float32)
					_, err = x.Forward(g, nn.Inputs{U: g.Placeholder("u", 1, 1, n, n)})
					if (err == nil) != (m == top) {
						t.Errorf("%s, axis %d, %d points, modes %d: error %v, the maximum is said to be %d", layout, axis, n, m, err, top)
					}
				}
			}
		}
	}
}

func TestSameSeedSameWeights(t *testing.T) {
	weights := func(seed uint64) []float32 {
		m, err := New(Config{Modes: []int{3}, Width: 4}, 2, 1, 1, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			t.Fatal(err)
		}
		if err := nn.CheckNames(m.Params()); err != nil {
			t.Error(err)
		}
		var all []float32
		for _, p := range m.Params() {
			all = append(all, p.Data()...)
		}
		return all
	}
	if !slices.Equal(weights(1), weights(1)) || slices.Equal(weights(1), weights(2)) {
		t.Error("weights must depend on the random stream alone")
	}
}

// Spectral weights follow the law of Config.Init: a complex normal of variance 2/(in+out), or uniform with positive mean.
func TestInitialSpectralWeights(t *testing.T) {
	for law, want := range map[string]struct{ mean, variance float64 }{NeuralOp: {0, 1.0 / 32}, Classic: {0.5 / 256, 1.0 / 12 / 256 / 256}} {
		m, err := New(Config{Modes: []int{8}, Width: 16, Init: law}, 2, 1, 1, rand.New(rand.NewPCG(5, 5)))
		if err != nil {
			t.Fatal(err)
		}
		w := m.blocks[0].spectral.Data()
		var mean, sq float64
		for _, v := range w {
			mean += float64(v) / float64(len(w))
			sq += float64(v) * float64(v) / float64(len(w))
		}
		// want.variance is that of one part: half the complex variance 2/(16+16).
		if variance := sq - mean*mean; math.Abs(mean-want.mean) > 0.01*math.Sqrt(want.variance) || math.Abs(variance/want.variance-1) > 0.02 {
			t.Errorf("%s: mean %.3g, variance %.3g, expected %.3g, %.3g", law, mean, variance, want.mean, want.variance)
		}
	}
}

func TestTrainingStepDoesNotDependOnThreads(t *testing.T) {
	defer par.SetThreads(0)
	var want []float32
	for _, threads := range []int{1, 2, 3} {
		par.SetThreads(threads)
		m, err := New(Config{Modes: []int{4}, Width: 8, Layers: 2}, 2, 1, 1, rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			t.Fatal(err)
		}
		step := trainStep(t, m, 3, 16)
		step()
		step()
		var all []float32
		for _, p := range m.Params() {
			all = append(all, p.Data()...)
		}
		if threads == 1 {
			want = all
		} else if !slices.Equal(all, want) {
			t.Errorf("weights after two steps differ between 1 and %d threads", threads)
		}
	}
}

func TestStateDictRoundTrip(t *testing.T) {
	for kind, c := range map[string]Config{
		KindNeuralOp: {Modes: []int{3, 2}, ModeLayout: NeuralOp, Width: 3, Layers: 2, Norm: GroupNorm},
		KindClassic:  {Modes: []int{3, 2, 2}, ModeLayout: Classic, Block: Classic, Width: 3, Layers: 2},
	} {
		a, err := New(c, len(c.Modes), 2, 1, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		b, err := New(c, len(c.Modes), 2, 1, rand.New(rand.NewPCG(2, 2)))
		if err != nil {
			t.Fatal(err)
		}
		dict, err := a.StateDict(kind)
		if err != nil {
			t.Fatal(err)
		}
		get, names := lookup(dict)
		if err := b.LoadStateDict(kind, get, names); err != nil {
			t.Fatal(err)
		}
		for i, p := range a.Params() {
			if !slices.Equal(p.Data(), b.Params()[i].Data()) {
				t.Errorf("%s: %s did not survive", kind, p.Name)
			}
		}
	}
}

func lookup(dict []nn.DictTensor) (get func(string) ([]int, []float32, bool), names []string) {
	for _, x := range dict {
		names = append(names, x.Name)
	}
	return func(name string) ([]int, []float32, bool) {
		for _, x := range dict {
			if x.Name == name {
				return x.Shape, x.Data, true
			}
		}
		return nil, nil, false
	}, names
}

func TestLoadStateDictRefusesWhatDoesNotFit(t *testing.T) {
	c := Config{Modes: []int{3}, Width: 3, Layers: 1}
	m, err := New(c, 1, 1, 1, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(m.Params()[0].Data())
	dict, err := m.StateDict(KindNeuralOp)
	if err != nil {
		t.Fatal(err)
	}
	for i := range dict {
		for j := range dict[i].Data {
			dict[i].Data[j]++
		}
	}
	missing := slices.DeleteFunc(slices.Clone(dict), func(x nn.DictTensor) bool { return x.Name == "lifting.fcs.1.bias" })
	extra := append(slices.Clone(dict), nn.DictTensor{Name: "fno_blocks.convs.7.bias"})
	wrong := slices.Clone(dict)
	for i := range wrong {
		if wrong[i].Name == "fno_blocks.convs.0.weight.tensor" {
			wrong[i] = nn.DictTensor{Name: wrong[i].Name, Shape: []int{3, 3, 4, 2}, Data: make([]float32, 72)}
		}
	}
	for name, c := range map[string]struct {
		kind string
		dict []nn.DictTensor
		want string
	}{
		"missing": {KindNeuralOp, missing, "missing: lifting.fcs.1.bias"},
		"unknown": {KindNeuralOp, extra, "unknown tensors: fno_blocks.convs.7.bias"},
		"shape":   {KindNeuralOp, wrong, "tensor fno_blocks.convs.0.weight.tensor has shape [3 3 4 2] and 72 numbers, expected [3 3 3 2]"},
		"block":   {KindClassic, dict, `needs block = "classic"`},
		"kind":    {"keras", dict, `kind "keras", expected "neuralop-fno" or "classic-fno"`},
	} {
		get, names := lookup(c.dict)
		if err := m.LoadStateDict(c.kind, get, names); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected one with %q", name, err, c.want)
		}
	}
	if !slices.Equal(before, m.Params()[0].Data()) {
		t.Error("a refused state dict changed the weights")
	}
}

func Example() {
	m, err := New(Config{Modes: []int{8}, Width: 16, Layers: 2}, 2, 1, 1, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		panic(err)
	}
	fmt.Println(nn.Count(m.Params()), "parameters")
	for _, n := range []int{32, 64} { // the same weights on two grids
		g := nn.NewGraph(tensor.Float32)
		y, err := m.Forward(g, nn.Inputs{U: g.Placeholder("u", 4, 1, n, n)})
		if err != nil {
			panic(err)
		}
		p, err := g.Compile(y)
		if err != nil {
			panic(err)
		}
		fmt.Println(y.Shape(), p.Run())
	}
	// Output:
	// 125249 parameters
	// (4, 1, 32, 32) <nil>
	// (4, 1, 64, 64) <nil>
}
