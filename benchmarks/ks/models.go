package main

import (
	"context"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/refiner"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// models makes what an experiment rolls out, and counts its parameters. The forecast is the mean over models, each with a rollout of its own.
func (b *bench) models(e experiment, seed int) (models []eddy.Model, parameters int, err error) {
	m, parameters, err := b.model(e, seed)
	switch {
	case err != nil:
		return nil, 0, err
	case e.together:
		return []eddy.Model{m, reversed{m}, mirrored{m}}, parameters, nil
	case e.averaged > 1:
		return []eddy.Model{averaged{m.(*refiner.Model), e.averaged}}, parameters, nil
	case e.mirrored:
		return []eddy.Model{mirrored{m}}, parameters, nil
	}
	return []eddy.Model{m}, parameters, nil
}

// model makes the model that was trained.
func (b *bench) model(e experiment, seed int) (m eddy.Model, parameters int, err error) {
	if e.joined != "" {
		var parts []eddy.Model
		for s := range 3 {
			op, err := operators.Load(b.dir(fmt.Sprintf("%s-%d", e.joined, s)))
			if err != nil {
				return nil, 0, err
			}
			parts = append(parts, op)
			parameters += op.Parameters()
		}
		m, err = operators.NewEnsemble(parts...)
		return m, parameters, err
	}
	dir := b.dir(job{e.run(), seed}.name())
	if e.refines() {
		r, err := refiner.Load(dir)
		if err == nil && e.plan != "" {
			r, err = r.WithPlan(e.plan)
		}
		if err != nil {
			return nil, 0, err
		}
		return r, r.Parameters(), nil
	}
	op, err := operators.Load(dir)
	if err != nil {
		return nil, 0, err
	}
	return op, op.Parameters(), nil
}

// reversed uses the symmetry of the equation: −u(−x) solves it where u(x) does. A step is the mirrored answer of the model to the mirrored state: as good as the model's own, with
// another error.
type reversed struct{ eddy.Model }

// Step asks the model once.
func (r reversed) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	n := dst.Shape[len(dst.Shape)-1]
	other := in
	other.U = eddy.NewTensor(in.U.Shape...)
	mirror(other.U.Data, in.U.Data, n)
	answer := eddy.NewTensor(dst.Shape...)
	if err := r.Model.Step(ctx, answer, other); err != nil {
		return err
	}
	mirror(dst.Data, answer.Data, n)
	return nil
}

// mirrored is the mean of a model and its reversed self in every step, so that the part of the error which is not symmetric cancels.
type mirrored struct{ eddy.Model }

// Step asks the model twice.
func (m mirrored) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	if err := m.Model.Step(ctx, dst, in); err != nil {
		return err
	}
	other := eddy.NewTensor(dst.Shape...)
	if err := reversed(m).Step(ctx, other, in); err != nil {
		return err
	}
	for i, v := range other.Data {
		dst.Data[i] = 0.5 * (dst.Data[i] + v)
	}
	return nil
}

// averaged makes every step the mean of samples.
type averaged struct {
	*refiner.Model
	samples int
}

// Step draws the samples, of streams that depend on the time, and averages them.
func (a averaged) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	many, keys := rollout.Members(in, a.samples, 0, 0)
	for i := range keys {
		keys[i].Step = math.Float64bits(many.T[i])
	}
	out := eddy.NewTensor(append([]int{len(keys)}, dst.Shape[1:]...)...)
	if err := a.Sample(ctx, out, many, keys); err != nil {
		return err
	}
	metric.EnsembleMean(dst, out.Reshape(append([]int{dst.Shape[0], a.samples}, dst.Shape[1:]...)...))
	return nil
}

// mirror writes −u(−x) for rows of n points.
func mirror[T float32 | float64](dst, src []T, n int) {
	for row := 0; row < len(src); row += n {
		for i := range n {
			dst[row+i] = -src[row+(n-i)%n]
		}
	}
}
