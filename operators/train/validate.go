package train

import (
	"context"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// Validation is how well the weights did on validation data. Both errors are normalised root mean square errors in physical units: √mean_x d² / √mean_x y² per
// trajectory, field and step, then the mean over all of them.
type Validation struct {
	Step         int   `json:"step"`           // of the weights
	OneStep      Score `json:"one_step_nrmse"` // every step from the truth
	Rollout      Score `json:"rollout_nrmse"`  // from the first states on, mean over the horizon; not finite where a rollout blew up
	Horizon      int   `json:"horizon"`        // steps
	Trajectories int   `json:"trajectories"`
}

// better tells whether v is an improvement: a lower rollout error, or where neither is finite a lower one-step error.
func (v Validation) better(than Validation) bool {
	if finite(float64(v.Rollout)) || finite(float64(than.Rollout)) {
		return v.Rollout < than.Rollout
	}
	return v.OneStep < than.OneStep
}

// validator holds the model and what it is compared with: the first states of trajectories.
type validator struct {
	model   eddy.Model
	data    datasets.Dataset
	horizon int
	window  datasets.Window // initial states and truth in one
}

// maxTruth bounds the truth that a validation holds in a batch, in values; a few batches are in memory at a time.
const maxTruth = 4 << 20

// newValidator chooses trajectories and makes sure that they are finite, so that a score that is not finite tells of the model.
func newValidator(ctx context.Context, t *Trainer, ds datasets.Dataset) (*validator, error) {
	meta := t.state.Meta
	spec := specOf(ds, t.Run.History)
	if err := meta.Spec.CheckData(spec); err != nil {
		return nil, fmt.Errorf("train: validation data: %w", err)
	}
	history, horizon := meta.Spec.History, t.config.Train.ValidateSteps
	if spec.Steady {
		horizon = 1
	}
	var trajs []int
	for i := 0; i < ds.Len() && len(trajs) < t.config.Train.ValidateTrajectories; i++ {
		if n := ds.Frames(i) - history; n >= 1 {
			trajs = append(trajs, i)
			horizon = min(horizon, n)
		}
	}
	if len(trajs) == 0 {
		return nil, fmt.Errorf("train: validation data: no trajectory has the %d frames that one step needs", history+1)
	}
	chosen, err := datasets.Subset(ds, trajs)
	if err != nil {
		return nil, err
	}
	s, err := datasets.Measure(ctx, chosen)
	if err != nil {
		return nil, fmt.Errorf("train: validation data: %w", err)
	}
	if s.First != nil {
		s.First.Traj = trajs[s.First.Traj]
		return nil, fmt.Errorf("train: validation data: %w", s.Finite())
	}
	build := t.NewModel
	if build == nil {
		build = func(m Module, meta Meta) (eddy.Model, error) { return NewPredictor(m, meta) }
	}
	m, err := build(t.module, meta)
	if err != nil {
		return nil, err
	}
	return compare(m, chosen, horizon), nil
}

// compare is a validator on the first steps of all trajectories of a data set.
func compare(m eddy.Model, ds datasets.Dataset, horizon int) *validator {
	frames := m.Spec().History + horizon
	return &validator{model: m, data: ds, horizon: horizon, window: datasets.Window{
		History: frames,
		Stride:  math.MaxInt, // one window a trajectory
		Batch:   min(max(maxTruth/(frames*eddy.Size(ds.Spec().FrameShape())), 1), ds.Len()),
	}}
}

// validate measures the averaged weights and notes the result, also as the best where it is.
func (t *Trainer) validate(ctx context.Context) (*Validation, error) {
	t.state.optimiser.swap()
	v, err := t.valid.measure(ctx)
	t.state.optimiser.swap()
	if err != nil {
		return nil, fmt.Errorf("train: validation at step %d: %w", t.state.Meta.Step, err)
	}
	s := &t.state.stateRecord
	v.Step = s.Meta.Step
	s.Meta.Validation = &v
	if s.Best == nil || v.better(s.Best.Validation) {
		s.Best = &Best{Step: v.Step, Validation: v}
	}
	return &v, t.tell(Event{Kind: Validated, Validation: &v})
}

// measure makes the model's steps from the truth and its own trajectories, a few at a time.
func (v *validator) measure(ctx context.Context) (Validation, error) {
	var one, roll nrmse
	for b, err := range datasets.Batches(ctx, v.data, v.window, nil) {
		if err != nil {
			return Validation{}, err
		}
		if err := v.oneStep(ctx, &one, b); err != nil {
			return Validation{}, err
		}
		if err := v.rollout(ctx, &roll, b); err != nil {
			return Validation{}, err
		}
	}
	return Validation{OneStep: one.score(), Rollout: roll.score(), Horizon: v.horizon, Trajectories: v.data.Len()}, nil
}

// input is what the model sees before step s, counted from 0, of a batch.
func (v *validator) input(b datasets.Batch, s int) eddy.Input {
	spec := v.model.Spec()
	in := eddy.Input{U: frames(b.U, s, spec.History), Static: b.Static, Cond: b.Cond, T: make([]float64, len(b.Refs))}
	for i := range in.T {
		in.T[i] = float64(s+spec.History-1) * spec.Dt
	}
	return in
}

// oneStep adds the errors of steps from the truth.
func (v *validator) oneStep(ctx context.Context, e *nrmse, b datasets.Batch) error {
	for s := range v.horizon {
		in, truth := v.input(b, s), v.truth(b, s)
		state := eddy.NewTensor(truth.Shape...)
		if err := v.model.Step(ctx, state, in); err != nil {
			return err
		}
		e.add(state, truth)
	}
	return nil
}

// rollout adds the errors of the model's own trajectories, up to the step in which one of them blows up: no number makes up for that.
func (v *validator) rollout(ctx context.Context, e *nrmse, b datasets.Batch) error {
	s := 0
	for state, err := range rollout.Steps(ctx, v.model, v.input(b, 0)) {
		if state == nil {
			return err
		}
		e.add(state, v.truth(b, s))
		if s++; s == v.horizon || err != nil {
			break
		}
	}
	return nil
}

// truth is the state [B, C, X…] that step s, counted from 0, should lead to.
func (v *validator) truth(b datasets.Batch, s int) *eddy.Tensor {
	u := frames(b.U, v.model.Spec().History+s, 1)
	return u.Reshape(append([]int{u.Shape[0]}, u.Shape[2:]...)...)
}

// frames is a copy of frames from … from+n−1 of all rows of u [B, T, C, X…].
func frames(u *eddy.Tensor, from, n int) *eddy.Tensor {
	out := eddy.NewTensor(append([]int{u.Shape[0], n}, u.Shape[2:]...)...)
	for i := range u.Shape[0] {
		out.Row(i).CopyFrom(u.Row(i).Rows(from, from+n))
	}
	return out
}

// nrmse gathers the errors of every step, trajectory and field. Where a field is zero throughout there is none.
type nrmse struct {
	errors []float64
	skip   []bool
}

// add takes the errors of states [B, C, X…].
func (e *nrmse) add(got, want *eddy.Tensor) {
	zero := metric.Zero(want)
	of := make([]float64, len(zero))
	metric.NRMSE(of, got, want)
	e.errors, e.skip = append(e.errors, of...), append(e.skip, zero...)
}

func (e *nrmse) score() Score {
	if s := metric.Mean(e.errors, e.skip); finite(s) {
		return Score(s)
	}
	return Score(math.Inf(1))
}
