package gp

import (
	"errors"
	"fmt"
	"math"
)

// Interval is the extent of the domain along one axis.
type Interval struct{ Lo, Hi float64 }

// Length is Hi − Lo.
func (i Interval) Length() float64 { return i.Hi - i.Lo }

// Term is one summand c(x_a) ∂^k u / ∂x_a^k of the linear operator.
type Term struct {
	Axis        int   // a, from 0
	Order       int   // k, from 0 to 4; every axis of order 0 adds to the same c·u
	Coefficient Field // c: a Constant, or a function of the coordinate x_a alone (other coordinates are refused by Validate where it can tell)
}

// Kind is the type of a boundary condition.
type Kind string

// The kinds of boundary condition.
const (
	Dirichlet Kind = "dirichlet" // u = value
	Neumann   Kind = "neumann"   // ∂u/∂x_axis = value: the derivative along the axis on both sides, not along the outward normal
	Periodic  Kind = "periodic"  // both sides of the axis at once; no value
	Inflow    Kind = "inflow"    // u = value where an axis of order one enters the domain (an initial condition is one)
)

// Side is an end of an axis.
type Side string

// The sides of an axis.
const (
	Lo Side = "lo"
	Hi Side = "hi"
)

// Boundary is a condition on one face of the box (on both, where periodic).
type Boundary struct {
	Axis  int
	Side  Side
	Kind  Kind
	Value Field // function of all coordinates, evaluated on the face; nil is zero
}

// Nonlinearity is a pointwise term N(u, x…) that is added to the linear operator.
type Nonlinearity interface {
	// WithU evaluates N and ∂N/∂u at the values u on the grid; either destination may be nil.
	WithU(value, derivative, u []float64, grid [][]float64) error
}

// Data is a field known on a tensor grid, possibly with noise; NaN marks a missing value.
type Data struct {
	Grid   [][]float64 // ascending coordinates per axis
	Values []float64   // row-major
}

// Sensor is a measurement of the solution at a point.
type Sensor struct {
	X     []float64
	Value float64
	Noise float64 // standard deviation, positive
}

// LearnNoise as Problem.Noise asks for the noise level to be learned by evidence.
const LearnNoise = -1.0

// Problem is Σ_terms c ∂^k u + N(u) = f on a box with boundary conditions. It is data: solvers do not change it.
type Problem struct {
	Domain       []Interval   // one per axis, 1 to 3
	Points       []int        // points per axis at which the solver meets the equation, at least 8
	Terms        []Term       // the linear operator
	Nonlinearity Nonlinearity // nil where the problem is linear
	Forcing      Field        // f as a function; nil with Data nil means f = 0
	Data         *Data        // f as values on a grid, in place of Forcing
	Noise        float64      // standard deviation of white noise on the values of f; 0 exact, LearnNoise unknown
	Boundary     []Boundary
	Sensors      []Sensor // measurements of u beside the equation
	Exact        Field    // the solution where it is known: used for reports, never by a solver
}

// Dim is the number of axes.
func (p *Problem) Dim() int { return len(p.Domain) }

// MaxOrder is the highest derivative of the terms.
const MaxOrder = 4

// Validate lists every fault of the problem that needs no solution: shapes, orders, sides, values that are not finite. What makes a
// problem ill-posed for a solver (missing inflow data, incompatible flux) is said by Solve.
func (p *Problem) Validate() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("gp: "+format, args...)) }
	if d := p.Dim(); d < 1 || d > 3 {
		fault("domain has %d axes, expected 1 to 3", d)
		return errors.Join(errs...)
	}
	for a, i := range p.Domain {
		if !finite(i.Lo) || !finite(i.Hi) || i.Hi <= i.Lo {
			fault("domain[%d] = [%g, %g], expected two finite ascending numbers", a, i.Lo, i.Hi)
		}
	}
	if len(p.Points) != p.Dim() {
		fault("points has %d entries, expected %d, one per axis", len(p.Points), p.Dim())
	}
	for a, n := range p.Points {
		if n < 8 {
			fault("points[%d] = %d, expected at least 8", a, n)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	errs = append(errs, p.validateTerms()...)
	errs = append(errs, p.validateBoundary()...)
	errs = append(errs, p.validateData()...)
	return errors.Join(errs...)
}

func (p *Problem) validateTerms() (errs []error) {
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("gp: "+format, args...)) }
	if len(p.Terms) == 0 {
		fault("terms is empty, expected at least one derivative")
	}
	for i, t := range p.Terms {
		if t.Axis < 0 || t.Axis >= p.Dim() {
			fault("terms[%d].axis = %d, expected 0 to %d", i, t.Axis, p.Dim()-1)
			continue
		}
		if t.Order < 0 || t.Order > MaxOrder {
			fault("terms[%d].order = %d, expected 0 to %d", i, t.Order, MaxOrder)
		}
		if e, ok := t.Coefficient.(*Expression); ok {
			for a := range p.Dim() {
				if a != t.Axis && e.DependsOn(a) {
					fault("terms[%d].coefficient %q depends on %s, expected a function of %s alone: the solvers need an operator that is a sum over axes",
						i, e, coordinateNames[a], coordinateNames[t.Axis])
				}
			}
		}
		if t.Coefficient == nil {
			fault("terms[%d].coefficient is missing", i)
			continue
		}
		if _, err := p.coefficient(t, linspace(p.Domain[t.Axis], 17)); err != nil {
			fault("terms[%d].coefficient: %w", i, err)
		}
	}
	return errs
}

