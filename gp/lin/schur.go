package lin

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/lapack"
	lapackgo "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/mat"
)

// Schur is A = U·T·Uᴴ with T upper triangular and U unitary, both complex. For a diagonalised axis Diagonal is true, U is nil and only the diagonal of T is kept.
type Schur struct {
	N        int
	Diagonal bool
	Values   []complex128 // diagonal of T
	T        []complex128 // N×N, row-major; nil where Diagonal
	Re, Im   Matrix       // U
}

// DiagonalSchur is the form of an axis that its basis diagonalises with real eigenvalues.
func DiagonalSchur(values []float64) *Schur {
	s := &Schur{N: len(values), Diagonal: true, Values: make([]complex128, len(values))}
	for i, v := range values {
		s.Values[i] = complex(v, 0)
	}
	return s
}

// NewSchur factorises a real square matrix: Hessenberg reduction, QR iteration, and the 2×2 blocks of the real form rotated to triangular.
func NewSchur(a Matrix) (*Schur, error) {
	n := a.R
	var impl lapackgo.Implementation
	h := append([]float64(nil), a.A...)
	tau := make([]float64, max(n-1, 1))
	work := make([]float64, 1)
	impl.Dgehrd(n, 0, n-1, h, n, tau[:n-1], work, -1)
	work = make([]float64, int(work[0])+8*n)
	impl.Dgehrd(n, 0, n-1, h, n, tau[:n-1], work, len(work))
	z := append([]float64(nil), h...)
	impl.Dorghr(n, 0, n-1, z, n, tau[:n-1], work, len(work))
	wr, wi := make([]float64, n), make([]float64, n)
	impl.Dhseqr(lapack.EigenvaluesAndSchur, lapack.SchurOrig, n, 0, n-1, h, n, wr, wi, z, n, work, -1)
	if int(work[0]) > len(work) {
		work = make([]float64, int(work[0]))
	}
	if bad := impl.Dhseqr(lapack.EigenvaluesAndSchur, lapack.SchurOrig, n, 0, n-1, h, n, wr, wi, z, n, work, len(work)); bad > 0 {
		return nil, fmt.Errorf("lin: the QR iteration left %d eigenvalues of a %d×%d operator unfound", bad, n, n)
	}
	return complexForm(n, h, z), nil
}

// complexForm rotates every 2×2 block of a real Schur form (t, q) to upper triangular.
func complexForm(n int, t, q []float64) *Schur {
	s := &Schur{N: n, Values: make([]complex128, n), T: make([]complex128, n*n), Re: New(n, n), Im: New(n, n)}
	u := make([]complex128, n*n)
	for i := range n {
		for j := range n {
			if j >= i-1 {
				s.T[i*n+j] = complex(t[i*n+j], 0)
			}
			u[i*n+j] = complex(q[i*n+j], 0)
		}
	}
	for m := n - 1; m > 0; m-- {
		c := s.T[m*n+m-1]
		if cmplx.Abs(c) <= 1e-16*(cmplx.Abs(s.T[(m-1)*n+m-1])+cmplx.Abs(s.T[m*n+m])) {
			s.T[m*n+m-1] = 0
			continue
		}
		rotate(n, s.T, u, m)
	}
	for i := range n {
		s.Values[i] = s.T[i*n+i]
		for j := range n {
			s.Re.A[i*n+j], s.Im.A[i*n+j] = real(u[i*n+j]), imag(u[i*n+j])
		}
	}
	return s
}

