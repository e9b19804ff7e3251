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

// A self-made copy of a published set, in its grid, time step and law of initial states.
func ExamplePreset() {
	set, err := pde.Preset("pdebench/burgers-nu0.01")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := set.Problem(map[string]string{"grid": "256"}) // every fourth point
	if err != nil {
		fmt.Println(err)
		return
	}
	spec := p.Model().Spec()
	fmt.Printf("%d trajectories of %d steps of %g on %v, viscosity %.6s\n", set.Train.Trajectories, set.Train.Steps, spec.Dt, spec.Grid, p.Settings["viscosity"])
	// Output: 9000 trajectories of 200 steps of 0.01 on 256 periodic, viscosity 0.0031
}
