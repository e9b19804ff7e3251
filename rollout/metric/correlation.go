package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// Correlation is Pearson's correlation over space, mean_x (p−p̄)(y−ȳ) / (σ_p σ_y) with biased deviations, per trajectory and field: 1 where the prediction is the
// truth up to offset and positive scale. NaN where either of them does not vary.
//
// PDEArena takes it over all fields at once; for one field the two agree.
func Correlation(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.Correlation", dst, pred, truth, func(p, y []float32) float64 {
		mp, my := mean(p), mean(y)
		var pp, yy, py float64
		for i := range y {
			dp, dy := float64(p[i])-mp, float64(y[i])-my
			pp += dp * dp
			yy += dy * dy
			py += dp * dy
		}
		n := float64(len(y))
		if constant(pp/n, meanSquare(p)) || constant(yy/n, meanSquare(y)) {
			return math.NaN()
		}
		// √pp·√yy and not √(pp·yy), whose product can leave the range of float64. Rounding must not exceed 1, which thresholds and readers take for a bound.
		return max(-1, min(1, py/(math.Sqrt(pp)*math.Sqrt(yy))))
	})
}
