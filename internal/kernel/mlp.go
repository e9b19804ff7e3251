package kernel

import "github.com/eddy-pde/eddy/internal/par"

// MLPWeights are the arrays of a two-layer pointwise network, or their gradients.
type MLPWeights[T Float] struct {
	W1 []T // [hidden, in]
	B1 []T // [hidden], or nil
	W2 []T // [out, hidden]
	B2 []T // [out], or nil
}

// MLPForward applies a two-layer network to the channels of every point: dst = W2·act(W1·x + B1) + B2, with x [B, in, n] and dst [B, out, n]. The hidden layer
// exists only tile by tile, in cache. A slice of another size panics with *eddy.ShapeError.
func MLPForward[T Float](dst, x []T, w MLPWeights[T], B, in, hidden, out, n int, act Activation) {
	const op = "MLPForward"
	mustLen(op, "dst", dst, B, out, n)
	mustLen(op, "x", x, B, in, n)
	w.mustFit(op, "w", in, hidden, out)
	cols := mlpColumns(hidden, n)
	tiles := (n + cols - 1) / cols
	par.For(B*tiles, func(i int) {
		b, lo := i/tiles, i%tiles*cols
		w.forwardTile(dst[b*out*n+lo:], x[b*in*n+lo:], in, hidden, out, n, min(cols, n-lo), act)
	})
}

// forwardTile is MLPForward for cols points, whose rows in y and x lie n apart.
func (w MLPWeights[T]) forwardTile(y, x []T, in, hidden, out, n, cols int, act Activation) {
	h := borrow[T](hidden * cols)
	if fusedMLP[T](out, act) {
		gemm(true, NoTrans, NoTrans, hidden, cols, in, w.W1, in, x, n, Set, *h, cols)
		for o := range out {
			row := y[o*n : o*n+cols]
			clear(row)
			if w.B2 != nil {
				shiftRow(row, w.B2[o])
			}
		}
		shift := orZeros(w.B1, hidden)
		hiddenForward32(out, cols, as32(y), n, as32(*h), cols, as32(*shift), as32(w.W2))
		giveBack(shift)
	} else {
		w.hidden(*h, *h, x, in, hidden, n, cols, act)
		gemm(true, NoTrans, NoTrans, out, cols, hidden, w.W2, hidden, *h, cols, Set, y, n)
		if w.B2 != nil {
			for o, shift := range w.B2 {
				shiftRow(y[o*n:o*n+cols], shift)
			}
		}
	}
	giveBack(h)
}

// mostFused is the largest number of output channels for which there are passes that take the hidden layer to the output, and back, without storing it.
const mostFused = 4

func fusedMLP[T Float](out int, act Activation) bool {
	return is32[T]() && level != Go && act == GELU && out <= mostFused
}

// orZeros is a borrowed copy of x, or n zeros where x is nil.
func orZeros[T Float](x []T, n int) *[]T {
	p := borrow[T](n)
	clear(*p)
	copy(*p, x)
	return p
}

// MLPBackward computes the gradients of MLPForward from dy [B, out, n]: dx [B, in, n] (or nil where nobody needs it) and dw, all overwritten. It computes the
// hidden layer again instead of keeping it, which costs less than reading it from memory. Fixed groups of tiles are summed on their own and then in order.
func MLPBackward[T Float](dx []T, dw MLPWeights[T], dy, x []T, w MLPWeights[T], B, in, hidden, out, n int, act Activation) {
	const op = "MLPBackward"
	mustLenOrNil(op, "dx", dx, B, in, n)
	dw.mustFit(op, "dw", in, hidden, out)
	mustLen(op, "dy", dy, B, out, n)
	mustLen(op, "x", x, B, in, n)
	w.mustFit(op, "w", in, hidden, out)
	const most = 32 // groups of tiles
	cols := mlpColumns(hidden, n)
	tiles := (n + cols - 1) / cols
	groups := min(most, B*tiles)
	size := hidden*(in+out+1) + out
	sums := borrow[T](groups * size)
	clear(*sums)
	par.For(groups, func(g int) {
		part := splitMLP((*sums)[g*size:(g+1)*size], in, hidden, out)
		lanes := newLaneSums[T](hidden, out, act)
		for i := B * tiles * g / groups; i < B*tiles*(g+1)/groups; i++ {
			b, lo := i/tiles, i%tiles*cols
			var d []T
			if dx != nil {
				d = dx[b*in*n+lo:]
			}
			w.backwardTile(d, part, lanes, dy[b*out*n+lo:], x[b*in*n+lo:], in, hidden, out, n, min(cols, n-lo), act)
		}
		lanes.addTo(part, hidden, out)
	})
	for g := range groups {
		part, s := splitMLP((*sums)[g*size:(g+1)*size], in, hidden, out), Add
		if g == 0 {
			s = Set
		}
		storeRow(dw.W1, part.W1, s)
		storeRow(dw.W2, part.W2, s)
		storeRow(dw.B1, part.B1, s)
		storeRow(dw.B2, part.B2, s)
	}
	giveBack(sums)
}

