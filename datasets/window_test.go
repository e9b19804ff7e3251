package datasets_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// counted is a data set without memory of its own: point p of channel c of frame f of trajectory i has the value 1000·i + 10·f + c. Its trajectories have the
// lengths listed.
type counted struct {
	lengths []int
	points  int
	statics bool
	fail    int // the trajectory whose reading fails, −1 for none
}

var errRead = errors.New("the disk is gone")

func (d counted) Spec() eddy.Spec {
	s := eddy.Spec{Name: "counted", Fields: []eddy.Field{{Name: "a"}, {Name: "b"}}, Grid: eddy.PeriodicGrid(1, d.points), Dt: 0.5, History: 1}
	if d.statics {
		s.Statics, s.Params = []eddy.Field{{Name: "h"}}, []eddy.Param{{Name: "nu"}}
	}
	return s
}

func (d counted) Len() int { return len(d.lengths) }

func (d counted) Frames(traj int) int { return d.lengths[traj] }

func (d counted) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := datasets.CheckRead(d, dst, traj, frame); err != nil {
		return err
	}
	if traj == d.fail {
		return errRead
	}
	for i := range dst.Data {
		dst.Data[i] = float32(1000*traj + 10*(frame+i/(2*d.points)) + i/d.points%2)
	}
	return ctx.Err()
}

func (d counted) Condition(ctx context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	if static != nil {
		for i := range static.Data {
			static.Data[i] = float32(traj)
		}
	}
	for i := range cond {
		cond[i] = float32(traj) / 2
	}
	return ctx.Err()
}

func set(lengths ...int) counted { return counted{lengths: lengths, points: 3, fail: -1} }

func refs(t *testing.T, ds datasets.Dataset, w datasets.Window, rng *rand.Rand) (all []datasets.Ref, sizes []int) {
	t.Helper()
	for b, err := range datasets.Batches(t.Context(), ds, w, rng) {
		if err != nil {
			t.Fatal(err)
		}
		all, sizes = append(all, b.Refs...), append(sizes, b.U.Shape[0])
	}
	return all, sizes
}

func TestBatchesVisitEveryWindowOnceInOrder(t *testing.T) {
	ds := set(4, 2, 5)
	for _, c := range []struct {
		w     datasets.Window
		want  []datasets.Ref
		sizes []int
	}{
		{datasets.Window{History: 2, Horizon: 1, Batch: 2}, []datasets.Ref{{0, 0}, {0, 1}, {2, 0}, {2, 1}, {2, 2}}, []int{2, 2, 1}},
		{datasets.Window{History: 2, Horizon: 1, Batch: 2, DropLast: true}, []datasets.Ref{{0, 0}, {0, 1}, {2, 0}, {2, 1}}, []int{2, 2}},
		{datasets.Window{History: 2, Horizon: 1, Batch: 2, Skip: 2}, []datasets.Ref{{2, 2}}, []int{1}},
		{datasets.Window{History: 2, Horizon: 1, Batch: 2, Skip: 4}, nil, nil},
		{datasets.Window{History: 1, Horizon: 1, Stride: 2, Batch: 8}, []datasets.Ref{{0, 0}, {0, 2}, {1, 0}, {2, 0}, {2, 2}}, []int{5}},
		{datasets.Window{History: 1, Batch: 11}, []datasets.Ref{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {1, 0}, {1, 1}, {2, 0}, {2, 1}, {2, 2}, {2, 3}, {2, 4}}, []int{11}},
		{datasets.Window{History: 3, Horizon: 3, Batch: 1}, nil, nil},
	} {
		got, sizes := refs(t, ds, c.w, nil)
		if diff := cmp.Diff(c.want, got); diff != "" || !slices.Equal(sizes, c.sizes) {
			t.Errorf("%+v: sizes %v, want %v; %s", c.w, sizes, c.sizes, diff)
		}
	}
}

func TestBatchesHoldTheFramesOfTheirWindows(t *testing.T) {
	ds := set(6, 4)
	ds.statics = true
	for b, err := range datasets.Batches(t.Context(), ds, datasets.Window{History: 2, Horizon: 2, Batch: 3}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		for i, ref := range b.Refs {
			for k, part := range []*eddy.Tensor{b.U, b.Target} {
				for f := range 2 {
					want := float32(1000*ref.Traj + 10*(ref.Frame+2*k+f) + 1)
					if got := part.Row(i).Row(f).Row(1).Data[2]; got != want {
						t.Errorf("window %v, part %d, frame %d: %g, want %g", ref, k, f, got, want)
					}
				}
			}
			if b.Static.Row(i).Data[1] != float32(ref.Traj) || b.Cond.Row(i).Data[0] != float32(ref.Traj)/2 {
				t.Errorf("window %v has static value %g and parameter %g", ref, b.Static.Row(i).Data[1], b.Cond.Row(i).Data[0])
			}
		}
	}
}

