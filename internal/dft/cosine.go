package dft

import (
	"slices"

	"github.com/eddy-pde/eddy"
)

// Cosine is a plan for cosine series of real arrays of any number of axes. With values at the centres of N cells along each axis,
//
//	Inverse:  u[j] = Σ_k c[k] cos(πk(j+½)/N)
//	Forward:  c[k] = (w/N) Σ_j u[j] cos(πk(j+½)/N),  w = 1 for k = 0, else 2
//
// so coefficients are those of the even continuation of the field beyond its ends, and do not depend on the number of points. It is used by one goroutine at a time.
//
// Method: a real transform of the points in the order 0, 2, 4, … 5, 3, 1 and a twiddle factor (Makhoul 1980).
type Cosine struct {
	shape []int
	axes  []*cosineLine
}

// NewCosine makes a plan for arrays of the given shape, row-major. It panics with a *eddy.ShapeError if there is no axis or an extent is below 1.
func NewCosine(shape ...int) *Cosine {
	mustExtents("dft.NewCosine", shape)
	p := &Cosine{shape: slices.Clone(shape)}
	for _, n := range shape {
		p.axes = append(p.axes, newCosineLine(n))
	}
	return p
}

// Clone makes a plan with scratch memory of its own that shares the tables of p.
func (p *Cosine) Clone() *Cosine {
	d := &Cosine{shape: p.shape}
	for _, a := range p.axes {
		d.axes = append(d.axes, a.clone())
	}
	return d
}

// Len is the number of points, and of coefficients.
func (p *Cosine) Len() int { return eddy.Size(p.shape) }

// Forward computes the coefficients of src. dst and src may be the same arrays.
func (p *Cosine) Forward(dst, src []float64) {
	p.transform("dft.Cosine.Forward", dst, src, (*cosineLine).forward)
}

// Inverse computes the field with coefficients src. dst and src may be the same arrays.
func (p *Cosine) Inverse(dst, src []float64) {
	p.transform("dft.Cosine.Inverse", dst, src, (*cosineLine).inverse)
}

func (p *Cosine) transform(op string, dst, src []float64, line func(*cosineLine)) {
	mustLen(op, "destination", len(dst), p.Len())
	mustLen(op, "source", len(src), p.Len())
	copy(dst, src)
	stride := len(dst)
	for a, n := range p.shape {
		stride /= n
		l := p.axes[a]
		for i := range len(dst) / n {
			o := i/stride*stride*n + i%stride
			for j := range l.line {
				l.line[j] = dst[o+j*stride]
			}
			line(l)
			for j, v := range l.line {
				dst[o+j*stride] = v
			}
		}
	}
}

// cosineLine transforms its line in place.
type cosineLine struct {
	line, ordered []float64
	plan          *Real
	z             Planes
	twiddle       Planes // e^{−πi k/2n}
}

func newCosineLine(n int) *cosineLine {
	l := &cosineLine{plan: NewReal(n), twiddle: NewPlanes(n/2 + 1)}
	for k := range l.twiddle.Len() {
		l.twiddle.Re[k], l.twiddle.Im[k] = root(k, 4*n)
	}
	l.scratch(n)
	return l
}

func (l *cosineLine) scratch(n int) {
	l.line, l.ordered, l.z = make([]float64, n), make([]float64, n), NewPlanes(n/2+1)
}

func (l *cosineLine) clone() *cosineLine {
	d := &cosineLine{plan: l.plan.Clone(), twiddle: l.twiddle}
	d.scratch(len(l.line))
	return d
}

// With v the points in their new order and V its transform, c[k] = w Re(e^{−πik/2n} V[k]) and, for the same number, c[n−k] = −w Im(e^{−πik/2n} V[k]).
func (l *cosineLine) forward() {
	n := len(l.line)
	for j := range (n + 1) / 2 {
		l.ordered[j] = l.line[2*j]
	}
	for j := range n / 2 {
		l.ordered[n-1-j] = l.line[2*j+1]
	}
	l.plan.Forward(l.z, l.ordered)
	l.line[0] = l.z.Re[0]
	for k := 1; k <= n/2; k++ {
		re, im := mul(l.z.Re[k], l.z.Im[k], l.twiddle.Re[k], l.twiddle.Im[k])
		l.line[k], l.line[n-k] = 2*re, -2*im
	}
	if n%2 == 0 && n > 0 {
		l.line[n/2] = 2 * l.z.Re[n/2] * l.twiddle.Re[n/2]
	}
}

func (l *cosineLine) inverse() {
	n := len(l.line)
	l.z.Re[0], l.z.Im[0] = l.line[0], 0
	for k := 1; k <= n/2; k++ {
		l.z.Re[k], l.z.Im[k] = mul(l.line[k]/2, -l.line[n-k]/2, l.twiddle.Re[k], -l.twiddle.Im[k])
	}
	l.plan.Inverse(l.ordered, l.z)
	for j := range (n + 1) / 2 {
		l.line[2*j] = l.ordered[j]
	}
	for j := range n / 2 {
		l.line[2*j+1] = l.ordered[n-1-j]
	}
}
