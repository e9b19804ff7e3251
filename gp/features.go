package gp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/mat"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/lin"
)

// featureDegrees are the numbers of polynomials per wave that are tried; the one with the smallest residual off the nodes is taken.
var featureDegrees = []int{6, 9, 12, 16}

// solveFeatures solves with spectral-mixture features at the frequencies found in the data.
func solveFeatures(ctx context.Context, p *Problem, opt Options) (*Posterior, error) {
	var best *Posterior
	var last error
	for _, degree := range featureDegrees {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		q, err := solveDegree(ctx, p, opt, degree)
		if err != nil {
			last = err
			continue
		}
		if best == nil || q.Residual < best.Residual {
			best = q
		}
		if best.Residual < 1e-12 {
			break
		}
	}
	if best == nil {
		return nil, last
	}
	return best, nil
}

func solveDegree(ctx context.Context, p *Problem, opt Options, degree int) (*Posterior, error) {
	axes, err := newAxes(p)
	if err != nil {
		return nil, err
	}
	for _, a := range axes {
		waves, err := detect(p, a)
		if err != nil {
			return nil, err
		}
		f := featurePlan(a, waves, degree, p.Points[a.index])
		if p.Dim() == 1 {
			a.raw = f
			a.nodes, a.weights = basis.Gauss(p.Points[0], a.domain.Lo, a.domain.Hi)
			a.phi = a.eval(a.nodes, 0)
			if err := a.boundary(); err != nil {
				return nil, err
			}
			continue
		}
		if a.periodic {
			if err := a.complete(p, p.Points[a.index], p.Points[a.index]); err != nil {
				return nil, err
			}
			continue
		}
		if err := a.features(p, f); err != nil {
			return nil, err
		}
	}
	var q *Posterior
	if p.Dim() == 1 {
		q, err = leastSquares(ctx, p, opt, axes[0])
	} else {
		q, err = solveWith(ctx, p, opt, axes)
	}
	if err != nil {
		return nil, err
	}
	q.Plan = PlanFeatures
	q.Notes = append(q.Notes, fmt.Sprintf("features of degree %d at %d frequencies", degree, len(axes[0].waves)))
	return q, nil
}

// wave is a peak of a spectrum.
type wave struct{ frequency, size float64 }

// detect finds the angular frequencies of the forcing and of the boundary data along an axis: peaks of a Kaiser-windowed, zero-padded periodogram of lines through the domain, divided by the size of
// the operator at the frequency, above 1e-4 of the highest.
func detect(p *Problem, a *axis) ([]wave, error) {
	const pad = 4
	m := 1
	for m < 8*p.Points[a.index] {
		m *= 2
	}
	grid := make([][]float64, p.Dim())
	for b, d := range p.Domain {
		grid[b] = offPoints(d, 5)
	}
	x := make([]float64, m)
	for k := range x {
		x[k] = a.domain.Lo + a.domain.Length()*(float64(k)+0.5)/float64(m)
	}
	grid[a.index] = x
	window := kaiser(m, 14)
	power := make([]float64, pad*m/2+1)
	fft := fourier.NewFFT(pad * m)
	step := 2 * math.Pi / (a.domain.Length() * pad)
	look := func(f Field, g [][]float64, symbol bool) error {
		v := make([]float64, gridSize(g))
		if err := f.On(v, g); err != nil {
			return err
		}
		after := gridSize(g[a.index+1:])
		for b := range len(v) / (m * after) {
			for j := range after {
				seq := make([]float64, pad*m)
				for k := range m {
					seq[k] = v[(b*m+k)*after+j] * window[k]
				}
				for k, c := range fft.Coefficients(nil, seq) {
					s := cmplx.Abs(c)
					if symbol {
						w := step * float64(k)
						s /= cmplx.Abs(a.symbol(w)) + math.Abs(a.constant[a.order()])*math.Pow(2*math.Pi/a.domain.Length(), float64(a.order()))
					}
					power[k] = math.Max(power[k], s)
				}
			}
		}
		return nil
	}
	if p.Forcing != nil {
		if err := look(p.Forcing, grid, true); err != nil {
			return nil, err
		}
	}
	for _, b := range p.Boundary {
		if b.Axis == a.index || b.Value == nil {
			continue
		}
		g := append([][]float64(nil), grid...)
		g[b.Axis] = []float64{p.Domain[b.Axis].Lo}
		if b.Side == Hi {
			g[b.Axis] = []float64{p.Domain[b.Axis].Hi}
		}
		if err := look(b.Value, g, false); err != nil {
			return nil, err
		}
	}
	return peaks(power, step), nil
}

