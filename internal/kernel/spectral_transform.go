package kernel

import "unsafe"

// This file takes one sample between space and spectra. Along every axis the transform is a real matrix of cosines and sines, so that a real
// field stays real through all axes; butterflies then turn products of cosines and sines into the complex amplitudes of positive and negative frequencies.
// Frequencies k and −k of an axis share the cosine and sine of k, which halves the products compared with a complex transform.

// spectrum names one of the two roles of a field: an input (read by Forward, its gradient written by BackwardInput) or an output. Their spectra differ in
// layout and in the factors of the last axis.
type spectrum uint8

const (
	inputSpectrum spectrum = iota
	outputSpectrum
)

// spectralScratch is what one worker needs for a group of channels.
type spectralScratch[T Float] struct {
	fold  []T    // even and odd part of a field along one axis
	image [2][]T // one channel between two axes
	last  []T    // [group][rows of the other axes][n of the last]
	parts []T    // the same, folded: [evenWide + oddWide of the last]
	plane []T    // [group][plane]
	mixed []T    // [plane][group]
	re    []int32
	im    []int32 // byte offsets of the modes' rows in mixed, for groups of the size below
	size  int
}

func (s *Spectral[T]) newScratch() *spectralScratch[T] {
	g, d := min(s.group, max(s.cfg.In, s.cfg.Out)), len(s.axes)
	w := &spectralScratch[T]{plane: make([]T, g*s.plane), mixed: make([]T, g*s.plane), re: make([]int32, s.modes), im: make([]int32, s.modes)}
	last := &s.axes[d-1]
	rows := g * s.plane / last.rows
	w.last, w.parts = make([]T, rows*last.n), make([]T, rows*(last.evenWide+last.oddWide))
	fold, image, outer, inner := 0, 0, 1, s.points
	for _, a := range s.axes[:d-1] {
		inner /= a.n
		outer *= a.rows
		fold, image = max(fold, (a.even+a.odd)*inner), max(image, outer*inner)
	}
	w.fold, w.image = make([]T, fold), [2][]T{make([]T, image), make([]T, image)}
	return w
}

// offsets sets the byte offsets of the modes' rows in w.mixed for g channels.
func (s *Spectral[T]) offsets(w *spectralScratch[T], g int) {
	if w.size == g {
		return
	}
	w.size = g
	var x T
	for k := range s.re {
		w.re[k], w.im[k] = s.re[k]*int32(g)*int32(unsafe.Sizeof(x)), s.im[k]*int32(g)*int32(unsafe.Sizeof(x))
	}
}

// eachGroup cuts channels of samples lo … hi−1 into groups: f(b, first channel, one past the last).
func (s *Spectral[T]) eachGroup(serial bool, lo, hi, channels int, f func(b, from, to int)) {
	groups := (channels + s.group - 1) / s.group
	split(serial, (hi-lo)*groups, func(i int) {
		g := i % groups
		f(lo+i/groups, channels*g/groups, channels*(g+1)/groups)
	})
}

// analyse writes samples lo … hi−1 of a field x [Batch, channels, X…] to its spectrum.
func (s *Spectral[T]) analyse(serial bool, lo, hi int, x []T, channels int, role spectrum) {
	s.eachGroup(serial, lo, hi, channels, func(b, from, to int) {
		start := (b*channels + from) * s.points
		s.analyseGroup(x[start:start+(to-from)*s.points], b, from, to-from, channels, role)
	})
}

// analyseSample is analyse for one sample dz [Out, X…] of a gradient.
func (s *Spectral[T]) analyseSample(serial bool, b int, dz []T) {
	s.eachGroup(serial, b, b+1, s.cfg.Out, func(b, from, to int) {
		s.analyseGroup(dz[from*s.points:to*s.points], b, from, to-from, s.cfg.Out, outputSpectrum)
	})
}

// analyseGroup transforms g channels x of sample b, the first of which is channel `from`.
func (s *Spectral[T]) analyseGroup(x []T, b, from, g, channels int, role spectrum) {
	w := s.scratches.Take(s.newScratch)
	s.toPlane(w, x, g, role)
	transpose(w.mixed, w.plane[:g*s.plane], g, s.plane)
	for i := len(s.axes) - 2; i >= 0; i-- {
		s.butterflies(w.mixed, i, g, toSigned)
	}
	s.offsets(w, g)
	to := s.xhat
	if role == outputSpectrum {
		to = s.yhat
	}
	to = to[b*s.modes*2*channels+from:]
	spreadRows(g, w.re, w.im, w.mixed, to, to[channels:], 2*channels)
	s.scratches.Put(w)
}

