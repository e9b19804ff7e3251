package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// PDEBenchScores are the six numbers of PDEBench (Takamoto et al. 2022), the last of them in three bands; NaN for a band that the grid does not have.
type PDEBenchScores struct {
	RMSE, NRMSE, CRMSE, Max, BRMSE float64
	FRMSE                          [3]float64 // low, mid, high
}

// PDEBench computes the six numbers for rollouts [B, T, C, X…] exactly as PDEBench's metric_func does for one batch (pdebench@9754b4c, models/metrics.py,
// with a box of extent 1), with its defects ([BRMSEPDEBench], frmse_low_pdebench), for comparison with published tables. The frames given should be
// predictions only, without the context that the model was shown.
//
// Its program then adds up the numbers of the batches and divides by their number less one, which is not repeated here: published numbers from B batches are
// too large by B/(B−1), and infinite from one. Hand over the whole test set at once.
func PDEBench(pred, truth *eddy.Tensor) PDEBenchScores {
	const op = "metric.PDEBench"
	if len(truth.Shape) < 4 {
		panic(&eddy.ShapeError{Op: op, What: "truth", Got: truth.Shape, Hint: "expected rollouts [B, T, C, X…] with a space axis"})
	}
	eddy.MustShape(op, "prediction", pred.Shape, truth.Shape)
	steps, fields := truth.Shape[1], truth.Shape[2]
	var out PDEBenchScores
	q := newQuadrant(newModes(truth.Shape[3:]))
	for t := range steps {
		p, y := frameOf(pred, t), frameOf(truth, t)
		values := make([]float64, y.Shape[0]*fields)
		add := func(to *float64, f func(dst []float64, pred, truth *eddy.Tensor), over Reduction) {
			f(values, p, y)
			for c := range fields {
				*to += over.Of(every(values, c, fields), nil) / float64(steps*fields)
			}
		}
		add(&out.RMSE, RMSE, ByMean)
		add(&out.NRMSE, NRMSE, ByMean)
		add(&out.CRMSE, CRMSE, ByRMS)
		add(&out.Max, MaxError, ByMax)
		add(&out.BRMSE, BRMSEPDEBench, ByMean)
		power := eachPower(p, y, q.shells, q.power)
		for c := range fields {
			mean := meanPower(every(power, c, fields))
			for k := range out.FRMSE {
				if bands := Bands(q.shells); k < len(bands) {
					out.FRMSE[k] += FRMSE(mean, bands[k]) / float64(steps*fields)
				} else {
					out.FRMSE[k] = math.NaN()
				}
			}
		}
	}
	return out
}

// frameOf copies frame t [B, C, X…] of rollouts [B, T, C, X…].
func frameOf(u *eddy.Tensor, t int) *eddy.Tensor {
	out := eddy.NewTensor(append([]int{u.Shape[0]}, u.Shape[2:]...)...)
	for b := range u.Shape[0] {
		copy(out.Row(b).Data, u.Row(b).Row(t).Data)
	}
	return out
}

// every takes every n-th element from element c on.
func every[T any](v []T, c, n int) []T {
	var out []T
	for i := c; i < len(v); i += n {
		out = append(out, v[i])
	}
	return out
}

// meanPower is the mean over trajectories of powers [trajectory][shell].
func meanPower(power [][]float64) []float64 {
	out := make([]float64, len(power[0]))
	for _, p := range power {
		for j, v := range p {
			out[j] += v / float64(len(power))
		}
	}
	return out
}
