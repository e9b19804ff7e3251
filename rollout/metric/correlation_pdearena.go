package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// CorrelationPDEArena is Pearson's correlation over space and all fields at once, per trajectory, written to dst [B], as PDEArena's code computes it
// (pdearena@78a8b03, modules/loss.py): 0 where the truth or the prediction does not vary, where [Correlation] is NaN. Fields of different size are not
// weighed against each other: the largest decides.
func CorrelationPDEArena(dst []float64, pred, truth *eddy.Tensor) {
	eachWhole("metric.CorrelationPDEArena", dst, pred, truth, func(p, y []float32) float64 {
		const tiny = 0x1p-126 // the smallest normal float32
		return covariance(p, y) / max(tiny, math.Sqrt(variance(p, mean(p)))*math.Sqrt(variance(y, mean(y))))
	})
}

// eachWhole is eachField with all fields of a trajectory as one; index i of dst [B] belongs to trajectory i. The tensors may have any shape [B, …].
func eachWhole(op string, dst []float64, pred, truth *eddy.Tensor, f func(p, y []float32) float64) {
	if len(truth.Shape) < 1 {
		panic(&eddy.ShapeError{Op: op, What: "truth", Got: truth.Shape, Hint: "expected a batch [B, …]"})
	}
	eddy.MustShape(op, "prediction", pred.Shape, truth.Shape)
	flat := func(t *eddy.Tensor) *eddy.Tensor { return t.Reshape(t.Shape[0], 1, eddy.Size(t.Shape[1:])) }
	eachField(op, dst, flat(pred), flat(truth), f)
}
