//go:build cgo

package well_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
)

// counted is frames first … first+n−1 of trajectory traj, every value telling its place.
func counted(m datasets.Meta, traj, first, n int) *eddy.Tensor {
	u := eddy.NewTensor(append([]int{n}, m.Spec.FrameShape()...)...)
	size := eddy.Size(m.Spec.FrameShape())
	for i := range u.Data {
		u.Data[i] = float32(traj*1e6 + (first+i/size)*1e3 + i%size)
	}
	return u
}

func growing() datasets.Meta {
	m := turbulence(3, 7, true)
	m.Spec.Grid = eddy.PeriodicGrid(1, 4, 2)
	return m
}

func begin(t *testing.T, path string, m datasets.Meta) (*well.Writer, int) {
	t.Helper()
	w := well.NewWriter(path)
	done, err := w.Begin(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return w, done
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFramesThatComeBitByBitMakeTheSameFile(t *testing.T) {
	m, dir := growing(), t.TempDir()
	whole, parts := filepath.Join(dir, "whole.hdf5"), filepath.Join(dir, "parts.hdf5")
	w, _ := begin(t, whole, m)
	for traj := range m.Trajectories {
		u := counted(m, traj, 0, m.Frames)
		wide := make([]float64, len(u.Data))
		for i, v := range u.Data {
			wide[i] = float64(v)
		}
		must(t, w.Write(t.Context(), traj, wide))
	}
	must(t, w.Close(t.Context()))

	w, _ = begin(t, parts, m)
	for _, group := range [][]int{{0, 1}, {2}} {
		for _, traj := range group {
			must(t, w.Start(t.Context(), traj, nil, nil))
		}
		for _, run := range [][2]int{{0, 1}, {1, 4}, {5, 2}} { // first, how many
			for _, traj := range group {
				must(t, w.Append(t.Context(), traj, counted(m, traj, run[0], run[1])))
			}
		}
	}
	must(t, w.Close(t.Context()))
	a, err := os.ReadFile(whole)
	must(t, err)
	b, err := os.ReadFile(parts)
	must(t, err)
	if !slices.Equal(a, b) {
		t.Error("the files differ")
	}
}

func TestAnInterruptedGrowthGoesOnFromItsCheckpoint(t *testing.T) {
	m, path := growing(), filepath.Join(t.TempDir(), "grown.hdf5")
	w, _ := begin(t, path, m)
	for traj := range 2 {
		must(t, w.Start(t.Context(), traj, nil, nil))
		must(t, w.Append(t.Context(), traj, counted(m, traj, 0, 3)))
	}
	must(t, w.Checkpoint(t.Context(), []byte("three")))
	must(t, w.Append(t.Context(), 0, counted(m, 0, 3, 4))) // complete, but no checkpoint tells of it
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, w.Close(ctx))

	w, done := begin(t, path, m)
	if done != 0 || w.Appended(0) != 3 || w.Appended(1) != 3 || w.Appended(2) != 0 || string(w.State()) != "three" {
		t.Fatalf("resumed with %d done, %d, %d and %d frames, state %q", done, w.Appended(0), w.Appended(1), w.Appended(2), w.State())
	}
	got := eddy.NewTensor(append([]int{2}, m.Spec.FrameShape()...)...)
	must(t, w.ReadBack(t.Context(), got, 1, 1))
	if want := counted(m, 1, 1, 2); !slices.Equal(got.Data, want.Data) {
		t.Errorf("read back %v, expected %v", got.Data, want.Data)
	}
	if err := w.ReadBack(t.Context(), got, 1, 2); err == nil || !strings.Contains(err.Error(), "of which 3 are stored") {
		t.Errorf("frames that are not there were read back: %v", err)
	}
	for traj := range 2 {
		must(t, w.Append(t.Context(), traj, counted(m, traj, 3, 4)))
	}
	must(t, w.Start(t.Context(), 2, nil, nil))
	must(t, w.Append(t.Context(), 2, counted(m, 2, 0, 7)))
	must(t, w.Close(t.Context()))
	ds := opened(t, path)
	all := eddy.NewTensor(append([]int{m.Frames}, m.Spec.FrameShape()...)...)
	for traj := range m.Trajectories {
		must(t, ds.Read(t.Context(), all, traj, 0))
		if want := counted(m, traj, 0, m.Frames); !slices.Equal(all.Data, want.Data) {
			t.Errorf("trajectory %d: %v, expected %v", traj, all.Data, want.Data)
		}
	}
}

func TestFramesOutOfPlaceAreRefused(t *testing.T) {
	m := growing()
	w, _ := begin(t, filepath.Join(t.TempDir(), "grown.hdf5"), m)
	defer w.Close(t.Context())
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"not begun":    {w.Append(t.Context(), 0, counted(m, 0, 0, 1)), "was not begun"},
		"out of order": {w.Start(t.Context(), 1, nil, nil), "expected 0 of 3"},
		"parameters":   {w.Start(t.Context(), 0, nil, []float64{1}), "1 parameters"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	must(t, w.Start(t.Context(), 0, nil, nil))
	if err := w.Append(t.Context(), 0, counted(m, 0, 0, 8)); err == nil || !strings.Contains(err.Error(), "at most 7 frames") {
		t.Errorf("too many frames: %v", err)
	}
	if err := w.Append(t.Context(), 0, eddy.NewTensor(1, 2, 4)); err == nil || !strings.Contains(err.Error(), "shape [1 2 4]") {
		t.Errorf("frames of another shape: %v", err)
	}
}
