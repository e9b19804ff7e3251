package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/operators/nn"
)

// run trains from the state to the end.
func (t *Trainer) run(ctx context.Context, train, valid datasets.Dataset) (Report, error) {
	t.began = t.now()
	if err := t.prepare(ctx, train, valid); err != nil {
		return Report{}, err
	}
	if err := t.tell(Event{Kind: Started}); err != nil {
		return Report{}, err
	}
	if err := t.firstCheckpoint(); err != nil {
		return Report{}, err
	}
	if t.state.Pending != nil {
		t.last = *t.state.Pending
		if err := t.settle(ctx); err != nil {
			return Report{}, t.interrupted(ctx, err)
		}
	}
	for !t.done() {
		if err := t.advance(ctx); err != nil {
			return Report{}, t.interrupted(ctx, err)
		}
	}
	if err := t.finish(ctx); err != nil {
		return Report{}, t.interrupted(ctx, err)
	}
	return t.report(), nil
}

// prepare builds everything that steps need.
func (t *Trainer) prepare(ctx context.Context, train, valid datasets.Dataset) error {
	meta := t.state.Meta
	build := t.NewObjective
	if build == nil {
		build = t.namedObjective
	}
	objective, err := build(meta)
	if err != nil {
		return err
	}
	horizon := 1
	if u, ok := objective.(Unrolled); ok {
		horizon = u.Horizon()
	}
	if t.feed, err = newFeed(ctx, train, meta.Spec.History, horizon, t.config.Train.Batch, t.config.Seed, t.state.Position); err != nil {
		return err
	}
	if s := &t.state.stateRecord; s.Windows == 0 {
		s.Windows = t.feed.windows
	} else if s.Windows != t.feed.windows {
		return fmt.Errorf("train: the training data have %d windows, the run was started with %d: use the same data", t.feed.windows, s.Windows)
	}
	if t.step, err = compileStep(t.module, objective, meta, t.config.Train.Batch, horizon); err != nil {
		return err
	}
	if valid != nil {
		t.valid, err = newValidator(ctx, t, valid)
	}
	return err
}

// firstCheckpoint makes a fresh run resumable from its first moment and completes the last checkpoint of an old one.
func (t *Trainer) firstCheckpoint() error {
	if t.saved < 0 {
		return t.save()
	}
	return t.writeModels()
}

// done tells whether steps or time are used up.
func (t *Trainer) done() bool {
	return progress(t.config.Train, t.state.Meta.Step, t.budgetSeconds()) >= 1
}

// budgetSeconds is the time spent where a budget limits it; otherwise 0, so that no result depends on the clock.
func (t *Trainer) budgetSeconds() float64 {
	if t.config.Train.Minutes == 0 {
		return 0
	}
	return t.seconds()
}

// advance makes one step and what is due after it.
func (t *Trainer) advance(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	batch, err, _ := t.feed.next()
	if err != nil {
		return err
	}
	if err := t.update(batch.Batch); err != nil {
		return err
	}
	t.state.Position = batch.next
	t.state.Pending = &t.last
	return t.settle(ctx)
}

// settle does what is due after a step: validation, a row, a checkpoint. If it is interrupted, the step stays pending in the state, and a resumed run begins with
// settling it.
func (t *Trainer) settle(ctx context.Context) error {
	var v *Validation
	s, step := t.config.Train, t.state.Meta.Step
	if t.valid != nil && (due(step, s.ValidateEvery) || t.done()) {
		var err error
		if v, err = t.validate(ctx); err != nil {
			return err
		}
	}
	if err := t.log.row(t.last, v); err != nil {
		return err
	}
	t.state.Pending = nil
	if err := t.tell(Event{Kind: Stepped}); err != nil {
		return err
	}
	if v != nil || due(step, s.CheckpointEvery) {
		return t.save()
	}
	return nil
}

func due(step, every int) bool { return every > 0 && step%every == 0 }

