package gp

import (
	"errors"
	"fmt"
)

// File is a problem file as it stands on disk (TOML or any other notation with the same keys). Its decoding and the reading of gridded data are the caller's; Problem
// turns it into a Problem and Options.
type File struct {
	Domain       [][]float64    `toml:"domain"`       // [[a, b], …], one pair per axis
	Points       []int          `toml:"points"`       // points per axis
	Terms        []FileTerm     `toml:"terms"`        // the linear operator
	Nonlinearity string         `toml:"nonlinearity"` // N(u, x…), added to the operator; its derivative is taken analytically
	Forcing      any            `toml:"forcing"`      // a number, an expression, or a table {file, field}
	Noise        any            `toml:"noise"`        // standard deviation on f, or "learn"
	Boundary     []FileBoundary `toml:"boundary"`
	Sensors      []FileSensor   `toml:"sensors"`
	Exact        string         `toml:"exact"`  // the solution where it is known, for the report
	Solver       string         `toml:"solver"` // fdsm (default), gphm or cheb
	Seed         uint64         `toml:"seed"`
	Options      Options        `toml:"options"`
}

// FileTerm is one summand of the operator in a problem file.
type FileTerm struct {
	Axis        int `toml:"axis"`
	Order       int `toml:"order"`
	Coefficient any `toml:"coefficient"` // a number or an expression in the coordinate of the axis; absent is 1
}

// FileBoundary is one boundary condition in a problem file.
type FileBoundary struct {
	Axis  int    `toml:"axis"`
	Side  string `toml:"side"`  // lo or hi; absent where periodic
	Kind  string `toml:"kind"`  // dirichlet, neumann, periodic or inflow
	Value any    `toml:"value"` // a number or an expression; absent is 0
}

// FileSensor is one measurement of u in a problem file.
type FileSensor struct {
	X     []float64 `toml:"x"`
	Value float64   `toml:"value"`
	Noise float64   `toml:"noise"`
}

// Loader reads a field of a file of gridded data.
type Loader func(file, field string) (*Data, error)

// Problem compiles the file into a validated problem and the options for Solve. load may be nil where the forcing is no file.
func (f *File) Problem(load Loader) (*Problem, Options, error) {
	p := &Problem{Points: f.Points}
	for i, d := range f.Domain {
		if len(d) != 2 {
			return nil, Options{}, fmt.Errorf("gp: domain[%d] has %d numbers, expected 2", i, len(d))
		}
		p.Domain = append(p.Domain, Interval{d[0], d[1]})
	}
	dim := len(p.Domain)
	if dim < 1 || dim > 3 {
		return nil, Options{}, fmt.Errorf("gp: domain has %d axes, expected 1 to 3", dim)
	}
	err := errors.Join(f.operator(p, dim), f.conditions(p, dim), f.source(p, dim, load))
	if err != nil {
		return nil, Options{}, err
	}
	opt := f.Options
	opt.Seed = f.Seed
	opt.Solver = f.Solver
	return p, opt, errors.Join(p.Validate(), opt.Validate())
}

func (f *File) operator(p *Problem, dim int) (err error) {
	for i, t := range f.Terms {
		c := t.Coefficient
		if c == nil {
			c = 1.0
		}
		field, e := fieldOf(c, dim)
		if e != nil {
			return fmt.Errorf("gp: terms[%d].coefficient: %w", i, e)
		}
		p.Terms = append(p.Terms, Term{t.Axis, t.Order, field})
	}
	if f.Nonlinearity != "" {
		n, e := ParseNonlinearity(f.Nonlinearity, dim)
		if e != nil {
			return fmt.Errorf("gp: nonlinearity: %w", e)
		}
		p.Nonlinearity = n
	}
	return nil
}

func (f *File) conditions(p *Problem, dim int) error {
	for i, b := range f.Boundary {
		var value Field
		if b.Value != nil {
			var err error
			if value, err = fieldOf(b.Value, dim); err != nil {
				return fmt.Errorf("gp: boundary[%d].value: %w", i, err)
			}
		}
		p.Boundary = append(p.Boundary, Boundary{b.Axis, Side(b.Side), Kind(b.Kind), value})
	}
	for _, s := range f.Sensors {
		p.Sensors = append(p.Sensors, Sensor(s))
	}
	if f.Exact != "" {
		e, err := ParseField(f.Exact, dim)
		if err != nil {
			return fmt.Errorf("gp: exact: %w", err)
		}
		p.Exact = e
	}
	return nil
}

func (f *File) source(p *Problem, dim int, load Loader) (err error) {
	switch v := f.Noise.(type) {
	case nil:
	case float64:
		p.Noise = v
	case int64:
		p.Noise = float64(v)
	default:
		if v != "learn" {
			return fmt.Errorf("gp: noise = %v, expected a standard deviation or \"learn\"", v)
		}
		p.Noise = LearnNoise
	}
	table, ok := f.Forcing.(map[string]any)
	if !ok {
		if f.Forcing == nil {
			return nil
		}
		if p.Forcing, err = fieldOf(f.Forcing, dim); err != nil {
			return fmt.Errorf("gp: forcing: %w", err)
		}
		return nil
	}
	path, okFile := table["file"].(string)
	field, okField := table["field"].(string)
	if !okFile || !okField || len(table) != 2 {
		return fmt.Errorf("gp: forcing = %v, expected an expression or {file, field}", table)
	}
	if load == nil {
		return errors.New("gp: forcing names a file, but no reader of files was given")
	}
	p.Data, err = load(path, field)
	return err
}

func fieldOf(v any, dim int) (Field, error) {
	switch v := v.(type) {
	case float64:
		return Constant(v), nil
	case int64:
		return Constant(v), nil
	case int:
		return Constant(v), nil
	case string:
		return ParseField(v, dim)
	}
	return nil, fmt.Errorf("found %T, expected a number or an expression", v)
}
