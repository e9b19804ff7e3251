package train

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// feed hands out batches of windows epoch after epoch, in an order that depends on the seed alone, and reads ahead in a goroutine. A batch is valid until the
// next one is asked for.
type feed struct {
	windows int // in one epoch
	full    chan loaded
	empty   chan batch
	cancel  context.CancelFunc
	held    *batch
}

// batch is a batch of windows in physical units.
type batch struct {
	u, target    *eddy.Tensor // [B, H, C, X…], [B, S, C, X…]
	static, cond *eddy.Tensor // [B, F, X…], [B, P]; nil where there are none
	windows      []WindowRef
}

// loaded is a batch, the position of the one behind it, or an error.
type loaded struct {
	batch batch
	next  Position
	err   error
}

// readAhead is how many batches are read before they are asked for.
const readAhead = 2

// newFeed starts reading at a position.
func newFeed(ctx context.Context, ds datasets.Dataset, history, horizon, size int, seed uint64, at Position) (*feed, error) {
	w := datasets.NewWindows(ds, history+horizon, 1)
	if w.Len() < size {
		return nil, fmt.Errorf("train: train.batch = %d exceeds the %d windows of %d frames in the training data", size, w.Len(), history+horizon)
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &feed{windows: w.Len(), full: make(chan loaded, readAhead), empty: make(chan batch, readAhead+1), cancel: cancel}
	for range readAhead + 1 {
		f.empty <- newBatch(ds.Spec(), size, history, horizon)
	}
	r := reader{ds: ds, windows: w, history: history, frames: eddy.NewTensor(append([]int{history + horizon}, ds.Spec().FrameShape()...)...)}
	go r.run(ctx, f, size, seed, at)
	return f, nil
}

// next is the next batch and the position behind it.
func (f *feed) next(ctx context.Context) (batch, Position, error) {
	if f.held != nil {
		f.empty <- *f.held
		f.held = nil
	}
	select {
	case l, ok := <-f.full:
		if !ok {
			return batch{}, Position{}, context.Canceled
		}
		if l.err == nil {
			f.held = &l.batch
		}
		return l.batch, l.next, l.err
	case <-ctx.Done():
		return batch{}, Position{}, ctx.Err()
	}
}

// close ends the reader and waits for it.
func (f *feed) close() {
	f.cancel()
	for range f.full { // drained until the reader closes it
	}
}

func newBatch(spec eddy.Spec, size, history, horizon int) batch {
	frame := spec.FrameShape()
	b := batch{
		u:       eddy.NewTensor(append([]int{size, history}, frame...)...),
		target:  eddy.NewTensor(append([]int{size, horizon}, frame...)...),
		windows: make([]WindowRef, size),
	}
	if n := len(spec.Statics); n > 0 {
		b.static = eddy.NewTensor(append([]int{size, n}, spec.Grid.Shape()...)...)
	}
	if n := len(spec.Params); n > 0 {
		b.cond = eddy.NewTensor(size, n)
	}
	return b
}

// reader fills batches.
type reader struct {
	ds      datasets.Dataset
	windows datasets.Windows
	history int
	frames  *eddy.Tensor // one window
}

// run reads until ctx is done, from a position on.
func (r *reader) run(ctx context.Context, f *feed, size int, seed uint64, at Position) {
	defer close(f.full)
	for epoch := at.Epoch; ; epoch++ {
		order := rand.New(rand.NewPCG(seed, uint64(epoch))).Perm(r.windows.Len())
		for index := 0; (index+1)*size <= len(order); index++ {
			if epoch == at.Epoch && index < at.Index {
				continue
			}
			select {
			case b := <-f.empty:
				err := r.fill(ctx, b, order[index*size:(index+1)*size])
				next := Position{Epoch: epoch, Index: index + 1}
				if (index+2)*size > len(order) {
					next = Position{Epoch: epoch + 1}
				}
				f.full <- loaded{b, next, err}
				if err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func (r *reader) fill(ctx context.Context, b batch, order []int) error {
	for i, k := range order {
		w := r.windows.At(k)
		if err := r.ds.Read(ctx, r.frames, w.Traj, w.Frame); err != nil {
			return err
		}
		b.windows[i] = w
		copy(b.u.Row(i).Data, r.frames.Rows(0, r.history).Data)
		copy(b.target.Row(i).Data, r.frames.Rows(r.history, r.frames.Shape[0]).Data)
		if err := readCondition(ctx, r.ds, b.static, b.cond, i, w.Traj); err != nil {
			return err
		}
	}
	return nil
}
