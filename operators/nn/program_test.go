package nn

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// deepGraph is a network of most operations, large enough that buffers are shared, with its loss and gradients.
func deepGraph(tb testing.TB) (*Graph, *gorgonia.Node, []*gorgonia.Node) {
	tb.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	g := NewGraph(tensor.Float32)
	x := g.Placeholder("x", 4, 3, 16, 16)
	fill(x.Value, rng)
	mlp := NewChannelMLP("mlp", 8, 16, 8, GELU, rng)
	lift := NewDense("lift", 5, 8, rng)
	gain := NewBias("gain", 8).Fill(0.9)
	m := Modes{[]int{-2, 0}, []int{2, 3}}
	spectral := NewWeight("spectral", SpectralShape(m, 8, 8)...).Normal(rng, 0.2)
	h := lift.Forward(g, Embed(GridCoordinates([]int{16, 16}), x.Node), nil, Identity)
	for range 3 {
		k := InstanceNorm(Spectral(h, g.Param(spectral), m))
		h = GatedSum(mlp.Forward(g, Add(k, h)), h, g.Param(gain), GELU)
	}
	loss := RelL2(Narrow(h, 0, 3), x.Node, PerSample)
	grads, err := g.Grad(loss, slices.Concat(lift.Params(), mlp.Params(), []*Param{gain, spectral}))
	if err != nil {
		tb.Fatal(err)
	}
	return g, loss, grads
}

func TestResultsDoNotDependOnThreads(t *testing.T) {
	defer par.SetThreads(0)
	var want [][]float32
	for _, threads := range []int{1, 2, 5} {
		par.SetThreads(threads)
		g, loss, grads := deepGraph(t)
		if err := compile(t, g, append(grads, loss)...).Run(); err != nil {
			t.Fatal(err)
		}
		for i, n := range grads {
			if threads == 1 {
				want = append(want, Data(n))
			} else if !slices.Equal(Data(n), want[i]) {
				t.Errorf("gradient %d differs with %d threads", i, threads)
			}
		}
	}
}

func TestMemoryIsShared(t *testing.T) {
	g, loss, grads := deepGraph(t)
	forward, full := compile(t, g, loss), compile(t, g, append(grads, loss)...)
	if forward.Bytes() >= full.Bytes()/2 {
		t.Errorf("a forward pass takes %d bytes, a training step %d: activations are kept that nobody reads", forward.Bytes(), full.Bytes())
	}
	all := 0
	for _, n := range full.nodes {
		if n.Op() != nil && !n.IsScalar() {
			all += 4 * n.Shape().TotalSize()
		}
	}
	if full.Bytes() >= all*2/3 {
		t.Errorf("%d bytes planned for values of %d bytes: little is reused", full.Bytes(), all)
	}
}

