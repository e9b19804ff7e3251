package metric

import "math"

// GeometricMean is exp(mean log v) over the steps of a curve: APEBench's aggregate, of its first 100 steps (Koehler et al. 2024). It weighs early steps with
// small errors as much as late ones. NaN of no steps or where a value is negative or NaN.
//
// APEBench takes it of the mean over trajectories; of each trajectory's own curve it is smaller, since the logarithm is concave.
func GeometricMean(curve []float64) float64 {
	s := 0.0
	for _, v := range curve {
		s += math.Log(v)
	}
	return math.Exp(s / float64(len(curve)))
}
