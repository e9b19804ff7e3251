package rollout

import (
	"context"
	"errors"
	"fmt"

	"github.com/eddy-pde/eddy"
)

// Run rolls a model out over n steps from in and returns n+1 frames [B, n+1, C, X…]: the newest state of in.U, then the state after each step. Times count from
// in.T[0], from 0 where in.T is nil; the Spec is the model's on the grid of in.U. See [Steps] for how a step is made.
//
// Trajectories that diverge are told by a *DivergenceError beside the frames: their frames are NaN from DivergenceError.Steps[b] on, those of the others are
// complete. Where all diverge, the frames end with the last one in which any trajectory was finite. Any other error, ctx.Err() for instance, comes with the
// frames so far too; only a start that does not fit returns none.
func Run(ctx context.Context, m eddy.Model, in eddy.Input, n int) (eddy.Trajectory, error) {
	if err := checkLength(m.Spec(), n); err != nil {
		return eddy.Trajectory{}, err
	}
	r, err := newRoll(m, in)
	if err != nil {
		return eddy.Trajectory{}, err
	}
	return r.run(ctx, n)
}

// checkLength says what keeps a rollout from having n steps.
func checkLength(spec eddy.Spec, n int) error {
	switch {
	case n < 0:
		return fmt.Errorf("rollout: %d steps asked for, expected 0 or more", n)
	case spec.Steady && n > 1:
		return fmt.Errorf("rollout: %d steps of %q asked for: a steady problem has one, from the input to the solution", n, spec.Name)
	}
	return nil
}

// run makes n steps and keeps the frames.
func (r *roll) run(ctx context.Context, n int) (tr eddy.Trajectory, err error) {
	in, spec := r.start, r.spec
	b, h := in.U.Shape[0], in.U.Shape[1]
	frames := eddy.NewTensor(append([]int{b, n + 1}, in.U.Shape[2:]...)...)
	for i := range b {
		frames.Row(i).Row(0).CopyFrom(in.U.Row(i).Row(h - 1))
	}
	var diverged *DivergenceError
	done := 0
	for done < n && r.alive > 0 {
		if err = r.step(ctx); err != nil {
			break
		}
		if d := r.inspect(); d != nil {
			if diverged == nil {
				diverged = d
			}
			diverged.Steps = d.Steps
			if r.alive == 0 {
				break
			}
		}
		done++
		for i := range b {
			frames.Row(i).Row(done).CopyFrom(r.state.Row(i))
		}
	}
	tr = eddy.Trajectory{Spec: onGrid(spec, in.U.Shape[3:]), Frames: leading(frames, done+1), T: make([]float64, done+1)}
	for i := range tr.T {
		tr.T[i] = float64(i) * spec.Dt
		if in.T != nil {
			tr.T[i] += in.T[0]
		}
	}
	if err == nil && diverged != nil {
		err = diverged
	} else if diverged != nil {
		err = errors.Join(err, diverged)
	}
	return tr, err
}

// leading keeps the first n frames of [B, T, C, X…].
func leading(frames *eddy.Tensor, n int) *eddy.Tensor {
	if frames.Shape[1] == n {
		return frames
	}
	out := eddy.NewTensor(append([]int{frames.Shape[0], n}, frames.Shape[2:]...)...)
	for i := range frames.Shape[0] {
		out.Row(i).CopyFrom(frames.Row(i).Rows(0, n))
	}
	return out
}

// onGrid is spec with the given number of points per axis.
func onGrid(spec eddy.Spec, points []int) eddy.Spec {
	axes := make([]eddy.Axis, len(points))
	for a := range axes {
		axes[a] = spec.Grid.Axes[a]
		axes[a].Points = points[a]
	}
	spec.Grid = eddy.Grid{Axes: axes}
	return spec
}
