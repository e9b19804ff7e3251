package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// MAE is the mean absolute error mean_x |p−y| per trajectory and field, in the unit of the field.
func MAE(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.MAE", dst, pred, truth, meanAbsError)
}

// NMAE is the mean absolute error over the mean absolute value of the truth, per trajectory and field. NaN where the truth is zero throughout.
func NMAE(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.NMAE", dst, pred, truth, func(p, y []float32) float64 {
		size := meanAbs(y)
		if size == 0 {
			return math.NaN()
		}
		return meanAbsError(p, y) / size
	})
}

// meanAbs is mean_x |y|.
func meanAbs(y []float32) float64 {
	s := 0.0
	for _, v := range y {
		s += math.Abs(float64(v))
	}
	return s / float64(len(y))
}

// meanAbsError is mean_x |p−y|.
func meanAbsError(p, y []float32) float64 {
	s := 0.0
	for i, v := range y {
		s += math.Abs(float64(p[i]) - float64(v))
	}
	return s / float64(len(y))
}
