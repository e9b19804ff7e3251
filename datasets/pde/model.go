package pde

import (
	"context"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// advancer moves one state in time, or several where its model says so. It owns scratch memory: one goroutine at a time.
type advancer interface {
	// advance replaces the state u [C, X…] by the one a Spec().Dt later. It calls t.substep after each substep and may return early, with an error, when ctx is done.
	advance(ctx context.Context, u []float64, t *trace) error
}

// model makes an [eddy.Precise] of an advancer: it checks shapes, converts, and shares the states of a batch among threads. Solvers of this package embed it.
// It is safe for concurrent use.
type model struct {
	spec     eddy.Spec
	fresh    func() advancer
	together int // states that an advancer takes at once, where it takes several
	workers  par.Pool[advancer]
}

// newModel is a model of states of spec; fresh makes an advancer with scratch memory of its own.
func newModel(spec eddy.Spec, fresh func() advancer) *model { return &model{spec: spec, fresh: fresh} }

// Spec describes the states.
func (m *model) Spec() eddy.Spec { return m.spec }

// Step advances a batch by Spec().Dt, rounding once on the way out: in.U is [B, 1, C, X…] (one state of history), dst [B, C, X…].
func (m *model) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if in.U == nil {
		return &eddy.ShapeError{Op: m.op("Step"), What: "input", Hint: "there is none"}
	}
	frame := m.spec.FrameShape()
	eddy.MustShape(m.op("Step"), "input", in.U.Shape, append([]int{-1, 1}, frame...))
	eddy.MustShape(m.op("Step"), "destination", dst.Shape, append([]int{in.U.Shape[0]}, frame...))
	u := make([]float64, in.U.Len())
	for i, x := range in.U.Data {
		u[i] = float64(x)
	}
	if err := m.Step64(ctx, u, u); err != nil {
		return err
	}
	for i, x := range u {
		dst.Data[i] = float32(x)
	}
	return nil
}

// Step64 advances states u [B, C, X…] by Spec().Dt into dst of the same length; dst may be u. It fails with *eddy.ShapeError where the lengths do not fit and
// with the context's error where it was done before, or between substeps.
func (m *model) Step64(ctx context.Context, dst, u []float64) error {
	n := eddy.Size(m.spec.FrameShape())
	if len(u)%n != 0 || len(dst) != len(u) {
		return &eddy.ShapeError{
			Op: m.op("Step64"), What: "state and destination", Got: []int{len(u), len(dst)}, Want: []int{n, n},
			Hint: fmt.Sprintf("the same multiple of the %d values of one state", n),
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	block := n * m.batch(len(u)/n)
	errs := make([]error, (len(u)+block-1)/block)
	par.For(len(errs), func(i int) {
		w := m.workers.Take(m.fresh)
		defer m.workers.Put(w)
		from, to := i*block, min((i+1)*block, len(u))
		copy(dst[from:to], u[from:to])
		errs[i] = w.advance(ctx, dst[from:to], nil)
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// batch is how many of the given number of states an advancer gets at a time: as many as it takes, unless that would leave a thread without any. Numbers do not depend
// on it.
func (m *model) batch(states int) int {
	share := (states + par.Threads() - 1) / par.Threads()
	return max(1, min(share, m.together))
}

// Together is the number of states beyond which Step64 gains nothing by getting more of them for each thread.
func (m *model) Together() int { return max(m.together, 1) }

// Trace takes one step from the state u [C, X…] and reports the first substep, counted from 1, after which a value was NaN or infinite, and its time since u; 0 where
// there is none. It panics with *eddy.ShapeError where u is not one state.
func (m *model) Trace(u []float64) (substep int, time float64) {
	if n := eddy.Size(m.spec.FrameShape()); len(u) != n {
		panic(&eddy.ShapeError{Op: m.op("Trace"), What: "state", Got: []int{len(u)}, Want: []int{n}})
	}
	var t trace
	w := m.workers.Take(m.fresh)
	defer m.workers.Put(w)
	if err := w.advance(context.Background(), append([]float64(nil), u...), &t); err != nil {
		return 0, 0
	}
	return t.lost, t.time
}

func (m *model) op(method string) string { return "pde: " + m.spec.Name + ": " + method }

// trace finds the substep in which a state is lost. A nil trace looks at nothing.
type trace struct {
	steps, lost int
	time        float64 // of the substep `lost`, since the step began
}

// substep counts one substep, which ended at the given time since the step began with the given values.
func (t *trace) substep(time float64, values ...[]float64) {
	if t == nil || t.lost > 0 {
		return
	}
	t.steps++
	for _, part := range values {
		for _, v := range part {
			if math.IsNaN(v - v) {
				t.lost, t.time = t.steps, time
				return
			}
		}
	}
}
