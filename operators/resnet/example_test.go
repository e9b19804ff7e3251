package resnet_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/resnet"
)

// A dilated residual network for a velocity in the plane.
func ExampleNew() {
	sizes := nn.Sizes{Dims: 2, In: 2, Out: 2}
	m, err := resnet.New(resnet.Config{Width: 32}, sizes, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(nn.Count(m.Params()), "parameters")
	// Output: 261218 parameters
}
