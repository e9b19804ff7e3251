package dft

import (
	"slices"

	"github.com/eddy-pde/eddy"
)

// Complex is a plan for complex arrays of any number of axes. It is used by one goroutine at a time.
type Complex struct {
	shape []int
	axes  []*columns // all but the last
	last  *line
}

// NewComplex makes a plan for arrays of the given shape, row-major. It panics with a *eddy.ShapeError if there is no axis or an extent is below 1.
func NewComplex(shape ...int) *Complex {
	mustExtents("dft.NewComplex", shape)
	p := &Complex{shape: slices.Clone(shape), last: newLine(shape[len(shape)-1])}
	for _, n := range shape[:len(shape)-1] {
		p.axes = append(p.axes, newColumns(n))
	}
	return p
}

// Clone makes a plan with scratch memory of its own that shares the tables of p.
func (p *Complex) Clone() *Complex {
	d := &Complex{shape: p.shape, last: p.last.clone()}
	for _, a := range p.axes {
		d.axes = append(d.axes, a.clone())
	}
	return d
}

// Len is the number of elements.
func (p *Complex) Len() int { return eddy.Size(p.shape) }

// Forward computes the coefficients of src (see the package doc; the factor 1/N is here). dst and src may be the same arrays.
func (p *Complex) Forward(dst, src Planes) {
	p.transform("dft.Complex.Forward", dst, src)
	scale := 1 / float64(p.Len())
	for i := range dst.Re {
		dst.Re[i] *= scale
		dst.Im[i] *= scale
	}
}

// Inverse computes the field with coefficients src. dst and src may be the same arrays.
func (p *Complex) Inverse(dst, src Planes) {
	p.transform("dft.Complex.Inverse", dst.swapped(), src.swapped())
}

func (p *Complex) transform(op string, dst, src Planes) {
	mustLen(op, "destination", dst.Len(), p.Len())
	mustLen(op, "source", src.Len(), p.Len())
	n := p.last.n
	for i := 0; i < dst.Len(); i += n {
		p.last.transform(dst.Slice(i, i+n), src.Slice(i, i+n))
	}
	outer(p.axes, dst, n)
}

// outer transforms dst [n_1, …, n_d, inner] in place along the axes in front of inner.
func outer(axes []*columns, dst Planes, inner int) {
	for i := len(axes) - 1; i >= 0; i-- {
		a := axes[i]
		size := a.n * inner
		for from := 0; from < dst.Len(); from += size {
			part := dst.Slice(from, from+size)
			a.transform(part, inner, part, inner, inner)
		}
		inner = size
	}
}

// Real is a plan for real arrays of any number of axes, whose coefficients are kept for the non-negative frequencies of the last axis. It is used by one
// goroutine at a time.
type Real struct {
	shape []int
	axes  []*columns // all but the last
	last  *realLine
	half  int // frequencies kept of the last axis
	z     Planes
}

// NewReal makes a plan for arrays of the given shape, row-major. It panics with a *eddy.ShapeError if there is no axis or an extent is below 1.
func NewReal(shape ...int) *Real {
	mustExtents("dft.NewReal", shape)
	n := shape[len(shape)-1]
	p := &Real{shape: slices.Clone(shape), last: newRealLine(n), half: n/2 + 1}
	for _, n := range shape[:len(shape)-1] {
		p.axes = append(p.axes, newColumns(n))
	}
	p.z = p.scratch()
	return p
}

func (p *Real) scratch() Planes {
	if len(p.axes) == 0 {
		return Planes{}
	}
	return NewPlanes(p.Coefficients())
}

// Clone makes a plan with scratch memory of its own that shares the tables of p.
func (p *Real) Clone() *Real {
	d := &Real{shape: p.shape, last: p.last.clone(), half: p.half, z: p.scratch()}
	for _, a := range p.axes {
		d.axes = append(d.axes, a.clone())
	}
	return d
}

// Len is the number of points.
func (p *Real) Len() int { return eddy.Size(p.shape) }

// Shape is the shape of the coefficients: the grid's with ⌊N/2⌋+1 in place of the last extent N.
func (p *Real) Shape() []int { return append(slices.Clone(p.shape[:len(p.shape)-1]), p.half) }

// Coefficients is the number of complex coefficients.
func (p *Real) Coefficients() int { return p.Len() / p.last.n * p.half }

// Forward computes the coefficients dst [..., ⌊N/2⌋+1] of src [..., N] (see the package doc; the factor 1/N_total is here).
func (p *Real) Forward(dst Planes, src []float64) {
	mustLen("dft.Real.Forward", "destination", dst.Len(), p.Coefficients())
	mustLen("dft.Real.Forward", "source", len(src), p.Len())
	n, h, scale := p.last.n, p.half, 1/float64(p.Len())
	for i := range len(src) / n {
		p.last.forward(dst.Slice(i*h, (i+1)*h), src[i*n:(i+1)*n], scale)
	}
	outer(p.axes, dst, h)
}

// Inverse computes the field dst [..., N] with coefficients src [..., ⌊N/2⌋+1], which it leaves alone. Imaginary parts that a real field cannot have, those of
// frequency 0 and for even N of N/2 along the last axis after the other axes are transformed, are not used.
func (p *Real) Inverse(dst []float64, src Planes) {
	mustLen("dft.Real.Inverse", "destination", len(dst), p.Len())
	mustLen("dft.Real.Inverse", "source", src.Len(), p.Coefficients())
	if len(p.axes) > 0 {
		p.z.CopyFrom(src)
		outer(p.axes, p.z.swapped(), p.half)
		src = p.z
	}
	n, h := p.last.n, p.half
	for i := range len(dst) / n {
		p.last.inverse(dst[i*n:(i+1)*n], src.Slice(i*h, (i+1)*h))
	}
}

func mustExtents(op string, shape []int) {
	if len(shape) == 0 || slices.Min(shape) < 1 {
		panic(&eddy.ShapeError{Op: op, What: "shape", Got: slices.Clone(shape), Hint: "at least one axis, extents of at least 1"})
	}
}
