package kernel

import (
	"slices"

	"github.com/eddy-pde/eddy/internal/par"
)

// This file computes convolutions with three taps a dimension by Winograd's minimal filtering F(2, 3) (Lavin & Gray 2016): tiles of 4 (4×4) inputs, transformed
// by sums and differences, times transformed weights give 2 (2×2) outputs with 4 instead of 6 (16 instead of 36) multiplications. For every position in a tile
// the products over channels are a matrix product. Transforms work on even and odd columns apart, so that neighbouring tiles are neighbouring elements.

// filter is one pass: a field [batch, in, h, w] to a field [batch, out, ho, wo].
type filter struct {
	batch, in, out int
	h, w, ho, wo   int
	ph, pw         int
	boundary       Boundary
	dims           int
}

// winograd says whether the plan's shape is one for F(2, 3): with few channels the transforms would cost more than the products.
func (c *Conv[T]) winograd() bool {
	const few = 8
	d := len(c.cfg.Size)
	return level != Go && c.cfg.In >= few && c.cfg.Out >= few && c.kw == 3 && c.sw*c.dw == 1 && (d == 1 || c.kh == 3 && c.sh*c.dh == 1)
}

// winogradReturns says whether the gradient of the input is such a convolution too: of a periodic field only if the field keeps its size.
func (c *Conv[T]) winogradReturns() bool {
	if c.cfg.Boundary == PeriodicBoundary {
		return c.pw == 1 && (len(c.cfg.Size) == 1 || c.ph == 1)
	}
	return c.pw <= 2 && c.ph <= 2
}

func (c *Conv[T]) winogradForward() filter {
	return filter{c.cfg.Batch, c.cfg.In, c.cfg.Out, c.h, c.w, c.ho, c.wo, c.ph, c.pw, c.cfg.Boundary, len(c.cfg.Size)}
}

// winogradBackward is the pass from dy to dx: reversed taps, and padded so that every output meets every tap.
func (c *Conv[T]) winogradBackward() filter {
	f := filter{c.cfg.Batch, c.cfg.Out, c.cfg.In, c.ho, c.wo, c.h, c.w, 0, 2 - c.pw, c.cfg.Boundary, len(c.cfg.Size)}
	if f.dims == 2 {
		f.ph = 2 - c.ph
	}
	return f
}

// The weight transform G⊗G (or G) with rows by position and columns by tap, in order and reversed.
var tapsInOrder, tapsReversed = weightTransforms()

type weightTransform [3][]float32 // by dims

func weightTransforms() (inOrder, reversed weightTransform) {
	g := [4][3]float32{{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}}
	for p := range 4 {
		inOrder[1] = append(inOrder[1], g[p][:]...)
		for q := range 4 {
			for i := range 3 {
				for j := range 3 {
					inOrder[2] = append(inOrder[2], g[p][i]*g[q][j])
				}
			}
		}
	}
	for d, taps := range []int{0, 3, 9} {
		reversed[d] = slices.Clone(inOrder[d])
		for i := 0; i < len(reversed[d]); i += max(taps, 1) {
			slices.Reverse(reversed[d][i : i+taps])
		}
	}
	return inOrder, reversed
}

// positions in a tile, and taps.
func (f filter) positions() int { return [3]int{1: 4, 2: 16}[f.dims] }
func (f filter) taps() int      { return [3]int{1: 3, 2: 9}[f.dims] }

// weights transforms w [n, taps] to [position, n].
func (f filter) weights(w []float32, n int, by weightTransform) *[]float32 {
	u := borrow[float32](f.positions() * n)
	gemm(false, NoTrans, Transposed, f.positions(), n, f.taps(), by[f.dims], f.taps(), w, f.taps(), Set, *u, n)
	return u
}

// block is a rectangle of tiles of one sample.
type block struct{ b, row, rows, col, cols int }

// blocks cuts the tiles so that what belongs to a block, before and after the products, stays in L2. The cut does not depend on the number of threads.
func (f filter) blocks() []block {
	const floats = 1 << 17
	tiles := max(32, floats/(f.positions()*(f.in+f.out)))
	down, across := (f.ho+1)/2, (f.wo+1)/2
	if f.dims == 1 {
		down = 1
	}
	pieces := (across + tiles - 1) / tiles
	rows := max(1, tiles/across)
	var list []block
	for b := range f.batch {
		for r := 0; r < down; r += rows {
			for i := range pieces {
				lo, hi := across*i/pieces, across*(i+1)/pieces
				list = append(list, block{b, r, min(rows, down-r), lo, hi - lo})
			}
		}
	}
	return list
}

// winogradScratch is what one block needs.
type winogradScratch struct {
	all               *[]float32
	line, below       []float32 // rows of a field, continued beyond its edges
	even, odd         []float32 // their columns apart, rows a step apart
	step              int
	v, m              []float32 // [position][channel][tile], positions a plane apart
	planeIn, planeOut int
}

func (f filter) scratch(k block) winogradScratch {
	const over = 2 * 16 // transforms write whole vectors
	n, lines := k.rows*k.cols, 2*k.rows+2
	s := winogradScratch{step: k.cols + 1 + over, planeIn: f.in*n + over, planeOut: f.out*n + over}
	line := 2*(k.cols+1) + 2*over
	s.all = borrow[float32](2*line + 2*lines*s.step + f.positions()*(s.planeIn+s.planeOut))
	rest := *s.all
	take := func(n int) []float32 {
		part := rest[:n:n]
		rest = rest[n:]
		return part
	}
	s.line, s.below = take(line), take(line)
	s.even, s.odd = take(lines*s.step), take(lines*s.step)
	s.v, s.m = take(f.positions()*s.planeIn), take(f.positions()*s.planeOut)
	return s
}

