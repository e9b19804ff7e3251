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
