package train

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Forward runs a network outside training, for models that call it in ways of their own. Like [Predictor] it compiles one graph per batch shape and grid that it meets,
// keeps a few of them, and is safe for concurrent use; weights must not change while it runs.
type Forward struct {
	channels int
	pool     *graphPool
}

// NewForward makes the Forward of a network whose output has the given number of channels; inputs adds the placeholders of the network for a batch on a grid to g.
func NewForward(m Module, channels int, inputs func(g *nn.Graph, batch int, grid []int) nn.Inputs) *Forward {
	f := &Forward{channels: channels}
	f.pool = &graphPool{build: func(batch int, grid []int) (*inference, error) {
		return compileForward(m, channels, batch, grid, inputs)
	}}
	return f
}

// compileForward builds the graph of a network for a batch shape.
func compileForward(m Module, channels, batch int, grid []int, inputs func(g *nn.Graph, batch int, grid []int) nn.Inputs) (*inference, error) {
	g := nn.NewGraph(tensor.Float32)
	c := &inference{shape: append([]int{batch}, grid...), in: inputs(g, batch, grid)}
	var err error
	if c.out, err = m.Forward(g, c.in); err != nil {
		return nil, err
	}
	want := append([]int{batch, channels}, grid...)
	eddy.MustShape("operator step", "output of the network", c.out.Shape(), want)
	c.program, err = g.Compile(c.out)
	return c, err
}

// Call is one loan of a compiled graph: fill In, Run, read the output, as often as needed.
type Call struct {
	In  nn.Inputs
	out *gorgonia.Node
	run *nn.Program
}

// Run computes the output [B, C, X…] of what In holds. It is valid until the next Run.
func (c Call) Run() ([]float32, error) {
	if err := c.run.Run(); err != nil {
		return nil, fmt.Errorf("train: step: %w", err)
	}
	return nn.Data(c.out), nil
}

// With lends use a graph for the batch shape, to nobody else at the same time.
func (f *Forward) With(batch int, grid []int, use func(c Call) error) error {
	g, err := f.pool.take(batch, grid)
	if err != nil {
		return err
	}
	defer f.pool.give(g)
	return use(Call{In: g.in, out: g.out, run: g.program})
}
