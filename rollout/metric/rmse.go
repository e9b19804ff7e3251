package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// RMSE is the root mean square error √(mean_x (p−y)²) per trajectory and field, in the unit of the field.
func RMSE(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.RMSE", dst, pred, truth, func(p, y []float32) float64 { return math.Sqrt(meanSquareError(p, y)) })
}
