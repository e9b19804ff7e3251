package dft

import (
	"slices"

	"github.com/eddy-pde/eddy"
)

// Resampler is a plan that carries real periodic fields from one grid to another on the same box by their Fourier coefficients: frequencies that both grids
// resolve are kept, those of the finer grid alone are dropped or zero. So a field without such frequencies is interpolated exactly, and going to a finer grid and
// back changes nothing. It is used by one goroutine at a time.
//
// The unpaired frequency N/2 of an even axis stands for both ±N/2: on the way to a finer axis it is shared out between them, half to each, and on the way to a
// coarser one they are added. Copying it to one of them, or dropping it, would double, halve or lose that part of the field.
type Resampler struct {
	from, to *Real
	src, dst Planes
	axes     []carried
}

// carried says how the coefficients of one axis move.
type carried struct {
	from, to int // coefficients stored of the axis
	moves    []move
}

// move takes the coefficient at index from of one axis to index to of the other.
type move struct {
	from, to int
	weight   float64
}

// NewResampler makes a plan from grids of shape from to grids of shape to. It panics with a *eddy.ShapeError if their numbers of axes differ or an extent is below 1.
func NewResampler(to, from []int) *Resampler {
	mustExtents("dft.NewResampler", from)
	mustExtents("dft.NewResampler", to)
	if len(to) != len(from) {
		panic(&eddy.ShapeError{Op: "dft.NewResampler", What: "target grid", Got: slices.Clone(to), Hint: "it needs as many axes as the source"})
	}
	r := &Resampler{from: NewReal(from...), to: NewReal(to...)}
	r.src, r.dst = NewPlanes(r.from.Coefficients()), NewPlanes(r.to.Coefficients())
	last := len(from) - 1
	for a := range last {
		r.axes = append(r.axes, carried{from[a], to[a], movesFull(to[a], from[a])})
	}
	r.axes = append(r.axes, carried{r.from.half, r.to.half, movesHalf(to[last], from[last])})
	return r
}

// movesFull is for an axis whose coefficients stand for all frequencies.
func movesFull(to, from int) []move {
	n := min(to, from)
	var m []move
	for k := -((n - 1) / 2); k <= (n-1)/2; k++ { // all frequencies that are paired on both axes
		m = append(m, move{wrap(k, from), wrap(k, to), 1})
	}
	if n%2 != 0 {
		return m
	}
	switch k := n / 2; {
	case to > from:
		m = append(m, move{k, k, 0.5}, move{k, wrap(-k, to), 0.5})
	case to < from:
		m = append(m, move{k, k, 1}, move{wrap(-k, from), k, 1})
	default:
		m = append(m, move{k, k, 1})
	}
	return m
}

// movesHalf is for the last axis, of which the frequencies 0 … N/2 are stored.
func movesHalf(to, from int) []move {
	n := min(to, from)
	var m []move
	for k := range (n-1)/2 + 1 {
		m = append(m, move{k, k, 1})
	}
	if n%2 != 0 {
		return m
	}
	switch k := n / 2; {
	case to > from:
		m = append(m, move{k, k, 0.5}) // the other half, at −N/2, is implied
	case to < from:
		m = append(m, move{k, k, 2}) // Real.Inverse uses the real part at N/2, which is that of the sum of both divided by 2
	default:
		m = append(m, move{k, k, 1})
	}
	return m
}

// wrap is the index of frequency k on an axis of n points.
func wrap(k, n int) int { return (k + n) % n }

// Clone makes a plan with scratch memory of its own that shares the tables of r.
func (r *Resampler) Clone() *Resampler {
	return &Resampler{from: r.from.Clone(), to: r.to.Clone(), src: NewPlanes(r.src.Len()), dst: NewPlanes(r.dst.Len()), axes: r.axes}
}

// Apply writes the field src, on the source grid, to dst on the target grid. It panics with a *eddy.ShapeError if a length does not fit.
func (r *Resampler) Apply(dst, src []float64) {
	r.from.Forward(r.src, src)
	r.dst.Clear()
	r.carry(0, 0, 0, 1)
	r.to.Inverse(dst, r.dst)
}

// carry moves the coefficients below index from of the source and to of the target, which count the axes in front of axis a.
func (r *Resampler) carry(a, from, to int, weight float64) {
	if a == len(r.axes) {
		r.dst.Re[to] += weight * r.src.Re[from]
		r.dst.Im[to] += weight * r.src.Im[from]
		return
	}
	axis := r.axes[a]
	for _, m := range axis.moves {
		r.carry(a+1, from*axis.from+m.from, to*axis.to+m.to, weight*m.weight)
	}
}
