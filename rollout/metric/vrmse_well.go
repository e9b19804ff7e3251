package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// wellEpsilon is what The Well adds to denominators.
const wellEpsilon = 1e-7

// VRMSEWell is The Well's VRMSE as its code computes it (the_well@215f55d, benchmark/metrics/spatial.py): √(mean_x (p−y)² / (s² + 1e-7)) with the unbiased
// variance s² of the truth, so that it depends on the number of points, and on the unit of a field whose variance is small. See [VRMSE].
func VRMSEWell(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.VRMSEWell", dst, pred, truth, func(p, y []float32) float64 {
		return math.Sqrt(meanSquareError(p, y) / (unbiased(y) + wellEpsilon))
	})
}

// unbiased is the variance Σ_x (y−ȳ)² / (N−1).
func unbiased(y []float32) float64 {
	n := float64(len(y))
	return variance(y, mean(y)) * n / (n - 1)
}
