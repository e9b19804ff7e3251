package gp

import (
	"context"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy/gp/lin"
)

// newtonState is one iterate: v = (L + c) û, the homogeneous part at the nodes, N(u) and N'(u) there, and the residual.
type newtonState struct {
	v, u, hom, value, slope, residual []float64
	norm                              float64
}

// newton solves L u + N(u) = f. Every step solves the linearised equation for the new iterate itself, so that the (badly scaled) operator is only ever inverted; GMRES is
// preconditioned by L + c with c the mean slope, and needs a number of products that does not grow with the resolution. Steps that do not reduce the residual are halved.
func (s *system) newton(ctx context.Context, opt Options) ([]float64, int, error) {
	c, err := s.meanSlope()
	if err != nil {
		return nil, 0, err
	}
	st, err := s.state(append([]float64(nil), s.rhs...), c)
	if err != nil {
		return nil, 0, err
	}
	limit := opt.Iterations
	if limit == 0 {
		limit = 30
	}
	for step := 1; step <= limit; step++ {
		if err := ctx.Err(); err != nil {
			return nil, step, err
		}
		s.history = append(s.history, st.norm/(lin.Norm(s.rhs)+lin.Norm(st.v)))
		if st.norm <= opt.Tolerance*(lin.Norm(s.rhs)+lin.Norm(st.v)) {
			return s.total(st.u), step, nil
		}
		target, err := s.newtonTarget(ctx, st, c, opt)
		if err != nil {
			return nil, step, err
		}
		next, err := s.damped(st, target, c)
		if err != nil {
			return nil, step, err
		}
		scale := lin.Norm(s.rhs) + lin.Norm(next.v)
		done := next.norm <= opt.Tolerance*scale || next.norm > 0.5*st.norm
		if next.norm < st.norm {
			st = next
		}
		if done {
			if st.norm > 1e-6*scale {
				return nil, step, fmt.Errorf("gp: Newton's method stalled at a relative residual of %.1e after %d steps: the problem may have no solution near the linear one, "+
					"or too few points", st.norm/scale, step)
			}
			s.history = append(s.history, st.norm/scale)
			return s.total(st.u), step, nil
		}
	}
	return nil, limit, fmt.Errorf("gp: Newton's method did not converge in %d steps (residual %.1e)", limit, st.norm)
}

// meanSlope prepares the preconditioner: the mean of N' over the solution of the equation linearised about the boundary lift.
func (s *system) meanSlope() (float64, error) {
	u := make([]float64, gridSize(s.nodes))
	if s.lift != nil {
		u = s.nodal(s.lift)
	}
	slope := make([]float64, len(u))
	mean := func() (float64, error) {
		if err := s.p.Nonlinearity.WithU(nil, slope, u, s.nodes); err != nil {
			return 0, fmt.Errorf("gp: nonlinearity: %w", err)
		}
		m := 0.0
		for _, v := range slope {
			m += v / float64(len(slope))
		}
		return m, nil
	}
	c, err := mean()
	if err != nil {
		return 0, err
	}
	if err := s.prepare(c); err != nil { // resonant with this c: a small change serves as well
		c += 0.01 * s.spectralFloor()
		if err := s.prepare(c); err != nil {
			return 0, err
		}
	}
	return c, nil
}

// state evaluates everything at v.
func (s *system) state(v []float64, c float64) (*newtonState, error) {
	st := &newtonState{v: v, u: append([]float64(nil), v...)}
	s.inverse(st.u)
	st.hom = s.nodal(s.combine(st.u))
	full := append([]float64(nil), st.hom...)
	if s.lift != nil {
		lin.Axpy(full, 1, s.nodal(s.lift))
	}
	st.value, st.slope = make([]float64, len(full)), make([]float64, len(full))
	if err := s.p.Nonlinearity.WithU(st.value, st.slope, full, s.nodes); err != nil {
		return nil, fmt.Errorf("gp: nonlinearity: %w", err)
	}
	work := make([]float64, len(full))
	for i := range work {
		work[i] = st.value[i] - c*st.hom[i]
	}
	st.residual = s.tested(work)
	for i := range st.residual {
		st.residual[i] += v[i] - s.rhs[i]
	}
	st.norm = lin.Norm(st.residual)
	if math.IsNaN(st.norm) {
		st.norm = math.Inf(1)
	}
	return st, nil
}

// newtonTarget solves [L + N'(u)] û = rhs − N(u) + N'(u) u for v = (L + c) û.
func (s *system) newtonTarget(ctx context.Context, st *newtonState, c float64, opt Options) ([]float64, error) {
	apply := func(dst, v []float64) {
		u := append([]float64(nil), v...)
		s.inverse(u)
		h := s.nodal(s.combine(u))
		for i := range h {
			h[i] *= st.slope[i] - c
		}
		copy(dst, s.tested(h))
		lin.Axpy(dst, 1, v)
	}
	// for the correction: right-hand side is minus the residual, which keeps GMRES' tolerance relative to what is left
	b := make([]float64, len(st.residual))
	for i, r := range st.residual {
		b[i] = -r
	}
	d, rel, _ := lin.GMRES(ctx, apply, b, math.Max(1e-10, opt.Tolerance), 80)
	if rel > 0.1 {
		return nil, fmt.Errorf("gp: the linearised equation did not converge (relative residual %.1e after 80 products): the operator is nearly singular there", rel)
	}
	return d, nil
}

// damped halves the step until the residual falls.
func (s *system) damped(st *newtonState, d []float64, c float64) (*newtonState, error) {
	step, halvings := 1.0, 10
	if st.norm <= 1e-9*lin.Norm(st.v) {
		halvings = 1 // what is left is rounding
	}
	var next *newtonState
	for range halvings {
		v := append([]float64(nil), st.v...)
		lin.Axpy(v, step, d)
		var err error
		next, err = s.state(v, c)
		if err == nil && next.norm < st.norm {
			return next, nil
		}
		if err != nil && step < 0.01 {
			return nil, err
		}
		step /= 2
	}
	if next == nil {
		return st, nil
	}
	return next, nil
}
