package metric

// WindowWell are the windows of steps of which The Well reports means: from the 6th to the 12th step, and from the 13th to the 30th (Ohana et al. 2024, table 3).
var WindowWell = [][2]int{{6, 12}, {13, 30}}

// WindowMean is the mean of a curve (entry i is i+1 steps after the start) over the steps from first to last, both included, as far as the curve goes. NaN
// where it does not reach first.
func WindowMean(curve []float64, first, last int) float64 {
	last = min(last, len(curve))
	return Mean(curve[min(first-1, last):last], nil)
}
