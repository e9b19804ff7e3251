package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// CRMSE is the error of what a conservation law keeps, |mean_x p − mean_x y| per trajectory and field, in the unit of the field.
//
// It is PDEBench's cRMSE, which takes the root mean square over trajectories: [Reduction] ByRMS.
func CRMSE(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.CRMSE", dst, pred, truth, func(p, y []float32) float64 { return math.Abs(mean(p) - mean(y)) })
}
