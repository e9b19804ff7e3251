package metric

import (
	"math"
	"slices"
)

// Of makes one number of the values, leaving out those that skip marks (nil for none). Not finite as soon as one value is not; NaN of no values.
func (r Reduction) Of(values []float64, skip []bool) float64 {
	kept := make([]float64, 0, len(values))
	for i, v := range values {
		if skip != nil && skip[i] {
			continue
		}
		if v-v != 0 {
			return v // a diverged trajectory is not averaged away
		}
		kept = append(kept, v)
	}
	if len(kept) == 0 {
		return math.NaN()
	}
	switch r {
	case ByRMS:
		return rootMeanSquare(kept)
	case ByMax:
		return slices.Max(kept)
	case ByMedian:
		return median(kept)
	}
	return Mean(kept, nil)
}

func rootMeanSquare(values []float64) float64 {
	s := 0.0
	for _, v := range values {
		s += v * v
	}
	return math.Sqrt(s / float64(len(values)))
}

// median is the middle value, or the mean of the two in the middle; it sorts its argument.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
