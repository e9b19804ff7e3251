package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// NormAPEBench names an error of APEBench: mean absolute, mean square or root mean square, plain or relative.
type NormAPEBench struct {
	Power Power // of the difference under the sum
	Root  bool  // of the sum
	To    RelativeTo
}

// Power is the power of an absolute value under a sum.
type Power int

// Powers.
const (
	Absolute Power = 1
	Square   Power = 2
)

// RelativeTo says what an error is divided by.
type RelativeTo string

// Denominators.
const (
	Plain  RelativeTo = ""  // nothing
	Normal RelativeTo = "n" // the size of the truth
	Mutual RelativeTo = "s" // half of the sizes of truth and prediction together
)

// APEBench is an error of APEBench as its code computes it (exponax@1b25e94, metrics/_spatial.py, with a domain of extent 1), per trajectory, written to dst
// [B]: the error of each field, and then the sum over the fields, not the mean, so that it grows with their number. NaN where a field of the truth is zero
// and the error is relative to it.
func APEBench(dst []float64, pred, truth *eddy.Tensor, norm NormAPEBench) {
	per := make([]float64, len(dst)*truth.Shape[min(1, len(truth.Shape)-1)])
	eachField("metric.APEBench", per, pred, truth, norm.error)
	sumFields(dst, per)
}

// sumFields writes the sums of per [B, C] over the fields to dst [B].
func sumFields(dst, per []float64) {
	fields := len(per) / max(1, len(dst))
	for b := range dst {
		dst[b] = 0
		for _, v := range per[b*fields : (b+1)*fields] {
			dst[b] += v
		}
	}
}

// error is the error of one field.
func (n NormAPEBench) error(p, y []float32) float64 {
	size, between := meanSquare, meanSquareError
	if n.Power == Absolute {
		size, between = meanAbs, meanAbsError
	}
	return n.relative(n.root(between(p, y)), func() float64 { return n.root(size(p)) }, n.root(size(y)))
}

func (n NormAPEBench) root(v float64) float64 {
	if n.Root {
		return math.Sqrt(v)
	}
	return v
}

// relative divides an error by what To says.
func (n NormAPEBench) relative(err float64, pred func() float64, truth float64) float64 {
	switch n.To {
	case Normal:
		return err / truth // 0/0 is NaN
	case Mutual:
		return 2 * err / (pred() + truth)
	}
	return err
}
