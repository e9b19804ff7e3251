//go:build cgo

package well_test

import (
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
)

// turbulence describes 64² frames of one scalar, or of a vector.
func turbulence(trajectories, frames int, vector bool) datasets.Meta {
	m := datasets.Meta{
		Spec:         eddy.Spec{Name: "flow", Fields: []eddy.Field{{Name: "vorticity"}}, Grid: eddy.PeriodicGrid(1, 64, 64), Dt: 1, History: 1},
		Trajectories: trajectories, Frames: frames,
	}
	if vector {
		m.Spec.Fields = []eddy.Field{{Name: "velocity_x", Of: "velocity", Index: []int{0}}, {Name: "velocity_y", Of: "velocity", Index: []int{1}}}
	}
	for i := range frames {
		m.T = append(m.T, float64(i))
	}
	return m
}

// TestStreamingAllocatesNoMoreForALargerFile reads random windows: what is allocated beyond the batches' buffers is small change per window, not data.
func TestStreamingAllocatesNoMoreForALargerFile(t *testing.T) {
	const windows = 256
	for _, vector := range []bool{false, true} {
		m := turbulence(2, 200, vector) // 6.5 MB, or 13
		path := filepath.Join(t.TempDir(), "flow.hdf5")
		write(t, path, m)
		ds := opened(t, path)
		read := func() {
			n := 0
			w := datasets.Window{History: 1, Horizon: 1, Batch: 8, Shuffle: true}
			for _, err := range datasets.Batches(t.Context(), ds, w, rand.New(rand.NewPCG(1, 1))) {
				if err != nil {
					t.Fatal(err)
				}
				if n += 8; n == windows {
					break
				}
			}
		}
		read()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read()
		runtime.ReadMemStats(&after)
		frame := uint64(4 * eddy.Size(m.Spec.FrameShape()))
		buffers := (3*8*2 + 2 + 4) * frame // three batches of two frames a window, the reader's window, the field's own buffers
		if got := after.TotalAlloc - before.TotalAlloc; got > buffers+windows*8192 {
			t.Errorf("vector %v: %d bytes allocated for %d windows of %d bytes, expected at most %d", vector, got, windows, 2*frame, buffers+windows*8192)
		}
	}
}

func BenchmarkRandomWindows(b *testing.B) {
	for _, vector := range []bool{false, true} {
		m := turbulence(16, 200, vector)
		path := filepath.Join(b.TempDir(), "flow.hdf5")
		w := well.NewWriter(path)
		if _, err := w.Begin(b.Context(), m); err != nil {
			b.Fatal(err)
		}
		for traj := range m.Trajectories {
			if err := w.Write(b.Context(), traj, values(m, traj)); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
		ds, err := well.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(map[bool]string{false: "64x64/scalar", true: "64x64/vector"}[vector], func(b *testing.B) {
			dst := eddy.NewTensor(append([]int{2}, m.Spec.FrameShape()...)...)
			rng := rand.New(rand.NewPCG(1, 1))
			b.SetBytes(int64(4 * dst.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if err := ds.Read(b.Context(), dst, rng.IntN(m.Trajectories), rng.IntN(m.Frames-1)); err != nil {
					b.Fatal(err)
				}
			}
		})
		ds.Close()
	}
}
