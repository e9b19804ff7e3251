package metric

import (
	"errors"
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// roles are the channels of a state whose physical meaning is known by their names; −1 or nil where there is none.
type roles struct {
	velocity  []int // components along x, y, z
	momentum  []int
	density   int
	vorticity int
}

func rolesOf(spec eddy.Spec) roles {
	find := func(names ...string) int {
		return slices.IndexFunc(spec.Fields, func(f eddy.Field) bool { return f.Of == "" && slices.Contains(names, f.Name) })
	}
	return roles{
		velocity: components(spec, "velocity"), momentum: components(spec, "momentum"),
		density: find("density", "rho", "height", "h"), vorticity: find("vorticity", "omega"),
	}
}

// components are the channels of a vector field, one for every axis of the grid, or nil.
func components(spec eddy.Spec, of string) []int {
	var out []int
	for a, axis := range spec.Grid.Axes {
		i := slices.IndexFunc(spec.Fields, func(f eddy.Field) bool {
			return f.Name == of+"_"+axis.Name || (f.Of == of && len(f.Index) == 1 && f.Index[0] == a)
		})
		if i < 0 {
			return nil
		}
		out = append(out, i)
	}
	return out
}

// Errors of what is missing.
var (
	errNoVelocity = errors.New("the data have no velocity: it takes fields velocity_x, velocity_y, … one for every axis")
	errNoDensity  = errors.New("the data have no field named density, rho, height or h")
)

// quantity is a number that a state has, such as its energy.
type quantity struct {
	check func(spec eddy.Spec) error
	of    func(p *Plan, state []float32) float64 // state is [C, X…]
}

// each writes the quantity of every trajectory of u [B, C, X…] to dst [B].
func (q quantity) each(dst []float64, p *Plan, u *eddy.Tensor) {
	n := eddy.Size(u.Shape[1:])
	par.For(len(dst), func(b int) { dst[b] = q.of(p, u.Data[b*n:(b+1)*n]) })
}

// drift is the metric (Q(p) − Q(y)) / Q(y) of a quantity Q.
func (q quantity) drift(name, about string) Metric {
	return Metric{
		Name: name, Origin: "physics", Whole: true, Better: NearZero, About: about, check: q.check,
		undefined: func(t *Truth) []bool {
			out := make([]bool, t.U.Shape[0])
			for b, v := range q.values(t.plan, t.U) {
				out[b] = v == 0
			}
			return out
		},
		measure: func(dst []float64, p *Pair) {
			truth := q.values(p.Truth.plan, p.Truth.U)
			q.each(dst, p.Truth.plan, p.Pred)
			for b, v := range truth {
				if dst[b] = (dst[b] - v) / v; v == 0 {
					dst[b] = math.NaN()
				}
			}
		},
	}
}

func (q quantity) values(p *Plan, u *eddy.Tensor) []float64 {
	out := make([]float64, u.Shape[0])
	q.each(out, p, u)
	return out
}

// field is channel c of a state [C, X…] of the plan's data.
func (p *Plan) field(state []float32, c int) []float32 {
	n := len(state) / p.spec.Channels()
	return state[c*n : (c+1)*n]
}

// allPeriodic tells whether every axis is periodic, so that fields have a Fourier series.
func allPeriodic(g eddy.Grid) bool {
	return len(g.Axes) > 0 && !slices.ContainsFunc(g.Axes, func(a eddy.Axis) bool { return !a.Periodic })
}