func peaks(power []float64, step float64) []wave {
	top := 0.0
	for _, v := range power {
		top = math.Max(top, v)
	}
	var out []wave
	for k, v := range power {
		left, right := 0.0, 0.0
		if k > 0 {
			left = power[k-1]
		}
		if k+1 < len(power) {
			right = power[k+1]
		}
		if v > 1e-4*top && v >= left && v > right {
			at := float64(k)
			if k > 0 && k+1 < len(power) && left > 0 && right > 0 { // the vertex of a parabola through three logarithms
				l, c, r := math.Log(left), math.Log(v), math.Log(right)
				if d := l - 2*c + r; d < 0 {
					at += 0.5 * (l - r) / d
				}
			}
			out = append(out, wave{at * step, v})
		}
	}
	return out
}

// kaiser is the Kaiser window of n points.
func kaiser(n int, beta float64) []float64 {
	bessel := func(x float64) float64 {
		sum, term := 1.0, 1.0
		for k := 1; k < 200 && term > 1e-17*sum; k++ {
			term *= x * x / (4 * float64(k*k))
			sum += term
		}
		return sum
	}
	w := make([]float64, n)
	for i := range w {
		t := 2*(float64(i)+0.5)/float64(n) - 1
		w[i] = bessel(beta*math.Sqrt(1-t*t)) / bessel(beta)
	}
	return w
}

// featurePlan merges waves that a polynomial block or a neighbour covers and keeps the strongest that fit the points.
func featurePlan(a *axis, waves []wave, degree, points int) basis.Features {
	length := a.domain.Length()
	low := 4 * float64(degree) / length
	var kept []wave
	sorted := append([]wave(nil), waves...)
	slices.SortFunc(sorted, func(x, y wave) int { return cmp.Compare(y.size, x.size) })
	block := 0.0
	for _, w := range sorted {
		if w.frequency < low {
			block = math.Max(block, w.frequency)
			continue
		}
		near := false
		for _, k := range kept {
			near = near || math.Abs(k.frequency-w.frequency) < 2*float64(degree)/length
		}
		if !near {
			kept = append(kept, w)
		}
	}
	f := basis.Features{A: a.domain.Lo, B: a.domain.Hi, Degree: degree, Low: int(math.Ceil(1.3*block*length/2)) + degree + 4}
	for _, w := range kept {
		if f.Low+2*degree*(len(f.Frequencies)+1) > points*4/5 {
			break
		}
		f.Frequencies = append(f.Frequencies, w.frequency)
	}
	slices.Sort(f.Frequencies)
	a.waves = f.Frequencies
	return f
}

// features gives an axis of a problem in several dimensions the feature basis: orthonormalised by a singular value decomposition under Gauss quadrature.
func (a *axis) features(p *Problem, f basis.Features) error {
	a.raw = f
	top := 0.0
	for _, b := range f.Frequencies {
		top = math.Max(top, b)
	}
	n := max(p.Points[a.index], int(math.Ceil(top*a.domain.Length()/2+40)))
	a.nodes, a.weights = basis.Gauss(n, a.domain.Lo, a.domain.Hi)
	a.phi = a.eval(a.nodes, 0)
	if err := a.boundary(); err != nil {
		return err
	}
	root := make([]float64, n)
	for i, w := range a.weights {
		root[i] = math.Sqrt(w)
	}
	rows := weighted(a.phi, root)
	u, s, v, err := svd(rows)
	if err != nil {
		return err
	}
	inv := make([]float64, len(s)) // pseudo-inverse for nodal values → raw coefficients
	for k := range s {
		if s[k] > 1e-13*s[0] {
			inv[k] = 1 / s[k]
		}
	}
	a.project = lin.MulNT(scaleColumns(v, inv), weighted(u, root))
	null := nullSpace(a.ends, f.Size())
	_, s, v, err = svd(lin.Mul(rows, null))
	if err != nil {
		return err
	}
	keep := 0
	for keep < len(s) && s[keep] > 1e-9*s[0] {
		inv[keep] = 1 / s[keep]
		keep++
	}
	cut := lin.New(v.R, keep)
	for i := range v.R {
		for k := range keep {
			cut.Set(i, k, v.At(i, k)*inv[k])
		}
	}
	a.z = lin.Mul(null, cut)
	return nil
}

func svd(m lin.Matrix) (u lin.Matrix, s []float64, v lin.Matrix, err error) {
	var f mat.SVD
	if !f.Factorize(mat.NewDense(m.R, m.C, append([]float64(nil), m.A...)), mat.SVDThin) {
		return u, nil, v, fmt.Errorf("gp: the singular value decomposition of %d×%d features did not converge", m.R, m.C)
	}
	var du, dv mat.Dense
	f.UTo(&du)
	f.VTo(&dv)
	take := func(d *mat.Dense) lin.Matrix {
		r, c := d.Dims()
		out := lin.New(r, c)
		for i := range r {
			copy(out.Row(i), d.RawRowView(i))
		}
		return out
	}
	return take(&du), f.Values(nil), take(&dv), nil
}