func (p *Problem) validateBoundary() (errs []error) {
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("gp: "+format, args...)) }
	seen := map[string]bool{}
	for i, b := range p.Boundary {
		if b.Axis < 0 || b.Axis >= p.Dim() {
			fault("boundary[%d].axis = %d, expected 0 to %d", i, b.Axis, p.Dim()-1)
			continue
		}
		switch b.Kind {
		case Dirichlet, Neumann, Inflow:
			if b.Side != Lo && b.Side != Hi {
				fault("boundary[%d].side = %q, expected lo or hi", i, b.Side)
			}
		case Periodic:
			if b.Value != nil {
				fault("boundary[%d] is periodic and has a value, expected none", i)
			}
		default:
			fault("boundary[%d].kind = %q, expected dirichlet, neumann, periodic or inflow", i, b.Kind)
		}
		kind := b.Kind
		if kind == Inflow {
			kind = Dirichlet
		}
		key := fmt.Sprint(b.Axis, b.Side, kind)
		if kind == Periodic {
			key = fmt.Sprint(b.Axis, kind)
		}
		if seen[key] {
			fault("boundary[%d] repeats the %s condition of axis %d, side %s", i, b.Kind, b.Axis, b.Side)
		}
		seen[key] = true
		for _, other := range p.Boundary[:i] {
			if other.Axis == b.Axis && (other.Kind == Periodic) != (b.Kind == Periodic) {
				fault("boundary[%d] mixes periodic with other conditions on axis %d", i, b.Axis)
			}
		}
	}
	return errs
}

func (p *Problem) validateData() (errs []error) {
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("gp: "+format, args...)) }
	if p.Noise < 0 && p.Noise != LearnNoise || math.IsNaN(p.Noise) || math.IsInf(p.Noise, 0) {
		fault("noise = %g, expected a standard deviation >= 0 or LearnNoise", p.Noise)
	}
	if p.Data != nil {
		if p.Forcing != nil {
			fault("the forcing is given twice, as a function and as data")
		}
		size := 1
		for _, g := range p.Data.Grid {
			size *= len(g)
		}
		if len(p.Data.Grid) != p.Dim() || len(p.Data.Values) != size {
			fault("forcing data: %d values on %d axes, expected %d on %d", len(p.Data.Values), len(p.Data.Grid), size, p.Dim())
		}
		for a, g := range p.Data.Grid {
			for i := 1; i < len(g); i++ {
				if !(g[i] > g[i-1]) {
					fault("forcing data: coordinates of axis %d do not ascend at %d", a, i)
					break
				}
			}
		}
		for i, v := range p.Data.Values {
			if math.IsInf(v, 0) {
				fault("forcing data: value %d is infinite, expected finite (or NaN for a missing one)", i)
				break
			}
		}
	}
	for i, s := range p.Sensors {
		if len(s.X) != p.Dim() || !finite(s.Value) || !(s.Noise > 0) {
			fault("sensor %d: position %v, value %g, noise %g, expected %d coordinates, a finite value and a positive noise", i, s.X, s.Value, s.Noise, p.Dim())
		}
	}
	return errs
}

// coefficient evaluates the coefficient of a term at coordinates of its axis (the others at the middle of the domain).
func (p *Problem) coefficient(t Term, x []float64) ([]float64, error) {
	grid := make([][]float64, p.Dim())
	for a, i := range p.Domain {
		grid[a] = []float64{(i.Lo + i.Hi) / 2}
	}
	grid[t.Axis] = x
	out := make([]float64, len(x))
	return out, t.Coefficient.On(out, grid)
}

// face evaluates a boundary value on the grid with its axis held at the side; the result has extent 1 along that axis.
func (p *Problem) face(b Boundary, grid [][]float64) ([]float64, error) {
	g := append([][]float64{}, grid...)
	end := p.Domain[b.Axis].Lo
	if b.Side == Hi {
		end = p.Domain[b.Axis].Hi
	}
	g[b.Axis] = []float64{end}
	out := make([]float64, gridSize(g))
	if b.Value == nil {
		return out, nil
	}
	if err := b.Value.On(out, g); err != nil {
		return nil, fmt.Errorf("gp: boundary value of axis %d, side %s: %w", b.Axis, b.Side, err)
	}
	return out, nil
}

func gridSize(grid [][]float64) int {
	n := 1
	for _, g := range grid {
		n *= len(g)
	}
	return n
}

// linspace is n equal steps from Lo to Hi, both included.
func linspace(i Interval, n int) []float64 {
	x := make([]float64, n)
	for k := range x {
		x[k] = i.Lo + i.Length()*float64(k)/float64(n-1)
	}
	x[n-1] = i.Hi
	return x
}
