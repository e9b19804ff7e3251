package pde

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// setting binds one key to a field.
type setting struct {
	name, doc string
	parse     func(string) error
	format    func() string
}

func (c *Common) settings() []setting {
	return []setting{
		points("grid", "points per axis of the states, such as 256 or 64x64", &c.Grid),
		points("solve", "points per axis that the solver computes on (default: grid)", &c.Solve),
		number("dt", "time between states", &c.Dt),
		number("length", "side of the periodic box", &c.Length),
		number("viscosity", "coefficient ν", &c.Viscosity),
		count("warmup", "states dropped at the start (−1: the equation's own time)", &c.Warmup),
		count("substeps", "solver steps between states (0: by max_speed)", &c.Substeps),
		number("max_speed", "speed that the default of substeps allows for", &c.MaxSpeed),
	}
}

func number(name, doc string, p *float64) setting {
	return setting{
		name, doc,
		func(s string) (err error) {
			if *p, err = strconv.ParseFloat(s, 64); err != nil {
				return errors.New("expected a number")
			}
			return nil
		},
		func() string { return strconv.FormatFloat(*p, 'g', -1, 64) },
	}
}

func count(name, doc string, p *int) setting {
	return setting{
		name, doc,
		func(s string) (err error) {
			if *p, err = strconv.Atoi(s); err != nil {
				return errors.New("expected a whole number")
			}
			return nil
		},
		func() string { return strconv.Itoa(*p) },
	}
}

func points(name, doc string, p *[]int) setting {
	return setting{
		name, doc,
		func(s string) error {
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
		func() string { return formatGrid(*p) },
	}
}

func formatGrid(shape []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "x")
}
