package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// h1 is the plan of the relative error in the Sobolev norm H¹ on a periodic grid, √(Σ(1+|κ|²)|d_k|² / Σ(1+|κ|²)|y_k|²) with wavenumbers κ in the unit of the
// grid, so that it depends on the unit of length: errors of the state and of its gradient together.
type h1 struct {
	modes  *modes
	weight []float64 // of |c_k|²
}

func newH1(m *modes, g eddy.Grid) *h1 {
	h := &h1{m, m.square(g)}
	for i, k2 := range h.weight {
		h.weight[i] = m.weight[i] * (1 + k2)
	}
	return h
}

// H1 is the relative error in the Sobolev norm H¹ per trajectory and field, √(‖d‖² + ‖∇d‖²) / √(‖y‖² + ‖∇y‖²) for d = p−y, with derivatives of the Fourier
// series on the grid g, all axes of which are taken to be periodic. It depends on the unit of length. NaN where the truth is zero throughout.
func H1(dst []float64, pred, truth *eddy.Tensor, g eddy.Grid) {
	eddy.MustShape("metric.H1", "truth", spaceOf(truth), g.Shape())
	newH1(newModes(g.Shape()), g).measure(dst, pred, truth)
}

func (h *h1) measure(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.H1", dst, pred, truth, func(p, y []float32) float64 {
		size := h.sum(y, nil)
		if size == 0 {
			return math.NaN()
		}
		return math.Sqrt(h.sum(p, y) / size)
	})
}

func (h *h1) sum(u, minus []float32) (s float64) {
	h.modes.transform(u, minus, func(c dft.Planes) {
		for i, w := range h.weight {
			s += w * (c.Re[i]*c.Re[i] + c.Im[i]*c.Im[i])
		}
	})
	return s
}
