package plan_test

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/refiner/process"
)

// A sampler is compiled once and run on any field; here the network is replaced by one that always answers 0.7.
func Example() {
	schedule := process.Exponential{Steps: 3, SigmaMin: 1e-3, Preserving: true}
	p, err := plan.Named("dpm++2m", append(schedule.Levels(), process.Clean()))
	if err != nil {
		panic(err)
	}
	x := []float64{-1.3, 0.2} // noise
	err = plan.Run(context.Background(), p, x, func(_ context.Context, dst, _ []float64, _ int, _ process.Level) error {
		for i := range dst {
			dst[i] = 0.7
		}
		return nil
	}, nil)
	fmt.Println(p.Calls(), x, err)
	// Output: 4 [0.7 0.7] <nil>
}

// Samples of PDE-Refiner's own sampler differ much less than they should, even if the network is perfect; a second-order plan with eight steps is calibrated in the middle of the
// range.
func ExampleSpread() {
	for _, c := range []struct {
		steps int
		name  string
	}{{3, "ddpm"}, {8, "dpm++2m"}} {
		schedule := process.Exponential{Steps: c.steps, SigmaMin: 6.325e-4, Preserving: true}
		p, err := plan.Named(c.name, append(schedule.Levels(), process.Clean()))
		if err != nil {
			panic(err)
		}
		fmt.Printf("K = %d, %s: %.2f of the variance\n", c.steps, c.name, plan.Spread(p, 1e-4))
	}
	// Output:
	// K = 3, ddpm: 0.24 of the variance
	// K = 8, dpm++2m: 1.04 of the variance
}
