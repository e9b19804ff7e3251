package gp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/lin"
)

// resolved is the residual off the nodes, relative to the forcing, below which a plan is taken without looking for a better one. Rounding alone gives 1e-11 to 1e-9, since
// second derivatives of a degree-N polynomial amplify it by N⁴/L².
const resolved = 1e-8

// solveFDSM solves with the complete block and, where its residual shows that it does not resolve the problem, with spectral-mixture features at the frequencies of the data.
// The plan with the smaller residual off the nodes wins; the exact solution plays no part.
func solveFDSM(ctx context.Context, p *Problem, opt Options) (*Posterior, error) {
	axes, err := newAxes(p)
	if err != nil {
		return nil, err
	}
	if err := wellPosed(p, axes); err != nil {
		return nil, err
	}
	if p.Data != nil || p.Noise != 0 || len(p.Sensors) > 0 {
		return solveNoisy(ctx, p, opt)
	}
	var best *Posterior
	var failed error
	if opt.Plan != PlanFeatures {
		if best, failed = solveComplete(ctx, p, opt); failed != nil && !isStall(failed) {
			return nil, failed
		}
		if best != nil && (best.Residual < resolved || opt.Plan == PlanComplete) {
			return best, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if opt.Plan == PlanComplete {
		return nil, failed
	}
	alt, err := solveFeatures(ctx, p, opt)
	switch {
	case err != nil && best == nil:
		return nil, errors.Join(failed, err)
	case err != nil:
		best.Notes = append(best.Notes, "features were tried and failed: "+err.Error())
		return best, nil //nolint:nilerr // what went wrong is in the notes
	case best == nil || alt.Residual < best.Residual:
		return alt, nil
	}
	return best, nil
}

// isStall tells an iteration that did not converge from a refusal.
func isStall(err error) bool {
	var ill *IllPosedError
	var singular *SingularError
	var expression *ExpressionError
	return !errors.As(err, &ill) && !errors.As(err, &singular) && !errors.As(err, &expression) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

func newAxes(p *Problem) ([]*axis, error) {
	axes := make([]*axis, p.Dim())
	for i := range axes {
		a, err := newAxis(p, i)
		if err != nil {
			return nil, err
		}
		axes[i] = a
	}
	return axes, nil
}

// solveComplete uses all polynomials up to the degree that the data need, at most the number of points. If the residual says that this was too few, the full number is used.
func solveComplete(ctx context.Context, p *Problem, opt Options) (*Posterior, error) {
	sizes, err := dataDegrees(p)
	if err != nil {
		return nil, err
	}
	q, err := solveSizes(ctx, p, opt, sizes)
	full := true
	for a, n := range sizes {
		full = full && n >= p.Points[a]
	}
	if full || err != nil && !isStall(err) || err == nil && q.Residual < resolved {
		return q, err
	}
	r, errFull := solveSizes(ctx, p, opt, p.Points)
	if err != nil || errFull == nil && r.Residual < q.Residual {
		return r, errFull
	}
	return q, nil
}

func solveSizes(ctx context.Context, p *Problem, opt Options, sizes []int) (*Posterior, error) {
	axes, err := newAxes(p)
	if err != nil {
		return nil, err
	}
	for i, a := range axes {
		twin := -1
		for j := range i {
			if sizes[j] == sizes[i] && sameAxis(axes[j], a) {
				twin = j
			}
		}
		if twin >= 0 && p.Dim() > 1 && axes[twin].shen != nil {
			a.copyFrom(axes[twin])
			continue
		}
		if err := a.complete(p, sizes[i], sizes[i]); err != nil {
			return nil, err
		}
	}
	q, err := solveWith(ctx, p, opt, axes)
	if q != nil {
		q.Plan = PlanComplete
		q.Points = sizes
	}
	return q, err
}

// solveWith solves on axes that have their bases.
func solveWith(ctx context.Context, p *Problem, opt Options, axes []*axis) (*Posterior, error) {
	s, err := newSystem(p, axes)
	if err != nil {
		return nil, err
	}
	raw, steps, err := s.solve(ctx, opt)
	if err != nil {
		return nil, err
	}
	q := &Posterior{problem: p, Unknowns: lin.Size(s.shape), Iterations: steps, Notes: s.notes, Loss: s.history}
	field := tensorField{coef: raw}
	for _, a := range axes {
		field.bases = append(field.bases, a.raw)
		q.Points = append(q.Points, len(a.nodes))
	}
	q.mean = []tensorField{field}
	if err := q.estimate(axes); err != nil {
		return nil, err
	}
	q.Noise = q.Residual
	q.lazy = &lazyLayer{system: s, raw: raw}
	return q, nil
}

// sameAxis reports whether two axes have the same interval, constant operator and conditions, so that one eigenbasis serves both.
func sameAxis(a, b *axis) bool {
	if a.domain != b.domain || !a.isConst || !b.isConst || a.periodic != b.periodic || len(a.conds) != len(b.conds) {
		return false
	}
	for k := range a.constant {
		if a.constant[k] != b.constant[k] {
			return false
		}
	}
	for i := range a.conds {
		if a.conds[i].at != b.conds[i].at || a.conds[i].order != b.conds[i].order {
			return false
		}
	}
	return true
}

// copyFrom shares the discretisation of an equal axis.
func (a *axis) copyFrom(o *axis) {
	index, terms, conds := a.index, a.terms, a.conds
	*a = *o
	a.index, a.terms, a.conds = index, terms, conds
	a.twin = o
}

// dataDegrees looks at the forcing and the boundary data on Chebyshev points, as many as the problem has points, and returns, per axis, how many polynomials hold them
// to rounding, with a margin. What the data do not show (a wave carried in from a side, say) shows in the residual.
func dataDegrees(p *Problem) ([]int, error) {
	nodes := make([][]float64, p.Dim())
	spectra := make([][]float64, p.Dim())
	shape := make([]int, p.Dim())
	for i, d := range p.Domain {
		nodes[i] = basis.Lobatto(p.Points[i], d.Lo, d.Hi)
		spectra[i] = make([]float64, p.Points[i])
	}
	look := func(v Field, grid [][]float64, skip int) error {
		for i := range nodes {
			if i == skip {
				continue
			}
			sub := append([][]float64(nil), grid...)
			for b := range sub { // a few lines along axis i show its degrees
				if b != i && len(sub[b]) > 12 {
					sub[b] = offPoints(p.Domain[b], 12)
				}
				shape[b] = len(sub[b])
			}
			f := make([]float64, gridSize(sub))
			if err := v.On(f, sub); err != nil {
				return err
			}
			addSpectrum(spectra[i], f, shape, i)
		}
		return nil
	}
	if p.Forcing != nil {
		if err := look(p.Forcing, nodes, -1); err != nil {
			return nil, fmt.Errorf("gp: forcing: %w", err)
		}
	}
	for _, b := range p.Boundary {
		if b.Value == nil || p.Dim() == 1 {
			continue
		}
		grid := append([][]float64(nil), nodes...)
		grid[b.Axis] = []float64{p.Domain[b.Axis].Lo}
		if b.Side == Hi {
			grid[b.Axis][0] = p.Domain[b.Axis].Hi
		}
		if err := look(b.Value, grid, b.Axis); err != nil {
			return nil, fmt.Errorf("gp: boundary value of axis %d, side %s: %w", b.Axis, b.Side, err)
		}
	}
	sizes := append([]int(nil), p.Points...)
	for i := range sizes {
		if k := chop(spectra[i]); k > 0 && !p.periodic(i) {
			sizes[i] = min(sizes[i], max(k+k/16+24, 24))
		}
	}
	return sizes, nil
}

// periodic reports whether the axis is periodic.
func (p *Problem) periodic(axis int) bool {
	for _, b := range p.Boundary {
		if b.Axis == axis && b.Kind == Periodic {
			return true
		}
	}
	return false
}

// addSpectrum raises s[k] to the largest Chebyshev coefficient of degree k among the lines of f along the axis, relative to the largest of all.
func addSpectrum(s, f []float64, shape []int, axis int) {
	n := shape[axis]
	before, after := lin.Size(shape[:axis]), lin.Size(shape[axis+1:])
	dct := fourier.NewDCT(n)
	c, line := make([]float64, n), make([]float64, n)
	top := 0.0
	for b := range before {
		for j := range after {
			for k := range n {
				line[k] = f[(b*n+k)*after+j]
			}
			dct.Transform(line, line)
			for k, v := range line {
				c[k] = math.Max(c[k], math.Abs(v))
				top = math.Max(top, math.Abs(v))
			}
		}
	}
	for k := range c {
		if top > 0 {
			s[k] = math.Max(s[k], c[k]/top)
		}
	}
}

// chop is the number of leading coefficients above rounding, 0 where the tail does not get there. Rounding is 1e-13 of the largest coefficient or the plateau at the end, if that is low:
// the values of a fast wave carry the error of its argument.
func chop(s []float64) int {
	tail := append([]float64(nil), s[len(s)-len(s)/12-1:]...)
	slices.Sort(tail)
	cut := 1e-13
	if plateau := 5 * tail[len(tail)/2]; plateau < 1e-11 {
		cut = math.Max(cut, plateau)
	}
	k := len(s)
	for k > 0 && s[k-1] <= cut {
		k--
	}
	if k > len(s)-2 {
		return 0
	}
	return k
}
