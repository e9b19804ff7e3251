package kernel

import (
	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// Trans says whether an operand is transposed.
type Trans uint8

// NoTrans takes a stored matrix as it is, Transposed its transpose.
const (
	NoTrans Trans = iota
	Transposed
)

// Store says what happens to the destination: Set overwrites, Add accumulates.
type Store uint8

// Set overwrites the destination, Add adds to it.
const (
	Set Store = iota
	Add
)

// Gemm computes c = op(a)·op(b) or c += op(a)·op(b) with op(a) m×k, op(b) k×n and c m×n, all row-major with row strides lda, ldb, ldc.
//
// NaN and infinity propagate as in the plain triple loop, except that a zero in a does not shield: 0·NaN is NaN. k = 0 gives zero (or leaves c, for Add).
// A slice or stride too small for its matrix panics with *eddy.ShapeError.
func Gemm[T Float](ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	if m == 0 || n == 0 {
		return
	}
	checkMatrix("a", ta, m, k, len(a), lda)
	checkMatrix("b", tb, k, n, len(b), ldb)
	checkMatrix("c", NoTrans, m, n, len(c), ldc)
	gemm(m*n*k < inlineWork, ta, tb, m, n, k, a, lda, b, ldb, s, c, ldc)
}

// inlineWork is the number of multiplications below which starting goroutines costs more than it gains.
const inlineWork = 1 << 17

// checkMatrix makes the bounds explicit once, since assembly has no bounds checks.
func checkMatrix(name string, t Trans, rows, cols, length, ld int) {
	if t == Transposed {
		rows, cols = cols, rows
	}
	if rows > 0 && cols > 0 && (ld < cols || length < (rows-1)*ld+cols) {
		panic(&eddy.ShapeError{
			Op: "kernel.Gemm", What: name + " (elements, row stride)", Got: []int{length, ld}, Want: []int{(rows-1)*ld + cols, cols},
			Hint: "at least as many of both are needed",
		})
	}
}

// gemm is Gemm without checks; serial keeps it on the calling goroutine, for callers that are themselves one of many workers, and allocates nothing.
func gemm[T Float](serial bool, ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	p := product[T]{ta, tb, m, n, k, a, lda, b, ldb, s, c, ldc}
	t := tilesOf[T]()
	switch {
	case t == nil || m*n*k < 64 || k == 0:
		if serial {
			p.generic()
			return
		}
		p.shareGeneric()
	case ta == NoTrans && tb == Transposed && t.preferDots(m, n, k):
		t.dotProducts(serial, p)
	case n <= 8*t.vector && m > 16*t.vector:
		t.byRows(serial, p)
	default:
		t.byColumns(serial, p)
	}
}

func (p product[T]) shareGeneric() {
	block := 1 + 4096/max(p.n*p.k, 1)
	par.For((p.m+block-1)/block, func(i int) { p.rows(i*block, min((i+1)*block, p.m)).generic() })
}

// product is the arguments of a matrix product.
type product[T Float] struct {
	ta, tb  Trans
	m, n, k int
	a       []T
	lda     int
	b       []T
	ldb     int
	s       Store
	c       []T
	ldc     int
}

// rows is the part of the product that fills rows lo … hi−1 of c.
func (p product[T]) rows(lo, hi int) product[T] {
	p.m, p.a, p.c = hi-lo, rowsFrom(p.ta, p.a, p.lda, lo), p.c[lo*p.ldc:]
	return p
}

// columns is the part of the product that fills columns lo … hi−1 of c.
func (p product[T]) columns(lo, hi int) product[T] {
	p.n, p.b, p.c = hi-lo, rowsFrom(p.tb^Transposed, p.b, p.ldb, lo), p.c[lo:]
	return p
}

// terms is the part of every sum that runs from lo to hi−1; all but the first are added.
func (p product[T]) terms(lo, hi int) product[T] {
	if lo > 0 {
		p.s = Add
	}
	p.k, p.a, p.b = hi-lo, rowsFrom(p.ta^Transposed, p.a, p.lda, lo), rowsFrom(p.tb, p.b, p.ldb, lo)
	return p
}

// rowsFrom is the part of a stored matrix from row i of op(a) on.
func rowsFrom[T Float](ta Trans, a []T, lda, i int) []T {
	if ta == Transposed {
		return a[i:]
	}
	return a[i*lda:]
}

// split calls f(0) … f(n−1), on the calling goroutine or in parallel.
func split(serial bool, n int, f func(int)) {
	if serial || n == 1 {
		for i := range n {
			f(i)
		}
		return
	}
	par.For(n, f)
}
