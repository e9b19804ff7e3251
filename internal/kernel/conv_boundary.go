package kernel

// source is the index that a field of n points has at position i, which may lie beyond its edge, and whether there is one.
func (b Boundary) source(i, n int) (int, bool) {
	if i >= 0 && i < n {
		return i, true
	}
	if b == ZeroBoundary {
		return 0, false
	}
	return wrapped(i, n), true
}

// wrapped is i modulo n, without a division for a position within one period of the field.
func wrapped(i, n int) int {
	switch {
	case i < 0 && i >= -n:
		return i + n
	case i >= n && i < 2*n:
		return i - n
	}
	if i %= n; i < 0 {
		i += n
	}
	return i
}

// readRow sets dst[j] to the value at position start + j·step of a row, continued beyond its edges.
func readRow[T Float](dst, row []T, start, step int, b Boundary) {
	inside, end := insideRange(start, step, len(row), len(dst))
	if inside > 0 {
		readEdge(dst[:inside], row, start, step, b)
	}
	if step == 1 && inside < end {
		copy(dst[inside:end], row[start+inside:])
	} else {
		for i, j := start+inside*step, inside; j < end; j++ {
			dst[j] = row[i]
			i += step
		}
	}
	if end < len(dst) {
		readEdge(dst[end:], row, start+end*step, step, b)
	}
}

// readEdge is readRow beyond an edge.
func readEdge[T Float](dst, row []T, start, step int, b Boundary) {
	if b == ZeroBoundary {
		clear(dst)
		return
	}
	for j := range dst {
		dst[j] = row[wrapped(start+j*step, len(row))]
	}
}

// addRowBack is the adjoint of readRow: it adds src[j] to the element of row that readRow would read.
func addRowBack[T Float](row, src []T, start, step int, b Boundary) {
	inside, end := insideRange(start, step, len(row), len(src))
	if inside > 0 {
		addEdgeBack(row, src[:inside], start, step, b)
	}
	if step == 1 && inside < end {
		addRow(row[start+inside:start+end], src[inside:end], 0)
	} else {
		for i, j := start+inside*step, inside; j < end; j++ {
			row[i] += src[j]
			i += step
		}
	}
	if end < len(src) {
		addEdgeBack(row, src[end:], start+end*step, step, b)
	}
}

// addEdgeBack is addRowBack beyond an edge.
func addEdgeBack[T Float](row, src []T, start, step int, b Boundary) {
	if b == ZeroBoundary {
		return
	}
	for j, v := range src {
		row[wrapped(start+j*step, len(row))] += v
	}
}

// insideRange is the range of j, within 0 … count, where 0 ≤ start + j·step < n.
func insideRange(start, step, n, count int) (from, to int) {
	if step == 1 { // no divisions
		from = min(max(-start, 0), count)
		return from, max(from, min(n-start, count))
	}
	if start < 0 {
		from = (-start + step - 1) / step
	}
	if start < n {
		to = (n - start + step - 1) / step
	}
	from = min(from, count)
	return from, max(from, min(to, count))
}
