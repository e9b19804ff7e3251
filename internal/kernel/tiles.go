package kernel

import (
	"unsafe"

	"github.com/eddy-pde/eddy/internal/par"
)

// tiles is one instruction set's matrix kernels at one precision.
type tiles[T Float] struct {
	vector  int // elements of a vector; a panel of columns is two vectors
	step    int // tiles have 1, 2, … steps of columns, up to a panel
	rows    int // largest row count of a tile
	dotRows int // largest row count of a tile of dot products
	size    int // bytes of an element

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

// byColumns cuts a product into blocks of columns, whose extent does not depend on the number of threads; the sum over k always runs in the same passes.
func (t *tiles[T]) byColumns(serial bool, p product[T]) {
	block := 8 * t.vector
	blocks := (p.n + block - 1) / block
	for lo := 0; lo < p.k; lo += depth {
		pass := p.terms(lo, min(lo+depth, p.k))
		var copied *[]T
		if t.conflicting(pass, blocks) {
			copied = t.copyLeft(serial, &pass)
		}
		if !serial && blocks > 1 {
			t.shareColumns(pass, block, blocks)
		} else {
			for j := range blocks {
				t.columns(pass.columns(j*block, min((j+1)*block, p.n)))
			}
		}
		if copied != nil {
			giveBack(copied)
		}
	}
}

// conflicting says whether rows of a lie so far apart, by large powers of two, that those of a tile fall on the same places of L1, and there is enough work to
// repay a copy.
func (t *tiles[T]) conflicting(p product[T], blocks int) bool {
	stride := p.lda * t.size
	return p.m >= t.chunk() && p.k >= 64 && (blocks >= 4 && stride%1024 == 0 || blocks >= 2 && p.ta == Transposed && stride >= 1024)
}

// copyLeft replaces op(a) by a copy whose rows are an odd number of cache lines apart.
func (t *tiles[T]) copyLeft(serial bool, p *product[T]) *[]T {
	const line = 64
	ld := (p.k*t.size+line-1)/line | 1
	ld *= line / t.size
	to := borrow[T](p.m * ld)
	from := *p
	rows := t.chunk()
	split(serial, (p.m+rows-1)/rows, func(i int) {
		lo, hi := i*rows, min((i+1)*rows, from.m)
		part := from.rows(lo, hi)
		if from.ta == Transposed {
			t.transposed((*to)[lo*ld:], ld, part.a, from.lda, from.k, hi-lo)
			return
		}
		for r := range hi - lo {
			copy((*to)[(lo+r)*ld:][:from.k], part.a[r*from.lda:])
		}
	})
	p.ta, p.a, p.lda = NoTrans, *to, ld
	return to
}

// shareColumns is a function of its own, like the other share functions, because its closure moves the product to the heap.
func (t *tiles[T]) shareColumns(p product[T], block, blocks int) {
	par.For(blocks, func(j int) { t.columns(p.columns(j*block, min((j+1)*block, p.n))) })
}

// byRows packs a narrow b once and shares out rows.
func (t *tiles[T]) byRows(serial bool, p product[T]) {
	const block = 192
	panel := 2 * t.vector
	packed := borrow[T](min(p.k, depth) * (p.n + panel - 1) / panel * panel)
	for lo := 0; lo < p.k; lo += depth {
		pass := p.terms(lo, min(lo+depth, p.k))
		from, ld := *packed, panel
		if t.readable(pass) && p.n <= panel {
			from, ld = pass.b, p.ldb
		} else {
			t.packPanels(*packed, pass)
		}
		blocks := (p.m + block - 1) / block
		if !serial && blocks > 1 {
			t.shareRows(pass, block, blocks, from, ld)
			continue
		}
		for i := range blocks {
			t.panels(pass.rows(i*block, min((i+1)*block, p.m)), from, ld)
		}
	}
	giveBack(packed)
}

func (t *tiles[T]) shareRows(p product[T], block, blocks int, packed []T, ld int) {
	par.For(blocks, func(i int) { t.panels(p.rows(i*block, min((i+1)*block, p.m)), packed, ld) })
}

// readable says whether tiles may read b in place: whole steps of columns, in rows near enough to each other for the cache.
func (t *tiles[T]) readable(p product[T]) bool {
	return p.tb == NoTrans && p.n%t.step == 0 && (p.k <= 64 || p.ldb*t.size <= 512)
}

// columns computes a block of columns. Panels are packed if b is transposed, if many rows of tiles use them again, which pays for the copy, or at a ragged
// edge, where the assembly would read beyond a row.
func (t *tiles[T]) columns(p product[T]) {
	panel := 2 * t.vector
	if t.readable(p) && (p.m <= 3*t.rows || p.ldb*t.size <= 512) {
		for j := 0; j < p.n; j += panel {
			t.panel(p.columns(j, min(j+panel, p.n)), &p.b[j], p.ldb)
		}
		return
	}
	if p.m <= t.chunk() { // every panel is used once: it is multiplied while it is in L1
		packed := borrow[T](p.k * panel)
		for j := 0; j < p.n; j += panel {
			q := p.columns(j, min(j+panel, p.n))
			t.packPanels(*packed, q)
			t.panel(q, &(*packed)[0], panel)
		}
		giveBack(packed)
		return
	}
	packed := borrow[T](p.k * (p.n + panel - 1) / panel * panel)
	t.packPanels(*packed, p)
	t.panels(p, *packed, panel)
	giveBack(packed)
}

// chunk is how many rows of c stay in L2 from panel to panel.
func (t *tiles[T]) chunk() int { return 8 * t.rows }

// panels computes all columns from packed panels of b, or from b itself if it is one panel wide, in chunks of rows that stay in L2 from panel to panel.
func (t *tiles[T]) panels(p product[T], packed []T, ld int) {
	panel, chunk := 2*t.vector, t.chunk()
	for i := 0; i < p.m; i += chunk {
		rows := p.rows(i, min(i+chunk, p.m))
		for j := 0; j < p.n; j += panel {
			q := rows
			q.n, q.c = min(panel, p.n-j), rows.c[j:]
			t.panel(q, &packed[j*p.k], ld)
		}
	}
}

// packPanels copies op(b) [k × n] into panels of two vectors of columns, [panel][k][2·vector], with zeros beyond n.
func (t *tiles[T]) packPanels(dst []T, p product[T]) {
	panel := 2 * t.vector
	for j := 0; j < p.n; j += panel {
		w := min(panel, p.n-j)
		to := dst[j*p.k : (j+panel)*p.k]
		switch {
		case p.tb == Transposed:
			if w < panel {
				clear(to)
			}
			t.transposed(to, panel, p.b[j*p.ldb:], p.ldb, w, p.k)
		case w == panel:
			t.pack(p.k, &to[0], &p.b[j], p.ldb*t.size)
		default:
			for i := range p.k {
				row := to[i*panel : (i+1)*panel]
				copy(row, p.b[i*p.ldb+j:i*p.ldb+j+w])
				clear(row[w:])
			}
		}
	}
}

// transposed writes src [rows, cols] to dst [cols, rows].
func (t *tiles[T]) transposed(dst []T, ldd int, src []T, lds, rows, cols int) {
	side := 32 / t.size
	wholeRows, wholeCols := rows/side*side, cols/side*side
	if wholeCols > 0 {
		for i := 0; i < wholeRows; i += side {
			t.transpose(wholeCols/side, &dst[i], ldd*t.size, &src[i*lds], lds*t.size)
		}
	}
	if wholeCols < cols {
		transposeGeneric(dst[wholeCols*ldd:], ldd, src[wholeCols:], lds, wholeRows, cols-wholeCols)
	}
	if wholeRows < rows {
		transposeGeneric(dst[wholeRows:], ldd, src[wholeRows*lds:], lds, rows-wholeRows, cols)
	}
}

func transposeGeneric[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	for j := range cols {
		for i := range rows {
			dst[j*ldd+i] = src[i*lds+j]
		}
	}
}

// panel computes at most two vectors of columns from rows of b that lie ldb apart and can be read up to a whole step.
func (t *tiles[T]) panel(p product[T], b *T, ldb int) {
	rs, cs := p.lda*t.size, t.size
	if p.ta == Transposed {
		rs, cs = cs, rs
	}
	steps := (p.n + t.step - 1) / t.step
	tilesDown := (p.m + t.rows - 1) / t.rows
	for i := 0; i < p.m; { // the first tiles have one row more than the others
		rows := (p.m - i + tilesDown - 1) / tilesDown
		blocks := tilesDown
		if extra := (p.m - i) % tilesDown; extra > 0 {
			blocks = extra
		}
		ai := unsafe.SliceData(rowsFrom(p.ta, p.a, p.lda, i))
		if p.n == steps*t.step {
			t.product[rows][steps](blocks, p.k, ai, rs, cs, b, ldb*t.size, &p.c[i*p.ldc], p.ldc*t.size, int(p.s))
		} else {
			ld := steps * t.step
			edge := borrow[T](blocks * rows * ld)
			t.product[rows][steps](blocks, p.k, ai, rs, cs, b, ldb*t.size, &(*edge)[0], ld*t.size, 0)
			for q := range blocks * rows {
				storeRow(p.c[(i+q)*p.ldc:(i+q)*p.ldc+p.n], (*edge)[q*ld:], p.s)
			}
			giveBack(edge)
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

// preferDots says whether a·bᵀ is faster as dot products: they spare transposing b, which pays where few rows of a use it, but end with sums across vectors, which
// pays where k is large.
func (t *tiles[T]) preferDots(m, n, k int) bool {
	return m*n <= 1<<16 && (k >= 20*t.vector || m <= 16 && k >= 4*t.vector)
}

// dotProducts computes a·bᵀ where both run along k in memory: every pair of rows is a dot product, taken in passes over k that keep the rows in L2.
func (t *tiles[T]) dotProducts(serial bool, p product[T]) {
	tilesDown := (p.m + t.dotRows - 1) / t.dotRows
	if !serial && tilesDown > 1 {
		t.shareDots(p, tilesDown)
		return
	}
	for i := range tilesDown {
		t.dotRow(p.rows(p.m*i/tilesDown, p.m*(i+1)/tilesDown))
	}
}

func (t *tiles[T]) shareDots(p product[T], tilesDown int) {
	par.For(tilesDown, func(i int) { t.dotRow(p.rows(p.m*i/tilesDown, p.m*(i+1)/tilesDown)) })
}

// dotRow computes one row of tiles.
func (t *tiles[T]) dotRow(p product[T]) {
	const pass = 1024
	whole, store := p.k/t.vector*t.vector, int(p.s)
	for lo := 0; lo < whole; lo += pass {
		vectors := min(pass, whole-lo) / t.vector
		for j := 0; j < p.n; {
			cols := 4
			if p.n-j < 4 {
				cols = 1
			}
			t.dots[p.m][cols](vectors, &p.a[lo], p.lda*t.size, &p.b[j*p.ldb+lo], p.ldb*t.size, &p.c[j], p.ldc*t.size, store)
			j += cols
		}
		store = 1
	}
	for i := 0; i < p.m && whole < p.k; i++ {
		for j := range p.n {
			for l := whole; l < p.k; l++ {
				p.c[i*p.ldc+j] += p.a[i*p.lda+l] * p.b[j*p.ldb+l]
			}
		}
	}
}
