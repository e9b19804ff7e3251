package kernel

// This file takes one sample between space and mode-major spectra. Along every axis the transform is a real matrix of cosines and sines, so that a real
// field stays real through all axes; butterflies then turn products of cosines and sines into the complex amplitudes of positive and negative frequencies.
// Frequencies k and −k of an axis share the cosine and sine of k, which halves the products compared with a complex transform.

// spectralScratch is what one worker needs for one sample.
type spectralScratch[T Float] struct {
	image [2][]T // one channel between two axes
	plane []T    // [channels][plane]
	mixed []T    // [plane][channels]
}

func (s *Spectral[T]) scratch() *spectralScratch[T] {
	s.lock.Lock()
	defer s.lock.Unlock()
	if n := len(s.free); n > 0 {
		w := s.free[n-1]
		s.free = s.free[:n-1]
		return w
	}
	c := max(s.cfg.In, s.cfg.Out)
	return &spectralScratch[T]{
		image: [2][]T{make([]T, s.image), make([]T, s.image)},
		plane: make([]T, c*s.plane), mixed: make([]T, c*s.plane),
	}
}

func (s *Spectral[T]) release(w *spectralScratch[T]) {
	s.lock.Lock()
	s.free = append(s.free, w)
	s.lock.Unlock()
}

// analyseInput writes sample b of the spectrum of x, as [−Im, Re, Im].
func (s *Spectral[T]) analyseInput(b int, x []T) {
	w := s.scratch()
	in := s.cfg.In
	s.analyse(w, x[b*in*s.points:(b+1)*in*s.points], in, false)
	for k, m := range s.modes {
		to := s.xhat[(3*k*s.cfg.Batch+b)*in:]
		re, im := w.mixed[m.re*in:(m.re+1)*in], w.mixed[m.im*in:(m.im+1)*in]
		negate(to[:in], im)
		copy(to[s.cfg.Batch*in:][:in], re)
		copy(to[2*s.cfg.Batch*in:][:in], im)
	}
	s.release(w)
}

// analyseGradient writes sample b of the spectrum of dy, as [Re, Im, −Re]: the adjoint of synthesiseOutput.
func (s *Spectral[T]) analyseGradient(b int, dy []T) {
	w := s.scratch()
	out := s.cfg.Out
	s.analyse(w, dy, out, true)
	for k, m := range s.modes {
		to := s.yhat[(3*k*s.cfg.Batch+b)*out:]
		re, im := w.mixed[m.re*out:(m.re+1)*out], w.mixed[m.im*out:(m.im+1)*out]
		copy(to[:out], re)
		copy(to[s.cfg.Batch*out:][:out], im)
		negate(to[2*s.cfg.Batch*out:][:out], re)
	}
	s.release(w)
}

// synthesiseOutput turns sample b of the mixed spectrum into the field y.
func (s *Spectral[T]) synthesiseOutput(b int, y []T) { s.synthesise(b, y, s.cfg.Out, true) }

// synthesiseGradient turns sample b of the mixed gradient into dx: the adjoint of analyseInput.
func (s *Spectral[T]) synthesiseGradient(b int, dx []T) { s.synthesise(b, dx, s.cfg.In, false) }

// analyse transforms all channels of one sample and leaves complex amplitudes in w.mixed [plane, channels].
func (s *Spectral[T]) analyse(w *spectralScratch[T], x []T, channels int, weighted bool) {
	for c := range channels {
		s.analyseChannel(w, w.plane[c*s.plane:(c+1)*s.plane], x[c*s.points:(c+1)*s.points], weighted)
	}
	transpose(w.mixed, w.plane, channels, s.plane)
	for i := len(s.axes) - 2; i >= 0; i-- {
		s.butterflies(w.mixed, i, channels, s.toSigned)
	}
}

// synthesise is the adjoint of analyse, from s.mix.
func (s *Spectral[T]) synthesise(b int, y []T, channels int, weighted bool) {
	w := s.scratch()
	clear(w.mixed)
	for k, m := range s.modes {
		from := s.mix[(2*k*s.cfg.Batch+b)*channels:]
		copy(w.mixed[m.re*channels:(m.re+1)*channels], from)
		copy(w.mixed[m.im*channels:(m.im+1)*channels], from[s.cfg.Batch*channels:])
	}
	for i := range len(s.axes) - 1 {
		s.butterflies(w.mixed, i, channels, s.fromSigned)
	}
	transpose(w.plane, w.mixed, s.plane, channels)
	for c := range channels {
		s.synthesiseChannel(w, y[c*s.points:(c+1)*s.points], w.plane[c*s.plane:(c+1)*s.plane], weighted)
	}
	s.release(w)
}

