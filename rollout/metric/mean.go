package metric

import "math"

// Mean is the mean of the values, leaving out those that skip marks (nil for none): values that the truth leaves undefined. It is not finite as soon as one value
// is not: a diverged trajectory is not averaged away. The mean of no values is NaN.
func Mean(values []float64, skip []bool) float64 {
	sum, n := 0.0, 0
	for i, v := range values {
		if skip == nil || !skip[i] {
			sum += v
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}
