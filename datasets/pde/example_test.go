package pde_test

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
)

// A chaotic trajectory, stepped by hand.
func ExampleNamed() {
	p, err := pde.Named("ks", map[string]string{"grid": "64", "length": "22", "dt": "0.5"})
	if err != nil {
		fmt.Println(err)
		return
	}
	u := make([]float64, 64)
	if err := p.Initial.Draw(datasets.Stream(1, "train", 0), u); err != nil {
		fmt.Println(err)
		return
	}
	for range p.Warmup {
		if err := p.Solver.Step64(context.Background(), u, u); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Printf("%d steps of %g, each in %s substeps\n", p.Warmup, p.Solver.Spec().Dt, p.Settings["substeps"])
	// Output: 144 steps of 0.5, each in 12 substeps
}
