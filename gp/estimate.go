package gp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/eddy-pde/eddy/gp/basis"
	"github.com/eddy-pde/eddy/gp/lin"
)

// estimate fills Residual and ErrorEstimate.
//
// The residual is measured off the nodes, on bundles of lines that are fine along one axis and pass through a few points of the others. Along each line it is expanded in sines, and every coefficient is divided by the smallest size
// that the operator can have at that frequency (over the eigenvalues of the other axes): this bounds L⁻¹ of the residual without another solve. The
// misfit of the boundary data, also off the nodes, is added.
func (q *Posterior) estimate(axes []*axis) error {
	var res, ref, bound float64
	for i := range axes {
		r, f, e, err := q.lines(axes, i)
		if err != nil {
			return err
		}
		res, ref, bound = math.Max(res, r), math.Max(ref, f), math.Max(bound, e)
	}
	if ref == 0 {
		ref = 1
	}
	q.Residual = res / ref
	size := q.rms()
	misfit, err := q.boundaryMisfit(axes)
	if err != nil {
		return err
	}
	q.ErrorEstimate = (bound + misfit) / size
	if size == 0 {
		q.ErrorEstimate = bound + misfit
	}
	return nil
}

// offset points: the golden ratio puts them off every regular set of nodes.
func offPoints(i Interval, n int) []float64 {
	x := make([]float64, n)
	at := 0.5
	for k := range x {
		at = math.Mod(at+0.6180339887498949, 1)
		x[k] = i.Lo + i.Length()*(0.02+0.96*at)
	}
	return x
}

// lines measures the residual along axis i: its rms, the rms of the forcing (of the largest term where there is none), and the bound on the error.
func (q *Posterior) lines(axes []*axis, i int) (res, ref, bound float64, err error) {
	grid := make([][]float64, len(axes))
	m := len(axes[i].nodes) + len(axes[i].nodes)/4 + 33
	for a, ax := range axes {
		grid[a] = offPoints(ax.domain, 4)
	}
	length := axes[i].domain.Length()
	grid[i] = make([]float64, m)
	for k := range m {
		grid[i][k] = axes[i].domain.Lo + length*float64(k+1)/float64(m+1)
	}
	r, largest, slope, err := q.residualOn(axes, grid)
	if err != nil {
		return 0, 0, 0, err
	}
	res, ref = rms(r), largest
	smallest := smallestSymbols(axes, i, m, slope)
	dst := fourier.NewDST(m)
	shape := make([]int, len(axes))
	for a, g := range grid {
		shape[a] = len(g)
	}
	before, after := lin.Size(shape[:i]), lin.Size(shape[i+1:])
	line := make([]float64, m)
	var sum float64
	for b := range before {
		for j := range after {
			for k := range m {
				line[k] = r[(b*m+k)*after+j]
			}
			dst.Transform(line, line)
			for k, v := range line {
				v /= smallest[k]
				sum += v * v
			}
		}
	}
	// the transform of gonum is twice the sine sum: mean square = Σ v² / (2 (m+1)²)
	bound = math.Sqrt(sum / (2 * float64(m+1) * float64(m+1)) / float64(before*after))
	return res, ref, bound, nil
}

func rms(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return lin.Norm(v) / math.Sqrt(float64(len(v)))
}

// residualOn evaluates L u + N(u) − f on a grid, with the rms of f (or of the largest term of L u where f = 0) and the mean of N'(u).
func (q *Posterior) residualOn(axes []*axis, grid [][]float64) (r []float64, ref, slope float64, err error) {
	n := gridSize(grid)
	r = make([]float64, n)
	f := make([]float64, n)
	if q.problem.Forcing != nil {
		if err := q.problem.Forcing.On(f, grid); err != nil {
			return nil, 0, 0, fmt.Errorf("gp: forcing: %w", err)
		}
	}
	ref = rms(f)
	field := q.mean[0]
	shape := make([]int, len(axes))
	values := make([]lin.Matrix, len(axes))
	for a, b := range field.bases {
		shape[a] = b.Size()
		if len(axes) > 1 {
			values[a] = evalBasis(b, grid[a], 0)
		}
	}
	if s, ok := field.line(nil); ok && axes[0].order() <= 2 {
		v := make([]float64, n)
		sum := make([]float64, n)
		for _, t := range axes[0].terms {
			c, err := q.problem.coefficient(t, grid[0])
			if err != nil {
				return nil, 0, 0, fmt.Errorf("gp: coefficient of order %d: %w", t.Order, err)
			}
			s.Sum(v, field.coef, grid[0], t.Order)
			for k, w := range v {
				sum[k] += c[k] * w
			}
		}
		if q.problem.Forcing == nil {
			ref = math.Max(ref, rms(sum))
		}
		lin.Axpy(r, 1, sum)
		return q.residualRest(r, f, ref, grid)
	}
	for i, a := range axes {
		l, err := a.applied(q.problem, grid[i])
		if err != nil {
			return nil, 0, 0, err
		}
		m := make([]*lin.Matrix, len(axes))
		for b := range axes {
			m[b] = &values[b]
		}
		m[i] = &l
		v, _ := lin.Modes(field.coef, shape, m)
		if q.problem.Forcing == nil {
			ref = math.Max(ref, rms(v))
		}
		lin.Axpy(r, 1, v)
	}
	return q.residualRest(r, f, ref, grid)
}

