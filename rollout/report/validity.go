package report

import (
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
)

// Validity tells whether a contender stayed inside of what it was trained on: see rollout.Envelope.
type Validity struct {
	Outside int                      // trajectories whose start is outside already
	Start   *rollout.EnvelopeError   // the first of them; nil where there is none
	Exits   []*rollout.EnvelopeError // of rollouts that began inside, when they left; Trajectory is that of the data
	Members []int                    // member of each exit
}

// First is the earliest exit; nil where all rollouts stayed.
func (v *Validity) First() *rollout.EnvelopeError {
	var first *rollout.EnvelopeError
	for _, e := range v.Exits {
		if first == nil || e.Step < first.Step {
			first = e
		}
	}
	return first
}

// watch looks at the rollouts of one contender.
type watch struct {
	guard    *rollout.Guard
	validity Validity
	left     map[int]bool // rows of all trajectories that are outside
}

func newWatch(c Contender, spec eddy.Spec) (*watch, error) {
	if c.Envelope == nil {
		return nil, nil
	}
	g, err := rollout.NewGuard(c.Envelope, spec, rollout.Slack{})
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", c.Name, err)
	}
	return &watch{guard: g, left: map[int]bool{}}, nil
}

// begin looks at the starts [B, C, X…] of the trajectories that begin with from, and at the scalars that belong to them.
func (w *watch) begin(start, cond *eddy.Tensor, from, members int) {
	if w == nil {
		return
	}
	exits := w.guard.Check(start)
	for b, e := range w.guard.CheckParams(cond) {
		if e != nil {
			exits[b] = e
		}
	}
	for b, e := range exits {
		if e == nil {
			continue
		}
		e.Trajectory, e.Input = from+b, true
		w.validity.Outside++
		if w.validity.Start == nil {
			w.validity.Start = e
		}
		for j := range members {
			w.left[(from+b)*members+j] = true
		}
	}
}

// see looks at the states [B·M, C, X…] of a step.
func (w *watch) see(step int, dt float64, state *eddy.Tensor, from, members int) {
	if w == nil {
		return
	}
	for row, e := range w.guard.Check(state) {
		at := from*members + row
		if e == nil || w.left[at] {
			continue
		}
		w.left[at] = true
		e.Trajectory, e.Step, e.Time = at/members, step, float64(step)*dt
		w.validity.Exits = append(w.validity.Exits, e)
		w.validity.Members = append(w.validity.Members, at%members)
	}
}
