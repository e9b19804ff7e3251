package dft

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// Spectrum is a plan for the power spectrum of a real periodic field over shells of equal |k|. It is used by one goroutine at a time.
//
// With the coefficients c_k of the package doc, shell j holds all k with j−½ ≤ |k|/Δk < j+½, both k and −k, where Δk = 2π/L for the longest axis; its power is
// Σ |c_k|² over the shell. So the powers add up to the mean square of the field (Parseval), and shell 0 holds the squared mean. Shells reach to the corner
// of the frequency box; those beyond the inscribed sphere (see Complete) hold only part of their directions.
type Spectrum struct {
	real   *Real
	z      Planes
	shell  []int32   // [Coefficients]
	weight []float64 // [Coefficients]: 2 where −k is not stored, else 1
	count  []int
	step   float64
	whole  int
}

// NewSpectrum makes a plan for fields of the given shape on a box with the given side lengths. It panics with a *eddy.ShapeError if they differ in number or an
// extent is below 1.
func NewSpectrum(shape []int, lengths []float64) *Spectrum {
	if len(shape) != len(lengths) {
		panic(&eddy.ShapeError{Op: "dft.NewSpectrum", What: "lengths", Got: []int{len(lengths)}, Want: []int{len(shape)}})
	}
	s := &Spectrum{real: NewReal(shape...), whole: math.MaxInt}
	longest := 0.0
	for _, l := range lengths {
		longest = max(longest, l)
	}
	s.step = 2 * math.Pi / longest
	scale := make([]float64, len(shape))
	for a, l := range lengths {
		scale[a] = longest / l
		s.whole = min(s.whole, int(math.Floor(float64(shape[a]/2)*scale[a]+0.5)))
	}
	s.z = NewPlanes(s.real.Coefficients())
	s.shell = make([]int32, s.z.Len())
	s.weight = make([]float64, s.z.Len())
	kept, last := s.real.Shape(), len(shape)-1
	for i := range s.shell {
		rest, k2 := i, 0.0
		for a := last; a >= 0; a-- {
			index := rest % kept[a]
			rest /= kept[a]
			f := float64(Frequency(index, shape[a])) * scale[a]
			k2 += f * f
			if a == last {
				s.weight[i] = 2
				if index == 0 || 2*index == shape[a] {
					s.weight[i] = 1
				}
			}
		}
		j := int(math.Sqrt(k2) + 0.5)
		s.shell[i] = int32(j)
		for len(s.count) <= j {
			s.count = append(s.count, 0)
		}
		s.count[j] += int(s.weight[i])
	}
	return s
}

// Clone makes a plan with scratch memory of its own that shares the tables of s.
func (s *Spectrum) Clone() *Spectrum {
	d := *s
	d.real, d.z = s.real.Clone(), NewPlanes(s.z.Len())
	return &d
}

// Shells is the number of shells.
func (s *Spectrum) Shells() int { return len(s.count) }

// Complete is the number of leading shells that hold all directions.
func (s *Spectrum) Complete() int { return min(s.whole, len(s.count)) }

// Wavenumber is the angular wavenumber j·Δk at the middle of shell j.
func (s *Spectrum) Wavenumber(j int) float64 { return float64(j) * s.step }

// Count is the number of modes in shell j; power divided by it is the shell average.
func (s *Spectrum) Count(j int) int { return s.count[j] }

// Power writes the power of each shell of field to dst [Shells].
func (s *Spectrum) Power(dst, field []float64) {
	mustLen("dft.Spectrum.Power", "destination", len(dst), s.Shells())
	s.real.Forward(s.z, field)
	clear(dst)
	for i, j := range s.shell {
		dst[j] += s.weight[i] * (s.z.Re[i]*s.z.Re[i] + s.z.Im[i]*s.z.Im[i])
	}
}

// Cross writes Σ Re(a_k · conj b_k) over each shell to dst [Shells]. Cross of a field with itself is Power.
func (s *Spectrum) Cross(dst, a, b []float64) {
	mustLen("dft.Spectrum.Cross", "destination", len(dst), s.Shells())
	s.real.Forward(s.z, a)
	other := NewPlanes(s.z.Len())
	s.real.Forward(other, b)
	clear(dst)
	for i, j := range s.shell {
		dst[j] += s.weight[i] * (s.z.Re[i]*other.Re[i] + s.z.Im[i]*other.Im[i])
	}
}
