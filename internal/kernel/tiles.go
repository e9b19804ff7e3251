package kernel

import (
	"sync"
	"unsafe"
)

// tiles is one instruction set's matrix kernels at one precision.
type tiles[T Float] struct {
	vector  int // elements of a vector; a panel of columns is two vectors
	step    int // tiles have 1, 2, … steps of columns, up to a panel
	rows    int // largest row count of a tile
	dotRows int // largest row count of a tile of dot products
	size    int // bytes of an element
	scratch sync.Pool

	product   [13][5]productFunc[T] // by rows and steps
	dots      [7][5]dotsFunc[T]     // by rows and columns, which are 1 or 4
	pack      func(k int, dst, b *T, ldb int)
	transpose func(count int, dst *T, ldd int, src *T, lds int) // count tiles of side 32 bytes
}

// Strides of the assembly are in bytes; add is 0 or 1. See asm/product.go.
type (
	productFunc[T Float] func(blocks, k int, a *T, rs, cs int, b *T, ldb int, c *T, ldc, add int)
	dotsFunc[T Float]    func(vectors int, a *T, lda int, b *T, ldb int, c *T, ldc, add int)
)

// depth is how many rows of b one pass over k takes: a panel of them fills half of L1 at most, in single precision.
const depth = 256

func (t *tiles[T]) buffer(n int) *[]T {
	p, _ := t.scratch.Get().(*[]T)
	if p == nil || cap(*p) < n {
		b := make([]T, n)
		p = &b
	}
	*p = (*p)[:n]
	return p
}

// products runs tiles of op(a) rows, addressed in place by strides, against panels of b. Work is cut into blocks of columns, or of rows where b is narrow,
// whose extent does not depend on the number of threads; the sum over k always runs in the same passes.
func (t *tiles[T]) products(serial bool, ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	panel := 2 * t.vector
	if n <= 4*panel && m > 8*panel {
		t.byRows(serial, ta, tb, m, n, k, a, lda, b, ldb, s, c, ldc)
		return
	}
	block := 4 * panel
	blocks := (n + block - 1) / block
	for p0 := 0; p0 < k; p0 += depth {
		kc := min(depth, k-p0)
		if p0 > 0 {
			s = Add
		}
		ap, bp := rowsFrom(ta^Transposed, a, lda, p0), rowsFrom(tb, b, ldb, p0)
		split(serial, blocks, func(j int) {
			lo, hi := j*block, min((j+1)*block, n)
			t.columns(ta, tb, m, hi-lo, kc, ap, lda, rowsFrom(tb^Transposed, bp, ldb, lo), ldb, s, c[lo:], ldc)
		})
	}
}

// byRows packs a narrow b once and shares out rows.
func (t *tiles[T]) byRows(serial bool, ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	const block = 192
	panel := 2 * t.vector
	packed := t.buffer(min(k, depth) * (n + panel - 1) / panel * panel)
	for p0 := 0; p0 < k; p0 += depth {
		kc := min(depth, k-p0)
		if p0 > 0 {
			s = Add
		}
		ap := rowsFrom(ta^Transposed, a, lda, p0)
		t.packPanels(*packed, tb, kc, n, rowsFrom(tb, b, ldb, p0), ldb)
		split(serial, (m+block-1)/block, func(i int) {
			lo, hi := i*block, min((i+1)*block, m)
			for j := 0; j < n; j += panel {
				t.panel(ta, hi-lo, min(panel, n-j), kc, rowsFrom(ta, ap, lda, lo), lda, &(*packed)[j*kc], panel, s, c[lo*ldc+j:], ldc)
			}
		})
	}
	t.scratch.Put(packed)
}

// columns multiplies by a block of columns of b. Panels are packed if b is transposed, if rows of tiles reuse them often enough to pay for the copy, or at a
// ragged edge, where the assembly would read beyond a row.
func (t *tiles[T]) columns(ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	panel := 2 * t.vector
	packed := t.buffer(k * (n + panel - 1) / panel * panel)
	direct := tb == NoTrans && m <= 3*t.rows && (k <= 64 || ldb*t.size <= 512) && n%t.step == 0
	if !direct {
		t.packPanels(*packed, tb, k, n, b, ldb)
	}
	for j := 0; j < n; j += panel {
		from, ld := &(*packed)[j*k], panel
		if direct {
			from, ld = &b[j], ldb
		}
		t.panel(ta, m, min(panel, n-j), k, a, lda, from, ld, s, c[j:], ldc)
	}
	t.scratch.Put(packed)
}

