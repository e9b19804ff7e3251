package rollout

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// Steps rolls a model out from in for as long as the caller listens and yields the state [B, C, X…] after 1, 2, 3, … steps. The tensor belongs to the iteration
// and is overwritten by the next step: copy what is to be kept. Memory is constant, however long the rollout. in must not change while the iteration runs.
//
// The newest state enters the window of [eddy.Spec.History] states and the oldest leaves it; the time advances by Spec().Dt. A Precise model of history 1
// without static fields or parameters keeps its state in float64 between steps.
//
// A trajectory that becomes NaN or infinite is reported once, by a *DivergenceError beside the state in which it happened; the caller may stop or go on. From
// then on its row of the states is NaN and the others are what they would be without it. The iteration ends when all have diverged. Every other error (a shape
// that does not fit, ctx done, a failing model) comes with a nil state and ends the iteration; whoever goes on later starts again from the last state.
func Steps(ctx context.Context, m eddy.Model, in eddy.Input) iter.Seq2[*eddy.Tensor, error] {
	return func(yield func(*eddy.Tensor, error) bool) {
		r, err := newRoll(m, in)
		if err != nil {
			yield(nil, err)
			return
		}
		r.all(ctx, yield)
	}
}

// all yields state after state until the caller stops, all rows have diverged, or a step fails.
func (r *roll) all(ctx context.Context, yield func(*eddy.Tensor, error) bool) {
	for r.alive > 0 {
		if err := r.step(ctx); err != nil {
			yield(nil, err)
			return
		}
		var report error
		if d := r.inspect(); d != nil {
			report = d
		}
		if !yield(r.state, report) {
			return
		}
	}
}

// roll is a rollout between two steps.
type roll struct {
	model  eddy.Model
	spec   eddy.Spec
	start  eddy.Input   // as the caller gave it
	window eddy.Input   // U [B, H, C, X…] is ours; unused where wide is
	state  *eddy.Tensor // [B, C, X…], the newest state
	count  int          // steps done
	steps  []int        // [B], when a row diverged; 0 for the living
	bad    []int        // [B], scratch of inspect
	alive  int

	precise eddy.Precise // nil where the state is carried in float32
	wide    []float64    // [B, C, X…]
	draws   *draws       // nil where steps are not drawn
}

func newRoll(m eddy.Model, in eddy.Input) (r *roll, err error) {
	defer eddy.Recover(&err)
	spec := m.Spec()
	if err := checkInput(spec, in); err != nil {
		return nil, err
	}
	b := in.U.Shape[0]
	r = &roll{model: m, spec: spec, start: in, steps: make([]int, b), bad: make([]int, b), alive: b}
	r.state = eddy.NewTensor(append([]int{b}, in.U.Shape[2:]...)...)
	r.window = in
	if in.T != nil {
		r.window.T = slices.Clone(in.T)
	}
	if p, ok := m.(eddy.Precise); ok && spec.History <= 1 && in.Static == nil && in.Cond == nil {
		// A flat state says nothing of its extents: 4 states of 32² look like one of 64².
		eddy.MustShape("rollout.Steps", "state", in.U.Shape[2:], spec.FrameShape())
		r.precise, r.wide = p, make([]float64, len(in.U.Data))
		for i, v := range in.U.Data {
			r.wide[i] = float64(v)
		}
		return r, nil
	}
	r.window.U = in.U.Clone()
	return r, nil
}

// checkInput says what keeps in from being the start of a rollout.
func checkInput(spec eddy.Spec, in eddy.Input) error {
	if in.U == nil {
		return errors.New("rollout: the input has no states (Input.U is nil)")
	}
	want := []int{-1, max(spec.History, 1), spec.Channels()}
	for range spec.Grid.Dims() {
		want = append(want, -1)
	}
	eddy.MustShape("rollout.Steps", "Input.U", in.U.Shape, want)
	b := in.U.Shape[0]
	if b == 0 {
		return errors.New("rollout: the input holds no trajectory (Input.U has batch size 0)")
	}
	if in.T != nil && len(in.T) != b {
		return fmt.Errorf("rollout: Input.T has %d times for %d trajectories", len(in.T), b)
	}
	for i := range b {
		if at := nonFinite(in.U.Row(i).Data); at >= 0 {
			state := in.U.Row(i).Len() / in.U.Shape[1]
			return fmt.Errorf("rollout: the start of trajectory %d is not finite: %s holds %v", i, fieldAt(spec, at%state, state), in.U.Row(i).Data[at])
		}
	}
	return nil
}