// synthesise writes, or adds to, samples lo … hi−1 of a field y [Batch, channels, X…] from the mixed spectrum: with outputSpectrum the inverse transform, with
// inputSpectrum the adjoint of analyse.
func (s *Spectral[T]) synthesise(serial bool, lo, hi int, store Store, y []T, channels int, role spectrum) {
	s.eachGroup(serial, lo, hi, channels, func(b, from, to int) {
		w, g := s.scratches.Take(s.newScratch), to-from
		clear(w.mixed)
		s.offsets(w, g)
		mixed := s.mix[b*s.modes*2*channels+from:]
		gatherRows(g, w.re, w.im, w.mixed, mixed, mixed[channels:], 2*channels)
		for i := range len(s.axes) - 1 {
			s.butterflies(w.mixed, i, g, fromSigned)
		}
		transpose(w.plane, w.mixed[:g*s.plane], s.plane, g)
		start := (b*channels + from) * s.points
		s.fromPlane(w, y[start:start+g*s.points], g, store, role)
		s.scratches.Put(w)
	})
}

// toPlane multiplies g fields by every axis' matrix, first axis first, into w.plane [g, rows₁, …, rows_d].
func (s *Spectral[T]) toPlane(w *spectralScratch[T], x []T, g int, role spectrum) {
	d := len(s.axes)
	last := &s.axes[d-1]
	outer := s.plane / last.rows
	from := x
	if d > 1 {
		from = w.last
		for c := range g {
			s.analyseChannel(w, w.last[c*outer*last.n:(c+1)*outer*last.n], x[c*s.points:(c+1)*s.points])
		}
	}
	m := last.meanAnalysis
	if role == outputSpectrum {
		m = last.sumAnalysis
	}
	rows, step := g*outer, last.evenWide+last.oddWide
	e, o := w.parts, w.parts[last.evenWide:]
	foldRows(rows, last.n, e, o, from, step)
	gemm(true, NoTrans, NoTrans, rows, last.wide, last.even, e, step, m.cos, last.wide, Set, w.plane, last.rows)
	gemm(true, NoTrans, NoTrans, rows, last.wide, last.odd, o, step, m.sin, last.wide, Set, w.plane[last.wide:], last.rows)
}

// analyseChannel transforms one field along all axes but the last.
func (s *Spectral[T]) analyseChannel(w *spectralScratch[T], dst, x []T) {
	outer, inner, d := 1, s.points, len(s.axes)
	for i := range s.axes[:d-1] {
		a := &s.axes[i]
		inner /= a.n
		to := w.image[i%2]
		if i == d-2 {
			to = dst
		}
		e, o := w.fold[:a.even*inner], w.fold[a.even*inner:]
		for r := range outer {
			a.fold(e, o, x[r*a.n*inner:(r+1)*a.n*inner], inner, a.n*inner)
			sums := to[r*a.rows*inner:]
			gemm(true, NoTrans, NoTrans, a.top+1, inner, a.even, a.cos, a.even, e, inner, Set, sums, inner)
			if a.top > 0 {
				gemm(true, NoTrans, NoTrans, a.top, inner, a.odd, a.sin, a.odd, o, inner, Set, sums[(a.top+1)*inner:], inner)
			}
		}
		x, outer = to, outer*a.rows
	}
}

// fromPlane is the adjoint of toPlane.
func (s *Spectral[T]) fromPlane(w *spectralScratch[T], y []T, g int, store Store, role spectrum) {
	d := len(s.axes)
	last := &s.axes[d-1]
	outer := s.plane / last.rows
	m := last.meanSynthesis
	if role == outputSpectrum {
		m = last.sumSynthesis
	}
	rows, step := g*outer, last.evenWide+last.oddWide
	e, o := w.parts, w.parts[last.evenWide:]
	gemm(true, NoTrans, NoTrans, rows, last.evenWide, last.top+1, w.plane, last.rows, m.cos, last.evenWide, Set, e, step)
	gemm(true, NoTrans, NoTrans, rows, last.oddWide, last.top+1, w.plane[last.wide:], last.rows, m.sin, last.oddWide, Set, o, step)
	if d == 1 {
		unfoldRows(store, rows, last.n, e, o, y, step)
		return
	}
	unfoldRows(Set, rows, last.n, e, o, w.last, step)
	for c := range g {
		s.synthesiseChannel(w, y[c*s.points:(c+1)*s.points], w.last[c*outer*last.n:(c+1)*outer*last.n], store)
	}
}

