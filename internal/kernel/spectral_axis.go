package kernel

import (
	"math"
	"unsafe"
)

// axis is the transform along one axis as real matrices. Row k of rows is cos(2πkn/N), k = 0 … top, then come the sines: 1 … top, or 0 … top on the last
// axis, whose rows are the real and imaginary parts of all kept frequencies.
type axis[T Float] struct {
	n, top, rows int

	// All axes but the last are folded about the middle first: cosines see x[n] + x[N−n] and sines x[n] − x[N−n], which halves the products.
	even, odd int // rows of the two folds
	cos, sin  []T // [top+1, even], [top, odd]

	// The last axis carries the factors: 1/N of the whole grid (mean), or c(k) (weighted). Sines have the sign of e^{−iθ}. Its frequencies are padded to
	// `wide` and its folds to evenWide and oddWide, which tiles divide; what they hold there is zero.
	wide, evenWide, oddWide     int
	meanAnalysis, meanSynthesis pair[T]
	sumAnalysis, sumSynthesis   pair[T]
}

// pair is the matrices of the even and the odd part: [even, wide] and [odd, wide] for analysis, [top+1, evenWide] and [top+1, oddWide] for synthesis.
type pair[T Float] struct{ cos, sin []T }

func (a *axis[T]) fillFolded() {
	a.rows, a.even, a.odd = 2*a.top+1, a.n/2+1, (a.n-1)/2
	a.cos, a.sin = make([]T, (a.top+1)*a.even), make([]T, a.top*a.odd)
	for k := range a.top + 1 {
		for n := range a.even {
			sin, cos := turn(k*n%a.n, a.n)
			a.cos[k*a.even+n] = T(cos)
			if k > 0 && n > 0 && n <= a.odd {
				a.sin[(k-1)*a.odd+n-1] = T(sin)
			}
		}
	}
}

func (a *axis[T]) fillLast(points int) {
	a.even, a.odd = a.n/2+1, (a.n-1)/2
	a.wide, a.evenWide, a.oddWide = padded(a.top+1), padded(a.even), padded(a.odd)
	a.rows = 2 * a.wide
	a.meanAnalysis, a.meanSynthesis = a.lastMatrices(func(int) float64 { return 1 / float64(points) })
	a.sumAnalysis, a.sumSynthesis = a.lastMatrices(func(k int) float64 {
		if k == 0 || 2*k == a.n {
			return 1
		}
		return 2
	})
}

// padded rounds up to what the narrowest tile takes.
func padded(n int) int { return (n + 7) / 8 * 8 }

func (a *axis[T]) lastMatrices(factor func(k int) float64) (analysis, synthesis pair[T]) {
	analysis = pair[T]{make([]T, a.even*a.wide), make([]T, a.odd*a.wide)}
	synthesis = pair[T]{make([]T, (a.top+1)*a.evenWide), make([]T, (a.top+1)*a.oddWide)}
	for k := range a.top + 1 {
		for n := range a.even {
			sin, cos := turn(k*n%a.n, a.n)
			x := T(factor(k) * cos)
			analysis.cos[n*a.wide+k], synthesis.cos[k*a.evenWide+n] = x, x
			if n > 0 && n <= a.odd {
				y := T(-factor(k) * sin)
				analysis.sin[(n-1)*a.wide+k], synthesis.sin[k*a.oddWide+n-1] = y, y
			}
		}
	}
	return analysis, synthesis
}

// turn is sine and cosine of 2π·p/n, exact at quarter turns.
func turn(p, n int) (sin, cos float64) {
	switch {
	case p == 0:
		return 0, 1
	case 4*p == n:
		return 1, 0
	case 2*p == n:
		return 0, -1
	case 4*p == 3*n:
		return -1, 0
	}
	return math.Sincos(2 * math.Pi * float64(p) / float64(n))
}

