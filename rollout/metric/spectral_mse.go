package metric

import (
	"math"

	"github.com/eddy-pde/eddy/internal/dft"
)

// wellBins is the plan of The Well's binned spectral errors (the_well@215f55d, benchmark/metrics/spectral.py): three bins of |k| in radians a point, with
// edges at 0, two that divide the range from 2π/max N to π√d evenly on a logarithmic scale, and its end. No window is applied on axes that are not periodic.
type wellBins struct {
	modes *modes
	bin   []int32
}

func newWellBins(m *modes) *wellBins {
	longest := 0
	for _, n := range m.shape {
		longest = max(longest, n)
	}
	lo, hi := math.Log10(2*math.Pi/float64(longest)), math.Log10(math.Pi*math.Sqrt(float64(len(m.shape)))+1e-6)
	// The original holds edges and wavenumbers in float32; where a mode lies on an edge its rounding decides.
	var inner [2]float32
	for j := range inner {
		inner[j] = float32(math.Pow(10, lo+(hi-lo)*float64(j+1)/3))
	}
	return &wellBins{modes: m, bin: m.bins(func(i int) int {
		var k2 float32
		for a, w := range m.wave {
			k := float32(2*math.Pi) * float32(float64(w[i])/float64(m.shape[a]))
			k2 += k * k
		}
		k := float32(math.Sqrt(float64(k2)))
		switch {
		case k < inner[0]:
			return 0
		case k < inner[1]:
			return 1
		}
		return 2
	})}
}

// power writes Σ |c_k|² over each bin of u, or of u − minus, to dst [3].
func (w *wellBins) power(dst []float64, u, minus []float32) {
	w.modes.transform(u, minus, func(c dft.Planes) { binned(dst, w.bin, w.modes.weight, c) })
}