func scaleColumns(m lin.Matrix, s []float64) lin.Matrix {
	out := m.Clone()
	for i := range m.R {
		row := out.Row(i)
		for j := range row {
			row[j] *= s[j]
		}
	}
	return out
}

// leastSquares solves a problem in one dimension by collocation: the features that satisfy the homogeneous conditions, least squares over the nodes, Gauss-Newton for a nonlinearity. Unlike
// a Galerkin method it needs no quadrature that resolves the waves, so that it works below the Nyquist rate.
func leastSquares(ctx context.Context, p *Problem, opt Options, a *axis) (*Posterior, error) {
	grid := [][]float64{a.nodes}
	f := make([]float64, len(a.nodes))
	if p.Forcing != nil {
		if err := p.Forcing.On(f, grid); err != nil {
			return nil, fmt.Errorf("gp: forcing: %w", err)
		}
	}
	l, err := a.applied(p, a.nodes)
	if err != nil {
		return nil, err
	}
	raw := make([]float64, a.raw.Size())
	if len(a.conds) > 0 {
		g := make([]float64, len(a.conds))
		for i, c := range a.conds {
			v, err := p.face(c.data, grid)
			if err != nil {
				return nil, err
			}
			g[i] = v[0]
		}
		a.lift.Apply(raw, g)
	}
	null := nullSpace(a.ends, a.raw.Size())
	steps := 0
	for limit := 12; steps < limit; {
		steps++
		rows, rhs, err := linearised(p, a, l, raw, f)
		if err != nil {
			return nil, err
		}
		d, err := weightedLeastSquares(lin.Mul(rows, null), rhs, a.weights)
		if err != nil {
			return nil, err
		}
		move := make([]float64, len(raw))
		null.Apply(move, d)
		lin.Axpy(raw, 1, move)
		if p.Nonlinearity == nil && steps == 2 || lin.Norm(move) < 1e-13*lin.Norm(raw) || ctx.Err() != nil {
			break // a second linear pass refines the first
		}
	}
	q := &Posterior{problem: p, Unknowns: null.C, Iterations: steps, Points: []int{len(a.nodes)}, mean: []tensorField{{[]basis.Basis{a.raw}, raw}}}
	if err := q.estimate([]*axis{a}); err != nil {
		return nil, err
	}
	q.Noise = q.Residual
	q.lazy = &lazyLayer{}
	return q, nil
}

// linearised returns L + N'(u) on raw functions at the nodes and f − Lu − N(u).
func linearised(p *Problem, a *axis, l lin.Matrix, raw, f []float64) (lin.Matrix, []float64, error) {
	rhs := make([]float64, len(f))
	l.Apply(rhs, raw)
	for i := range rhs {
		rhs[i] = f[i] - rhs[i]
	}
	if p.Nonlinearity == nil {
		return l, rhs, nil
	}
	u, value, slope := make([]float64, len(f)), make([]float64, len(f)), make([]float64, len(f))
	a.phi.Apply(u, raw)
	if err := p.Nonlinearity.WithU(value, slope, u, [][]float64{a.nodes}); err != nil {
		return l, nil, fmt.Errorf("gp: nonlinearity: %w", err)
	}
	rows := l.Clone()
	for i := range rhs {
		rhs[i] -= value[i]
		lin.Axpy(rows.Row(i), slope[i], a.phi.Row(i))
	}
	return rows, rhs, nil
}

// weightedLeastSquares minimises ‖W^½ (rows·d − rhs)‖ with columns scaled to unit size and singular values below 1e-13 dropped.
func weightedLeastSquares(rows lin.Matrix, rhs, weights []float64) ([]float64, error) {
	root := make([]float64, rows.R)
	b := make([]float64, rows.R)
	for i, w := range weights {
		root[i] = math.Sqrt(w)
		b[i] = root[i] * rhs[i]
	}
	m := weighted(rows, root)
	scale := make([]float64, m.C)
	for i := range m.R {
		for j, v := range m.Row(i) {
			scale[j] += v * v
		}
	}
	for j := range scale {
		if scale[j] > 0 {
			scale[j] = 1 / math.Sqrt(scale[j])
		}
	}
	u, s, v, err := svd(scaleColumns(m, scale))
	if err != nil {
		return nil, err
	}
	c := make([]float64, len(s))
	u.ApplyT(c, b)
	for k := range c {
		if s[k] > 1e-13*s[0] {
			c[k] /= s[k]
		} else {
			c[k] = 0
		}
	}
	d := make([]float64, v.R)
	v.Apply(d, c)
	for j := range d {
		d[j] *= scale[j]
	}
	return d, nil
}
