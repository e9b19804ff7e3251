package fno

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy/operators/nn"
)

// block is one Fourier layer with what surrounds it. Absent parts are nil.
type block struct {
	modes      nn.Modes
	odd        bool // FFTShift is that of neuraloperator 2.0.0
	last       bool
	current    bool
	stabilizer string
	act        nn.Activation

	spectral *nn.Param // [k…, W, 2, W]
	bias     *nn.Param // [W], added after the spectral convolution (with the classic block: the bias of the linear map)
	skip     skip
	mlp      *nn.ChannelMLP
	mlpSkip  skip
	norms    [2]norm
	shift    *nn.Dense // of the embedding, added to the block's input; nil where nothing is embedded
}

// newBlock makes block i of the network.
func newBlock(c Config, i, dims, cond int, act nn.Activation, rng *rand.Rand) *block {
	name, w := fmt.Sprintf("blocks.%d", i), c.Width
	b := &block{
		modes: c.modes(dims), odd: c.FFTShift == NeuralOp200Shift, last: i == c.Layers-1,
		current: c.Block == Current, stabilizer: c.Stabilizer, act: act,
	}
	b.spectral = nn.NewWeight(name+".spectral.weight", nn.SpectralShape(b.modes, w, w)...)
	b.bias = nn.NewBias(name+".spectral.bias", w)
	std := math.Sqrt(2 / float64(2*w))
	if c.Init == Classic {
		b.spectral.Uniform(rng, 0, 1/float64(w*w))
	} else {
		b.spectral.Normal(rng, std/math.Sqrt2) // a complex normal shares its variance between the two parts
	}
	if b.current {
		b.bias.Normal(rng, std)
	} else {
		bound := 1 / math.Sqrt(float64(w)) // the bias of a 1×1 convolution
		b.bias.Name = name + ".skip.bias"
		b.bias.Uniform(rng, -bound, bound)
	}
	b.skip = newSkip(name+".skip", c.FNOSkip, w, rng)
	if c.ChannelMLPExpansion > 0 {
		b.mlp = nn.NewChannelMLP(name+".mlp", w, expanded(c), w, nn.GELU, rng)
		b.mlpSkip = newSkip(name+".mlp_skip", c.ChannelMLPSkip, w, rng)
	}
	for j := range b.norms {
		b.norms[j] = newNorm(fmt.Sprintf("%s.norm.%d", name, j), c.Norm, w, cond, rng)
	}
	return b
}

func (b *block) params() []*nn.Param {
	p := []*nn.Param{b.spectral, b.bias}
	if b.shift != nil {
		p = append(p, b.shift.Params()...)
	}
	p = append(p, b.skip.params()...)
	if b.mlp != nil {
		p = append(p, b.mlp.Params()...)
		p = append(p, b.mlpSkip.params()...)
	}
	return append(append(p, b.norms[0].params()...), b.norms[1].params()...)
}

// forward follows neuraloperator's forward_with_postactivation; the classic block is the case without norms, channel MLP and stabiliser.
func (b *block) forward(g *nn.Graph, x, cond *gorgonia.Node) *gorgonia.Node {
	act := b.act
	if b.last {
		act = nn.Identity
	}
	y := b.fourier(g, x, cond, act)
	if !b.current {
		return y
	}
	inner := act // the activation after the channel MLP, where no norm comes between
	if b.norms[1].kind != None {
		inner = nn.Identity
	}
	if b.mlp != nil {
		y = b.mlpSkip.join(g, x, b.mlp.Forward(g, y), nil, inner)
	} else if inner != nn.Identity {
		y = nn.Activate(y, inner)
	}
	if b.norms[1].kind != None {
		y = b.norms[1].forward(g, y, cond)
		if act != nn.Identity {
			y = nn.Activate(y, act)
		}
	}
	return y
}

// fourier is the first half of the block: act(skip(x) + norm(K·x + bias)).
func (b *block) fourier(g *nn.Graph, x, cond *gorgonia.Node, act nn.Activation) *gorgonia.Node {
	odd := b.oddAxes(x)
	plain := len(odd) == 0 && b.stabilizer == None && b.norms[0].kind == None
	if plain && b.skip.kind == Linear {
		return nn.FourierBlock(x, g.Param(b.spectral), g.Param(b.skip.linear.W), g.Param(b.bias), b.modes, act)
	}
	v := x
	if b.stabilizer == "tanh" {
		v = nn.Activate(x, nn.Tanh)
	}
	k := b.convolve(g, v, odd)
	bias := b.bias
	if b.norms[0].kind != None {
		k = b.norms[0].forward(g, nn.AddBias(k, g.Param(bias)), cond)
		bias = nil
	}
	return b.skip.join(g, x, k, bias, act)
}

