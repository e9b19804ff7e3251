package gp

import (
	"fmt"
	"math"
)

// wellPosed refuses, with the reason, a problem whose boundary data do not fit its operator. axes hold terms and conditions.
func wellPosed(p *Problem, axes []*axis) error {
	ill := func(format string, args ...any) error { return &IllPosedError{fmt.Sprintf(format, args...)} }
	highest := 0
	for _, a := range axes {
		k, have := a.order(), len(a.conds)
		highest = max(highest, k)
		if a.periodic {
			continue
		}
		name := fmt.Sprintf("axis %d (%s)", a.index, coordinateNames[a.index])
		switch {
		case have < k && k == 1:
			return ill("%s has a first derivative and no data on an inflow side: give the value on the side where it enters", name)
		case have < k:
			return ill("%s has derivatives of order %d and %d boundary conditions, expected %d", name, k, have, k)
		case have > k:
			return ill("%s has derivatives of order %d and %d boundary conditions, expected %d: the data over-determine the solution (solver gphm weighs them instead)", name, k, have, k)
		}
		if k == 1 && a.conds[0].order != 0 {
			return ill("%s is of first order and has a Neumann condition, expected the value on the inflow side", name)
		}
		for _, t := range a.terms {
			if t.Order != k {
				continue
			}
			if err := leadingSign(p, t, name); err != nil {
				return err
			}
		}
	}
	if highest == 0 {
		return ill("the operator holds no derivative")
	}
	return directions(axes)
}

// leadingSign refuses a leading coefficient that vanishes or changes sign within the domain: the equation changes its type there.
func leadingSign(p *Problem, t Term, name string) error {
	c, err := p.coefficient(t, linspace(p.Domain[t.Axis], 257))
	if err != nil {
		return err
	}
	for i, v := range c {
		if v == 0 || v*c[0] < 0 {
			return &IllPosedError{fmt.Sprintf("the leading coefficient of %s is zero or changes sign near %s = %g: the equation changes its type there",
				name, coordinateNames[t.Axis], linspace(p.Domain[t.Axis], 257)[i])}
		}
	}
	return nil
}

// directions checks the sides of evolution axes against one another: characteristics must enter where the data are, and heat must flow forward in time.
func directions(axes []*axis) error {
	ill := func(format string, args ...any) error { return &IllPosedError{fmt.Sprintf(format, args...)} }
	flow, flowAxis := 0.0, -1
	var elliptic, cauchy []*axis
	for _, a := range axes {
		if a.periodic && a.order() != 2 {
			continue
		}
		switch a.order() {
		case 1:
			s := math.Copysign(1, a.constant[1])
			if a.conds[0].data.Side == Hi {
				s = -s
			}
			if flow*s < 0 {
				return ill("axes %d and %d take their data on sides that no common direction of the flow enters: no data on an inflow side", flowAxis, a.index)
			}
			flow, flowAxis = s, a.index
		case 2:
			if !a.periodic && a.conds[0].at == a.conds[1].at {
				cauchy = append(cauchy, a)
			} else {
				elliptic = append(elliptic, a)
			}
		}
	}
	for i, a := range elliptic {
		if flow*a.constant[2] > 0 {
			return ill("axis %d diffuses backwards along axis %d: give the data of axis %d on its other side", a.index, flowAxis, flowAxis)
		}
		if i > 0 && a.constant[2]*elliptic[0].constant[2] < 0 {
			return ill("axes %d and %d have second derivatives of opposite sign and data at both ends: a wave equation takes value and derivative on one side of its time axis",
				elliptic[0].index, a.index)
		}
	}
	for _, c := range cauchy {
		for _, a := range elliptic {
			if a.constant[2]*c.constant[2] > 0 {
				return ill("axis %d takes value and derivative on one side, but axis %d has the same sign: a Cauchy problem of an elliptic operator", c.index, a.index)
			}
		}
	}
	return nil
}
