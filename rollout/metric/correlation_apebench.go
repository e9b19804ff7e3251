package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// CorrelationAPEBench is APEBench's correlation as its code computes it (exponax@1b25e94, metrics/_correlation.py), per trajectory, written to dst [B]: the
// cosine Σ p·y / (‖p‖ ‖y‖) of each field without removing its mean, and the mean over fields. A field with a large mean is near 1 whatever its fluctuations;
// see [Correlation].
func CorrelationAPEBench(dst []float64, pred, truth *eddy.Tensor) {
	per := make([]float64, len(dst)*truth.Shape[min(1, len(truth.Shape)-1)])
	eachField("metric.CorrelationAPEBench", per, pred, truth, func(p, y []float32) float64 {
		s := 0.0
		for i, v := range y {
			s += float64(p[i]) * float64(v)
		}
		return s / float64(len(y)) / (math.Sqrt(meanSquare(p)) * math.Sqrt(meanSquare(y)))
	})
	sumFields(dst, per)
	for b := range dst {
		dst[b] *= float64(len(dst)) / float64(len(per))
	}
}
