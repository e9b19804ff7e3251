package lin

import (
	"context"
	"math"

	"github.com/eddy-pde/eddy/internal/kernel"
)

// LU is a factorisation with partial pivoting, P·A = L·U.
type LU struct {
	f   Matrix
	piv []int
}

// luBlock is the number of columns eliminated before one matrix product updates the rest.
const luBlock = 48

// Factor factorises a square matrix (copied). A zero pivot leaves zeros: MinPivot shows it.
func Factor(a Matrix) *LU {
	f := &LU{a.Clone(), make([]int, a.R)}
	n := a.R
	for k := 0; k < n; k += luBlock {
		end := min(k+luBlock, n)
		f.panel(k, end)
		if end == n {
			break
		}
		for i := k; i < end; i++ { // U12 = L11⁻¹ A12
			row := f.f.Row(i)[end:]
			for j := k; j < i; j++ {
				Axpy(row, -f.f.At(i, j), f.f.Row(j)[end:])
			}
		}
		// A22 −= L21·U12, with L21 negated for the additive product
		l := New(n-end, end-k)
		for i := end; i < n; i++ {
			for j, v := range f.f.Row(i)[k:end] {
				l.A[(i-end)*l.C+j] = -v
			}
		}
		kernel.Gemm(kernel.NoTrans, kernel.NoTrans, n-end, n-end, end-k, l.A, l.C, f.f.A[k*n+end:], n, kernel.Add, f.f.A[end*n+end:], n)
	}
	return f
}

// panel eliminates columns k to end-1 over all rows below, swapping whole rows.
func (f *LU) panel(k, end int) {
	n := f.f.R
	for j := k; j < end; j++ {
		p := j
		for i := j + 1; i < n; i++ {
			if math.Abs(f.f.At(i, j)) > math.Abs(f.f.At(p, j)) {
				p = i
			}
		}
		f.piv[j] = p
		if p != j {
			a, b := f.f.Row(p), f.f.Row(j)
			for c := range a {
				a[c], b[c] = b[c], a[c]
			}
		}
		d := f.f.At(j, j)
		if d == 0 {
			continue
		}
		src := f.f.Row(j)[j+1 : end]
		for i := j + 1; i < n; i++ {
			row := f.f.Row(i)
			if row[j] != 0 {
				row[j] /= d
				Axpy(row[j+1:end], -row[j], src)
			}
		}
	}
}

