package gp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/lin"
)

// chebAxis is one direction of the classical collocation: values at Chebyshev-Lobatto points, the equation at the inner ones, boundary rows for the rest.
type chebAxis struct {
	*axis
	points  []float64
	inner   []int // indices of points where the equation is met
	outer   []int // indices of points that the conditions determine
	values  lin.Matrix
	coef    lin.Matrix // values → Chebyshev coefficients
	op      lin.Matrix // inner rows of L on all values
	bc      lin.Matrix // conditions on all values
	fill    lin.Matrix // outer values from conditions: outer = fillG·g − fillU·inner
	fillU   lin.Matrix
	schur   *lin.Schur
	reduced lin.Matrix // the operator on inner values
	single  bool       // the only axis
}

// solveCheb is the classical baseline: Chebyshev collocation at Problem.Points points per axis, boundary values eliminated, the sum over axes solved through Schur forms
// (a diagonalisation would lose what the non-normal second-derivative matrix amplifies), Newton-Krylov for a nonlinearity.
func solveCheb(ctx context.Context, p *Problem, opt Options) (*Posterior, error) {
	if p.Data != nil || p.Noise != 0 || len(p.Sensors) > 0 {
		return nil, errors.New("gp: solver cheb takes an exact forcing given as a function: noise, gridded data and sensors need solver fdsm")
	}
	plain, err := newAxes(p)
	if err != nil {
		return nil, err
	}
	if err := wellPosed(p, plain); err != nil {
		return nil, err
	}
	axes := make([]*chebAxis, len(plain))
	for i, a := range plain {
		if axes[i], err = newChebAxis(p, a); err != nil {
			return nil, err
		}
	}
	s := &chebSystem{p: p, axes: axes}
	values, steps, err := s.solve(ctx, opt)
	if err != nil {
		return nil, err
	}
	q := &Posterior{problem: p, Unknowns: lin.Size(s.innerShape()), Iterations: steps, Plan: "chebyshev"}
	shape := s.shape()
	m := make([]*lin.Matrix, len(axes))
	field := tensorField{}
	for i, a := range axes {
		m[i] = &a.coef
		field.bases = append(field.bases, a.raw)
		q.Points = append(q.Points, len(a.points))
		a.nodes = a.points
	}
	field.coef, _ = lin.Modes(values, shape, m)
	q.mean = []tensorField{field}
	if err := q.estimate(plain); err != nil {
		return nil, err
	}
	q.Noise = q.Residual
	return q, nil
}

func newChebAxis(p *Problem, a *axis) (*chebAxis, error) {
	n := p.Points[a.index]
	c := &chebAxis{axis: a, single: p.Dim() == 1}
	if a.periodic {
		n |= 1
		a.raw = basis.Fourier{N: n, A: a.domain.Lo, B: a.domain.Hi}
		c.points = make([]float64, n)
		for i := range c.points {
			c.points[i] = a.domain.Lo + a.domain.Length()*float64(i)/float64(n)
		}
	} else {
		a.raw = basis.Chebyshev{N: n, A: a.domain.Lo, B: a.domain.Hi}
		c.points = basis.Lobatto(n, a.domain.Lo, a.domain.Hi)
	}
	c.values = a.eval(c.points, 0)
	c.coef = inverseTransform(a, c)
	c.split()
	xs := make([]float64, len(c.inner))
	for i, k := range c.inner {
		xs[i] = c.points[k]
	}
	l, err := a.applied(p, xs)
	if err != nil {
		return nil, err
	}
	c.op = lin.Mul(l, c.coef)
	return c, c.eliminate()
}

// inverseTransform is the closed-form inverse of the collocation matrix.
func inverseTransform(a *axis, c *chebAxis) lin.Matrix {
	n := len(c.points)
	if a.periodic {
		h := a.domain.Length() / float64(n)
		w := make([]float64, n)
		for i := range w {
			w[i] = h
		}
		return weighted(c.values, w).T()
	}
	m := lin.New(n, n)
	for k := range n {
		for j := range n {
			v := 2 / float64(n-1) * c.values.At(j, k)
			if k == 0 || k == n-1 {
				v /= 2
			}
			if j == 0 || j == n-1 {
				v /= 2
			}
			m.Set(k, j, v)
		}
	}
	return m
}

// split gives the points next to the ends that carry conditions to the conditions.
func (c *chebAxis) split() {
	n := len(c.points)
	lo, hi := 0, 0
	for _, cond := range c.conds {
		if cond.data.Side == Lo {
			lo++
		} else {
			hi++
		}
	}
	for k := range n {
		if k < lo || k >= n-hi {
			c.outer = append(c.outer, k)
		} else {
			c.inner = append(c.inner, k)
		}
	}
}

