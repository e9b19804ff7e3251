package train

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy/operators/nn"
)

// OneStep is the ordinary objective: predict the next state from true states, to which Gaussian noise of standard deviation noise may be added. The target stays
// free of noise, so the network learns to take errors of that size out (Sanchez-Gonzalez et al. 2020, §3.3 of "Learning to simulate").
func OneStep(f Frame, loss Loss, noise float64) Objective {
	return oneStep{f, loss, noise}
}

type oneStep struct {
	frame Frame
	loss  Loss
	noise float64
}

func (o oneStep) Draw(rng *rand.Rand, b *nn.Inputs) { inputNoise(rng, b, o.noise) }

func (o oneStep) Loss(g *nn.Graph, m Module, b nn.Inputs) (*gorgonia.Node, error) {
	next, err := o.frame.Next(g, m, b)
	if err != nil {
		return nil, err
	}
	return o.loss(next, o.frame.truth(b, 0)), nil
}
