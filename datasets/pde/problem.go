package pde

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// Problem is an equation ready to make data: a solver, a law of initial states and what is known of them.
type Problem struct {
	Solver   eddy.Precise
	Initial  datasets.Initial // draws states of the solver's grid, or full ones (see datasets.Restricted), as long as what it is given
	Warmup   int              // frames to drop at the start
	Settings map[string]string
}

// Common are the settings that every equation has. Units are those of the equation's own length and time.
type Common struct {
	Grid      []int   // points per axis of the states
	Solve     []int   // points per axis that the solver computes on; nil: Grid
	Dt        float64 // time between states
	Length    float64 // side of the periodic box
	Viscosity float64 // ν, see the equation
	Warmup    int     // frames of Dt to drop before the first state; negative: those of the equation's own warm-up time
	Substeps  int     // solver steps per Dt; 0: by the rule of the package doc
	MaxSpeed  float64 // speed that the rule allows for, in length/time
}

// cfl is the part of the distance of two points that a flow of MaxSpeed covers in a substep at most: see the package doc.
const cfl = 0.5

// equation is what the types of this package have in common.
type equation interface {
	settings() []setting
	problem() (Problem, error)
}

var equations = map[string]func() equation{
	"burgers":    func() equation { e := DefaultBurgers(); return &e },
	"ks":         func() equation { e := DefaultKS(); return &e },
	"kolmogorov": func() equation { e := DefaultKolmogorov(); return &e },
	"ns-fno":     func() equation { e := DefaultNSFNO(); return &e },
}

// Names lists the equations that Named knows.
func Names() []string { return slices.Sorted(maps.Keys(equations)) }

// Key is one setting of an equation.
type Key struct{ Name, Default, Doc string }

// Keys lists the settings of an equation, nil where Named does not know it.
func Keys(name string) []Key {
	defaults, ok := equations[name]
	if !ok {
		return nil
	}
	var keys []Key
	for _, s := range defaults().settings() {
		keys = append(keys, Key{s.name, s.format(), s.doc})
	}
	return keys
}

// Named is the problem of a name of Names with the given settings, all others at their defaults. Settings of the result holds all of them as they are in effect,
// so that Named with these gives the same problem. An unknown name or key is an error that lists the known ones.
func Named(name string, settings map[string]string) (Problem, error) {
	defaults, ok := equations[name]
	if !ok {
		return Problem{}, fmt.Errorf("pde: no equation %q, expected one of %s", name, strings.Join(Names(), ", "))
	}
	eq := defaults()
	known := eq.settings()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		i := slices.IndexFunc(known, func(s setting) bool { return s.name == key })
		if i < 0 {
			var names []string
			for _, s := range known {
				names = append(names, s.name)
			}
			return Problem{}, fmt.Errorf("pde: %s has no setting %q, expected one of %s", name, key, strings.Join(names, ", "))
		}
		if err := known[i].parse(settings[key]); err != nil {
			return Problem{}, fmt.Errorf("pde: %s: %s = %q: %w", name, key, settings[key], err)
		}
	}
	return eq.problem()
}

// parts is what an equation makes of its settings.
type parts struct {
	name     string
	dims     int
	fields   []eddy.Field
	warmup   float64 // time
	equation func(solve []int) (semilinear, [][]int, error)
	initial  func(grid eddy.Grid, limit []int) (datasets.Initial, error) // limit: highest frequency of the solver per axis
}

// build checks the common settings, fills in those that depend on others, and makes the problem; eq is asked for its settings when they are all known.
func (c *Common) build(p parts, eq equation) (Problem, error) {
	if err := c.check(p); err != nil {
		return Problem{}, fmt.Errorf("pde: %s: %w", p.name, err)
	}
	if c.Solve == nil {
		c.Solve = slices.Clone(c.Grid)
	}
	if c.Warmup < 0 {
		c.Warmup = int(math.Round(p.warmup / c.Dt))
	}
	if c.Substeps == 0 {
		dx := c.Length / float64(slices.Max(c.Solve))
		c.Substeps = max(1, int(math.Ceil(c.Dt*c.MaxSpeed/(cfl*dx)-1e-9))) // less rounding
	}
	semi, modes, err := p.equation(c.Solve)
	if err != nil {
		return Problem{}, fmt.Errorf("pde: %s: %w", p.name, err)
	}
	spec := eddy.Spec{Name: p.name, Fields: p.fields, Grid: eddy.PeriodicGrid(c.Length, c.Grid...), Dt: c.Dt, History: 1}
	solver := newSolver(spec, c.Solve, semi, modes, c.Substeps)
	limit := make([]int, len(c.Solve))
	for a, n := range c.Solve {
		limit[a] = cutoff(n)
	}
	full, err := p.initial(solver.Full().Spec().Grid, limit)
	if err != nil {
		return Problem{}, fmt.Errorf("pde: %s: %w", p.name, err)
	}
	prob := Problem{Solver: solver, Initial: &initial{full, solver}, Warmup: c.Warmup, Settings: map[string]string{}}
	for _, s := range eq.settings() {
		prob.Settings[s.name] = s.format()
	}
	return prob, nil
}

func (c *Common) check(p parts) error {
	switch {
	case len(c.Grid) != p.dims:
		return fmt.Errorf("grid = %s has %d axes, expected %d", formatGrid(c.Grid), len(c.Grid), p.dims)
	case c.Solve != nil && len(c.Solve) != p.dims:
		return fmt.Errorf("solve = %s has %d axes, expected %d", formatGrid(c.Solve), len(c.Solve), p.dims)
	case slices.Min(c.Grid) < 1:
		return fmt.Errorf("grid = %s, expected at least 1 point per axis", formatGrid(c.Grid))
	case c.Solve == nil && slices.Min(c.Grid) < 4, c.Solve != nil && slices.Min(c.Solve) < 4:
		return errors.New("the solver's grid has an axis of fewer than 4 points, expected at least 4 (set solve to compute on more points than grid stores)")
	case !positive(c.Dt):
		return fmt.Errorf("dt = %g, expected a positive time", c.Dt)
	case !positive(c.Length):
		return fmt.Errorf("length = %g, expected a positive length", c.Length)
	case !(c.Viscosity >= 0) || math.IsInf(c.Viscosity, 0):
		return fmt.Errorf("viscosity = %g, expected 0 or more", c.Viscosity)
	case !positive(c.MaxSpeed):
		return fmt.Errorf("max_speed = %g, expected a positive speed", c.MaxSpeed)
	case c.Substeps < 0:
		return fmt.Errorf("substeps = %d, expected 1 or more, or 0 for the default", c.Substeps)
	}
	return nil
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 0) }

// initial draws full states, and states of the solver's own grid as restrictions of them.
type initial struct {
	full   datasets.Initial
	solver *Solver
}

// Draw writes one state; its length says which.
func (d *initial) Draw(rng *rand.Rand, dst []float64) error {
	full := eddy.Size(d.solver.Full().Spec().FrameShape())
	if len(dst) == full {
		return d.full.Draw(rng, dst)
	}
	u := make([]float64, full)
	if err := d.full.Draw(rng, u); err != nil {
		return err
	}
	return d.solver.Restrict(dst, u)
}