// A step leaves what par.For and the kernels need to start goroutines, nothing that grows with the data.
func TestSteadyStepAllocatesLittle(t *testing.T) {
	defer par.SetThreads(0)
	par.SetThreads(1)
	g := NewGraph(tensor.Float32)
	x := g.Placeholder("x", 4, 8, 64, 64)
	gain := NewBias("gain", 8).Fill(2)
	y := Activate(InstanceNorm(Gate(Add(x.Node, Scale(2, x.Node)), g.Param(gain))), GELU)
	loss := MSE(y, x.Node)
	grads, err := g.Grad(loss, []*Param{gain})
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, g, loss, grads[0])
	allocs := testing.AllocsPerRun(5, func() {
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 40 {
		t.Errorf("%v allocations a step of 10 operations, expected a few closures each at most", allocs)
	}
}

func TestNodesThatAreNotNeededDoNotRun(t *testing.T) {
	g := NewGraph(tensor.Float64)
	x := g.Placeholder("x", 1, 1, 4)
	y := Scale(2, x.Node)
	dead := Scale(3, x.Node)
	p := compile(t, g, y)
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	if dead.Value() != nil {
		t.Error("a node outside the outputs' ancestors was computed")
	}
}

func TestProgramKeepsOutputsAndReadsNewInputs(t *testing.T) {
	g := NewGraph(tensor.Float32)
	x := g.Placeholder("x", 1, 1, 3)
	a := Scale(2, x.Node)
	b := Scale(3, a) // could overwrite a, which is an output
	p := compile(t, g, a, b)
	for _, v := range []float32{1, 5} {
		for i := range x.Data() {
			x.Data()[i] = v
		}
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		if Data(a)[0] != 2*v || Data(b)[0] != 6*v {
			t.Errorf("x = %v: a = %v, b = %v", v, Data(a)[0], Data(b)[0])
		}
	}
}

func TestDetachStopsGradients(t *testing.T) {
	g := NewGraph(tensor.Float64)
	w := NewWeight("w", 1, 1).Fill(3)
	w.ToFloat64()
	x := g.Constant("x", []float64{1, 2}, 1, 1, 2)
	y := Linear(x, g.Param(w), LinearTerms{})
	target := g.Constant("t", []float64{0, 0}, 1, 1, 2)
	loss := Add(MSE(y, target), MSE(Detach(y), target))
	grads, err := g.Grad(loss, []*Param{w})
	if err != nil {
		t.Fatal(err)
	}
	if err := compile(t, g, loss, grads[0]).Run(); err != nil {
		t.Fatal(err)
	}
	// loss = 2·mean(w²x²) = 45; only the first half has a gradient, 2·w·mean(x²) = 15.
	if got := ScalarValue(loss); math.Abs(got-45) > 1e-12 {
		t.Errorf("loss %v, expected 45", got)
	}
	if got := numbers(grads[0].Value())[0]; math.Abs(got-15) > 1e-12 {
		t.Errorf("gradient %v, expected 15", got)
	}
	if _, err := g.Gradients(MSE(Detach(y), target), g.Param(w)); err == nil {
		t.Error("a loss behind Detach has a gradient")
	}
}

func TestStockOperationsMixIn(t *testing.T) {
	g := NewGraph(tensor.Float64)
	x := g.Placeholder("x", 2, 2, 3)
	fill(x.Value, rand.New(rand.NewPCG(1, 1)))
	y := gorgonia.Must(gorgonia.Square(Scale(2, x.Node)))
	z := Scale(0.5, y)
	loss := gorgonia.Must(gorgonia.Sum(z))
	grads, err := g.Gradients(loss, x.Node)
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, g, loss, grads[0])
	for range 2 {
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range numbers(grads[0].Value()) {
		if want := 4 * numbers(x.Value)[i]; math.Abs(v-want) > 1e-12 { // d(2x²)/dx
			t.Errorf("gradient %v, expected %v", v, want)
		}
	}
}

func TestGradNamesWhatIsNotReached(t *testing.T) {
	g := NewGraph(tensor.Float32)
	x := g.Placeholder("x", 1, 1, 3)
	unused, idle := NewBias("unused", 1), NewBias("idle", 1)
	g.Param(idle)
	loss := MSE(Scale(2, x.Node), x.Node)
	for _, p := range []*Param{unused, idle} {
		if _, err := g.Grad(loss, []*Param{p}); err == nil {
			t.Errorf("no error for parameter %s", p.Name)
		} else if p == unused && !strings.Contains(err.Error(), `"unused"`) {
			t.Errorf("error %q does not name the parameter", err)
		}
	}
	if _, err := g.Gradients(x.Node, x.Node); err == nil || !strings.Contains(err.Error(), "scalar") {
		t.Errorf("error %v for a loss that is a field", err)
	}
}

func TestShapeFaultsPanicWithShapeError(t *testing.T) {
	g := NewGraph(tensor.Float32)
	node := func(shape ...int) *gorgonia.Node { return g.Placeholder("p", shape...).Node }
	x := node(2, 3, 8)
	for name, build := range map[string]func(){
		"weight of Linear":        func() { Linear(x, node(4, 5), LinearTerms{}) },
		"bias of Linear":          func() { Linear(x, node(4, 3), LinearTerms{Bias: node(3)}) },
		"term of Linear":          func() { Linear(x, node(4, 3), LinearTerms{Add: node(2, 3, 8)}) },
		"axes of Linear":          func() { Linear(node(3), node(4, 3), LinearTerms{}) },
		"modes beyond the grid":   func() { Spectral(x, node(6, 3, 2, 3), Modes{[]int{0}, []int{5}}) },
		"axes of Spectral":        func() { Spectral(x, node(2, 2, 3, 2, 3), Modes{[]int{-1, 0}, []int{0, 1}}) },
		"sum of different shapes": func() { Add(x, node(2, 3, 9)) },
		"gain":                    func() { Gate(x, node(4)) },
		"narrow beyond":           func() { Narrow(x, 1, 4) },
		"concat":                  func() { Concat(x, node(2, 1, 9)) },
		"pad":                     func() { Pad(x, []int{1, 1}, []int{0, 0}) },
		"crop to nothing":         func() { Crop(x, []int{4}, []int{4}) },
		"groups":                  func() { GroupNorm(x, 2, nil, nil) },
		"target":                  func() { RelL2(x, node(2, 3, 9), PerSample) },
		"axes of H1":              func() { H1(x, x, PerSample, eddy.Spec{}) },
		"affine":                  func() { Affine(x, []float64{1}, []float64{0}) },
	} {
		err := func() (err error) {
			defer eddy.Recover(&err)
			build()
			return nil
		}()
		var shape *eddy.ShapeError
		if !errors.As(err, &shape) {
			t.Errorf("%s: error %v, expected a ShapeError", name, err)
		}
	}
}

func TestEveryParamHasOneNode(t *testing.T) {
	a, b := NewWeight("w", 2), NewWeight("w", 2)
	g := NewGraph(tensor.Float32)
	first := g.Param(a)
	if first == g.Param(b) || first != g.Param(a) {
		t.Error("nodes must be one per Param, whatever its name")
	}
	if err := CheckNames([]*Param{a, b}); err == nil {
		t.Error("two Params of one name pass CheckNames")
	}
}
