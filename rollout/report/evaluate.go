package report

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// Options says how to evaluate. The zero value rolls every trajectory out to the end of the data, against nothing.
type Options struct {
	Steps   int         // length of the rollouts; 0: to the end of the shortest trajectory
	Batch   int         // trajectories that step together; 0: up to 16, fewer where they are large
	Against []Contender // baselines, see Baseline; a solver on a grid of its own choice is one too

	// For the record, printed in the files.
	Data    string // name of the data
	Command string // the command that repeats the evaluation
	Config  string // configuration of the model, any text
	Threads int    // 0: as many as are set now

	// Progress, if set, is called now and then with the steps done and to be done, over all contenders.
	Progress func(done, total int)
}

// Evaluate rolls models and baselines out beside the truth. See the package doc for what is measured, [Evaluation.Write] for the files. The first model is the
// one that headlines speak of.
//
// It fails where a model does not fit the data (fields, time step, grid), where a trajectory is too short, where the data hold NaN, or with ctx.Err(). A model
// that diverges is a result.
func Evaluate(ctx context.Context, models []Contender, ds datasets.Dataset, o Options) (e *Evaluation, err error) {
	defer eddy.Recover(&err)
	r, err := newRunner(models, ds, o)
	if err != nil {
		return nil, err
	}
	for from := 0; from < ds.Len(); from += r.batch {
		if err := r.group(ctx, from, min(from+r.batch, ds.Len())); err != nil {
			return nil, err
		}
	}
	return r.evaluation(), nil
}

// runner is an evaluation under way.
type runner struct {
	ds     datasets.Dataset
	spec   eddy.Spec
	o      Options
	all    []Contender // models, then baselines
	models int
	start  int // frame from which rollouts start
	steps  int
	frames int // frames used of every trajectory
	batch  int

	tallies []*tally // one a contender
	truth   *truthTally
	film    *film
	plans   chan *metric.Spectrum
	bands   []metric.Band
	done    int
	notes   []string
}

func newRunner(models []Contender, ds datasets.Dataset, o Options) (*runner, error) {
	if len(models) == 0 {
		return nil, errors.New("report: no model to evaluate")
	}
	r := &runner{ds: ds, spec: ds.Spec(), o: o, models: len(models)}
	if r.spec.Grid.Dims() == 0 {
		return nil, errors.New("report: the data have no space axis, so there is nothing to take means and correlations over")
	}
	r.all = distinct(models, o.Against)
	for _, c := range r.all {
		s := c.Model.Spec()
		if err := s.CheckData(r.spec); err != nil {
			return nil, fmt.Errorf("report: %s does not fit the data: %w", c.Name, err)
		}
		r.start = max(r.start, s.History-1)
	}
	if err := r.length(); err != nil {
		return nil, err
	}
	r.batch = o.Batch
	if r.batch <= 0 {
		r.batch = r.chooseBatch()
	}
	r.batch = min(r.batch, ds.Len())
	if o.Threads <= 0 {
		r.o.Threads = par.Threads()
	}
	plan := metric.NewSpectrum(r.spec.Grid)
	r.plans = make(chan *metric.Spectrum, par.Threads())
	r.plans <- plan
	for range cap(r.plans) - 1 {
		r.plans <- plan.Clone()
	}
	r.bands = metric.Bands(plan.Shells())
	if plan.Windowed() {
		r.notes = append(r.notes, "The domain is not periodic along every axis. Spectra and errors per band are taken under a Hann window along those axes; all other numbers are not windowed.")
	}
	r.truth = newTruthTally(r, plan)
	for range r.all {
		r.tallies = append(r.tallies, newTally(r, plan.Shells()))
	}
	r.film = newFilm(r)
	return r, nil
}

