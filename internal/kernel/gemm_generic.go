package kernel

// gemmGeneric is the definition of Gemm on one thread: the inner loop runs along a row of c and of b where b is not transposed, along k otherwise.
func gemmGeneric[T Float](ta, tb Trans, m, n, k int, a []T, lda int, b []T, ldb int, s Store, c []T, ldc int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if s == Set {
			clear(row)
		}
		if tb == Transposed {
			for j := range row {
				var sum T
				for p := range k {
					sum += at(ta, a, lda, i, p) * b[j*ldb+p]
				}
				row[j] += sum
			}
			continue
		}
		for p := range k {
			x := at(ta, a, lda, i, p)
			for j, y := range b[p*ldb : p*ldb+n] {
				row[j] += x * y
			}
		}
	}
}

// at is element (i, p) of op(a).
func at[T Float](ta Trans, a []T, lda, i, p int) T {
	if ta == Transposed {
		return a[p*lda+i]
	}
	return a[i*lda+p]
}
