package unet_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/unet"
)

// The network of PDE-Refiner's Kuramoto–Sivashinsky experiments: two states in, one out, told of the refinement level and of two scalars. With a quarter of the channels it
// trains on two cores.
func ExampleNew() {
	sizes := nn.Sizes{Dims: 1, In: 2, Out: 1, Scalars: 2, Level: true}
	m, err := unet.New(unet.Config{Width: 16}, sizes, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(nn.Count(m.Params()), "parameters")
	// Output: 3384161 parameters
}
