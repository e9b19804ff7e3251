package resnet

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/internal/gradcheck"
	"github.com/eddy-pde/eddy/operators/nn"
)

func TestDefaultsAreDilResNet128(t *testing.T) {
	want := Config{Width: 128, Layers: 4, Dilations: []int{1, 2, 4, 8, 4, 2, 1}, Activation: "gelu", Norm: None, Padding: Periodic, Margin: -1}
	if d := cmp.Diff(want, DefaultConfig()); d != "" {
		t.Error(d)
	}
	if c := (Config{Padding: Zeros}).Complete(); c.Margin != 9 {
		t.Errorf("margin %d beside padding with zeros, PDEArena has 9", c.Margin)
	}
	err := Config{Width: -1, Layers: -1, Dilations: []int{0}, Activation: "sine", Norm: "batch", Padding: "circular"}.Validate(3)
	for _, want := range []string{"3 space dimensions", "width = -1", "layers = -1", "dilations[0] = 0", `activation = "sine"`, `norm = "batch"`, `padding = "circular"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no fault says %q: %v", want, err)
		}
	}
	if err := (Config{Margin: 3}).Validate(1); err == nil || !strings.Contains(err.Error(), "margin = 3, but") {
		t.Error(err)
	}
}

// run is a network in float64, told level and scalars, with its inputs.
type run struct {
	m  *Model
	g  *nn.Graph
	in nn.Inputs
	y  *gorgonia.Node
}

func newRun(t *testing.T, c Config, grid ...int) *run {
	t.Helper()
	s := nn.Sizes{Dims: len(grid), In: 2, Out: 1, Scalars: 1, Level: true}
	m, err := New(c, s, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params() {
		p.ToFloat64()
	}
	g, rng := nn.NewGraph(tensor.Float64), rand.New(rand.NewPCG(2, 2))
	place := func(name string, shape ...int) *nn.Placeholder {
		p := g.Placeholder(name, shape...)
		for i := range p.Value.Float64s() {
			p.Value.Float64s()[i] = rng.NormFloat64()
		}
		return p
	}
	r := &run{m: m, g: g, in: nn.Inputs{U: place("u", append([]int{1, 2}, grid...)...), Cond: place("cond", 1, 1), Level: place("level", 1, 1)}}
	if r.y, err = m.Forward(g, r.in); err != nil {
		t.Fatal(err)
	}
	return r
}

// A period has no seam: shifted states give shifted results.
func TestPeriodicNetworkCommutesWithShifts(t *testing.T) {
	const n, shift = 20, 7
	r := newRun(t, Config{Width: 6, Layers: 2, Norm: GroupNorm}, n)
	p, err := r.g.Compile(r.y)
	if err != nil {
		t.Fatal(err)
	}
	values := func() []float64 {
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(r.y.Value().(*tensor.Dense).Float64s())
	}
	want, u := values(), r.in.U.Value.Float64s()
	old := slices.Clone(u)
	for i := range u {
		u[i/n*n+(i+shift)%n] = old[i]
	}
	got := values()
	for i, v := range want {
		if d := math.Abs(got[(i+shift)%n] - v); d > 1e-12 {
			t.Fatalf("point %d differs by %g", i, d)
		}
	}
}

func TestNetworkGradientsMatchDifferences(t *testing.T) {
	for name, r := range map[string]*run{
		"1-D": newRun(t, Config{Width: 4, Layers: 2, Dilations: []int{1, 3}, Norm: GroupNorm}, 9),
		"2-D": newRun(t, Config{Width: 3, Layers: 1, Dilations: []int{1, 2}, Padding: Zeros, Activation: "tanh"}, 4, 5),
	} {
		loss := nn.MSE(r.y, r.g.Placeholder("target", r.y.Shape()...).Node)
		grads, err := r.g.Grad(loss, r.m.Params())
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.g.Compile(append([]*gorgonia.Node{loss}, grads...)...)
		if err != nil {
			t.Fatal(err)
		}
		value := func() float64 {
			if err := p.Run(); err != nil {
				t.Fatal(err)
			}
			return nn.ScalarValue(loss)
		}
		for i, q := range r.m.Params() {
			value()
			grad := slices.Clone(grads[i].Value().(*tensor.Dense).Float64s())
			if err := gradcheck.Check(value, q.Value.Float64s(), grad, gradcheck.Options{Step: 1e-4, Tol: 1e-6, Entries: 4}); err != nil {
				t.Errorf("%s, %s: %v", name, q.Name, err)
			}
		}
	}
}
