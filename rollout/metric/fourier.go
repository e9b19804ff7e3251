package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
	"github.com/eddy-pde/eddy/internal/par"
)

// modes are the wave vectors whose coefficients a real transform keeps, without window and in units of 2π over the box: the lattice on which the metrics of
// others are defined.
type modes struct {
	shape  []int
	wave   [][]int   // per axis, the signed frequency of each coefficient
	weight []float64 // 2 where −k is not kept, else 1
	real   *dft.Real
	plans  par.Pool[*fourier]
}

// fourier transforms one field at a time.
type fourier struct {
	real  *dft.Real
	field []float64
	z     dft.Planes
}

func newModes(shape []int) *modes {
	m := &modes{shape: shape, real: dft.NewReal(shape...), wave: make([][]int, len(shape))}
	kept, last := m.real.Shape(), len(shape)-1
	for a := range shape {
		m.wave[a] = make([]int, m.real.Coefficients())
	}
	m.weight = make([]float64, m.real.Coefficients())
	for i := range m.weight {
		rest := i
		for a := last; a >= 0; a-- {
			m.wave[a][i] = dft.Frequency(rest%kept[a], shape[a])
			rest /= kept[a]
		}
		m.weight[i] = 2
		if k := i % kept[last]; k == 0 || 2*k == shape[last] {
			m.weight[i] = 1
		}
	}
	return m
}

// transform calls f with the coefficients c_k of u, or of u − minus where minus is not nil: u(x) = Σ c_k exp(i k·x).
func (m *modes) transform(u, minus []float32, f func(c dft.Planes)) {
	t := m.plans.Take(func() *fourier {
		return &fourier{real: m.real.Clone(), field: make([]float64, m.real.Len()), z: dft.NewPlanes(m.real.Coefficients())}
	})
	defer m.plans.Put(t)
	eddy.MustShape("metric: transform", "field", []int{len(u)}, []int{len(t.field)})
	for i, v := range u {
		t.field[i] = float64(v)
	}
	for i, v := range minus {
		t.field[i] -= float64(v)
	}
	t.real.Forward(t.z, t.field)
	f(t.z)
}

// bins sorts the modes into bins: of gives the bin of a mode, or −1.
func (m *modes) bins(of func(i int) int) []int32 {
	out := make([]int32, len(m.weight))
	for i := range out {
		out[i] = int32(of(i))
	}
	return out
}

// binned adds up weight·|c_k|² over each bin, of the modes whose bin is not −1.
func binned(dst []float64, bin []int32, weight []float64, c dft.Planes) {
	clear(dst)
	for i, b := range bin {
		if b >= 0 {
			dst[b] += weight[i] * (c.Re[i]*c.Re[i] + c.Im[i]*c.Im[i])
		}
	}
}

// wave2 is |k|² of mode i with k in units of 2π over the box of each axis.
func (m *modes) wave2(i int) float64 {
	s := 0.0
	for _, w := range m.wave {
		s += float64(w[i]) * float64(w[i])
	}
	return s
}

// kappa is, per axis and mode, the angular wavenumber by which a derivative along the axis multiplies. Half the sampling frequency has none: it would not be
// real.
func (m *modes) kappa(g eddy.Grid) [][]float64 {
	lengths := boxOf(g)
	out := make([][]float64, len(m.wave))
	for a, wave := range m.wave {
		out[a] = make([]float64, len(wave))
		for i, w := range wave {
			if 2*max(w, -w) != m.shape[a] {
				out[a][i] = 2 * math.Pi * float64(w) / lengths[a]
			}
		}
	}
	return out
}

// square is, per mode, the square of its angular wave vector on the grid.
func (m *modes) square(g eddy.Grid) []float64 {
	lengths := boxOf(g)
	out := make([]float64, len(m.weight))
	for i := range out {
		for a, wave := range m.wave {
			k := 2 * math.Pi * float64(wave[i]) / lengths[a]
			out[i] += k * k
		}
	}
	return out
}

// smallest is the smallest extent.
func smallest(shape []int) int {
	n := math.MaxInt
	for _, v := range shape {
		n = min(n, v)
	}
	return n
}
