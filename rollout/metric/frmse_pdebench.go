package metric

import (
	"math"

	"github.com/eddy-pde/eddy/internal/dft"
)

// quadrant is the plan of PDEBench's spectrum of a difference as its code computes it (pdebench@9754b4c, models/metrics.py, in a box of extent 1). In one
// dimension a shell is a wavenumber 0 … N/2; in more, shell j holds the wave vectors without negative component, 0 ≤ k_a < N_a/2, for which ⌊|k|⌋ = j, as far
// as j < min N/2: the other quadrants, among them all waves that run obliquely the other way, are not looked at.
type quadrant struct {
	modes  *modes
	bin    []int32
	ones   []float64
	shells int
}

func newQuadrant(m *modes) *quadrant {
	q := &quadrant{modes: m, ones: make([]float64, len(m.weight))}
	for i := range q.ones {
		q.ones[i] = 1 // −k is not counted
	}
	q.shells = quadrantShells(m.shape)
	q.bin = m.bins(func(i int) int {
		if len(m.shape) > 1 {
			for a, w := range m.wave {
				if w[i] < 0 || w[i] >= m.shape[a]/2 {
					return -1
				}
			}
		}
		if j := int(math.Sqrt(m.wave2(i))); j < q.shells {
			return j
		}
		return -1
	})
	return q
}

// quadrantShells is the number of shells of a quadrant.
func quadrantShells(shape []int) int {
	if len(shape) == 1 {
		return shape[0]/2 + 1
	}
	return smallest(shape) / 2
}

// power writes the power of p − y in each shell to dst.
func (q *quadrant) power(dst []float64, p, y []float32) {
	q.modes.transform(p, y, func(c dft.Planes) { binned(dst, q.bin, q.ones, c) })
}