// rotate makes the block of rows m-1, m triangular by a unitary similarity.
func rotate(n int, t, u []complex128, m int) {
	a, b, c, d := t[(m-1)*n+m-1], t[(m-1)*n+m], t[m*n+m-1], t[m*n+m]
	// eigenvalue of the block nearer d
	half := (a + d) / 2
	root := cmplx.Sqrt((a-d)*(a-d)/4 + b*c)
	mu := half + root
	if cmplx.Abs(half-root-d) < cmplx.Abs(mu-d) {
		mu = half - root
	}
	mu -= d
	r := math.Hypot(cmplx.Abs(mu), cmplx.Abs(c))
	cs, sn := mu/complex(r, 0), c/complex(r, 0)
	for j := m - 1; j < n; j++ { // rows
		x, y := t[(m-1)*n+j], t[m*n+j]
		t[(m-1)*n+j] = cmplx.Conj(cs)*x + cmplx.Conj(sn)*y
		t[m*n+j] = -sn*x + cs*y
	}
	for i := 0; i <= m; i++ { // columns
		x, y := t[i*n+m-1], t[i*n+m]
		t[i*n+m-1] = x*cs + y*sn
		t[i*n+m] = -x*cmplx.Conj(sn) + y*cmplx.Conj(cs)
	}
	for i := range n {
		x, y := u[i*n+m-1], u[i*n+m]
		u[i*n+m-1] = x*cs + y*sn
		u[i*n+m] = -x*cmplx.Conj(sn) + y*cmplx.Conj(cs)
	}
	t[m*n+m-1] = 0
}

// SolveSum solves Σ_a (I⊗…⊗A_a⊗…⊗I) X + shift·X = F with A_a in Schur form and overwrites f with X (shape row-major). Diagonal axes cost one division; the others a
// back-substitution: O(n^(d+1)).
func SolveSum(f []float64, shape []int, s []*Schur, shift float64) {
	if allDiagonal(s) {
		divide(f, shape, s, shift)
		return
	}
	re, im := f, make([]float64, len(f))
	for a, sc := range s {
		if !sc.Diagonal {
			re, im = complexMode(re, im, shape, a, sc, -1)
		}
	}
	x := make([]complex128, len(f))
	for i := range x {
		x[i] = complex(re[i], im[i])
	}
	triangular(x, shape, s, complex(shift, 0))
	for i, v := range x {
		re[i], im[i] = real(v), imag(v)
	}
	for a, sc := range s {
		if !sc.Diagonal {
			re, im = complexMode(re, im, shape, a, sc, 1)
		}
	}
	copy(f, re)
}

func allDiagonal(s []*Schur) bool {
	for _, v := range s {
		if !v.Diagonal {
			return false
		}
	}
	return true
}

func divide(f []float64, shape []int, s []*Schur, shift float64) {
	EachSum(shape, s, func(i int, v complex128) { f[i] /= real(v) + shift })
}

// EachSum visits every sum of one eigenvalue per axis with its row-major index.
func EachSum(shape []int, s []*Schur, visit func(i int, v complex128)) {
	last := len(shape) - 1
	index := make([]int, last)
	for i := 0; i < Size(shape); i += shape[last] {
		var sum complex128
		for a, k := range index {
			sum += s[a].Values[k]
		}
		for j, v := range s[last].Values {
			visit(i+j, sum+v)
		}
		for a := last - 1; a >= 0; a-- {
			if index[a]++; index[a] < shape[a] {
				break
			}
			index[a] = 0
		}
	}
}

// complexMode multiplies (re, im) along the axis by U (direction 1) or Uᴴ (direction −1).
func complexMode(re, im []float64, shape []int, axis int, s *Schur, direction int) (r, i []float64) {
	ur, ui := s.Re, s.Im
	if direction < 0 {
		ur, ui = ur.T(), ui.T()
		for k := range ui.A {
			ui.A[k] = -ui.A[k]
		}
	}
	rr, _ := Mode(re, shape, axis, ur)
	ri, _ := Mode(re, shape, axis, ui)
	ir, _ := Mode(im, shape, axis, ur)
	ii, _ := Mode(im, shape, axis, ui)
	for k := range rr {
		rr[k] -= ii[k]
		ri[k] += ir[k]
	}
	return rr, ri
}

