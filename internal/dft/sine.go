package dft

import (
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
)

// Sine is a plan for sine series of real arrays of any number of axes that vanish beyond both ends. With N points inside along each axis,
//
//	Transform:  c[k] = √(2/(N+1)) Σ_j u[j] sin(π(j+1)(k+1)/(N+1))
//
// which is its own inverse. It is used by one goroutine at a time.
//
// Method: a real transform of the odd continuation, 2(N+1) points.
type Sine struct {
	shape []int
	axes  []*sineLine
}

// NewSine makes a plan for arrays of the given shape, row-major. It panics with a *eddy.ShapeError if there is no axis or an extent is below 1.
func NewSine(shape ...int) *Sine {
	mustExtents("dft.NewSine", shape)
	p := &Sine{shape: slices.Clone(shape)}
	for _, n := range shape {
		p.axes = append(p.axes, &sineLine{plan: NewReal(2 * (n + 1)), odd: make([]float64, 2*(n+1)), z: NewPlanes(n + 2), scale: math.Sqrt(2 * float64(n+1))})
	}
	return p
}

// Clone makes a plan with scratch memory of its own that shares the tables of p.
func (p *Sine) Clone() *Sine {
	d := &Sine{shape: p.shape}
	for _, l := range p.axes {
		d.axes = append(d.axes, &sineLine{plan: l.plan.Clone(), odd: make([]float64, len(l.odd)), z: NewPlanes(l.z.Len()), scale: l.scale})
	}
	return d
}

// Len is the number of points, and of coefficients.
func (p *Sine) Len() int { return eddy.Size(p.shape) }

// Transform computes the coefficients of src, or the field with coefficients src. dst and src may be the same arrays.
func (p *Sine) Transform(dst, src []float64) {
	mustLen("dft.Sine.Transform", "destination", len(dst), p.Len())
	mustLen("dft.Sine.Transform", "source", len(src), p.Len())
	copy(dst, src)
	stride := len(dst)
	for a, n := range p.shape {
		stride /= n
		l := p.axes[a]
		for i := range len(dst) / n {
			l.transform(dst[i/stride*stride*n+i%stride:], n, stride)
		}
	}
}

// sineLine transforms a line in place.
type sineLine struct {
	plan  *Real
	odd   []float64
	z     Planes
	scale float64
}

// The odd continuation 0, u, 0, −u reversed has the coefficients c[k] = −(i/(N+1)) Σ_j u[j] sin(π(j+1)k/(N+1)).
func (l *sineLine) transform(u []float64, n, stride int) {
	l.odd[0], l.odd[n+1] = 0, 0
	for j := range n {
		v := u[j*stride]
		l.odd[j+1], l.odd[2*n+1-j] = v, -v
	}
	l.plan.Forward(l.z, l.odd)
	for k := range n {
		u[k*stride] = -l.scale * l.z.Im[k+1]
	}
}
