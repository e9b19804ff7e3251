package refiner

import (
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/train"
)

// Network is what a refiner trains: one network for all levels, or two. It is a train.Module, but only for its Params: package train never sees it predict.
type Network struct {
	config   Config
	channels int
	first    train.Module // predicts y; of all levels where fine is nil
	fine     train.Module // the levels after the first; nil for one network
}

// New makes a network for data of the given spec, whose History is that of the network, with weights drawn from rng. Faults of the config are all in the error.
func New(c Config, spec eddy.Spec, rng *rand.Rand) (*Network, error) {
	c = c.Complete()
	if err := c.Validate(spec.Grid.Dims()); err != nil {
		return nil, err
	}
	n := &Network{config: c, channels: spec.Channels()}
	var err error
	if c.Fine == nil {
		n.first, err = operators.NewRefined(c.Base, spec, rng)
		return n, err
	}
	if n.first, err = operators.New(c.Base, spec, rng); err != nil {
		return nil, err
	}
	if n.fine, err = operators.NewRefined(*c.Fine, spec, rng); err != nil {
		return nil, err
	}
	for _, p := range n.fine.Params() {
		p.Name = "fine." + p.Name
	}
	return n, nil
}

// Config is the complete description.
func (n *Network) Config() Config { return n.config }

// Params are those of both networks; the names of the second begin with "fine.".
func (n *Network) Params() []*nn.Param {
	if n.fine == nil {
		return n.first.Params()
	}
	return slices.Concat(n.first.Params(), n.fine.Params())
}

// Forward is the first prediction: all that a refiner without refinement steps answers.
func (n *Network) Forward(g *nn.Graph, in nn.Inputs) (*gorgonia.Node, error) {
	if n.fine != nil {
		return n.first.Forward(g, in)
	}
	shape := in.U.Shape()
	nothing := g.Placeholder("no_state", append([]int{shape[0], n.channels}, shape[2:]...)...)
	level := g.Placeholder("level", shape[0], 1)
	fill(level.Data(), n.config.embedded(n.config.Steps))
	return refine(g, n.first, in, nothing, level)
}

// refine adds a network that takes a state to be refined [B, C, X…] at levels [B, 1] to g.
func refine(g *nn.Graph, m train.Module, in nn.Inputs, state, level *nn.Placeholder) (*gorgonia.Node, error) {
	in = in.WithU(nn.Concat(in.U.Node, state.Node))
	in.Level = level
	return m.Forward(g, in)
}

// embedded is a level, counted from the clean end, in the unit of the networks' embedding: 0 … 1000, as in the released code.
func (c Config) embedded(k int) float32 {
	const top = 1000
	if c.Steps == 0 {
		return top
	}
	return float32(top * float64(k) / float64(c.Steps))
}

func fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}
