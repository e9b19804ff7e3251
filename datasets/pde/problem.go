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
	Solver   eddy.Precise     // of the middle of the ranges, where settings are ranges: see Model
	Initial  datasets.Initial // draws states of the solver's grid, or full ones (see datasets.Restricted), as long as what it is given
	Family   datasets.Family  // where settings are ranges, or a static field is drawn, for each trajectory; else nil
	Warmup   int              // frames to drop at the start
	Settings map[string]string
}

// Model is what data is made with: the Family where there is one, else the Solver.
func (p Problem) Model() eddy.Model {
	if p.Family != nil {
		return p.Family
	}
	return p.Solver
}

// Common are the settings that most equations have. Units are those of the equation's own length and time.
type Common struct {
	Grid      []int   // points per axis of the states
	Solve     []int   // points per axis that the solver computes on; nil: Grid
	Dt        float64 // time between states
	Length    float64 // side of the box
	Viscosity float64 // ν, see the equation
	Warmup    int     // frames of Dt to drop before the first state; negative: those of the equation's own warm-up time
	Substeps  int     // solver steps per Dt; 0: by the rule of the package doc
	MaxSpeed  float64 // speed that the rule allows for, in length/time
}

// cfl is the part of the distance of two points that a flow covers in a substep at most: see the package doc.
const cfl = 0.5

// rateStep is the substep of a reaction, in units of its fastest time: the error of a substep of ETDRK4 is some 1e-6 of that.
const rateStep = 0.1

// equation is what the types of this package have in common.
type equation interface {
	settings() []setting
	problem() (Problem, error)
}

// entry is one line of the table of equations.
type entry struct {
	name string
	dims string // of space, for the reader
	doc  string // one line, no full stop
	new  func() equation
}

// of makes the constructor of an entry from the function that gives the defaults.
func of[T any, P interface {
	*T
	equation
}](defaults func() T) func() equation {
	return func() equation {
		e := defaults()
		return P(&e)
	}
}

// equations is the table of all equations. To add one:
//
//  1. write a type in a file of its own that embeds Common (or not) and has the methods settings, which binds its keys to its fields, and problem, which ends in
//     Common.build with the equation's parts;
//  2. give the parts either `equation`, for a periodic semilinear one that the spectral Solver steps, or `solver`, for any other method: an eddy.Precise that embeds
//     *model, made from an advancer for one state;
//  3. add a line here, or in cells.go, and presets that use it in a list of presets.go.
//
// Settings that are numbers take ranges ("0.5..1.5") without further ado: see Named.
var equations = slices.Concat([]entry{
	{"advection", "1", "advection and diffusion at constant speed, exact", of(DefaultAdvection)},
	{"allen-cahn", "1–3", "Allen–Cahn: two phases that part, periodic or zero flux", of(DefaultAllenCahn)},
	{"burgers", "1", "Burgers' equation: shocks that form and merge", of(DefaultBurgers)},
	{"darcy", "2", "Darcy: steady flow through random media", of(DefaultDarcy)},
	{"fisher", "1", "Fisher–KPP: fronts of a reaction", of(DefaultFisher)},
	{"fitzhugh-nagumo", "1–3", "FitzHugh–Nagumo reaction and diffusion: patterns out of noise, periodic or zero flux", of(DefaultFitzHughNagumo)},
	{"gray-scott", "1–3", "Gray–Scott reaction and diffusion: spots that divide, periodic or zero flux", of(DefaultGrayScott)},
	{"kdv", "1", "Korteweg–de Vries: solitons", of(DefaultKdV)},
	{"kolmogorov", "2", "Navier–Stokes with sinusoidal forcing, vorticity form: turbulence", of(DefaultKolmogorov)},
	{"ks", "1", "Kuramoto–Sivashinsky: chaos", of(DefaultKS)},
	{"ns-fno", "2", "Navier–Stokes with the forcing of the FNO paper, vorticity form", of(DefaultNSFNO)},
	{"turbulence", "3", "Navier–Stokes without force, velocity: turbulence that decays", of(DefaultTurbulence)},
	{"wave", "1–3", "acoustic waves, exact, periodic or between rigid walls", of(DefaultWave)},
}, cellEquations)

