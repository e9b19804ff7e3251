package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// advection shifts a periodic field by one point a step: the exact solution of ∂u/∂t + ∂u/∂x = 0 at Courant number 1.
type advection struct {
	eddy.Spec
	gain float64 // 1, or more for a model that blows up
}

func newAdvection(points, history int) *advection {
	return &advection{gain: 1, Spec: eddy.Spec{
		Name: "advection", Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, points), Dt: 1 / float64(points), History: history,
	}}
}

func (a *advection) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if err := ctx.Err(); err != nil {
		return err
	}
	eddy.MustShape("advection", "input", in.U.Shape, []int{-1, a.History, 1, -1})
	eddy.MustShape("advection", "destination", dst.Shape, append([]int{in.U.Shape[0]}, in.U.Shape[2:]...))
	for b := range dst.Shape[0] {
		// The oldest state is as many steps behind the newest as its place says, so that a wrong history shift shows.
		h := a.History
		oldest, out := in.U.Row(b).Row(0).Data, dst.Row(b).Data
		n := len(out)
		for i := range out {
			out[i] = float32(a.gain) * oldest[(i-h+h*n)%n]
		}
	}
	return nil
}

// model gives advection its Spec method (the embedded field has the name).
type model struct{ *advection }

func (m model) Spec() eddy.Spec { return m.advection.Spec }

// bump fills rows [B, H, 1, X] with exact states: row b is a pulse at point b, one point further in each newer state.
func bump(batch, history, points int) eddy.Input {
	u := eddy.NewTensor(batch, history, 1, points)
	for b := range batch {
		for h := range history {
			u.Row(b).Row(h).Data[(b+h)%points] = float32(b + 1)
		}
	}
	return eddy.Input{U: u}
}

func TestRunShiftsAPulseExactly(t *testing.T) {
	for _, history := range []int{1, 2, 4} {
		const points, batch, n = 16, 3, 40
		in := bump(batch, history, points)
		in.T = []float64{2, 2, 2}
		m := model{newAdvection(points, history)}
		tr, err := rollout.Run(t.Context(), m, in, n)
		if err != nil {
			t.Fatal(err)
		}
		if want := []int{batch, n + 1, 1, points}; !eddy.SameShape(tr.Frames.Shape, want) {
			t.Fatalf("frames %v, want %v", tr.Frames.Shape, want)
		}
		for b := range batch {
			for s := range n + 1 {
				for x, v := range tr.Frames.Row(b).Row(s).Data {
					want := float32(0)
					if x == (b+history-1+s)%points {
						want = float32(b + 1)
					}
					if v != want {
						t.Fatalf("history %d: frame %d of row %d at point %d is %v, want %v", history, s, b, x, v, want)
					}
				}
			}
		}
		if last := tr.T[n]; tr.T[0] != 2 || math.Abs(last-(2+n*m.Spec().Dt)) > 1e-12 {
			t.Errorf("times run from %g to %g", tr.T[0], last)
		}
		if in.U.Row(1).Row(0).Data[1] != 2 || in.T[0] != 2 {
			t.Error("Run changed its input")
		}
	}
}

// clock multiplies by the time it is told, so a wrong time shows.
type clock struct{ model }

func (c clock) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	if err := c.model.Step(ctx, dst, in); err != nil {
		return err
	}
	for b := range dst.Shape[0] {
		for i := range dst.Row(b).Data {
			dst.Row(b).Data[i] = float32(in.T[b])
		}
	}
	return nil
}

func TestStepsTellTheModelTheTimeOfTheNewestState(t *testing.T) {
	m := clock{model{newAdvection(8, 1)}}
	in := bump(2, 1, 8)
	in.T = []float64{0, 10}
	s := 0
	for state, err := range rollout.Steps(t.Context(), m, in) {
		if err != nil {
			t.Fatal(err)
		}
		for b, t0 := range in.T {
			if got, want := state.Row(b).Data[0], float32(t0+float64(s)*m.Spec().Dt); got != want {
				t.Fatalf("step %d of row %d saw time %v, want %v", s+1, b, got, want)
			}
		}
		if s++; s == 20 {
			break
		}
	}
}