// laneSums are the gradients of B1 and W2 before the lanes of vectors are added up: [hidden][1 + out] vectors. nil where the passes that make them are not used.
type laneSums[T Float] struct{ v *[]T }

func newLaneSums[T Float](hidden, out int, act Activation) laneSums[T] {
	if !fusedMLP[T](out, act) {
		return laneSums[T]{}
	}
	v := borrow[T](hidden * (1 + out) * lanes32())
	clear(*v)
	return laneSums[T]{v}
}

// addTo adds the sums over lanes to dw and gives the memory back.
func (l laneSums[T]) addTo(dw MLPWeights[T], hidden, out int) {
	if l.v == nil {
		return
	}
	lanes := lanes32()
	for o := range hidden {
		row := (*l.v)[o*(1+out)*lanes:]
		dw.B1[o] += sumRow(row[:lanes])
		for q := range out {
			dw.W2[q*hidden+o] += sumRow(row[(1+q)*lanes:][:lanes])
		}
	}
	giveBack(l.v)
}

func (w MLPWeights[T]) mustFit(op, what string, in, hidden, out int) {
	mustLen(op, what+".W1", w.W1, hidden, in)
	mustLenOrNil(op, what+".B1", w.B1, hidden)
	mustLen(op, what+".W2", w.W2, out, hidden)
	mustLenOrNil(op, what+".B2", w.B2, out)
}

func splitMLP[T Float](x []T, in, hidden, out int) MLPWeights[T] {
	a, b, c := hidden*in, hidden*in+hidden, hidden*in+hidden+out*hidden
	return MLPWeights[T]{x[:a], x[a:b], x[b:c], x[c:]}
}

// mlpColumns is the number of points whose hidden layer, its gradient and its activation stay in L2 together.
func mlpColumns(hidden, n int) int {
	const floats = 1 << 14
	return min(n, max(64, floats/hidden/64*64))
}

// hidden computes pre = W1·x + B1 and h = act(pre) for cols points, whose rows in x lie n apart and in h and pre are adjacent.
func (w MLPWeights[T]) hidden(h, pre, x []T, in, hidden, n, cols int, act Activation) {
	gemm(true, NoTrans, NoTrans, hidden, cols, in, w.W1, in, x, n, Set, pre, cols)
	shiftActivate(h, pre, w.B1, hidden, cols, cols, act)
}

// backwardTile is MLPBackward for cols points; gradients of weights are added.
func (w MLPWeights[T]) backwardTile(dx []T, dw MLPWeights[T], lanes laneSums[T], dy, x []T, in, hidden, out, n, cols int, act Activation) {
	buffer := borrow[T](3 * hidden * cols)
	h, pre, dh := (*buffer)[:hidden*cols], (*buffer)[hidden*cols:2*hidden*cols], (*buffer)[2*hidden*cols:]
	if lanes.v != nil {
		gemm(true, NoTrans, NoTrans, hidden, cols, in, w.W1, in, x, n, Set, dh, cols)
		shift := orZeros(w.B1, hidden)
		hiddenBackward32(out, cols, as32(dh), cols, as32(dy), n, as32(*shift), as32(w.W2), as32(*lanes.v))
		giveBack(shift)
	} else {
		w.hidden(h, pre, x, in, hidden, n, cols, act)
		gemm(true, NoTrans, Transposed, out, hidden, cols, dy, n, h, cols, Add, dw.W2, hidden)
		gemm(true, Transposed, NoTrans, hidden, cols, out, w.W2, hidden, dy, n, Set, dh, cols)
		deactivate(dh, pre, dh, act)
		for o := range hidden {
			dw.B1[o] += sumRow(dh[o*cols : (o+1)*cols])
		}
	}
	for o := range out {
		dw.B2[o] += sumRow(dy[o*n : o*n+cols])
	}
	gemm(true, NoTrans, Transposed, hidden, in, cols, dh, cols, x, n, Add, dw.W1, in)
	if dx != nil {
		gemm(true, Transposed, NoTrans, in, cols, hidden, w.W1, in, dh, cols, Set, dx, n)
	}
	giveBack(buffer)
}
