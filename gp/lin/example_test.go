package lin_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/gp/lin"
)

// A small system, solved in place.
func ExampleFactor() {
	a := lin.New(2, 2)
	copy(a.A, []float64{2, 1, 1, 3})
	x := []float64{5, 10}
	lin.Factor(a).Solve(x)
	fmt.Printf("%.1f\n", x)
	// Output: [1.0 3.0]
}
