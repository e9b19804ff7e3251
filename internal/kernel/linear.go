package kernel

import "unsafe"

// LinearForward applies one matrix to the channels of every point: pre = w·x + bias + add and dst = act(pre).
//
// x is [B, in, n] (channels first, n points), w [out, in], bias [out] or nil, add [B, out, n] or nil, dst and pre [B, out, n]; pre may be nil where nobody
// needs it, and may be dst when act is Identity. add may be dst or pre. A slice of another size panics with *eddy.ShapeError.
func LinearForward[T Float](dst, pre, x, w, bias, add []T, B, in, out, n int, act Activation) {
	const op = "LinearForward"
	mustLen(op, "dst", dst, B, out, n)
	mustLenOrNil(op, "pre", pre, B, out, n)
	mustLen(op, "x", x, B, in, n)
	mustLen(op, "w", w, out, in)
	mustLenOrNil(op, "bias", bias, out)
	mustLenOrNil(op, "add", add, B, out, n)
	if pre == nil {
		pre = dst
	}
	linearForward(false, dst, pre, x, w, bias, add, B, in, out, n, act)
}

// linearForward is LinearForward without checks, with pre; serial keeps it on the calling goroutine.
func linearForward[T Float](serial bool, dst, pre, x, w, bias, add []T, B, in, out, n int, act Activation) {
	if n == 1 { // samples are the rows of one product
		s := Set
		if add != nil {
			if !sameStart(add, pre) {
				copy(pre, add)
			}
			s = Add
		}
		const rows = 16 // few enough for one way of computing them, so that a sample's result does not depend on the batch
		for b := 0; b < B; b += rows {
			m := min(rows, B-b)
			gemm(serial || m*in*out < inlineWork, NoTrans, Transposed, m, out, in, x[b*in:], in, w, in, s, pre[b*out:], out)
		}
		for b := range B {
			if bias != nil {
				addRow(pre[b*out:(b+1)*out], bias, 0)
			}
		}
		if act != Identity || !sameStart(dst, pre) {
			activate(dst, pre, act)
		}
		return
	}
	cols := tileColumns(out, n)
	tiles := (n + cols - 1) / cols
	split(serial, B*tiles, func(i int) {
		b, lo := i/tiles, i%tiles*cols
		linearTile(dst[b*out*n+lo:], pre[b*out*n+lo:], x[b*in*n+lo:], w, bias, offset(add, b*out*n+lo), in, out, n, min(cols, n-lo), act)
	})
}

// tileColumns is the number of points whose outputs stay in L2 between the product and the pass that adds and activates.
func tileColumns(out, n int) int {
	const floats = 1 << 15
	return min(n, max(64, floats/out/64*64))
}

func offset[T any](x []T, i int) []T {
	if x == nil {
		return nil
	}
	return x[i:]
}

// linearTile is LinearForward for cols points of one sample; rows of all arrays but w lie n apart.
func linearTile[T Float](dst, pre, x, w, bias, add []T, in, out, n, cols int, act Activation) {
	s := Set
	if sameStart(add, pre) {
		s, add = Add, nil
	}
	gemm(true, NoTrans, NoTrans, out, cols, in, w, in, x, n, s, pre, n)
	if add != nil {
		for o := range out {
			addRow(pre[o*n:o*n+cols], add[o*n:o*n+cols], 0)
		}
	}
	shiftActivate(dst, pre, bias, out, cols, n, act)
}

// shiftActivate computes pre += shift and dst = act(pre) for rows of cols elements that lie n apart, with a shift for each row or none; dst may be pre.
func shiftActivate[T Float](dst, pre, shift []T, rows, cols, n int, act Activation) {
	if is32[T]() && activate32(rows, cols, as32(dst), as32(pre), as32(pre), n, as32(shift), act) {
		return
	}
	for r := range rows {
		row := pre[r*n : r*n+cols]
		if shift != nil {
			shiftRow(row, shift[r])
		}
		if act != Identity || !sameStart(dst, pre) {
			activate(dst[r*n:r*n+cols], row, act)
		}
	}
}