// MinPivot is the smallest pivot over the largest: zero or rounding error for a singular matrix.
func (f *LU) MinPivot() float64 {
	lo, hi := math.Inf(1), 0.0
	for i := range f.f.R {
		v := math.Abs(f.f.At(i, i))
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	return lo / hi
}

// LogDet is log|det A|.
func (f *LU) LogDet() float64 {
	s := 0.0
	for i := range f.f.R {
		s += math.Log(math.Abs(f.f.At(i, i)))
	}
	return s
}

// Solve overwrites x with A⁻¹x.
func (f *LU) Solve(x []float64) {
	n := f.f.R
	for i, p := range f.piv {
		x[i], x[p] = x[p], x[i]
	}
	for i := 1; i < n; i++ {
		x[i] -= Dot(f.f.Row(i)[:i], x[:i])
	}
	for i := n - 1; i >= 0; i-- {
		x[i] = (x[i] - Dot(f.f.Row(i)[i+1:], x[i+1:])) / f.f.At(i, i)
	}
}

// SolveT overwrites x with A⁻ᵀx.
func (f *LU) SolveT(x []float64) {
	n := f.f.R
	for i := range n {
		x[i] /= f.f.At(i, i)
		Axpy(x[i+1:], -x[i], f.f.Row(i)[i+1:])
	}
	for i := n - 1; i > 0; i-- {
		Axpy(x[:i], -x[i], f.f.Row(i)[:i])
	}
	for i := n - 1; i >= 0; i-- {
		x[i], x[f.piv[i]] = x[f.piv[i]], x[i]
	}
}

// Band is a square matrix with K diagonals on either side of the main one: row i holds columns i-K to i+K at A[i*(3K+1)+K…], the rest is
// room for the fill-in of pivoting.
type Band struct {
	N, K int
	A    []float64 // N rows of 3K+1: columns i-K … i+2K
	piv  []int
}

// NewBand is an n×n band matrix of zeros with half-width k.
func NewBand(n, k int) *Band { return &Band{N: n, K: k, A: make([]float64, n*(3*k+1))} }

func (b *Band) at(i, j int) *float64 { return &b.A[i*(3*b.K+1)+j-i+b.K] }

// Add adds v to the entry (i, j), |i−j| ≤ K.
func (b *Band) Add(i, j int, v float64) { *b.at(i, j) += v }

// Factor overwrites the matrix with its LU factors under partial pivoting and returns the smallest pivot over the largest.
func (b *Band) Factor() float64 {
	b.piv = make([]int, b.N)
	lo, hi := math.Inf(1), 0.0
	for j := range b.N {
		p := j
		last := min(j+b.K, b.N-1)
		for i := j + 1; i <= last; i++ {
			if math.Abs(*b.at(i, j)) > math.Abs(*b.at(p, j)) {
				p = i
			}
		}
		b.piv[j] = p
		right := min(j+2*b.K, b.N-1)
		if p != j {
			for c := j; c <= right; c++ {
				x, y := b.at(p, c), b.at(j, c)
				*x, *y = *y, *x
			}
		}
		d := *b.at(j, j)
		lo, hi = math.Min(lo, math.Abs(d)), math.Max(hi, math.Abs(d))
		if d == 0 {
			continue
		}
		for i := j + 1; i <= last; i++ {
			m := *b.at(i, j) / d
			*b.at(i, j) = m
			for c := j + 1; c <= right; c++ {
				*b.at(i, c) -= m * *b.at(j, c)
			}
		}
	}
	return lo / hi
}

// Solve overwrites x with the solution; Factor must have been called.
func (b *Band) Solve(x []float64) {
	for j := range b.N {
		x[j], x[b.piv[j]] = x[b.piv[j]], x[j]
		for i := j + 1; i <= min(j+b.K, b.N-1); i++ {
			x[i] -= *b.at(i, j) * x[j]
		}
	}
	for i := b.N - 1; i >= 0; i-- {
		s := x[i]
		for c := i + 1; c <= min(i+2*b.K, b.N-1); c++ {
			s -= *b.at(i, c) * x[c]
		}
		x[i] = s / *b.at(i, i)
	}
}

// GMRES solves A·x = b from x = 0 without restarts, up to the relative residual tol or steps products. apply writes A·v into dst. It returns x, the relative
// residual reached and the number of products.
func GMRES(ctx context.Context, apply func(dst, v []float64), b []float64, tol float64, steps int) (x []float64, rel float64, products int) {
	n := len(b)
	x = make([]float64, n)
	beta := Norm(b)
	if beta == 0 {
		return x, 0, 0
	}
	v := [][]float64{make([]float64, n)}
	for i := range b {
		v[0][i] = b[i] / beta
	}
	var h [][]float64 // columns
	var cs, sn []float64
	g := []float64{beta}
	k := 0
	for ; k < steps && math.Abs(g[k]) > tol*beta && ctx.Err() == nil; k++ {
		w := make([]float64, n)
		apply(w, v[k])
		col := make([]float64, k+2)
		for range 2 { // twice is enough: keeps the basis orthogonal
			for i := 0; i <= k; i++ {
				d := Dot(v[i], w)
				col[i] += d
				Axpy(w, -d, v[i])
			}
		}
		col[k+1] = Norm(w)
		if col[k+1] > 0 {
			for i := range w {
				w[i] /= col[k+1]
			}
		}
		v = append(v, w)
		for i := range k {
			col[i], col[i+1] = cs[i]*col[i]+sn[i]*col[i+1], -sn[i]*col[i]+cs[i]*col[i+1]
		}
		r := math.Hypot(col[k], col[k+1])
		c, s := 1.0, 0.0
		if r > 0 {
			c, s = col[k]/r, col[k+1]/r
		}
		cs, sn = append(cs, c), append(sn, s)
		col[k] = r
		g = append(g, -s*g[k])
		g[k] *= c
		h = append(h, col)
	}
	y := make([]float64, k)
	for i := k - 1; i >= 0; i-- {
		s := g[i]
		for j := i + 1; j < k; j++ {
			s -= h[j][i] * y[j]
		}
		if h[i][i] != 0 {
			y[i] = s / h[i][i]
		}
	}
	for i := range y {
		Axpy(x, y[i], v[i])
	}
	return x, math.Abs(g[k]) / beta, k
}
