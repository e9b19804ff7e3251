package train

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"

	"github.com/eddy-pde/eddy/datasets"
)

// feed hands out batches of windows epoch after epoch, in an order that depends on the seed alone. A batch is valid until the next one is asked for.
type feed struct {
	windows int // in one epoch
	next    func() (b positioned, err error, ok bool)
	close   func() // ends the reading ahead and waits for it
}

// positioned is a batch and the position of the one behind it.
type positioned struct {
	datasets.Batch
	next Position
}

// newFeed starts at a position.
func newFeed(ctx context.Context, ds datasets.Dataset, history, horizon, size int, seed uint64, at Position) (*feed, error) {
	n := datasets.NewWindows(ds, history+horizon, 1).Len()
	if n == 0 {
		longest := 0
		for i := range ds.Len() {
			longest = max(longest, ds.Frames(i))
		}
		return nil, fmt.Errorf("train: a sample is %d frames (history %d and %d to compare with), but no trajectory of the training data has more than %d: "+
			"lower data.history, data.stride or objective.unroll", history+horizon, history, horizon, longest)
	}
	if n < size {
		return nil, fmt.Errorf("train: train.batch = %d exceeds the %d windows of %d frames in the training data", size, n, history+horizon)
	}
	f := &feed{windows: n}
	w := datasets.Window{History: history, Horizon: horizon, Batch: size, Shuffle: true, DropLast: true, Buffers: new(datasets.Buffers)}
	f.next, f.close = iter.Pull2(epochs(ctx, ds, w, n/size, seed, at))
	return f, nil
}

// epochs goes through the windows again and again, each time in another order.
func epochs(ctx context.Context, ds datasets.Dataset, w datasets.Window, batches int, seed uint64, at Position) iter.Seq2[positioned, error] {
	return func(yield func(positioned, error) bool) {
		for {
			w.Skip = at.Index
			another := Position{Epoch: at.Epoch + 1}
			for b, err := range datasets.Batches(ctx, ds, w, rand.New(rand.NewPCG(seed, uint64(at.Epoch)))) {
				if at.Index++; at.Index == batches {
					at = another
				}
				if !yield(positioned{b, at}, err) || err != nil {
					return
				}
			}
			at = another
		}
	}
}
