package gp

import (
	"fmt"
	"math"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// On evaluates the expression on a tensor grid. It fails with an *ExpressionError that names the subexpression and the point where a value is not finite.
func (e *Expression) On(dst []float64, grid [][]float64) error {
	ev := evaluator{e: e, grid: grid}
	v := ev.eval(e.root)
	ev.spread(dst, v.data, v.axes)
	return ev.verify(dst, nil)
}

// WithU evaluates a nonlinearity N(u, x…) and its derivative ∂N/∂u at the values u on the grid. Either destination may be nil.
func (e *Expression) WithU(value, derivative, u []float64, grid [][]float64) error {
	ev := evaluator{e: e, grid: grid, u: u, dual: derivative != nil}
	v := ev.eval(e.root)
	if derivative != nil {
		clear(derivative)
		if v.d != nil {
			ev.spread(derivative, v.d, v.axes)
		}
		if err := ev.verify(derivative, u); err != nil {
			return err
		}
	}
	if value == nil {
		return nil
	}
	ev.spread(value, v.data, v.axes)
	return ev.verify(value, u)
}

// At evaluates the expression at one point.
func (e *Expression) At(x ...float64) (float64, error) {
	grid := make([][]float64, len(x))
	for a := range x {
		grid[a] = x[a : a+1]
	}
	var v [1]float64
	err := e.On(v[:], grid)
	return v[0], err
}

// evaluator walks an expression over a grid.
type evaluator struct {
	e    *Expression
	grid [][]float64
	u    []float64
	dual bool // also ∂/∂u
}

// values holds a subexpression on the axes of the bit set axes, row-major; d is its derivative with respect to u, nil for zero.
type values struct {
	axes uint
	data []float64
	d    []float64
}

func (ev *evaluator) size(axes uint) int {
	n := 1
	for a, g := range ev.grid {
		if axes>>a&1 == 1 {
			n *= len(g)
		}
	}
	return n
}

// spread copies data on the given axes to the whole grid.
func (ev *evaluator) spread(dst, data []float64, axes uint) {
	all := uint(1)<<len(ev.grid) - 1
	copy(dst, ev.widen(data, axes, all))
}

// widen repeats data on the axes from along the axes of to that it lacks.
func (ev *evaluator) widen(data []float64, from, to uint) []float64 {
	if from == to || data == nil {
		return data
	}
	out := make([]float64, ev.size(to))
	var shape, stride [3]int
	step, rank := 1, 0
	var order [3]int
	for a := range ev.grid {
		if to>>a&1 == 1 {
			order[rank] = a
			rank++
		}
	}
	for k := rank - 1; k >= 0; k-- {
		a := order[k]
		shape[k] = len(ev.grid[a])
		if from>>a&1 == 1 {
			stride[k] = step
			step *= len(ev.grid[a])
		}
	}
	for k := rank; k < 3; k++ {
		shape[k] = 1
	}
	o := 0
	for i := range shape[0] {
		for j := range shape[1] {
			at := i*stride[0] + j*stride[1]
			for k := range shape[2] {
				out[o] = data[at+k*stride[2]]
				o++
			}
		}
	}
	return out
}

func (ev *evaluator) eval(n ast.Node) values {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return values{data: []float64{float64(n.Value)}}
	case *ast.FloatNode:
		return values{data: []float64{n.Value}}
	case *ast.IdentifierNode:
		return ev.variable(n.Value)
	case *ast.UnaryNode:
		v := ev.eval(n.Node)
		switch n.Operator {
		case "-":
			return ev.unary(v, function{func(x float64) float64 { return -x }, func(float64) float64 { return -1 }})
		case "+":
			return v
		}
		return ev.unary(v, function{func(x float64) float64 { return truth(x == 0) }, func(float64) float64 { return 0 }})
	case *ast.BinaryNode:
		return ev.binary(ev.eval(n.Left), ev.eval(n.Right), n.Operator, operators[n.Operator])
	case *ast.ConditionalNode:
		return ev.choose(ev.eval(n.Cond), ev.eval(n.Exp1), ev.eval(n.Exp2))
	}
	name, args := call(n)
	if f, ok := functions[name]; ok {
		return ev.unary(ev.eval(args[0]), f)
	}
	return ev.binary(ev.eval(args[0]), ev.eval(args[1]), "", binaryFunctions[name])
}

func (ev *evaluator) variable(name string) values {
	axis, ok := ev.e.names[name]
	if !ok {
		return values{data: []float64{constants[name]}}
	}
	if axis != axisU {
		return values{axes: 1 << axis, data: ev.grid[axis]}
	}
	v := values{axes: uint(1)<<len(ev.grid) - 1, data: ev.u}
	if ev.dual {
		v.d = make([]float64, len(ev.u))
		for i := range v.d {
			v.d[i] = 1
		}
	}
	return v
}