// tiny adds 1e-9 a step: in float32 nothing would ever happen.
type tiny struct{ model }

func (p tiny) Step64(_ context.Context, dst, u []float64) error {
	for i := range u {
		dst[i] = u[i] + 1e-9
	}
	return nil
}

func TestAPreciseModelKeepsFloat64BetweenSteps(t *testing.T) {
	m := tiny{model{newAdvection(4, 1)}}
	in := eddy.Input{U: eddy.NewTensor(1, 1, 1, 4)}
	for i := range in.U.Data {
		in.U.Data[i] = 1
	}
	const n = 1000
	tr, err := rollout.Run(t.Context(), m, in, n)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tr.Frames.Row(0).Row(n).Data[0], float32(1+n*1e-9); got != want {
		t.Errorf("after %d steps %v, want %v", n, got, want)
	}
	// Four states of 4 points look like one of 16 to Step64.
	_, err = rollout.Run(t.Context(), m, eddy.Input{U: eddy.NewTensor(1, 1, 1, 16)}, 1)
	var shape *eddy.ShapeError
	if !errors.As(err, &shape) {
		t.Errorf("a state of another grid gave %v, want a ShapeError", err)
	}
}

func TestADivergedRowIsReportedAndTheOthersGoOn(t *testing.T) {
	const points, n = 8, 60
	for _, precise := range []bool{false, true} {
		a := newAdvection(points, 1)
		a.gain = 1e3
		var m eddy.Model = model{a}
		if precise {
			m = growing{model{a}}
		}
		in := eddy.Input{U: eddy.NewTensor(3, 1, 1, points)}
		in.U.Row(0).Data[3] = 1e-20 // reaches 1e38 after 19 steps
		in.U.Row(1).Data[3] = 1     // after 12
		tr, err := rollout.Run(t.Context(), m, in, n)
		var d *rollout.DivergenceError
		if !errors.As(err, &d) {
			t.Fatalf("error %v, want a DivergenceError", err)
		}
		if d.Trajectory != 1 || d.Step != 13 || d.Field != "field u" || !math.IsInf(d.Value, 1) || d.Steps[0] != 20 || d.Steps[1] != 13 || d.Steps[2] != 0 {
			t.Errorf("precise %v: %+v", precise, d)
		}
		if !strings.Contains(err.Error(), "trajectory 1 diverged at step 13") || !strings.Contains(err.Error(), "1 more of 3") {
			t.Errorf("message %q", err)
		}
		if tr.Frames.Shape[1] != n+1 || len(tr.T) != n+1 {
			t.Errorf("frames %v, want all, since row 2 is sound", tr.Frames.Shape)
		}
		for s := range n + 1 {
			for b := range 3 {
				bad := math.IsNaN(float64(tr.Frames.Row(b).Row(s).Data[0]))
				if bad != (d.Steps[b] > 0 && s >= d.Steps[b]) {
					t.Fatalf("precise %v: row %d of frame %d: NaN is %v", precise, b, s, bad)
				}
			}
		}
	}
}

// growing does in float64 what advection with a gain does.
type growing struct{ model }

func (g growing) Step64(_ context.Context, dst, u []float64) error {
	for i := range u {
		dst[i] = g.gain * u[i]
	}
	return nil
}

func TestRunKeepsTheFramesBeforeEverythingDiverged(t *testing.T) {
	a := newAdvection(8, 2)
	a.gain = 1e20
	in := bump(2, 2, 8)
	tr, err := rollout.Run(t.Context(), model{a}, in, 100)
	var d *rollout.DivergenceError
	if !errors.As(err, &d) {
		t.Fatal(err)
	}
	if last := max(d.Steps[0], d.Steps[1]); tr.Frames.Shape[1] != last {
		t.Errorf("%d frames kept, want the %d before step %d", tr.Frames.Shape[1], last, last)
	}
}

