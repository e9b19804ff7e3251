package nn

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
)

// Dense is a pointwise linear layer that owns its Params: the names are name.weight [Out, In] and name.bias [Out].
type Dense struct {
	In, Out int
	W       *Param
	B       *Param // nil without a bias
}

// NewDense is a layer with bias, initialised as PyTorch's Linear and Conv with kernel 1: weight and bias uniform in ±1/√in.
func NewDense(name string, in, out int, rng *rand.Rand) *Dense {
	l := NewUnbiased(name, in, out, rng)
	bound := 1 / math.Sqrt(float64(in))
	l.B = NewBias(name+".bias", out).Uniform(rng, -bound, bound)
	return l
}

// NewUnbiased is [NewDense] without a bias.
func NewUnbiased(name string, in, out int, rng *rand.Rand) *Dense {
	bound := 1 / math.Sqrt(float64(in))
	return &Dense{In: in, Out: out, W: NewWeight(name+".weight", out, in).Uniform(rng, -bound, bound)}
}

// Params lists the layer's Params.
func (l *Dense) Params() []*Param {
	if l.B == nil {
		return []*Param{l.W}
	}
	return []*Param{l.W, l.B}
}

// Forward is act(W·x + B + add) with x [B, In, X…]; add may be nil.
func (l *Dense) Forward(g *Graph, x, add *gorgonia.Node, act Activation) *gorgonia.Node {
	t := LinearTerms{Add: add, Act: act}
	if l.B != nil {
		t.Bias = g.Param(l.B)
	}
	return Linear(x, g.Param(l.W), t)
}

// ChannelMLP is a pointwise network of two linear layers with an activation between them, as neuraloperator's ChannelMLP.
type ChannelMLP struct {
	First, Second *Dense
	Act           Activation
}

// NewChannelMLP names its layers name.fcs.0 and name.fcs.1.
func NewChannelMLP(name string, in, hidden, out int, act Activation, rng *rand.Rand) *ChannelMLP {
	return &ChannelMLP{First: NewDense(name+".fcs.0", in, hidden, rng), Second: NewDense(name+".fcs.1", hidden, out, rng), Act: act}
}

// Params lists the Params of both layers.
func (m *ChannelMLP) Params() []*Param { return append(m.First.Params(), m.Second.Params()...) }

// Forward is Second(Act(First(x))).
func (m *ChannelMLP) Forward(g *Graph, x *gorgonia.Node) *gorgonia.Node {
	return MLP(x, MLPNodes{W1: g.Param(m.First.W), B1: g.Param(m.First.B), W2: g.Param(m.Second.W), B2: g.Param(m.Second.B)}, m.Act)
}

// ConvLayer is a convolution that owns its Params: the names are name.weight [out, in, taps…], for a transposed one [in, out, taps…], and name.bias [out].
type ConvLayer struct {
	W, B *Param
	Spec ConvSpec
}

// NewConvLayer is a layer with so many taps on each of dims axes, initialised as PyTorch's Conv: weight and bias uniform in ±1/√(numbers that an output is made of).
func NewConvLayer(name string, in, out, taps, dims int, s ConvSpec, rng *rand.Rand) *ConvLayer {
	return newConvLayer(name, []int{out, in}, out, in, taps, dims, s, rng)
}

// NewTransposedLayer is [NewConvLayer] for [ConvTransposed], initialised as PyTorch's ConvTranspose, which counts the weight's second axis.
func NewTransposedLayer(name string, in, out, taps, dims int, s ConvSpec, rng *rand.Rand) *ConvLayer {
	return newConvLayer(name, []int{in, out}, out, out, taps, dims, s, rng)
}

func newConvLayer(name string, shape []int, out, fanIn, taps, dims int, s ConvSpec, rng *rand.Rand) *ConvLayer {
	for range dims {
		shape, fanIn = append(shape, taps), fanIn*taps
	}
	bound := 1 / math.Sqrt(float64(fanIn))
	return &ConvLayer{NewWeight(name+".weight", shape...).Uniform(rng, -bound, bound), NewBias(name+".bias", out).Uniform(rng, -bound, bound), s}
}

// Zeroed sets the layer's Params to zero and returns it.
func (l *ConvLayer) Zeroed() *ConvLayer {
	l.W.Fill(0)
	l.B.Fill(0)
	return l
}

// Params lists the layer's Params.
func (l *ConvLayer) Params() []*Param { return []*Param{l.W, l.B} }

// Forward is the convolution of x [B, in, X…] plus shift [B, out] and add, of the result's shape; both may be nil.
func (l *ConvLayer) Forward(g *Graph, x, shift, add *gorgonia.Node) *gorgonia.Node {
	return Conv(x, g.Param(l.W), l.Spec, ConvTerms{Bias: g.Param(l.B), Shift: shift, Add: add})
}

// Transposed is the layer as [ConvTransposed].
func (l *ConvLayer) Transposed(g *Graph, x *gorgonia.Node) *gorgonia.Node {
	return ConvTransposed(x, g.Param(l.W), g.Param(l.B), l.Spec)
}
