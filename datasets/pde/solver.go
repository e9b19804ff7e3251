package pde

import (
	"context"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
	"github.com/eddy-pde/eddy/internal/par"
)

// Solver is the solver of an equation of this package: an [eddy.Precise] model of one field. It is safe for concurrent use; the states of a batch are computed
// side by side on as many threads as package par allows.
type Solver struct {
	spec     eddy.Spec
	modes    [][]int // frequency of each kept coefficient
	equation semilinear
	etdrk4   *etdrk4
	substeps int
	view     view    // between states and coefficients
	full     *Solver // on the solver's grid, where states do not hold all coefficients; else nil

	workers par.Pool[*worker]
}

// worker is the scratch memory of one state.
type worker struct {
	*integrator
	view view
	c    dft.Planes
}

// newSolver makes a solver for states on spec.Grid, computing on solve points per axis.
func newSolver(spec eddy.Spec, solve []int, equation semilinear, modes [][]int, substeps int) *Solver {
	s := &Solver{
		spec: spec, modes: modes, equation: equation, substeps: substeps,
		etdrk4: newETDRK4(equation.symbol(), spec.Dt/float64(substeps)),
		view:   newView(spec.Grid.Shape(), modes),
	}
	if !s.view.complete {
		full := spec
		full.Grid.Axes = slices.Clone(spec.Grid.Axes)
		for a := range full.Grid.Axes {
			full.Grid.Axes[a].Points = solve[a]
		}
		s.full = &Solver{spec: full, modes: modes, equation: equation, substeps: substeps, etdrk4: s.etdrk4, view: newView(solve, modes)}
	}
	return s
}

// Spec describes the states.
func (s *Solver) Spec() eddy.Spec { return s.spec }

// Substeps is the number of time steps of the solver within Spec().Dt.
func (s *Solver) Substeps() int { return s.substeps }

// Full is the solver on its own grid: s itself where states hold all of the solver's frequencies.
func (s *Solver) Full() eddy.Precise {
	if s.full == nil {
		return s
	}
	return s.full
}

// Restrict writes to dst [B, 1, X…] the states that belong to full ones of the solver's grid, by leaving out the frequencies that their grid does not hold.
func (s *Solver) Restrict(dst, full []float64) error {
	if s.full == nil {
		if len(dst) != len(full) {
			return &eddy.ShapeError{Op: s.op("Restrict"), What: "destination", Got: []int{len(dst)}, Want: []int{len(full)}}
		}
		copy(dst, full)
		return nil
	}
	n, m := s.view.points, s.full.view.points
	if len(full)%m != 0 || len(dst)*m != len(full)*n {
		return &eddy.ShapeError{Op: s.op("Restrict"), What: "destination and full states", Got: []int{len(dst), len(full)}, Want: []int{n, m}, Hint: "equal multiples of that"}
	}
	par.For(len(full)/m, func(b int) {
		w, f := s.workers.Take(s.newWorker), s.full.workers.Take(s.full.newWorker)
		f.view.read(f.c, full[b*m:(b+1)*m])
		w.view.write(dst[b*n:(b+1)*n], f.c)
		s.workers.Put(w)
		s.full.workers.Put(f)
	})
	return nil
}

// Step advances a batch by Spec().Dt, rounding once on the way out: in.U is [B, 1, 1, X…] (one state of history), dst [B, 1, X…].
func (s *Solver) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if in.U == nil {
		return &eddy.ShapeError{Op: s.op("Step"), What: "input", Hint: "there is none"}
	}
	frame := s.spec.FrameShape()
	eddy.MustShape(s.op("Step"), "input", in.U.Shape, append([]int{-1, 1}, frame...))
	eddy.MustShape(s.op("Step"), "destination", dst.Shape, append([]int{in.U.Shape[0]}, frame...))
	u := make([]float64, in.U.Len())
	for i, x := range in.U.Data {
		u[i] = float64(x)
	}
	if err := s.Step64(ctx, u, u); err != nil {
		return err
	}
	for i, x := range u {
		dst.Data[i] = float32(x)
	}
	return nil
}

