package datasets

import (
	"context"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy"
)

// Recorder is a Writer that keeps what it is given in memory, as float32. The zero value is ready for one Generate, after which it is a data set.
type Recorder struct {
	tr      eddy.Trajectory
	written int
	static  *eddy.Tensor // [N, F, X…]
	cond    *eddy.Tensor // [N, P]
}

var (
	_ ConditionWriter = (*Recorder)(nil)
	_ Conditioned     = (*Recorder)(nil)
)

// Begin makes room for all trajectories.
func (r *Recorder) Begin(_ context.Context, m Meta) (done int, err error) {
	if r.tr.Frames != nil {
		return 0, fmt.Errorf("datasets: this recorder holds %d trajectories, expected an empty one: use another for every call of Generate", r.Len())
	}
	spec := m.Spec
	r.tr = eddy.Trajectory{Spec: spec, Frames: eddy.NewTensor(append([]int{m.Trajectories, m.Frames}, spec.FrameShape()...)...), T: slices.Clone(m.T)}
	r.static = eddy.NewTensor(append([]int{m.Trajectories, len(spec.Statics)}, spec.Grid.Shape()...)...)
	r.cond = eddy.NewTensor(m.Trajectories, len(spec.Params))
	return 0, nil
}

// Write keeps the frames of one trajectory.
func (r *Recorder) Write(_ context.Context, traj int, frames []float64) error {
	if err := r.keep("frames", r.tr.Frames, traj, frames); err != nil {
		return err
	}
	r.written++
	return nil
}

// WriteCondition keeps what belongs to the trajectory that Write stores next.
func (r *Recorder) WriteCondition(_ context.Context, traj int, static, cond []float64) error {
	if err := r.keep("static fields", r.static, traj, static); err != nil {
		return err
	}
	return r.keep("parameters", r.cond, traj, cond)
}

func (r *Recorder) keep(what string, all *eddy.Tensor, traj int, values []float64) error {
	if all == nil || traj < 0 || traj >= all.Shape[0] {
		return fmt.Errorf("datasets: trajectory %d written to a recorder of %d", traj, r.Len())
	}
	row := all.Row(traj).Data
	if len(values) != len(row) {
		return fmt.Errorf("datasets: trajectory %d: %d values of %s, expected %d", traj, len(values), what, len(row))
	}
	for i, v := range values {
		row[i] = float32(v)
	}
	return nil
}

// Close reports trajectories that are missing.
func (r *Recorder) Close(context.Context) error {
	if r.tr.Frames == nil || r.written < r.tr.Frames.Shape[0] {
		return fmt.Errorf("datasets: the recorder was closed after %d trajectories of %d", r.written, r.Len())
	}
	return nil
}

// Trajectory is everything recorded, one trajectory a row. The frames are shared.
func (r *Recorder) Trajectory() eddy.Trajectory { return r.tr }

// Spec is that of the data.
func (r *Recorder) Spec() eddy.Spec { return r.tr.Spec }

// Len is the number of trajectories.
func (r *Recorder) Len() int {
	if r.tr.Frames == nil {
		return 0
	}
	return r.tr.Frames.Shape[0]
}

// Frames is the number of frames of every trajectory.
func (r *Recorder) Frames(int) int { return r.tr.Frames.Shape[1] }

// Read copies frames.
func (r *Recorder) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	return memory{r.tr}.Read(ctx, dst, traj, frame)
}

// Condition copies static fields and parameters of a trajectory.
func (r *Recorder) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	if static != nil {
		static.CopyFrom(r.static.Row(traj))
	}
	copy(cond, r.cond.Row(traj).Data)
	return ctx.Err()
}
