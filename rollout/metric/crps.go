package metric

import (
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
)

// CRPS is the continuous ranked probability score of an ensemble, in the unit of the field: at every point
//
//	mean_i |x_i − y| − ½ mean_ij |x_i − x_j|,
//
// averaged over space, per trajectory and field (Gneiting & Raftery 2007, eq. 21). It is the integral of the squared difference between the ensemble's step-wise
// distribution and the truth's, and of one member the mean absolute error. members is [B, M, C, X…], truth [B, C, X…], dst [B, C].
//
// The second mean takes i = j in, so that small ensembles are charged for being small: see [CRPSFair].
func CRPS(dst []float64, members, truth *eddy.Tensor) { crps("metric.CRPS", dst, members, truth, 0) }

// CRPSFair is [CRPS] with the mean of |x_i − x_j| over pairs of different members: its expectation does not depend on the number of members, so that
// ensembles of different sizes compare (Ferro 2014). It can be negative. NaN for fewer than two members.
func CRPSFair(dst []float64, members, truth *eddy.Tensor) {
	crps("metric.CRPSFair", dst, members, truth, 1)
}

// crps leaves out of the M members that a member is compared with as many as apart says.
func crps(op string, dst []float64, members, truth *eddy.Tensor, apart int) {
	mustHold(op, dst, truth)
	eachEnsemble(op, members, truth, func(i int, p [][]float32, y []float32) {
		m := len(p)
		if m <= apart {
			dst[i] = math.NaN()
			return
		}
		sorted := make([]float64, m)
		var skill, spread float64
		for x, v := range y {
			truth := float64(v)
			for k, u := range p {
				sorted[k] = float64(u[x])
				skill += math.Abs(sorted[k] - truth)
			}
			sortFew(sorted)
			// Σ_ij |x_i−x_j| = 2 Σ_k (2k−M+1)·x_(k) over the sorted members k = 0 … M−1.
			for k, u := range sorted {
				spread += float64(2*k-m+1) * u
			}
		}
		// A NaN that sorting has moved is still in the sum.
		n := float64(m) * float64(len(y))
		dst[i] = skill/n - spread/(n*float64(m-apart))
	})
}

// sortFew sorts ascending; ensembles are small.
func sortFew(v []float64) {
	if len(v) > 24 {
		slices.Sort(v)
		return
	}
	for i := 1; i < len(v); i++ {
		x := v[i]
		j := i
		for ; j > 0 && v[j-1] > x; j-- {
			v[j] = v[j-1]
		}
		v[j] = x
	}
}

// mustHold panics unless dst has one value per trajectory and field of the truth.
func mustHold(op string, dst []float64, truth *eddy.Tensor) {
	if len(truth.Shape) >= 2 {
		eddy.MustShape(op, "destination", []int{len(dst)}, []int{truth.Shape[0] * truth.Shape[1]})
	}
}
