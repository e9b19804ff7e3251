package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// VRMSE is the root mean square error relative to the spread of the truth in space, √(mean_x (p−y)²) / √(mean_x (y−ȳ)²), per trajectory and field: 1 is what a
// prediction of the spatial mean gets, however large that mean is. NaN where the truth does not vary.
//
// It is the formula of The Well (Ohana et al. 2024) with ε = 0. Their code divides by an unbiased variance and adds ε = 1e-7 to it, so that its values are
// smaller by a factor √((N−1)/N) for N points.
func VRMSE(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.VRMSE", dst, pred, truth, func(p, y []float32) float64 {
		spread := variance(y, mean(y))
		if constant(spread, meanSquare(y)) {
			return math.NaN()
		}
		return math.Sqrt(meanSquareError(p, y) / spread)
	})
}
