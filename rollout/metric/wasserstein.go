package metric

import (
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
)

// PDFDistance is how far the distributions of the values of prediction and truth are apart, wherever in space the values are, per trajectory and field: their
// Wasserstein distance of order 1, the mean difference of the sorted values, over the standard deviation of the truth. A model whose states look right but
// are elsewhere than the true ones has a small one. NaN where the truth does not vary.
func PDFDistance(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.PDFDistance", dst, pred, truth, func(p, y []float32) float64 {
		spread := variance(y, mean(y))
		if constant(spread, meanSquare(y)) {
			return math.NaN()
		}
		return wasserstein(slices.Clone(p), slices.Clone(y)) / math.Sqrt(spread)
	})
}

// HistogramW1 is the Wasserstein distance of order 1 between all values of a rollout and those of the truth, over space and time, relative to the root mean
// square of the truth, per trajectory and field: dst is [B, C], pred and truth are [B, T, C, X…]. NaN where the truth is zero throughout.
//
// The Well divides by the mean square instead: [HistogramW1Well].
func HistogramW1(dst []float64, pred, truth *eddy.Tensor) {
	histogramW1("metric.HistogramW1", dst, pred, truth, relativeW1)
}

// HistogramW1Well is [HistogramW1] as The Well's code computes it (the_well@215f55d, benchmark/metrics/temporal.py): relative to the mean square of the truth
// plus 1e-7, so that it has the unit of 1/field.
func HistogramW1Well(dst []float64, pred, truth *eddy.Tensor) {
	histogramW1("metric.HistogramW1Well", dst, pred, truth, wellW1)
}

// relativeW1 and wellW1 sort their arguments.
func relativeW1(p, y []float32) float64 {
	size := meanSquare(y)
	if size == 0 {
		return math.NaN()
	}
	return wasserstein(p, y) / math.Sqrt(size)
}

func wellW1(p, y []float32) float64 {
	size := meanSquare(y) + wellEpsilon
	return wasserstein(p, y) / size
}

func histogramW1(op string, dst []float64, pred, truth *eddy.Tensor, f func(p, y []float32) float64) {
	if len(truth.Shape) < 3 {
		panic(&eddy.ShapeError{Op: op, What: "truth", Got: truth.Shape, Hint: "expected rollouts [B, T, C, X…]"})
	}
	eddy.MustShape(op, "prediction", pred.Shape, truth.Shape)
	byField := func(u *eddy.Tensor) *eddy.Tensor {
		b, t, c, n := u.Shape[0], u.Shape[1], u.Shape[2], eddy.Size(u.Shape[3:])
		out := eddy.NewTensor(b, c, t*n)
		for i := range b * t * c {
			copy(out.Data[((i/(t*c)*c+i%c)*t+i/c%t)*n:], u.Data[i*n:(i+1)*n])
		}
		return out
	}
	eachField(op, dst, byField(pred), byField(truth), f)
}

// wasserstein is the mean difference of the sorted values; it sorts both. NaN where a value is.
func wasserstein(p, y []float32) float64 {
	sortFloats(p)
	sortFloats(y)
	return meanAbsError(p, y)
}
