package eddy

import (
	"errors"
	"fmt"
	"slices"
)

// ShapeError says that an array does not have the shape that an operation needs. Numerical code panics with it; [Recover] turns it into an error.
type ShapeError struct {
	Op   string // the operation, with its package: "nn.Linear"
	What string // the argument: "input", "weight"
	Got  []int  // the shape found
	Want []int  // the shape needed; -1 stands for any extent; nil where Hint says it
	Hint string // what to do about it; may be empty
}

// Error is one line: operation, argument, found, expected, advice.
func (e *ShapeError) Error() string {
	s := fmt.Sprintf("%s: %s has shape %v", e.Op, e.What, e.Got)
	if e.Want != nil {
		s += fmt.Sprintf(", expected %v", e.Want)
	}
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// MustShape panics with a *ShapeError unless got equals want, where -1 in want stands for any extent.
func MustShape(op, what string, got, want []int) {
	ok := len(got) == len(want)
	for i := 0; ok && i < len(got); i++ {
		ok = want[i] == -1 || got[i] == want[i]
	}
	if !ok {
		panic(&ShapeError{Op: op, What: what, Got: slices.Clone(got), Want: slices.Clone(want)})
	}
}

// Recover is deferred by entry points: it turns a panic with a *ShapeError into *err and lets every other panic pass.
//
//	func (m *M) Step(…) (err error) { defer eddy.Recover(&err); … }
func Recover(err *error) {
	r := recover()
	if r == nil {
		return
	}
	if e, ok := r.(error); ok {
		var shape *ShapeError
		if errors.As(e, &shape) {
			*err = shape
			return
		}
	}
	panic(r)
}
