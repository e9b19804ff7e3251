package pde

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// setting binds one key to a field.
type setting struct {
	name, doc string
	parse     func(string) error
	format    func() string
	real      bool // a number, which may be a range
}

// set parses a value. Of a range it sets the middle and returns it.
func (s setting) set(text string) (*interval, error) {
	if s.real {
		r, ok, err := parseInterval(s.name, text)
		if err != nil {
			return nil, err
		}
		if ok {
			return &r, s.parse(strconv.FormatFloat((r.from+r.to)/2, 'g', -1, 64))
		}
	}
	return nil, s.parse(text)
}

// settings are those of all fields of Common; equations that have no use for some of them take `only` or `without`.
func (c *Common) settings() []setting {
	return []setting{
		points("grid", "points per axis of the states, such as 256 or 64x64", &c.Grid),
		points("solve", "points per axis that the solver computes on (default: grid)", &c.Solve),
		number("dt", "time between states", &c.Dt),
		number("length", "side of the box", &c.Length),
		number("viscosity", "coefficient ν", &c.Viscosity),
		count("warmup", "states dropped at the start (−1: the equation's own time)", &c.Warmup),
		count("substeps", "solver steps between states (0: by max_speed)", &c.Substeps),
		number("max_speed", "speed that the default of substeps allows for", &c.MaxSpeed),
	}
}

// without leaves settings out.
func without(all []setting, names ...string) []setting {
	return slices.DeleteFunc(all, func(s setting) bool { return slices.Contains(names, s.name) })
}

// only keeps the named settings.
func only(all []setting, names ...string) []setting {
	return slices.DeleteFunc(all, func(s setting) bool { return !slices.Contains(names, s.name) })
}

// choice is a setting with one of a few values.
func choice(name, doc string, p *string, values ...string) setting {
	return setting{
		name: name, doc: doc + " (" + strings.Join(values, ", ") + ")",
		parse: func(s string) error {
			if !slices.Contains(values, s) {
				return errors.New("expected one of " + strings.Join(values, ", "))
			}
			*p = s
			return nil
		},
		format: func() string { return *p },
	}
}

func number(name, doc string, p *float64) setting {
	return setting{
		name: name, doc: doc, real: true,
		parse: func(s string) (err error) {
			if *p, err = strconv.ParseFloat(s, 64); err != nil {
				return errors.New("expected a number")
			}
			return nil
		},
		format: func() string { return strconv.FormatFloat(*p, 'g', -1, 64) },
	}
}

func count(name, doc string, p *int) setting {
	return setting{
		name: name, doc: doc,
		parse: func(s string) (err error) {
			if *p, err = strconv.Atoi(s); err != nil {
				return errors.New("expected a whole number")
			}
			return nil
		},
		format: func() string { return strconv.Itoa(*p) },
	}
}

func points(name, doc string, p *[]int) setting {
	return setting{
		name: name, doc: doc,
		parse: func(s string) error {
			var shape []int
			for part := range strings.SplitSeq(s, "x") {
				n, err := strconv.Atoi(part)
				if err != nil || n < 1 {
					return errors.New("expected points per axis, such as 256 or 64x64")
				}
				shape = append(shape, n)
			}
			*p = shape
			return nil
		},
		format: func() string { return formatGrid(*p) },
	}
}

func formatGrid(shape []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "x")
}
