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
// Method: a real transform of the points in the order 0, 2, 4, … 5, 3, 1 and a twiddle factor (Makhoul 1980); where N is even several lines side by side.
type Cosine struct {
	shape []int
	axes  []cosineAxis
}

// cosineAxis transforms lines in place, those that begin at the given places.
type cosineAxis interface {
	forward(x []float64, at []int, stride int)
	inverse(x []float64, at []int, stride int)
	clone() cosineAxis
}

// NewCosine makes a plan for arrays of the given shape, row-major. It panics with a *eddy.ShapeError if there is no axis or an extent is below 1.
func NewCosine(shape ...int) *Cosine {
	mustExtents("dft.NewCosine", shape)
	p := &Cosine{shape: slices.Clone(shape)}
	for _, n := range shape {
		if n%2 == 0 {
			p.axes = append(p.axes, newCosineLines(n))
		} else {
			p.axes = append(p.axes, newCosineLine(n))
		}
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
	p.transform("dft.Cosine.Forward", dst, src, cosineAxis.forward)
}

// Inverse computes the field with coefficients src. dst and src may be the same arrays.
func (p *Cosine) Inverse(dst, src []float64) {
	p.transform("dft.Cosine.Inverse", dst, src, cosineAxis.inverse)
}

func (p *Cosine) transform(op string, dst, src []float64, lines func(a cosineAxis, x []float64, at []int, stride int)) {
	mustLen(op, "destination", len(dst), p.Len())
	mustLen(op, "source", len(src), p.Len())
	copy(dst, src)
	stride := len(dst)
	for a, n := range p.shape {
		stride /= n
		eachBlock(len(dst), n, stride, func(at []int) { lines(p.axes[a], dst, at, stride) })
	}
}

// cosineTwiddle is e^{−πi k/2n} for k = 0 … n/2.
func cosineTwiddle(n int) Planes {
	t := NewPlanes(n/2 + 1)
	for k := range t.Len() {
		t.Re[k], t.Im[k] = root(k, 4*n)
	}
	return t
}

// place is where point j of a line of n stands in Makhoul's order.
func place(j, n int) int {
	if j%2 == 0 {
		return j / 2
	}
	return n - 1 - j/2
}

// cosineLines takes lines of an even number of points side by side. With V the transform of the points in their new order, c[k] = w Re(e^{−πik/2n} V[k]) and, for the same
// number, c[n−k] = −w Im(e^{−πik/2n} V[k]).
type cosineLines struct {
	n       int
	plan    *Lanes
	factors []float64 // 2e^{−πi k/2n}, 1 for k = 0
	twiddle Planes
	u, c    Planes
}

func newCosineLines(n int) *cosineLines {
	l := &cosineLines{n: n, plan: NewLanes(n, n/2, seriesLanes), twiddle: cosineTwiddle(n)}
	l.factors = l.plan.Factors(func(k int) complex128 {
		if k == 0 {
			return 1
		}
		return 2 * l.twiddle.At(k)
	})
	l.scratch()
	return l
}

func (l *cosineLines) scratch() { l.u, l.c = l.plan.Field(), l.plan.Coefficients() }

func (l *cosineLines) clone() cosineAxis {
	d := *l
	d.plan = l.plan.Clone()
	d.scratch()
	return &d
}

func (l *cosineLines) forward(x []float64, at []int, stride int) {
	for lane, o := range at {
		for j := range l.n {
			*element(l.u, place(j, l.n), lane) = x[o+j*stride]
		}
	}
	l.plan.Forward(l.c, l.u, l.factors)
	for lane, o := range at {
		x[o] = l.c.Re[lane]
		for k := 1; k <= l.n/2; k++ {
			i := k*seriesLanes + lane
			x[o+(l.n-k)*stride] = -l.c.Im[i]
			x[o+k*stride] = l.c.Re[i] // last, for k = n/2
		}
	}
}

func (l *cosineLines) inverse(x []float64, at []int, stride int) {
	for lane, o := range at {
		l.c.Re[lane], l.c.Im[lane] = x[o], 0
		for k := 1; k <= l.n/2; k++ {
			i := k*seriesLanes + lane
			l.c.Re[i], l.c.Im[i] = mul(x[o+k*stride]/2, -x[o+(l.n-k)*stride]/2, l.twiddle.Re[k], -l.twiddle.Im[k])
		}
		l.c.Im[l.n/2*seriesLanes+lane] = 0 // rounding
	}
	l.plan.Inverse(l.u, l.c)
	for lane, o := range at {
		for j := range l.n {
			x[o+j*stride] = *element(l.u, place(j, l.n), lane)
		}
	}
}

// cosineLine takes lines of an odd number of points one by one.
type cosineLine struct {
	ordered []float64
	plan    *Real
	z       Planes
	twiddle Planes
}

func newCosineLine(n int) *cosineLine {
	return &cosineLine{make([]float64, n), NewReal(n), NewPlanes(n/2 + 1), cosineTwiddle(n)}
}

func (l *cosineLine) clone() cosineAxis {
	return &cosineLine{make([]float64, len(l.ordered)), l.plan.Clone(), NewPlanes(l.z.Len()), l.twiddle}
}

func (l *cosineLine) forward(x []float64, at []int, stride int) {
	n := len(l.ordered)
	for _, o := range at {
		for j := range n {
			l.ordered[place(j, n)] = x[o+j*stride]
		}
		l.plan.Forward(l.z, l.ordered)
		x[o] = l.z.Re[0]
		for k := 1; k <= n/2; k++ {
			re, im := mul(l.z.Re[k], l.z.Im[k], l.twiddle.Re[k], l.twiddle.Im[k])
			x[o+k*stride], x[o+(n-k)*stride] = 2*re, -2*im
		}
	}
}

func (l *cosineLine) inverse(x []float64, at []int, stride int) {
	n := len(l.ordered)
	for _, o := range at {
		l.z.Re[0], l.z.Im[0] = x[o], 0
		for k := 1; k <= n/2; k++ {
			l.z.Re[k], l.z.Im[k] = mul(x[o+k*stride]/2, -x[o+(n-k)*stride]/2, l.twiddle.Re[k], -l.twiddle.Im[k])
		}
		l.plan.Inverse(l.ordered, l.z)
		for j := range n {
			x[o+j*stride] = l.ordered[place(j, n)]
		}
	}
}