// eliminate expresses the outer values by the conditions and the inner values, and factors the operator on the inner ones.
func (c *chebAxis) eliminate() error {
	m, n := len(c.conds), len(c.points)
	c.bc = lin.New(m, n)
	for i, cond := range c.conds {
		row := lin.Mul(c.eval([]float64{cond.at}, cond.order), c.coef)
		copy(c.bc.Row(i), row.A)
	}
	c.fill, c.fillU = lin.New(m, m), lin.New(m, len(c.inner))
	reduced := lin.New(len(c.inner), len(c.inner))
	for i := range c.inner {
		for j, k := range c.inner {
			reduced.Set(i, j, c.op.At(i, k))
		}
	}
	if m > 0 {
		square := lin.New(m, m)
		for i := range m {
			for j, k := range c.outer {
				square.Set(i, j, c.bc.At(i, k))
			}
		}
		f := lin.Factor(square)
		if f.MinPivot() < 1e-14 {
			return &IllPosedError{fmt.Sprintf("the conditions on axis %d depend on each other", c.index)}
		}
		col := make([]float64, m)
		for j := range m {
			clear(col)
			col[j] = 1
			f.Solve(col)
			for i := range m {
				c.fill.Set(i, j, col[i])
			}
		}
		for j, k := range c.inner {
			for i := range m {
				col[i] = c.bc.At(i, k)
			}
			f.Solve(col)
			for i := range m {
				c.fillU.Set(i, j, col[i])
			}
		}
		outer := lin.New(len(c.inner), m)
		for i := range c.inner {
			for j, k := range c.outer {
				outer.Set(i, j, c.op.At(i, k))
			}
		}
		lin.Axpy(reduced.A, -1, lin.Mul(outer, c.fillU).A)
	}
	c.reduced = reduced
	if c.single {
		return nil
	}
	var err error
	c.schur, err = lin.NewSchur(reduced)
	return err
}

// lineInverse is the inverse in one dimension: a dense factorisation per shift.
func (c *chebAxis) lineInverse() func(v []float64, shift float64) {
	var f *lin.LU
	last := math.NaN()
	return func(v []float64, shift float64) {
		if shift != last {
			m := c.reduced.Clone()
			for i := range m.R {
				m.A[i*m.R+i] += shift
			}
			f, last = lin.Factor(m), shift
		}
		f.Solve(v)
	}
}

// chebSystem is the collocated problem.
type chebSystem struct {
	p    *Problem
	axes []*chebAxis
}

func (s *chebSystem) shape() (n []int) {
	for _, a := range s.axes {
		n = append(n, len(a.points))
	}
	return n
}

func (s *chebSystem) innerShape() (n []int) {
	for _, a := range s.axes {
		n = append(n, len(a.inner))
	}
	return n
}

func (s *chebSystem) innerGrid() [][]float64 {
	grid := make([][]float64, len(s.axes))
	for i, a := range s.axes {
		for _, k := range a.inner {
			grid[i] = append(grid[i], a.points[k])
		}
	}
	return grid
}

// full completes values at inner points by the boundary conditions, axis by axis; data adds the boundary data (they are linear: without data the homogeneous conditions).
func (s *chebSystem) full(inner []float64, data func(a *chebAxis, grid [][]float64) ([]float64, error)) ([]float64, error) {
	v, shape := inner, s.innerShape()
	grid := s.innerGrid()
	for i, a := range s.axes {
		expand := lin.New(len(a.points), len(a.inner))
		for j, k := range a.inner {
			expand.Set(k, j, 1)
		}
		for r, k := range a.outer {
			for j := range a.inner {
				expand.Set(k, j, -a.fillU.At(r, j))
			}
		}
		v, shape = lin.Mode(v, shape, i, expand)
		if data != nil && len(a.conds) > 0 {
			g, err := data(a, grid)
			if err != nil {
				return nil, err
			}
			spread := lin.New(len(a.points), len(a.conds))
			for r, k := range a.outer {
				copy(spread.Row(k), a.fill.Row(r))
			}
			gs := append([]int(nil), shape...)
			gs[i] = len(a.conds)
			add, _ := lin.Mode(g, gs, i, spread)
			lin.Axpy(v, 1, add)
		}
		grid[i] = a.points
	}
	return v, nil
}

// conditionData evaluates the data of an axis on a grid, one slice per condition.
func (s *chebSystem) conditionData(a *chebAxis, grid [][]float64) ([]float64, error) {
	g := append([][]float64(nil), grid...)
	g[a.index] = []float64{0}
	before, after := gridSize(g[:a.index]), gridSize(g[a.index+1:])
	out := make([]float64, before*after*len(a.conds))
	for c, cond := range a.conds {
		v, err := s.p.face(cond.data, grid)
		if err != nil {
			return nil, err
		}
		for b := range before {
			copy(out[(b*len(a.conds)+c)*after:(b*len(a.conds)+c+1)*after], v[b*after:(b+1)*after])
		}
	}
	return out, nil
}

// apply is L on values at all points, at the inner ones.
func (s *chebSystem) apply(full []float64) []float64 {
	shape := s.shape()
	pick := make([]lin.Matrix, len(s.axes))
	for i, a := range s.axes {
		pick[i] = lin.New(len(a.inner), len(a.points))
		for r, k := range a.inner {
			pick[i].Set(r, k, 1)
		}
	}
	sum := make([]float64, lin.Size(s.innerShape()))
	for i := range s.axes {
		m := make([]*lin.Matrix, len(s.axes))
		for b := range s.axes {
			m[b] = &pick[b]
		}
		m[i] = &s.axes[i].op
		v, _ := lin.Modes(full, shape, m)
		lin.Axpy(sum, 1, v)
	}
	return sum
}

