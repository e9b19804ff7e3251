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
	cfg           Config
	dims          int
	in, out, cond int
	lifting       *nn.Dense      // one layer
	deepLifting   *nn.ChannelMLP // or two; the other one is nil
	blocks        []*block
	projection    *nn.ChannelMLP
	act           nn.Activation
}

// New makes a network for dims space dimensions with in channels of states and static fields and out channels, its weights drawn from rng. The error lists every
// fault of c.
func New(c Config, dims, in, out int, rng *rand.Rand) (*Model, error) {
	return NewConditioned(c, dims, in, out, 0, rng)
}

// NewConditioned is [New] for a network that is also told cond scalars of the equation, in Inputs.Cond.
func NewConditioned(c Config, dims, in, out, cond int, rng *rand.Rand) (*Model, error) {
	c = c.Complete()
	if err := c.Validate(dims); err != nil {
		return nil, err
	}
	if dims < 1 || in < 1 || out < 1 || cond < 0 {
		return nil, fmt.Errorf("fno: %d dimensions, %d channels in, %d out, %d scalars: expected at least 1 of each but scalars", dims, in, out, cond)
	}
	if c.Norm == AdaIN && cond == 0 {
		return nil, fmt.Errorf("fno: norm = %q needs scalars of the equation, and there are none", AdaIN)
	}
	m := &Model{cfg: c, dims: dims, in: in, out: out, cond: cond, act: activation(c.Activation)}
	m.lift(rng)
	for i := range c.Layers {
		m.blocks = append(m.blocks, newBlock(c, i, dims, cond, m.act, rng))
	}
	h := hidden(c.ProjectionRatio, c.Width)
	m.projection = nn.NewChannelMLP("projection", c.Width, h, out, m.act, rng)
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
	n := m.in
	if m.cfg.Norm != AdaIN {
		n += m.cond
	}
	if m.cfg.PositionalEmbedding != None {
		n += m.dims
	}
	return n
}

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
	for _, b := range m.blocks {
		p = append(p, b.params()...)
	}
	return append(p, m.projection.Params()...)
}

// Forward adds the network to g: from the inputs' states, static fields and scalars to [B, out, X…]. It is an error if the channels do not add up to what the
// network was made for, or if the grid has too few points for the frequencies.
func (m *Model) Forward(g *nn.Graph, in nn.Inputs) (y *gorgonia.Node, err error) {
	defer eddy.Recover(&err)
	shape := in.U.Shape()
	if len(shape) != m.dims+2 {
		return nil, fmt.Errorf("fno: the states have shape %v, expected [batch, channel] and %d space axes", shape, m.dims)
	}
	size := shape[2:]
	before, after := m.padding(size)
	padded := make([]int, len(size))
	for i, n := range size {
		padded[i] = n + before[i] + after[i]
	}
	if err := m.cfg.checkModes(padded); err != nil {
		return nil, err
	}
	x, cond, err := m.embed(in, size)
	if err != nil {
		return nil, err
	}
	if m.deepLifting != nil {
		x = m.deepLifting.Forward(g, x)
	} else {
		x = m.lifting.Forward(g, x, nil, nn.Identity)
	}
	if m.padded() {
		x = nn.Pad(x, before, after)
	}
	for _, b := range m.blocks {
		x = b.forward(g, x, cond)
	}
	if m.padded() {
		x = nn.Crop(x, before, after)
	}
	return m.projection.Forward(g, x), nil
}

// embed joins all input channels. cond is what adaptive norms are told, nil where they are not used.
func (m *Model) embed(in nn.Inputs, size []int) (x, cond *gorgonia.Node, err error) {
	parts := []*gorgonia.Node{in.U.Node}
	channels := in.U.Shape()[1]
	if in.Static != nil {
		parts = append(parts, in.Static.Node)
		channels += in.Static.Shape()[1]
	}
	if channels != m.in {
		return nil, nil, fmt.Errorf("fno: %d channels of states and static fields, expected %d", channels, m.in)
	}
	scalars := 0
	if in.Cond != nil {
		scalars = in.Cond.Shape()[1]
	}
	switch {
	case scalars != m.cond:
		return nil, nil, fmt.Errorf("fno: %d scalars of the equation, expected %d", scalars, m.cond)
	case m.cfg.Norm == AdaIN:
		cond = in.Cond.Node
	case scalars > 0:
		parts = append(parts, in.Cond.Node)
	}
	var coordinates []float64
	switch m.cfg.PositionalEmbedding {
	case Grid:
		coordinates = nn.GridCoordinates(size)
	case GridClosed:
		coordinates = nn.ClosedGridCoordinates(size)
	}
	return nn.Embed(coordinates, parts...), cond, nil
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
