package datasets_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/par"
)

// noise is a batch of trajectories of normal numbers about a mean.
func noise(mean float64, trajectories, frames, channels, points int) eddy.Trajectory {
	tr := eddy.Trajectory{
		Spec:   eddy.Spec{Name: "noise", Grid: eddy.PeriodicGrid(1, points), Dt: 0.5, History: 1},
		Frames: eddy.NewTensor(trajectories, frames, channels, points),
	}
	for c := range channels {
		tr.Spec.Fields = append(tr.Spec.Fields, eddy.Field{Name: string(rune('a' + c))})
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range tr.Frames.Data {
		tr.Frames.Data[i] = float32(mean + rng.NormFloat64())
	}
	return tr
}

// TestStatisticsAreThoseOfAllValuesAtOnce compares with two passes over everything, where blocks cut the trajectories and where the mean is far from zero.
func TestStatisticsAreThoseOfAllValuesAtOnce(t *testing.T) {
	for _, c := range []struct {
		mean                                float64
		trajectories, frames, chans, points int
	}{{0, 3, 7, 2, 16}, {1e4, 2, 40, 2, 1 << 16}} {
		tr := noise(c.mean, c.trajectories, c.frames, c.chans, c.points)
		s, err := datasets.Measure(t.Context(), datasets.Memory(tr))
		if err != nil {
			t.Fatal(err)
		}
		for ch := range c.chans {
			var values, changes []float64
			for b := range c.trajectories {
				for f := range c.frames {
					now := tr.Frames.Row(b).Row(f).Row(ch).Data
					for i, v := range now {
						values = append(values, float64(v))
						if f > 0 {
							changes = append(changes, float64(v-tr.Frames.Row(b).Row(f - 1).Row(ch).Data[i]))
						}
					}
				}
			}
			near := cmpopts.EquateApprox(1e-9, 1e-12)
			if diff := cmp.Diff(moments(values), s.Fields[ch], near); diff != "" {
				t.Errorf("field %d: %s", ch, diff)
			}
			if diff := cmp.Diff(moments(changes), s.Delta[ch], near); diff != "" {
				t.Errorf("change of field %d: %s", ch, diff)
			}
		}
		if err := s.Finite(); err != nil {
			t.Error(err)
		}
	}
}

func moments(values []float64) datasets.Moments {
	m := datasets.Moments{Min: math.Inf(1), Max: math.Inf(-1), Count: int64(len(values))}
	for _, v := range values {
		m.Mean += v / float64(len(values))
		m.Min, m.Max = min(m.Min, v), max(m.Max, v)
	}
	for _, v := range values {
		m.Std += (v - m.Mean) * (v - m.Mean) / float64(len(values))
	}
	m.RMS = math.Sqrt(m.Std + m.Mean*m.Mean)
	m.Std = math.Sqrt(m.Std)
	return m
}

func TestValuesThatAreNotFiniteAreNamedAndLeftOut(t *testing.T) {
	tr := noise(0, 2, 4, 2, 8)
	at := func(b, f, c, i int) *float32 { return &tr.Frames.Row(b).Row(f).Row(c).Data[i] }
	for _, p := range []*float32{at(1, 2, 1, 3), at(1, 3, 1, 0)} {
		*p = float32(math.Inf(1))
	}
	*at(1, 2, 1, 4) = float32(math.NaN())
	s, err := datasets.Measure(t.Context(), datasets.Memory(tr))
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Fields[1]; f.NonFinite != 3 || f.Count != 61 || math.IsNaN(f.Mean) || math.IsInf(f.Max, 0) {
		t.Errorf("field b: %+v", f)
	}
	if f := s.Fields[0]; f.NonFinite != 0 || f.Count != 64 {
		t.Errorf("field a: %+v", f)
	}
	err = s.Finite()
	if err == nil || !strings.Contains(err.Error(), `+Inf in field "b" of frame 2 of trajectory 1`) {
		t.Errorf("the first bad value is described as %v", err)
	}
}

func TestStatisticsOfASingleFrameHaveNoChange(t *testing.T) {
	s, err := datasets.Measure(t.Context(), datasets.Memory(noise(3, 2, 1, 1, 8)))
	if err != nil || s.Fields[0].Count != 16 || s.Delta[0] != (datasets.Moments{}) {
		t.Errorf("%+v, error %v", s, err)
	}
}

func BenchmarkMeasure(b *testing.B) {
	ds := datasets.Memory(noise(0, 2, 64, 1, 1<<14))
	b.SetBytes(4 * 2 * 64 << 14)
	for b.Loop() {
		if _, err := datasets.Measure(b.Context(), ds); err != nil {
			b.Fatal(err)
		}
	}
}

func TestStatisticsDoNotDependOnThreads(t *testing.T) {
	defer par.SetThreads(0)
	ds := datasets.Memory(noise(3, 3, 9, 2, 100))
	var want datasets.Statistics
	for _, threads := range []int{1, 2, 5} {
		par.SetThreads(threads)
		got, err := datasets.Measure(t.Context(), ds)
		if err != nil {
			t.Fatal(err)
		}
		if threads == 1 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d threads: %s", threads, diff)
		}
	}
}

// The logarithms of a field are measured in the same pass, with the same formulas as the field.
func TestLogarithmsAreMeasuredInTheSamePass(t *testing.T) {
	tr := noise(0, 3, 7, 2, 16)
	plain := tr
	plain.Frames = tr.Frames.Clone()
	for i, v := range tr.Frames.Data {
		tr.Frames.Data[i] = float32(math.Exp(float64(v)))
	}
	s, err := datasets.MeasureLog(t.Context(), datasets.Memory(tr), []bool{false, true})
	if err != nil {
		t.Fatal(err)
	}
	want, err := datasets.Measure(t.Context(), datasets.Memory(plain))
	if err != nil {
		t.Fatal(err)
	}
	near := cmpopts.EquateApprox(1e-5, 1e-6) // exp and ln in float32
	if diff := cmp.Diff(want.Fields[1], s.Log[1], near) + cmp.Diff(want.Delta[1], s.LogDelta[1], near); diff != "" {
		t.Error(diff)
	}
	if s.Log[0].Count != 0 || want.Log != nil {
		t.Errorf("logarithms nobody asked for: %+v, %+v", s.Log[0], want.Log)
	}
	tr.Frames.Row(1).Row(2).Row(1).Data[3] = 0
	if s, err = datasets.MeasureLog(t.Context(), datasets.Memory(tr), []bool{false, true}); err != nil || s.Log[1].NonFinite != 1 || s.Fields[1].NonFinite != 0 {
		t.Errorf("a value of zero: %+v, error %v", s.Log[1], err)
	}
}
