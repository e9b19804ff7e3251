package gp

import (
	"math"

	"github.com/eddy-pde/eddy/gp/lin"
)

// shenBasis holds the compact combinations φ_k = P_k + a_k P_{k+1} + b_k P_{k+2} of Legendre polynomials that satisfy one homogeneous condition per end (Shen, SIAM J. Sci. Comput.
// 15 (1994) 1489). −∫φ”φ is diagonal and the mass matrix has five diagonals, so that one axis solves in O(N); the pencil M v = μ K v gives
// the low eigenvalues of −d²/dx² to full relative accuracy, which the eigenvalues of the (badly scaled) second-derivative matrix itself would not have.
type shenBasis struct {
	length float64
	a, b   []float64
	k      []float64    // −∫φ''φ dx
	coef   [][3]float64 // on the orthonormal polynomials of degree k, k+1, k+2
	even   bool         // every a_k is zero: the parities do not mix
}

// shenApplies reports whether the axis is a constant a2 u” + a0 u with one Dirichlet or Neumann condition at each end.
func (a *axis) shenApplies() bool {
	return a.isConst && a.constant[2] != 0 && a.constant[1] == 0 && a.constant[3] == 0 && a.constant[4] == 0 && len(a.conds) == 2 && a.conds[0].at != a.conds[1].at
}

func newShen(a *axis) *shenBasis {
	n := a.raw.Size() - 2
	length := a.domain.Length()
	s := &shenBasis{length: length, a: make([]float64, n), b: make([]float64, n), k: make([]float64, n), coef: make([][3]float64, n), even: true}
	lo, hi := a.conds[0].order, a.conds[1].order
	if a.conds[0].at > a.conds[1].at {
		lo, hi = hi, lo
	}
	end := func(order, k int) float64 { // |P_k| or |P'_k| at ±1
		if order == 0 {
			return 1
		}
		return float64(k*(k+1)) / 2
	}
	for k := range n {
		// l0 − a l1 + b l2 = 0 at the lower end, h0 + a h1 + b h2 = 0 at the upper one
		l0, l1, l2 := end(lo, k), end(lo, k+1), end(lo, k+2)
		h0, h1, h2 := end(hi, k), end(hi, k+1), end(hi, k+2)
		det := l1*h2 + h1*l2
		s.a[k] = (l0*h2 - h0*l2) / det
		s.b[k] = -(l0*h1 + h0*l1) / det
		if lo == hi {
			s.a[k] = 0
		} else {
			s.even = false
		}
		s.k[k] = -s.b[k] * float64(4*k+6) * 2 / length
		for i, c := range []float64{1, s.a[k], s.b[k]} {
			s.coef[k][i] = c * math.Sqrt(length) / math.Sqrt(float64(2*(k+i)+1))
		}
	}
	return s
}

// massAt is ∫φ_k φ_{k+d} for d = 0, 1, 2.
func (s *shenBasis) massAt(k, d int) float64 {
	v := 0.0
	for i := d; i < 3; i++ {
		v += s.coef[k][i] * s.coef[k+d][i-d]
	}
	return v
}

// matrix is the combination as a dense size×(size−2) matrix.
func (s *shenBasis) matrix(size int) lin.Matrix {
	z := lin.New(size, len(s.k))
	for k, c := range s.coef {
		for i, v := range c {
			z.A[(k+i)*z.C+k] = v
		}
	}
	return z
}

// apply writes the raw coefficients of Σ x_k φ_k into dst (length len(x)+2).
func (s *shenBasis) apply(dst, x []float64) {
	clear(dst)
	for k, c := range s.coef {
		for i, v := range c {
			dst[k+i] += v * x[k]
		}
	}
}

// applyT writes the tested values of raw coefficients into dst.
func (s *shenBasis) applyT(dst, raw []float64) {
	for k, c := range s.coef {
		dst[k] = c[0]*raw[k] + c[1]*raw[k+1] + c[2]*raw[k+2]
	}
}

// band is the tested operator a2 u” + a0 u in banded form.
func (s *shenBasis) band(a2, a0 float64) *lin.Band {
	n := len(s.k)
	b := lin.NewBand(n, 2)
	for k := range n {
		b.Add(k, k, -a2*s.k[k]+a0*s.massAt(k, 0))
		for d := 1; d <= 2 && k+d < n; d++ {
			v := a0 * s.massAt(k, d)
			b.Add(k, k+d, v)
			b.Add(k+d, k, v)
		}
	}
	return b
}

// eigen returns the eigenvalues of −d²/dx² (ascending within each parity) and the orthonormal eigenfunctions on the raw polynomials (size×(size−2)).
func (s *shenBasis) eigen(size int) ([]float64, lin.Matrix, error) {
	n := len(s.k)
	lambda, z := make([]float64, n), lin.New(size, n)
	scale := make([]float64, n)
	first := 0
	for k, v := range s.k {
		if v > 0 {
			scale[k] = 1 / math.Sqrt(v)
		}
	}
	col := 0
	if s.k[0] == 0 { // both ends free: the constant is an eigenfunction and the others do not see it
		z.A[0] = s.coef[0][0] / math.Sqrt(s.massAt(0, 0))
		col, first = 1, 1
	}
	groups := [][]int{nil, nil}
	for k := first; k < n; k++ {
		g := 0
		if s.even {
			g = k % 2
		}
		groups[g] = append(groups[g], k)
	}
	for _, g := range groups {
		mu, v, err := s.pencil(g, scale)
		if err != nil {
			return nil, z, err
		}
		for j := len(g) - 1; j >= 0; j-- { // descending μ is ascending λ
			m := math.Max(mu[j], 1e-300)
			lambda[col] = 1 / m
			for i, k := range g {
				c := v.At(i, j) * scale[k] / math.Sqrt(m)
				for d, w := range s.coef[k] {
					z.A[(k+d)*n+col] += w * c
				}
			}
			col++
		}
	}
	return lambda, z, nil
}

// pencil diagonalises the scaled mass matrix on a set of indices.
func (s *shenBasis) pencil(g []int, scale []float64) ([]float64, lin.Matrix, error) {
	if s.even {
		d, e := make([]float64, len(g)), make([]float64, max(len(g)-1, 0))
		for i, k := range g {
			d[i] = s.massAt(k, 0) * scale[k] * scale[k]
			if i+1 < len(g) {
				e[i] = s.massAt(k, 2) * scale[k] * scale[k+2]
			}
		}
		return lin.EigenTridiagonal(d, e)
	}
	if len(g) == 0 {
		return nil, lin.Matrix{}, nil
	}
	m := lin.New(len(g), len(g))
	for i := range g {
		for d := 0; d <= 2 && i+d < len(g); d++ {
			v := s.massAt(g[i], d) * scale[g[i]] * scale[g[i+d]]
			m.Set(i, i+d, v)
			m.Set(i+d, i, v)
		}
	}
	return lin.EigenSym(m)
}
