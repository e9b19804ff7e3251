package report

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// source reads a batch of trajectories frame by frame, a few frames ahead at a time.
type source struct {
	ds       datasets.Dataset
	from, to int
	frames   int
	ahead    *eddy.Tensor // [B, K, C, X…], frames first … first+K−1
	first    int
	have     int
}

// maxAhead bounds the values that a source holds: 64 MiB of float32.
const maxAhead = 16 << 20

func newSource(ds datasets.Dataset, from, to, frames int) *source {
	shape := ds.Spec().FrameShape()
	k := max(1, min(32, frames, maxAhead/((to-from)*eddy.Size(shape))))
	return &source{ds: ds, from: from, to: to, frames: frames, ahead: eddy.NewTensor(append([]int{to - from, k}, shape...)...)}
}

// frame fills dst [B, C, X…] with frame f of every trajectory. Frames are asked for in order.
func (s *source) frame(ctx context.Context, dst *eddy.Tensor, f int) error {
	if f >= s.first+s.have {
		s.first, s.have = f, min(s.ahead.Shape[1], s.frames-f)
		for b := range s.to - s.from {
			if err := s.ds.Read(ctx, s.ahead.Row(b).Rows(0, s.have), s.from+b, f); err != nil {
				return err
			}
		}
	}
	for b := range s.to - s.from {
		row := s.ahead.Row(b).Row(f - s.first)
		if err := finiteFrame(s.ds.Spec(), row, s.from+b, f); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		dst.Row(b).CopyFrom(row)
	}
	return nil
}

// condition is the part of an Input that does not change: static fields and parameters of every trajectory.
func (s *source) condition(ctx context.Context) (eddy.Input, error) {
	spec := s.ds.Spec()
	var in eddy.Input
	if len(spec.Statics) == 0 && len(spec.Params) == 0 {
		return in, nil
	}
	b := s.to - s.from
	if n := len(spec.Statics); n > 0 {
		in.Static = eddy.NewTensor(append([]int{b, n}, spec.Grid.Shape()...)...)
	}
	if n := len(spec.Params); n > 0 {
		in.Cond = eddy.NewTensor(b, n)
	}
	for i := range b {
		var static, cond *eddy.Tensor
		if in.Static != nil {
			static = in.Static.Row(i)
		}
		if in.Cond != nil {
			cond = in.Cond.Row(i)
		}
		if err := datasets.ReadCondition(ctx, s.ds, static, cond, s.from+i); err != nil {
			return in, err
		}
	}
	return in, nil
}
