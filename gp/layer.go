package gp

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/evidence"
	"github.com/eddy-pde/eddy/gp/lin"
)

// layer is the Gaussian process in the eigenbasis: coefficients of the part that satisfies the homogeneous conditions, their prior, posterior mean and variance.
type layer struct {
	bases    []basis.Basis
	z        []*lin.Matrix // combinations of the raw functions per axis; nil is the identity
	shape    []int
	data     *evidence.Data
	prior    *evidence.Prior
	cell     float64 // variance of a coefficient over the variance of a value: the volume per point
	mean     []float64
	variance []float64
	sensors  *sensorUpdate
	draw     func(rng *rand.Rand) ([]float64, error) // set where the posterior is not diagonal (missing data)
	draws    [][]float64                             // coefficient deviations of fixed draws, for Std there
}

// lazyLayer makes the layer of an exact problem when it is first asked for: its mean does not depend on it.
type lazyLayer struct {
	once   sync.Once
	system *system
	raw    []float64
}

// Component is one line of the learned spectrum.
type Component = evidence.Component

// Evidence is what the marginal likelihood says.
type Evidence struct {
	Log        float64     // log evidence of forcing and sensors together
	Sensors    float64     // of it, that of the sensors given the forcing
	Noise      float64     // standard deviation of the noise on the values of f
	Components []Component // frequencies (angular), widths and weights; those that explain less than a hundredth of the noise are marked as pruned
	Start      string      // the starting point that won
	Rejected   []float64   // log evidences of the others
}

func (q *Posterior) ready() (*layer, error) {
	if q.lazy != nil {
		q.lazy.once.Do(func() { q.layer, q.layerErr = q.lazy.build(q) })
	}
	if q.layer == nil && q.layerErr == nil {
		return nil, fmt.Errorf("gp: solver %s has no evidence layer: use fdsm", q.Solver)
	}
	return q.layer, q.layerErr
}

// Evidence returns the log evidence, the noise and the learned spectrum. For a problem without noise the spectrum is fitted on the first call. It fails where
// the operator has no orthogonal eigenbasis (first derivatives, variable coefficients) or the plan is a least-squares one.
func (q *Posterior) Evidence() (Evidence, error) {
	l, err := q.ready()
	if err != nil {
		return Evidence{}, err
	}
	e := Evidence{Log: l.prior.LogEvidence, Noise: math.Sqrt(l.prior.Noise / l.cell), Components: l.prior.Components, Start: l.prior.Start, Rejected: l.prior.Rejected}
	if l.sensors != nil {
		e.Sensors = l.sensors.Log
	}
	return e, nil
}

// build projects the solution on the eigenbasis and fits the prior with the noise held at the size of the residual.
func (z *lazyLayer) build(q *Posterior) (*layer, error) {
	s := z.system
	if s == nil {
		return nil, errors.New("gp: a least-squares plan has no evidence layer: use plan complete with enough points")
	}
	l := &layer{cell: 1, data: &evidence.Data{}}
	hom := append([]float64(nil), z.raw...)
	if s.lift != nil {
		lin.Axpy(hom, -1, s.lift)
	}
	var forms []*lin.Schur
	m := make([]*lin.Matrix, len(s.axes))
	for i, a := range s.axes {
		if len(s.axes) == 1 && a.shen != nil {
			if err := a.finish(s.p); err != nil {
				return nil, err
			}
		}
		if a.schur == nil || !a.schur.Diagonal {
			return nil, fmt.Errorf("gp: the operator of axis %d has no orthogonal eigenbasis, so there is no diagonal evidence", i)
		}
		if _, ok := a.raw.(basis.Features); ok {
			return nil, errors.New("gp: a feature plan has no evidence layer: use plan complete with enough points")
		}
		forms = append(forms, a.schur)
		zt := a.z.T()
		m[i] = &zt
		l.bases, l.z, l.shape = append(l.bases, a.raw), append(l.z, &a.z), append(l.shape, a.z.C)
		freq := make([]float64, a.z.C)
		for k, v := range a.schur.Values {
			if c := a.constant[2]; c != 0 {
				freq[k] = math.Sqrt(math.Max(0, (a.constant[0]-real(v))/c))
			}
		}
		l.data.Frequency, l.data.Unit = append(l.data.Frequency, freq), append(l.data.Unit, math.Pi/a.domain.Length())
		l.cell *= a.domain.Length() / float64(len(a.nodes))
	}
	u, _ := lin.Modes(hom, s.raw, m)
	l.data.Mu = make([]float64, len(u))
	lin.EachSum(l.shape, forms, func(i int, v complex128) { l.data.Mu[i] = real(v) })
	l.data.F = make([]float64, len(u))
	for i, v := range u {
		l.data.F[i] = v * l.data.Mu[i]
	}
	f := rms(l.data.F) * math.Sqrt(float64(len(u)))
	l.data.Noise = f*f*math.Max(q.Residual*q.Residual/float64(len(u)), 1e-30) + 1e-300
	starts, steps := 4, 40
	if len(u) > 1<<20 { // each evaluation takes a tenth of a second there, and the mean does not depend on the prior
		starts, steps = 3, 8
	}
	l.prior = evidence.Fit(l.data, starts, steps)
	l.posterior()
	l.mean = u // the prior does not shrink an exact solution
	return l, nil
}

