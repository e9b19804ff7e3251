package gp

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Field is a scalar function of the coordinates that can be evaluated on a tensor grid.
//
// On fills dst (row-major, length Π len(grid[a])) with the values on the grid whose axis a has the coordinates grid[a]. It fails when a value is not finite.
type Field interface {
	On(dst []float64, grid [][]float64) error
}

// FieldFunc makes a Field of a Go function of one point x (length = dimension; not kept by the callee).
type FieldFunc func(x []float64) float64

// On evaluates the function at every grid point.
func (f FieldFunc) On(dst []float64, grid [][]float64) error {
	x := make([]float64, len(grid))
	index := make([]int, len(grid))
	for i := range dst {
		unravel(index, i, grid)
		for a, k := range index {
			x[a] = grid[a][k]
		}
		dst[i] = f(x)
		if math.IsNaN(dst[i]) || math.IsInf(dst[i], 0) {
			return fmt.Errorf("gp: the function is %v at %s, expected a finite value", dst[i], pointText(x))
		}
	}
	return nil
}

// Constant is a Field with one value everywhere.
type Constant float64

// On fills dst with the constant.
func (c Constant) On(dst []float64, _ [][]float64) error {
	for i := range dst {
		dst[i] = float64(c)
	}
	return nil
}

// ExpressionError says where an expression is wrong. Column counts characters from 1.
type ExpressionError struct {
	Source  string // the expression
	Column  int    // position in Source, from 1
	Message string
}

// Error is one line: message, position, expression.
func (e *ExpressionError) Error() string {
	return fmt.Sprintf("gp: %s at column %d of %q", e.Message, e.Column, e.Source)
}

// Expression is a formula in x, y, z (and u where Parse allows it), the constants pi and e, the usual functions, comparisons and the conditional a ? b : c.
//
// It is parsed once. On a tensor grid a subexpression is evaluated only on the axes that it depends on: sin(100*x)*sin(100*y) on 2000² points costs 4000 sines and
// four million products. An Expression is immutable and safe for concurrent use.
type Expression struct {
	source string
	root   ast.Node
	names  map[string]int // variable → axis; u is axisU
}

// axisU marks the unknown among the variables of an expression.
const axisU = -1

var coordinateNames = []string{"x", "y", "z"}

var constants = map[string]float64{"pi": math.Pi, "e": math.E}

// function is a known function of one argument with its derivative.
type function struct{ f, df func(float64) float64 }

var functions = map[string]function{
	"sin":  {math.Sin, math.Cos},
	"cos":  {math.Cos, func(x float64) float64 { return -math.Sin(x) }},
	"tan":  {math.Tan, func(x float64) float64 { c := math.Cos(x); return 1 / (c * c) }},
	"asin": {math.Asin, func(x float64) float64 { return 1 / math.Sqrt(1-x*x) }},
	"acos": {math.Acos, func(x float64) float64 { return -1 / math.Sqrt(1-x*x) }},
	"atan": {math.Atan, func(x float64) float64 { return 1 / (1 + x*x) }},
	"sinh": {math.Sinh, math.Cosh},
	"cosh": {math.Cosh, math.Sinh},
	"tanh": {math.Tanh, func(x float64) float64 { t := math.Tanh(x); return 1 - t*t }},
	"exp":  {math.Exp, math.Exp},
	"log":  {math.Log, func(x float64) float64 { return 1 / x }},
	"ln":   {math.Log, func(x float64) float64 { return 1 / x }},
	"sqrt": {math.Sqrt, func(x float64) float64 { return 0.5 / math.Sqrt(x) }},
	"abs":  {math.Abs, sign},
	"erf":  {math.Erf, func(x float64) float64 { return 2 / math.SqrtPi * math.Exp(-x*x) }},
	"sign": {sign, func(float64) float64 { return 0 }},
	"floor": {
		math.Floor, func(float64) float64 { return 0 },
	},
	"ceil": {math.Ceil, func(float64) float64 { return 0 }},
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// ParseField compiles an expression in the coordinates of a dim-dimensional problem (x; x, y; x, y, z).
func ParseField(source string, dim int) (*Expression, error) {
	names := map[string]int{}
	for a := range dim {
		names[coordinateNames[a]] = a
	}
	return parse(source, names)
}

// ParseNonlinearity compiles a pointwise nonlinearity: an expression in u and the coordinates.
func ParseNonlinearity(source string, dim int) (*Expression, error) {
	names := map[string]int{"u": axisU}
	for a := range dim {
		names[coordinateNames[a]] = a
	}
	return parse(source, names)
}

func parse(source string, names map[string]int) (*Expression, error) {
	if strings.TrimSpace(source) == "" {
		return nil, &ExpressionError{source, 1, "empty expression"}
	}
	tree, err := parser.Parse(source)
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			return nil, &ExpressionError{source, at.Column + 1, at.Message}
		}
		return nil, fmt.Errorf("gp: expression %q: %w", source, err)
	}
	e := &Expression{source: source, root: tree.Node, names: names}
	if err := e.check(e.root); err != nil {
		return nil, err
	}
	return e, nil
}

// String is the source of the expression.
func (e *Expression) String() string { return e.source }

func (e *Expression) fault(n ast.Node, format string, args ...any) error {
	return &ExpressionError{e.source, n.Location().From + 1, fmt.Sprintf(format, args...)}
}

