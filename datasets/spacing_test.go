package open

import "testing"

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
		if lo, hi, even := steps(x); even != c.even {
			t.Errorf("%+v: steps from %g to %g are even: %t", c, lo, hi, even)
		}
	}
	if _, _, even := steps([]float64{1, 1, 1}); even {
		t.Error("coordinates that stand still are even")
	}
}