func TestAStartThatIsNotFiniteIsNamed(t *testing.T) {
	in := bump(2, 1, 8)
	in.U.Row(1).Data[5] = float32(math.NaN())
	_, err := rollout.Run(t.Context(), model{newAdvection(8, 1)}, in, 3)
	if err == nil || !strings.Contains(err.Error(), "trajectory 1 is not finite: field u holds NaN") {
		t.Errorf("error %v", err)
	}
}

func TestBadInputIsAnError(t *testing.T) {
	m := model{newAdvection(8, 2)}
	for name, in := range map[string]eddy.Input{
		"no states":      {},
		"short history":  {U: eddy.NewTensor(1, 1, 1, 8)},
		"empty batch":    {U: eddy.NewTensor(0, 2, 1, 8)},
		"times of 3":     {U: eddy.NewTensor(1, 2, 1, 8), T: make([]float64, 3)},
		"two dimensions": {U: eddy.NewTensor(1, 2, 1, 8, 8)},
	} {
		if _, err := rollout.Run(t.Context(), m, in, 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := rollout.Run(t.Context(), m, bump(1, 2, 8), -1); err == nil {
		t.Error("a negative number of steps passed")
	}
	m.Steady = true
	if _, err := rollout.Run(t.Context(), m, bump(1, 2, 8), 2); err == nil {
		t.Error("a steady problem was rolled out")
	}
}

func TestRunStopsWhenTheContextIsDoneAndKeepsItsFrames(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	m := counting{model{newAdvection(8, 1)}, func() {
		if n++; n == 5 {
			cancel()
		}
	}}
	tr, err := rollout.Run(ctx, m, bump(1, 1, 8), 100)
	if !errors.Is(err, context.Canceled) || tr.Frames.Shape[1] != 6 {
		t.Errorf("error %v after %d frames, want cancelled after 6", err, tr.Frames.Shape[1])
	}
}

type counting struct {
	model
	stepped func()
}

func (c counting) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	err := c.model.Step(ctx, dst, in)
	c.stepped()
	return err
}

func TestAStepAllocatesNothing(t *testing.T) {
	// The model itself allocates the headers of its rows, so a silent one is stepped.
	for name, m := range map[string]eddy.Model{"history 3": silent{model{newAdvection(256, 3)}}, "precise": tiny{model{newAdvection(256, 1)}}} {
		next, stop := iter.Pull2(rollout.Steps(t.Context(), m, bump(2, m.Spec().History, 256)))
		next()
		if n := testing.AllocsPerRun(100, func() {
			if _, err, ok := next(); err != nil || !ok {
				t.Fatal(err)
			}
		}); n > 2 { // the call of par.For
			t.Errorf("%s: a step allocates %g times", name, n)
		}
		stop()
	}
}

// silent leaves the state as it is.
type silent struct{ model }

func (silent) Step(context.Context, *eddy.Tensor, eddy.Input) error { return nil }

func TestBaselinesAreModels(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, Grid: eddy.PeriodicGrid(1, 8, 6), Dt: 0.5, History: 3}
	rollouttest.Model(t, rollout.NewPersistence(spec))
	mean := eddy.NewTensor(2, 8, 6)
	for i := range mean.Data {
		mean.Data[i] = float32(i)
	}
	c, err := rollout.NewClimatology(spec, mean)
	if err != nil {
		t.Fatal(err)
	}
	rollouttest.Model(t, c)
	if _, err := rollout.NewClimatology(spec, eddy.NewTensor(2, 8, 7)); err == nil {
		t.Error("a mean on another grid passed")
	}
	rollouttest.Model(t, model{newAdvection(16, 3)})
}

func ExampleSteps() {
	m := model{newAdvection(4, 1)}
	in := eddy.Input{U: eddy.FromSlice([]float32{1, 0, 0, 0}, 1, 1, 1, 4)}
	left := 3
	for state, err := range rollout.Steps(context.Background(), m, in) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(state.Data)
		if left--; left == 0 {
			break
		}
	}
	// Output:
	// [0 1 0 0]
	// [0 0 1 0]
	// [0 0 0 1]
}
