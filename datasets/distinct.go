package datasets

import (
	"context"
	"hash/maphash"
	"unsafe"

	"github.com/eddy-pde/eddy"
)

// Fingerprints hashes the content of every trajectory, frames, static fields and parameters, in one streaming pass. Within one process, equal trajectories have equal
// fingerprints, and different ones differ but for a chance of 2⁻⁶⁴ a pair.
func Fingerprints(ctx context.Context, ds Dataset) ([]uint64, error) {
	spec := ds.Spec()
	prints := make([]uint64, ds.Len())
	var h maphash.Hash
	h.SetSeed(fingerprintSeed)
	add := func(u []float32) {
		b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(u))), 4*len(u))
		_, _ = h.Write(b) // never fails
	}
	err := Blocks(ctx, ds, func(traj, frame int, frames *eddy.Tensor) error {
		if frame == 0 {
			h.Reset()
			add(frames.Data)
		} else { // blocks overlap by a frame
			add(frames.Rows(1, frames.Shape[0]).Data)
		}
		prints[traj] = h.Sum64()
		return ctx.Err()
	})
	if err != nil || len(spec.Statics) == 0 && len(spec.Params) == 0 {
		return prints, err
	}
	var static, cond *eddy.Tensor
	if n := len(spec.Statics); n > 0 {
		static = eddy.NewTensor(append([]int{n}, spec.Grid.Shape()...)...)
	}
	if n := len(spec.Params); n > 0 {
		cond = eddy.NewTensor(n)
	}
	for traj := range prints {
		if err := ReadCondition(ctx, ds, static, cond, traj); err != nil {
			return nil, err
		}
		h.Reset()
		for _, t := range []*eddy.Tensor{static, cond} {
			if t != nil {
				add(t.Data)
			}
		}
		prints[traj] ^= h.Sum64() * 0x9e3779b97f4a7c15
	}
	return prints, nil
}

// fingerprintSeed is one for the whole process, so that fingerprints of different data sets compare.
var fingerprintSeed = maphash.MakeSeed()

// Distinct is a data set without the trajectories that equal an earlier one. Splits of it share no trajectory. It reads the data set once from end to end.
func Distinct(ctx context.Context, ds Dataset) (Dataset, error) {
	prints, err := Fingerprints(ctx, ds)
	if err != nil {
		return nil, err
	}
	seen := map[uint64]bool{}
	var first []int
	for traj, p := range prints {
		if !seen[p] {
			first = append(first, traj)
		}
		seen[p] = true
	}
	if len(first) == len(prints) {
		return ds, nil
	}
	return Subset(ds, first)
}
