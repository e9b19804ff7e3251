package kernel

import (
	"sync"
	"unsafe"

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

const (
	depth      = 256     // rows of b in one pass: a packed panel of 2 vectors × depth fills L1
	inlineWork = 1 << 17 // multiplications below which starting goroutines costs more than it gains
)

// Gemm computes c = op(a)·op(b) or c += op(a)·op(b) with op(a) m×k, op(b) k×n and c m×n, all row-major with row strides lda, ldb, ldc.
//
// NaN and infinity propagate as in the plain triple loop, except that a zero in a does not shield: 0·NaN is NaN. k = 0 gives zero (or leaves c, for Add).
func Gemm[T Float](ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	if m == 0 || n == 0 {
		return
	}
	checkMatrix("a", ta, m, k, len(a), lda)
	checkMatrix("b", tb, k, n, len(b), ldb)
	checkMatrix("c", NoTrans, m, n, len(c), ldc)
	serial := m*n*k < inlineWork
	gemm(serial, ta, tb, m, n, k, a, lda, b, ldb, s, c, ldc)
}

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

// gemm is Gemm without checks; serial keeps it on the calling goroutine, for callers that are themselves one of many workers.
func gemm[T Float](serial bool, ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	t := tilesOf[T]()
	switch {
	case t == nil || m*n*k < 64 || k == 0:
		rows := 1 + 4096/max(n*k, 1)
		split(serial, (m+rows-1)/rows, func(i int) {
			lo, hi := i*rows, min((i+1)*rows, m)
			gemmGeneric(ta, tb, hi-lo, n, k, rowsFrom(ta, a, lda, lo), lda, b, ldb, s, c[lo*ldc:], ldc)
		})
	case ta == NoTrans && tb == Transposed && k >= 4*t.vector && m*n <= 1<<16:
		t.dotProducts(serial, m, n, k, a, lda, b, ldb, s, c, ldc)
	default:
		t.products(serial, ta, tb, m, n, k, a, lda, b, ldb, s, c, ldc)
	}
}

func rowsFrom[T Float](ta Trans, a []T, lda, i int) []T {
	if ta == Transposed {
		return a[i:]
	}
	return a[i*lda:]
}

func split(serial bool, n int, f func(int)) {
	if serial {
		for i := range n {
			f(i)
		}
		return
	}
	par.For(n, f)
}

// tiles is one instruction set's kernels at one precision.
type tiles[T Float] struct {
	vector   int // elements of a vector; a tile has 2·vector columns
	rows     []int
	product  [13]func(k int, a *T, rs, cs int, b *T, ldb int, c *T, ldc, add int) // by number of rows
	dotRows  int
	dots     func(vectors int, a *T, lda int, b *T, ldb int, out *T)
	scratch  sync.Pool // of *[]T
	elemSize int
}

func (t *tiles[T]) buffer(n int) *[]T {
	p, _ := t.scratch.Get().(*[]T)
	if p == nil || cap(*p) < n {
		b := make([]T, n)
		p = &b
	}
	*p = (*p)[:n]
	return p
}

// products runs tiles of op(a) rows, addressed in place by strides, against panels of b packed two vectors wide. Work is cut into blocks of columns, or of
// rows where b is narrow, whose extent does not depend on the number of threads; the sum over k always runs in the same passes.
func (t *tiles[T]) products(serial bool, ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	panel := 2 * t.vector
	blockCols, blockRows := 4*panel, m
	if n <= 4*panel && m > 8*panel {
		blockCols, blockRows = (n+panel-1)/panel*panel, 192
	}
	nc, nr := (n+blockCols-1)/blockCols, (m+blockRows-1)/blockRows
	for p0 := 0; p0 < k; p0 += depth {
		kc := min(depth, k-p0)
		store := s
		if p0 > 0 {
			store = Add
		}
		ap, bp := rowsFrom(ta^Transposed, a, lda, p0), rowsFrom(tb, b, ldb, p0)
		if nr > 1 { // b is narrow: pack it once for all blocks of rows
			packed := t.buffer(kc * blockCols)
			t.pack(*packed, tb, kc, n, bp, ldb)
			split(serial, nr, func(i int) {
				lo, hi := i*blockRows, min((i+1)*blockRows, m)
				t.panels(ta, hi-lo, n, kc, rowsFrom(ta, ap, lda, lo), lda, *packed, store, c[lo*ldc:], ldc)
			})
			t.scratch.Put(packed)
			continue
		}
		split(serial, nc, func(j int) {
			lo, hi := j*blockCols, min((j+1)*blockCols, n)
			packed := t.buffer(kc * blockCols)
			t.pack(*packed, tb, kc, hi-lo, rowsFrom(tb^Transposed, bp, ldb, lo), ldb)
			t.panels(ta, m, hi-lo, kc, ap, lda, *packed, store, c[lo:], ldc)
			t.scratch.Put(packed)
		})
	}
}

// pack copies op(b) [k × n] into panels of two vectors of columns, [panel][k][2·vector], with zeros beyond n.
func (t *tiles[T]) pack(dst []T, tb Trans, k, n int, b []T, ldb int) {
	panel := 2 * t.vector
	for j := 0; j < n; j += panel {
		w := min(panel, n-j)
		for p := range k {
			row := dst[p*panel : (p+1)*panel]
			if tb == NoTrans {
				copy(row, b[p*ldb+j:p*ldb+j+w])
			} else {
				for i := range w {
					row[i] = b[(j+i)*ldb+p]
				}
			}
			clear(row[w:])
		}
		dst = dst[k*panel:]
	}
}

// panels multiplies m rows of op(a) by packed panels that together hold n columns.
func (t *tiles[T]) panels(ta Trans, m, n, k int, a []T, lda int, packed []T, s Store, c []T, ldc int) {
	rs, cs := lda*t.elemSize, t.elemSize
	if ta == Transposed {
		rs, cs = cs, rs
	}
	panel := 2 * t.vector
	add := int(s)
	for i := 0; i < m; {
		r := t.rowsFor(m - i)
		ai := unsafe.SliceData(rowsFrom(ta, a, lda, i))
		for j := 0; j < n; j += panel {
			bj := &packed[j*k]
			if n-j >= panel {
				t.product[r](k, ai, rs, cs, bj, panel*t.elemSize, &c[i*ldc+j], ldc*t.elemSize, add)
				continue
			}
			edge := t.buffer(r * panel)
			t.product[r](k, ai, rs, cs, bj, panel*t.elemSize, &(*edge)[0], panel*t.elemSize, 0)
			for q := range r {
				storeRow(c[(i+q)*ldc+j:(i+q)*ldc+n], (*edge)[q*panel:], s)
			}
			t.scratch.Put(edge)
		}
		i += r
	}
}

func (t *tiles[T]) rowsFor(left int) int {
	for _, r := range t.rows {
		if r <= left {
			return r
		}
	}
	return 1
}

func storeRow[T Float](dst, src []T, s Store) {
	if s == Set {
		copy(dst, src)
		return
	}
	for i := range dst {
		dst[i] += src[i]
	}
}

// dotProducts computes a·bᵀ where both run along k in memory: every pair of rows is a dot product, taken in passes over k that keep the rows in L2.
func (t *tiles[T]) dotProducts(serial bool, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	const pass = 1024
	whole := k / t.vector * t.vector
	split(serial, (m+t.dotRows-1)/t.dotRows, func(block int) {
		i0 := block * t.dotRows
		rows := min(t.dotRows, m-i0)
		out := t.buffer(t.dotRows * 4 * t.vector)
		if s == Set {
			for i := range rows {
				clear(c[(i0+i)*ldc : (i0+i)*ldc+n])
			}
		}
		for p := 0; p < whole; p += pass {
			kc := min(pass, whole-p)
			for j := 0; j < n; j += 4 {
				t.dotTile(rows, min(4, n-j), kc, a[i0*lda+p:], lda, b[j*ldb+p:], ldb, *out, c[i0*ldc+j:], ldc)
			}
		}
		for i := i0; i < i0+rows && whole < k; i++ {
			for j := range n {
				for p := whole; p < k; p++ {
					c[i*ldc+j] += a[i*lda+p] * b[j*ldb+p]
				}
			}
		}
		t.scratch.Put(out)
	})
}

// dotTile adds a tile of rows×cols dot products over k elements. Rows or columns that are missing at an edge repeat the first one, by a stride of 0, one row
// or column at a time.
func (t *tiles[T]) dotTile(rows, cols, k int, a []T, lda int, b []T, ldb int, out, c []T, ldc int) {
	stepI, stepJ, strideA, strideB := t.dotRows, 4, lda*t.elemSize, ldb*t.elemSize
	if rows < t.dotRows {
		stepI, strideA = 1, 0
	}
	if cols < 4 {
		stepJ, strideB = 1, 0
	}
	for i := 0; i < rows; i += stepI {
		for j := 0; j < cols; j += stepJ {
			t.dots(k/t.vector, &a[i*lda], strideA, &b[j*ldb], strideB, &out[0])
			for di := range stepI {
				for dj := range stepJ {
					c[(i+di)*ldc+j+dj] += horizontal(out[(4*di+dj)*t.vector : (4*di+dj+1)*t.vector])
				}
			}
		}
	}
}

// horizontal adds up a vector by halves.
func horizontal[T Float](v []T) T {
	var part [4]T
	for i := 0; i < len(v); i += 4 {
		for l := range part {
			part[l] += v[i+l]
		}
	}
	return (part[0] + part[2]) + (part[1] + part[3])
}
