package report

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// contest is one contender in one batch of trajectories. Row b·M+j of its tensors is member j of trajectory b.
type contest struct {
	model    eddy.Model
	ensemble eddy.Ensemble // nil for a model that has one answer
	tally    *tally
	from     int          // first trajectory
	newest   *eddy.Tensor // [B, C, X…], the true frame seen last
	cond     *eddy.Tensor // [B, P], of the trajectories
	in       eddy.Input   // U is the newest truth, [B·M, H, C, X…]
	keys     []eddy.Key   // of the rows, at step 0
	now      []eddy.Key   // of the step at hand
	oneStep  *eddy.Tensor // [B·M, C, X…]
	runs     []*metric.Run
	next     func() (*eddy.Tensor, error, bool)
	stop     func()
	blank    *eddy.Tensor // what a rollout whose every row diverged looks like
}

func newContest(r *runner, m eddy.Model, t *tally, condition eddy.Input, from, to int) *contest {
	c := &contest{model: m, tally: t, from: from, cond: condition.Cond}
	c.ensemble, _ = m.(eddy.Ensemble)
	condition.U = eddy.NewTensor(append([]int{to - from, max(m.Spec().History, 1)}, r.spec.FrameShape()...)...)
	condition.T = make([]float64, to-from)
	c.in, c.keys = rollout.Members(condition, t.members, r.o.Seed, from)
	c.now = make([]eddy.Key, len(c.keys))
	c.oneStep = eddy.NewTensor(append([]int{len(c.keys)}, r.spec.FrameShape()...)...)
	for _, m := range r.metrics.rollouts {
		c.runs = append(c.runs, r.plan.NewRun(m, len(c.keys)))
	}
	return c
}

// see shifts a true frame [B, C, X…] into the input.
func (c *contest) see(frame *eddy.Tensor, t float64) {
	c.newest = frame
	h := c.in.U.Shape[1]
	for row := range c.in.U.Shape[0] {
		u, newest := c.in.U.Row(row).Data, frame.Row(row/c.tally.members).Data
		copy(u, u[len(newest):])
		copy(u[(h-1)*len(newest):], newest)
		c.in.T[row] = t
	}
}

// begin starts the rollout from what has been seen.
func (c *contest) begin(ctx context.Context) {
	c.tally.watch.begin(c.newest, c.cond, c.from, c.tally.members)
	in := c.in
	in.U = c.in.U.Clone() // the rollout keeps its start, while c.in moves on with the truth
	in.T = slices.Clone(c.in.T)
	steps := rollout.Steps(ctx, c.model, in)
	if c.ensemble != nil {
		steps = rollout.Draws(ctx, c.ensemble, in, c.keys)
	}
	c.next, c.stop = iter.Pull2(steps)
}

// step makes a step from the truth. An ensemble draws what the rollout draws at that step.
func (c *contest) step(ctx context.Context, step int) error {
	if c.ensemble == nil {
		return c.model.Step(ctx, c.oneStep, c.in)
	}
	for i, k := range c.keys {
		k.Step = uint64(step)
		c.now[i] = k
	}
	return c.ensemble.Sample(ctx, c.oneStep, c.in, c.now)
}

// compete makes a step from the truth and one of the rollout, and adds their errors.
func (c *contest) compete(ctx context.Context, r *runner, index, step int) error {
	// The step from the truth comes first: a model that compiles itself for a new shape does so here and not on the clock of the rollout.
	if err := c.step(ctx, step); err != nil {
		return err
	}
	c.tally.addOneStep(step, c.from, c.oneStep, r.truth.repeat(r, c.tally.members))
	if step > r.steps {
		return nil
	}
	state, err := c.advance()
	if err != nil {
		return err
	}
	c.tally.add(r, step, c.from, state, c.runs)
	c.tally.watch.see(step, r.spec.Dt, state, c.from, c.tally.members)
	if c.from == 0 {
		r.film.addPrediction(index, step, state.Row(0))
	}
	return nil
}

// advance is the next state of the rollout, NaN where a row has diverged.
func (c *contest) advance() (*eddy.Tensor, error) {
	if c.blank != nil {
		return c.blank, nil
	}
	began := time.Now()
	state, err, more := c.next()
	took := time.Since(began)
	if !more { // every row diverged before
		c.blank = notANumber(c.oneStep.Shape)
		return c.blank, nil
	}
	if diverged := new(rollout.DivergenceError); errors.As(err, &diverged) {
		c.tally.diverge(diverged, c.from)
	} else if err != nil {
		return nil, err
	}
	c.tally.clock(took, state.Shape[0])
	return state, nil
}
