package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// MemberCorrelation is the mean over pairs of members of their Pearson correlation over space, per trajectory and field of members [B, M, C, X…]: how much
// the draws of a model still agree. It needs no truth. The step at which it falls below a threshold ([StepsAbove]) foretells when the correlation with the
// truth does (Lippe et al. 2023, section 4.3). NaN for fewer than two members, or where a member does not vary.
func MemberCorrelation(dst []float64, members *eddy.Tensor) {
	if len(members.Shape) >= 3 {
		eddy.MustShape("metric.MemberCorrelation", "destination", []int{len(dst)}, []int{members.Shape[0] * members.Shape[2]})
	}
	eachMembers("metric.MemberCorrelation", members, func(i int, p [][]float32) { dst[i] = memberCorrelation(p) })
}

// memberCorrelation uses that for fields z_k of mean 0 and norm 1 the sum over pairs of z_k·z_l is ½(‖Σ z_k‖² − M).
func memberCorrelation(p [][]float32) float64 {
	m := float64(len(p))
	if len(p) < 2 {
		return math.NaN()
	}
	sum := make([]float64, len(p[0]))
	for _, u := range p {
		mu := mean(u)
		v := variance(u, mu)
		if constant(v, meanSquare(u)) {
			return math.NaN()
		}
		scale := 1 / math.Sqrt(v*float64(len(u)))
		for x, w := range u {
			sum[x] += (float64(w) - mu) * scale
		}
	}
	norm := 0.0
	for _, v := range sum {
		norm += v * v
	}
	return max(-1, min(1, (norm-m)/(m*(m-1))))
}
