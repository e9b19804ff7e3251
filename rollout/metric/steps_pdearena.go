package metric

// StepsAbovePDEArena counts all entries of a curve that are above a threshold, wherever they are, as PDEArena does for its time_till_corr_lower
// (pdearena@5ee62e6, models/pderefiner.py: (corr > threshold).sum()). A curve that falls below and comes back counts more than in [StepsAbove].
func StepsAbovePDEArena(curve []float64, threshold float64) int {
	n := 0
	for _, v := range curve {
		if v > threshold && v-v == 0 {
			n++
		}
	}
	return n
}
