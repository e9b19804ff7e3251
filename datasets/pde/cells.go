package pde

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// CellSolver is the solver of an equation on cells and faces: an [eddy.Precise] model of one or more fields, whose Spec tells where each of them sits. It may compute
// on a finer grid than that of its states, which are then coarse-grained: a cell holds the mean over its fine cells, a face the mean over the fine faces on it, so
// that the flow through the faces of a coarse cell, and its divergence, are those of the fine field (as jax-cfd does, base/resize.py). Asked for a step from a coarse
// state, it takes cell values for constant and face values for linear between the faces of a cell, which adds no divergence; datasets.Generate carries the fine states
// themselves.
//
// A row of a batch that is not finite becomes NaN. A finite state that leads out of the equation's domain is an *UnphysicalError.
type CellSolver struct {
	*model
	full    *CellSolver // on a finer grid; nil: the states are those of the method
	coarsen func(dst, full []float64)
}

// newCellSolver makes a solver for states on spec.Grid that computes on solve cells per axis; the advancers are for that grid. coarsen is how a full state becomes
// one on spec.Grid; nil: field by field as said above.
func newCellSolver(spec eddy.Spec, solve []int, fresh func() advancer, coarsen func(dst, full []float64)) (*CellSolver, error) {
	grid := spec.Grid.Shape()
	if slices.Equal(grid, solve) {
		return &CellSolver{model: newModel(spec, fresh)}, nil
	}
	full := spec
	full.Grid.Axes = slices.Clone(spec.Grid.Axes)
	for a, n := range solve {
		if n%grid[a] != 0 {
			return nil, fmt.Errorf("solve = %s, expected multiples of grid = %s: coarse cells are made of whole fine ones", formatGrid(solve), formatGrid(grid))
		}
		full.Grid.Axes[a].Points = n
	}
	b := newBlocks(spec, solve)
	if coarsen == nil {
		coarsen = b.coarsen
	}
	return &CellSolver{
		model:   newModel(spec, func() advancer { return &coarse{fresh(), b, coarsen, make([]float64, eddy.Size(full.FrameShape()))} }),
		full:    &CellSolver{model: newModel(full, fresh)},
		coarsen: coarsen,
	}, nil
}

// Full is the solver on its own grid: s itself where that is the grid of the states.
func (s *CellSolver) Full() eddy.Precise {
	if s.full == nil {
		return s
	}
	return s.full
}

// Restrict writes to dst [B, C, X…] the coarse-grained full states.
func (s *CellSolver) Restrict(dst, full []float64) error {
	n := eddy.Size(s.spec.FrameShape())
	m := eddy.Size(s.Full().Spec().FrameShape())
	if len(full)%m != 0 || len(dst)*m != len(full)*n {
		return &eddy.ShapeError{Op: s.op("Restrict"), What: "destination and full states", Got: []int{len(dst), len(full)}, Want: []int{n, m}, Hint: "equal multiples of that"}
	}
	if s.full == nil {
		copy(dst, full)
		return nil
	}
	par.For(len(full)/m, func(b int) { s.coarsen(dst[b*n:(b+1)*n], full[b*m:(b+1)*m]) })
	return nil
}

// coarse advances states of a coarser grid: they are spread on the method's grid, advanced there and coarse-grained again.
type coarse struct {
	fine advancer
	blocks
	down func(dst, full []float64)
	full []float64
}

func (c *coarse) advance(ctx context.Context, u []float64, t *trace) error {
	c.spread(c.full, u)
	if err := c.fine.advance(ctx, c.full, t); err != nil {
		return err
	}
	c.down(u, c.full)
	return nil
}

// blocks relates a grid to a finer one whose cells are whole parts of its cells.
type blocks struct {
	normal      []int // of each field: the axis across which its faces lie; −1 for cells
	solve, grid []int // cells per axis, fine and coarse
	stride      []int // of the coarse grid
	periodic    []bool
}

func newBlocks(spec eddy.Spec, solve []int) blocks {
	b := blocks{solve: solve, grid: spec.Grid.Shape(), stride: make([]int, len(solve))}
	for _, f := range spec.Fields {
		b.normal = append(b.normal, slices.Index([]eddy.Location{eddy.FaceX, eddy.FaceY, eddy.FaceZ}, f.At))
	}
	stride := 1
	for a := len(solve) - 1; a >= 0; a-- {
		b.stride[a] = stride
		stride *= b.grid[a]
	}
	for _, a := range spec.Grid.Axes {
		b.periodic = append(b.periodic, a.Periodic)
	}
	return b
}

