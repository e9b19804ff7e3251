package pde

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
)

// Compressible is the compressible Navier–Stokes equations of an ideal gas, Euler's where η and ζ are 0, as in PDEBench's sets "CFD":
//
//	ρ_t + ∇·(ρv) = 0
//	(ρv)_t + ∇·(ρvv) + ∇p = ∇·τ
//	E_t + ∇·((E + p)v) = ∇·(τv),   E = p/(γ−1) + ½ρ|v|²,   τ = ρη(∇v + ∇vᵀ − ⅔∇·v) + ρζ∇·v
//
// State [B, 3, X] or [B, 4, X, Y]: density, pressure and velocity at the centres of cells, as means of conserved variables. Method: finite volumes of second order
// with the HLLC Riemann solver, SSP Runge–Kutta in time, substeps by cfl; see the package doc. As in PDEBench the viscosities η and ζ are kinematic, that is
// multiplied by the density; PDEBench leaves the mixed derivatives of τ out, which are here. Pressure and density stay positive, or an *UnphysicalError says when and
// where they do not.
//
// Initial states follow PDEBench's laws: see Law.
type Compressible struct {
	Common
	CFL       float64 // dt · Σ_axes (|v| + c)/h of a substep at most
	Gamma     float64 // γ: ratio of specific heats
	Eta, Zeta float64 // η, ζ: kinematic shear and bulk viscosity, in length²/time
	// Boundary is "periodic", "outflow" or, in two dimensions, "channel": periodic along x, outflow along y.
	Boundary string
	// Law of the initial states. In one dimension "random", sums of waves, or "shock", two constant states. In two "random", waves about a random state at a mean
	// speed, "turbulence", a flow without divergence, or "shear", two layers.
	Law  string
	Mach float64 // of the initial states in two dimensions: mean speed over the speed of sound

	dims int
}

// DefaultCompressible1D is PDEBench's 1-D set with η = ζ = 0.01: 1024 cells on [−1, 1], a state every 0.01.
func DefaultCompressible1D() Compressible {
	return Compressible{
		Common: Common{Grid: []int{1024}, Dt: 0.01, Length: 2}, dims: 1,
		CFL: 0.4, Gamma: 5. / 3, Eta: 0.01, Zeta: 0.01, Boundary: "periodic", Law: "random",
	}
}

// DefaultCompressible2D is PDEBench's 2-D set with η = ζ = 0.01 and Mach number 0.1: 128² cells on the unit square, a state every 0.05.
func DefaultCompressible2D() Compressible {
	return Compressible{
		Common: Common{Grid: []int{128, 128}, Dt: 0.05, Length: 1}, dims: 2,
		CFL: 0.4, Gamma: 5. / 3, Eta: 0.01, Zeta: 0.01, Boundary: "periodic", Law: "random", Mach: 0.1,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (c Compressible) Problem() (Problem, error) { return c.problem() }

func (c *Compressible) settings() []setting {
	boundaries, laws := []string{"periodic", "outflow"}, []string{"random", "shock"}
	if c.dims == 2 {
		boundaries, laws = append(boundaries, "channel"), []string{"random", "turbulence", "shear"}
	}
	s := append(
		only(c.Common.settings(), "grid", "solve", "dt", "length", "warmup"),
		number("cfl", "part of a cell that the fastest wave covers in a substep at most", &c.CFL),
		number("gamma", "ratio γ of specific heats", &c.Gamma),
		number("eta", "kinematic shear viscosity η", &c.Eta),
		number("zeta", "kinematic bulk viscosity ζ", &c.Zeta),
		choice("boundary", "what happens at the sides", &c.Boundary, boundaries...),
		choice("law", "PDEBench's law of the initial states", &c.Law, laws...),
	)
	if c.dims == 2 {
		s = append(s, number("mach", "Mach number of the initial states", &c.Mach))
	}
	return s
}

func (c *Compressible) problem() (Problem, error) {
	name, fields, origin := "cfd-1d", gasFields(1), -c.Length/2
	if c.dims == 2 {
		name, fields, origin = "cfd-2d", gasFields(2), 0
	}
	periodic := []bool{c.Boundary == "periodic" || c.Boundary == "channel", c.Boundary == "periodic"}[:c.dims]
	return c.build(parts{
		name: name, dims: c.dims, fields: fields, grid: boxGrid(origin, c.Length, periodic, c.Grid),
		solver: func(spec eddy.Spec) (eddy.Precise, error) {
			if err := c.check(); err != nil {
				return nil, err
			}
			return newGasSolver(spec, c.Solve, gas{c.Gamma, c.Eta, c.Zeta}, c.CFL)
		},
		initial: func(grid eddy.Grid, _ []int) (datasets.Initial, error) {
			if c.dims == 1 {
				return &gasLine{grid: grid, shock: c.Law == "shock"}, nil
			}
			return &gasPlane{grid: grid, law: c.Law, gamma: c.Gamma, mach: c.Mach}, nil
		},
	}, c)
}

func (c *Compressible) check() error {
	switch {
	case !(c.CFL > 0 && c.CFL <= 0.5):
		return fmt.Errorf("cfl = %g, expected above 0 and at most 0.5, where the method keeps density and pressure positive", c.CFL)
	case !(c.Gamma > 1) || math.IsInf(c.Gamma, 0):
		return fmt.Errorf("gamma = %g, expected above 1", c.Gamma)
	case !(c.Eta >= 0) || math.IsInf(c.Eta, 0):
		return fmt.Errorf("eta = %g, expected 0 or more", c.Eta)
	case !(c.Zeta >= 0) || math.IsInf(c.Zeta, 0):
		return fmt.Errorf("zeta = %g, expected 0 or more", c.Zeta)
	case c.dims == 2 && !positive(c.Mach):
		return fmt.Errorf("mach = %g, expected a positive number", c.Mach)
	}
	return nil
}

// gasFields are density, pressure and the velocities of a gas.
func gasFields(dims int) []eddy.Field {
	f := []eddy.Field{{Name: "density", At: eddy.Cell}, {Name: "pressure", At: eddy.Cell}}
	return append(f, cellVelocity(dims)...)
}

// cellVelocity are the fields of a velocity at the centres of cells.
func cellVelocity(dims int) []eddy.Field {
	return []eddy.Field{
		{Name: "velocity_x", At: eddy.Cell, Of: "velocity", Index: []int{0}},
		{Name: "velocity_y", At: eddy.Cell, Of: "velocity", Index: []int{1}},
	}[:dims]
}

// newGasSolver makes the solver of a law for states on spec.Grid that computes on solve cells per axis.
func newGasSolver(spec eddy.Spec, solve []int, l law, cfl float64) (*CellSolver, error) {
	var step []float64
	var periodic []bool
	for a, axis := range spec.Grid.Axes {
		step = append(step, axis.Length/float64(solve[a]))
		periodic = append(periodic, axis.Periodic)
	}
	g := newGodunov(l, newMesh(solve, step, periodic), cfl, spec.Dt, spec.Fields)
	return newCellSolver(spec, solve, func() advancer { return g.clone() }, coarsenConserved(l, newBlocks(spec, solve)))
}