// Step64 advances states u [B, 1, X…] by Spec().Dt into dst of the same length; dst may be u. It fails with *eddy.ShapeError where the lengths do not fit and
// with the context's error where it was done before, or between substeps.
func (s *Solver) Step64(ctx context.Context, dst, u []float64) error {
	n := s.view.points
	if len(u)%n != 0 || len(dst) != len(u) {
		return &eddy.ShapeError{
			Op: s.op("Step64"), What: "state and destination", Got: []int{len(u), len(dst)}, Want: []int{n, n},
			Hint: fmt.Sprintf("the same multiple of the %d values of one state", n),
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	par.For(len(u)/n, func(b int) {
		w := s.workers.Take(s.newWorker)
		defer s.workers.Put(w)
		w.view.read(w.c, u[b*n:(b+1)*n])
		for i := range s.substeps {
			if i%64 == 63 && ctx.Err() != nil {
				return
			}
			w.step(w.c)
		}
		w.view.write(dst[b*n:(b+1)*n], w.c)
	})
	return ctx.Err()
}

func (s *Solver) op(method string) string { return "pde: " + s.spec.Name + ": " + method }

func (s *Solver) newWorker() *worker {
	return &worker{integrator: newIntegrator(s.etdrk4, s.equation.clone()), view: s.view.clone(), c: dft.NewPlanes(len(s.modes))}
}

// view translates between the values of a state on a grid and the kept coefficients.
type view struct {
	plan     *dft.Real
	z        dft.Planes
	points   int
	complete bool    // the grid holds all kept frequencies
	entries  []entry // of the frequencies that the grid holds
	absent   []int32 // coefficients that it does not
}

// entry says that kept coefficient `mode` stands at index `at` of the grid's coefficients, conjugated where conj is set.
type entry struct {
	mode, at int32
	conj     bool
}

func newView(shape []int, modes [][]int) view {
	v := view{plan: dft.NewReal(shape...), points: eddy.Size(shape), complete: true}
	v.z = dft.NewPlanes(v.plan.Coefficients())
	kept := v.plan.Shape()
	last := len(shape) - 1
	for m, k := range modes {
		held := true
		for a, f := range k {
			held = held && 2*max(f, -f) < shape[a]
		}
		if !held {
			v.complete = false
			v.absent = append(v.absent, int32(m))
			continue
		}
		// A mode with a frequency below 0 along the last axis is stored as the conjugate of its opposite; one with 0 there is stored both ways, and so is the
		// opposite of a mode that is kept alone.
		add := func(sign int) {
			if sign*k[last] < 0 {
				return
			}
			at := 0
			for a, f := range k {
				f *= sign
				if f < 0 {
					f += shape[a]
				}
				at = at*kept[a] + f
			}
			v.entries = append(v.entries, entry{int32(m), int32(at), sign < 0})
		}
		add(1)
		if k[last] < 0 || k[last] == 0 && slices.ContainsFunc(k, func(f int) bool { return f != 0 }) {
			add(-1)
		}
	}
	return v
}

func (v view) clone() view {
	v.plan, v.z = v.plan.Clone(), dft.NewPlanes(v.z.Len())
	return v
}

// read writes the kept coefficients of the state u to c; those that the grid does not hold are 0.
func (v view) read(c dft.Planes, u []float64) {
	v.plan.Forward(v.z, u)
	for _, e := range v.entries {
		re, im := v.z.Re[e.at], v.z.Im[e.at]
		if e.conj {
			im = -im
		}
		c.Re[e.mode], c.Im[e.mode] = re, im
	}
	for _, m := range v.absent {
		c.Re[m], c.Im[m] = 0, 0
	}
}

// write writes the values of the Fourier sum of c on the grid to u.
func (v view) write(u []float64, c dft.Planes) {
	v.z.Clear()
	for _, e := range v.entries {
		re, im := c.Re[e.mode], c.Im[e.mode]
		if e.conj {
			im = -im
		}
		v.z.Re[e.at], v.z.Im[e.at] = re, im
	}
	v.plan.Inverse(u, v.z)
}