// each calls f with every fine cell i, the coarse cell that holds it, and its place within that per axis, which f must not keep.
func (b blocks) each(f func(i, at int, within []int)) {
	within := make([]int, len(b.solve))
	for i := range eddy.Size(b.solve) {
		at, rest := 0, i
		for a := len(b.solve) - 1; a >= 0; a-- {
			k, factor := rest%b.solve[a], b.solve[a]/b.grid[a]
			rest /= b.solve[a]
			within[a] = k % factor
			at += k / factor * b.stride[a]
		}
		f(i, at, within)
	}
}

// coarsen writes the coarse-grained fields of full [C, solve…] to dst [C, grid…].
func (b blocks) coarsen(dst, full []float64) {
	n, m := eddy.Size(b.grid), eddy.Size(b.solve)
	clear(dst)
	b.each(func(i, at int, within []int) {
		for f, a := range b.normal {
			if a < 0 || within[a] == b.solve[a]/b.grid[a]-1 { // the last of its fine faces lies on the coarse one
				dst[f*n+at] += full[f*m+i]
			}
		}
	})
	for f, a := range b.normal {
		count := m / n
		if a >= 0 {
			count /= b.solve[a] / b.grid[a]
		}
		for i := range n {
			dst[f*n+i] /= float64(count)
		}
	}
}

// spread writes fields of u [C, grid…] to full [C, solve…]: its coarse-graining is u again, and the divergence within a coarse cell is that of the cell.
func (b blocks) spread(full, u []float64) {
	n, m := eddy.Size(b.grid), eddy.Size(b.solve)
	b.each(func(i, at int, within []int) {
		for f, a := range b.normal {
			upper := u[f*n+at]
			if a < 0 {
				full[f*m+i] = upper
				continue
			}
			lower := 0.0 // on a wall
			switch k := at / b.stride[a] % b.grid[a]; {
			case k > 0:
				lower = u[f*n+at-b.stride[a]]
			case b.periodic[a]:
				lower = u[f*n+at+(b.grid[a]-1)*b.stride[a]]
			}
			part := float64(within[a]+1) * float64(b.grid[a]) / float64(b.solve[a])
			full[f*m+i] = (1-part)*lower + part*upper
		}
	})
}

// lost fills a state that has become infinite or NaN with NaN, and reports whether it had.
func lost(u []float64) bool {
	sum := 0.0
	for _, v := range u {
		sum += v - v // 0, or NaN where v is infinite or NaN
	}
	if sum == 0 {
		return false
	}
	for i := range u {
		u[i] = math.NaN()
	}
	return true
}

// UnphysicalError says that a finite state led to one that the equation has no meaning for: a density, pressure or depth that is not positive, or waves so fast
// that the time step vanishes.
type UnphysicalError struct {
	Field string  // "density"
	Value float64 // what it became
	Cell  []int   // where, on the solver's grid
	Time  float64 // when, since the beginning of the step
}

// Error is one line with advice.
func (e *UnphysicalError) Error() string {
	cell := strings.ReplaceAll(strings.Trim(fmt.Sprint(e.Cell), "[]"), " ", ", ")
	return fmt.Sprintf("%s = %g in cell (%s), %.6g after the beginning of the step, expected above 0: take a smaller cfl, a finer grid or a larger viscosity",
		e.Field, e.Value, cell, e.Time)
}

// boxGrid is a box of the given cells per axis, some of whose axes are periodic; the others are open.
func boxGrid(origin, length float64, periodic []bool, shape []int) eddy.Grid {
	g := eddy.PeriodicGrid(length, shape...)
	for a := range g.Axes {
		g.Axes[a].Origin = origin
		g.Axes[a].Periodic = a < len(periodic) && periodic[a]
	}
	return g
}

// walledGrid is boxGrid between walls.
func walledGrid(origin, length float64, shape []int) eddy.Grid {
	g := boxGrid(origin, length, nil, shape)
	for a := range g.Axes {
		g.Axes[a].Wall = true
	}
	return g
}

// cellEquations are the equations on cells and faces.
var cellEquations = []entry{
	{"cfd-1d", "1", "Compressible Navier–Stokes or Euler: sound and shocks in a tube", of(DefaultCompressible1D)},
	{"cfd-2d", "2", "Compressible Navier–Stokes or Euler in a square", of(DefaultCompressible2D)},
	{"smoke", "2", "Buoyant smoke in a closed box, as PDEArena's", of(DefaultSmoke)},
	{"swe-dam-break", "2", "Shallow water: a column of water that is let go", of(DefaultDamBreak)},
	{"swe-rotating", "2", "Shallow water on a rotating square: eddies and gravity waves", of(DefaultRotatingWater)},
	{"ns-staggered", "2", "Navier–Stokes with sinusoidal forcing on a staggered grid, the finite-volume method of jax-cfd", of(DefaultStaggered)},
}