func (s *chebSystem) solve(ctx context.Context, opt Options) ([]float64, int, error) {
	grid := s.innerGrid()
	n := gridSize(grid)
	f := make([]float64, n)
	if s.p.Forcing != nil {
		if err := s.p.Forcing.On(f, grid); err != nil {
			return nil, 0, fmt.Errorf("gp: forcing: %w", err)
		}
	}
	lift, err := s.full(make([]float64, n), s.conditionData)
	if err != nil {
		return nil, 0, err
	}
	rhs := append([]float64(nil), f...)
	lin.Axpy(rhs, -1, s.apply(lift))
	forms := make([]*lin.Schur, len(s.axes))
	scale := 0.0
	for i, a := range s.axes {
		forms[i] = a.schur
		for k, c := range a.constant {
			scale += math.Abs(c) * math.Pow(math.Pi/a.domain.Length(), float64(k))
		}
	}
	inverse := func(v []float64, shift float64) { lin.SolveSum(v, s.innerShape(), forms, shift) }
	smallest := math.Inf(1)
	if len(s.axes) == 1 {
		inverse = s.axes[0].lineInverse()
		probe := make([]float64, n)
		for i := range probe {
			probe[i] = math.Cos(float64(i * i))
		}
		size := lin.Norm(probe)
		inverse(probe, 0)
		smallest = size / lin.Norm(probe)
	} else {
		lin.EachSum(s.innerShape(), forms, func(_ int, v complex128) { smallest = math.Min(smallest, math.Hypot(real(v), imag(v))) })
	}
	if s.p.Nonlinearity == nil {
		if smallest < 1e-9*scale {
			return nil, 0, &SingularError{"an eigenvalue of the collocated operator is zero: a resonance or a null space", smallest / scale}
		}
		inverse(rhs, 0)
		out, err := s.full(rhs, s.conditionData)
		return out, 1, err
	}
	return s.newton(ctx, opt, rhs, lift, inverse, 0.3*scale)
}

// newton iterates on v = (L + c) u at the inner points, as fdsm does.
func (s *chebSystem) newton(ctx context.Context, opt Options, rhs, lift []float64, inverse func([]float64, float64), nudge float64) ([]float64, int, error) {
	grid, n := s.innerGrid(), len(rhs)
	liftInner := s.pickInner(lift)
	value, slope, full := make([]float64, n), make([]float64, n), make([]float64, n)
	eval := func(u []float64) error {
		for i := range full {
			full[i] = u[i] + liftInner[i]
		}
		return s.p.Nonlinearity.WithU(value, slope, full, grid)
	}
	u := make([]float64, n)
	if err := eval(u); err != nil {
		return nil, 0, fmt.Errorf("gp: nonlinearity: %w", err)
	}
	c := nudge
	for _, v := range slope {
		c += v / float64(n)
	}
	v := append([]float64(nil), rhs...)
	copy(u, v)
	inverse(u, c)
	last := math.Inf(1)
	limit := opt.Iterations
	if limit == 0 {
		limit = 30
	}
	for step := 1; step <= limit; step++ {
		if err := eval(u); err != nil {
			return nil, step, fmt.Errorf("gp: nonlinearity: %w", err)
		}
		b := make([]float64, n)
		for i := range b {
			b[i] = rhs[i] - v[i] - value[i] + c*u[i]
		}
		norm := lin.Norm(b)
		if norm <= opt.Tolerance*(lin.Norm(rhs)+lin.Norm(v)) || norm >= 0.9*last && norm < 1e-8*lin.Norm(v) {
			out, err := s.full(u, s.conditionData)
			return out, step, err
		}
		last = norm
		d, rel, _ := lin.GMRES(ctx, func(dst, x []float64) {
			copy(dst, x)
			inverse(dst, c)
			for i := range dst {
				dst[i] = x[i] + (slope[i]-c)*dst[i]
			}
		}, b, 1e-10, 80)
		if rel > 0.1 || ctx.Err() != nil {
			return nil, step, errors.Join(ctx.Err(), fmt.Errorf("gp: the linearised equation did not converge (relative residual %.1e)", rel))
		}
		lin.Axpy(v, 1, d)
		copy(u, v)
		inverse(u, c)
	}
	return nil, limit, fmt.Errorf("gp: Newton's method did not converge in %d steps", limit)
}

func (s *chebSystem) pickInner(full []float64) []float64 {
	shape := s.shape()
	m := make([]*lin.Matrix, len(s.axes))
	for i, a := range s.axes {
		pick := lin.New(len(a.inner), len(a.points))
		for r, k := range a.inner {
			pick.Set(r, k, 1)
		}
		m[i] = &pick
	}
	out, _ := lin.Modes(full, shape, m)
	return out
}
