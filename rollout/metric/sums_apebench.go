package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// Sums of APEBench over all modes of a field, of which all its errors without filters are made: [power−1] of the magnitudes, then for every axis [power−1] of
// those of the derivative along it.
func (a *fourierAPEBench) sums(u, minus *eddy.Tensor) [][]float64 {
	return eachPower(u, minus, 2+2*len(a.modes.shape), func(dst []float64, u, minus []float32) {
		a.modes.transform(u, minus, func(c dft.Planes) { a.addUp(dst, c) })
	})
}

func (a *fourierAPEBench) addUp(dst []float64, c dft.Planes) {
	points := float64(a.modes.real.Len())
	for i, w := range a.modes.weight {
		f := math.Sqrt(c.Re[i]*c.Re[i]+c.Im[i]*c.Im[i]) * points
		if f < smallestAPEBench {
			continue
		}
		dst[0] += w * f
		dst[1] += w * f * f
		for axis, wave := range a.modes.wave {
			g := f * 2 * math.Pi * math.Abs(float64(wave[i]))
			dst[2+2*axis] += w * g
			dst[3+2*axis] += w * g * g
		}
	}
	for j := range dst {
		dst[j] /= points * points
	}
}

// combine makes the error of each trajectory, dst [B], of the sums of the difference and of the truth, [B·C] each: that of the state (order 0), of its first
// derivatives (order 1), or what they are together.
func (a *fourierAPEBench) combine(dst []float64, difference, truth [][]float64, norm NormAPEBench, orders []int) {
	fields := len(difference) / max(1, len(dst))
	eddy.MustShape("metric: APEBench", "destination", []int{len(dst) * fields}, []int{len(difference)})
	for b := range dst {
		dst[b] = 0
		for i := b * fields; i < (b+1)*fields; i++ {
			for _, order := range orders {
				v := norm.ofSums(difference[i], order)
				if norm.To == Normal {
					v /= norm.ofSums(truth[i], order)
				}
				dst[b] += v
			}
		}
	}
}

// ofSums is the aggregate of the state or of its derivatives.
func (n NormAPEBench) ofSums(sums []float64, order int) float64 {
	power := int(n.Power) - 1
	if order == 0 {
		return n.root(sums[power])
	}
	s := 0.0
	for j := 2 + power; j < len(sums); j += 2 {
		s += n.root(sums[j])
	}
	return s
}