// update fills the graph with a batch, runs it and moves the weights.
func (t *Trainer) update(b datasets.Batch) error {
	s := t.state
	t.step.load(s.Meta, b, rand.New(s.rng))
	if err := t.step.program.Run(); err != nil {
		return err
	}
	t.last = stepResult{
		Step: s.Meta.Step + 1, Epoch: s.Position.Epoch,
		LR:   learningRate(t.config.Optim, t.config.Train, s.Meta.Step, t.budgetSeconds()),
		Loss: nn.ScalarValue(t.step.loss), Norm: gradientNorm(t.step.grads),
	}
	if !finite(t.last.Loss) || !finite(t.last.Norm) {
		return t.lossError(b)
	}
	s.optimiser.update(t.step.grads, t.last.Norm, t.last.LR)
	s.Meta.Step++
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// lossError looks whether the data are to blame and names the batch.
func (t *Trainer) lossError(b datasets.Batch) error {
	e := &LossError{Step: t.last.Step, Loss: t.last.Loss, Norm: t.last.Norm}
	for i, w := range b.Refs {
		e.Windows = append(e.Windows, w)
		for _, part := range []*eddy.Tensor{b.U, b.Target, b.Static, b.Cond} {
			if part != nil && !allFinite(part.Row(i).Data) {
				e.Bad = append(e.Bad, w)
				break
			}
		}
	}
	if t.saved >= 0 {
		e.Checkpoint, e.SavedStep = filepath.Join(t.Run.Dir, StateFile), t.saved
	}
	return e
}

func allFinite(x []float32) bool {
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// finish validates and saves after the last step where that was not done yet.
func (t *Trainer) finish(ctx context.Context) error {
	m := &t.state.Meta
	if t.valid != nil && (m.Validation == nil || m.Validation.Step != m.Step) { // the time ran out behind the last step
		if _, err := t.validate(ctx); err != nil {
			return err
		}
		t.saved = -1
	}
	if t.saved != m.Step {
		if err := t.save(); err != nil {
			return err
		}
	}
	return t.tell(Event{Kind: Finished})
}

// interrupted saves the state when it was the context that ended the work, and passes other errors on.
func (t *Trainer) interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	if t.saved != t.state.Meta.Step {
		if err := t.save(); err != nil {
			return err
		}
	}
	return &InterruptedError{Step: t.state.Meta.Step, Dir: t.Run.Dir, Err: ctx.Err()}
}

func (t *Trainer) report() Report {
	s := t.state
	r := Report{
		Step: s.Meta.Step, Epoch: s.Position.Epoch, Loss: t.last.Loss, Seconds: t.seconds(), Stopped: "steps",
		Parameters: nn.Count(t.module.Params()), Validation: s.Meta.Validation, Best: s.Best,
	}
	if t.config.Train.Steps == 0 || s.Meta.Step < t.config.Train.Steps {
		r.Stopped = "time"
	}
	return r
}

// trainStep is the compiled graph of loss and gradients for one batch size.
type trainStep struct {
	objective Objective
	in        nn.Inputs
	loss      *gorgonia.Node
	grads     []*gorgonia.Node
	program   *nn.Program
}

func compileStep(m Module, objective Objective, meta Meta, batch, horizon int) (*trainStep, error) {
	g := nn.NewGraph(tensor.Float32)
	grid := meta.Spec.Grid.Shape()
	s := &trainStep{objective: objective, in: meta.Placeholders(g, batch, grid)}
	s.in.Target = g.Placeholder("target", append([]int{batch, horizon * meta.Spec.Channels()}, grid...)...)
	if n, ok := objective.(Noisy); ok {
		s.in.Noise = map[string]*nn.Placeholder{}
		shapes := n.NoiseShapes(s.in.U.Shape())
		for _, name := range sortedKeys(shapes) {
			s.in.Noise[name] = g.Placeholder(name, shapes[name]...)
		}
	}
	var err error
	if s.loss, err = objective.Loss(g, m, s.in); err != nil {
		return nil, err
	}
	if s.grads, err = g.Grad(s.loss, m.Params()); err != nil {
		return nil, err
	}
	s.program, err = g.Compile(append([]*gorgonia.Node{s.loss}, s.grads...)...)
	return s, err
}

// load normalises a batch into the graph's inputs and lets the objective draw.
func (s *trainStep) load(meta Meta, b datasets.Batch, rng *rand.Rand) {
	meta.Fill(s.in, eddy.Input{U: b.U, Static: b.Static, Cond: b.Cond})
	meta.Normaliser.Apply(s.in.Target.Data(), b.Target.Data, meta.Spec.Grid.Points())
	s.objective.Draw(rng, &s.in)
}
