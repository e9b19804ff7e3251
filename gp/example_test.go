package gp_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/eddy-pde/eddy/gp"
)

// A wave with a hundred periods, from its second derivative and its values at the ends.
func ExampleSolve() {
	f, err := gp.ParseField("-(200*pi)^2 * sin(200*pi*x)", 1)
	if err != nil {
		log.Fatal(err)
	}
	p := &gp.Problem{
		Domain: []gp.Interval{{Lo: 0, Hi: 1}},
		Points: []int{500},
		Terms:  []gp.Term{{Axis: 0, Order: 2, Coefficient: gp.Constant(1)}}, // u″ = f
		Boundary: []gp.Boundary{
			{Axis: 0, Side: gp.Lo, Kind: gp.Dirichlet}, // u = 0
			{Axis: 0, Side: gp.Hi, Kind: gp.Dirichlet},
		},
		Forcing: f,
	}
	q, err := gp.Solve(context.Background(), p, gp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	x := 0.3123
	fmt.Printf("u(%g) = %.8f, exactly %.8f\n", x, q.At(x), math.Sin(200*math.Pi*x))
	fmt.Println("the estimate says that the relative error is below 1e-8:", q.ErrorEstimate < 1e-8)
	// Output:
	// u(0.3123) = 0.99211470, exactly 0.99211470
	// the estimate says that the relative error is below 1e-8: true
}

// An operator that is not well-posed is refused with the reason.
func ExampleSolve_illPosed() {
	p := &gp.Problem{
		Domain:  []gp.Interval{{Lo: 0, Hi: 1}},
		Points:  []int{64},
		Terms:   []gp.Term{{Axis: 0, Order: 1, Coefficient: gp.Constant(1)}}, // u′ = 1, and u(0) is not given
		Forcing: gp.Constant(1),
	}
	_, err := gp.Solve(context.Background(), p, gp.Options{})
	fmt.Println(err)
	// Output:
	// gp: ill-posed problem: axis 0 (x) has a first derivative and no data on an inflow side: give the value on the side where it enters
}