// addRow adds y and a constant to x.
func addRow[T Float](x, y []T, shift T) {
	if is32[T]() && addRow32(as32(x), as32(y), float32(shift)) {
		return
	}
	y = y[:len(x)]
	for i := range x {
		x[i] += y[i] + shift
	}
}

// shiftRow adds a constant to x.
func shiftRow[T Float](x []T, shift T) {
	if is32[T]() && shiftRow32(as32(x), float32(shift)) {
		return
	}
	for i := range x {
		x[i] += shift
	}
}

// LinearBackwardInput computes dx (=, +=) wᵀ·dz with dz [B, out, n] the gradient of pre, w [out, in] and dx [B, in, n].
func LinearBackwardInput[T Float](dx, dz, w []T, B, in, out, n int, s Store) {
	const op = "LinearBackwardInput"
	mustLen(op, "dx", dx, B, in, n)
	mustLen(op, "dz", dz, B, out, n)
	mustLen(op, "w", w, out, in)
	linearBackwardInput(false, dx, dz, w, B, in, out, n, s)
}

func linearBackwardInput[T Float](serial bool, dx, dz, w []T, B, in, out, n int, s Store) {
	if n == 1 {
		gemm(serial || B*in*out < inlineWork, NoTrans, NoTrans, B, in, out, dz, out, w, in, s, dx, in)
		return
	}
	cols := tileColumns(in, n)
	tiles := (n + cols - 1) / cols
	split(serial, B*tiles, func(i int) {
		b, lo := i/tiles, i%tiles*cols
		gemm(true, Transposed, NoTrans, in, min(cols, n-lo), out, w, in, dz[b*out*n+lo:], n, s, dx[b*in*n+lo:], n)
	})
}

// LinearBackwardWeight computes dw (=, +=) Σ dz·xᵀ and dbias (=, +=) Σ dz over samples and points, with dz [B, out, n], x [B, in, n], dw [out, in] and
// dbias [out] or nil. Samples are summed in order.
func LinearBackwardWeight[T Float](dw, dbias, dz, x []T, B, in, out, n int, s Store) {
	const op = "LinearBackwardWeight"
	mustLen(op, "dw", dw, out, in)
	mustLenOrNil(op, "dbias", dbias, out)
	mustLen(op, "dz", dz, B, out, n)
	mustLen(op, "x", x, B, in, n)
	linearBackwardWeight(false, dw, dbias, dz, x, B, in, out, n, s)
}

func linearBackwardWeight[T Float](serial bool, dw, dbias, dz, x []T, B, in, out, n int, s Store) {
	if s == Set {
		clear(dw)
		clear(dbias)
	}
	if n == 1 {
		gemm(serial || B*in*out < inlineWork, Transposed, NoTrans, out, in, B, dz, out, x, in, Add, dw, in)
		for b := range B {
			if dbias != nil {
				addRow(dbias, dz[b*out:(b+1)*out], 0)
			}
		}
		return
	}
	for b := range B {
		gemm(serial, NoTrans, Transposed, out, in, n, dz[b*out*n:], n, x[b*in*n:], n, Add, dw, in)
	}
	if dbias != nil {
		split(serial, out, func(o int) {
			for b := range B {
				dbias[o] += sumRow(dz[(b*out+o)*n : (b*out+o+1)*n])
			}
		})
	}
}

// sumRow adds up x in eight interleaved partial sums, which lowers the rounding error of a running sum and lets the additions overlap.
func sumRow[T Float](x []T) T {
	var part [8]T
	if whole := len(x) / 32 * 32; is32[T]() && sum32(as32(x[:whole]), (*[8]float32)(unsafe.Pointer(&part))) {
		x = x[whole:]
	}
	for len(x) >= 8 {
		for l := range part {
			part[l] += x[l]
		}
		x = x[8:]
	}
	for l, v := range x {
		part[l] += v
	}
	return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7]))
}
