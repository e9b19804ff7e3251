package train

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Module is a network: trainable arrays and a graph of them. Forward adds the network to g and returns its output [B, C, X…], in network units. It may be
// called any number of times, for one graph (unrolling) or many; a fault of shape is returned as an error or panics with *eddy.ShapeError.
type Module interface {
	Params() []*nn.Param
	Forward(g *nn.Graph, in nn.Inputs) (*gorgonia.Node, error)
}

// Objective is what a training minimises. Implementations hold no state that changes from step to step, so that a state file is all it takes to resume.
type Objective interface {
	// Draw is called before every step, after b's placeholders were filled with a normalised batch. It may change b.U and fills b.Noise. Every draw
	// comes from rng, whose state is saved.
	Draw(rng *rand.Rand, b *nn.Inputs)
	// Loss adds the loss of one batch to g and returns it, a scalar.
	Loss(g *nn.Graph, m Module, b nn.Inputs) (*gorgonia.Node, error)
}

// Unrolled is an Objective that wants more than one target state: b.Target is [B, Horizon()·C, X…], the nearest state first.
type Unrolled interface {
	Objective
	Horizon() int
}

// Noisy is an Objective that needs placeholders for what it draws, by name. u is the shape of b.U.
type Noisy interface {
	Objective
	NoiseShapes(u []int) map[string][]int
}

// Loss compares a prediction with the truth, both [B, C, X…] and normalised, and returns a scalar node.
type Loss func(prediction, truth *gorgonia.Node) *gorgonia.Node

// Frame relates a network's output to states. All values in it are of normalised states.
type Frame struct {
	History  int       // states in the input
	Channels int       // fields of a state
	Target   string    // "state" or "residual"
	Scale    []float64 // [C], the unit of a residual; unused for "state"
}

// Next adds the network to g and returns the next state [B, C, X…]: its output, or for a residual the last state plus Scale times its output.
func (f Frame) Next(g *nn.Graph, m Module, in nn.Inputs) (next *gorgonia.Node, err error) {
	defer eddy.Recover(&err)
	out, err := m.Forward(g, in)
	if err != nil {
		return nil, err
	}
	want := append([]int{in.U.Shape()[0], f.Channels}, in.U.Shape()[2:]...)
	if !eddy.SameShape(out.Shape(), want) {
		return nil, &eddy.ShapeError{Op: "train.Frame.Next", What: "output of the network", Got: out.Shape(), Want: want}
	}
	if f.Target == "state" {
		return out, nil
	}
	last := nn.Narrow(in.U.Node, (f.History-1)*f.Channels, f.History*f.Channels)
	return nn.Sum(last, nn.Affine(out, f.Scale, make([]float64, f.Channels))), nil
}

// Shift moves the history on by one step: in with the oldest state dropped and next appended.
func (f Frame) Shift(in nn.Inputs, next *gorgonia.Node) nn.Inputs {
	if f.History == 1 {
		return in.WithU(next)
	}
	rest := nn.Narrow(in.U.Node, f.Channels, f.History*f.Channels)
	return in.WithU(nn.Concat(rest, next))
}

// truth is target state number step, 0 for the nearest.
func (f Frame) truth(in nn.Inputs, step int) *gorgonia.Node {
	return nn.Narrow(in.Target.Node, step*f.Channels, (step+1)*f.Channels)
}

// LossOf is the loss that a config names, for states of spec: "rel_l2", "h1" (both relative per sample: norms over fields and space, mean over the batch) or "mse"
// (mean over everything). It panics for any other name, which Config.Validate refuses.
func LossOf(name string, spec eddy.Spec) Loss {
	switch name {
	case "rel_l2":
		return func(p, t *gorgonia.Node) *gorgonia.Node { return nn.RelL2(p, t, nn.PerSample) }
	case "h1":
		return func(p, t *gorgonia.Node) *gorgonia.Node { return nn.H1(p, t, nn.PerSample, spec) }
	case "mse":
		return nn.MSE
	}
	panic("train: unknown loss " + name)
}

// Sobolev is the mean over everything of the square of the filtered difference: error at wavenumber k of an axis, in waves per length, counts
// (1 + (k/corner)²)^order times as much in the square. Order 1 asks for derivatives too, as the Sobolev losses of Markov neural operators do (corner 1); a negative order
// asks for long waves before short ones.
func Sobolev(order, corner float64) Loss {
	return func(p, t *gorgonia.Node) *gorgonia.Node {
		weight := func(_, k int) float64 {
			r := float64(k) / corner
			return math.Pow(1+r*r, order/2)
		}
		return nn.MSE(nn.Filter(p, weight), nn.Filter(t, weight))
	}
}

// namedObjective makes the objective that the config names.
func (t *Trainer) namedObjective(meta Meta) (Objective, error) {
	c, f := t.config.Objective, meta.Frame()
	loss := Sobolev(c.Order, c.Corner)
	if c.Loss != "sobolev" {
		loss = LossOf(c.Loss, meta.Spec)
	}
	switch c.Kind {
	case "one-step":
		return OneStep(f, loss, c.Noise), nil
	case "unrolled":
		return FullUnroll(f, loss, c.Noise, c.Unroll), nil
	case "pushforward":
		return Pushforward(f, loss, c.Noise, c.Unroll), nil
	}
	return nil, fmt.Errorf("train: objective.kind = %q is made by its own package: set Trainer.NewObjective", c.Kind)
}

// inputNoise adds Gaussian noise of the given spread to every input state.
func inputNoise(rng *rand.Rand, b *nn.Inputs, spread float64) {
	if spread == 0 {
		return
	}
	u := b.U.Data()
	for i := range u {
		u[i] += float32(spread * rng.NormFloat64())
	}
}
