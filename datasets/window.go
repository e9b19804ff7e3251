package datasets

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// Window says how batches are cut from a data set: runs of History + Horizon consecutive frames of one trajectory.
type Window struct {
	History int  // frames a model sees, at least 1
	Horizon int  // frames it has to predict; 0 gives batches without a target
	Stride  int  // distance between the first frames of neighbouring windows; 0 counts as 1
	Batch   int  // windows in a batch, at least 1
	Shuffle bool // visit the windows in an order drawn from the rng instead of in theirs
	// DropLast leaves out the last batch where it would be smaller than Batch.
	DropLast bool
	// Skip leaves out so many batches at the start, whose places a pass that was broken off has been to.
	Skip int
	// Buffers keeps the arrays of batches from one pass to the next, for passes over the same data in the same windows, one at a time; nil makes new ones.
	Buffers *Buffers
}

// Buffers are arrays of batches that nobody uses. The zero value is empty.
type Buffers struct{ free par.Pool[Batch] }

// Ref is the place of a window: a trajectory and its first frame.
type Ref struct{ Traj, Frame int }

// Batch is a set of windows in physical units. It is valid until the next batch is asked for: its arrays are used again.
type Batch struct {
	U      *eddy.Tensor // [B, H, C, X…], newest last
	Target *eddy.Tensor // [B, S, C, X…], the S = Horizon frames that follow; nil where S is 0
	Static *eddy.Tensor // [B, F, X…]; nil where the Spec has no static fields
	Cond   *eddy.Tensor // [B, P]; nil where the Spec has no parameters
	Refs   []Ref        // [B]
}

// Windows numbers the windows of a data set: those of trajectory 0 first.
type Windows struct {
	stride  int
	numbers Numbering // of windows in trajectories
}

// NewWindows numbers the windows of so many frames whose first frames are multiples of stride (at least 1).
func NewWindows(ds Dataset, frames, stride int) Windows {
	w := Windows{stride: max(stride, 1)}
	for traj := range ds.Len() {
		n := 0
		if room := ds.Frames(traj) - frames; room >= 0 {
			n = room/w.stride + 1
		}
		w.numbers.Append(n)
	}
	return w
}

// Len is the number of windows.
func (w Windows) Len() int { return w.numbers.Len() }

// At is the place of window k, 0 ≤ k < Len().
func (w Windows) At(k int) Ref {
	traj, window := w.numbers.Find(k)
	return Ref{Traj: traj, Frame: window * w.stride}
}

// readAhead is how many batches are read before they are asked for.
const readAhead = 2

// Batches goes once through the windows of a data set. A goroutine reads the batches ahead; it ends with the loop, also where the loop is left early. Memory stays
// at a few batches whatever the size of the data. The order depends on rng alone (nil is allowed without Shuffle). An error, of reading or of ctx, is the last
// element.
func Batches(ctx context.Context, ds Dataset, w Window, rng *rand.Rand) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		if w.History < 1 || w.Horizon < 0 || w.Batch < 1 || w.Stride < 0 || w.Skip < 0 {
			yield(Batch{}, fmt.Errorf("datasets: window %+v, expected a history and a batch of at least 1", w))
			return
		}
		windows := NewWindows(ds, w.History+w.Horizon, w.Stride)
		order := make([]int, windows.Len())
		for i := range order {
			order[i] = i
		}
		if w.Shuffle {
			order = rng.Perm(len(order))
		}
		if w.DropLast {
			order = order[:len(order)/w.Batch*w.Batch]
		}
		order = order[min(w.Skip*w.Batch, len(order)):]
		ctx, cancel := context.WithCancel(ctx)
		full, empty := make(chan read, readAhead), make(chan Batch, readAhead+1)
		buffers := w.Buffers
		if buffers == nil {
			buffers = new(Buffers)
		}
		for range min(readAhead+1, (len(order)+w.Batch-1)/w.Batch) {
			empty <- buffers.free.Take(func() Batch { return newBatch(ds.Spec(), w) })
		}
		r := reader{ds: ds, windows: windows, w: w, frames: eddy.NewTensor(append([]int{w.History + w.Horizon}, ds.Spec().FrameShape()...)...)}
		go r.run(ctx, order, full, empty)
		defer func() {
			cancel()
			for r := range full { // until the reader has closed it
				buffers.free.Put(r.batch)
			}
			for len(empty) > 0 {
				buffers.free.Put(<-empty)
			}
		}()
		for b := range full {
			if !yield(b.batch.head(len(b.batch.Refs)), b.err) || b.err != nil {
				return
			}
			empty <- b.batch
		}
		if err := ctx.Err(); err != nil {
			yield(Batch{}, err)
		}
	}
}

