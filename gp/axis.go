package gp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/lin"
)

// condition is one homogeneous constraint of an axis: the order-th derivative at an end.
type condition struct {
	at    float64
	order int
	data  Boundary
}

// axis is everything a solver knows about one direction. R0 raw functions represent the whole solution; R of their combinations (the columns of z) satisfy the
// homogeneous boundary conditions; N nodes carry the equation.
type axis struct {
	index    int
	domain   Interval
	terms    []Term
	raw      basis.Basis
	nodes    []float64  // N
	weights  []float64  // N
	phi      lin.Matrix // N×R0, raw functions at the nodes
	project  lin.Matrix // R0×N, nodal values → raw coefficients
	conds    []condition
	ends     lin.Matrix // m×R0, the conditions on raw coefficients
	lift     lin.Matrix // R0×m, low-degree functions with ends·lift = I
	z        lin.Matrix // R0×R
	test     lin.Matrix // R×N, nodal values → tested values
	operator lin.Matrix // R×R0, tested operator on raw coefficients
	mass     lin.Matrix // R×R0, tested identity on raw coefficients
	schur    *lin.Schur
	shen     *shenBasis // set where the axis is symmetric: separated ends, constant a2 u'' + a0 u
	constant []float64  // coefficients by order where they are constant, else their means
	isConst  bool
	waves    []float64 // frequencies of a feature plan
	periodic bool
	twin     *axis // an equal axis whose matrices this one shares
}

// eval is the matrix of the order-th derivative of the raw functions at x.
func (a *axis) eval(x []float64, order int) lin.Matrix { return evalBasis(a.raw, x, order) }

func evalBasis(b basis.Basis, x []float64, order int) lin.Matrix {
	m := lin.New(len(x), b.Size())
	b.Eval(m.A, x, order)
	return m
}

// newAxis collects terms and conditions of one direction, without choosing a basis.
func newAxis(p *Problem, index int) (*axis, error) {
	a := &axis{index: index, domain: p.Domain[index], constant: make([]float64, MaxOrder+1), isConst: true}
	probe := linspace(a.domain, 65)
	for _, t := range p.Terms {
		if t.Axis != index {
			continue
		}
		a.terms = append(a.terms, t)
		c, err := p.coefficient(t, probe)
		if err != nil {
			return nil, err
		}
		lo, hi, mean := c[0], c[0], 0.0
		for _, v := range c {
			lo, hi, mean = math.Min(lo, v), math.Max(hi, v), mean+v/float64(len(c))
		}
		if hi-lo > 0 {
			a.isConst = false
		} else {
			mean = lo
		}
		a.constant[t.Order] += mean
	}
	for _, b := range p.Boundary {
		if b.Axis != index {
			continue
		}
		if b.Kind == Periodic {
			a.periodic = true
			continue
		}
		c := condition{at: a.domain.Lo, data: b}
		if b.Side == Hi {
			c.at = a.domain.Hi
		}
		if b.Kind == Neumann {
			c.order = 1
		}
		a.conds = append(a.conds, c)
	}
	return a, nil
}

// order is the highest derivative along the axis.
func (a *axis) order() int {
	k := 0
	for _, t := range a.terms {
		k = max(k, t.Order)
	}
	return k
}

// complete gives the axis all polynomials (or waves, if periodic) of the given size on n nodes.
func (a *axis) complete(p *Problem, size, n int) error {
	lo, hi := a.domain.Lo, a.domain.Hi
	if a.periodic {
		size |= 1
		n = max(n, size)
		a.raw = basis.Fourier{N: size, A: lo, B: hi}
		a.nodes, a.weights = make([]float64, n), make([]float64, n)
		for i := range a.nodes {
			a.nodes[i] = lo + (hi-lo)*float64(i)/float64(n)
			a.weights[i] = (hi - lo) / float64(n)
		}
	} else {
		a.raw = basis.Legendre{N: size, A: lo, B: hi}
		a.nodes, a.weights = basis.Gauss(max(n, size), lo, hi)
	}
	a.phi = a.eval(a.nodes, 0)
	a.project = weighted(a.phi, a.weights).T()
	if err := a.boundary(); err != nil {
		return err
	}
	if a.shenApplies() {
		a.shen = newShen(a)
		a.z = a.shen.matrix(size)
		return nil
	}
	a.z = nullSpace(a.ends, size)
	return nil
}

// weighted scales row i of m by w[i], into a copy.
func weighted(m lin.Matrix, w []float64) lin.Matrix {
	out := m.Clone()
	for i, s := range w {
		row := out.Row(i)
		for j := range row {
			row[j] *= s
		}
	}
	return out
}

// boundary sets the conditions on coefficients and the lift functions: the smallest combination of the first m+1 raw functions.
func (a *axis) boundary() error {
	m, size := len(a.conds), a.raw.Size()
	a.ends, a.lift = lin.New(m, size), lin.New(size, m)
	for i, c := range a.conds {
		copy(a.ends.Row(i), a.eval([]float64{c.at}, c.order).A)
	}
	if m == 0 {
		return nil
	}
	cols := min(m+1, size)
	e := lin.New(m, cols)
	for i := range m {
		copy(e.Row(i), a.ends.Row(i)[:cols])
	}
	gram := lin.Factor(lin.MulNT(e, e))
	if gram.MinPivot() < 1e-14 {
		return &IllPosedError{fmt.Sprintf("the conditions on axis %d depend on each other", a.index)}
	}
	for j := range m {
		unit := make([]float64, m)
		unit[j] = 1
		gram.Solve(unit)
		for k := range cols {
			for i := range m {
				a.lift.A[k*m+j] += e.At(i, k) * unit[i]
			}
		}
	}
	return nil
}

