package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/gradcheck"
	"github.com/eddy-pde/eddy/operators/nn"
)

// lossGraph builds an objective for a float64 copy of a small network with two states of history, and fills its inputs with random numbers.
type lossGraph struct {
	g    *nn.Graph
	m    *smallNet
	in   nn.Inputs
	loss *gorgonia.Node
}

const testHistory, testChannels, testPoints, testBatch = 2, 2, 6, 3

func newLossGraph(t *testing.T, o Objective, horizon int) *lossGraph {
	t.Helper()
	l := &lossGraph{g: nn.NewGraph(tensor.Float64), m: newSmallNet(5, testHistory*testChannels, testChannels)}
	for _, p := range l.m.Params() {
		p.ToFloat64()
	}
	l.in = nn.Inputs{
		U:      l.g.Placeholder("u", testBatch, testHistory*testChannels, testPoints),
		Target: l.g.Placeholder("target", testBatch, horizon*testChannels, testPoints),
	}
	rng := rand.New(rand.NewPCG(9, 9))
	for _, v := range []*tensor.Dense{l.in.U.Value, l.in.Target.Value} {
		for i := range v.Float64s() {
			v.Float64s()[i] = rng.NormFloat64()
		}
	}
	l.loss = must(o.Loss(l.g, l.m, l.in))(t)
	return l
}

// value runs the loss alone.
func (l *lossGraph) value(t *testing.T) func() float64 {
	t.Helper()
	program := must(l.g.Compile(l.loss))(t)
	return func() float64 {
		if err := program.Run(); err != nil {
			t.Fatal(err)
		}
		return nn.ScalarValue(l.loss)
	}
}

// gradients are those of all parameters.
func (l *lossGraph) gradients(t *testing.T) [][]float64 {
	t.Helper()
	nodes := must(l.g.Grad(l.loss, l.m.Params()))(t)
	program := must(l.g.Compile(nodes...))(t)
	if err := program.Run(); err != nil {
		t.Fatal(err)
	}
	var grads [][]float64
	for _, n := range nodes {
		grads = append(grads, slices.Clone(n.Value().(*tensor.Dense).Float64s()))
	}
	return grads
}

func testFrame(target string) Frame {
	return Frame{History: testHistory, Channels: testChannels, Target: target, Scale: []float64{0.5, 2}}
}

// The gradient through three steps of the network's own rollout, history and residual included, against differences of the loss.
func TestUnrolledGradientEqualsDifferences(t *testing.T) {
	spec := eddy.Spec{Grid: eddy.PeriodicGrid(1, testPoints)}
	for _, target := range []string{"state", "residual"} {
		for _, name := range lossKinds {
			t.Run(target+"/"+name, func(t *testing.T) {
				loss := Sobolev(-1, 2)
				if name != "sobolev" {
					loss = LossOf(name, spec)
				}
				l := newLossGraph(t, FullUnroll(testFrame(target), loss, 0, 3), 3)
				grads := l.gradients(t)
				for i, p := range l.m.Params() {
					if err := gradcheck.Check(l.value(t), p.Value.Float64s(), grads[i], gradcheck.Options{Entries: 12}); err != nil {
						t.Errorf("%s: %v", p.Name, err)
					}
				}
			})
		}
	}
}

// The Sobolev loss of order 1 is that of the states and of their derivatives, for a wave of known wavenumber, and of order 0 the mean square.
func TestSobolevLossWeighsWavenumbers(t *testing.T) {
	const n, k = 16, 3
	const weight = 1 + 9.0/4
	for order, want := range map[float64]float64{0: 0.5, 1: 0.5 * weight, -2: 0.5 / (weight * weight)} {
		g := nn.NewGraph(tensor.Float64)
		p, q := g.Placeholder("p", 1, 1, n), g.Placeholder("q", 1, 1, n)
		for i := range n {
			q.Value.Float64s()[i] = float64(i * i % 5)
			p.Value.Float64s()[i] = q.Value.Float64s()[i] + math.Sin(2*math.Pi*k*float64(i)/n)
		}
		loss := Sobolev(order, 2)(p.Node, q.Node)
		if err := must(g.Compile(loss))(t).Run(); err != nil {
			t.Fatal(err)
		}
		if got := nn.ScalarValue(loss); !near(got, want, 1e-12) {
			t.Errorf("order %g: %g, want %g", order, got, want)
		}
	}
}

// An unrolled loss of one step is the one-step loss, with the same gradient.
func TestUnrollingOnceIsOneStep(t *testing.T) {
	f, loss := testFrame("residual"), LossOf("mse", eddy.Spec{})
	a, b := newLossGraph(t, OneStep(f, loss, 0), 1), newLossGraph(t, FullUnroll(f, loss, 0, 1), 1)
	if x, y := a.value(t)(), b.value(t)(); x != y {
		t.Errorf("losses %g and %g", x, y)
	}
	ga, gb := a.gradients(t), b.gradients(t)
	for i := range ga {
		if !slices.Equal(ga[i], gb[i]) {
			t.Errorf("gradients of %s differ", a.m.Params()[i].Name)
		}
	}
}

