// Package lin is the dense algebra of the Gaussian-process solvers: matrices along the axes of a tensor, LU with fast products, Schur forms, Sylvester
// equations in any number of axes, GMRES.
//
// Matrices are row-major []float64 with their sizes beside them; Gemm is internal/kernel's.
package lin

import (
	"math"

	"github.com/eddy-pde/eddy/internal/kernel"
)

// Matrix is a dense row-major matrix.
type Matrix struct {
	R, C int
	A    []float64
}

// New is an r×c matrix of zeros.
func New(r, c int) Matrix { return Matrix{r, c, make([]float64, r*c)} }

// At is the entry of row i and column j.
func (m Matrix) At(i, j int) float64 { return m.A[i*m.C+j] }

// Set writes the entry of row i and column j.
func (m Matrix) Set(i, j int, v float64) { m.A[i*m.C+j] = v }

// Row is row i; it shares memory.
func (m Matrix) Row(i int) []float64 { return m.A[i*m.C : (i+1)*m.C] }

// Clone copies the matrix.
func (m Matrix) Clone() Matrix { return Matrix{m.R, m.C, append([]float64(nil), m.A...)} }

// T is the transpose, copied.
func (m Matrix) T() Matrix {
	t := New(m.C, m.R)
	for i := range m.R {
		for j, v := range m.Row(i) {
			t.A[j*m.R+i] = v
		}
	}
	return t
}

// Identity is the n×n identity.
func Identity(n int) Matrix {
	m := New(n, n)
	for i := range n {
		m.A[i*n+i] = 1
	}
	return m
}

// Mul is a·b.
func Mul(a, b Matrix) Matrix {
	c := New(a.R, b.C)
	kernel.Gemm(kernel.NoTrans, kernel.NoTrans, a.R, b.C, a.C, a.A, max(a.C, 1), b.A, max(b.C, 1), kernel.Set, c.A, max(c.C, 1))
	return c
}

// MulT is aᵀ·b.
func MulT(a, b Matrix) Matrix {
	c := New(a.C, b.C)
	kernel.Gemm(kernel.Transposed, kernel.NoTrans, a.C, b.C, a.R, a.A, max(a.C, 1), b.A, max(b.C, 1), kernel.Set, c.A, max(c.C, 1))
	return c
}

// MulNT is a·bᵀ.
func MulNT(a, b Matrix) Matrix {
	c := New(a.R, b.R)
	kernel.Gemm(kernel.NoTrans, kernel.Transposed, a.R, b.R, a.C, a.A, max(a.C, 1), b.A, max(b.C, 1), kernel.Set, c.A, max(c.C, 1))
	return c
}

// Apply writes a·x into dst (length a.R).
func (m Matrix) Apply(dst, x []float64) {
	for i := range m.R {
		dst[i] = Dot(m.Row(i), x)
	}
}

// ApplyT writes aᵀ·x into dst (length a.C).
func (m Matrix) ApplyT(dst, x []float64) {
	clear(dst[:m.C])
	for i := range m.R {
		Axpy(dst, x[i], m.Row(i))
	}
}

// Dot is Σ a·b in four interleaved sums.
func Dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	n := len(a)
	b = b[:n]
	i := 0
	for ; i+4 <= n; i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < n; i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + (s2 + s3)
}

// Axpy adds s·x to dst.
func Axpy(dst []float64, s float64, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] += s * v
	}
}

// Norm is the Euclidean norm.
func Norm(x []float64) float64 { return math.Sqrt(Dot(x, x)) }

// Size is the product of the extents.
func Size(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// Mode multiplies the tensor x of the given shape along one axis by the matrix m (m.C = shape[axis]) and returns the result with its shape.
func Mode(x []float64, shape []int, axis int, m Matrix) ([]float64, []int) {
	out := append([]int(nil), shape...)
	out[axis] = m.R
	before, after := Size(shape[:axis]), Size(shape[axis+1:])
	y := make([]float64, before*m.R*after)
	if len(y) == 0 || m.C == 0 {
		return y, out
	}
	if after == 1 { // [before, C]·mᵀ
		kernel.Gemm(kernel.NoTrans, kernel.Transposed, before, m.R, m.C, x, m.C, m.A, m.C, kernel.Set, y, m.R)
		return y, out
	}
	for b := range before {
		kernel.Gemm(kernel.NoTrans, kernel.NoTrans, m.R, after, m.C, m.A, m.C, x[b*m.C*after:], after, kernel.Set, y[b*m.R*after:], after)
	}
	return y, out
}

// Modes multiplies along every axis whose matrix is not nil.
func Modes(x []float64, shape []int, m []*Matrix) ([]float64, []int) {
	for a := range shape {
		if m[a] != nil {
			x, shape = Mode(x, shape, a, *m[a])
		}
	}
	return x, shape
}

// Outer is the row-major outer product of vectors; of none it is 1.
func Outer(vs [][]float64) []float64 {
	out := []float64{1}
	for _, v := range vs {
		next := make([]float64, 0, len(out)*len(v))
		for _, o := range out {
			for _, x := range v {
				next = append(next, o*x)
			}
		}
		out = next
	}
	return out
}
