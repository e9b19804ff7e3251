package ic_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/ic"
)

// The initial states of the FNO paper's Burgers task.
func ExampleMatern() {
	law := ic.Matern{Sigma: 25, Tau: 5, Gamma: 2, ZeroMean: true}
	field, err := law.On(eddy.PeriodicGrid(1, 1024))
	if err != nil {
		fmt.Println(err)
		return
	}
	u := make([]float64, 1024)
	if err := field.Draw(rand.New(rand.NewPCG(1, 2)), u); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d points, variance of the law %.3f\n", len(u), field.Variance())
	// Output: 1024 points, variance of the law 0.352
}
