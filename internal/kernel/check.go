package kernel

import "github.com/eddy-pde/eddy"

// mustLen panics with a *eddy.ShapeError unless the flat slice of an argument holds as many elements as its shape says.
func mustLen[T any](op, what string, x []T, shape ...int) {
	n := 1
	for _, s := range shape {
		n *= s
	}
	if len(x) != n {
		panic(&eddy.ShapeError{Op: "kernel." + op, What: what + " (elements)", Got: []int{len(x)}, Want: []int{n}})
	}
}

// mustLenOrNil is mustLen for an argument that may be nil.
func mustLenOrNil[T any](op, what string, x []T, shape ...int) {
	if x != nil {
		mustLen(op, what, x, shape...)
	}
}

// sameStart reports whether two slices begin at the same element, the one form of aliasing that kernels allow.
func sameStart[T any](x, y []T) bool { return len(x) > 0 && len(y) > 0 && &x[0] == &y[0] }
