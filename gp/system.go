package gp

import (
	"context"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/lin"
)

// system is a discretised problem: the equations tested on each axis and the inverse of their linear part.
type system struct {
	p       *Problem
	axes    []*axis
	shape   []int // R per axis
	raw     []int // R0 per axis
	nodes   [][]float64
	lift    []float64 // raw coefficients of a function with the boundary data
	rhs     []float64 // tested f − L lift
	notes   []string
	inverse func(v []float64) // v ← (L + shift)⁻¹ v, in place
	zero    int               // index of the null mode, −1 without one
	history []float64         // relative residual before every Newton step
}

// newSystem discretises with the bases that the axes already have.
func newSystem(p *Problem, axes []*axis) (*system, error) {
	s := &system{p: p, axes: axes, zero: -1}
	for _, a := range axes {
		if len(axes) > 1 {
			if a.twin != nil {
				a.copyFrom(a.twin)
			} else if err := a.finish(p); err != nil {
				return nil, err
			}
		}
		s.shape = append(s.shape, a.z.C)
		s.raw = append(s.raw, a.raw.Size())
		s.nodes = append(s.nodes, a.nodes)
	}
	if err := s.boundaryLift(); err != nil {
		return nil, err
	}
	f := make([]float64, gridSize(s.nodes))
	if p.Forcing != nil {
		if err := p.Forcing.On(f, s.nodes); err != nil {
			return nil, fmt.Errorf("gp: forcing: %w", err)
		}
	}
	s.rhs = s.tested(f)
	return s, s.subtractLift()
}

// tested maps nodal values to tested values.
func (s *system) tested(f []float64) []float64 {
	if len(s.axes) == 1 {
		a := s.axes[0]
		raw := make([]float64, a.project.R)
		a.project.Apply(raw, f)
		return a.testRaw(raw)
	}
	m := make([]*lin.Matrix, len(s.axes))
	for i, a := range s.axes {
		m[i] = &a.test
	}
	n := make([]int, len(s.axes))
	for i, g := range s.nodes {
		n[i] = len(g)
	}
	out, _ := lin.Modes(f, n, m)
	return out
}

// testRaw is zᵀ·raw.
func (a *axis) testRaw(raw []float64) []float64 {
	out := make([]float64, a.z.C)
	if a.shen != nil {
		a.shen.applyT(out, raw)
	} else {
		a.z.ApplyT(out, raw)
	}
	return out
}

// combine maps coefficients to raw coefficients: z along every axis.
func (s *system) combine(u []float64) []float64 {
	if a := s.axes[0]; len(s.axes) == 1 && a.shen != nil {
		raw := make([]float64, a.raw.Size())
		a.shen.apply(raw, u)
		return raw
	}
	m := make([]*lin.Matrix, len(s.axes))
	for i, a := range s.axes {
		m[i] = &a.z
	}
	out, _ := lin.Modes(u, s.shape, m)
	return out
}

// nodal evaluates raw coefficients at the nodes.
func (s *system) nodal(raw []float64) []float64 {
	m := make([]*lin.Matrix, len(s.axes))
	for i, a := range s.axes {
		m[i] = &a.phi
	}
	out, _ := lin.Modes(raw, s.raw, m)
	return out
}

// boundaryLift builds a function with all boundary data as a Boolean sum: axis by axis, the misfit of what is there already is spread into the domain by the low-degree lift functions.
func (s *system) boundaryLift() error {
	for i, a := range s.axes {
		if len(a.conds) == 0 {
			continue
		}
		data, nonzero, err := s.faceData(i)
		if err != nil {
			return err
		}
		if !nonzero && s.lift == nil {
			continue
		}
		shape := append([]int(nil), s.raw...)
		shape[i] = len(a.conds)
		if s.lift == nil {
			s.lift = make([]float64, lin.Size(s.raw))
		} else {
			have, _ := lin.Mode(s.lift, s.raw, i, a.ends)
			lin.Axpy(data, -1, have)
		}
		add, _ := lin.Mode(data, shape, i, a.lift)
		lin.Axpy(s.lift, 1, add)
	}
	return nil
}

