package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// RelativeL2 is ‖p−y‖₂ / ‖y‖₂ with the norm over everything but the batch, written to dst [B]: the error of the FNO paper (Li et al. 2021) before its mean over
// the test set. pred and truth are [B, …] of equal shape, with fields, space and, for whole trajectories, time. NaN where the truth is zero.
func RelativeL2(dst []float64, pred, truth *eddy.Tensor) {
	if len(truth.Shape) < 1 {
		panic(&eddy.ShapeError{Op: "metric.RelativeL2", What: "truth", Got: truth.Shape, Hint: "expected a batch [B, …]"})
	}
	eddy.MustShape("metric.RelativeL2", "prediction", pred.Shape, truth.Shape)
	flat := func(t *eddy.Tensor) *eddy.Tensor {
		return eddy.FromSlice(t.Data, t.Shape[0], 1, eddy.Size(t.Shape[1:]))
	}
	eachField("metric.RelativeL2", dst, flat(pred), flat(truth), func(p, y []float32) float64 {
		size := meanSquare(y)
		if size == 0 {
			return math.NaN()
		}
		return math.Sqrt(meanSquareError(p, y) / size)
	})
}
