package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// RelativeL2 is ‖p−y‖₂ / ‖y‖₂ with the norm over everything but the batch, written to dst [B]: the error of the FNO paper (Li et al. 2021) before its mean
// over the test set, and PDEArena's scaled L2. pred and truth are [B, …] of equal shape, with fields, space and, for whole trajectories, time. NaN where the
// truth is zero.
//
// The FNO paper has two conventions for rollouts: the norm over whole trajectories (the metric relative_l2_rollout, "l2_full" in its code), and the mean over
// steps of the error of each ("l2_step").
func RelativeL2(dst []float64, pred, truth *eddy.Tensor) {
	eachWhole("metric.RelativeL2", dst, pred, truth, func(p, y []float32) float64 {
		size := meanSquare(y)
		if size == 0 {
			return math.NaN()
		}
		return math.Sqrt(meanSquareError(p, y) / size)
	})
}

// RelativeL2NeuralOperator is the relative L2 error as the LpLoss of neuraloperator computes it today (neuraloperator@93d3f06, losses/data_losses.py), per
// trajectory and field: ‖p−y‖₂ / (‖y‖₂ + 1e-8), with sums over points in the norms. Its scripts of 2021 took the norm over all fields: [RelativeL2].
func RelativeL2NeuralOperator(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.RelativeL2NeuralOperator", dst, pred, truth, func(p, y []float32) float64 {
		n := float64(len(y))
		return math.Sqrt(n*meanSquareError(p, y)) / (math.Sqrt(n*meanSquare(y)) + 1e-8)
	})
}
