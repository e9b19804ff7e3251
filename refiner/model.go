package refiner

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/refiner/process"
)

// Model is a trained refiner as an eddy.Model and an eddy.Ensemble: physical units on both sides, any batch size, any grid that the networks take. It is safe for concurrent
// use, as operators.Operator is.
type Model struct {
	network *Network
	meta    train.Meta
	path    string
	plan    plan.Plan
	levels  []int // of each step of the plan, counted from the clean end
	first   *train.Forward
	refine  *train.Forward // nil without refinement steps
}

var _ eddy.Ensemble = (*Model)(nil)

// Wrap makes a Model of a network in memory, whose weights meta describes. It samples by the plan of its config.
func Wrap(n *Network, meta train.Meta) (*Model, error) {
	meta, err := complete(n, meta)
	if err != nil {
		return nil, err
	}
	m := &Model{network: n, meta: meta}
	if n.fine != nil {
		m.first = train.NewForward(n.first, n.channels, meta.Placeholders)
		m.refine = train.NewForward(n.fine, n.channels, m.placeholders)
	} else {
		m.refine = train.NewForward(n.first, n.channels, m.placeholders)
	}
	return m.WithPlan(n.config.Plan)
}

// placeholders are the inputs of a network that refines: a state more than the history, and the level.
func (m *Model) placeholders(g *nn.Graph, batch int, grid []int) nn.Inputs {
	in := m.meta.Placeholders(g, batch, grid)
	in.U = g.Placeholder("u", append([]int{batch, (m.meta.Spec.History + 1) * m.network.channels}, grid...)...)
	in.Level = g.Placeholder("level", batch, 1)
	return in
}

// Spec describes what the network was trained on.
func (m *Model) Spec() eddy.Spec { return m.meta.Spec }

// Meta is the record of the weights.
func (m *Model) Meta() train.Meta { return m.meta }

// Config is the complete description of the refiner.
func (m *Model) Config() Config { return m.network.config }

// Network is the trained network. Its weights are those that Step uses: do not change them while a Step runs.
func (m *Model) Network() *Network { return m.network }

// Parameters is the number of trainable reals.
func (m *Model) Parameters() int { return operators.Parameters(m.network) }

// Path is the checkpoint that was loaded; empty for a Model that Wrap made.
func (m *Model) Path() string { return m.path }

// Plan is how samples are drawn.
func (m *Model) Plan() plan.Plan { return m.plan }

// WithPlan is the same refiner with another sampler: one of plan.Names(), compiled over all levels that the network was trained for, or "first", the first prediction
// alone.
func (m *Model) WithPlan(name string) (*Model, error) {
	levels := m.network.config.levels()
	if name == First {
		levels = []process.Level{levels[0], process.Clean()}
		name = plan.Refiner
	}
	p, err := plan.Named(name, levels)
	if err != nil {
		return nil, err
	}
	return m.Sampling(p)
}

// First is the name, for WithPlan, of the plan that makes the first prediction and refines nothing.
const First = "first"

// Sampling is the same refiner with a plan of the caller's, read from a file for instance. All of its levels must be ones that the network was trained for.
func (m *Model) Sampling(p plan.Plan) (*Model, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	trained := m.network.config.Schedule().Levels()
	if n := len(p.Steps); n > len(trained) {
		return nil, fmt.Errorf("refiner: the plan %q has %d levels, but the network was trained for %d (steps = %d): train one with more steps, or choose a plan with fewer",
			p.Name, n, len(trained), m.network.config.Steps)
	}
	out := *m
	out.plan, out.levels = p, nil
	for i, s := range p.Steps {
		k := slices.IndexFunc(trained, func(l process.Level) bool { return matches(l, s.From) })
		if k < 0 {
			return nil, fmt.Errorf("refiner: the plan %q asks for a level of α = %.6g, σ = %.6g in step %d, expected one of the levels that the network was trained for (%s)",
				p.Name, s.From.Alpha, s.From.Sigma, i, describe(trained))
		}
		out.levels = append(out.levels, len(trained)-1-k)
	}
	if end := p.Steps[len(p.Steps)-1].To; end.Sigma != 0 {
		return nil, fmt.Errorf("refiner: the plan %q ends at σ = %g, expected a last step to σ = 0", p.Name, end.Sigma)
	}
	if p.Steps[0].From.Alpha != 0 {
		return nil, fmt.Errorf("refiner: the plan %q starts at α = %g, expected the first level, α = 0: there is nothing to refine before the first prediction", p.Name, p.Steps[0].From.Alpha)
	}
	return &out, nil
}

