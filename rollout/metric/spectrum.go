package metric

import (
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// Spectrum is a plan for the power of a field per wavenumber: shell j holds all wave vectors with j−½ ≤ |k|/Δk < j+½, Δk = 2π/L for the longest axis, and its
// power is Σ |c_k|² over the shell, with u(x) = Σ c_k exp(i k·x). The powers of all shells add up to the mean square of the field (Parseval); shell 0 holds
// the squared mean. For a velocity, half the sum of the components' powers is the kinetic energy per shell.
//
// An axis that is not periodic has no Fourier series: the jump between its ends would leak into all wavenumbers. There the deviation from the mean is
// multiplied by a Hann window, scaled so that the mean square of white noise stays what it is, on a box of N·Step. Spectra of such fields compare with each
// other, but do not add up to the mean square exactly and resolve neighbouring shells less sharply; see Windowed.
//
// A plan is used by one goroutine at a time; Clone makes another one cheaply.
type Spectrum struct {
	plan    *dft.Spectrum
	field   []float64
	windows [][]float64 // per axis, nil where periodic
	shape   []int
}

// NewSpectrum makes a plan for fields on the grid.
func NewSpectrum(g eddy.Grid) *Spectrum {
	s := &Spectrum{shape: g.Shape(), field: make([]float64, g.Points()), windows: make([][]float64, g.Dims())}
	for i, a := range g.Axes {
		if !a.Periodic && a.Points > 1 {
			s.windows[i] = hann(a.Points)
		}
	}
	s.plan = dft.NewSpectrum(s.shape, boxOf(g))
	return s
}

// boxOf are the side lengths N·Step of the box in which fields on the grid are taken to be periodic.
func boxOf(g eddy.Grid) []float64 {
	lengths := make([]float64, g.Dims())
	for i, a := range g.Axes {
		lengths[i] = a.Length
		if !(lengths[i] > 0) {
			lengths[i] = 1 // a file without coordinates: wavenumbers then count waves per box
		}
		if !a.Periodic && a.Points > 1 {
			lengths[i] *= float64(a.Points) / float64(a.Points-1)
		}
	}
	return lengths
}

// shells is the number of shells of a Spectrum on the grid, without making one: the last one holds the corner of the frequency box.
func shells(g eddy.Grid) int {
	lengths := boxOf(g)
	longest := slices.Max(lengths)
	k2 := 0.0
	for i, a := range g.Axes {
		f := float64(a.Points/2) * longest / lengths[i]
		k2 += f * f
	}
	return int(math.Sqrt(k2)+0.5) + 1
}

// hann is sin²(π(i+½)/n)·√(8/3): its mean square is 1.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		v := math.Sin(math.Pi * (float64(i) + 0.5) / float64(n))
		w[i] = v * v * math.Sqrt(8.0/3)
	}
	return w
}

// Clone makes a plan with scratch memory of its own.
func (s *Spectrum) Clone() *Spectrum {
	c := *s
	c.plan, c.field = s.plan.Clone(), make([]float64, len(s.field))
	return &c
}

// Shells is the number of shells. Those from Complete on lie in the corners of the frequency box and hold only part of their directions.
func (s *Spectrum) Shells() int { return s.plan.Shells() }

// Complete is the number of leading shells that hold all directions.
func (s *Spectrum) Complete() int { return s.plan.Complete() }

// Wavenumber is the angular wavenumber j·Δk of shell j.
func (s *Spectrum) Wavenumber(j int) float64 { return s.plan.Wavenumber(j) }

// Windowed reports whether any axis is windowed because it is not periodic.
func (s *Spectrum) Windowed() bool {
	for _, w := range s.windows {
		if w != nil {
			return true
		}
	}
	return false
}

// Power writes the power of each shell of a field u [X…] to dst [Shells].
func (s *Spectrum) Power(dst []float64, u []float32) {
	s.load(u, nil)
	s.power(dst)
}

// ErrorPower writes the power of each shell of the difference p − y to dst [Shells].
func (s *Spectrum) ErrorPower(dst []float64, p, y []float32) {
	s.load(p, y)
	s.power(dst)
}

// load puts u, or u − minus, into the plan's memory.
func (s *Spectrum) load(u, minus []float32) {
	eddy.MustShape("metric.Spectrum", "field", []int{len(u)}, []int{len(s.field)})
	for i, v := range u {
		s.field[i] = float64(v)
	}
	if minus != nil {
		eddy.MustShape("metric.Spectrum", "field to subtract", []int{len(minus)}, []int{len(s.field)})
		for i, v := range minus {
			s.field[i] -= float64(v)
		}
	}
}

func (s *Spectrum) power(dst []float64) {
	if !s.Windowed() {
		s.plan.Power(dst, s.field)
		return
	}
	mean := 0.0
	for _, v := range s.field {
		mean += v
	}
	mean /= float64(len(s.field))
	for i := range s.field {
		s.field[i] -= mean
	}
	stride := len(s.field)
	for axis, w := range s.windows {
		n := s.shape[axis]
		stride /= n
		if w == nil {
			continue
		}
		for i := range s.field {
			s.field[i] *= w[i/stride%n]
		}
	}
	s.plan.Power(dst, s.field)
	dst[0] += mean * mean
}
