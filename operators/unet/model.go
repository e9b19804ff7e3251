package unet

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Model is a U-Net: its Params and how they make a graph. It holds no activations; any number of graphs may use it.
type Model struct {
	cfg       Config
	sizes     nn.Sizes
	embedding *nn.Embedding // nil without level and scalars
	stem      *nn.ConvLayer
	down      []step // in order
	middle    [2]*block
	between   *attention // of the middle, or nil
	up        []step
	head      norm
	last      *nn.ConvLayer
}

// step is one stage of the way down or up: a block, or a change of resolution.
type step struct {
	block *block        // nil for a change of resolution
	conv  *nn.ConvLayer // of the change
}

func (s step) params() []*nn.Param {
	if s.block != nil {
		return s.block.params()
	}
	return s.conv.Params()
}

// builder is what the parts of a network have in common while it is made.
type builder struct {
	cfg  Config
	dims int
	told int // numbers of the embedding; 0 without one
	rng  *rand.Rand
}

// New makes a network with weights drawn from rng. The error lists every fault of c.
func New(c Config, s nn.Sizes, rng *rand.Rand) (*Model, error) {
	c = c.Complete()
	if err := c.Validate(s.Dims); err != nil {
		return nil, err
	}
	if err := s.Check("unet"); err != nil {
		return nil, err
	}
	b := &builder{cfg: c, dims: s.Dims, rng: rng}
	m := &Model{cfg: c, sizes: s, embedding: nn.NewEmbedding("embedding", c.Width, s, activations[c.Activation], rng)}
	if m.embedding != nil {
		b.told = m.embedding.Out()
	}
	ends := 3
	if c.PointwiseEnds {
		ends = 1
	}
	endSpec := nn.ConvSpec{Pad: ends / 2, Boundary: boundary(c.Padding)}
	m.stem = nn.NewConvLayer("stem", s.In, c.Width, ends, s.Dims, endSpec, rng)
	channels := m.goDown(b)
	m.middle[0] = b.newBlock("middle.0", channels, channels, false)
	if c.MiddleAttention {
		m.between = b.newAttention("middle.attention", channels)
	}
	m.middle[1] = b.newBlock("middle.1", channels, channels, false)
	m.goUp(b, channels)
	m.head = newNorm("head.norm", c, headGroups, c.Width)
	m.last = nn.NewConvLayer("head.conv", c.Width, s.Out, ends, s.Dims, endSpec, rng).Zeroed()
	return m, nil
}

// goDown adds the way down and returns the channels of the coarsest resolution.
func (m *Model) goDown(b *builder) int {
	c := b.cfg
	channels := c.Width
	for i, times := range c.Multipliers {
		for range c.Blocks {
			m.down = append(m.down, step{block: b.newBlock(named("down", len(m.down)), channels, channels*times, c.attention(i))})
			channels, times = channels*times, 1
		}
		if i < len(c.Multipliers)-1 {
			conv := nn.NewConvLayer(named("down", len(m.down)), channels, channels, 3, b.dims, nn.ConvSpec{Stride: 2, Pad: 1, Boundary: boundary(c.Padding)}, b.rng)
			m.down = append(m.down, step{conv: conv})
		}
	}
	return channels
}

// goUp adds the way up: every block joins in a field of the way down, last in, first out.
func (m *Model) goUp(b *builder, channels int) {
	c := b.cfg
	for i := len(c.Multipliers) - 1; i >= 0; i-- {
		fewer := channels / c.Multipliers[i]
		for k := range c.Blocks + 1 {
			in, out := 2*channels, channels
			if k == c.Blocks { // the field joined in comes from before the channels were multiplied
				in, out = channels+fewer, fewer
			}
			m.up = append(m.up, step{block: b.newBlock(named("up", len(m.up)), in, out, c.attention(i))})
		}
		if channels = fewer; i > 0 {
			conv := nn.NewTransposedLayer(named("up", len(m.up)), channels, channels, 4, b.dims, nn.ConvSpec{Stride: 2, Pad: 1, Boundary: boundary(c.Upsampling)}, b.rng)
			m.up = append(m.up, step{conv: conv})
		}
	}
}

// Config is the complete description of the network.
func (m *Model) Config() Config { return m.cfg }

// Params lists all Params in the order of the forward pass.
func (m *Model) Params() []*nn.Param {
	p := append(m.embedding.Params(), m.stem.Params()...)
	for _, s := range m.down {
		p = append(p, s.params()...)
	}
	p = append(p, m.middle[0].params()...)
	if m.between != nil {
		p = append(p, m.between.params()...)
	}
	p = append(p, m.middle[1].params()...)
	for _, s := range m.up {
		p = append(p, s.params()...)
	}
	return append(append(p, m.head.params()...), m.last.Params()...)
}

// Forward adds the network to g: from the inputs' states, static fields, scalars and level to [B, out, X…]. It is an error if they are not what the network was made
// for, or if an axis does not have a multiple of 2^(resolutions − 1) points.
func (m *Model) Forward(g *nn.Graph, in nn.Inputs) (y *gorgonia.Node, err error) {
	defer eddy.Recover(&err)
	if err := m.sizes.Match("unet", in); err != nil {
		return nil, err
	}
	for i, n := range in.U.Shape()[2:] {
		if f := m.cfg.factor(); n%f != 0 {
			return nil, fmt.Errorf("unet: %d points on axis %d, expected a multiple of %d for %d resolutions: use fewer multipliers or another grid",
				n, i, f, len(m.cfg.Multipliers))
		}
	}
	x := in.U.Node
	if in.Static != nil {
		x = nn.Concat(x, in.Static.Node)
	}
	var told *gorgonia.Node
	if m.embedding != nil {
		told = m.embedding.Forward(g, in.Level, in.Cond)
	}
	x = m.stem.Forward(g, x, nil, nil)
	kept := []*gorgonia.Node{x}
	for _, s := range m.down {
		if s.block != nil {
			x = s.block.forward(g, x, told)
		} else {
			x = s.conv.Forward(g, x, nil, nil)
		}
		kept = append(kept, x)
	}
	x = m.middle[0].forward(g, x, told)
	if m.between != nil {
		x = m.between.forward(g, x)
	}
	x = m.middle[1].forward(g, x, told)
	for _, s := range m.up {
		if s.block == nil {
			x = s.conv.Transposed(g, x)
			continue
		}
		x = s.block.forward(g, nn.Concat(x, kept[len(kept)-1]), told)
		kept = kept[:len(kept)-1]
	}
	return m.last.Forward(g, m.head.forward(g, x), nil, nil), nil
}
