package pde

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
	"github.com/eddy-pde/eddy/internal/par"
)

// Solver is the spectral solver of a semilinear equation of this package: an [eddy.Precise] model. It is safe for concurrent use; the states of a batch are computed
// side by side on as many threads as package par allows.
type Solver struct {
	*model
	modes    [][]int // frequency of each kept coefficient of a field
	substeps int
	clock    *clock
	view     transform // between states and coefficients
	full     *Solver   // on the solver's grid, where states do not hold all coefficients; else nil
	views    par.Pool[transform]
}

// transform translates between the values of a field on a grid and its kept coefficients. It has scratch memory: one goroutine at a time.
type transform interface {
	// read writes the kept coefficients of the field u to c; those that the grid does not hold are 0.
	read(c dft.Planes, u []float64)
	// write writes the values of the sum of c on the grid to u.
	write(u []float64, c dft.Planes)
	// holds reports whether the grid holds all kept frequencies.
	holds() bool
	// clone is the same transform with scratch memory of its own.
	clone() transform
}

// newSolver makes a solver for states on spec.Grid, computing on solve points per axis. Axes that are not periodic are those of cosine series.
func newSolver(spec eddy.Spec, solve []int, equation semilinear, modes [][]int, substeps int, maxSpeed float64) *Solver {
	c := &clock{equation: equation, dt: spec.Dt, substeps: substeps, maxSpeed: maxSpeed}
	s := newSolverOn(spec, c, modes)
	if !s.view.holds() {
		full := spec
		full.Grid.Axes = slices.Clone(spec.Grid.Axes)
		for a := range full.Grid.Axes {
			full.Grid.Axes[a].Points = solve[a]
		}
		s.full = newSolverOn(full, c, modes)
	}
	return s
}

func newSolverOn(spec eddy.Spec, c *clock, modes [][]int) *Solver {
	s := &Solver{modes: modes, substeps: c.substeps, clock: c, view: newTransform(spec.Grid, modes)}
	s.model = newModel(spec, s.newWorker)
	if eq, ok := c.equation.(*quadratic); ok && len(eq.u)%2 == 0 {
		s.together = wide
	}
	return s
}

func newTransform(grid eddy.Grid, modes [][]int) transform {
	if grid.Axes[0].Periodic {
		return newView(grid.Shape(), modes)
	}
	return newCosineView(grid.Shape(), modes)
}

// Substeps is the number of time steps of the solver within Spec().Dt, of states that are no faster than the setting max_speed.
func (s *Solver) Substeps() int { return s.substeps }

// Full is the solver on its own grid: s itself where states hold all of the solver's frequencies.
func (s *Solver) Full() eddy.Precise {
	if s.full == nil {
		return s
	}
	return s.full
}

// Restrict writes to dst [B, C, X…] the states that belong to full ones of the solver's grid, by leaving out the frequencies that their grid does not hold.
func (s *Solver) Restrict(dst, full []float64) error {
	if s.full == nil {
		if len(dst) != len(full) {
			return &eddy.ShapeError{Op: s.op("Restrict"), What: "destination", Got: []int{len(dst)}, Want: []int{len(full)}}
		}
		copy(dst, full)
		return nil
	}
	n, m := s.spec.Grid.Points(), s.full.spec.Grid.Points()
	if len(full)%m != 0 || len(dst)*m != len(full)*n {
		return &eddy.ShapeError{Op: s.op("Restrict"), What: "destination and full states", Got: []int{len(dst), len(full)}, Want: []int{n, m}, Hint: "equal multiples of that"}
	}
	par.For(len(full)/m, func(b int) {
		v, f := s.views.Take(s.view.clone), s.full.views.Take(s.full.view.clone)
		c := dft.NewPlanes(len(s.modes))
		f.read(c, full[b*m:(b+1)*m])
		v.write(dst[b*n:(b+1)*n], c)
		s.views.Put(v)
		s.full.views.Put(f)
	})
	return nil
}