func (ev *evaluator) unary(v values, f function) values {
	out := values{axes: v.axes, data: make([]float64, len(v.data))}
	for i, x := range v.data {
		out.data[i] = f.f(x)
	}
	if v.d != nil {
		out.d = make([]float64, len(v.d))
		for i, x := range v.data {
			out.d[i] = f.df(x) * v.d[i]
		}
	}
	return out
}

func (ev *evaluator) binary(a, b values, name string, op operator) values {
	axes := a.axes | b.axes
	x, y := ev.widen(a.data, a.axes, axes), ev.widen(b.data, b.axes, axes)
	out := values{axes: axes, data: make([]float64, len(x))}
	switch name { // the common ones without a call per point
	case "+":
		for i := range x {
			out.data[i] = x[i] + y[i]
		}
	case "-":
		for i := range x {
			out.data[i] = x[i] - y[i]
		}
	case "*":
		for i := range x {
			out.data[i] = x[i] * y[i]
		}
	default:
		for i := range x {
			out.data[i] = op.f(x[i], y[i])
		}
	}
	if a.d == nil && b.d == nil {
		return out
	}
	out.d = make([]float64, len(x))
	if da := ev.widen(a.d, a.axes, axes); da != nil {
		for i := range x {
			out.d[i] += op.da(x[i], y[i]) * da[i]
		}
	}
	if db := ev.widen(b.d, b.axes, axes); db != nil {
		for i := range x {
			out.d[i] += op.db(x[i], y[i]) * db[i]
		}
	}
	return out
}

func (ev *evaluator) choose(c, a, b values) values {
	axes := c.axes | a.axes | b.axes
	cond := ev.widen(c.data, c.axes, axes)
	pick := func(x, y []float64) []float64 {
		if x == nil && y == nil {
			return nil
		}
		out := make([]float64, len(cond))
		for i, t := range cond {
			if t != 0 && x != nil {
				out[i] = x[i]
			} else if t == 0 && y != nil {
				out[i] = y[i]
			}
		}
		return out
	}
	return values{
		axes: axes, data: pick(ev.widen(a.data, a.axes, axes), ev.widen(b.data, b.axes, axes)),
		d: pick(ev.widen(a.d, a.axes, axes), ev.widen(b.d, b.axes, axes)),
	}
}

// verify looks for the first value that is not finite and names the innermost subexpression that made it.
func (ev *evaluator) verify(v, u []float64) error {
	for i, x := range v {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			continue
		}
		index := make([]int, len(ev.grid))
		unravel(index, i, ev.grid)
		point := make([]float64, len(index))
		one := evaluator{e: ev.e, grid: make([][]float64, len(index)), dual: ev.dual}
		for a, k := range index {
			point[a] = ev.grid[a][k]
			one.grid[a] = point[a : a+1]
		}
		where := pointText(point)
		if u != nil {
			one.u = u[i : i+1]
			where += fmt.Sprintf(", u = %g", u[i])
		}
		n, value := one.culprit(ev.e.root)
		return ev.e.fault(n, "the value is %v at %s, expected a finite one", value, where)
	}
	return nil
}

// culprit finds the innermost node with a value that is not finite; grid holds one point. Branches not taken are not looked at.
func (ev *evaluator) culprit(n ast.Node) (ast.Node, float64) {
	var children []ast.Node
	switch n := n.(type) {
	case *ast.UnaryNode:
		children = []ast.Node{n.Node}
	case *ast.BinaryNode:
		children = []ast.Node{n.Left, n.Right}
	case *ast.ConditionalNode:
		children = []ast.Node{n.Cond, n.Exp1}
		if ev.eval(n.Cond).data[0] == 0 {
			children[1] = n.Exp2
		}
	default:
		_, children = call(n)
	}
	for _, c := range children {
		v := ev.eval(c)
		if !finite(v.data[0]) || v.d != nil && !finite(v.d[0]) {
			return ev.culprit(c)
		}
	}
	v := ev.eval(n)
	if v.d != nil && finite(v.data[0]) {
		return n, v.d[0]
	}
	return n, v.data[0]
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// unravel turns a flat row-major index on the grid into one index per axis.
func unravel(index []int, i int, grid [][]float64) {
	for a := len(grid) - 1; a >= 0; a-- {
		index[a] = i % len(grid[a])
		i /= len(grid[a])
	}
}

func pointText(x []float64) string {
	s := make([]string, len(x))
	for a, v := range x {
		s[a] = fmt.Sprintf("%s = %g", coordinateNames[a], v)
	}
	return strings.Join(s, ", ")
}
