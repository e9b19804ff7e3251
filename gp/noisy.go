package gp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/evidence"
	"github.com/eddy-pde/eddy/gp/lin"
)

// spectral is a linear problem on a uniform grid in the exact eigenbasis of its operator: sines, cosines, quarter waves or Fourier series. White noise on the values of f is white
// in the coefficients there, which is what the diagonal evidence assumes.
type spectral struct {
	p       *Problem
	axes    []*axis
	grid    [][]float64
	weights [][]float64
	bases   []basis.Basis
	theta   []lin.Matrix // points × functions
	shape   []int
	mu      []float64
	freq    [][]float64
	unit    []float64
	cell    float64
	lift    *tensorField // nil where the boundary data are zero
	values  []float64    // f − L lift on the grid
	missing []bool       // nil where every value is known
}

// solveNoisy is the Gaussian-process solve of a linear problem with noisy or gridded forcing: evidence, posterior mean and variance, missing values, sensors.
func solveNoisy(ctx context.Context, p *Problem, opt Options) (*Posterior, error) {
	s, err := newSpectral(p)
	if err != nil {
		return nil, err
	}
	l := s.layer(opt)
	if s.missing != nil {
		if err := s.impute(ctx, l, opt); err != nil {
			return nil, err
		}
	}
	q := &Posterior{problem: p, Plan: "eigenbasis", Unknowns: len(l.mean), Iterations: 1, layer: l}
	for _, g := range s.grid {
		q.Points = append(q.Points, len(g))
	}
	if len(p.Sensors) > 0 {
		if l.draw != nil {
			return nil, errors.New("gp: sensors together with missing values of the forcing are not supported: leave the gaps out by giving the forcing noise, or drop the sensors")
		}
		lift := make([]float64, len(p.Sensors))
		for i, m := range p.Sensors {
			lift[i] = s.liftAt(m.X)
		}
		l.conditionSensors(p.Sensors, lift)
		l.prior.LogEvidence += l.sensors.Log
	}
	if s.lift != nil {
		q.mean = append(q.mean, *s.lift)
	}
	q.mean = append(q.mean, tensorField{s.bases, l.mean})
	q.Noise = math.Sqrt(l.prior.Noise / l.cell)
	q.layer = l
	return q, s.errors(q, l)
}

// newSpectral checks that the operator has a trigonometric eigenbasis and prepares it.
func newSpectral(p *Problem) (*spectral, error) {
	if p.Nonlinearity != nil {
		return nil, errors.New("gp: noisy or gridded forcing needs a linear problem, found a nonlinearity: give the forcing as a function without noise")
	}
	axes, err := newAxes(p)
	if err != nil {
		return nil, err
	}
	if err := wellPosed(p, axes); err != nil {
		return nil, err
	}
	s := &spectral{p: p, axes: axes, cell: 1}
	for _, a := range axes {
		even := a.isConst && a.constant[1] == 0 && a.constant[3] == 0
		if !even || !a.periodic && !a.shenApplies() {
			return nil, fmt.Errorf("gp: noisy or gridded forcing needs constant coefficients, even orders and one condition per end on every axis (so that waves diagonalise the operator), axis %d has not: "+
				"smooth the forcing and give it as a function", a.index)
		}
	}
	if err := s.points(); err != nil {
		return nil, err
	}
	if err := s.eigen(); err != nil {
		return nil, err
	}
	return s, s.forcing()
}

// points takes the grid of the data, or makes one for a function.
func (s *spectral) points() error {
	for i, a := range s.axes {
		n := s.p.Points[i]
		var x []float64
		length := a.domain.Length()
		switch {
		case s.p.Data != nil:
			x = s.p.Data.Grid[i]
		case a.periodic:
			for k := range n {
				x = append(x, a.domain.Lo+length*float64(k)/float64(n))
			}
		default:
			for k := range n {
				x = append(x, a.domain.Lo+length*float64(k+1)/float64(n+1))
			}
		}
		if len(x) < 8 {
			return fmt.Errorf("gp: forcing data: axis %d has %d points, expected at least 8", i, len(x))
		}
		h := (x[len(x)-1] - x[0]) / float64(len(x)-1)
		for k := 1; k < len(x); k++ {
			if math.Abs(x[k]-x[k-1]-h) > 1e-6*h {
				return fmt.Errorf("gp: forcing data: the coordinates of axis %d are not equally spaced at %d (%g after %g): interpolate them first", i, k, x[k], x[k-1])
			}
		}
		if x[0] < a.domain.Lo-1e-9*length || x[len(x)-1] > a.domain.Hi+1e-9*length {
			return fmt.Errorf("gp: forcing data: axis %d runs from %g to %g, outside its domain [%g, %g]", i, x[0], x[len(x)-1], a.domain.Lo, a.domain.Hi)
		}
		if gap := math.Max(x[0]-a.domain.Lo, a.domain.Hi-x[len(x)-1]); gap > 1.01*h {
			return fmt.Errorf("gp: forcing data: axis %d runs from %g to %g and leaves a gap to its domain [%g, %g]: mark unknown values as NaN instead", i, x[0], x[len(x)-1], a.domain.Lo, a.domain.Hi)
		}
		w := make([]float64, len(x))
		for k := range w {
			w[k] = h
		}
		if !a.periodic { // an end point stands for half a cell
			if x[0]-a.domain.Lo < 0.25*h {
				w[0] = h / 2
			}
			if a.domain.Hi-x[len(x)-1] < 0.25*h {
				w[len(w)-1] = h / 2
			}
		}
		s.grid, s.weights = append(s.grid, x), append(s.weights, w)
		s.cell *= h
	}
	return nil
}

