package kernel

// source is the index that a field of n points has at position i, which may lie beyond its edge, and whether there is one.
func (b Boundary) source(i, n int) (int, bool) {
	if i >= 0 && i < n {
		return i, true
	}
	if b == ZeroBoundary {
		return 0, false
	}
	if i %= n; i < 0 {
		i += n
	}
	return i, true
}

// readRow sets dst[j] to the value at position start + j·step of a row, continued beyond its edges.
func readRow[T Float](dst, row []T, start, step int, b Boundary) {
	n := len(row)
	j := 0
	edge := func(until int) {
		for ; j < until; j++ {
			dst[j] = 0
			if i, ok := b.source(start+j*step, n); ok {
				dst[j] = row[i]
			}
		}
	}
	inside, end := insideRange(start, step, n, len(dst))
	edge(inside)
	if step == 1 {
		copy(dst[inside:end], row[start+inside:])
	} else {
		for i := start + inside*step; j < end; j++ {
			dst[j] = row[i]
			i += step
		}
	}
	j = end
	edge(len(dst))
}

// addRowBack is the adjoint of readRow: it adds src[j] to the element of row that readRow would read.
func addRowBack[T Float](row, src []T, start, step int, b Boundary) {
	n := len(row)
	j := 0
	edge := func(until int) {
		for ; j < until; j++ {
			if i, ok := b.source(start+j*step, n); ok {
				row[i] += src[j]
			}
		}
	}
	inside, end := insideRange(start, step, n, len(src))
	edge(inside)
	if step == 1 {
		addRow(row[start+inside:start+end], src[inside:end], 0)
	} else {
		for i := start + inside*step; j < end; j++ {
			row[i] += src[j]
			i += step
		}
	}
	j = end
	edge(len(src))
}

// insideRange is the range of j, within 0 … count, where 0 ≤ start + j·step < n.
func insideRange(start, step, n, count int) (from, to int) {
	if start < 0 {
		from = (-start + step - 1) / step
	}
	if start < n {
		to = (n - start + step - 1) / step
	}
	from = min(from, count)
	return from, max(from, min(to, count))
}