// matches tells whether two levels are the same to the digits that a file may hold.
func matches(a, b process.Level) bool {
	const tol = 1e-4
	return math.Abs(a.Alpha-b.Alpha) <= tol*a.Alpha && math.Abs(a.Sigma-b.Sigma) <= tol*a.Sigma
}

func describe(levels []process.Level) string {
	s := "σ ="
	for i, l := range levels {
		if i > 0 {
			s += ","
		}
		s += fmt.Sprintf(" %.6g", l.Sigma)
	}
	return s
}

// Step is the sample of the key that has the bits of the state's time as its Step and zeros otherwise: the same for the same input, and another noise at another time.
// Without times it is the sample of the zero key.
func (m *Model) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	if in.U == nil || len(in.U.Shape) == 0 {
		return m.meta.CheckInput(dst, in)
	}
	keys := make([]eddy.Key, in.U.Shape[0])
	for b := range keys {
		if b < len(in.T) {
			keys[b].Step = math.Float64bits(in.T[b])
		}
	}
	return m.Sample(ctx, dst, in, keys)
}

// Sample writes one draw of the next state per row; row b uses the random stream keys[b], see [Normal].
func (m *Model) Sample(ctx context.Context, dst *eddy.Tensor, in eddy.Input, keys []eddy.Key) (err error) {
	defer eddy.Recover(&err)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.meta.CheckInput(dst, in); err != nil {
		return err
	}
	batch, grid := in.U.Shape[0], in.U.Shape[3:]
	if len(keys) != batch {
		return &eddy.ShapeError{Op: "refiner.Sample", What: "keys", Got: []int{len(keys)}, Want: []int{batch}, Hint: "one key a row"}
	}
	return m.refine.With(batch, grid, func(c train.Call) error {
		m.meta.Fill(c.In, in)
		y := make([]float32, dst.Len())
		s := sampling{m, c, in, len(y) / batch}
		draw := func(z []float32, step int) {
			for b, key := range keys {
				Normal(z[b*s.size:(b+1)*s.size], key, step+1)
			}
		}
		draw(y, -1) // what the sampler starts from
		if err := plan.Run(ctx, m.plan, y, s.denoise, draw); err != nil {
			return err
		}
		m.meta.Physical(dst, y, in.U)
		return nil
	})
}

// sampling is one call of Sample.
type sampling struct {
	model *Model
	call  train.Call
	in    eddy.Input
	size  int // of y of one row
}

// denoise makes of the network's answer a prediction of y.
func (s sampling) denoise(_ context.Context, dst, x []float32, step int, l process.Level) error {
	paper := s.model.network.config.Form == Paper
	if l.Alpha == 0 && s.model.first != nil {
		return s.firstPrediction(dst, x, l)
	}
	state := x
	if l.Alpha == 0 && paper {
		state = make([]float32, len(x))
	}
	u := s.call.In.U.Data()
	width := len(u) / len(x) * s.size // of a row
	for b := 0; b*s.size < len(x); b++ {
		copy(u[(b+1)*width-s.size:(b+1)*width], state[b*s.size:(b+1)*s.size])
	}
	fill(s.call.In.Level.Data(), s.model.network.config.embedded(s.model.levels[step]))
	out, err := s.call.Run()
	if err != nil {
		return err
	}
	convert(dst, x, out, l, paper)
	return nil
}

// convert turns a network's answer to x at a level into a prediction of y: y itself at the first level of the paper's form, the noise at the others, the velocity in the released form.
func convert(dst, x, out []float32, l process.Level, paper bool) {
	a, sigma := float32(l.Alpha), float32(l.Sigma)
	switch {
	case paper && l.Alpha == 0:
		copy(dst, out)
	case paper:
		for i, v := range x {
			dst[i] = v - sigma*out[i]
		}
	default:
		for i, v := range x {
			dst[i] = a*v - sigma*out[i]
		}
	}
}

// firstPrediction asks the network that makes the first prediction alone; it answers y in either form.
func (s sampling) firstPrediction(dst, _ []float32, _ process.Level) error {
	return s.model.first.With(s.in.U.Shape[0], s.in.U.Shape[3:], func(c train.Call) error {
		s.model.meta.Fill(c.In, s.in)
		out, err := c.Run()
		copy(dst, out)
		return err
	})
}
