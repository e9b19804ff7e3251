package refiner

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner/process"
)

// Names of the placeholders that an objective fills.
const (
	stateInput = "refined_state" // [B, C, X…], the state that is refined
	goalInput  = "goal"          // [B, C, X…], what the network should answer
	levelInput = "level"         // [B, 1]
	firstGoal  = "first_goal"    // [B, C, X…], what a first network of its own should answer
)

// NewObjective makes the published objective: every sample of a batch is put at a level, noise of that level is put on the true y, and the network's answer is compared
// with what it should be, mean over space and batch and sum over fields. y is the change to the next state or that state, as the run's target says; objective.loss does
// not enter, Config.Loss does.
//
// In the paper's form the first level sees zeros and has to answer y, the others have to answer the noise. In the released form the first sees pure noise and all have to
// answer v = α·ε − σ·y. Levels are drawn uniformly, or with Config.Share for the first. Where the first prediction has a network of its own, that is trained on every
// sample, and so is the second one, at the other levels: the loss is the sum of both, of which no part has a gradient in both.
func NewObjective(n *Network, meta train.Meta) train.Objective {
	return &objective{network: n, meta: meta, levels: n.config.Schedule().Levels()}
}

type objective struct {
	network *Network
	meta    train.Meta
	levels  []process.Level // the first one first
}

// NoiseShapes names what Draw fills. u is [B, H·C, X…].
func (o *objective) NoiseShapes(u []int) map[string][]int {
	state := append([]int{u[0], o.network.channels}, u[2:]...)
	shapes := map[string][]int{stateInput: state, goalInput: state, levelInput: {u[0], 1}}
	if o.network.fine != nil {
		shapes[firstGoal] = state
	}
	return shapes
}

// Draw puts every row of a batch at a level.
func (o *objective) Draw(rng *rand.Rand, b *nn.Inputs) {
	size := eddy.Size(b.Noise[stateInput].Shape()[1:])
	y := make([]float32, size)
	for row := range b.U.Shape()[0] {
		of := func(name string) []float32 { return b.Noise[name].Data()[row*size : (row+1)*size] }
		o.truth(y, b, row)
		k := o.draw(rng)
		b.Noise[levelInput].Data()[row] = o.network.config.embedded(len(o.levels) - 1 - k)
		noise(rng, of(stateInput), of(goalInput), y, o.levels[k], o.network.config.Form)
		if o.network.fine != nil {
			copy(of(firstGoal), y)
		}
	}
}

// draw chooses a level, counted from the first.
func (o *objective) draw(rng *rand.Rand) int {
	k := len(o.levels) - 1
	switch {
	case o.network.fine != nil:
		return 1 + rng.IntN(k)
	case k == 0 || rng.Float64() < o.network.config.Share:
		return 0
	}
	return 1 + rng.IntN(k)
}

// truth computes y of a row from the normalised states of a batch: the next state, or the change to it in the unit of residuals.
func (o *objective) truth(y []float32, b *nn.Inputs, row int) {
	next := b.Target.Data()[row*len(y) : (row+1)*len(y)]
	if o.meta.Target == "state" {
		copy(y, next)
		return
	}
	states := b.U.Data()
	width := len(states) / b.U.Shape()[0]
	last := states[(row+1)*width-len(y) : (row+1)*width]
	points := len(y) / o.network.channels
	for c, scale := range o.meta.ResidualScale {
		inv := float32(1 / scale)
		for i := c * points; i < (c+1)*points; i++ {
			y[i] = (next[i] - last[i]) * inv
		}
	}
}

// noise writes a noisy y and what the network should answer to it.
func noise(rng *rand.Rand, state, goal, y []float32, l process.Level, form string) {
	first := l.Alpha == 0
	if first && form == Paper {
		clear(state)
		copy(goal, y)
		return
	}
	a, s := float32(l.Alpha), float32(l.Sigma)
	for i, v := range y {
		e := float32(rng.NormFloat64())
		state[i] = a*v + s*e
		goal[i] = e
		if form == Released {
			goal[i] = a*e - s*v
		}
	}
}

// Loss is the mean square difference, summed over fields, or with Config.Loss the relative one of every sample.
func (o *objective) Loss(g *nn.Graph, _ train.Module, b nn.Inputs) (*gorgonia.Node, error) {
	n := o.network
	of := n.fine
	if of == nil {
		of = n.first
	}
	out, err := refine(g, of, b, b.Noise[stateInput], b.Noise[levelInput])
	if err != nil {
		return nil, err
	}
	loss := n.distance(out, b.Noise[goalInput].Node)
	if n.fine == nil {
		return loss, nil
	}
	if out, err = n.first.Forward(g, b); err != nil {
		return nil, err
	}
	return nn.Sum(loss, n.distance(out, b.Noise[firstGoal].Node)), nil
}

// distance is the loss between an answer and what it should be.
func (n *Network) distance(answer, goal *gorgonia.Node) *gorgonia.Node {
	if n.config.Loss == Relative {
		return nn.RelL2(answer, goal, nn.PerSample)
	}
	return nn.Scale(float64(n.channels), nn.MSE(answer, goal))
}