// read is a batch or an error.
type read struct {
	batch Batch
	err   error
}

func newBatch(spec eddy.Spec, w Window) Batch {
	frame := spec.FrameShape()
	b := Batch{U: eddy.NewTensor(append([]int{w.Batch, w.History}, frame...)...), Refs: make([]Ref, 0, w.Batch)}
	if w.Horizon > 0 {
		b.Target = eddy.NewTensor(append([]int{w.Batch, w.Horizon}, frame...)...)
	}
	if n := len(spec.Statics); n > 0 {
		b.Static = eddy.NewTensor(append([]int{w.Batch, n}, spec.Grid.Shape()...)...)
	}
	if n := len(spec.Params); n > 0 {
		b.Cond = eddy.NewTensor(w.Batch, n)
	}
	return b
}

// head is the first n windows of a batch.
func (b Batch) head(n int) Batch {
	if b.U == nil {
		return b
	}
	cut := func(t *eddy.Tensor) *eddy.Tensor {
		if t == nil {
			return nil
		}
		return t.Rows(0, n)
	}
	return Batch{U: cut(b.U), Target: cut(b.Target), Static: cut(b.Static), Cond: cut(b.Cond), Refs: b.Refs}
}

// reader fills batches.
type reader struct {
	ds      Dataset
	windows Windows
	w       Window
	frames  *eddy.Tensor // one window
}

func (r *reader) run(ctx context.Context, order []int, full chan<- read, empty <-chan Batch) {
	defer close(full)
	for len(order) > 0 {
		n := min(r.w.Batch, len(order))
		select {
		case b := <-empty:
			b.Refs = b.Refs[:0]
			err := r.fill(ctx, &b, order[:n])
			select {
			case full <- read{b, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
		order = order[n:]
	}
}

func (r *reader) fill(ctx context.Context, b *Batch, order []int) error {
	for i, k := range order {
		ref := r.windows.At(k)
		if err := r.ds.Read(ctx, r.frames, ref.Traj, ref.Frame); err != nil {
			return err
		}
		b.Refs = append(b.Refs, ref)
		copy(b.U.Row(i).Data, r.frames.Rows(0, r.w.History).Data)
		if b.Target != nil {
			copy(b.Target.Row(i).Data, r.frames.Rows(r.w.History, r.frames.Shape[0]).Data)
		}
		if err := ReadCondition(ctx, r.ds, row(b.Static, i), row(b.Cond, i), ref.Traj); err != nil {
			return err
		}
	}
	return nil
}

func row(t *eddy.Tensor, i int) *eddy.Tensor {
	if t == nil {
		return nil
	}
	return t.Row(i)
}

// ReadCondition fills the static fields [F, X…] and the parameters [P] of one trajectory; either is nil where the Spec has none. A data set that is not
// [Conditioned] gives each parameter the value of its Spec and cannot have static fields.
func ReadCondition(ctx context.Context, ds Dataset, static, cond *eddy.Tensor, traj int) error {
	if static == nil && cond == nil {
		return nil
	}
	if c, ok := ds.(Conditioned); ok {
		var p []float32
		if cond != nil {
			p = cond.Data
		}
		return c.Condition(ctx, static, p, traj)
	}
	if static != nil {
		return fmt.Errorf("datasets: the data set %q names static fields and does not hold any", ds.Spec().Name)
	}
	for i, p := range ds.Spec().Params {
		cond.Data[i] = float32(p.Value)
	}
	return nil
}
