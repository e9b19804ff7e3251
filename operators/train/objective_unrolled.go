package train

import (
	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy/operators/nn"
)

// FullUnroll feeds the network its own predictions for `steps` steps and minimises the mean of the steps' losses, with the gradient flowing back through all of
// them (backpropagation through time). Memory and time grow with steps.
func FullUnroll(f Frame, loss Loss, noise float64, steps int) Unrolled {
	return unrolled{oneStep{f, loss, noise}, steps, func(next *gorgonia.Node) *gorgonia.Node { return next }}
}

// unrolled is the mean loss over steps of the network's own rollout. between is applied to a prediction before it becomes an input.
type unrolled struct {
	oneStep
	steps   int
	between func(next *gorgonia.Node) *gorgonia.Node
}

func (o unrolled) Horizon() int { return o.steps }

func (o unrolled) Loss(g *nn.Graph, m Module, b nn.Inputs) (*gorgonia.Node, error) {
	losses := make([]*gorgonia.Node, o.steps)
	weights := make([]float64, o.steps)
	in := b
	for s := range o.steps {
		next, err := o.frame.Next(g, m, in)
		if err != nil {
			return nil, err
		}
		losses[s] = o.loss(next, o.frame.truth(b, s))
		weights[s] = 1 / float64(o.steps)
		in = o.frame.Shift(in, o.between(next))
	}
	return nn.WeightedSum(weights, losses...), nil
}
