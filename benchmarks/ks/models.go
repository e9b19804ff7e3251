package main

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/refiner"
)

// model makes what an experiment rolls out, and counts its parameters.
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
		m, parameters = r, r.Parameters()
	} else {
		op, err := operators.Load(dir)
		if err != nil {
			return nil, 0, err
		}
		m, parameters = op, op.Parameters()
	}
	if e.mirrored {
		m = mirrored{m}
	}
	return m, parameters, nil
}

// mirrored uses the symmetry of the equation: −u(−x) solves it where u(x) does. A step is the mean of the model's answer to a state and of the mirrored answer to the
// mirrored state, so that the part of its error which is not symmetric cancels.
type mirrored struct{ eddy.Model }

// Step asks the model twice.
func (m mirrored) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	if err := m.Model.Step(ctx, dst, in); err != nil {
		return err
	}
	n := dst.Shape[len(dst.Shape)-1]
	other := in
	other.U = eddy.NewTensor(in.U.Shape...)
	mirror(other.U.Data, in.U.Data, n)
	answer := eddy.NewTensor(dst.Shape...)
	if err := m.Model.Step(ctx, answer, other); err != nil {
		return err
	}
	back := make([]float32, len(answer.Data))
	mirror(back, answer.Data, n)
	for i, v := range back {
		dst.Data[i] = 0.5 * (dst.Data[i] + v)
	}
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