// Names lists the equations that Named knows, in alphabetical order.
func Names() []string {
	var names []string
	for _, e := range equations {
		names = append(names, e.name)
	}
	slices.Sort(names)
	return names
}

// find is the entry of a name, nil where there is none.
func find(name string) *entry {
	i := slices.IndexFunc(equations, func(e entry) bool { return e.name == name })
	if i < 0 {
		return nil
	}
	return &equations[i]
}

// Describe is what an equation of Names is, in one line, and its number of space dimensions, such as "1" or "1–3". Both are empty for an unknown name.
func Describe(name string) (doc, dims string) {
	e := find(name)
	if e == nil {
		return "", ""
	}
	return e.doc, e.dims
}

// Key is one setting of an equation.
type Key struct{ Name, Default, Doc string }

// Keys lists the settings of an equation, nil where Named does not know it.
func Keys(name string) []Key {
	e := find(name)
	if e == nil {
		return nil
	}
	var keys []Key
	for _, s := range e.new().settings() {
		keys = append(keys, Key{s.name, s.format(), s.doc})
	}
	return keys
}

// Named is the problem of a name of Names with the given settings, all others at their defaults. Settings of the result holds all of them as they are in effect,
// so that Named with these gives the same problem. An unknown name or key is an error that lists the known ones.
//
// A setting that is a number may be given as a range, "0.5..1.5": each trajectory draws its own value from it, and the problem has a Family whose parameters these
// settings are.
func Named(name string, settings map[string]string) (Problem, error) {
	e := find(name)
	if e == nil {
		return Problem{}, fmt.Errorf("pde: no equation %q, expected one of %s", name, strings.Join(Names(), ", "))
	}
	eq := e.new()
	known := eq.settings()
	var ranges []interval
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		i := slices.IndexFunc(known, func(s setting) bool { return s.name == key })
		if i < 0 {
			var names []string
			for _, s := range known {
				names = append(names, s.name)
			}
			return Problem{}, fmt.Errorf("pde: %s has no setting %q, expected one of %s", name, key, strings.Join(names, ", "))
		}
		r, err := known[i].set(settings[key])
		if err != nil {
			return Problem{}, fmt.Errorf("pde: %s: %s = %q: %w", name, key, settings[key], err)
		}
		if r != nil {
			ranges = append(ranges, *r)
		}
	}
	p, err := eq.problem()
	if err != nil || ranges == nil {
		return p, err
	}
	if p.Family != nil {
		return Problem{}, fmt.Errorf("pde: %s: %s is a range, expected a number: its trajectories differ in a static field already", name, ranges[0].name)
	}
	f, err := newFamily(name, p, ranges)
	if err != nil {
		return Problem{}, err
	}
	p.Family, p.Settings = f, maps.Clone(p.Settings)
	for _, r := range ranges {
		p.Settings[r.name] = settings[r.name]
	}
	return p, nil
}

// parts is what an equation makes of its settings.
type parts struct {
	name   string
	dims   int
	fields []eddy.Field
	warmup float64   // time
	steady bool      // input and solution, no time
	grid   eddy.Grid // of the states; zero: the periodic box of Length with Grid points

	// Exactly one of these makes the solver. spec is that of the states, less Statics and Params; a solver may add to it.
	equation func(solve []int) (semilinear, [][]int, error) // spectral on a periodic box: the equation and the frequencies it keeps
	solver   func(spec eddy.Spec) (eddy.Precise, error)     // any other; datasets.Restricted where it computes on other points than it shows

	// initial makes the law on the grid that the solver computes on. limit is the highest frequency per axis that a spectral solver keeps, else nil.
	initial func(grid eddy.Grid, limit []int) (datasets.Initial, error)
	degree  int // of the nonlinear term of a spectral equation; 0: 2
	// fastest is the fastest rate of its nonlinear term, where that is a reaction and no flow: without the setting substeps a substep is at most rateStep over it.
	fastest float64
}