// oddAxes are those on which neuraloperator 2.0.0 moves the output's frequencies; none where that is not asked for.
func (b *block) oddAxes(x *gorgonia.Node) []int {
	var odd []int
	if size := x.Shape()[2:]; b.odd {
		for a, n := range size[:len(size)-1] {
			if n%2 == 1 {
				odd = append(odd, a)
			}
		}
	}
	return odd
}

// convolve is the spectral convolution without its bias.
func (b *block) convolve(g *nn.Graph, x *gorgonia.Node, odd []int) *gorgonia.Node {
	w := g.Param(b.spectral)
	if len(odd) == 0 {
		return nn.Spectral(x, w, b.modes)
	}
	return nn.ShiftDown(nn.Spectral(x, nn.QuarterTurn(w), b.modes), odd)
}

// skip is a path beside another one, from the same input.
type skip struct {
	kind   string
	linear *nn.Dense
	gain   *nn.Param
}

func newSkip(name, kind string, width int, rng *rand.Rand) skip {
	s := skip{kind: kind}
	switch kind {
	case Linear:
		s.linear = nn.NewUnbiased(name, width, width, rng)
	case SoftGating:
		s.gain = nn.NewBias(name+".gain", width).Fill(1)
	}
	return s
}

func (s skip) params() []*nn.Param {
	switch s.kind {
	case Linear:
		return s.linear.Params()
	case SoftGating:
		return []*nn.Param{s.gain}
	}
	return nil
}

// join is act(skip(x) + k + bias); bias may be nil. With a linear skip or a soft gate it is one operation.
func (s skip) join(g *nn.Graph, x, k *gorgonia.Node, bias *nn.Param, act nn.Activation) *gorgonia.Node {
	if s.kind == Linear {
		t := nn.LinearTerms{Add: k, Act: act}
		if bias != nil {
			t.Bias = g.Param(bias)
		}
		return nn.Linear(x, g.Param(s.linear.W), t)
	}
	if bias != nil {
		k = nn.AddBias(k, g.Param(bias))
	}
	if s.kind == SoftGating {
		return nn.GatedSum(k, x, g.Param(s.gain), act)
	}
	if s.kind == Identity {
		k = nn.Add(k, x)
	}
	if act != nn.Identity {
		k = nn.Activate(k, act)
	}
	return k
}

// norm is one of the two norms of a block.
type norm struct {
	kind        string
	gain, shift *nn.Param // of a group norm
	first, then *nn.Dense // of an adaptive norm: scalars → gain and shift
	width       int       //
}

func newNorm(name, kind string, width, cond int, rng *rand.Rand) norm {
	n := norm{kind: kind, width: width}
	switch kind {
	case GroupNorm:
		n.gain, n.shift = nn.NewBias(name+".gain", width).Fill(1), nn.NewBias(name+".shift", width)
	case AdaIN:
		n.first = nn.NewDense(name+".mlp.0", cond, adaptiveHidden, rng)
		n.then = nn.NewDense(name+".mlp.2", adaptiveHidden, 2*width, rng)
	}
	return n
}

func (n norm) params() []*nn.Param {
	switch n.kind {
	case GroupNorm:
		return []*nn.Param{n.gain, n.shift}
	case AdaIN:
		return slices.Concat(n.first.Params(), n.then.Params())
	}
	return nil
}

func (n norm) forward(g *nn.Graph, x, cond *gorgonia.Node) *gorgonia.Node {
	switch n.kind {
	case GroupNorm:
		return nn.GroupNorm(x, 1, g.Param(n.gain), g.Param(n.shift))
	case InstanceNorm:
		return nn.InstanceNorm(x)
	case AdaIN:
		both := n.then.Forward(g, n.first.Forward(g, cond, nil, nn.GELU), nil, nn.Identity)
		return nn.GroupNorm(x, n.width, nn.Narrow(both, 0, n.width), nn.Narrow(both, n.width, 2*n.width))
	}
	return x
}

func roundEven(x float64) int { return int(math.RoundToEven(x)) }