// worker advances one state by its coefficients.
type worker struct {
	*integrator
	clock  *clock
	view   transform
	fields int
	c      dft.Planes // [fields][modes]
}

func (s *Solver) newWorker() advancer {
	if s.together > 1 {
		return newLanes(s.clock, s.view.clone(), s.spec.Grid.Points())
	}
	fields := len(s.spec.Fields)
	return &worker{newIntegrator(s.clock.scheme(0), s.clock.equation.clone()), s.clock, s.view.clone(), fields, dft.NewPlanes(fields * len(s.modes))}
}

// checkEvery is the number of substeps after which the speed of the state is looked at again.
const checkEvery = 16

func (w *worker) advance(ctx context.Context, u []float64, t *trace) error {
	points, modes := len(u)/w.fields, w.c.Len()/w.fields
	for f := range w.fields {
		w.view.read(w.c.Slice(f*modes, (f+1)*modes), u[f*points:(f+1)*points])
	}
	level := 0
	for i, n := 0, w.clock.substeps; i < n; {
		if i%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			level, i = follow(level, w.clock.level(w.eq, w.c), i)
			n = w.clock.substeps << level
			w.etdrk4 = w.clock.scheme(level)
		}
		w.step(w.c)
		i++
		t.substep(w.clock.dt*float64(i)/float64(n), w.c.Re, w.c.Im)
	}
	for f := range w.fields {
		w.view.write(u[f*points:(f+1)*points], w.c.Slice(f*modes, (f+1)*modes))
	}
	return nil
}

// follow goes from a level towards another one, at substep i of the first: up at once, down as far as i is even, since time is a whole number of substeps.
func follow(level, want, i int) (newLevel, newI int) {
	for ; level < want; level++ {
		i *= 2
	}
	for ; level > want && i%2 == 0; level-- {
		i /= 2
	}
	return level, i
}

// clock divides Dt into substeps: as many as its setting says for states no faster than maxSpeed, and 2^level times as many for faster ones, so that the Courant number
// stays what it is at maxSpeed. Time is a whole number of substeps at every level.
type clock struct {
	equation semilinear
	dt       float64
	substeps int
	maxSpeed float64 // 0: substeps stay as they are

	mu      sync.Mutex
	schemes []*etdrk4 // by level
	laned   []*tables // the same for lanes
}

// levels bounds the refinement: a state so fast is about to be lost.
const levels = 12

// swift is a semilinear equation with waves or a flow, whose speed bounds the substep.
type swift interface {
	// speed is the largest speed along an axis in a state.
	speed(c dft.Planes) float64
}

func (k *clock) level(eq semilinear, c dft.Planes) int {
	s, ok := eq.(swift)
	if !ok || k.maxSpeed == 0 {
		return 0
	}
	return k.levelOf(s.speed(c))
}

func (k *clock) levelOf(speed float64) int {
	if k.maxSpeed == 0 || !(speed > k.maxSpeed) {
		return 0
	}
	return min(int(math.Ceil(math.Log2(speed/k.maxSpeed))), levels)
}

// scheme is the step of a level.
func (k *clock) scheme(level int) *etdrk4 {
	k.mu.Lock()
	defer k.mu.Unlock()
	for l := len(k.schemes); l <= level; l++ {
		k.schemes = append(k.schemes, nil)
	}
	if k.schemes[level] == nil {
		k.schemes[level] = newETDRK4(k.equation.symbol(), k.dt/float64(k.substeps<<level))
	}
	return k.schemes[level]
}

// tables is scheme for lanes.
func (k *clock) tables(level int) *tables {
	e := k.scheme(level)
	k.mu.Lock()
	defer k.mu.Unlock()
	for l := len(k.laned); l <= level; l++ {
		k.laned = append(k.laned, nil)
	}
	if k.laned[level] == nil {
		k.laned[level] = newTables(e)
	}
	return k.laned[level]
}
