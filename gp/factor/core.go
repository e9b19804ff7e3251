package factor

import (
	"math"
	"slices"

	"github.com/eddy-pde/eddy/gp/lin"
	"github.com/eddy-pde/eddy/internal/par"
)

// contract multiplies axis `axis` of x (row-major, of the given shape) with v and drops it.
func contract(x []float64, shape []int, axis int, v []float64) ([]float64, []int) {
	before, after := lin.Size(shape[:axis]), lin.Size(shape[axis+1:])
	n := shape[axis]
	out := make([]float64, before*after)
	for b := range before {
		dst := out[b*after : (b+1)*after]
		for i := range n {
			lin.Axpy(dst, v[i], x[(b*n+i)*after:(b*n+i+1)*after])
		}
	}
	return out, append(append([]int(nil), shape[:axis]...), shape[axis+1:]...)
}

// others contracts the core's moments with those of all modes but k.
func (c *core) others(f *fit, k, e int, a []float64, aa lin.Matrix) {
	ranks := f.ranks()
	first, shape := c.mean, ranks
	// the second moment as a tensor (r1 … rK, q1 … qK); a mode is contracted over both its axes at once
	second, pairs := c.second.A, append(append([]int(nil), ranks...), ranks...)
	for j := len(f.modes) - 1; j >= 0; j-- {
		if j == k {
			continue
		}
		m := f.modes[j]
		at := f.e.at[j][e]
		first, shape = contract(first, shape, j, m.mean[at])
		second, pairs = contractPair(second, pairs, j, m.second[at])
	}
	copy(a, first)
	copy(aa.A, second)
}

// contractPair contracts axes j and j + half of x with the matrix s.
func contractPair(x []float64, shape []int, j int, s lin.Matrix) ([]float64, []int) {
	half := len(shape) / 2
	n := shape[j]
	a, b, c := lin.Size(shape[:j]), lin.Size(shape[j+1:half+j]), lin.Size(shape[half+j+1:])
	out := make([]float64, a*b*c)
	for i := range a {
		for r := range n {
			row := s.Row(r)
			for m := range b {
				dst := out[(i*b+m)*c : (i*b+m+1)*c]
				base := ((i*n+r)*b + m) * n * c
				for q := range n {
					w := row[q]
					src := x[base+q*c : base+(q+1)*c]
					for t, v := range src {
						dst[t] += w * v
					}
				}
			}
		}
	}
	rest := append([]int(nil), shape[:j]...)
	rest = append(rest, shape[j+1:half+j]...)
	return out, append(rest, shape[half+j+1:]...)
}

// product is E f and E f² given the moments of every mode.
func (c *core) product(ranks []int, u [][]float64, second []lin.Matrix, square bool) (e, e2 float64) {
	first, shape := c.mean, ranks
	for j := len(u) - 1; j >= 0; j-- {
		first, shape = contract(first, shape, j, u[j])
	}
	if !square {
		return first[0], 0
	}
	s, pairs := c.second.A, append(append([]int(nil), ranks...), ranks...)
	for j := len(u) - 1; j >= 0; j-- {
		s, pairs = contractPair(s, pairs, j, second[j])
	}
	return first[0], s[0]
}

// updateCore is the exact posterior of the core given the modes: precision I + E[τ] Σ ⊗E[u uᵀ], summed over entries.
func (f *fit) updateCore() {
	ranks := f.ranks()
	size := lin.Size(ranks)
	n := len(f.e.y)
	// one part per piece of work, added in order; few pieces, since each holds a matrix of size²
	pieces := min((n+chunk-1)/chunk, 8)
	parts, shifts := make([]lin.Matrix, pieces), make([][]float64, pieces)
	par.For(pieces, func(p int) {
		sum, shift := lin.New(size, size), make([]float64, size)
		us := make([][]float64, len(ranks))
		for e := p * n / pieces; e < (p+1)*n/pieces; e++ {
			s := lin.Matrix{R: 1, C: 1, A: []float64{1}}
			for k, m := range f.modes {
				at := f.e.at[k][e]
				us[k] = m.mean[at]
				s = kronecker(s, m.second[at])
			}
			lin.Axpy(sum.A, 1, s.A)
			lin.Axpy(shift, f.e.y[e], lin.Outer(us))
		}
		parts[p], shifts[p] = sum, shift
	})
	tau := f.tau()
	precision, shift := lin.Identity(size), make([]float64, size)
	for p := range parts {
		lin.Axpy(precision.A, tau, parts[p].A)
		lin.Axpy(shift, tau, shifts[p])
	}
	cov, _, err := lin.InverseSPD(precision)
	if err != nil {
		return // rounding has eaten the positive definiteness: the core of the last sweep stays
	}
	f.core.cov = cov
	f.core.mean = make([]float64, size)
	cov.Apply(f.core.mean, shift)
	f.core.second = plus(cov, f.core.mean)
}