func (s *spectral) eigen() error {
	var forms []*lin.Schur
	for i, a := range s.axes {
		n := len(s.grid[i])
		var b basis.Basis
		var freq []float64
		if a.periodic {
			f := basis.Fourier{N: (n - 1) | 1, A: a.domain.Lo, B: a.domain.Hi}
			if f.N > n {
				f.N -= 2
			}
			for k := range f.N {
				freq = append(freq, f.Frequency(k))
			}
			b = f
			s.unit = append(s.unit, 2*math.Pi/a.domain.Length())
		} else {
			lo, hi := a.conds[0], a.conds[1]
			if lo.at > hi.at {
				lo, hi = hi, lo
			}
			t := basis.Trigonometric{N: n, A: a.domain.Lo, B: a.domain.Hi, Lo: basis.End(lo.order), Hi: basis.End(hi.order)}
			if lo.order == 0 && s.grid[i][0]-a.domain.Lo < 0.25*(s.grid[i][1]-s.grid[i][0]) {
				t.N-- // a fixed end in the grid carries no information
			}
			if last := len(s.grid[i]) - 1; hi.order == 0 && a.domain.Hi-s.grid[i][last] < 0.25*(s.grid[i][1]-s.grid[i][0]) {
				t.N--
			}
			if lo.order == 1 || hi.order == 1 {
				t.N--
			}
			for k := range t.N {
				freq = append(freq, t.Frequency(k))
			}
			b = t
			s.unit = append(s.unit, math.Pi/a.domain.Length())
		}
		values := make([]float64, len(freq))
		for k, w := range freq {
			values[k] = real(a.symbol(w))
		}
		forms = append(forms, lin.DiagonalSchur(values))
		s.bases, s.freq, s.shape = append(s.bases, b), append(s.freq, freq), append(s.shape, len(freq))
		s.theta = append(s.theta, evalBasis(b, s.grid[i], 0))
	}
	s.mu = make([]float64, lin.Size(s.shape))
	scale, small := 0.0, math.Inf(1)
	for _, a := range s.axes {
		for k, c := range a.constant {
			scale += math.Abs(c) * math.Pow(math.Pi/a.domain.Length(), float64(k))
		}
	}
	lin.EachSum(s.shape, forms, func(i int, v complex128) {
		s.mu[i] = real(v)
		small = math.Min(small, math.Abs(real(v)))
	})
	if small < 1e-11*scale && !(s.mu[0] == 0) {
		return &SingularError{"an eigenvalue of the operator is zero: a resonance", small / scale}
	}
	return nil
}

// forcing evaluates f and takes the lift's share from it.
func (s *spectral) forcing() error {
	n := gridSize(s.grid)
	s.values = make([]float64, n)
	switch {
	case s.p.Data != nil:
		for i, v := range s.p.Data.Values {
			if math.IsNaN(v) {
				if s.missing == nil {
					s.missing = make([]bool, n)
				}
				s.missing[i] = true
				continue
			}
			s.values[i] = v
		}
	case s.p.Forcing != nil:
		if err := s.p.Forcing.On(s.values, s.grid); err != nil {
			return fmt.Errorf("gp: forcing: %w", err)
		}
	}
	lift, err := s.boundary()
	if err != nil || lift == nil {
		return err
	}
	s.lift = lift
	for i := range s.axes {
		m := make([]*lin.Matrix, len(s.axes))
		shape := make([]int, len(s.axes))
		for b, a := range s.axes {
			shape[b] = lift.bases[b].Size()
			e := evalBasis(lift.bases[b], s.grid[b], 0)
			if b == i {
				sub := *a
				sub.raw = lift.bases[b]
				if e, err = sub.applied(s.p, s.grid[b]); err != nil {
					return err
				}
			}
			m[b] = &e
		}
		v, _ := lin.Modes(lift.coef, shape, m)
		lin.Axpy(s.values, -1, v)
	}
	if s.missing != nil {
		for i, gone := range s.missing {
			if gone {
				s.values[i] = 0
			}
		}
	}
	return nil
}