// step advances the window and writes the newest state.
func (r *roll) step(ctx context.Context) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer eddy.Recover(&err)
	if r.precise != nil {
		if err := r.precise.Step64(ctx, r.wide, r.wide); err != nil {
			return r.failed(err)
		}
		for i, v := range r.wide {
			r.state.Data[i] = float32(v)
		}
		r.count++
		return nil
	}
	if r.count > 0 {
		r.shift()
	}
	if r.draws != nil {
		err = r.draws.sample(ctx, r.state, r.window, r.count)
	} else {
		err = r.model.Step(ctx, r.state, r.window)
	}
	if err != nil {
		return r.failed(err)
	}
	r.count++
	return nil
}

// failed says where a model gave up. The cause stays first in line for errors.Is.
func (r *roll) failed(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if exit := new(EnvelopeError); errors.As(err, &exit) && exit.Step == 0 { // of a guarded model, which does not count
		if exit.Step = r.count; !exit.Input {
			exit.Step++
		}
		return err
	}
	return fmt.Errorf("rollout: step %d: %w", r.count+1, err)
}

// shift moves the newest state into the window. A row that has diverged stands at its start, a state that its model can step with its parameters, so that no
// NaN goes through code that the living rows share.
func (r *roll) shift() {
	h, n := r.window.U.Shape[1], len(r.state.Data)/len(r.steps)
	for b, diverged := range r.steps {
		if u := r.window.U.Data[b*h*n : (b+1)*h*n]; diverged > 0 {
			copy(u, r.start.U.Data[b*h*n:])
		} else {
			copy(u, u[n:]) // the oldest state goes
			copy(u[(h-1)*n:], r.state.Data[b*n:(b+1)*n])
		}
		if r.window.T != nil {
			r.window.T[b] = r.start.T[b] + float64(r.count)*r.spec.Dt // not a running sum: it would drift over long rollouts
			if diverged > 0 {
				r.window.T[b] = r.start.T[b]
			}
		}
	}
}

// inspect looks for rows that became non-finite in the last step, and blanks those that did so before.
func (r *roll) inspect() *DivergenceError {
	par.For(len(r.steps), r.inspectRow)
	var first *DivergenceError
	for b, i := range r.bad {
		if i < 0 {
			if r.steps[b] > 0 && r.wide != nil {
				r.restart(b)
			}
			continue
		}
		row := r.state.Row(b).Data
		if first == nil {
			first = &DivergenceError{
				Step: r.count, Trajectory: b, Time: r.time(b), Field: fieldAt(r.spec, i, len(row)), Value: float64(row[i]),
			}
		}
		r.steps[b] = r.count
		r.alive--
		fillNaN(row)
		if r.wide != nil {
			r.restart(b)
		}
	}
	if first == nil {
		return nil
	}
	first.Steps = slices.Clone(r.steps)
	return first
}

// inspectRow notes the first value of a living row that is not finite, −1 where there is none.
func (r *roll) inspectRow(b int) {
	r.bad[b] = -1
	n := len(r.state.Data) / len(r.steps)
	if row := r.state.Data[b*n : (b+1)*n]; r.steps[b] == 0 {
		r.bad[b] = nonFinite(row)
	} else {
		fillNaN(row)
	}
}

// restart puts a diverged row of a float64 state back to its start (see shift).
func (r *roll) restart(b int) {
	n := len(r.wide) / len(r.steps)
	for i, v := range r.start.U.Row(b).Data {
		r.wide[b*n+i] = float64(v)
	}
}

// time of the newest state of a row.
func (r *roll) time(b int) float64 {
	t := float64(r.count) * r.spec.Dt
	if r.start.T != nil {
		t += r.start.T[b]
	}
	return t
}

// fieldAt names the field to which element i of a state of n elements belongs.
func fieldAt(spec eddy.Spec, i, n int) string {
	c := len(spec.Fields)
	if c == 0 || n < c {
		return "a value"
	}
	if name := spec.Fields[i/(n/c)].Name; name != "" {
		return "field " + name
	}
	return fmt.Sprintf("field %d", i/(n/c))
}
