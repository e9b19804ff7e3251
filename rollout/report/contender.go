package report

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/rollout"
)

// Contender is a Model that takes part in an evaluation.
type Contender struct {
	Name       string            // in files and pictures
	Model      eddy.Model        //
	Parameters int               // trainable reals; 0 for a solver or a baseline
	Note       string            // what a reader should know about it, one sentence; may be empty
	Envelope   *rollout.Envelope // what it was trained on, so that the evaluation tells when it leaves; may be nil
}

// Baseline makes one of the bundled baselines for a data set: "persistence", the forecast that nothing changes, or "climatology", the forecast of the mean state.
// The mean is taken over all frames of ds, at every point of the grid, in one streaming pass; where ds is the evaluation data this knows more than a
// forecaster would, and the Contender's note says so. A mean of other data goes through [rollout.NewClimatology].
func Baseline(ctx context.Context, name string, ds datasets.Dataset) (Contender, error) {
	switch name {
	case "persistence":
		return Contender{Name: name, Model: rollout.NewPersistence(ds.Spec()), Note: "Says that nothing changes: every forecast is the state at the start."}, nil
	case "climatology":
		mean, err := MeanState(ctx, ds)
		if err != nil {
			return Contender{}, fmt.Errorf("report: climatology: %w", err)
		}
		m, err := rollout.NewClimatology(ds.Spec(), mean)
		return Contender{Name: name, Model: m, Note: "Says the mean state whatever the start: the mean over all frames of the evaluation data."}, err
	}
	return Contender{}, fmt.Errorf("report: no baseline is called %q: expected persistence or climatology", name)
}

// MeanState is the mean over all frames of all trajectories of a data set, [C, X…].
func MeanState(ctx context.Context, ds datasets.Dataset) (*eddy.Tensor, error) {
	spec := ds.Spec()
	frame := eddy.NewTensor(append([]int{1}, spec.FrameShape()...)...)
	sum, n := make([]float64, frame.Len()), 0
	for traj := range ds.Len() {
		for f := range ds.Frames(traj) {
			if err := ds.Read(ctx, frame, traj, f); err != nil {
				return nil, err
			}
			if err := finiteFrame(spec, frame.Row(0), traj, f); err != nil {
				return nil, err
			}
			for i, v := range frame.Data {
				sum[i] += float64(v)
			}
			n++
		}
	}
	mean := eddy.NewTensor(spec.FrameShape()...)
	for i, s := range sum {
		mean.Data[i] = float32(s / float64(n))
	}
	return mean, nil
}

// finiteFrame says where a frame of the data [C, X…] is not finite.
func finiteFrame(spec eddy.Spec, frame *eddy.Tensor, traj, f int) error {
	for c := range frame.Shape[0] {
		for _, v := range frame.Row(c).Data {
			if v-v != 0 {
				return fmt.Errorf("the data hold %v in trajectory %d, frame %d, field %s: errors against it mean nothing; `eddy inspect --full` lists all such frames",
					v, traj, f, spec.Fields[c].Name)
			}
		}
	}
	return nil
}