// triangular solves the sum of upper triangular axes by back-substitution, the first axis outermost.
func triangular(x []complex128, shape []int, s []*Schur, shift complex128) {
	n := shape[0]
	sub := len(x) / n
	t := s[0]
	for i := n - 1; i >= 0; i-- {
		xi := x[i*sub : (i+1)*sub]
		if !t.Diagonal {
			for k := i + 1; k < n; k++ {
				c := t.T[i*n+k]
				if c == 0 {
					continue
				}
				for j, v := range x[k*sub : (k+1)*sub] {
					xi[j] -= c * v
				}
			}
		}
		if len(shape) == 1 {
			xi[0] /= t.Values[i] + shift
		} else {
			triangular(xi, shape[1:], s[1:], shift+t.Values[i])
		}
	}
}

// EigenSym is the eigen-decomposition of a symmetric matrix: ascending values, vectors in columns.
func EigenSym(a Matrix) ([]float64, Matrix, error) {
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(a.R, append([]float64(nil), a.A...)), true) {
		return nil, Matrix{}, fmt.Errorf("lin: the symmetric eigenproblem of size %d did not converge", a.R)
	}
	var v mat.Dense
	e.VectorsTo(&v)
	return e.Values(nil), Matrix{a.R, a.R, v.RawMatrix().Data}, nil
}

// EigenTridiagonal is the eigen-decomposition of a symmetric tridiagonal matrix with diagonal d and off-diagonal e: ascending values, vectors in columns.
func EigenTridiagonal(d, e []float64) ([]float64, Matrix, error) {
	n := len(d)
	v := Identity(n)
	values, off := append([]float64(nil), d...), append([]float64(nil), e...)
	if n < 2 {
		return values, v, nil
	}
	var impl lapackgo.Implementation
	if !impl.Dsteqr(lapack.EVTridiag, n, values, off, v.A, n, make([]float64, 2*n)) {
		return nil, Matrix{}, fmt.Errorf("lin: the tridiagonal eigenproblem of size %d did not converge", n)
	}
	return values, v, nil
}

// Cholesky is the lower factor of a symmetric positive definite matrix.
func Cholesky(a Matrix) (Matrix, error) {
	var c mat.Cholesky
	if !c.Factorize(mat.NewSymDense(a.R, append([]float64(nil), a.A...))) {
		return Matrix{}, fmt.Errorf("lin: a matrix of size %d is not positive definite", a.R)
	}
	var l mat.TriDense
	c.LTo(&l)
	out := New(a.R, a.R)
	for i := range a.R {
		for j := 0; j <= i; j++ {
			out.A[i*a.R+j] = l.At(i, j)
		}
	}
	return out, nil
}

// Transpose is the Schur form of Aᵀ: conj(U) with its columns reversed, and T turned about its second diagonal.
func (s *Schur) Transpose() *Schur {
	if s.Diagonal {
		return s
	}
	n := s.N
	t := &Schur{N: n, Values: make([]complex128, n), T: make([]complex128, n*n), Re: New(n, n), Im: New(n, n)}
	for i := range n {
		t.Values[i] = s.Values[n-1-i]
		for j := range n {
			t.T[i*n+j] = s.T[(n-1-j)*n+n-1-i]
			t.Re.A[i*n+j], t.Im.A[i*n+j] = s.Re.A[i*n+n-1-j], -s.Im.A[i*n+n-1-j]
		}
	}
	return t
}

// InverseSPD is the inverse of a symmetric positive definite matrix and the logarithm of its determinant.
func InverseSPD(a Matrix) (inverse Matrix, logDet float64, err error) {
	var c mat.Cholesky
	if !c.Factorize(mat.NewSymDense(a.R, append([]float64(nil), a.A...))) {
		return Matrix{}, 0, fmt.Errorf("lin: a matrix of size %d is not positive definite", a.R)
	}
	var inv mat.SymDense
	if err := c.InverseTo(&inv); err != nil {
		var bad mat.Condition
		if !errors.As(err, &bad) {
			return Matrix{}, 0, fmt.Errorf("lin: inverse: %w", err)
		}
	}
	inverse = New(a.R, a.R)
	for i := range a.R {
		for j := range a.R {
			inverse.A[i*a.R+j] = inv.At(i, j)
		}
	}
	return inverse, c.LogDet(), nil
}
