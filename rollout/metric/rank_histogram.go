package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// RankHistogram tells where among the sorted members the truth lies: the share of points at which r of the M members are below it, r = 0 … M, written to dst
// [B, C, M+1] per trajectory and field (Hamill 2001). Flat where truth and members could be exchanged, a valley where the ensemble is too narrow, a hill
// where it is too wide, a slope where it is biased. A truth equal to k members has k+1 ranks that share the point equally. A field with NaN, in the truth or
// in a member, gives NaN throughout.
func RankHistogram(dst []float64, members, truth *eddy.Tensor) {
	if len(truth.Shape) >= 2 && len(members.Shape) >= 2 {
		eddy.MustShape("metric.RankHistogram", "destination", []int{len(dst)}, []int{truth.Shape[0] * truth.Shape[1] * (members.Shape[1] + 1)})
	}
	eachEnsemble("metric.RankHistogram", members, truth, func(i int, p [][]float32, y []float32) {
		ranks := len(p) + 1
		rankHistogram(dst[i*ranks:(i+1)*ranks], p, y)
	})
}

func rankHistogram(dst []float64, p [][]float32, y []float32) {
	clear(dst)
	for x, v := range y {
		below, equal, valid := 0, 0, v == v
		for _, u := range p {
			switch w := u[x]; {
			case w < v:
				below++
			case w == v:
				equal++
			case w != w:
				valid = false
			}
		}
		if !valid {
			for r := range dst {
				dst[r] = math.NaN()
			}
			return
		}
		for r := below; r <= below+equal; r++ {
			dst[r] += 1 / float64(equal+1)
		}
	}
	for r := range dst {
		dst[r] /= float64(len(y))
	}
}

// RankDeviation is how far a rank histogram is from flat, Σ_r |share_r − 1/(M+1)|: 0 for a reliable ensemble, near 2 for a useless one (the reliability index
// of Delle Monache et al. 2006). Neighbouring points of a field are not independent, so even a perfect ensemble is some way off on one field; average
// histograms before judging them.
func RankDeviation(histogram []float64) float64 {
	s := 0.0
	for _, v := range histogram {
		s += math.Abs(v - 1/float64(len(histogram)))
	}
	return s
}