// distinct joins two lists of contenders and gives those of equal names a number.
func distinct(models, against []Contender) []Contender {
	all := append(append([]Contender(nil), models...), against...)
	seen := map[string]int{}
	for i := range all {
		if all[i].Name == "" {
			all[i].Name = "model"
		}
		name := all[i].Name
		if seen[name]++; seen[name] > 1 {
			all[i].Name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
	}
	return all
}

// length decides how many frames and steps are used.
func (r *runner) length() error {
	if r.ds.Len() == 0 {
		return errors.New("report: the data set has no trajectories")
	}
	shortest, longest := 0, 0
	for i := range r.ds.Len() {
		n := r.ds.Frames(i)
		if n < r.ds.Frames(shortest) {
			shortest = i
		}
		longest = max(longest, n)
	}
	r.frames = r.ds.Frames(shortest)
	available := r.frames - 1 - r.start
	switch {
	case available < 1:
		return fmt.Errorf("report: trajectory %d has %d frames; %d of history and one to compare with are needed", shortest, r.frames, r.start+1)
	case r.o.Steps > available:
		return fmt.Errorf("report: %d steps asked for, but trajectory %d has %d frames, enough for %d steps after frame %d", r.o.Steps, shortest, r.frames, available, r.start)
	case r.o.Steps < 0:
		return fmt.Errorf("report: %d steps asked for, expected 0 (to the end of the data) or more", r.o.Steps)
	case r.o.Steps > 0:
		r.steps = r.o.Steps
	default:
		r.steps = available
	}
	if r.spec.Steady {
		r.steps = 1
	}
	if longest > r.frames {
		r.notes = append(r.notes, fmt.Sprintf("Trajectories differ in length (%d to %d frames). The first %d frames of each are used.", r.frames, longest, r.frames))
	}
	return nil
}

// maxLoad bounds the values that a batch of trajectories holds at a time, over all contenders: 1 GiB of float32.
const maxLoad = 256 << 20

// chooseBatch is 16 trajectories, or as many as fit.
func (r *runner) chooseBatch() int {
	state := eddy.Size(r.spec.FrameShape())
	perTrajectory := state * (r.start + 3)
	for _, c := range r.all {
		perTrajectory += state * (2*max(c.Model.Spec().History, 1) + 4)
	}
	return max(1, min(16, maxLoad/perTrajectory))
}

// contest is one contender in one batch of trajectories.
type contest struct {
	model   eddy.Model
	tally   *tally
	in      eddy.Input   // U is the newest truth, [B, H, C, X…]
	oneStep *eddy.Tensor // [B, C, X…]
	next    func() (*eddy.Tensor, error, bool)
	stop    func()
	blank   *eddy.Tensor // what a rollout whose every row diverged looks like
}

// group evaluates trajectories from … to−1: one pass over their frames, in which every contender makes one step from the truth and one of its rollout.
func (r *runner) group(ctx context.Context, from, to int) error {
	source := newSource(r.ds, from, to, r.frames)
	condition, err := source.condition(ctx)
	if err != nil {
		return err
	}
	contests := make([]*contest, len(r.all))
	for i, c := range r.all {
		contests[i] = newContest(c.Model, r.tallies[i], condition, to-from, r.spec)
	}
	defer func() {
		for _, c := range contests {
			if c.stop != nil {
				c.stop()
			}
		}
	}()
	target := eddy.NewTensor(append([]int{to - from}, r.spec.FrameShape()...)...)
	for f := range r.frames {
		if err := source.frame(ctx, target, f); err != nil {
			return err
		}
		step := f - r.start
		if step >= 1 {
			r.truth.add(r, step, target)
			for i, c := range contests {
				if err := c.compete(ctx, r, i, step, from, target); err != nil {
					return fmt.Errorf("report: %s: %w", r.all[i].Name, err)
				}
			}
		}
		for i, c := range contests {
			c.see(target, float64(f)*r.spec.Dt)
			if step == 0 {
				c.begin(ctx)
				if from == 0 {
					r.film.addPrediction(i, 0, target.Row(0))
				}
			}
		}
		if from == 0 {
			r.film.addTruth(step, target.Row(0))
		}
		if r.o.Progress != nil && step >= 1 {
			r.done += (to - from) * len(r.all)
			r.o.Progress(r.done, (r.frames-1-r.start)*r.ds.Len()*len(r.all))
		}
	}
	return nil
}

func newContest(m eddy.Model, t *tally, condition eddy.Input, batch int, spec eddy.Spec) *contest {
	c := &contest{model: m, tally: t, in: condition}
	c.in.T = make([]float64, batch)
	c.in.U = eddy.NewTensor(append([]int{batch, max(m.Spec().History, 1)}, spec.FrameShape()...)...)
	c.oneStep = eddy.NewTensor(append([]int{batch}, spec.FrameShape()...)...)
	return c
}

// see shifts a true frame [B, C, X…] into the input.
func (c *contest) see(frame *eddy.Tensor, t float64) {
	h := c.in.U.Shape[1]
	for b := range frame.Shape[0] {
		u, newest := c.in.U.Row(b).Data, frame.Row(b).Data
		copy(u, u[len(newest):])
		copy(u[(h-1)*len(newest):], newest)
		c.in.T[b] = t
	}
}

// begin starts the rollout from what has been seen.
func (c *contest) begin(ctx context.Context) {
	in := c.in
	in.U = c.in.U.Clone() // the rollout keeps its start, while c.in moves on with the truth
	in.T = append([]float64(nil), c.in.T...)
	c.next, c.stop = iter.Pull2(rollout.Steps(ctx, c.model, in))
}

// compete makes a step from the truth and one of the rollout, and adds their errors.
func (c *contest) compete(ctx context.Context, r *runner, index, step, from int, target *eddy.Tensor) error {
	// The step from the truth comes first: a model that compiles itself for a new shape does so here and not on the clock of the rollout.
	if err := c.model.Step(ctx, c.oneStep, c.in); err != nil {
		return err
	}
	c.tally.addOneStep(r, step, from, c.oneStep, target)
	if step > r.steps {
		return nil
	}
	state := c.blank
	if state == nil {
		began := time.Now()
		s, err, more := c.next()
		took := time.Since(began)
		var diverged *rollout.DivergenceError
		switch {
		case !more: // every row diverged before
			c.blank = notANumber(c.oneStep.Shape)
			s = c.blank
		case errors.As(err, &diverged):
			c.tally.diverge(diverged, from)
			fallthrough
		case err == nil:
			c.tally.clock(took, s.Shape[0])
		default:
			return err
		}
		state = s
	}
	c.tally.add(r, step, from, state, target)
	if from == 0 {
		r.film.addPrediction(index, step, state.Row(0))
	}
	return nil
}