func TestShuffledOrderDependsOnTheRngAlone(t *testing.T) {
	ds, w := set(40, 30), datasets.Window{History: 1, Horizon: 1, Batch: 7, Shuffle: true}
	a, _ := refs(t, ds, w, rand.New(rand.NewPCG(1, 2)))
	b, _ := refs(t, ds, w, rand.New(rand.NewPCG(1, 2)))
	c, _ := refs(t, ds, w, rand.New(rand.NewPCG(1, 3)))
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("the order does not follow the rng")
	}
	sorted := slices.Clone(a)
	slices.SortFunc(sorted, func(x, y datasets.Ref) int { return 1000*(x.Traj-y.Traj) + x.Frame - y.Frame })
	w.Shuffle = false
	inOrder, _ := refs(t, ds, w, nil)
	if !slices.Equal(sorted, inOrder) {
		t.Error("a shuffled pass does not visit every window once")
	}
}

func TestWindowsAreNumberedAcrossTrajectoriesWithoutAny(t *testing.T) {
	w := datasets.NewWindows(set(2, 5, 1, 1, 4), 3, 1)
	var got []datasets.Ref
	for k := range w.Len() {
		got = append(got, w.At(k))
	}
	if diff := cmp.Diff([]datasets.Ref{{1, 0}, {1, 1}, {1, 2}, {4, 0}, {4, 1}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLeavingALoopEndsItsReader(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		for range datasets.Batches(t.Context(), set(100), datasets.Window{History: 1, Batch: 2}, nil) {
			break
		}
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 100 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestErrorsAreTheLastElement(t *testing.T) {
	broken := set(4, 4, 4)
	broken.fail = 1
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		ds   datasets.Dataset
		w    datasets.Window
		want error
		good int
	}{
		"a failed read":    {t.Context(), broken, datasets.Window{History: 1, Batch: 2}, errRead, 2},
		"an interruption":  {ended, set(4), datasets.Window{History: 1, Batch: 2}, context.Canceled, 0},
		"a window of none": {t.Context(), set(4), datasets.Window{Batch: 2}, nil, 0},
	} {
		good, failed := 0, 0
		for _, err := range datasets.Batches(c.ctx, c.ds, c.w, nil) {
			if err == nil {
				good++
				continue
			}
			failed++
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s gave %v", name, err)
			}
		}
		if failed != 1 || good != c.good && !errors.Is(c.want, context.Canceled) {
			t.Errorf("%s: %d batches and %d errors", name, good, failed)
		}
	}
}

func TestReadingBatchesAllocatesNothingPerBatch(t *testing.T) {
	ds := counted{lengths: []int{5000}, points: 512, fail: -1}
	measure := func(frames int) uint64 {
		ds.lengths = []int{frames}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n := 0
		for _, err := range datasets.Batches(t.Context(), ds, datasets.Window{History: 1, Horizon: 1, Batch: 8}, nil) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := measure(400), measure(4000)
	// 450 further batches of 64 KiB would be 29 MB; views of tensors and the order of the windows are some 300 bytes a window.
	if grown := int64(large) - int64(small); grown > 4<<20 {
		t.Errorf("a pass ten times as long allocates %d bytes more", grown)
	}
}

func TestFurtherPassesUseTheSameBuffers(t *testing.T) {
	ds := counted{lengths: []int{9}, points: 1 << 14, fail: -1}
	w := datasets.Window{History: 1, Horizon: 1, Batch: 4, DropLast: true, Buffers: new(datasets.Buffers)} // two batches of 0.5 MB a pass
	pass := func() (refs [][]datasets.Ref) {
		for b, err := range datasets.Batches(t.Context(), ds, w, nil) {
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, slices.Clone(b.Refs))
			if first := b.U.Data[0]; first != float32(10*b.Refs[0].Frame) {
				t.Errorf("window %v begins with %g", b.Refs[0], first)
			}
		}
		return refs
	}
	first := pass()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const passes = 20
	for range passes {
		if diff := cmp.Diff(first, pass()); diff != "" {
			t.Fatalf("another pass (-first +now):\n%s", diff)
		}
	}
	runtime.ReadMemStats(&after)
	// A pass still makes the window that it reads into, 128 kB, and little beside it; new batches would be 1 MB.
	if each := (after.TotalAlloc - before.TotalAlloc) / passes; each > 300<<10 {
		t.Errorf("a pass allocates %d bytes", each)
	}
}

func ExampleBatches() {
	ds := set(4, 3)
	for b, err := range datasets.Batches(context.Background(), ds, datasets.Window{History: 2, Horizon: 1, Batch: 2}, nil) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(b.U.Shape, b.Target.Shape, b.Refs)
	}
	// Output:
	// [2 2 2 3] [2 1 2 3] [{0 0} {0 1}]
	// [1 2 2 3] [1 1 2 3] [{1 0}]
}
