package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/gradcheck"
)

// adjointCase is a computation whose adjoint is compared with differences.
type adjointCase struct {
	name   string
	inputs [][]int
	build  func(in []*gorgonia.Node) *gorgonia.Node
}

func adjointCases() []adjointCase {
	with := func(f func(in []*gorgonia.Node) *gorgonia.Node) func([]*gorgonia.Node) *gorgonia.Node { return f }
	axes := func(periodic ...bool) (s eddy.Spec) {
		for i, p := range periodic {
			s.Grid.Axes = append(s.Grid.Axes, eddy.Axis{Length: 1 + float64(i), Periodic: p})
		}
		return s
	}
	var cases []adjointCase
	for _, act := range []Activation{Identity, GELU, SiLU, Tanh, ReLU} {
		cases = append(
			cases,
			adjointCase{fmt.Sprintf("Linear %v", act), [][]int{{2, 3, 4, 2}, {5, 3}, {5}, {2, 5, 4, 2}}, with(func(in []*gorgonia.Node) *gorgonia.Node {
				return Linear(in[0], in[1], LinearTerms{Bias: in[2], Add: in[3], Act: act})
			})},
			adjointCase{fmt.Sprintf("Activate %v", act), [][]int{{2, 3, 4}}, with(func(in []*gorgonia.Node) *gorgonia.Node { return Activate(in[0], act) })},
		)
	}
	spectral := func(m Modes, size ...int) {
		w := SpectralShape(m, 3, 2)
		cases = append(cases, adjointCase{fmt.Sprintf("Spectral %v of %v", m, size), [][]int{append([]int{2, 3}, size...), w}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Spectral(in[0], in[1], m)
		}})
	}
	block := func(name string, m Modes, act Activation, size ...int) {
		cases = append(cases, adjointCase{"FourierBlock " + name, [][]int{append([]int{2, 3}, size...), SpectralShape(m, 3, 2), {2, 3}, {2}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return FourierBlock(in[0], in[1], in[2], in[3], m, act)
		}})
	}
	block("1-D", Modes{[]int{0}, []int{3}}, GELU, 8)
	block("2-D", Modes{[]int{-2, 0}, []int{1, 2}}, Tanh, 6, 5)
	block("3-D", Modes{[]int{-1, -1, 0}, []int{1, 1, 1}}, Identity, 3, 4, 3)
	spectral(Modes{[]int{0}, []int{3}}, 9)
	spectral(Modes{[]int{0}, []int{4}}, 8)
	spectral(Modes{[]int{-2, 0}, []int{2, 2}}, 6, 7)
	spectral(Modes{[]int{-3, 0}, []int{2, 3}}, 6, 6)
	spectral(Modes{[]int{-1, -2, 0}, []int{1, 1, 2}}, 4, 5, 4)
	return append(
		cases,
		adjointCase{"Linear without bias", [][]int{{2, 3, 5}, {4, 3}}, func(in []*gorgonia.Node) *gorgonia.Node { return Linear(in[0], in[1], LinearTerms{}) }},
		adjointCase{"Linear with a term, no bias", [][]int{{2, 3, 5}, {4, 3}, {2, 4, 5}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Linear(in[0], in[1], LinearTerms{Add: in[2], Act: GELU})
		}},
		adjointCase{"FourierBlock without bias", [][]int{{2, 2, 6}, {3, 2, 2, 2}, {2, 2}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return FourierBlock(in[0], in[1], in[2], nil, Modes{[]int{0}, []int{2}}, GELU)
		}},
		adjointCase{"MLP", [][]int{{2, 3, 4, 3}, {6, 3}, {6}, {2, 6}, {2}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return MLP(in[0], MLPNodes{in[1], in[2], in[3], in[4]}, GELU)
		}},
		adjointCase{"GatedSum", [][]int{{2, 3, 4, 5}, {2, 3, 4, 5}, {3}}, func(in []*gorgonia.Node) *gorgonia.Node { return GatedSum(in[0], in[1], in[2], GELU) }},
		adjointCase{"GatedSum without activation", [][]int{{2, 3, 4}, {2, 3, 4}, {3}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return GatedSum(in[0], in[1], in[2], Identity)
		}},
		adjointCase{"GatedSum of one value", [][]int{{2, 3, 4}, {3}, {3, 3}}, func(in []*gorgonia.Node) *gorgonia.Node {
			x := Linear(in[0], in[2], LinearTerms{Act: Tanh})
			return GatedSum(x, x, in[1], GELU)
		}},
		adjointCase{"QuarterTurn and ShiftDown", [][]int{{2, 3, 5, 6}, SpectralShape(Modes{[]int{-1, 0}, []int{1, 2}}, 3, 2)}, func(in []*gorgonia.Node) *gorgonia.Node {
			return ShiftDown(Spectral(in[0], QuarterTurn(in[1]), Modes{[]int{-1, 0}, []int{1, 2}}), []int{0})
		}},
		adjointCase{"Sum of three", [][]int{{2, 3, 4}, {2, 3, 4}, {2, 3, 4}}, func(in []*gorgonia.Node) *gorgonia.Node { return Sum(in...) }},
		adjointCase{"WeightedSum", [][]int{{2, 3, 4}, {2, 3, 4}}, func(in []*gorgonia.Node) *gorgonia.Node { return WeightedSum([]float64{0.5, -2}, in...) }},
		adjointCase{"Scale", [][]int{{2, 3, 4}}, func(in []*gorgonia.Node) *gorgonia.Node { return Scale(1.5, in[0]) }},
		adjointCase{"Gate", [][]int{{2, 3, 4, 5}, {3}}, func(in []*gorgonia.Node) *gorgonia.Node { return Gate(in[0], in[1]) }},
		adjointCase{"AddBias", [][]int{{2, 3, 4, 5}, {3}}, func(in []*gorgonia.Node) *gorgonia.Node { return AddBias(in[0], in[1]) }},
		adjointCase{"AddChannels", [][]int{{2, 3, 4, 5}, {2, 3}}, func(in []*gorgonia.Node) *gorgonia.Node { return AddChannels(in[0], in[1]) }},
		adjointCase{"Modulate", [][]int{{2, 3, 4, 5}, {2, 6}}, func(in []*gorgonia.Node) *gorgonia.Node { return Modulate(in[0], in[1]) }},
		adjointCase{"Attention over keys", [][]int{{2, 9, 5}}, func(in []*gorgonia.Node) *gorgonia.Node { return Attention(in[0], OverKeys) }},
		adjointCase{"Attention over queries, 2-D", [][]int{{2, 6, 2, 3}}, func(in []*gorgonia.Node) *gorgonia.Node { return Attention(in[0], OverQueries) }},
		adjointCase{"Conv", [][]int{{2, 3, 6}, {4, 3, 3}, {4}, {2, 4}, {2, 4, 6}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Conv(in[0], in[1], ConvSpec{Pad: 1, Boundary: PeriodicBoundary}, ConvTerms{in[2], in[3], in[4]})
		}},
		adjointCase{"Conv, 2-D, stride 2, zeros", [][]int{{2, 2, 6, 4}, {3, 2, 3, 3}, {3}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Conv(in[0], in[1], ConvSpec{Pad: 1, Stride: 2}, ConvTerms{Bias: in[2]})
		}},
		adjointCase{"Conv, dilated, per sample", [][]int{{2, 2, 7}, {3, 2, 3}, {2, 3}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Conv(in[0], in[1], ConvSpec{Pad: 4, Dilation: 4, Boundary: PeriodicBoundary}, ConvTerms{Shift: in[2]})
		}},
		adjointCase{"Conv of a value used twice", [][]int{{2, 3, 6}, {3, 3, 3}}, func(in []*gorgonia.Node) *gorgonia.Node {
			s := ConvSpec{Pad: 1}
			return Conv(in[0], in[1], s, ConvTerms{Add: Conv(Activate(in[0], Tanh), in[1], s, ConvTerms{})})
		}},
		adjointCase{"ConvTransposed, periodic", [][]int{{2, 3, 5}, {3, 2, 4}, {2}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return ConvTransposed(in[0], in[1], in[2], ConvSpec{Pad: 1, Stride: 2, Boundary: PeriodicBoundary})
		}},
		adjointCase{"ConvTransposed, 2-D, zeros", [][]int{{2, 2, 3, 2}, {2, 3, 4, 4}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return ConvTransposed(in[0], in[1], nil, ConvSpec{Pad: 1, Stride: 2})
		}},
		adjointCase{"GroupNormActivate", [][]int{{2, 4, 3, 3}, {4}, {4}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return GroupNormActivate(in[0], 2, in[1], in[2], GELU)
		}},
		adjointCase{"GroupNormActivate of a value used twice", [][]int{{2, 4, 5}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Add(in[0], GroupNormActivate(in[0], 1, nil, nil, SiLU))
		}},
		adjointCase{"Sinusoids", [][]int{{3, 1}}, func(in []*gorgonia.Node) *gorgonia.Node { return Sinusoids(in[0], 7) }},
		adjointCase{"Affine", [][]int{{2, 3, 4}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Affine(in[0], []float64{2, -1, 0.5}, []float64{0, 1, 2})
		}},
		adjointCase{"Embed", [][]int{{2, 3, 4, 3}, {2, 2}, {2, 1, 4, 3}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Embed(GridCoordinates([]int{4, 3}), in[0], in[1], in[2])
		}},
		adjointCase{"Narrow", [][]int{{2, 5, 4}}, func(in []*gorgonia.Node) *gorgonia.Node { return Narrow(in[0], 1, 4) }},
		adjointCase{"two Narrows of one", [][]int{{2, 5, 4}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return Add(Narrow(in[0], 1, 4), Narrow(in[0], 0, 3))
		}},
		adjointCase{"Pad", [][]int{{2, 2, 3, 4}}, func(in []*gorgonia.Node) *gorgonia.Node { return Pad(in[0], []int{1, 2}, []int{0, 3}) }},
		adjointCase{"Crop", [][]int{{2, 2, 5, 6}}, func(in []*gorgonia.Node) *gorgonia.Node { return Crop(in[0], []int{1, 2}, []int{0, 3}) }},
		adjointCase{"GroupNorm", [][]int{{2, 4, 3, 3}, {4}, {4}}, func(in []*gorgonia.Node) *gorgonia.Node { return GroupNorm(in[0], 2, in[1], in[2]) }},
		adjointCase{"GroupNorm per sample", [][]int{{2, 4, 5}, {2, 4}, {2, 4}}, func(in []*gorgonia.Node) *gorgonia.Node { return GroupNorm(in[0], 4, in[1], in[2]) }},
		adjointCase{"InstanceNorm", [][]int{{2, 3, 5}}, func(in []*gorgonia.Node) *gorgonia.Node { return InstanceNorm(in[0]) }},
		adjointCase{"RelL2 per sample", [][]int{{3, 2, 4, 3}}, func(in []*gorgonia.Node) *gorgonia.Node { return RelL2(in[0], fixed(in[0]), PerSample) }},
		adjointCase{"RelL2 per channel", [][]int{{3, 2, 4, 3}}, func(in []*gorgonia.Node) *gorgonia.Node { return RelL2(in[0], fixed(in[0]), PerChannel) }},
		adjointCase{"H1 periodic", [][]int{{2, 2, 4, 5}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return H1(in[0], fixed(in[0]), PerSample, axes(true, true))
		}},
		adjointCase{"H1 with borders", [][]int{{2, 2, 3, 2, 4}}, func(in []*gorgonia.Node) *gorgonia.Node {
			return H1(in[0], fixed(in[0]), PerChannel, axes(false, true, false))
		}},
		adjointCase{"sum of losses", [][]int{{2, 2, 4}}, func(in []*gorgonia.Node) *gorgonia.Node {
			f := fixed(in[0])
			return WeightedSum([]float64{0.3, 0.7}, MSE(in[0], f), RelL2(in[0], f, PerSample))
		}},
		adjointCase{"a value used three times", [][]int{{2, 3, 4}, {3, 3}, {3}}, func(in []*gorgonia.Node) *gorgonia.Node {
			a := Linear(in[0], in[1], LinearTerms{Act: GELU})
			b := Linear(a, in[1], LinearTerms{Add: Gate(a, in[2]), Act: Tanh})
			return Sum(a, b, Scale(0.5, Linear(b, in[1], LinearTerms{})))
		}},
		adjointCase{"one weight for two convolutions", [][]int{{2, 2, 6}, {3, 2, 2, 2}}, func(in []*gorgonia.Node) *gorgonia.Node {
			m := Modes{[]int{0}, []int{2}}
			return Spectral(Spectral(in[0], in[1], m), in[1], m)
		}},
	)
}

