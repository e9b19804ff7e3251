package unet

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/internal/gradcheck"
	"github.com/eddy-pde/eddy/operators/nn"
)

// newModel is a small network in float64 in which nothing is zero.
func newModel(t *testing.T, c Config, s nn.Sizes) *Model {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	m, err := New(c, s, rng)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params() {
		for i := range p.Data() {
			p.Data()[i] += float32(0.2 * rng.NormFloat64())
		}
		p.ToFloat64()
	}
	return m
}

// inputs are placeholders of random numbers for a batch on a grid.
func inputs(g *nn.Graph, s nn.Sizes, batch int, grid ...int) nn.Inputs {
	rng := rand.New(rand.NewPCG(2, 2))
	place := func(name string, shape ...int) *nn.Placeholder {
		p := g.Placeholder(name, shape...)
		for i := range p.Value.Float64s() {
			p.Value.Float64s()[i] = rng.NormFloat64()
		}
		return p
	}
	in := nn.Inputs{U: place("u", append([]int{batch, s.In}, grid...)...)}
	if s.Scalars > 0 {
		in.Cond = place("cond", batch, s.Scalars)
	}
	if s.Level {
		in.Level = place("level", batch, 1)
	}
	return in
}

// output runs the network once.
func output(t *testing.T, m *Model, shift []int, grid ...int) []float64 {
	t.Helper()
	g := nn.NewGraph(tensor.Float64)
	in := inputs(g, m.sizes, 1, grid...)
	roll(in.U.Value.Float64s(), grid, shift)
	y, err := m.Forward(g, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := compile(t, g, y).Run(); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(y.Value().(*tensor.Dense).Float64s())
}

func compile(t *testing.T, g *nn.Graph, outputs ...*gorgonia.Node) *nn.Program {
	t.Helper()
	p, err := g.Compile(outputs...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// roll moves every field of x on by shift points, round the ends.
func roll(x []float64, grid, shift []int) {
	h, w := 1, grid[len(grid)-1]
	dy, dx := 0, shift[len(shift)-1]
	if len(grid) == 2 {
		h, dy = grid[0], shift[0]
	}
	old := slices.Clone(x)
	for i := range x {
		f, row, col := i/(h*w), i/w%h, i%w
		x[f*h*w+(row+dy)%h*w+(col+dx)%w] = old[i]
	}
}

// The network commutes with shifts by whole cells of the coarsest grid, over the seam of the period too. The released up-sampling, which sees zeros beyond the
// ends, does not: that is what the option is about.
func TestPeriodicNetworkCommutesWithShifts(t *testing.T) {
	for _, c := range []struct{ grid, shift []int }{{[]int{24}, []int{8}}, {[]int{8, 12}, []int{4, 8}}} {
		for _, up := range []string{Periodic, Zeros} {
			s := nn.Sizes{Dims: len(c.grid), In: 2, Out: 1, Scalars: 1, Level: true}
			m := newModel(t, Config{Width: 8, Multipliers: []int{1, 2, 1}, Blocks: 1, Upsampling: up}, s)
			want := output(t, m, make([]int, len(c.grid)), c.grid...)
			roll(want, c.grid, c.shift)
			got := output(t, m, c.shift, c.grid...)
			var worst float64
			for i := range got {
				worst = max(worst, math.Abs(got[i]-want[i]))
			}
			if up == Periodic && worst > 1e-11 {
				t.Errorf("%d-D: shifted by %v the output differs by %g", len(c.grid), c.shift, worst)
			}
			if up == Zeros && worst < 1e-3 {
				t.Errorf("%d-D: with zeros in the up-sampling the shift is off by %g only", len(c.grid), worst)
			}
		}
	}
}

// Every option's gradient with respect to one number of every weight, against differences.
func TestNetworkGradientsMatchDifferences(t *testing.T) {
	for name, k := range map[string]struct {
		config Config
		sizes  nn.Sizes
		grid   []int
	}{
		"1-D, level and scalars": {Config{}, nn.Sizes{Dims: 1, In: 2, Out: 1, Scalars: 2, Level: true}, []int{8}},
		"2-D, attention":         {Config{MiddleAttention: true, Attention: []bool{true, false}}, nn.Sizes{Dims: 2, In: 1, Out: 2}, []int{4, 6}},
		"scale and shift":        {Config{ScaleShift: true, Padding: Zeros, PointwiseEnds: true}, nn.Sizes{Dims: 1, In: 1, Out: 1, Scalars: 1}, []int{8}},
	} {
		t.Run(name, func(t *testing.T) {
			k.config.Width, k.config.Multipliers, k.config.Blocks = 16, []int{1, 2}, 1
			m := newModel(t, k.config, k.sizes)
			g := nn.NewGraph(tensor.Float64)
			in := inputs(g, k.sizes, 2, k.grid...)
			y, err := m.Forward(g, in)
			if err != nil {
				t.Fatal(err)
			}
			loss := nn.MSE(y, g.Placeholder("target", y.Shape()...).Node)
			grads, err := g.Grad(loss, m.Params())
			if err != nil {
				t.Fatal(err)
			}
			if err := compile(t, g, grads...).Run(); err != nil {
				t.Fatal(err)
			}
			p := compile(t, g, loss)
			value := func() float64 {
				if err := p.Run(); err != nil {
					t.Fatal(err)
				}
				return nn.ScalarValue(loss)
			}
			for i, q := range m.Params() {
				grad := grads[i].Value().(*tensor.Dense).Float64s()
				// A short step, because norms over a few points have large higher derivatives.
				if err := gradcheck.Check(value, q.Value.Float64s(), grad, gradcheck.Options{Step: 1e-4, Tol: 1e-6, Entries: 1}); err != nil {
					t.Errorf("%s: %v", q.Name, err)
				}
			}
		})
	}
}

func TestForwardNamesWhatDoesNotFit(t *testing.T) {
	m := newModel(t, Config{Width: 8, Multipliers: []int{1, 1, 1}, Blocks: 1}, nn.Sizes{Dims: 1, In: 1, Out: 1, Level: true})
	for want, in := range map[string]func(g *nn.Graph) nn.Inputs{
		"10 points on axis 0, expected a multiple of 4": func(g *nn.Graph) nn.Inputs { return inputs(g, m.sizes, 1, 10) },
		"unet: 3 channels of states": func(g *nn.Graph) nn.Inputs {
			return inputs(g, nn.Sizes{In: 3, Level: true}, 1, 8)
		},
		"a refinement level is given: false": func(g *nn.Graph) nn.Inputs { return inputs(g, nn.Sizes{In: 1}, 1, 8) },
	} {
		if _, err := m.Forward(nn.NewGraph(tensor.Float64), in(nn.NewGraph(tensor.Float64))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
