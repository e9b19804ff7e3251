package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// NRMSE is the root mean square error relative to the size of the truth, √(mean_x (p−y)²) / √(mean_x y²), per trajectory and field. 0 is perfect, 1 is what a
// prediction of zero gets. NaN where the truth is zero throughout.
//
// It is PDEBench's nRMSE (Takamoto et al. 2022) before the mean over trajectories, fields and times, and The Well's NRMSE without its ε = 1e-7.
func NRMSE(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.NRMSE", dst, pred, truth, func(p, y []float32) float64 {
		size := meanSquare(y)
		if size == 0 {
			return math.NaN()
		}
		return math.Sqrt(meanSquareError(p, y) / size)
	})
}