// boundary is the lift of the boundary data in Legendre polynomials.
func (s *spectral) boundary() (*tensorField, error) {
	axes, err := newAxes(s.p)
	if err != nil {
		return nil, err
	}
	sizes := make([]int, len(axes))
	for i := range axes {
		sizes[i] = min(max(s.p.Points[i], len(s.grid[i])), 400)
		if len(axes) == 1 {
			sizes[i] = 16 // two numbers are lifted
		}
	}
	sys := &system{p: s.p, axes: axes}
	f := &tensorField{}
	for i, a := range axes {
		if err := a.complete(s.p, sizes[i], sizes[i]); err != nil {
			return nil, err
		}
		sys.raw, sys.nodes, f.bases = append(sys.raw, a.raw.Size()), append(sys.nodes, a.nodes), append(f.bases, a.raw)
	}
	if err := sys.boundaryLift(); err != nil || sys.lift == nil {
		return nil, err
	}
	f.coef = sys.lift
	return f, nil
}

func (s *spectral) liftAt(x []float64) float64 {
	if s.lift == nil {
		return 0
	}
	grid := make([][]float64, len(x))
	for a := range x {
		grid[a] = x[a : a+1]
	}
	var v [1]float64
	s.lift.addTo(v[:], grid, nil)
	return v[0]
}

// analyse maps values on the grid to coefficients.
func (s *spectral) analyse(f []float64) []float64 {
	m := make([]*lin.Matrix, len(s.axes))
	shape := make([]int, len(s.axes))
	for i := range s.axes {
		t := weighted(s.theta[i], s.weights[i]).T()
		m[i], shape[i] = &t, len(s.grid[i])
	}
	c, _ := lin.Modes(f, shape, m)
	return c
}

// synthesise maps coefficients to values on the grid.
func (s *spectral) synthesise(c []float64) []float64 {
	m := make([]*lin.Matrix, len(s.axes))
	for i := range s.axes {
		m[i] = &s.theta[i]
	}
	f, _ := lin.Modes(c, s.shape, m)
	return f
}

// layer fits the evidence to the coefficients of the values.
func (s *spectral) layer(opt Options) *layer {
	l := &layer{bases: s.bases, z: make([]*lin.Matrix, len(s.axes)), shape: s.shape, cell: s.cell}
	l.data = &evidence.Data{F: s.analyse(s.values), Mu: s.mu, Frequency: s.freq, Unit: s.unit, Noise: -1}
	if s.p.Noise >= 0 {
		l.data.Noise = math.Max(s.p.Noise*s.p.Noise*s.cell, 1e-28*lin.Dot(l.data.F, l.data.F)/float64(len(l.data.F)))
	}
	l.prior = evidence.Fit(l.data, opt.Starts, 120)
	l.posterior()
	return l
}

// imputations is how often missing values are filled in and the evidence refitted.
const imputations = 5

// impute handles missing values of f: they are filled with draws from their posterior and the evidence is refitted (stochastic EM); then the posterior given
// the known values alone is solved by conjugate gradients, and its spread found from draws.
func (s *spectral) impute(ctx context.Context, l *layer, opt Options) error {
	rng := rand.New(rand.NewPCG(opt.Seed, 0x6d697373))
	known := s.values
	for range imputations {
		if err := ctx.Err(); err != nil {
			return err
		}
		fhat, err := s.conditional(ctx, l, known)
		if err != nil {
			return err
		}
		fill := s.synthesise(fhat)
		sd := math.Sqrt(l.prior.Noise / s.cell)
		values := append([]float64(nil), known...)
		for i, gone := range s.missing {
			if gone {
				values[i] = fill[i] + sd*rng.NormFloat64()
			}
		}
		l.data.F = s.analyse(values)
		l.prior = evidence.Fit(l.data, opt.Starts, 80)
	}
	fhat, err := s.conditional(ctx, l, known)
	if err != nil {
		return err
	}
	l.posterior()
	for i := range l.mean {
		l.mean[i] = s.solution(fhat[i], i)
	}
	l.draw = func(rng *rand.Rand) ([]float64, error) { return s.deviation(ctx, l, rng) }
	for range 48 {
		d, err := l.draw(rng)
		if err != nil {
			return err
		}
		l.draws = append(l.draws, d)
	}
	return nil
}