// fixed is a target for a loss: random numbers, the same for every use.
func fixed(like *gorgonia.Node) *gorgonia.Node {
	rng := rand.New(rand.NewPCG(9, 9))
	v := tensor.New(tensor.Of(like.Dtype()), tensor.WithShape(like.Shape()...))
	fill(v, rng)
	return gorgonia.NewTensor(like.Graph(), like.Dtype(), like.Dims(), gorgonia.WithShape(like.Shape()...), gorgonia.WithName("fixed"), gorgonia.WithValue(v))
}

func fill(v *tensor.Dense, rng *rand.Rand) {
	if v.Dtype() == tensor.Float32 {
		for i := range v.Float32s() {
			v.Float32s()[i] = float32(rng.NormFloat64())
		}
		return
	}
	for i := range v.Float64s() {
		v.Float64s()[i] = rng.NormFloat64()
	}
}

// problem is a scalar loss of random inputs.
func (c adjointCase) problem(dt tensor.Dtype) (g *Graph, in []*Placeholder, nodes []*gorgonia.Node, loss *gorgonia.Node) {
	rng := rand.New(rand.NewPCG(1, 2))
	g = NewGraph(dt)
	for i, s := range c.inputs {
		p := g.Placeholder(fmt.Sprintf("x%d", i), s...)
		fill(p.Value, rng)
		in, nodes = append(in, p), append(nodes, p.Node)
	}
	loss = c.build(nodes)
	if !loss.IsScalar() {
		loss = MSE(loss, fixed(loss))
	}
	return g, in, nodes, loss
}

