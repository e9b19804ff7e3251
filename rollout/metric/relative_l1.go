package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// RelativeL1 is Σ|p−y| / Σ|y| over space and all fields, per trajectory, written to dst [B]: the error of Poseidon (Herde et al. 2024) and CNO as a fraction,
// of which they report the median over trajectories ([Reduction] ByMedian). NaN where the truth is zero.
func RelativeL1(dst []float64, pred, truth *eddy.Tensor) {
	eachWhole("metric.RelativeL1", dst, pred, truth, func(p, y []float32) float64 {
		size := meanAbs(y)
		if size == 0 {
			return math.NaN()
		}
		return meanAbsError(p, y) / size
	})
}

// RelativeL1Poseidon is [RelativeL1] in percent, as Poseidon's code computes it (poseidon@b8fa28f, scOT/metrics.py): where the truth is zero it divides by
// 1e-10 instead, so that one such trajectory makes a mean meaningless.
func RelativeL1Poseidon(dst []float64, pred, truth *eddy.Tensor) {
	eachWhole("metric.RelativeL1Poseidon", dst, pred, truth, func(p, y []float32) float64 {
		n := float64(len(y))
		size := n * meanAbs(y)
		if size == 0 {
			size = 1e-10
		}
		return 100 * n * meanAbsError(p, y) / size
	})
}