// fold writes the even part of src [n, inner] about its middle to e [even, inner] and the odd part to o [odd, inner]. ahead is the distance in elements to what
// is folded next, or 0.
func (a *axis[T]) fold(e, o, src []T, inner, ahead int) {
	copy(e[:inner], src)
	if a.n%2 == 0 {
		copy(e[a.n/2*inner:][:inner], src[a.n/2*inner:])
	}
	if a.odd > 0 {
		rowPairs(Set, a.odd, inner, e[inner:], o, src[inner:], src[(a.n-1)*inner:], inner, inner, inner, -inner, 0, ahead)
	}
}

// unfold is the adjoint of fold; ahead is the distance in elements to what is written next, or 0.
func (a *axis[T]) unfold(s Store, dst, e, o []T, inner, ahead int) {
	middle := func(n int) {
		if s == Set {
			copy(dst[n*inner:][:inner], e[n*inner:])
		} else {
			addRow(dst[n*inner:][:inner], e[n*inner:], 0)
		}
	}
	middle(0)
	if a.n%2 == 0 {
		middle(a.n / 2)
	}
	if a.odd > 0 {
		rowPairs(s, a.odd, inner, dst[inner:], dst[(a.n-1)*inner:], e[inner:], o, inner, -inner, inner, inner, ahead, 0)
	}
}

// rowPairs computes p = a+b and q = a−b, or adds them to p and q, for count rows of n elements; rows lie a step apart, which may be negative. aheadTo is the
// distance of what will be written next in p and q, aheadFrom of what will be read next in a and b.
func rowPairs[T Float](s Store, count, n int, p, q, a, b []T, stepP, stepQ, stepA, stepB, aheadTo, aheadFrom int) {
	if is32[T]() && rowPairs32(s, count, n, as32(p), as32(q), as32(a), as32(b), stepP, stepQ, stepA, stepB, aheadTo, aheadFrom) {
		return
	}
	row := func(x []T, i, step int) []T { // a slice cannot be moved backwards
		start := unsafe.Pointer(unsafe.SliceData(x))
		return unsafe.Slice((*T)(unsafe.Add(start, i*step*int(unsafe.Sizeof(T(0))))), n)
	}
	for i := range count {
		pi, qi, ai, bi := row(p, i, stepP), row(q, i, stepQ), row(a, i, stepA), row(b, i, stepB)
		for j := range n {
			x, y := ai[j], bi[j]
			if s == Add {
				pi[j] += x + y
				qi[j] += x - y
			} else {
				pi[j], qi[j] = x+y, x-y
			}
		}
	}
}

// foldRows folds count rows of n adjacent elements about their middles: e[j] = x[j] + x[n−j], o[j−1] = x[j] − x[n−j], and e[0] = x[0], e[n/2] = x[n/2] for even n.
// Rows of e and o lie stepE apart.
func foldRows[T Float](count, n int, e, o, x []T, stepE int) {
	if is32[T]() && foldRows32(count, n, as32(e), as32(o), as32(x), stepE) {
		return
	}
	for r := range count {
		row, even, odd := x[r*n:(r+1)*n], e[r*stepE:], o[min(r*stepE, len(o)):]
		even[0] = row[0]
		if n%2 == 0 {
			even[n/2] = row[n/2]
		}
		for j := 1; j <= (n-1)/2; j++ {
			even[j], odd[j-1] = row[j]+row[n-j], row[j]-row[n-j]
		}
	}
}

// unfoldRows is the adjoint of foldRows.
func unfoldRows[T Float](s Store, count, n int, e, o, x []T, stepE int) {
	if is32[T]() && unfoldRows32(s, count, n, as32(e), as32(o), as32(x), stepE) {
		return
	}
	for r := range count {
		row, even, odd := x[r*n:(r+1)*n], e[r*stepE:], o[min(r*stepE, len(o)):]
		if s == Set {
			clear(row)
		}
		row[0] += even[0]
		if n%2 == 0 {
			row[n/2] += even[n/2]
		}
		for j := 1; j <= (n-1)/2; j++ {
			row[j] += even[j] + odd[j-1]
			row[n-j] += even[j] - odd[j-1]
		}
	}
}
