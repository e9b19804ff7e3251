package operators

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy"
)

// Ensemble is several models of the same problem, networks trained from different seeds for instance, as one. A step is the mean of its members' steps; a sample is
// the step of one of them: member number i of a rollout is always that of model i modulo their number, so that its trajectory is one model's own.
type Ensemble struct {
	models []eddy.Model
}

var _ eddy.Ensemble = (*Ensemble)(nil)

// NewEnsemble joins models whose data and histories agree. There must be at least one.
func NewEnsemble(models ...eddy.Model) (*Ensemble, error) {
	if len(models) == 0 {
		return nil, errors.New("operators: an ensemble of no models, expected at least one")
	}
	first := models[0].Spec()
	for i, m := range models[1:] {
		s := m.Spec()
		if err := first.CheckData(s); err != nil {
			return nil, fmt.Errorf("operators: model %d of the ensemble differs from model 0: %w", i+1, err)
		}
		if s.History != first.History {
			return nil, fmt.Errorf("operators: model %d of the ensemble sees %d states, model 0 %d: expected the same", i+1, s.History, first.History)
		}
	}
	return &Ensemble{slices.Clone(models)}, nil
}

// Spec is that of the first model.
func (e *Ensemble) Spec() eddy.Spec { return e.models[0].Spec() }

// Models are the members.
func (e *Ensemble) Models() []eddy.Model { return slices.Clone(e.models) }

// Step writes the mean of the members' next states.
func (e *Ensemble) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	sum := make([]float64, dst.Len())
	for _, m := range e.models {
		if err := m.Step(ctx, dst, in); err != nil {
			return err
		}
		for i, v := range dst.Data {
			sum[i] += float64(v)
		}
	}
	for i, v := range sum {
		dst.Data[i] = float32(v / float64(len(e.models)))
	}
	return nil
}

// Sample writes the step of model Member modulo the number of models for every row.
func (e *Ensemble) Sample(ctx context.Context, dst *eddy.Tensor, in eddy.Input, keys []eddy.Key) (err error) {
	defer eddy.Recover(&err)
	if in.U == nil || len(in.U.Shape) == 0 || len(keys) != in.U.Shape[0] {
		return &eddy.ShapeError{Op: "operators.Ensemble.Sample", What: "keys", Got: []int{len(keys)}, Hint: "one key a row of input U"}
	}
	for i, m := range e.models {
		var rows []int
		for b, k := range keys {
			if k.Member%uint64(len(e.models)) == uint64(i) {
				rows = append(rows, b)
			}
		}
		if len(rows) == 0 {
			continue
		}
		out := eddy.NewTensor(append([]int{len(rows)}, dst.Shape[1:]...)...)
		if err := m.Step(ctx, out, pick(in, rows)); err != nil {
			return err
		}
		for j, b := range rows {
			dst.Row(b).CopyFrom(out.Row(j))
		}
	}
	return nil
}

// pick is some rows of an input, copied.
func pick(in eddy.Input, rows []int) eddy.Input {
	of := func(t *eddy.Tensor) *eddy.Tensor {
		if t == nil {
			return nil
		}
		out := eddy.NewTensor(append([]int{len(rows)}, t.Shape[1:]...)...)
		for j, b := range rows {
			out.Row(j).CopyFrom(t.Row(b))
		}
		return out
	}
	out := eddy.Input{U: of(in.U), Static: of(in.Static), Cond: of(in.Cond)}
	if in.T != nil {
		for _, b := range rows {
			out.T = append(out.T, in.T[b])
		}
	}
	return out
}
