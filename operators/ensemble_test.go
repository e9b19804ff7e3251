package operators_test

import (
	"context"
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

// told adds up all that it is told of a row.
type told struct{ eddy.Spec }

// asModel gives told its Spec method.
type asModel struct{ told }

func (m asModel) Spec() eddy.Spec { return m.told.Spec }

func (told) Step(_ context.Context, dst *eddy.Tensor, in eddy.Input) error {
	for b := range dst.Shape[0] {
		for i := range dst.Row(b).Data {
			dst.Row(b).Data[i] = in.U.Row(b).Data[i] + 10*in.Static.Row(b).Data[i] + 100*in.Cond.Row(b).Data[0] + 1000*float32(in.T[b])
		}
	}
	return nil
}

// Static fields, scalars and times go to the model of a row with its states.
func TestMembersOfAnEnsembleAreToldEverythingOfTheirRows(t *testing.T) {
	m := asModel{told{eddy.Spec{
		Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 2), Dt: 1, History: 1, Statics: []eddy.Field{{Name: "s"}}, Params: []eddy.Param{{Name: "p"}},
	}}}
	e, err := operators.NewEnsemble(m, m)
	if err != nil {
		t.Fatal(err)
	}
	in := eddy.Input{U: eddy.NewTensor(3, 1, 1, 2), Static: eddy.NewTensor(3, 1, 2), Cond: eddy.NewTensor(3, 1), T: []float64{1, 2, 3}}
	for i := range in.U.Data {
		in.U.Data[i], in.Static.Data[i] = float32(i), float32(i%4)
	}
	copy(in.Cond.Data, []float32{4, 5, 6})
	want, got := eddy.NewTensor(3, 1, 2), eddy.NewTensor(3, 1, 2)
	if err := m.Step(t.Context(), want, in); err != nil {
		t.Fatal(err)
	}
	if err := e.Sample(t.Context(), got, in, []eddy.Key{{Member: 1}, {Member: 0}, {Member: 3}}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Data, want.Data) {
		t.Errorf("samples %v, want %v", got.Data, want.Data)
	}
}

// respecified is a model with another Spec.
type respecified struct {
	eddy.Model
	spec eddy.Spec
}

func (r respecified) Spec() eddy.Spec { return r.spec }