// faceData is the boundary data of axis i on the raw functions of the other axes, one slice per condition along axis i.
func (s *system) faceData(i int) (data []float64, nonzero bool, err error) {
	a := s.axes[i]
	shape := append([]int(nil), s.raw...)
	shape[i] = 1
	size := lin.Size(shape)
	data = make([]float64, size*len(a.conds))
	before := lin.Size(shape[:i])
	after := size / before
	for c, cond := range a.conds {
		if cond.data.Value == nil {
			continue
		}
		v, err := s.p.face(cond.data, s.nodes)
		if err != nil {
			return nil, false, err
		}
		nodal := make([]int, len(s.axes))
		m := make([]*lin.Matrix, len(s.axes))
		for b, other := range s.axes {
			nodal[b], m[b] = len(s.nodes[b]), &other.project
		}
		nodal[i], m[i] = 1, nil
		coef, _ := lin.Modes(v, nodal, m)
		for b := range before {
			for j := range after {
				w := coef[b*after+j]
				data[(b*len(a.conds)+c)*after+j] = w
				nonzero = nonzero || w != 0
			}
		}
	}
	return data, nonzero, nil
}

// subtractLift takes L·lift from the right-hand side.
func (s *system) subtractLift() error {
	if s.lift == nil {
		return nil
	}
	if len(s.axes) == 1 {
		a := s.axes[0]
		op, err := a.liftOperator(s.p)
		if err != nil {
			return err
		}
		raw := make([]float64, op.R)
		op.Apply(raw, s.lift[:op.C])
		lin.Axpy(s.rhs, -1, a.testRaw(raw))
		return nil
	}
	for i := range s.axes {
		m := make([]*lin.Matrix, len(s.axes))
		for b, other := range s.axes {
			m[b] = &other.mass
		}
		m[i] = &s.axes[i].operator
		v, _ := lin.Modes(s.lift, s.raw, m)
		lin.Axpy(s.rhs, -1, v)
	}
	return nil
}

// liftOperator is the raw operator on the first few functions, all that a lift in one dimension uses.
func (a *axis) liftOperator(p *Problem) (lin.Matrix, error) {
	sub := *a
	if b, ok := a.raw.(basis.Legendre); ok {
		b.N = min(len(a.conds)+1, b.N)
		sub.raw = b
	}
	l, err := sub.applied(p, a.nodes)
	if err != nil {
		return l, err
	}
	return lin.Mul(a.project, l), nil
}

// prepare factors L + shift.
func (s *system) prepare(shift float64) error {
	if len(s.axes) == 1 {
		return s.prepareLine(shift)
	}
	forms := make([]*lin.Schur, len(s.axes))
	for i, a := range s.axes {
		forms[i] = a.schur
	}
	small, at, scale := math.Inf(1), 0, 0.0
	lin.EachSum(s.shape, forms, func(i int, v complex128) {
		if m := math.Hypot(real(v)+shift, imag(v)); m < small {
			small, at = m, i
		}
	})
	index := make([]int, len(s.shape))
	for a, i := len(s.shape)-1, at; a >= 0; a-- {
		index[a] = i % s.shape[a]
		i /= s.shape[a]
		v := forms[a].Values[index[a]]
		index[a] = rank(forms[a].Values, v, s.axes[a].constant[2])
		scale += math.Hypot(real(v), imag(v))
	}
	scale += math.Abs(shift)
	floor := s.spectralFloor()
	s.zero = -1
	if small <= 1e-11*math.Max(scale, floor) {
		if scale > 1e-6*floor || shift != 0 {
			return &SingularError{fmt.Sprintf("the eigenvalues of modes %v sum to zero (resonance)", index), small / math.Max(scale, floor)}
		}
		if err := s.nullMode(at); err != nil {
			return err
		}
	}
	s.inverse = func(v []float64) {
		if s.zero >= 0 {
			v[s.zero] = 0
		}
		lin.SolveSum(v, s.shape, forms, shift)
		if s.zero >= 0 {
			v[s.zero] = 0
		}
	}
	return nil
}

// rank is the number of a mode from zero, whatever the order of its basis: the count of longer waves, whose eigenvalues lie on the side away from the second derivative's sign.
func rank(values []complex128, v complex128, second float64) int {
	n := 0
	for _, w := range values {
		if d := real(w) - real(v); second >= 0 && d > 0 || second < 0 && d < 0 {
			n++
		}
	}
	return n
}

// spectralFloor is the size of the operator on waves as long as the domain: what an eigenvalue is compared with to be called zero.
func (s *system) spectralFloor() float64 {
	f := 0.0
	for _, a := range s.axes {
		for k, c := range a.constant {
			f += math.Abs(c) * math.Pow(math.Pi/a.domain.Length(), float64(k))
		}
	}
	return f
}

