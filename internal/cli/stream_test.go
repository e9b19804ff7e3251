//go:build cgo

package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/operators/train"
)

// walk is an ensemble: the sum of its last two states, damped, and noise of its key. From sums above a bound on it blows up.
type walk struct {
	spec  eddy.Spec
	bound float32
	steps int           // made so far
	after func(m *walk) // called after every step, if set
}

func newWalk(points int) *walk {
	return &walk{bound: 1e9, spec: eddy.Spec{Name: "walk", Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, points), Dt: 0.5, History: 2}}
}

func (m *walk) Spec() eddy.Spec { return m.spec }

func (m *walk) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	return m.Sample(ctx, dst, in, make([]eddy.Key, dst.Shape[0]))
}

func (m *walk) Sample(ctx context.Context, dst *eddy.Tensor, in eddy.Input, keys []eddy.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for b, k := range keys {
		rng := rand.New(rand.NewPCG(k.Seed<<32|k.Trajectory, k.Member<<32|k.Step))
		u := in.U.Row(b)
		var sum float32
		for i := range dst.Row(b).Data {
			v := 0.5*u.Row(1).Data[i] - 0.2*u.Row(0).Data[i] + float32(rng.NormFloat64()) + float32(in.T[b])*1e-3
			dst.Row(b).Data[i] = v
			sum += v
		}
		if sum > m.bound {
			dst.Row(b).Data[0] = float32(math.Inf(1))
		}
	}
	m.steps++
	if m.after != nil {
		m.after(m)
	}
	return nil
}

// still is a data set of zeros.
type still struct{ spec eddy.Spec }

func (s still) Spec() eddy.Spec { return s.spec }
func (still) Len() int          { return 3 }
func (still) Frames(int) int    { return 4 }
func (still) Read(_ context.Context, dst *eddy.Tensor, _, _ int) error {
	clear(dst.Data)
	return nil
}

func writeWalk(ctx context.Context, m *walk, out string, resume bool) (said string, err error) {
	var errs bytes.Buffer
	a := &app{out: io.Discard, err: &errs, quiet: true, args: []string{"rollout"}}
	model := surrogate{Model: m, meta: train.Meta{Kind: "walk"}}
	data := testData{View: datasets.View{Dataset: still{m.spec}}, path: "still.hdf5"}
	f := rolloutFlags{out: out, trajectory: -1, start: -1, steps: 600, resume: resume, sampling: samplingFlags{members: 2, seed: 3}}
	p, err := planRollout(m.spec, data, f)
	if err != nil {
		return "", err
	}
	err = a.writeRollout(ctx, m, nil, data, p, f, p.meta(model, data, f.sampling))
	return errs.String(), err
}

func TestAStoppedRolloutGoesOnAsIfItHadNot(t *testing.T) {
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole.hdf5"), filepath.Join(dir, "parts.hdf5")
	m := newWalk(16)
	m.bound = 17 // which some rows meet, early or late
	told, err := writeWalk(t.Context(), m, whole, false)
	if err != nil {
		t.Fatal(err)
	}
	toldInParts := ""
	for _, stop := range []int{1, 7, 400, 0} {
		ctx, cancel := context.WithCancel(t.Context())
		m := newWalk(16)
		m.bound = 17
		m.after = func(m *walk) {
			if m.steps == stop {
				cancel()
			}
		}
		said, err := writeWalk(ctx, m, parts, stop != 1)
		cancel()
		if stopped := new(stopped); stop > 0 && !errors.As(err, &stopped) || stop == 0 && err != nil {
			t.Fatalf("stopped at step %d: %v", stop, err)
		}
		toldInParts += said
	}
	if !strings.Contains(told, "member 1, diverged at step") || told != toldInParts {
		t.Errorf("told of divergence:\n%s\nin parts:\n%s", told, toldInParts)
	}
	for _, ext := range []string{".hdf5", ".statistics.json"} {
		a, errA := os.ReadFile(strings.TrimSuffix(whole, ".hdf5") + ext)
		b, errB := os.ReadFile(strings.TrimSuffix(parts, ".hdf5") + ext)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s of the rollout in parts differs (%v, %v)", ext, errA, errB)
		}
	}
}

func TestMembersOfARolloutFollowOneAnotherInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "walk.hdf5")
	m := newWalk(4)
	if _, err := writeWalk(t.Context(), m, path, false); err != nil {
		t.Fatal(err)
	}
	ds, err := well.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	if ds.Len() != 6 || ds.Frames(5) != 601 {
		t.Fatalf("%d trajectories of %d frames", ds.Len(), ds.Frames(5))
	}
	// Trajectory 2, member 1, is row 5; its third step looks at the two before.
	got := eddy.NewTensor(4, 1, 4)
	if err := ds.Read(t.Context(), got, 5, 0); err != nil {
		t.Fatal(err)
	}
	want := eddy.NewTensor(1, 1, 4)
	in := eddy.Input{U: eddy.FromSlice(got.Data[4:12], 1, 2, 1, 4), T: []float64{(1 + 2) * m.spec.Dt}}
	if err := m.Sample(t.Context(), want, in, []eddy.Key{{Seed: 3, Trajectory: 2, Member: 1, Step: 3}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Data, got.Row(3).Data); diff != "" {
		t.Error(diff)
	}
}

func TestTheMemoryOfARolloutDoesNotGrowWithItsLength(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: 20,000 steps")
	}
	peak := func(steps int) uint64 {
		m := newWalk(256)
		most := uint64(0)
		m.after = func(m *walk) {
			if m.steps%500 == 0 {
				var s runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&s)
				most = max(most, s.HeapAlloc)
			}
		}
		a := &app{out: io.Discard, err: io.Discard, quiet: true, args: []string{"rollout"}}
		data := testData{View: datasets.View{Dataset: still{m.spec}}, path: "still.hdf5"}
		f := rolloutFlags{out: filepath.Join(t.TempDir(), "walk.hdf5"), trajectory: 0, start: -1, steps: steps, sampling: samplingFlags{members: 1}}
		p, err := planRollout(m.spec, data, f)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.writeRollout(t.Context(), m, nil, data, p, f, p.meta(surrogate{Model: m}, data, f.sampling)); err != nil {
			t.Fatal(err)
		}
		return most
	}
	short, long := peak(1000), peak(20_000)
	frames := uint64(4 * 256 * 20_000)
	times := uint64(8 * 20_000)
	if long > short+4*times+1<<20 || 4*times+1<<20 > frames/10 {
		t.Errorf("%d bytes at most over 1,000 steps, %d over 20,000, whose frames take %d", short, long, frames)
	}
}
