package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
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

// validator holds the model and the choice of validation data.
type validator struct {
	model   eddy.Model
	data    datasets.Dataset
	horizon int
	trajs   []int
}

func newValidator(t *Trainer, ds datasets.Dataset) (*validator, error) {
	meta := t.state.Meta
	spec := specOf(ds, t.Run.History)
	if err := meta.Spec.CheckData(spec); err != nil {
		return nil, fmt.Errorf("train: validation data: %w", err)
	}
	v := &validator{data: ds, horizon: t.config.Train.ValidateSteps}
	if spec.Steady {
		v.horizon = 1
	}
	for i := 0; i < ds.Len() && len(v.trajs) < t.config.Train.ValidateTrajectories; i++ {
		if n := ds.Frames(i) - meta.Spec.History; n >= 1 {
			v.trajs = append(v.trajs, i)
			v.horizon = min(v.horizon, n)
		}
	}
	if len(v.trajs) == 0 {
		return nil, fmt.Errorf("train: validation data: no trajectory has the %d frames that one step needs", meta.Spec.History+1)
	}
	build := t.NewModel
	if build == nil {
		build = func(m Module, meta Meta) (eddy.Model, error) { return NewPredictor(m, meta) }
	}
	var err error
	v.model, err = build(t.module, meta)
	return v, err
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

// maxTruth bounds the memory of the truth that a validation holds at a time, in values.
const maxTruth = 16 << 20

// measure rolls the model out, a few trajectories at a time.
func (v *validator) measure(ctx context.Context) (Validation, error) {
	spec := v.model.Spec()
	frames := spec.History + v.horizon
	state := eddy.Size(v.data.Spec().FrameShape())
	group := min(max(maxTruth/(frames*state), 1), len(v.trajs))
	var one, roll mean
	for from := 0; from < len(v.trajs); from += group {
		trajs := v.trajs[from:min(from+group, len(v.trajs))]
		truth := eddy.NewTensor(append([]int{len(trajs), frames}, v.data.Spec().FrameShape()...)...)
		cond, err := v.read(ctx, truth, trajs)
		if err != nil {
			return Validation{}, err
		}
		if err := v.oneStep(ctx, &one, truth, cond); err != nil {
			return Validation{}, err
		}
		if err := v.rollout(ctx, &roll, truth, cond); err != nil {
			return Validation{}, err
		}
	}
	return Validation{OneStep: one.score(), Rollout: roll.score(), Horizon: v.horizon, Trajectories: len(v.trajs)}, nil
}

// read fills truth [N, T, C, X…] with the first frames of trajectories and returns what else a step is handed.
func (v *validator) read(ctx context.Context, truth *eddy.Tensor, trajs []int) (eddy.Input, error) {
	spec := v.data.Spec()
	in := eddy.Input{T: make([]float64, len(trajs))}
	if n := len(spec.Statics); n > 0 {
		in.Static = eddy.NewTensor(append([]int{len(trajs), n}, spec.Grid.Shape()...)...)
	}
	if n := len(spec.Params); n > 0 {
		in.Cond = eddy.NewTensor(len(trajs), n)
	}
	for i, traj := range trajs {
		if err := v.data.Read(ctx, truth.Row(i), traj, 0); err != nil {
			return eddy.Input{}, err
		}
		if err := readCondition(ctx, v.data, in.Static, in.Cond, i, traj); err != nil {
			return eddy.Input{}, err
		}
	}
	return in, nil
}

// readCondition fills row i of static and cond, either of which may be nil, with those of a trajectory.
func readCondition(ctx context.Context, ds datasets.Dataset, static, cond *eddy.Tensor, i, traj int) error {
	if static == nil && cond == nil {
		return nil
	}
	c, ok := ds.(datasets.Conditioned)
	if !ok {
		return errors.New("the data set names static fields or parameters but does not hand them out")
	}
	var s *eddy.Tensor
	var p []float32
	if static != nil {
		s = static.Row(i)
	}
	if cond != nil {
		p = cond.Row(i).Data
	}
	return c.Condition(ctx, s, p, traj)
}

// oneStep adds the errors of steps from the truth.
func (v *validator) oneStep(ctx context.Context, m *mean, truth *eddy.Tensor, cond eddy.Input) error {
	spec := v.model.Spec()
	n, frame := truth.Shape[0], truth.Shape[2:]
	in := cond
	in.U = eddy.NewTensor(append([]int{n, spec.History}, frame...)...)
	dst := eddy.NewTensor(append([]int{n}, frame...)...)
	for s := range v.horizon {
		for i := range n {
			copy(in.U.Row(i).Data, truth.Row(i).Rows(s, s+spec.History).Data)
			in.T[i] = float64(s+spec.History-1) * spec.Dt
		}
		if err := v.model.Step(ctx, dst, in); err != nil {
			return err
		}
		for i := range n {
			m.add(dst.Row(i), truth.Row(i).Row(s+spec.History))
		}
	}
	return nil
}

// rollout adds the errors of the model's own trajectories.
func (v *validator) rollout(ctx context.Context, m *mean, truth *eddy.Tensor, cond eddy.Input) error {
	spec := v.model.Spec()
	history := spec.History
	n := truth.Shape[0]
	in := cond
	in.U = eddy.NewTensor(append([]int{n, history}, truth.Shape[2:]...)...)
	for i := range n {
		copy(in.U.Row(i).Data, truth.Row(i).Rows(0, history).Data)
		in.T[i] = float64(history-1) * spec.Dt
	}
	dst := eddy.NewTensor(append([]int{n}, truth.Shape[2:]...)...)
	for s := range v.horizon {
		if err := v.model.Step(ctx, dst, in); err != nil {
			return err
		}
		for i := range n {
			m.add(dst.Row(i), truth.Row(i).Row(history+s))
			window := in.U.Row(i)
			copy(window.Data, window.Data[dst.Row(i).Len():]) // the oldest state goes
			copy(window.Row(history-1).Data, dst.Row(i).Data)
			in.T[i] += spec.Dt
		}
		if !finite(m.sum) {
			return nil // it blew up and will not come back
		}
	}
	return nil
}

// mean averages nRMSE over fields, trajectories and steps.
type mean struct {
	sum   float64
	count int
}

// add takes the errors of one state [C, X…]. A field that is zero throughout has no relative error and is left out.
func (m *mean) add(got, want *eddy.Tensor) {
	for c := range want.Shape[0] {
		p, y := got.Row(c).Data, want.Row(c).Data
		var num, den float64
		for i := range y {
			d := float64(p[i]) - float64(y[i])
			num += d * d
			den += float64(y[i]) * float64(y[i])
		}
		if den == 0 {
			continue
		}
		m.sum += math.Sqrt(num / den)
		m.count++
	}
}

func (m *mean) score() Score {
	if s := m.sum / float64(m.count); finite(s) {
		return Score(s)
	}
	return Score(math.Inf(1))
}