func kronecker(a, b lin.Matrix) lin.Matrix {
	out := lin.New(a.R*b.R, a.C*b.C)
	for i := range a.R {
		for j := range a.C {
			v := a.At(i, j)
			for k := range b.R {
				dst := out.Row(i*b.R + k)[j*b.C : (j+1)*b.C]
				for l, w := range b.Row(k) {
					dst[l] = v * w
				}
			}
		}
	}
	return out
}

// divergence is KL(q‖p) from the standard normal prior.
func (c *core) divergence() float64 {
	n := len(c.mean)
	trace := 0.0
	for i := range n {
		trace += c.cov.At(i, i)
	}
	_, logDet, err := lin.InverseSPD(c.cov)
	if err != nil {
		return math.Inf(1)
	}
	return 0.5 * (trace + lin.Dot(c.mean, c.mean) - float64(n) - logDet)
}

// balance turns the functions of every mode to axes on which their second moment and that of the core's slices are the same diagonal matrix. The factorisation is free to rotate, and so spreads what two functions can say
// over all of them; on these axes the superfluous ones are small and can be pruned. Messages are renewed by the next sweep.
func (f *fit) balance() {
	for k, m := range f.modes {
		ranks := f.ranks()
		n := ranks[k]
		s, g := lin.New(n, n), lin.New(n, n)
		for i := range m.x {
			w := float64(len(f.e.lists[k][i])) / float64(len(f.e.y))
			lin.Axpy(s.A, w, m.second[i].A)
		}
		before, after := lin.Size(ranks[:k]), lin.Size(ranks[k+1:])
		slice := func(b, r int) []float64 { return f.core.mean[(b*n+r)*after : (b*n+r+1)*after] }
		for b := range before {
			for r := range n {
				for q := range n {
					g.A[r*n+q] += lin.Dot(slice(b, r), slice(b, q))
				}
			}
		}
		l, err := lin.Cholesky(s)
		if err != nil {
			continue
		}
		values, v, err := lin.EigenSym(lin.Mul(lin.MulT(l, g), l))
		if err != nil || values[n-1] <= 0 {
			continue
		}
		// u = T u', core' = core·T with T = L V Σ^-½, where Σ² are the eigenvalues
		turn := lin.Mul(l, v)
		for j := range n {
			sigma := math.Sqrt(math.Max(values[j], 1e-12*values[n-1]))
			for i := range n {
				turn.A[i*n+j] /= math.Sqrt(sigma)
			}
			m.variance[j] = sigma
		}
		back := lin.New(n, n)
		lu := lin.Factor(turn)
		col := make([]float64, n)
		for j := range n {
			clear(col)
			col[j] = 1
			lu.Solve(col)
			for i, x := range col {
				back.Set(i, j, x)
			}
		}
		for i := range m.x {
			u := make([]float64, n)
			back.Apply(u, m.mean[i])
			m.mean[i] = u
			m.second[i] = lin.MulNT(lin.Mul(back, m.second[i]), back)
		}
		turned := turn.T()
		f.core.mean, _ = lin.Mode(f.core.mean, ranks, k, turned)
		m.empty()
	}
	// the spread of the core is renewed by its next update; until then it is what the prior says about directions of this size
	for i := range f.core.cov.A {
		f.core.cov.A[i] = 0
	}
	f.core.second = plus(f.core.cov, f.core.mean)
	f.trace = nil
}

// pruneTucker drops functions of a mode whose slice of the core times their size explains less than the limit.
func (f *fit) pruneTucker(limit float64) {
	for k, m := range f.modes {
		ranks := f.ranks()
		n := ranks[k]
		if n == 1 {
			continue
		}
		after := lin.Size(ranks[k+1:])
		energy := make([]float64, n)
		us := make([][]float64, len(ranks))
		for e := range f.e.y {
			for j, o := range f.modes {
				us[j] = o.mean[f.e.at[j][e]]
			}
			x, shape := f.core.mean, ranks
			for j := len(us) - 1; j >= 0; j-- {
				if j != k {
					x, shape = contract(x, shape, j, us[j])
				}
			}
			for r := range n {
				v := x[r] * us[k][r]
				energy[r] += v * v / float64(len(f.e.y))
			}
		}
		var keep []int
		for r, v := range energy {
			if v > limit {
				keep = append(keep, r)
			}
		}
		if len(keep) == 0 || len(keep) == n {
			continue
		}
		m.pick(keep)
		var entries []int
		for i := range f.core.mean {
			if r := i / after % n; slices.Contains(keep, r) {
				entries = append(entries, i)
			}
		}
		f.core.mean, f.core.cov = some(f.core.mean, entries), sub(f.core.cov, entries)
		f.core.second = plus(f.core.cov, f.core.mean)
	}
}
