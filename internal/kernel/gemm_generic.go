package kernel

// generic is the definition of Gemm: the inner loop runs along a row of c and of b where b is not transposed, along k otherwise.
func (q product[T]) generic() {
	for i := range q.m {
		row := q.c[i*q.ldc : i*q.ldc+q.n]
		if q.s == Set {
			clear(row)
		}
		if q.tb == Transposed {
			for j := range row {
				var sum T
				for p := range q.k {
					sum += at(q.ta, q.a, q.lda, i, p) * q.b[j*q.ldb+p]
				}
				row[j] += sum
			}
			continue
		}
		for p := range q.k {
			x := at(q.ta, q.a, q.lda, i, p)
			for j, y := range q.b[p*q.ldb : p*q.ldb+q.n] {
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