// posterior fills mean and variance from data and prior.
func (l *layer) posterior() {
	l.variance = make([]float64, len(l.data.F))
	l.prior.Variance(l.variance, l.data)
	l.mean = make([]float64, len(l.data.F))
	v := l.prior.Noise
	for i, s := range l.variance {
		mu := l.data.Mu[i]
		d := mu*mu*s + v
		l.mean[i] = s * mu * l.data.F[i] / d
		l.variance[i] = s * v / d
	}
}

// on is the matrix of one axis' eigenfunctions at x.
func (l *layer) on(a int, x []float64) lin.Matrix {
	e := evalBasis(l.bases[a], x, 0)
	if l.z[a] != nil {
		e = lin.Mul(e, *l.z[a])
	}
	return e
}

// synthesise evaluates coefficients on a grid.
func (l *layer) synthesise(coef []float64, grid [][]float64) []float64 {
	m := make([]*lin.Matrix, len(grid))
	for a := range grid {
		e := l.on(a, grid[a])
		m[a] = &e
	}
	out, _ := lin.Modes(coef, l.shape, m)
	return out
}

// Std writes the posterior standard deviation on a tensor grid into dst. Where the data are exact the error estimate, the same everywhere, is added in quadrature: it holds what the diagonal model does not, rounding and the misfit of
// the boundary data. Where the operator has no evidence layer it is the error estimate alone: an honest scale, not a pointwise statement.
func (q *Posterior) Std(dst []float64, grid [][]float64) error {
	l, err := q.ready()
	if err != nil {
		v := q.ErrorEstimate * q.rms()
		for i := range dst {
			dst[i] = v
		}
		return nil
	}
	clear(dst)
	if l.draws != nil {
		for _, d := range l.draws {
			for i, v := range l.synthesise(d, grid) {
				dst[i] += v * v / float64(len(l.draws))
			}
		}
	} else {
		m := make([]*lin.Matrix, len(grid))
		for a := range grid {
			e := l.on(a, grid[a])
			for i, v := range e.A {
				e.A[i] = v * v
			}
			m[a] = &e
		}
		v, _ := lin.Modes(l.variance, l.shape, m)
		copy(dst, v)
		if l.sensors != nil {
			l.sensors.reduce(l, dst, grid)
		}
	}
	floor := q.floor
	if q.lazy != nil {
		floor = q.ErrorEstimate * q.rms()
	}
	for i, v := range dst {
		dst[i] = math.Sqrt(math.Max(v, 0) + floor*floor)
	}
	return nil
}

// Sample writes one draw from the posterior on a tensor grid into dst. Of an exact problem it draws from the diagonal model alone.
func (q *Posterior) Sample(dst []float64, grid [][]float64, rng *rand.Rand) error {
	l, err := q.ready()
	if err != nil {
		return err
	}
	var deviation []float64
	if l.draw != nil {
		if deviation, err = l.draw(rng); err != nil {
			return err
		}
	} else {
		deviation = make([]float64, len(l.mean))
		for i, v := range l.variance {
			deviation[i] = math.Sqrt(v) * rng.NormFloat64()
		}
		if l.sensors != nil {
			l.sensors.condition(l, deviation, rng)
		}
	}
	q.Mean(dst, grid, nil)
	lin.Axpy(dst, 1, l.synthesise(deviation, grid))
	return nil
}
