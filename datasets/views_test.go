package datasets_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// first reads the value of channel 0 at the first point of some frames.
func first(t *testing.T, ds datasets.Dataset, traj, frame, n int) []float32 {
	t.Helper()
	dst := eddy.NewTensor(append([]int{n}, ds.Spec().FrameShape()...)...)
	if err := ds.Read(t.Context(), dst, traj, frame); err != nil {
		t.Fatal(err)
	}
	var v []float32
	for f := range n {
		v = append(v, dst.Row(f).Data[0])
	}
	return v
}

func cond(t *testing.T, ds datasets.Dataset, traj int) float32 {
	t.Helper()
	static, p := eddy.NewTensor(1, 3), eddy.NewTensor(1)
	if err := datasets.ReadCondition(t.Context(), ds, static, p, traj); err != nil {
		t.Fatal(err)
	}
	if static.Data[2] != 2*p.Data[0] {
		t.Errorf("trajectory %d: static field %g, parameter %g", traj, static.Data[2], p.Data[0])
	}
	return p.Data[0]
}

func TestStridedKeepsEveryNthFrame(t *testing.T) {
	ds := set(7, 6)
	ds.statics = true
	s, err := datasets.Strided(ds, 3)
	if err != nil {
		t.Fatal(err)
	}
	if s.Spec().Dt != 1.5 || s.Frames(0) != 3 || s.Frames(1) != 2 || s.Len() != 2 {
		t.Errorf("dt %g, frames %d and %d", s.Spec().Dt, s.Frames(0), s.Frames(1))
	}
	if got := first(t, s, 1, 0, 2); !slices.Equal(got, []float32{1000, 1030}) {
		t.Errorf("frames %v", got)
	}
	if got := first(t, s, 0, 1, 2); !slices.Equal(got, []float32{30, 60}) {
		t.Errorf("frames %v", got)
	}
	if got := cond(t, s, 1); got != 0.5 {
		t.Errorf("parameter %g", got)
	}
	if err := s.Read(t.Context(), eddy.NewTensor(2, 2, 3), 1, 1); err == nil {
		t.Error("reading behind the end is no error")
	}
	if same, err := datasets.Strided(ds, 1); err != nil || same.Frames(0) != 7 || same.Spec().Dt != 0.5 {
		t.Errorf("stride 1: %v", err)
	}
	for stride, want := range map[int]string{0: "at least 1", 6: "single frame of trajectory 1"} {
		if _, err := datasets.Strided(ds, stride); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("stride %d gave %v", stride, err)
		}
	}
}

func TestConcatJoinsTrajectories(t *testing.T) {
	a, b := set(3, 4), set(5)
	a.statics, b.statics = true, true
	c, err := datasets.Concat(a, b, a)
	if err != nil {
		t.Fatal(err)
	}
	if c.Len() != 5 || c.Frames(1) != 4 || c.Frames(2) != 5 || c.Frames(4) != 4 {
		t.Errorf("%d trajectories", c.Len())
	}
	if got := first(t, c, 2, 4, 1); got[0] != 40 {
		t.Errorf("the only trajectory of the second set has %g", got[0])
	}
	if got := first(t, c, 4, 1, 1); got[0] != 1010 {
		t.Errorf("the last trajectory has %g", got[0])
	}
	if got := cond(t, c, 4); got != 0.5 {
		t.Errorf("parameter %g", got)
	}
	if err := datasets.Closer(c); err != nil {
		t.Error(err)
	}
	other := set(3)
	other.statics, other.points = true, 4
	if _, err := datasets.Concat(a, other); err == nil || !strings.Contains(err.Error(), "grid") {
		t.Errorf("another grid gave %v", err)
	}
	if _, err := datasets.Concat(a, set(3)); err == nil || !strings.Contains(err.Error(), "static") {
		t.Errorf("other static fields gave %v", err)
	}
	if _, err := datasets.Concat(); err == nil {
		t.Error("no data sets are no error")
	}
}

func TestSplitDealsWholeTrajectoriesBySeed(t *testing.T) {
	lengths := slices.Repeat([]int{2}, 50)
	deal := func(seed uint64) (parts [][]float32) {
		sets, err := datasets.Split(set(lengths...), seed, 0.8, 0.1, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		for _, ds := range sets {
			var mine []float32
			for traj := range ds.Len() {
				mine = append(mine, first(t, ds, traj, 0, 1)[0]/1000)
			}
			parts = append(parts, mine)
		}
		return parts
	}
	a := deal(1)
	if len(a[0]) != 40 || len(a[1]) != 5 || len(a[2]) != 5 {
		t.Errorf("parts of %d, %d and %d", len(a[0]), len(a[1]), len(a[2]))
	}
	all := slices.Sorted(slices.Values(slices.Concat(a...)))
	for i, v := range all {
		if v != float32(i) {
			t.Fatalf("the parts together are %v", all)
		}
	}
	if b := deal(1); !slices.Equal(a[2], b[2]) {
		t.Error("the same seed deals differently")
	}
	if b := deal(2); slices.Equal(a[2], b[2]) {
		t.Error("another seed deals the same")
	}
	for _, shares := range [][]float64{{}, {0, 0}, {1, -1}} {
		if _, err := datasets.Split(set(1), 1, shares...); err == nil {
			t.Errorf("shares %v are no error", shares)
		}
	}
}

func TestSubsetKeepsConditions(t *testing.T) {
	ds := set(3, 4, 5)
	ds.statics = true
	s, err := datasets.Subset(ds, []int{2, 0})
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 2 || s.Frames(0) != 5 || first(t, s, 0, 1, 1)[0] != 2010 || cond(t, s, 0) != 1 {
		t.Error("trajectory 0 of the subset is not trajectory 2 of the set")
	}
	if _, err := datasets.Subset(ds, []int{3}); err == nil {
		t.Error("a trajectory that is not there is no error")
	}
}

func TestMemoryRefusesWhatIsNotThere(t *testing.T) {
	ds := datasets.Memory(noise(0, 2, 3, 1, 4))
	dst := eddy.NewTensor(2, 1, 4)
	for _, at := range [][2]int{{2, 0}, {-1, 0}, {0, 2}, {0, -1}} {
		if err := ds.Read(t.Context(), dst, at[0], at[1]); err == nil {
			t.Errorf("trajectory %d, frame %d is no error", at[0], at[1])
		}
	}
	func() {
		var err error
		defer func() {
			if err == nil {
				t.Error("a destination of the wrong shape is no error")
			}
		}()
		defer eddy.Recover(&err)
		err = ds.Read(t.Context(), eddy.NewTensor(2, 4), 0, 0)
	}()
}

func ExampleSplit() {
	parts, err := datasets.Split(set(5, 5, 5, 5, 5, 5, 5, 5, 5, 5), 7, 0.8, 0.2)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := datasets.Measure(context.Background(), parts[1])
	fmt.Println(parts[0].Len(), parts[1].Len(), s.Fields[0].Count, err)
	// Output: 8 2 30 <nil>
}
