package datasets_test

import (
	"testing"

	"github.com/eddy-pde/eddy/datasets"
)

// Coordinates that were evenly spaced before they were rounded to float32 count as even, however many steps from 0 they are; others do not.
func TestRoundedCoordinatesAreEven(t *testing.T) {
	for _, c := range []struct {
		first, step float64
		late        float64 // of the point in the middle, in steps
		even        bool
	}{
		{0, 0.01, 0, true},
		{1000, 0.01, 0, true}, // neighbours of float32 are 6e-5 apart there
		{0, 0.01, 0.01, false},
		{1000, 0.01, 0.1, false},
		{-180, 0.25, 0, true},
	} {
		x := make([]float64, 101)
		for i := range x {
			v := c.first + c.step*float64(i)
			if i == 50 {
				v += c.late * c.step
			}
			x[i] = float64(float32(v))
		}
		if lo, hi, even := datasets.Spacing(x); even != c.even {
			t.Errorf("%+v: steps from %g to %g are even: %t", c, lo, hi, even)
		}
	}
	if _, _, even := datasets.Spacing([]float64{1, 1, 1}); even {
		t.Error("coordinates that stand still are even")
	}
}

// timed is a data set whose file gives times.
type timed struct {
	datasets.Dataset
	times [][]float64 // of each trajectory
}

func (t timed) Times(traj int) []float64 { return t.times[traj] }

func TestUnevenTimesAreNamed(t *testing.T) {
	even := []float64{0, 0.5, 1, 1.5}
	for _, c := range []struct {
		times [][]float64
		want  string
	}{
		{[][]float64{even, even}, ""},
		{[][]float64{nil, {0}}, ""}, // nothing is known
		{[][]float64{even, {0, 0.5, 1.25, 1.5}}, "trajectory 1: time steps from 0.25 to 0.75"},
		{[][]float64{{0, 0.5, 1.25, 1.5}, even}, "trajectory 0: time steps from 0.25 to 0.75"},
	} {
		got := ""
		if err := datasets.CheckTimes(timed{set(4, 4), c.times}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.times, got, c.want)
		}
	}
	every, err := datasets.Strided(timed{set(5, 5), [][]float64{{0, 0.4, 1, 1.4, 2}, {0, 0.4, 1, 1.4, 2}}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := datasets.CheckTimes(every); err != nil {
		t.Errorf("every second time is even, but: %v", err)
	}
}