// build checks the common settings, fills in those that depend on others, and makes the problem; eq is asked for its settings when they are all known.
func (c *Common) build(p parts, eq equation) (Problem, error) {
	fail := func(err error) (Problem, error) { return Problem{}, fmt.Errorf("pde: %s: %w", p.name, err) }
	if err := c.check(p); err != nil {
		return fail(err)
	}
	if c.Solve == nil {
		c.Solve = slices.Clone(c.Grid)
	}
	if c.Warmup < 0 && !p.steady {
		c.Warmup = int(math.Round(p.warmup / c.Dt))
	}
	spec := eddy.Spec{Name: p.name, Fields: p.fields, Grid: p.grid, Dt: c.Dt, History: 1, Steady: p.steady}
	if spec.Grid.Dims() == 0 {
		spec.Grid = eddy.PeriodicGrid(c.Length, c.Grid...)
	}
	prob := Problem{Warmup: c.Warmup, Settings: map[string]string{}}
	grid, limit := spec.Grid, []int(nil)
	if p.equation != nil {
		solver, err := c.spectral(p, spec)
		if err != nil {
			return fail(err)
		}
		prob.Solver, grid, limit = solver, solver.Full().Spec().Grid, make([]int, len(c.Solve))
		for a, n := range c.Solve {
			if limit[a] = cutoff(n, p.degree); !grid.Axes[a].Periodic {
				limit[a] = min(cutoff(2*n, p.degree), n-1) // of the cosine series, whose even continuation has 2n points
			}
		}
	} else {
		solver, err := p.solver(spec)
		if err != nil {
			return fail(err)
		}
		prob.Solver = solver
		if r, ok := solver.(datasets.Restricted); ok {
			grid = r.Full().Spec().Grid
		}
	}
	law, err := p.initial(grid, limit)
	if err != nil {
		return fail(err)
	}
	prob.Initial = law
	if r, ok := prob.Solver.(datasets.Restricted); ok {
		prob.Initial = &restrictedInitial{law, r}
	}
	for _, s := range eq.settings() {
		prob.Settings[s.name] = s.format()
	}
	return prob, nil
}

// spectral makes the solver of a semilinear equation, with the number of substeps that its settings ask for.
func (c *Common) spectral(p parts, spec eddy.Spec) (*Solver, error) {
	dx := c.Length / float64(slices.Max(c.Solve))
	if c.Substeps == 0 {
		rate := c.MaxSpeed / (cfl * dx)
		if p.fastest > 0 {
			rate = p.fastest / rateStep
		}
		c.Substeps = max(1, int(math.Ceil(c.Dt*rate-1e-9))) // less rounding
	}
	semi, modes, err := p.equation(c.Solve)
	if err != nil {
		return nil, err
	}
	return newSolver(spec, c.Solve, semi, modes, c.Substeps, c.MaxSpeed), nil
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
	case !positive(c.Length):
		return fmt.Errorf("length = %g, expected a positive length", c.Length)
	case !(c.Viscosity >= 0) || math.IsInf(c.Viscosity, 0):
		return fmt.Errorf("viscosity = %g, expected 0 or more", c.Viscosity)
	case p.steady:
		return nil
	case !positive(c.Dt):
		return fmt.Errorf("dt = %g, expected a positive time", c.Dt)
	case p.equation != nil && p.fastest == 0 && !positive(c.MaxSpeed):
		return fmt.Errorf("max_speed = %g, expected a positive speed", c.MaxSpeed)
	case c.Substeps < 0:
		return fmt.Errorf("substeps = %d, expected 1 or more, or 0 for the default", c.Substeps)
	}
	return nil
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 0) }

// restrictedInitial draws full states, and states of the solver's own grid as restrictions of them.
type restrictedInitial struct {
	full   datasets.Initial
	solver datasets.Restricted
}

// Draw writes one state; its length says which.
func (d *restrictedInitial) Draw(rng *rand.Rand, dst []float64) error {
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