// check refuses every symbol and construction that evaluation would not know.
func (e *Expression) check(n ast.Node) error {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return nil
	case *ast.IdentifierNode:
		if _, ok := e.names[n.Value]; ok {
			return nil
		}
		if _, ok := constants[n.Value]; ok {
			return nil
		}
		return e.fault(n, "unknown symbol %q, expected one of %s", n.Value, e.known())
	case *ast.UnaryNode:
		if n.Operator != "-" && n.Operator != "+" && n.Operator != "!" && n.Operator != "not" {
			return e.fault(n, "operator %q is not arithmetic", n.Operator)
		}
		return e.check(n.Node)
	case *ast.BinaryNode:
		if _, ok := operators[n.Operator]; !ok {
			return e.fault(n, "operator %q is not arithmetic", n.Operator)
		}
		return errors.Join(e.check(n.Left), e.check(n.Right))
	case *ast.ConditionalNode:
		return errors.Join(e.check(n.Cond), e.check(n.Exp1), e.check(n.Exp2))
	case *ast.CallNode, *ast.BuiltinNode:
		name, args := call(n)
		want := 1
		if _, ok := functions[name]; !ok {
			if _, ok := binaryFunctions[name]; !ok {
				return e.fault(n, "unknown function %q", name)
			}
			want = 2
		}
		if len(args) != want {
			return e.fault(n, "%s has %d arguments, expected %d", name, len(args), want)
		}
		for _, a := range args {
			if err := e.check(a); err != nil {
				return err
			}
		}
		return nil
	}
	return e.fault(n, "%T is not part of a formula", n)
}

// known lists the symbols of the expression for error messages.
func (e *Expression) known() string {
	var s []string
	for _, c := range append([]string{"u"}, coordinateNames...) {
		if _, ok := e.names[c]; ok {
			s = append(s, c)
		}
	}
	return strings.Join(append(s, "pi", "e"), ", ")
}

func call(n ast.Node) (string, []ast.Node) {
	switch n := n.(type) {
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok {
			return id.Value, n.Arguments
		}
	case *ast.BuiltinNode:
		return n.Name, n.Arguments
	}
	return "", nil
}

// DependsOn reports whether the expression names the coordinate of the axis.
func (e *Expression) DependsOn(axis int) bool { return dependsOn(e.root, e.names, axis) }

func dependsOn(n ast.Node, names map[string]int, axis int) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		a, ok := names[n.Value]
		return ok && a == axis
	case *ast.UnaryNode:
		return dependsOn(n.Node, names, axis)
	case *ast.BinaryNode:
		return dependsOn(n.Left, names, axis) || dependsOn(n.Right, names, axis)
	case *ast.ConditionalNode:
		return dependsOn(n.Cond, names, axis) || dependsOn(n.Exp1, names, axis) || dependsOn(n.Exp2, names, axis)
	}
	_, args := call(n)
	for _, a := range args {
		if dependsOn(a, names, axis) {
			return true
		}
	}
	return false
}

// operator is a binary operation with its partial derivatives.
type operator struct {
	f      func(a, b float64) float64
	da, db func(a, b float64) float64
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func zero2(float64, float64) float64 { return 0 }

func power(a, b float64) float64 {
	switch b {
	case 2:
		return a * a
	case 3:
		return a * a * a
	}
	return math.Pow(a, b)
}

func powerA(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return b * power(a, b-1)
}

func powerB(a, b float64) float64 {
	if a <= 0 {
		return 0 // only reached with a constant exponent of u, whose own derivative is zero
	}
	return math.Log(a) * math.Pow(a, b)
}

var operators = map[string]operator{
	"+":  {func(a, b float64) float64 { return a + b }, func(_, _ float64) float64 { return 1 }, func(_, _ float64) float64 { return 1 }},
	"-":  {func(a, b float64) float64 { return a - b }, func(_, _ float64) float64 { return 1 }, func(_, _ float64) float64 { return -1 }},
	"*":  {func(a, b float64) float64 { return a * b }, func(_, b float64) float64 { return b }, func(a, _ float64) float64 { return a }},
	"/":  {func(a, b float64) float64 { return a / b }, func(_, b float64) float64 { return 1 / b }, func(a, b float64) float64 { return -a / (b * b) }},
	"%":  {math.Mod, func(_, _ float64) float64 { return 1 }, zero2},
	"^":  {power, powerA, powerB},
	"**": {power, powerA, powerB},
	"<":  {func(a, b float64) float64 { return truth(a < b) }, zero2, zero2},
	"<=": {func(a, b float64) float64 { return truth(a <= b) }, zero2, zero2},
	">":  {func(a, b float64) float64 { return truth(a > b) }, zero2, zero2},
	">=": {func(a, b float64) float64 { return truth(a >= b) }, zero2, zero2},
	"==": {func(a, b float64) float64 { return truth(a == b) }, zero2, zero2},
	"!=": {func(a, b float64) float64 { return truth(a != b) }, zero2, zero2},
	"&&": {func(a, b float64) float64 { return truth(a != 0 && b != 0) }, zero2, zero2},
	"||": {func(a, b float64) float64 { return truth(a != 0 || b != 0) }, zero2, zero2},
}

var binaryFunctions = map[string]operator{
	"pow":   operators["^"],
	"mod":   operators["%"],
	"atan2": {math.Atan2, func(a, b float64) float64 { return b / (a*a + b*b) }, func(a, b float64) float64 { return -a / (a*a + b*b) }},
	"min":   {math.Min, func(a, b float64) float64 { return truth(a <= b) }, func(a, b float64) float64 { return truth(b < a) }},
	"max":   {math.Max, func(a, b float64) float64 { return truth(a >= b) }, func(a, b float64) float64 { return truth(b > a) }},
}
