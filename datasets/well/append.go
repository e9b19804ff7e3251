package well

import (
	"context"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/h5"
)

var _ datasets.FrameWriter = (*Writer)(nil)

// growth is what a writer knows of trajectories that come a few frames at a time.
type growth struct {
	Frames []int  `json:"frames,omitempty"` // stored of the trajectories behind the complete ones, in order
	State  []byte `json:"state,omitempty"`  // of the caller, at the last checkpoint
}

// Start begins trajectory traj, the one behind those that are complete or begun.
func (w *Writer) Start(ctx context.Context, traj int, static, cond []float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if next := w.done + len(w.growth.Frames); w.h == nil || traj != next || traj >= w.meta.Trajectories {
		return fmt.Errorf("well: %s: trajectory %d begun, expected %d of %d in an open file", w.path, traj, next, w.meta.Trajectories)
	}
	if err := w.storeCondition(traj, static, cond); err != nil {
		return err
	}
	w.growth.Frames, w.appends = append(w.growth.Frames, 0), true
	return nil
}

// Append stores the next frames [T, C, X…] of a trajectory that Start began.
func (w *Writer) Append(ctx context.Context, traj int, frames *eddy.Tensor) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	i := traj - w.done
	if w.h == nil || i < 0 || i >= len(w.growth.Frames) {
		return fmt.Errorf("well: %s: frames for trajectory %d, which was not begun", w.path, traj)
	}
	w.appends = true
	n, first := frames.Shape[0], w.growth.Frames[i]
	if want := append([]int{n}, w.meta.Spec.FrameShape()...); !slices.Equal(frames.Shape, want) || first+n > w.meta.Frames {
		return fmt.Errorf("well: %s: frames of shape %v behind the first %d of trajectory %d, expected %v and at most %d frames", w.path, frames.Shape, first, traj, want, w.meta.Frames)
	}
	for _, t := range w.fields {
		if err := w.storeFrames(t, traj, first, frames); err != nil {
			return err
		}
	}
	w.growth.Frames[i] += n
	for len(w.growth.Frames) > 0 && w.growth.Frames[0] == w.meta.Frames {
		w.growth.Frames = slices.Delete(w.growth.Frames, 0, 1)
		w.done++
	}
	return nil
}

// storeFrames writes the channels of one target, turned from [T, C, X…] into [T, X…, components].
func (w *Writer) storeFrames(t target, traj, first int, frames *eddy.Tensor) error {
	slab := t.slab(traj, first, frames.Shape[0])
	if w.meta.Float64 {
		return h5.Write(t.d, interleave[float64](t, frames), slab)
	}
	return h5.Write(t.d, interleave[float32](t, frames), slab)
}

func (t target) slab(traj, first, frames int) h5.Slab {
	s := t.d.Whole()
	s.Start[0], s.Count[0], s.Start[1], s.Count[1] = traj, 1, first, frames
	return s
}

func interleave[N float32 | float64](t target, frames *eddy.Tensor) []N {
	channels, comps := frames.Shape[1], len(t.channels)
	points := eddy.Size(frames.Shape[2:])
	out := make([]N, frames.Shape[0]*points*comps)
	for f := range frames.Shape[0] {
		for k, c := range t.channels {
			dst := out[f*points*comps:]
			for j, v := range frames.Data[(f*channels+c)*points:][:points] {
				dst[j*comps+k] = N(v)
			}
		}
	}
	return out
}

// Appended is the number of frames of a trajectory that are stored.
func (w *Writer) Appended(traj int) int {
	switch i := traj - w.done; {
	case i < 0:
		return w.meta.Frames
	case i < len(w.growth.Frames):
		return w.growth.Frames[i]
	}
	return 0
}

// ReadBack fills dst [T, C, X…] with stored frames of a trajectory, rounded to float32 where the file holds more.
func (w *Writer) ReadBack(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n := dst.Shape[0]
	if w.h == nil || frame < 0 || frame+n > w.Appended(traj) {
		return fmt.Errorf("well: %s: frames %d to %d of trajectory %d read back, of which %d are stored", w.path, frame, frame+n-1, traj, w.Appended(traj))
	}
	channels, points := dst.Shape[1], eddy.Size(dst.Shape[2:])
	for _, t := range w.fields {
		comps := len(t.channels)
		data := make([]float32, n*points*comps)
		if err := h5.Read(t.d, data, t.slab(traj, frame, n)); err != nil {
			return err
		}
		for f := range n {
			for k, c := range t.channels {
				for j := range points {
					dst.Data[(f*channels+c)*points+j] = data[(f*points+j)*comps+k]
				}
			}
		}
	}
	return nil
}

// Checkpoint makes everything stored so far safe and records it with the caller's state.
func (w *Writer) Checkpoint(ctx context.Context, state []byte) error {
	if w.h == nil {
		return fmt.Errorf("well: %s: a checkpoint of a file that is not open", w.path)
	}
	w.growth.State = slices.Clone(state)
	return w.save() // also where ctx is done: that is when it is needed most
}

// State is that of the last Checkpoint.
func (w *Writer) State() []byte { return w.growth.State }
