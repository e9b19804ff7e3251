package operators_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// A step of an ensemble is the mean of its members' steps, and member i of a rollout is model i, whichever rows of a batch it has.
func TestEnsembleOfOperators(t *testing.T) {
	var models []eddy.Model
	for _, steps := range []int{2, 5, 9} {
		op, err := operators.Load(trained(t, steps))
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, op)
	}
	e, err := operators.NewEnsemble(models...)
	if err != nil {
		t.Fatal(err)
	}
	rollouttest.Model(t, e)
	u := state(t, advection{4, 9, 24}, 0)
	var each []*eddy.Tensor
	for _, m := range models {
		each = append(each, step(t, m, u))
	}
	mean := step(t, e, u)
	for i, v := range mean.Data {
		want := (float64(each[0].Data[i]) + float64(each[1].Data[i]) + float64(each[2].Data[i])) / 3
		if math.Abs(float64(v)-want) > 1e-5*math.Abs(want) {
			t.Fatalf("value %d: %g, the mean is %g", i, v, want)
		}
	}
	keys := []eddy.Key{{Member: 4}, {Member: 0}, {Member: 2}, {Member: 1}}
	got := eddy.NewTensor(mean.Shape...)
	if err := e.Sample(t.Context(), got, eddy.Input{U: u}, keys); err != nil {
		t.Fatal(err)
	}
	for b, k := range keys {
		if !slices.Equal(got.Row(b).Data, each[k.Member%3].Row(b).Data) {
			t.Errorf("row %d is not the step of model %d", b, k.Member%3)
		}
	}
	var shape *eddy.ShapeError
	if err := e.Sample(t.Context(), got, eddy.Input{U: u}, keys[:2]); !errors.As(err, &shape) {
		t.Errorf("two keys for four rows: %v", err)
	}
}

func TestNewEnsembleRefuses(t *testing.T) {
	op, err := operators.Load(trained(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operators.NewEnsemble(); err == nil {
		t.Error("an ensemble of nothing was made")
	}
	other := respecified{op, op.Spec()}
	other.spec.Dt *= 2
	if _, err := operators.NewEnsemble(op, other); err == nil || !strings.Contains(err.Error(), "model 1 of the ensemble") {
		t.Errorf("another time step: %v", err)
	}
	other.spec = op.Spec()
	other.spec.History = 2
	if _, err := operators.NewEnsemble(op, other); err == nil || !strings.Contains(err.Error(), "sees 2 states") {
		t.Errorf("another history: %v", err)
	}
}

// respecified is a model with another Spec.
type respecified struct {
	eddy.Model
	spec eddy.Spec
}

func (r respecified) Spec() eddy.Spec { return r.spec }