func (s *spectral) solution(f float64, i int) float64 {
	if s.mu[i] == 0 {
		return 0
	}
	return f / s.mu[i]
}

// conditional is the posterior mean of the coefficients of f given its known values: D Φᵀ (Φ D Φᵀ + σ²)⁻¹ f over the known points.
func (s *spectral) conditional(ctx context.Context, l *layer, known []float64) ([]float64, error) {
	prior := make([]float64, len(s.mu))
	l.prior.Variance(prior, l.data)
	for i := range prior {
		prior[i] *= s.mu[i] * s.mu[i] / s.cell // Φᵀ f sums values; the coefficients integrate them
	}
	sigma2 := l.prior.Noise / s.cell
	spread := func(w []float64) []float64 {
		c := s.analyse(w)
		for i := range c {
			c[i] *= prior[i]
		}
		return c
	}
	mask := func(v []float64) {
		for i, gone := range s.missing {
			if gone {
				v[i] = 0
			}
		}
	}
	x, r := make([]float64, len(known)), append([]float64(nil), known...)
	mask(r)
	d := append([]float64(nil), r...)
	rr := lin.Dot(r, r)
	goal := 1e-16 * rr
	for range 600 {
		if rr <= goal || ctx.Err() != nil {
			break
		}
		ad := s.synthesise(spread(d))
		for i := range ad {
			ad[i] += sigma2 * d[i]
		}
		mask(ad)
		alpha := rr / lin.Dot(d, ad)
		lin.Axpy(x, alpha, d)
		lin.Axpy(r, -alpha, ad)
		next := lin.Dot(r, r)
		for i := range d {
			d[i] = r[i] + next/rr*d[i]
		}
		rr = next
	}
	return spread(x), ctx.Err()
}

// deviation is a draw of û minus its mean: a draw from the prior less its reconstruction from what its values would show.
func (s *spectral) deviation(ctx context.Context, l *layer, rng *rand.Rand) ([]float64, error) {
	c := make([]float64, len(s.mu))
	l.prior.Variance(c, l.data)
	for i, v := range c {
		c[i] = math.Sqrt(v) * math.Abs(s.mu[i]) * rng.NormFloat64()
	}
	f := s.synthesise(c)
	sd := math.Sqrt(l.prior.Noise / s.cell)
	for i := range f {
		f[i] += sd * rng.NormFloat64()
		if s.missing[i] {
			f[i] = 0
		}
	}
	back, err := s.conditional(ctx, l, f)
	if err != nil {
		return nil, err
	}
	for i := range c {
		c[i] = s.solution(c[i]-back[i], i)
	}
	return c, nil
}

// aliasing estimates the root mean square error of u from values of f that are exact but too far apart, or end where the waves vanish and they do not: what the coefficients along an axis still measure at its highest tenth of
// frequencies is also, about as large, wrong with the lower ones.
func (s *spectral) aliasing(f []float64) float64 {
	sum := 0.0
	for a, n := range s.shape {
		step := lin.Size(s.shape[a+1:])
		top := max(n/10, 1)
		for start := range f {
			if start/step%n != 0 {
				continue
			}
			tail := 0.0
			for k := n - top; k < n; k++ {
				v := f[start+k*step]
				tail += v * v / float64(top)
			}
			for k := range n {
				u := s.solution(1, start+k*step)
				sum += tail * u * u
			}
		}
	}
	volume := 1.0
	for _, d := range s.p.Domain {
		volume *= d.Length()
	}
	return math.Sqrt(sum / volume) // the basis is orthonormal
}

// errors fills the residual (of the smoothed forcing against the values, which is the noise) and the error estimate (the root mean square of the posterior standard deviation).
func (s *spectral) errors(q *Posterior, l *layer) error {
	c := make([]float64, len(l.mean))
	for i, v := range l.mean {
		c[i] = v * s.mu[i]
	}
	fit := s.synthesise(c)
	var num, den float64
	for i, v := range s.values {
		if s.missing == nil || !s.missing[i] {
			num += (fit[i] - v) * (fit[i] - v)
			den += v * v
		}
	}
	if den > 0 {
		q.Residual = math.Sqrt(num / den)
	}
	if s.p.Noise == 0 {
		q.floor = s.aliasing(l.data.F)
	}
	grid := make([][]float64, len(s.grid))
	for a, d := range s.p.Domain {
		grid[a] = offPoints(d, []int{500, 40, 12}[len(s.grid)-1])
	}
	std := make([]float64, gridSize(grid))
	if err := q.Std(std, grid); err != nil {
		return err
	}
	if size := q.rms(); size > 0 {
		q.ErrorEstimate = rms(std) / size
	}
	return nil
}
