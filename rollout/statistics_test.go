package rollout_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
)

// beat is a sine of wavenumber 3 whose amplitude and mean change from step to step.
func beat(points, step int) *eddy.Tensor {
	u := eddy.NewTensor(1, points)
	for i := range u.Data {
		u.Data[i] = float32(float64(step%5) + float64(1+step%3)*math.Sin(2*math.Pi*3*float64(i)/float64(points)))
	}
	return u
}

func TestStatisticsOfARolloutAreThoseOfAllItsStatesTogether(t *testing.T) {
	const points, steps = 24, 150
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, points)}
	s := rollout.NewStatistics(spec)
	var all []float64
	for step := 1; step <= steps; step++ {
		u := beat(points, step)
		s.Add(step, u)
		for _, v := range u.Data {
			all = append(all, float64(v))
		}
	}
	mean, square := 0.0, 0.0
	for _, v := range all {
		mean += v / float64(len(all))
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range all {
		square += (v - mean) * (v - mean) / float64(len(all))
		lo, hi = min(lo, v), max(hi, v)
	}
	f := s.Fields[0]
	if f.MinStep != 5 { // the first of every fifteen with mean 0 and amplitude 3
		t.Errorf("the least value was met first in step %d", f.MinStep)
	}
	const tol = 1e-12
	if math.Abs(f.Mean-mean) > tol || math.Abs(f.Variance-square) > tol || f.Min != lo || f.Max != hi || f.MaxStep != 14 || s.States != steps {
		t.Errorf("got %+v, expected mean %g, variance %g, %g to %g", f, mean, square, lo, hi)
	}
	// Amplitudes 1, 2, 3 by turns: the mean power is (1+4+9)/3/2; the mean of the squared means 0…4 is 6.
	if math.Abs(f.Power[3]-14.0/6) > 1e-6 || math.Abs(f.Power[0]-6) > 1e-6 {
		t.Errorf("powers %v", f.Power)
	}
}

func TestStatisticsGoOnAfterACheckpoint(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 16)}
	whole, part := rollout.NewStatistics(spec), rollout.NewStatistics(spec)
	for step := 1; step <= 40; step++ {
		whole.Add(step, beat(16, step))
		part.Add(step, beat(16, step))
		if step == 17 {
			b, err := json.Marshal(part)
			if err != nil {
				t.Fatal(err)
			}
			part = rollout.NewStatistics(spec)
			if err := json.Unmarshal(b, part); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(whole, part, cmpopts.IgnoreUnexported(rollout.Statistics{})); diff != "" {
		t.Error(diff)
	}
	bad := beat(16, 1)
	bad.Data[3] = float32(math.NaN())
	part.Add(41, bad)
	if part.NonFinite != 1 || part.States != 40 || math.IsNaN(part.Fields[0].Mean) {
		t.Errorf("a state with a NaN entered: %+v", part)
	}
}
