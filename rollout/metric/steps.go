package metric

// StepsAbove counts the leading entries of a curve (entry i is i+1 steps after the start) that are at or above a threshold: how long a forecast stays good. An
// entry that is not finite is below every threshold. censored tells that the curve never falls below, so the true count may be larger.
func StepsAbove(curve []float64, threshold float64) (steps int, censored bool) {
	for i, v := range curve {
		if !(v >= threshold) || v-v != 0 {
			return i, false
		}
	}
	return len(curve), true
}
