package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// CorrelationWell is The Well's PearsonR as its code computes it (the_well@215f55d, benchmark/metrics/spatial.py): a biased covariance over unbiased
// deviations plus 1e-7, so that a perfect prediction of N points gets (N−1)/N at most. See [Correlation].
func CorrelationWell(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.CorrelationWell", dst, pred, truth, func(p, y []float32) float64 {
		return covariance(p, y) / (math.Sqrt(unbiased(p))*math.Sqrt(unbiased(y)) + wellEpsilon)
	})
}

// covariance is mean_x (p−p̄)(y−ȳ).
func covariance(p, y []float32) float64 {
	mp, my := mean(p), mean(y)
	s := 0.0
	for i, v := range y {
		s += (float64(p[i]) - mp) * (float64(v) - my)
	}
	return s / float64(len(y))
}
