package fno

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Model is a Fourier neural operator: its Params and how they make a graph. It holds no activations; any number of graphs may use it.
type Model struct {
	cfg         Config
	dims        int
	sizes       nn.Sizes
	lifting     *nn.Dense      // one layer
	deepLifting *nn.ChannelMLP // or two; the other one is nil
	embedding   *nn.Embedding  // of what reaches the blocks by it; nil for nothing
	blocks      []*block
	projection  *nn.ChannelMLP
	act         nn.Activation
}

// New makes a network for dims space dimensions with in channels of states and static fields and out channels, its weights drawn from rng. The error lists every
// fault of c.
func New(c Config, dims, in, out int, rng *rand.Rand) (*Model, error) {
	return NewConditioned(c, dims, in, out, 0, rng)
}

// NewConditioned is [New] for a network that is also told cond scalars of the equation, in Inputs.Cond.
func NewConditioned(c Config, dims, in, out, cond int, rng *rand.Rand) (*Model, error) {
	return Make(c, nn.Sizes{Dims: dims, In: in, Out: out, Scalars: cond}, rng)
}

// Make is [New] for a network that is also told scalars of the equation, in Inputs.Cond, or a refinement level, in Inputs.Level.
func Make(c Config, s nn.Sizes, rng *rand.Rand) (*Model, error) {
	c = c.Complete()
	if err := c.Validate(s.Dims); err != nil {
		return nil, err
	}
	if err := s.Check("fno"); err != nil {
		return nil, err
	}
	if c.Norm == AdaIN && s.Scalars == 0 {
		return nil, fmt.Errorf("fno: norm = %q needs scalars of the equation, and there are none", AdaIN)
	}
	m := &Model{cfg: c, dims: s.Dims, sizes: s, act: activation(c.Activation)}
	m.lift(rng)
	embedded := s
	if c.Conditioning != Embedding {
		embedded.Scalars = 0
	}
	m.embedding = nn.NewEmbedding("embedding", c.Width, embedded, m.act, rng)
	for i := range c.Layers {
		m.blocks = append(m.blocks, newBlock(c, i, s.Dims, s.Scalars, m.act, rng))
		if m.embedding != nil {
			m.blocks[i].shift = nn.NewDense(fmt.Sprintf("blocks.%d.embedding", i), m.embedding.Out(), c.Width, rng)
		}
	}
	h := hidden(c.ProjectionRatio, c.Width)
	m.projection = nn.NewChannelMLP("projection", c.Width, h, s.Out, m.act, rng)
	return m, nil
}

func activation(name string) nn.Activation {
	return map[string]nn.Activation{"gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh}[name]
}

// lift makes the lifting network.
func (m *Model) lift(rng *rand.Rand) {
	from := m.inputChannels()
	if m.cfg.LiftingRatio <= 0 {
		m.lifting = nn.NewDense("lifting.fcs.0", from, m.cfg.Width, rng)
		return
	}
	m.deepLifting = nn.NewChannelMLP("lifting", from, hidden(m.cfg.LiftingRatio, m.cfg.Width), m.cfg.Width, m.act, rng)
}

// inputChannels counts what the lifting sees.
func (m *Model) inputChannels() int {
	n := m.sizes.In
	if m.asChannels() {
		n += m.sizes.Scalars
	}
	if m.cfg.PositionalEmbedding != None {
		n += m.dims
	}
	return n
}

// asChannels reports whether scalars are fields beside the states.
func (m *Model) asChannels() bool { return m.cfg.Norm != AdaIN && m.cfg.Conditioning == Channels }

// Config is the complete description of the network.
func (m *Model) Config() Config { return m.cfg }

// Params lists all Params in the order of the forward pass.
func (m *Model) Params() []*nn.Param {
	var p []*nn.Param
	if m.deepLifting != nil {
		p = m.deepLifting.Params()
	} else {
		p = m.lifting.Params()
	}
	p = append(p, m.embedding.Params()...)
	for _, b := range m.blocks {
		p = append(p, b.params()...)
	}
	return append(p, m.projection.Params()...)
}

// Forward adds the network to g: from the inputs' states, static fields and scalars to [B, out, X…]. It is an error if the channels do not add up to what the
// network was made for, or if the grid has too few points for the frequencies.
func (m *Model) Forward(g *nn.Graph, in nn.Inputs) (y *gorgonia.Node, err error) {
	defer eddy.Recover(&err)
	if err := m.sizes.Match("fno", in); err != nil {
		return nil, err
	}
	size := in.U.Shape()[2:]
	before, after := m.padding(size)
	padded := make([]int, len(size))
	for i, n := range size {
		padded[i] = n + before[i] + after[i]
	}
	if err := m.cfg.checkModes(padded); err != nil {
		return nil, err
	}
	x, cond := m.embed(in, size)
	if m.deepLifting != nil {
		x = m.deepLifting.Forward(g, x)
	} else {
		x = m.lifting.Forward(g, x, nil, nn.Identity)
	}
	if m.padded() {
		x = nn.Pad(x, before, after)
	}
	var told *gorgonia.Node
	if m.embedding != nil {
		told = m.embedding.Forward(g, in.Level, in.Cond)
	}
	for _, b := range m.blocks {
		if b.shift != nil {
			x = nn.AddChannels(x, b.shift.Forward(g, told, nil, nn.Identity))
		}
		x = b.forward(g, x, cond)
	}
	if m.padded() {
		x = nn.Crop(x, before, after)
	}
	return m.projection.Forward(g, x), nil
}

// embed joins all input channels. cond is what adaptive norms are told, nil where they are not used.
func (m *Model) embed(in nn.Inputs, size []int) (x, cond *gorgonia.Node) {
	parts := []*gorgonia.Node{in.U.Node}
	if in.Static != nil {
		parts = append(parts, in.Static.Node)
	}
	switch {
	case m.cfg.Norm == AdaIN:
		cond = in.Cond.Node
	case m.sizes.Scalars > 0 && m.asChannels():
		parts = append(parts, in.Cond.Node)
	}
	var coordinates []float64
	switch m.cfg.PositionalEmbedding {
	case Grid:
		coordinates = nn.GridCoordinates(size)
	case GridClosed:
		coordinates = nn.ClosedGridCoordinates(size)
	}
	return nn.Embed(coordinates, parts...), cond
}

func (m *Model) padded() bool {
	for _, p := range m.cfg.DomainPadding {
		if p > 0 {
			return true
		}
	}
	return false
}

// padding is the number of points added to both sides of each axis.
func (m *Model) padding(size []int) (before, after []int) {
	before = make([]int, len(size))
	if m.padded() {
		for i, p := range perAxis(m.cfg.DomainPadding, m.dims) {
			before[i] = roundEven(p * float64(size[i]))
		}
	}
	return before, before
}
