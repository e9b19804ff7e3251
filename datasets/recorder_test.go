package datasets_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// What is written comes back, static fields and parameters too, whatever the order of the trajectories.
func TestRecorderKeepsWhatIsWritten(t *testing.T) {
	ctx := context.Background()
	spec := eddy.Spec{
		Name: "test", Fields: []eddy.Field{{Name: "u"}}, Statics: []eddy.Field{{Name: "a"}}, Params: []eddy.Param{{Name: "nu"}},
		Grid: eddy.PeriodicGrid(1, 3), Dt: 0.5, History: 1,
	}
	var r datasets.Recorder
	if _, err := r.Begin(ctx, datasets.Meta{Spec: spec, Trajectories: 2, Frames: 2, T: []float64{0, 0.5}}); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{1, 0} {
		v := float64(10 * i)
		if err := r.WriteCondition(ctx, i, []float64{v + 7, v + 8, v + 9}, []float64{v + 0.5}); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			if err := r.Write(ctx, i, []float64{1}); err == nil || !strings.Contains(err.Error(), "expected 6") {
				t.Errorf("a short trajectory: error %v", err)
			}
		}
		if err := r.Write(ctx, i, []float64{v, v + 1, v + 2, v + 3, v + 4, v + 5}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(ctx); err != nil {
		t.Fatal(err)
	}
	u, static, cond := eddy.NewTensor(1, 1, 3), eddy.NewTensor(1, 3), make([]float32, 1)
	if err := r.Read(ctx, u, 1, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.Condition(ctx, static, cond, 1); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(u.Data, []float32{13, 14, 15}) || !slices.Equal(static.Data, []float32{17, 18, 19}) || cond[0] != 10.5 {
		t.Errorf("frame %v, static %v, parameter %v", u.Data, static.Data, cond)
	}
	if _, err := r.Begin(ctx, datasets.Meta{Spec: spec, Trajectories: 1, Frames: 1}); err == nil {
		t.Error("a second Generate on one recorder was accepted")
	}
	var short datasets.Recorder
	if _, err := short.Begin(ctx, datasets.Meta{Spec: spec, Trajectories: 1, Frames: 1}); err != nil {
		t.Fatal(err)
	}
	if err := short.Close(ctx); err == nil {
		t.Error("closed with a trajectory missing, and no error")
	}
}
