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
// Method: real transforms of the odd continuation, 2(N+1) points, of several lines side by side.
type Sine struct {
	shape []int
	axes  []*sineLines
}

// NewSine makes a plan for arrays of the given shape, row-major. It panics with a *eddy.ShapeError if there is no axis or an extent is below 1.
func NewSine(shape ...int) *Sine {
	mustExtents("dft.NewSine", shape)
	p := &Sine{shape: slices.Clone(shape)}
	for _, n := range shape {
		l := &sineLines{n: n, plan: NewLanes(2*(n+1), n, seriesLanes)}
		// The odd continuation 0, u, 0, −u reversed has the coefficients −(i/(N+1)) Σ_j u[j] sin(π(j+1)k/(N+1)).
		l.factors = l.plan.Factors(func(int) complex128 { return complex(0, math.Sqrt(2*float64(n+1))) })
		l.scratch()
		p.axes = append(p.axes, l)
	}
	return p
}

// Clone makes a plan with scratch memory of its own that shares the tables of p.
func (p *Sine) Clone() *Sine {
	d := &Sine{shape: p.shape}
	for _, l := range p.axes {
		c := &sineLines{n: l.n, plan: l.plan.Clone(), factors: l.factors}
		c.scratch()
		d.axes = append(d.axes, c)
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
		eachBlock(len(dst), n, stride, func(at []int) { p.axes[a].transform(dst, at, stride) })
	}
}

// sineLines transforms a block of lines in place.
type sineLines struct {
	n       int
	plan    *Lanes
	factors []float64
	u, c    Planes
}

func (l *sineLines) scratch() { l.u, l.c = l.plan.Field(), l.plan.Coefficients() }

func (l *sineLines) transform(x []float64, at []int, stride int) {
	for lane, o := range at {
		for j := range l.n {
			v := x[o+j*stride]
			*element(l.u, j+1, lane), *element(l.u, 2*l.n+1-j, lane) = v, -v
		}
	}
	l.plan.Forward(l.c, l.u, l.factors)
	for lane, o := range at {
		for k := range l.n {
			x[o+k*stride] = l.c.Re[(k+1)*seriesLanes+lane]
		}
	}
}
