package resnet

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Model is a dilated residual network: its Params and how they make a graph. It holds no activations; any number of graphs may use it.
type Model struct {
	cfg       Config
	sizes     nn.Sizes
	act       nn.Activation
	embedding *nn.Embedding // nil without level and scalars
	first     [2]*nn.Dense
	blocks    []*block
	last      [2]*nn.Dense
}

// block is a chain of convolutions.
type block struct {
	stages []stage
	told   *nn.Dense // of the embedding; nil where there is none
}

// stage is one convolution and the norm before it; gain and shift are nil without a norm.
type stage struct {
	gain, shift *nn.Param
	conv        *nn.ConvLayer
}

// New makes a network with weights drawn from rng. The error lists every fault of c.
func New(c Config, s nn.Sizes, rng *rand.Rand) (*Model, error) {
	c = c.Complete()
	if err := c.Validate(s.Dims); err != nil {
		return nil, err
	}
	if err := s.Check("resnet"); err != nil {
		return nil, err
	}
	m := &Model{cfg: c, sizes: s, act: activations[c.Activation]}
	m.embedding = nn.NewEmbedding("embedding", c.Width, s, m.act, rng)
	m.first = [2]*nn.Dense{nn.NewDense("first.0", s.In, c.Width, rng), nn.NewDense("first.1", c.Width, c.Width, rng)}
	for i := range c.Layers {
		m.blocks = append(m.blocks, m.newBlock(fmt.Sprintf("blocks.%d", i), rng))
	}
	m.last = [2]*nn.Dense{nn.NewDense("last.0", c.Width, c.Width, rng), nn.NewDense("last.1", c.Width, s.Out, rng)}
	return m, nil
}

func (m *Model) newBlock(name string, rng *rand.Rand) *block {
	c, b := m.cfg, &block{}
	boundary := nn.ZeroBoundary
	if c.Padding == Periodic {
		boundary = nn.PeriodicBoundary
	}
	for i, d := range c.Dilations {
		var s stage
		at := fmt.Sprintf("%s.%d", name, i)
		if c.Norm == GroupNorm {
			s.gain, s.shift = nn.NewBias(at+".norm.weight", c.Width).Fill(1), nn.NewBias(at+".norm.bias", c.Width)
		}
		s.conv = nn.NewConvLayer(at, c.Width, c.Width, 3, m.sizes.Dims, nn.ConvSpec{Dilation: d, Pad: d, Boundary: boundary}, rng)
		b.stages = append(b.stages, s)
	}
	if m.embedding != nil {
		b.told = nn.NewDense(name+".told", m.embedding.Out(), c.Width, rng)
	}
	return b
}

// Config is the complete description of the network.
func (m *Model) Config() Config { return m.cfg }

// Params lists all Params in the order of the forward pass.
func (m *Model) Params() []*nn.Param {
	p := slices.Concat(m.embedding.Params(), m.first[0].Params(), m.first[1].Params())
	for _, b := range m.blocks {
		if b.told != nil {
			p = append(p, b.told.Params()...)
		}
		for _, s := range b.stages {
			if s.gain != nil {
				p = append(p, s.gain, s.shift)
			}
			p = append(p, s.conv.Params()...)
		}
	}
	return slices.Concat(p, m.last[0].Params(), m.last[1].Params())
}

// Forward adds the network to g: from the inputs' states, static fields, scalars and level to [B, out, X…]. It is an error if they are not what the network was made
// for.
func (m *Model) Forward(g *nn.Graph, in nn.Inputs) (y *gorgonia.Node, err error) {
	defer eddy.Recover(&err)
	if err := m.sizes.Match("resnet", in); err != nil {
		return nil, err
	}
	x := in.U.Node
	if in.Static != nil {
		x = nn.Concat(x, in.Static.Node)
	}
	var told *gorgonia.Node
	if m.embedding != nil {
		told = m.embedding.Forward(g, in.Level, in.Cond)
	}
	for _, l := range m.first {
		x = l.Forward(g, x, nil, m.act)
	}
	none, margin := make([]int, m.sizes.Dims), slices.Repeat([]int{m.cfg.Margin}, m.sizes.Dims)
	if m.cfg.Margin > 0 {
		x = nn.Pad(x, none, margin)
	}
	for _, b := range m.blocks {
		x = b.forward(g, x, told, m.act)
	}
	if m.cfg.Margin > 0 {
		x = nn.Crop(x, none, margin)
	}
	return m.last[1].Forward(g, m.last[0].Forward(g, x, nil, m.act), nil, nn.Identity), nil
}

func (b *block) forward(g *nn.Graph, x, told *gorgonia.Node, act nn.Activation) *gorgonia.Node {
	v := x
	for i, s := range b.stages {
		var shift *gorgonia.Node
		if b.told != nil && i == 0 {
			shift = b.told.Forward(g, told, nil, nn.Identity)
		}
		if s.gain != nil {
			v = nn.GroupNorm(v, 1, g.Param(s.gain), g.Param(s.shift))
		}
		v = nn.Activate(s.conv.Forward(g, v, shift, nil), act)
	}
	return nn.Add(v, x)
}
