package rollout

import (
	"context"

	"github.com/eddy-pde/eddy"
)

// Persistence is the Model that says that nothing changes: the next state is the newest one. It needs one state and any grid of the Spec's dimension.
// It is safe for concurrent use.
type Persistence struct{ spec eddy.Spec }

// NewPersistence makes the baseline for data of the given Spec.
func NewPersistence(spec eddy.Spec) *Persistence {
	spec.History = 1
	return &Persistence{spec: spec}
}

// Spec is that of the data, with history 1.
func (p *Persistence) Spec() eddy.Spec { return p.spec }

// Step copies the newest state of in.U [B, H, C, X…] to dst [B, C, X…].
func (p *Persistence) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if err := ctx.Err(); err != nil {
		return err
	}
	newest(dst, in, p.spec)
	return nil
}

// newest checks the shapes of a step and copies the newest states.
func newest(dst *eddy.Tensor, in eddy.Input, spec eddy.Spec) {
	want := []int{-1, -1, spec.Channels()}
	for range spec.Grid.Dims() {
		want = append(want, -1)
	}
	eddy.MustShape("rollout.Step", "Input.U", in.U.Shape, want)
	eddy.MustShape("rollout.Step", "destination", dst.Shape, append([]int{in.U.Shape[0]}, in.U.Shape[2:]...))
	for b := range dst.Shape[0] {
		u := in.U.Row(b)
		dst.Row(b).CopyFrom(u.Row(u.Shape[0] - 1))
	}
}

// Climatology is the Model that knows the mean state and nothing else: the next state is the mean, whatever the newest one. It is safe for concurrent use.
type Climatology struct {
	spec eddy.Spec
	mean *eddy.Tensor // [C, X…]
}

// NewClimatology makes the baseline from a mean state [C, X…], such as the mean over all frames of the training data, which it keeps. It fails with a
// *eddy.ShapeError where the mean is not on the grid of the Spec.
func NewClimatology(spec eddy.Spec, mean *eddy.Tensor) (c *Climatology, err error) {
	defer eddy.Recover(&err)
	eddy.MustShape("rollout.NewClimatology", "mean", mean.Shape, spec.FrameShape())
	spec.History = 1
	return &Climatology{spec: spec, mean: mean}, nil
}

// Spec is that of the data, with history 1.
func (c *Climatology) Spec() eddy.Spec { return c.spec }

// Step copies the mean to every row of dst [B, C, X…].
func (c *Climatology) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if err := ctx.Err(); err != nil {
		return err
	}
	eddy.MustShape("rollout.Climatology.Step", "Input.U", in.U.Shape, append([]int{-1, -1}, c.mean.Shape...))
	eddy.MustShape("rollout.Climatology.Step", "destination", dst.Shape, append([]int{in.U.Shape[0]}, c.mean.Shape...))
	for b := range dst.Shape[0] {
		dst.Row(b).CopyFrom(c.mean)
	}
	return nil
}