// analyseChannel multiplies one field by every axis' matrix, first axis first: dst [rows₁, …, rows_d].
func (s *Spectral[T]) analyseChannel(w *spectralScratch[T], dst, x []T, weighted bool) {
	outer, inner := 1, s.points
	for i := range s.axes {
		a := &s.axes[i]
		inner /= a.n
		if a.last {
			gemm(true, NoTrans, Transposed, outer, a.rows, a.n, x, a.n, a.matrix(weighted), a.n, Set, dst, a.rows)
			return
		}
		to := w.image[i%2]
		for o := range outer {
			gemm(true, NoTrans, NoTrans, a.rows, inner, a.n, a.sum, a.n, x[o*a.n*inner:], inner, Set, to[o*a.rows*inner:], inner)
		}
		x, outer = to, outer*a.rows
	}
}

// synthesiseChannel multiplies by the transposed matrices, last axis first.
func (s *Spectral[T]) synthesiseChannel(w *spectralScratch[T], y, src []T, weighted bool) {
	outer, inner := s.plane, 1
	for i := len(s.axes) - 1; i >= 0; i-- {
		a := &s.axes[i]
		outer /= a.rows
		to := w.image[i%2]
		if i == 0 {
			to = y
		}
		if a.last {
			gemm(true, NoTrans, NoTrans, outer, a.n, a.rows, src, a.rows, a.matrix(weighted), a.n, Set, to, a.n)
		} else {
			for o := range outer {
				gemm(true, Transposed, NoTrans, a.n, inner, a.rows, a.sum, a.n, src[o*a.rows*inner:], inner, Set, to[o*a.n*inner:], inner)
			}
		}
		src, inner = to, inner*a.n
	}
}

// matrix is the matrix of the last axis: with the weights c(k), or with 1/N.
func (a *axis[T]) matrix(weighted bool) []T {
	if weighted {
		return a.sum
	}
	return a.mean
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
	for o := range outer {
		for k := 1; k <= a.top; k++ {
			for m := range middle {
				at := func(row int) (re, im []T) {
					p := q[((o*a.rows+row)*middle+m)*2*half:]
					re, im = p[:half], p[half:2*half]
					if s.negatives(i+1, m)%2 == 1 {
						re, im = im, re
					}
					return re, im
				}
				ar, ai := at(k)
				br, bi := at(a.top + 1 + k)
				turn(ar, ai, br, bi)
			}
		}
	}
}

// negatives counts the axes from i on whose row in the mixed-radix number m belongs to a negative frequency.
func (s *Spectral[T]) negatives(i, m int) int {
	count := 0
	for j := len(s.axes) - 2; j >= i; j-- {
		if m%s.axes[j].rows > s.axes[j].top+1 {
			count++
		}
		m /= s.axes[j].rows
	}
	return count
}

// toSigned turns amplitudes A of cos and B of sin into those of e^{−ikx} and e^{+ikx}: A − iB stays in a, A + iB in b with real and imaginary part swapped.
func (s *Spectral[T]) toSigned(ar, ai, br, bi []T) {
	sumDifference(ar, bi, ar, bi)
	sumDifference(br, ai, ai, br)
}

// fromSigned is the adjoint of toSigned.
func (s *Spectral[T]) fromSigned(ar, ai, br, bi []T) {
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

func negate[T Float](dst, x []T) {
	x = x[:len(dst)]
	if is32[T]() && negate32(as32(dst), as32(x)) {
		return
	}
	for i := range dst {
		dst[i] = -x[i]
	}
}

// transpose writes src [rows, cols] to dst [cols, rows], tile by tile so that both sides stay in cache.
func transpose[T Float](dst, src []T, rows, cols int) {
	const tile = 16
	for i := 0; i < rows; i += tile {
		for j := 0; j < cols; j += tile {
			for p := i; p < min(i+tile, rows); p++ {
				for q := j; q < min(j+tile, cols); q++ {
					dst[q*rows+p] = src[p*cols+q]
				}
			}
		}
	}
}