// nullSpace is an orthonormal basis (size×(size−m)) of the coefficients that satisfy the conditions.
func nullSpace(ends lin.Matrix, size int) lin.Matrix {
	m := ends.R
	if m == 0 {
		return lin.Identity(size)
	}
	t := mat.NewDense(size, m, nil)
	for i := range m {
		n := lin.Norm(ends.Row(i))
		for k, v := range ends.Row(i) {
			t.Set(k, i, v/n)
		}
	}
	var qr mat.QR
	qr.Factorize(t)
	var q mat.Dense
	qr.QTo(&q)
	z := lin.New(size, size-m)
	for k := range size {
		for j := range size - m {
			z.A[k*z.C+j] = q.At(k, j+m)
		}
	}
	return z
}

// applied is the matrix L_a φ at the points x.
func (a *axis) applied(p *Problem, x []float64) (lin.Matrix, error) {
	sum := lin.New(len(x), a.raw.Size())
	for _, t := range a.terms {
		c, err := p.coefficient(t, x)
		if err != nil {
			return sum, fmt.Errorf("gp: coefficient of order %d on axis %d: %w", t.Order, a.index, err)
		}
		d := a.eval(x, t.Order)
		for i, s := range c {
			lin.Axpy(sum.Row(i), s, d.Row(i))
		}
	}
	return sum, nil
}

// rawOperator is the matrix from raw coefficients to raw coefficients of L_a u: closed form where the coefficients are constant, by quadrature otherwise.
func (a *axis) rawOperator(p *Problem) (lin.Matrix, error) {
	leg, ok := a.raw.(basis.Legendre)
	if !ok || !a.isConst {
		l, err := a.applied(p, a.nodes)
		if err != nil {
			return l, err
		}
		return lin.Mul(a.project, l), nil
	}
	n := leg.N
	sum := lin.New(n, n)
	d := func(order int) lin.Matrix { return lin.Matrix{R: n, C: n, A: leg.Derivative(order)} }
	for k, c := range a.constant {
		if c == 0 {
			continue
		}
		var m lin.Matrix
		switch k {
		case 0:
			m = lin.Identity(n)
		case 1, 2:
			m = d(k)
		case 3:
			m = lin.Mul(d(1), d(2))
		default:
			m = lin.Mul(d(2), d(2))
		}
		lin.Axpy(sum.A, c, m.A)
	}
	return sum, nil
}

// finish computes the eigenbasis (or Schur form) and the matrices between nodes, tests and coefficients for problems of several axes.
func (a *axis) finish(p *Problem) error {
	if a.shen != nil {
		lambda, z, err := a.shen.eigen(a.raw.Size())
		if err != nil {
			return err
		}
		a.z = z
		for i := range lambda {
			lambda[i] = a.constant[0] - a.constant[2]*lambda[i]
		}
		a.schur = lin.DiagonalSchur(lambda)
	}
	if _, ok := a.raw.(basis.Features); ok {
		return a.finishFeatures(p)
	}
	op, err := a.rawOperator(p)
	if err != nil {
		return err
	}
	a.operator = lin.MulT(a.z, op)
	a.mass = a.z.T()
	a.test = lin.Mul(a.mass, a.project)
	if a.schur != nil {
		return nil
	}
	galerkin := lin.Mul(a.operator, a.z)
	if f, ok := a.raw.(basis.Fourier); ok && a.isConst && a.constant[1] == 0 && a.constant[3] == 0 {
		values := make([]float64, f.N)
		for k := range values {
			w := f.Frequency(k)
			values[k] = a.constant[0] - a.constant[2]*w*w + a.constant[4]*w*w*w*w
		}
		a.schur = lin.DiagonalSchur(values)
		return nil
	}
	a.schur, err = lin.NewSchur(galerkin)
	return err
}

// finishFeatures is finish for functions that are not orthonormal and whose derivatives leave their span: everything is tested by quadrature.
func (a *axis) finishFeatures(p *Problem) error {
	l, err := a.applied(p, a.nodes)
	if err != nil {
		return err
	}
	theta := lin.Mul(a.phi, a.z)
	a.test = weighted(theta, a.weights).T()
	galerkin := lin.Mul(a.test, lin.Mul(l, a.z))
	if a.shenApplies() {
		slope := lin.Mul(a.eval(a.nodes, 1), a.z)
		galerkin = lin.MulT(slope, weighted(slope, a.weights))
		values, v, err := lin.EigenSym(galerkin)
		if err != nil {
			return err
		}
		a.z = lin.Mul(a.z, v)
		a.test = lin.MulT(v, a.test)
		for i := range values {
			values[i] = a.constant[0] - a.constant[2]*values[i]
		}
		a.schur = lin.DiagonalSchur(values)
	} else if a.schur, err = lin.NewSchur(galerkin); err != nil {
		return err
	}
	a.operator, a.mass = lin.Mul(a.test, l), lin.Mul(a.test, a.phi)
	return nil
}
