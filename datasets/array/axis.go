package array

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
)

// AxisOf is the axis on which points lie at the coordinates x. Of values in cells it begins and ends half a step further out. Of values at nodes it begins at x[0] and
// ends at the last, or one step behind it where it is periodic. Uneven coordinates give the mean step.
func AxisOf(name string, x []float64, periodic bool, at eddy.Location) (eddy.Axis, error) {
	n := len(x)
	a := eddy.Axis{Name: name, Points: n, Origin: x[0], Length: 1, Periodic: periodic}
	if n == 1 {
		return a, nil
	}
	step := MeanStep(x)
	if !(step > 0) || math.IsInf(step, 0) {
		return a, fmt.Errorf("coordinates along %s from %g to %g, expected growing ones", name, x[0], x[n-1])
	}
	a.Length = x[n-1] - x[0]
	if periodic || at == eddy.Cell {
		a.Length = tidy(step*float64(n), step)
	}
	if at == eddy.Cell {
		a.Origin = tidy(x[0]-step/2, step)
	}
	return a, nil
}

// tidy drops what rounded coordinates add to a number of the size of many steps.
func tidy(v, step float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(step))-5)
	if r := math.Round(v/unit) / (1 / unit); math.Abs(r-v) < 1e-7*max(math.Abs(v), step) {
		return r
	}
	return v
}