// frozen computes the loss of pushforward the long way: every step's input is a constant, the prediction that the present weights make, and only the network
// that follows may be differentiated.
type frozen struct {
	frame  Frame
	loss   Loss
	inputs []*tensor.Dense // input of each step
}

func (o frozen) Draw(*rand.Rand, *nn.Inputs) {}

func (o frozen) Loss(g *nn.Graph, m Module, b nn.Inputs) (*gorgonia.Node, error) {
	var losses []*gorgonia.Node
	var weights []float64
	for s, u := range o.inputs {
		p := g.Placeholder("frozen", u.Shape()...)
		copy(p.Value.Float64s(), u.Float64s())
		in := b
		in.U = p
		next, err := o.frame.Next(g, m, in)
		if err != nil {
			return nil, err
		}
		losses, weights = append(losses, o.loss(next, o.frame.truth(b, s))), append(weights, 1/float64(len(o.inputs)))
	}
	return nn.WeightedSum(weights, losses...), nil
}

// predictions are the inputs of the steps of a rollout of the network in l.
func (l *lossGraph) predictions(t *testing.T, f Frame, steps int) []*tensor.Dense {
	t.Helper()
	var nodes []*gorgonia.Node
	in := l.in
	for range steps - 1 {
		next := must(f.Next(l.g, l.m, in))(t)
		in = f.Shift(in, next)
		nodes = append(nodes, in.U.Node)
	}
	if err := must(l.g.Compile(nodes...))(t).Run(); err != nil {
		t.Fatal(err)
	}
	inputs := []*tensor.Dense{l.in.U.Value}
	for _, n := range nodes {
		inputs = append(inputs, n.Value().(*tensor.Dense).Clone().(*tensor.Dense))
	}
	return inputs
}

// Pushforward has the loss of the full unrolling and the gradient of a loss whose inputs are constants.
func TestPushforwardGradientIsCut(t *testing.T) {
	const steps = 3
	f, loss := testFrame("residual"), LossOf("rel_l2", eddy.Spec{})
	push := newLossGraph(t, Pushforward(f, loss, 0, steps), steps)
	full := newLossGraph(t, FullUnroll(f, loss, 0, steps), steps)
	if a, b := push.value(t)(), full.value(t)(); a != b {
		t.Errorf("loss %g, unrolled %g", a, b)
	}
	cut := newLossGraph(t, frozen{f, loss, full.predictions(t, f, steps)}, steps)
	got, want, other := push.gradients(t), cut.gradients(t), full.gradients(t)
	const tol = 1e-13 // sums in another order, in float64
	for i, p := range push.m.Params() {
		differs := false
		for j := range got[i] {
			if !near(got[i][j], want[i][j], tol) {
				t.Errorf("%s[%d]: gradient %g, with constant inputs %g", p.Name, j, got[i][j], want[i][j])
			}
			differs = differs || !near(got[i][j], other[i][j], 1e-6)
		}
		if !differs {
			t.Errorf("%s: the gradient is that of the full unrolling", p.Name)
		}
	}
}

// Noise goes to the input states alone, has the configured spread, and depends on the generator alone.
func TestInputNoise(t *testing.T) {
	draw := func(seed uint64, spread float64) nn.Inputs {
		g := nn.NewGraph(tensor.Float32)
		in := nn.Inputs{U: g.Placeholder("u", 4, 2, 2000), Target: g.Placeholder("t", 4, 2, 2000)}
		OneStep(Frame{}, nil, spread).Draw(rand.New(rand.NewPCG(seed, 0)), &in)
		return in
	}
	in := draw(1, 0.1)
	var mean, square float64
	for _, v := range in.U.Data() {
		mean += float64(v) / (4 * 2 * 2000)
		square += float64(v) * float64(v) / (4 * 2 * 2000)
	}
	if !near(mean, 0, 0.004) || !near(math.Sqrt(square), 0.1, 0.004) { // 5 standard errors of 16000 draws
		t.Errorf("mean %g, spread %g; want 0, 0.1", mean, math.Sqrt(square))
	}
	if !slices.Equal(in.Target.Data(), make([]float32, 4*2*2000)) {
		t.Error("the target changed")
	}
	if !slices.Equal(in.U.Data(), draw(1, 0.1).U.Data()) || slices.Equal(in.U.Data(), draw(2, 0.1).U.Data()) {
		t.Error("noise does not follow the seed")
	}
	if !slices.Equal(draw(1, 0).U.Data(), make([]float32, 4*2*2000)) {
		t.Error("noise of spread 0 changed the input")
	}
}