// residualRest adds N(u) and takes f from r, which holds L u.
func (q *Posterior) residualRest(r, f []float64, ref float64, grid [][]float64) (_ []float64, _, slope float64, err error) {
	n := len(r)
	if q.problem.Nonlinearity != nil {
		u := make([]float64, n)
		q.Mean(u, grid, nil)
		value, d := make([]float64, n), make([]float64, n)
		if err := q.problem.Nonlinearity.WithU(value, d, u, grid); err != nil {
			return nil, 0, 0, fmt.Errorf("gp: nonlinearity: %w", err)
		}
		lin.Axpy(r, 1, value)
		for _, v := range d {
			slope += v / float64(n)
		}
		if q.problem.Forcing == nil {
			ref = math.Max(ref, rms(value))
		}
	}
	lin.Axpy(r, -1, f)
	return r, ref, slope, nil
}

// smallestSymbols is, for every sine of m along axis i, the smallest modulus of the operator over the eigenvalues of the other axes. It never falls below the size of the operator on the longest
// waves of the domain, which stands for a bounded inverse.
func smallestSymbols(axes []*axis, i, m int, slope float64) []float64 {
	others := []complex128{complex(slope, 0)}
	floor := 0.0
	for b, a := range axes {
		for k := 1; k <= MaxOrder; k++ {
			floor += math.Abs(a.constant[k]) * math.Pow(1/a.domain.Length(), float64(k))
		}
		if b == i {
			continue
		}
		var next []complex128
		for _, o := range others {
			for _, v := range a.sampledSymbols(64) {
				next = append(next, o+v)
			}
		}
		others = next
	}
	out := make([]float64, m)
	for k := range out {
		s := axes[i].symbol(math.Pi * float64(k+1) / axes[i].domain.Length())
		best := math.Inf(1)
		for _, o := range others {
			v := s + o
			best = math.Min(best, math.Hypot(real(v), imag(v)))
		}
		out[k] = math.Max(best, floor)
	}
	return out
}

// symbol is the operator of the axis, with its mean coefficients, on a wave of angular frequency w.
func (a *axis) symbol(w float64) complex128 {
	var re, im float64
	for k, c := range a.constant {
		v := c * math.Pow(w, float64(k))
		switch k % 4 {
		case 0:
			re += v
		case 1:
			im += v
		case 2:
			re -= v
		default:
			im -= v
		}
	}
	return complex(re, im)
}

// sampledSymbols are n values of the symbol from the longest wave of the axis to the shortest one that its nodes carry, both signs of the frequency.
func (a *axis) sampledSymbols(n int) []complex128 {
	var out []complex128
	top := float64(len(a.nodes))
	for k := range n {
		w := math.Pi / a.domain.Length() * math.Pow(top, float64(k)/float64(n-1))
		v := a.symbol(w)
		out = append(out, v)
		if imag(v) != 0 {
			out = append(out, complex(real(v), -imag(v)))
		}
	}
	return out
}

// rms is the root mean square of the mean solution on a grid of Gauss points.
func (q *Posterior) rms() float64 {
	grid := make([][]float64, q.problem.Dim())
	n := []int{400, 60, 24}[len(grid)-1]
	for a, i := range q.problem.Domain {
		grid[a], _ = basis.Gauss(n, i.Lo, i.Hi)
	}
	v := make([]float64, gridSize(grid))
	q.Mean(v, grid, nil)
	return rms(v)
}

// boundaryMisfit is the largest difference between the solution and its boundary data on faces, off the nodes; a derivative counts over the length of the axis.
func (q *Posterior) boundaryMisfit(axes []*axis) (float64, error) {
	worst := 0.0
	for i, a := range axes {
		for _, c := range a.conds {
			grid := make([][]float64, len(axes))
			deriv := make([]int, len(axes))
			for b, o := range axes {
				grid[b] = offPoints(o.domain, min(2*len(o.nodes)+1, 201))
				if len(axes) == 3 {
					grid[b] = offPoints(o.domain, 41)
				}
			}
			grid[i] = []float64{c.at}
			deriv[i] = c.order
			want, err := q.problem.face(c.data, grid)
			if err != nil {
				return 0, err
			}
			have := make([]float64, len(want))
			q.Mean(have, grid, deriv)
			for k := range have {
				worst = math.Max(worst, math.Abs(have[k]-want[k])*math.Pow(a.domain.Length(), float64(c.order)))
			}
		}
	}
	return worst, nil
}
