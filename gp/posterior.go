package gp

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/lin"
)

// Posterior is what a solver knows about the solution. Its methods evaluate anywhere in the domain and are safe for concurrent use.
type Posterior struct {
	Solver        string    // FDSM, GPHM or Cheb
	Plan          string    // fdsm: the feature plan used
	Points        []int     // points per axis at which the equation was met
	Unknowns      int       // coefficients determined
	Seconds       float64   // wall time of Solve
	Residual      float64   // ‖Lu + N(u) − f‖ / ‖f‖ off the nodes (relative to the largest term where f = 0)
	ErrorEstimate float64   // relative error of the mean in L², estimated from the residual and the boundary misfit; no use is made of Problem.Exact
	Noise         float64   // standard deviation of the noise on f: given, learned, or the residual of an exact problem
	Iterations    int       // Newton steps, or steps of the optimiser
	Notes         []string  // what a reader should know: null spaces fixed, plans rejected
	Loss          []float64 // gphm: the loss along its run; fdsm with a nonlinearity: the relative residual before every Newton step
	problem       *Problem
	mean          []tensorField
	layer         *layer // the GP layer; nil until asked for where the problem is exact
	layerErr      error
	lazy          *lazyLayer
	floor         float64 // standard deviation that the layer does not hold, the same everywhere
}

// tensorField is Σ coef · ⊗ basis.
type tensorField struct {
	bases []basis.Basis
	coef  []float64
}

func (f tensorField) addTo(dst []float64, grid [][]float64, deriv []int) {
	if s, ok := f.line(deriv); ok {
		v := make([]float64, len(dst))
		s.Sum(v, f.coef, grid[0], order(deriv, 0))
		lin.Axpy(dst, 1, v)
		return
	}
	shape := make([]int, len(grid))
	m := make([]*lin.Matrix, len(grid))
	for a, b := range f.bases {
		shape[a] = b.Size()
		e := evalBasis(b, grid[a], order(deriv, a))
		m[a] = &e
	}
	v, _ := lin.Modes(f.coef, shape, m)
	lin.Axpy(dst, 1, v)
}

// line is the basis of a field of one axis that sums without a matrix, for derivatives that it can.
func (f tensorField) line(deriv []int) (basis.Summer, bool) {
	if len(f.bases) != 1 || order(deriv, 0) > 2 {
		return nil, false
	}
	s, ok := f.bases[0].(basis.Summer)
	return s, ok
}

// order is the order of differentiation along an axis; deriv may be nil.
func order(deriv []int, axis int) int {
	if deriv == nil {
		return 0
	}
	return deriv[axis]
}

// Mean writes the posterior mean on a tensor grid into dst (row-major). deriv gives the order of differentiation per axis; nil is the function itself.
// A grid whose sizes do not match dst panics.
func (q *Posterior) Mean(dst []float64, grid [][]float64, deriv []int) {
	if len(grid) != q.problem.Dim() || gridSize(grid) != len(dst) {
		panic(fmt.Sprintf("gp: Mean: %d values for %d axes of %d points", len(dst), len(grid), gridSize(grid)))
	}
	clear(dst)
	for _, f := range q.mean {
		f.addTo(dst, grid, deriv)
	}
}

// At is the posterior mean at one point.
func (q *Posterior) At(x ...float64) float64 {
	grid := make([][]float64, len(x))
	for a := range x {
		grid[a] = x[a : a+1]
	}
	var v [1]float64
	q.Mean(v[:], grid, nil)
	return v[0]
}

// RelL2 is the relative L² error of the mean against a known solution on the grid.
func (q *Posterior) RelL2(exact Field, grid [][]float64) (float64, error) {
	n := gridSize(grid)
	u, v := make([]float64, n), make([]float64, n)
	if err := exact.On(v, grid); err != nil {
		return 0, err
	}
	q.Mean(u, grid, nil)
	num, den := 0.0, 0.0
	for i := range u {
		num += (u[i] - v[i]) * (u[i] - v[i])
		den += v[i] * v[i]
	}
	return math.Sqrt(num / den), nil
}

// ReportGrid is the uniform grid, ends included, on which errors are reported: 1001 points in one dimension, 300² in two, 60³ in three, none of them chosen by a solver.
func (p *Problem) ReportGrid() [][]float64 {
	n := []int{1001, 300, 60}[p.Dim()-1]
	grid := make([][]float64, p.Dim())
	for a, i := range p.Domain {
		grid[a] = linspace(i, n)
	}
	return grid
}
