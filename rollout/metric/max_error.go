package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// MaxError is the largest error max_x |p−y| per trajectory and field, in the unit of the field; NaN where a value is.
//
// It is The Well's LInfinity, and PDEBench's maximum error, which is the largest over trajectories too: [Reduction] ByMax.
func MaxError(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.MaxError", dst, pred, truth, func(p, y []float32) float64 {
		worst := 0.0
		for i, v := range y {
			worst = max(worst, math.Abs(float64(p[i])-float64(v))) // max keeps a NaN
		}
		return worst
	})
}
