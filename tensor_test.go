package eddy

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRowsShareTheTensorsData(t *testing.T) {
	a := FromSlice([]float32{0, 1, 2, 3, 4, 5}, 3, 2)
	a.Row(1).Data[0] = 20
	a.Rows(1, 3).Data[3] = 50
	if diff := cmp.Diff([]float32{0, 1, 20, 3, 4, 50}, a.Data); diff != "" {
		t.Error(diff)
	}
	if got := a.Rows(1, 3).Shape; !SameShape(got, []int{2, 2}) {
		t.Errorf("Rows(1, 3) has shape %v, expected [2 2]", got)
	}
	if cap(a.Row(0).Data) != 2 {
		t.Error("appending to a row would overwrite the next one")
	}
}

func TestCloneSharesNothing(t *testing.T) {
	a := FromSlice([]float32{1, 2}, 2)
	b := a.Clone()
	b.Data[0], b.Shape[0] = 9, 9
	if a.Data[0] != 1 || a.Shape[0] != 2 {
		t.Errorf("the original became %v %v", a.Shape, a.Data)
	}
}

func TestDimCountsFromBothEnds(t *testing.T) {
	a := NewTensor(2, 3, 4)
	if a.Dim(0) != 2 || a.Dim(-1) != 4 || a.Dim(-3) != 2 || a.Len() != 24 {
		t.Errorf("dims %d %d %d, length %d", a.Dim(0), a.Dim(-1), a.Dim(-3), a.Len())
	}
}

func TestShapeFaultsNameWhatWasFoundAndExpected(t *testing.T) {
	for name, c := range map[string]struct {
		do   func()
		want string
	}{
		"FromSlice":       {func() { FromSlice(make([]float32, 5), 2, 3) }, "eddy.FromSlice: data has shape [5], expected [2 3]"},
		"negative extent": {func() { NewTensor(2, -1) }, "eddy.Size: shape has shape [2 -1]"},
		"CopyFrom":        {func() { NewTensor(2).CopyFrom(NewTensor(3)) }, "eddy.Tensor.CopyFrom: source has shape [3], expected [2]"},
		"any extent":      {func() { MustShape("op", "input", []int{2, 3}, []int{-1, 4}) }, "op: input has shape [2 3], expected [-1 4]"},
		"normaliser":      {func() { NoNormaliser(2).Apply(nil, make([]float32, 5), 2) }, "eddy.Normaliser: data has shape [5], expected [-1 2 2]"},
	} {
		t.Run(name, func(t *testing.T) {
			err := func() (err error) {
				defer Recover(&err)
				c.do()
				return nil
			}()
			var shape *ShapeError
			if !errors.As(err, &shape) || err.Error() != c.want {
				t.Errorf("got %v, expected a *ShapeError %q", err, c.want)
			}
		})
	}
}

func TestShapeErrorEndsWithItsHint(t *testing.T) {
	e := &ShapeError{Op: "op", What: "input", Got: []int{1}, Hint: "do this"}
	if got, want := e.Error(), "op: input has shape [1]: do this"; got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
}

func TestRecoverLetsOtherPanicsPass(t *testing.T) {
	defer func() {
		if r := recover(); fmt.Sprint(r) != "another fault" {
			t.Errorf("recovered %v, expected the panic that was raised", r)
		}
	}()
	var err error
	defer Recover(&err)
	panic("another fault")
}

func TestRecoverFindsAWrappedShapeError(t *testing.T) {
	err := func() (err error) {
		defer Recover(&err)
		panic(fmt.Errorf("worker 3: %w", &ShapeError{Op: "op", What: "input"}))
	}()
	var shape *ShapeError
	if !errors.As(err, &shape) {
		t.Errorf("got %v, expected the *ShapeError inside", err)
	}
}