// run computes y (=, +=) the filter of x with transformed weights u, plus bias (or nil).
func (f filter) run(y, x, u []float32, tu Trans, bias []float32, store Store) {
	blocks := f.blocks()
	par.For(len(blocks), func(i int) {
		k := blocks[i]
		s := f.scratch(k)
		f.transformInput(s, k, x)
		n := k.rows * k.cols
		lda := f.in
		if tu == Transposed {
			lda = f.out
		}
		for p := range f.positions() {
			gemm(true, tu, NoTrans, f.out, n, f.in, u[p*f.in*f.out:], lda, s.v[p*s.planeIn:], n, Set, s.m[p*s.planeOut:], n)
		}
		f.transformOutput(s, k, y, bias, store)
		giveBack(s.all)
	})
}

// transformInput fills s.v from the inputs of a block.
func (f filter) transformInput(s winogradScratch, k block, x []float32) {
	n := k.rows * k.cols
	lines := 2*k.rows + 2
	if f.dims == 1 {
		lines = 1
	}
	for c := range f.in {
		field := x[(k.b*f.in+c)*f.h*f.w:][:f.h*f.w]
		for r := range lines {
			e, o := s.even[r*s.step:], s.odd[r*s.step:]
			row, ok := f.boundary.source(2*k.row+r-f.ph, f.h)
			if !ok {
				clear(e[:k.cols+1])
				clear(o[:k.cols+1])
				continue
			}
			readRow(s.line[:2*(k.cols+1)], field[row*f.w:(row+1)*f.w], 2*k.col-f.pw, 1, f.boundary)
			deinterleave(k.cols+1, e, o, s.line)
		}
		for r := range k.rows {
			winogradInput(f.dims, k.cols, s.v[c*n+r*k.cols:], s.planeIn, s.even[2*r*s.step:], s.odd[2*r*s.step:], s.step)
		}
	}
}

// transformOutput writes the outputs of a block from s.m.
func (f filter) transformOutput(s winogradScratch, k block, y, bias []float32, store Store) {
	n := k.rows * k.cols
	lo := 2 * k.col
	hi := min(lo+2*k.cols, f.wo)
	for o := range f.out {
		field := y[(k.b*f.out+o)*f.ho*f.wo:][:f.ho*f.wo]
		shift := shiftOf(bias, f.out, k.b, o)
		for r := range k.rows {
			winogradOutput(f.dims, k.cols, s.line, s.below, s.m[o*n+r*k.cols:], s.planeOut, shift)
			top := f.dims * (k.row + r) // row 2r, or the only one
			if f.dims == 1 {
				top = 0
			}
			storeRow(field[top*f.wo+lo:top*f.wo+hi], s.line, store)
			if f.dims == 2 && top+1 < f.ho {
				storeRow(field[(top+1)*f.wo+lo:(top+1)*f.wo+hi], s.below, store)
			}
		}
	}
}

// backwardWeight computes dw (=, +=) from dy and x: the products of transformed gradients and inputs, transformed back at the end. Fixed groups of blocks are summed
// on their own and then in order.
func (f filter) backwardWeight(dw, dy, x []float32, store Store) {
	const most = 8 // groups
	blocks := f.blocks()
	groups, size := min(most, len(blocks)), f.positions()*f.in*f.out
	sums := borrow[float32](groups * size)
	par.For(groups, func(g int) {
		sum, how := (*sums)[g*size:(g+1)*size], Set
		for _, k := range blocks[len(blocks)*g/groups : len(blocks)*(g+1)/groups] {
			s := f.scratch(k)
			f.transformInput(s, k, x)
			f.transformGradient(s, k, dy)
			n := k.rows * k.cols
			for p := range f.positions() {
				gemm(true, NoTrans, Transposed, f.out, f.in, n, s.m[p*s.planeOut:], n, s.v[p*s.planeIn:], n, how, sum[p*f.in*f.out:], f.in)
			}
			giveBack(s.all)
			how = Add
		}
	})
	for g := 1; g < groups; g++ {
		addRow((*sums)[:size], (*sums)[g*size:(g+1)*size], 0)
	}
	gemm(false, Transposed, NoTrans, f.out*f.in, f.taps(), f.positions(), *sums, f.out*f.in, tapsInOrder[f.dims], f.taps(), store, dw, f.taps())
	giveBack(sums)
}

// transformGradient fills s.m from the gradients of a block's outputs, zero beyond the edge.
func (f filter) transformGradient(s winogradScratch, k block, dy []float32) {
	n := k.rows * k.cols
	for o := range f.out {
		field := dy[(k.b*f.out+o)*f.ho*f.wo:][:f.ho*f.wo]
		for r := range k.rows {
			for i := range f.dims {
				e, odd, row := s.even[i*s.step:], s.odd[i*s.step:], f.dims*(k.row+r)+i
				if row >= f.ho {
					clear(e[:k.cols])
					clear(odd[:k.cols])
					continue
				}
				readRow(s.line[:2*k.cols], field[row*f.wo:(row+1)*f.wo], 2*k.col, 1, ZeroBoundary)
				deinterleave(k.cols, e, odd, s.line)
			}
			winogradGradient(f.dims, k.cols, s.m[o*n+r*k.cols:], s.planeOut, s.even, s.odd, s.step)
		}
	}
}
