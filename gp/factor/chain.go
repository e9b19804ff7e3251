package factor

import (
	"math"
	"sort"

	"github.com/eddy-pde/eddy/gp/lin"
)

// Matern is the smoothness of a function.
type Matern int

// The smoothnesses: ν = 1/2, 3/2, 5/2. Functions are 0, 1 or 2 times differentiable.
const (
	ThreeHalves Matern = iota // the default
	Half
	FiveHalves
)

// states is the dimension of the state of one function: its value and derivatives.
func (m Matern) states() int {
	switch m {
	case Half:
		return 1
	case FiveHalves:
		return 3
	}
	return 2
}

// rate is λ: derivatives in the state are divided by its powers, which keeps matrices well scaled.
func (m Matern) rate(length float64) float64 {
	return math.Sqrt([]float64{Half: 1, ThreeHalves: 3, FiveHalves: 5}[m]) / length
}

// stationary is the covariance of the state at unit variance.
func (m Matern) stationary() []float64 {
	switch m {
	case Half:
		return []float64{1}
	case FiveHalves:
		return []float64{1, 0, -1. / 3, 0, 1. / 3, 0, -1. / 3, 0, 1}
	}
	return []float64{1, 0, 0, 1}
}

// transition is exp(F·dt) for d = λ·dt.
func (m Matern) transition(d float64) []float64 {
	e := math.Exp(-d)
	var a []float64
	switch m {
	case Half:
		return []float64{e}
	case FiveHalves:
		a = []float64{
			(d*d + 2*d + 2) / 2, d * (d + 1), d * d / 2,
			-d * d / 2, 1 + d - d*d, d * (2 - d) / 2,
			d * (d - 2) / 2, d * (d - 3), (d*d - 4*d + 2) / 2,
		}
	default:
		a = []float64{1 + d, d, -d, 1 - d}
	}
	for i := range a {
		a[i] *= e
	}
	return a
}

// chain is R independent Gaussian processes of one mode at its sorted distinct coordinates, with pseudo-observations exp(−½ uᵀΛu + ηᵀu) of their values u at every coordinate. States are ordered by process, then by derivative.
type chain struct {
	kind     Matern
	x        []float64
	length   float64
	variance []float64 // per process

	filterMean, smoothMean [][]float64
	filterCov, smoothCov   []lin.Matrix
	logZ                   float64 // log of the mean of the product of all pseudo-observations under the prior
}

func (c *chain) size() int { return len(c.variance) * c.kind.states() }

// prior is the stationary covariance of all processes.
func (c *chain) prior() lin.Matrix {
	p := c.kind.states()
	m := lin.New(c.size(), c.size())
	s := c.kind.stationary()
	for r, v := range c.variance {
		for i := range p {
			for j := range p {
				m.Set(r*p+i, r*p+j, v*s[i*p+j])
			}
		}
	}
	return m
}

// move advances mean and covariance by dt.
func (c *chain) move(mean []float64, cov, prior lin.Matrix, dt float64) ([]float64, lin.Matrix) {
	a := c.kind.transition(c.kind.rate(c.length) * dt)
	out := make([]float64, len(mean))
	c.apply(out, mean, a)
	return out, c.spread(cov, prior, a)
}

// spread is A(P − P∞)Aᵀ + P∞ block by block, without matrices in between: this is the inner loop of the filter.
func (c *chain) spread(cov, prior lin.Matrix, a []float64) lin.Matrix {
	p, n := c.kind.states(), cov.R
	out := lin.New(n, n)
	var d, ad [9]float64
	for r := 0; r < n; r += p {
		for q := r; q < n; q += p {
			for i := range p {
				for j := range p {
					at := (r+i)*n + q + j
					d[i*p+j] = cov.A[at] - prior.A[at]
				}
			}
			for i := range p {
				for j := range p {
					v := 0.0
					for k := range p {
						v += a[i*p+k] * d[k*p+j]
					}
					ad[i*p+j] = v
				}
			}
			for i := range p {
				for j := range p {
					v := 0.0
					for k := range p {
						v += ad[i*p+k] * a[j*p+k]
					}
					v += prior.A[(r+i)*n+q+j]
					out.A[(r+i)*n+q+j], out.A[(q+j)*n+r+i] = v, v
				}
			}
		}
	}
	return out
}

// apply multiplies by the block-diagonal transition.
func (c *chain) apply(dst, x, a []float64) {
	p := c.kind.states()
	for r := 0; r < len(x); r += p {
		for i := range p {
			s := 0.0
			for j := range p {
				s += a[i*p+j] * x[r+j]
			}
			dst[r+i] = s
		}
	}
}

// left is A·M for the block-diagonal transition.
func (c *chain) left(m lin.Matrix, a []float64) lin.Matrix {
	p := c.kind.states()
	out := lin.New(m.R, m.C)
	for r := 0; r < m.R; r += p {
		for i := range p {
			row := out.Row(r + i)
			for j := range p {
				lin.Axpy(row, a[i*p+j], m.Row(r+j))
			}
		}
	}
	return out
}

func symmetrise(m lin.Matrix) {
	for i := range m.R {
		for j := range i {
			v := (m.At(i, j) + m.At(j, i)) / 2
			m.Set(i, j, v)
			m.Set(j, i, v)
		}
	}
}