// synthesiseChannel is the adjoint of analyseChannel.
func (s *Spectral[T]) synthesiseChannel(w *spectralScratch[T], y, src []T, store Store) {
	d := len(s.axes)
	outer, inner := s.plane/s.axes[d-1].rows, s.axes[d-1].n
	for i := d - 2; i >= 0; i-- {
		a := &s.axes[i]
		outer /= a.rows
		to, how := w.image[i%2], Set
		if i == 0 {
			to, how = y, store
		}
		e, o := w.fold[:a.even*inner], w.fold[a.even*inner:]
		for r := range outer {
			sums := src[r*a.rows*inner:]
			gemm(true, Transposed, NoTrans, a.even, inner, a.top+1, a.cos, a.even, sums, inner, Set, e, inner)
			if a.top > 0 {
				gemm(true, Transposed, NoTrans, a.odd, inner, a.top, a.sin, a.odd, sums[(a.top+1)*inner:], inner, Set, o, inner)
			} else {
				clear(o)
			}
			a.unfold(how, to[r*a.n*inner:(r+1)*a.n*inner], e, o, inner, a.n*inner)
		}
		src, inner = to, inner*a.n
	}
}

// butterflies visits the cosine and sine rows of every k > 0 of axis i, for every row of the other axes. Rows are [real, imaginary] pairs of the last axis;
// each axis j > i that is already signed swaps the two for its negative frequencies.
func (s *Spectral[T]) butterflies(q []T, i, channels int, turn func(ar, ai, br, bi []T)) {
	outer, middle := 1, 1
	for j := range i {
		outer *= s.axes[j].rows
	}
	for j := i + 1; j < len(s.axes)-1; j++ {
		middle *= s.axes[j].rows
	}
	a, half := &s.axes[i], s.axes[len(s.axes)-1].rows/2*channels
	at := func(row int, swapped bool) (re, im []T) {
		p := q[row*2*half:]
		if swapped {
			return p[half : 2*half], p[:half]
		}
		return p[:half], p[half : 2*half]
	}
	for o := range outer {
		for m := range middle {
			swapped := s.negatives(i+1, m)%2 == 1
			for k := 1; k <= a.top; k++ {
				ar, ai := at((o*a.rows+k)*middle+m, swapped)
				br, bi := at((o*a.rows+a.top+k)*middle+m, swapped)
				turn(ar, ai, br, bi)
			}
		}
	}
}

// negatives counts the axes from i on whose row in the mixed-radix number m belongs to a negative frequency.
func (s *Spectral[T]) negatives(i, m int) int {
	count := 0
	for j := len(s.axes) - 2; j >= i; j-- {
		if m%s.axes[j].rows > s.axes[j].top {
			count++
		}
		m /= s.axes[j].rows
	}
	return count
}

// toSigned turns amplitudes A of cos and B of sin into those of e^{−ikx} and e^{+ikx}: A − iB stays in a, A + iB in b with real and imaginary part swapped.
func toSigned[T Float](ar, ai, br, bi []T) {
	sumDifference(ar, bi, ar, bi)
	sumDifference(br, ai, ai, br)
}

// fromSigned is the adjoint of toSigned.
func fromSigned[T Float](ar, ai, br, bi []T) {
	sumDifference(ar, bi, ar, bi)
	sumDifference(ai, br, br, ai)
}

// sumDifference computes p = a+b and q = a−b; p and q may be a or b.
func sumDifference[T Float](p, q, a, b []T) {
	q, a, b = q[:len(p)], a[:len(p)], b[:len(p)]
	if is32[T]() && sumDifference32(as32(p), as32(q), as32(a), as32(b)) {
		return
	}
	for i := range p {
		x, y := a[i], b[i]
		p[i], q[i] = x+y, x-y
	}
}

// spreadRows copies rows of n elements of from, at byte offsets a and b, to rows of p and q that lie a step apart.
func spreadRows[T Float](n int, a, b []int32, from, p, q []T, step int) {
	if is32[T]() && spreadRows32(n, a, b, as32(from), as32(p), as32(q), step) {
		return
	}
	size := int(unsafe.Sizeof(T(0)))
	for k := range a {
		copy(p[k*step:k*step+n], from[int(a[k])/size:])
		copy(q[k*step:k*step+n], from[int(b[k])/size:])
	}
}

// gatherRows copies rows of p and q to rows of to at byte offsets a and b.
func gatherRows[T Float](n int, a, b []int32, to, p, q []T, step int) {
	if is32[T]() && gatherRows32(n, a, b, as32(to), as32(p), as32(q), step) {
		return
	}
	size := int(unsafe.Sizeof(T(0)))
	for k := range a {
		copy(to[int(a[k])/size:][:n], p[k*step:])
		copy(to[int(b[k])/size:][:n], q[k*step:])
	}
}

// transpose writes src [rows, cols] to dst [cols, rows].
func transpose[T Float](dst, src []T, rows, cols int) {
	if t := tilesOf[T](); t != nil {
		t.transposed(dst, rows, src, cols, rows, cols)
		return
	}
	const tile = 16 // both sides stay in cache
	for i := 0; i < rows; i += tile {
		for j := 0; j < cols; j += tile {
			transposeGeneric(dst[j*rows+i:], rows, src[i*cols+j:], cols, min(tile, rows-i), min(tile, cols-j))
		}
	}
}
