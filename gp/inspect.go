package gp

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/eddy-pde/eddy/gp/kernel"
	"github.com/eddy-pde/eddy/gp/lin"
)

// ResidualOn writes L u + N(u) − f of the mean on a tensor grid into dst (row-major). Where the forcing is gridded data, grid must be the data's own grid, and missing values give NaN.
func (q *Posterior) ResidualOn(dst []float64, grid [][]float64) error {
	p := q.problem
	if len(grid) != p.Dim() || gridSize(grid) != len(dst) {
		return fmt.Errorf("gp: ResidualOn: %d values for %d axes of %d points", len(dst), len(grid), gridSize(grid))
	}
	f := make([]float64, len(dst))
	switch {
	case p.Data != nil:
		for a, x := range p.Data.Grid {
			if !slices.Equal(x, grid[a]) {
				return fmt.Errorf("gp: ResidualOn: axis %d of the grid is not that of the forcing data, between which the forcing is not known", a)
			}
		}
		copy(f, p.Data.Values)
	case p.Forcing != nil:
		if err := p.Forcing.On(f, grid); err != nil {
			return fmt.Errorf("gp: forcing: %w", err)
		}
	}
	u := make([]float64, len(dst))
	clear(dst)
	for _, t := range p.Terms {
		deriv := make([]int, p.Dim())
		deriv[t.Axis] = t.Order
		q.Mean(u, grid, deriv)
		c, err := p.coefficient(t, grid[t.Axis])
		if err != nil {
			return fmt.Errorf("gp: coefficient of order %d on axis %d: %w", t.Order, t.Axis, err)
		}
		step := 1
		for _, x := range grid[t.Axis+1:] {
			step *= len(x)
		}
		for i, v := range u {
			dst[i] += c[i/step%len(c)] * v
		}
	}
	if p.Nonlinearity != nil {
		q.Mean(u, grid, nil)
		n := make([]float64, len(u))
		if err := p.Nonlinearity.WithU(n, nil, u, grid); err != nil {
			return fmt.Errorf("gp: nonlinearity: %w", err)
		}
		lin.Axpy(dst, 1, n)
	}
	lin.Axpy(dst, -1, f)
	return nil
}

// Spectrum is the solution's spectrum along one axis: for every angular frequency of the eigenbasis the root mean square, over the other axes, of the coefficients of the mean and of their standard deviations under the
// learned prior. It fails where there is no evidence layer, see Evidence.
func (q *Posterior) Spectrum(axis int) (frequency, mean, prior []float64, err error) {
	if axis < 0 || axis >= q.problem.Dim() {
		return nil, nil, nil, fmt.Errorf("gp: Spectrum: axis %d, expected 0 to %d", axis, q.problem.Dim()-1)
	}
	l, err := q.ready()
	if err != nil {
		return nil, nil, nil, err
	}
	frequency = l.data.Frequency[axis]
	n := len(frequency)
	mean, prior = make([]float64, n), make([]float64, n)
	variance := make([]float64, len(l.mean))
	l.prior.Variance(variance, l.data)
	step := lin.Size(l.shape[axis+1:])
	others := float64(len(l.mean) / n)
	for i, v := range l.mean {
		k := i / step % n
		mean[k] += v * v / others
		prior[k] += variance[i] / others
	}
	for k := range mean {
		mean[k], prior[k] = math.Sqrt(mean[k]), math.Sqrt(prior[k])
	}
	return frequency, mean, prior, nil
}

// Kernels are the spectral-mixture kernels that gphm has learned, one per axis, whose product is the prior. Other solvers have none.
func (q *Posterior) Kernels() ([]*kernel.Mixture, error) {
	if len(q.mean) == 1 {
		var out []*kernel.Mixture
		for _, b := range q.mean[0].bases {
			if h, ok := b.(hmBasis); ok {
				out = append(out, h.mix)
			}
		}
		if len(out) == len(q.mean[0].bases) {
			return out, nil
		}
	}
	return nil, errors.New("gp: only solver gphm learns kernels: see Evidence")
}
