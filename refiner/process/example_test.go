package process_test

import (
	"fmt"

	"github.com/eddy-pde/eddy/refiner/process"
)

// The levels of PDE-Refiner with the paper's σ_min² = 2e-7: no signal at first, then ever less noise.
func ExampleExponential() {
	for _, l := range (process.Exponential{Steps: 3, SigmaMin: 4.472e-4}).Levels() {
		fmt.Printf("α = %g, σ = %.3g\n", l.Alpha, l.Sigma)
	}
	// Output:
	// α = 0, σ = 1
	// α = 1, σ = 0.0765
	// α = 1, σ = 0.00585
	// α = 1, σ = 0.000447
}