// packPanels copies op(b) [k × n] into panels of two vectors of columns, [panel][k][2·vector], with zeros beyond n.
func (t *tiles[T]) packPanels(dst []T, tb Trans, k, n int, b []T, ldb int) {
	panel := 2 * t.vector
	for j := 0; j < n; j += panel {
		w := min(panel, n-j)
		to := dst[j*k : (j+panel)*k]
		switch {
		case tb == Transposed:
			if w < panel {
				clear(to)
			}
			t.transposed(to, panel, b[j*ldb:], ldb, w, k)
		case w == panel:
			t.pack(k, &to[0], &b[j], ldb*t.size)
		default:
			for p := range k {
				row := to[p*panel : (p+1)*panel]
				copy(row, b[p*ldb+j:p*ldb+j+w])
				clear(row[w:])
			}
		}
	}
}

// transposed writes src [rows, cols] to dst [cols, rows].
func (t *tiles[T]) transposed(dst []T, ldd int, src []T, lds int, rows, cols int) {
	side := 32 / t.size
	wholeRows, wholeCols := rows/side*side, cols/side*side
	if wholeCols > 0 {
		for i := 0; i < wholeRows; i += side {
			t.transpose(wholeCols/side, &dst[i], ldd*t.size, &src[i*lds], lds*t.size)
		}
	}
	transposeGeneric(dst[wholeCols*ldd:], ldd, src[wholeCols:], lds, wholeRows, cols-wholeCols)
	if wholeRows < rows {
		transposeGeneric(dst[wholeRows:], ldd, src[wholeRows*lds:], lds, rows-wholeRows, cols)
	}
}

func transposeGeneric[T Float](dst []T, ldd int, src []T, lds int, rows, cols int) {
	for j := range cols {
		for i := range rows {
			dst[j*ldd+i] = src[i*lds+j]
		}
	}
}

// panel multiplies m rows of op(a) by one panel of b with n ≤ 2 vectors of columns, rows of which lie ldb apart and can be read up to a whole step.
func (t *tiles[T]) panel(ta Trans, m, n, k int, a []T, lda int, b *T, ldb int, s Store, c []T, ldc int) {
	rs, cs := lda*t.size, t.size
	if ta == Transposed {
		rs, cs = cs, rs
	}
	steps := (n + t.step - 1) / t.step
	tilesDown := (m + t.rows - 1) / t.rows
	for i := 0; i < m; { // the first tiles have one row more than the others
		rows := (m - i + tilesDown - 1) / tilesDown
		blocks := 1
		for m-i-blocks*rows > 0 && (m-i-blocks*rows+tilesDown-blocks-1)/(tilesDown-blocks) == rows {
			blocks++
		}
		ai := unsafe.SliceData(rowsFrom(ta, a, lda, i))
		if n == steps*t.step {
			t.product[rows][steps](blocks, k, ai, rs, cs, b, ldb*t.size, &c[i*ldc], ldc*t.size, int(s))
		} else {
			ld := steps * t.step
			edge := t.buffer(blocks * rows * ld)
			t.product[rows][steps](blocks, k, ai, rs, cs, b, ldb*t.size, &(*edge)[0], ld*t.size, 0)
			for q := range blocks * rows {
				storeRow(c[(i+q)*ldc:(i+q)*ldc+n], (*edge)[q*ld:], s)
			}
			t.scratch.Put(edge)
		}
		i += blocks * rows
		tilesDown -= blocks
	}
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
	tilesDown := (m + t.dotRows - 1) / t.dotRows
	split(serial, tilesDown, func(block int) {
		lo, hi := m*block/tilesDown, m*(block+1)/tilesDown
		rows, store := hi-lo, int(s)
		for p := 0; p < whole; p += pass {
			vectors := min(pass, whole-p) / t.vector
			for j := 0; j < n; {
				cols := 4
				if n-j < 4 {
					cols = 1
				}
				t.dots[rows][cols](vectors, &a[lo*lda+p], lda*t.size, &b[j*ldb+p], ldb*t.size, &c[lo*ldc+j], ldc*t.size, store)
				j += cols
			}
			store = 1
		}
		for i := lo; i < hi && whole < k; i++ {
			for j := range n {
				for p := whole; p < k; p++ {
					c[i*ldc+j] += a[i*lda+p] * b[j*ldb+p]
				}
			}
		}
	})
}
