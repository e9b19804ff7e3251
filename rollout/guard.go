package rollout

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// EnvelopeError says that a state left what its model was trained on. The state is there all the same; what to do about it is the caller's: go on, stop, or step a
// solver instead.
type EnvelopeError struct {
	Step       int     // steps after the start; 0 for the start itself, or where a Model was stepped by hand
	Trajectory int     // row of the batch; the first one where several left
	Time       float64 // of the state, counted as in eddy.Input.T
	Field      string
	What       string  // what left: "value", "energy", "power of 4 to 7 waves", "parameter"
	Got        float64 // what it was
	Seen       Bounds  // what it was in training, without slack
	Input      bool    // it was the state that the model was handed, not the one it made
}

// Error is one line: what left which bounds, where and when.
func (e *EnvelopeError) Error() string {
	where := fmt.Sprintf("trajectory %d", e.Trajectory)
	if e.Step > 0 {
		where += fmt.Sprintf(", step %d (time %.6g)", e.Step, e.Time)
	}
	state := "the state"
	if e.Input {
		state = "the state handed to the model"
	}
	if e.What == parameter {
		return fmt.Sprintf("rollout: %s: parameter %s is %.4g, in training it was %.4g to %.4g", where, e.Field, e.Got, e.Seen.Low, e.Seen.High)
	}
	return fmt.Sprintf("rollout: %s: %s is outside of the training data: %s of field %s is %.4g, in training it was %.4g to %.4g",
		where, state, e.What, e.Field, e.Got, e.Seen.Low, e.Seen.High)
}

// parameter is what leaves where a scalar of the equation does; Field then names it.
const parameter = "parameter"

// Slack is how far outside of what training has seen a state may be before a Guard tells.
type Slack struct {
	Value  float64 // share of the range of values, on either side
	Energy float64 // factor above the greatest and below the least energy
	Power  float64 // factor above the greatest and below the least power of an octave
}

// DefaultSlack lets values go a tenth of their range beyond, energies half as much again, and powers of octaves, which differ from state to state by much more, a decade.
var DefaultSlack = Slack{Value: 0.1, Energy: 1.5, Power: 10}

// Guard tells when states leave an [Envelope]. It is safe for concurrent use.
type Guard struct {
	// OnExit, where it is set, is called once for every trajectory of an iteration that leaves, and for every step of a Model that does. The iteration or the step goes
	// on where it returns nil and has its error where not. Without it the *EnvelopeError itself is the error.
	OnExit func(*EnvelopeError) error

	spec    eddy.Spec
	seen    *Envelope
	slack   Slack
	allowed []fieldLimits
	surveys par.Pool[*survey]
	first   *survey
}

// fieldLimits are bounds with slack.
type fieldLimits struct {
	value, energy Bounds
	octaves       []Bounds
}

// NewGuard watches states of a Spec, on its grid, with [DefaultSlack] where slack is zero. It fails where the envelope is not one of the Spec's fields.
func NewGuard(e *Envelope, spec eddy.Spec, slack Slack) (*Guard, error) {
	if e == nil {
		return nil, errors.New("rollout: no envelope to guard: the run does not say what it was trained on (it was imported, or made by an old version)")
	}
	if len(e.Fields) != spec.Channels() {
		return nil, fmt.Errorf("rollout: an envelope of %d fields for states of %q", len(e.Fields), spec.FieldNames())
	}
	for c, f := range spec.Fields {
		if e.Fields[c].Name != f.Name {
			return nil, fmt.Errorf("rollout: field %d of the envelope is %q, of the states %q", c, e.Fields[c].Name, f.Name)
		}
	}
	if slack == (Slack{}) {
		slack = DefaultSlack
	}
	g := &Guard{spec: spec, seen: e, slack: slack, first: newSurvey(spec)}
	for _, f := range e.Fields {
		g.allowed = append(g.allowed, slack.limits(f))
	}
	return g, nil
}

// faint is the share of a field's energy below which powers mean nothing: a thousandth of its size. It is above the rounding of float32, and above the drift of a mean that the equation
// conserves exactly and a network nearly so.
const faint = 1e-6

// limits widens what was seen of a field.
func (s Slack) limits(f FieldEnvelope) fieldLimits {
	width := s.Value * (f.Value.High - f.Value.Low)
	l := fieldLimits{value: Bounds{f.Value.Low - width, f.Value.High + width}}
	l.energy = widen(f.Energy, s.Energy, faint*f.Energy.High)
	for _, o := range f.Octaves {
		l.octaves = append(l.octaves, widen(o, s.Power, faint*f.Energy.High))
	}
	return l
}

// widen is b by a factor on either side; what is below the floor has no lower bound.
func widen(b Bounds, factor, floor float64) Bounds {
	out := Bounds{b.Low / factor, max(b.High, floor) * factor}
	if b.Low <= floor {
		out.Low = 0
	}
	return out
}

// Check looks at states [B, C, X…] and returns, for every row, what left first, in the order value, energy, octaves from the longest waves on: nil for rows that are inside, and for
// rows that are not finite, which is a divergence and no exit.
func (g *Guard) Check(states *eddy.Tensor) []*EnvelopeError {
	out := make([]*EnvelopeError, states.Shape[0])
	par.For(len(out), func(b int) {
		s := g.surveys.Take(g.first.clone)
		defer g.surveys.Put(s)
		if out[b] = g.check(s, states.Row(b)); out[b] != nil {
			out[b].Trajectory = b
		}
	})
	return out
}