func TestAdjointsMatchDifferences(t *testing.T) {
	entries := 0 // all
	if testing.Short() {
		entries = 6
	}
	for _, c := range adjointCases() {
		t.Run(c.name, func(t *testing.T) {
			g, in, nodes, loss := c.problem(tensor.Float64)
			grads, err := g.Gradients(loss, nodes...)
			if err != nil {
				t.Fatal(err)
			}
			p := compile(t, g, append([]*gorgonia.Node{loss}, grads...)...)
			value := func() float64 {
				if err := p.Run(); err != nil {
					t.Fatal(err)
				}
				return ScalarValue(loss)
			}
			value()
			var got [][]float64 // the checks change the inputs, hence what the nodes hold
			for _, n := range grads {
				got = append(got, slices.Clone(numbers(n.Value())))
			}
			for i, grad := range got {
				if err := gradcheck.Check(value, in[i].Value.Float64s(), grad, gradcheck.Options{Entries: entries}); err != nil {
					t.Errorf("input %d: %v", i, err)
				}
			}
		})
	}
}

func compile(tb testing.TB, g *Graph, outputs ...*gorgonia.Node) *Program {
	tb.Helper()
	p, err := g.Compile(outputs...)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// A planned program, Gorgonia's own differentiation run by its tape machine, and a planned program run a second time must agree to the last bit where sums
// have the same order, so to rounding in general: this catches a buffer that is given away too early.
func TestProgramsAgreeWithTheTapeMachine(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		tol := 1e-12
		if dt == tensor.Float32 {
			tol = 3e-6 // a few roundings in a different order of summation
		}
		for _, c := range adjointCases() {
			t.Run(fmt.Sprint(dt, " ", c.name), func(t *testing.T) {
				g, _, nodes, loss := c.problem(dt)
				grads, err := g.Gradients(loss, nodes...)
				if err != nil {
					t.Fatal(err)
				}
				p := compile(t, g, append([]*gorgonia.Node{loss}, grads...)...)
				for range 3 {
					if err := p.Run(); err != nil {
						t.Fatal(err)
					}
				}
				h, _, tapeNodes, tapeLoss := c.problem(dt)
				tapeGrads, err := gorgonia.Grad(tapeLoss, tapeNodes...)
				if err != nil {
					t.Fatal(err)
				}
				vm := gorgonia.NewTapeMachine(h.ExprGraph)
				defer vm.Close()
				for range 2 {
					if err := vm.RunAll(); err != nil {
						t.Fatal(err)
					}
					vm.Reset()
				}
				if a, b := ScalarValue(loss), ScalarValue(tapeLoss); math.Abs(a-b) > tol*math.Abs(b) {
					t.Errorf("loss %v, the tape machine gives %v", a, b)
				}
				for i := range grads {
					if d := distance(grads[i].Value(), tapeGrads[i].Value()); d > tol {
						t.Errorf("gradient %d differs by %.3g", i, d)
					}
				}
			})
		}
	}
}

// distance is the relative L2 distance of two values.
func distance(a, b gorgonia.Value) float64 {
	x, y := numbers(a), numbers(b)
	var d, n float64
	for i := range y {
		d += (x[i] - y[i]) * (x[i] - y[i])
		n += y[i] * y[i]
	}
	return math.Sqrt(d / n)
}

func numbers(v gorgonia.Value) []float64 {
	d := v.(*tensor.Dense)
	if d.Dtype() == tensor.Float64 {
		return d.Float64s()
	}
	out := make([]float64, len(d.Float32s()))
	convert(out, d.Float32s())
	return out
}
