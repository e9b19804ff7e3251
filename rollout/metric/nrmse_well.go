package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// NRMSEWell is The Well's NRMSE as its code computes it (the_well@215f55d, benchmark/metrics/spatial.py): √(mean_x (p−y)² / (mean_x y² + 1e-7)). See [NRMSE].
func NRMSEWell(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.NRMSEWell", dst, pred, truth, func(p, y []float32) float64 {
		return math.Sqrt(meanSquareError(p, y) / (meanSquare(y) + wellEpsilon))
	})
}

// NMAEWell is The Well's NMAE as its code computes it: mean_x |p−y| / (mean_x |y| + 1e-7). See [NMAE].
func NMAEWell(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.NMAEWell", dst, pred, truth, func(p, y []float32) float64 { return meanAbsError(p, y) / (meanAbs(y) + wellEpsilon) })
}