// nullMode accepts a constant null space where the data are compatible with it and refuses it otherwise.
func (s *system) nullMode(at int) error {
	if c := math.Abs(s.rhs[at]); c > 1e-7*lin.Norm(s.rhs) && c > 1e-12 {
		return &IllPosedError{fmt.Sprintf("no boundary condition fixes the level of the solution (Neumann or periodic everywhere, no zero-order term), and forcing and fluxes "+
			"are not compatible: their balance is %.3g of the forcing, expected 0", c/lin.Norm(s.rhs))}
	}
	s.zero = at
	s.notes = append(s.notes, "the solution is determined up to a constant: the one with zero mean beside the boundary lift is given")
	return nil
}

// prepareLine factors the operator of a problem in one dimension: banded where the axis is symmetric, dense otherwise.
func (s *system) prepareLine(shift float64) error {
	a := s.axes[0]
	s.zero = -1
	if a.shen != nil {
		a0 := a.constant[0] + shift
		if a0 == 0 && a.shen.k[0] == 0 {
			if err := s.nullMode(0); err != nil {
				return err
			}
			s.inverse = func(v []float64) {
				for k := range v {
					v[k] /= -a.constant[2] * a.shen.k[k]
				}
				v[0] = 0
			}
			return nil
		}
		band := a.shen.band(a.constant[2], a0)
		if err := a.resonance(a0); err != nil {
			return err
		}
		if pivot := band.Factor(); pivot == 0 {
			return &SingularError{"the operator has no inverse", pivot}
		}
		s.inverse = band.Solve
		return nil
	}
	op, err := a.rawOperator(s.p)
	if err != nil {
		return err
	}
	m := lin.Mul(lin.MulT(a.z, op), a.z)
	for i := range m.R {
		m.A[i*m.R+i] += shift
	}
	if _, ok := a.raw.(basis.Fourier); ok && lin.Norm(m.Row(0)) < 1e-13*s.spectralFloor() {
		if err := s.nullMode(0); err != nil {
			return err
		}
		m.A[0] = 1
	}
	// rows grow with the square of the degree: scale them, so that the smallest pivot means something
	scale := make([]float64, m.R)
	for i := range scale {
		for _, v := range m.Row(i) {
			scale[i] = math.Max(scale[i], math.Abs(v))
		}
		if scale[i] > 0 {
			for j := range m.Row(i) {
				m.A[i*m.R+j] /= scale[i]
			}
		}
	}
	f := lin.Factor(m)
	if pivot := f.MinPivot(); pivot < 1e-14 {
		return &SingularError{"the discretised operator has no inverse: a resonance or a null space", pivot}
	}
	s.inverse = func(v []float64) {
		for i := range v {
			v[i] /= scale[i]
		}
		f.Solve(v)
		if s.zero >= 0 {
			v[s.zero] = 0
		}
	}
	return nil
}

// resonance compares a0 with the exact eigenvalues of a2 u” between separated ends.
func (a *axis) resonance(a0 float64) error {
	r := a0 / a.constant[2]
	if r <= 0 {
		return nil
	}
	t := basis.Trigonometric{N: 1, A: a.domain.Lo, B: a.domain.Hi, Lo: basis.End(a.conds[0].order), Hi: basis.End(a.conds[1].order)}
	w := math.Sqrt(r)
	k := math.Round((w - t.Frequency(0)) * a.domain.Length() / math.Pi)
	if f := t.Frequency(0) + k*math.Pi/a.domain.Length(); k >= 0 && math.Abs(f*f-r) < 1e-11*r {
		return &SingularError{fmt.Sprintf("mode %d of axis %d is resonant: its eigenvalue equals the zero-order coefficient", int(k), a.index), math.Abs(f*f-r) / r}
	}
	return nil
}

// solve runs Newton's method (one step for a linear problem) and returns raw coefficients of the solution and the number of steps.
func (s *system) solve(ctx context.Context, opt Options) ([]float64, int, error) {
	if s.p.Nonlinearity == nil {
		if err := s.prepare(0); err != nil {
			return nil, 0, err
		}
		u := append([]float64(nil), s.rhs...)
		s.inverse(u)
		return s.total(u), 1, nil
	}
	return s.newton(ctx, opt)
}

// total adds the lift to combined coefficients.
func (s *system) total(u []float64) []float64 {
	raw := s.combine(u)
	if s.lift != nil {
		lin.Axpy(raw, 1, s.lift)
	}
	return raw
}