// observe conditions a state on the pseudo-observation (Λ, η) and returns the log of its mean under the state.
func (c *chain) observe(mean []float64, cov, precision lin.Matrix, shift []float64) float64 {
	p, n := c.kind.states(), len(c.variance)
	s, b := lin.New(n, n), lin.New(len(mean), n) // H P Hᵀ and P Hᵀ
	mu := make([]float64, n)
	for r := range n {
		mu[r] = mean[r*p]
		for q := range n {
			s.Set(r, q, cov.At(r*p, q*p))
		}
		for i := range mean {
			b.Set(i, r, cov.At(i, r*p))
		}
	}
	w := lin.Mul(precision, s) // I + ΛS
	for r := range n {
		w.A[r*n+r]++
	}
	f := lin.Factor(w)
	e := make([]float64, n) // η − Λμ
	precision.Apply(e, mu)
	log := 0.0
	for r := range n {
		log += mu[r] * (shift[r] - 0.5*e[r])
		e[r] = shift[r] - e[r]
	}
	g := append([]float64(nil), e...)
	f.Solve(g) // (I + ΛS)⁻¹ (η − Λμ)
	sg := make([]float64, n)
	s.Apply(sg, g)
	log += 0.5*lin.Dot(e, sg) - 0.5*f.LogDet()
	move := make([]float64, len(mean))
	b.Apply(move, g)
	lin.Axpy(mean, 1, move)
	k := lin.New(n, n) // (I + ΛS)⁻¹ Λ
	col := make([]float64, n)
	for j := range n {
		for i := range n {
			col[i] = precision.At(i, j)
		}
		f.Solve(col)
		for i := range n {
			k.Set(i, j, col[i])
		}
	}
	d := lin.MulNT(lin.Mul(b, k), b)
	for i := range cov.A {
		cov.A[i] -= d.A[i]
	}
	symmetrise(cov)
	return log
}

// filter runs forward and returns the log evidence of the pseudo-observations; with keep it stores the filtered states.
func (c *chain) filter(precision []lin.Matrix, shift [][]float64, keep bool) float64 {
	prior := c.prior()
	mean, cov := make([]float64, c.size()), prior.Clone()
	log := 0.0
	if keep {
		c.filterMean, c.filterCov = make([][]float64, len(c.x)), make([]lin.Matrix, len(c.x))
	}
	for i := range c.x {
		if i > 0 {
			mean, cov = c.move(mean, cov, prior, c.x[i]-c.x[i-1])
		}
		log += c.observe(mean, cov, precision[i], shift[i])
		if keep {
			c.filterMean[i], c.filterCov[i] = append([]float64(nil), mean...), cov.Clone()
		}
	}
	return log
}

// infer filters and smooths.
func (c *chain) infer(precision []lin.Matrix, shift [][]float64) {
	c.logZ = c.filter(precision, shift, true)
	n := len(c.x)
	c.smoothMean, c.smoothCov = make([][]float64, n), make([]lin.Matrix, n)
	c.smoothMean[n-1], c.smoothCov[n-1] = c.filterMean[n-1], c.filterCov[n-1]
	prior := c.prior()
	for i := n - 2; i >= 0; i-- {
		c.smoothMean[i], c.smoothCov[i] = c.back(c.filterMean[i], c.filterCov[i], prior, c.x[i+1]-c.x[i], c.smoothMean[i+1], c.smoothCov[i+1])
	}
}

// back smooths a filtered state with the smoothed one that follows it by dt.
func (c *chain) back(mean []float64, cov, prior lin.Matrix, dt float64, nextMean []float64, nextCov lin.Matrix) ([]float64, lin.Matrix) {
	predicted, spread := c.move(mean, cov, prior, dt)
	a := c.kind.transition(c.kind.rate(c.length) * dt)
	cross := c.left(cov, a) // A P; the gain is its transpose times the inverse of spread
	f := lin.Factor(spread)
	n := len(mean)
	gain := lin.New(n, n)
	col := make([]float64, n)
	for j := range n {
		for i := range n {
			col[i] = cross.At(i, j)
		}
		f.Solve(col)
		copy(gain.Row(j), col) // spread is symmetric
	}
	diff := make([]float64, n)
	for i := range diff {
		diff[i] = nextMean[i] - predicted[i]
	}
	out := append([]float64(nil), mean...)
	move := make([]float64, n)
	gain.Apply(move, diff)
	lin.Axpy(out, 1, move)
	d := nextCov.Clone()
	for i := range d.A {
		d.A[i] -= spread.A[i]
	}
	v := lin.MulNT(lin.Mul(gain, d), gain)
	for i := range v.A {
		v.A[i] += cov.A[i]
	}
	symmetrise(v)
	return out, v
}

// at is mean and covariance of the processes at any coordinate.
func (c *chain) at(x float64) ([]float64, lin.Matrix) {
	n := len(c.x)
	i := sort.SearchFloat64s(c.x, x) // the first coordinate not below x
	if i < n && c.x[i] == x {
		return c.values(c.smoothMean[i], c.smoothCov[i])
	}
	prior := c.prior()
	mean, cov := make([]float64, c.size()), prior
	if i > 0 {
		mean, cov = c.move(c.filterMean[i-1], c.filterCov[i-1], prior, x-c.x[i-1])
	}
	if i < n {
		mean, cov = c.back(mean, cov, prior, c.x[i]-x, c.smoothMean[i], c.smoothCov[i])
	}
	return c.values(mean, cov)
}

// values picks the processes from their states.
func (c *chain) values(mean []float64, cov lin.Matrix) ([]float64, lin.Matrix) {
	p, n := c.kind.states(), len(c.variance)
	m, v := make([]float64, n), lin.New(n, n)
	for r := range n {
		m[r] = mean[r*p]
		for q := range n {
			v.Set(r, q, cov.At(r*p, q*p))
		}
	}
	return m, v
}