// CheckParams looks at the scalars [B, P] that a model is told, nil for none, and returns what leaves for every row, as Check does. Slack is that of values.
func (g *Guard) CheckParams(cond *eddy.Tensor) []*EnvelopeError {
	if cond == nil || len(g.seen.Params) != cond.Shape[1] {
		return nil
	}
	out := make([]*EnvelopeError, cond.Shape[0])
	for b := range out {
		for i, v := range cond.Row(b).Data {
			p := g.seen.Params[i]
			width := g.slack.Value * (p.High - p.Low)
			// Scalars are kept in float32: one that never changed in training differs from itself by rounding.
			width += 1e-6 * max(p.High, -p.Low)
			if got := float64(v); out[b] == nil && (Bounds{p.Low - width, p.High + width}).outside(got) {
				out[b] = &EnvelopeError{Trajectory: b, Field: p.Name, What: parameter, Got: got, Seen: p.Bounds, Input: true}
			}
		}
	}
	return out
}

// check looks at one state [C, X…].
func (g *Guard) check(s *survey, state *eddy.Tensor) *EnvelopeError {
	if nonFinite(state.Data) >= 0 {
		return nil
	}
	for c, seen := range g.seen.Fields {
		is, limits := s.of(state, c), g.allowed[c]
		exit := func(what string, got float64, of Bounds) *EnvelopeError {
			return &EnvelopeError{Field: seen.Name, What: what, Got: got, Seen: of}
		}
		switch {
		case is.low < limits.value.Low:
			return exit("value", is.low, seen.Value)
		case is.high > limits.value.High:
			return exit("value", is.high, seen.Value)
		case len(seen.Octaves) == 0: // an envelope of values alone
			continue
		case limits.energy.outside(is.energy):
			return exit("energy", is.energy, seen.Energy)
		}
		for j := range min(len(seen.Octaves), len(is.octaves)) {
			if limits.octaves[j].outside(is.octaves[j]) {
				return exit(octaveName(j), is.octaves[j], seen.Octaves[j])
			}
		}
	}
	return nil
}

func (b Bounds) outside(v float64) bool { return v < b.Low || v > b.High }

// Watch passes on what [Steps] or [Draws] yields and tells, beside the state in which it happens, of every trajectory that leaves, once: by an *EnvelopeError, or by
// what OnExit makes of it. The caller may stop or go on. start is the first time, as in eddy.Input.T; nil for 0.
func (g *Guard) Watch(steps iter.Seq2[*eddy.Tensor, error], start []float64) iter.Seq2[*eddy.Tensor, error] {
	return func(yield func(*eddy.Tensor, error) bool) {
		step := 0
		left := map[int]bool{}
		for state, err := range steps {
			step++
			if state == nil {
				yield(nil, err)
				return
			}
			for b, exit := range g.Check(state) {
				if exit == nil || left[b] {
					continue
				}
				left[b] = true
				exit.Step, exit.Time = step, float64(step)*g.spec.Dt
				if start != nil {
					exit.Time += start[b]
				}
				if told := g.tell(exit); told != nil {
					err = join(err, told)
				}
			}
			if !yield(state, err) {
				return
			}
		}
	}
}

// join keeps a single error as it is.
func join(a, b error) error {
	if a == nil {
		return b
	}
	return errors.Join(a, b)
}

// tell makes an exit an error, or not.
func (g *Guard) tell(exit *EnvelopeError) error {
	if g.OnExit != nil {
		return g.OnExit(exit)
	}
	return exit
}

// Model guards a Model: a Step whose parameters, newest input state or result are outside is an error, an *EnvelopeError or what OnExit makes of it. The result is in dst
// all the same, unless it was the input: then the model was not asked. What it returns is an eddy.Ensemble if m is.
func (g *Guard) Model(m eddy.Model) eddy.Model {
	guarded := &guarded{g, m}
	if e, ok := m.(eddy.Ensemble); ok {
		return &guardedEnsemble{guarded, e}
	}
	return guarded
}

type guarded struct {
	guard *Guard
	model eddy.Model
}

func (m *guarded) Spec() eddy.Spec { return m.model.Spec() }

func (m *guarded) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	return m.between(dst, in, func() error { return m.model.Step(ctx, dst, in) })
}

// between looks at the newest state, makes the step, and looks at its result.
func (m *guarded) between(dst *eddy.Tensor, in eddy.Input, step func() error) (err error) {
	defer eddy.Recover(&err)
	newest := eddy.NewTensor(dst.Shape...)
	newest.Data = newest.Data[:0]
	for b := range in.U.Shape[0] {
		u := in.U.Row(b)
		newest.Data = append(newest.Data, u.Row(u.Shape[0]-1).Data...)
	}
	for _, exits := range [][]*EnvelopeError{m.guard.CheckParams(in.Cond), m.guard.Check(newest)} {
		if err := m.look(exits, in, true); err != nil {
			return err
		}
	}
	if err := step(); err != nil {
		return err
	}
	return m.look(m.guard.Check(dst), in, false)
}

// look tells of the rows that left.
func (m *guarded) look(exits []*EnvelopeError, in eddy.Input, input bool) error {
	for b, exit := range exits {
		if exit == nil {
			continue
		}
		exit.Input = input
		if in.T != nil {
			exit.Time = in.T[b]
			if !input {
				exit.Time += m.guard.spec.Dt
			}
		}
		if err := m.guard.tell(exit); err != nil {
			return err
		}
	}
	return nil
}

type guardedEnsemble struct {
	*guarded
	ensemble eddy.Ensemble
}

func (m *guardedEnsemble) Sample(ctx context.Context, dst *eddy.Tensor, in eddy.Input, keys []eddy.Key) error {
	return m.between(dst, in, func() error { return m.ensemble.Sample(ctx, dst, in, keys) })
}
