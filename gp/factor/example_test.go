package factor_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy/gp/factor"
)

// A function of two coordinates that is a product is found from scattered noisy values, and predicted where none were.
func ExampleFit() {
	rng := rand.New(rand.NewPCG(1, 2))
	var d factor.Data
	for range 600 {
		x, y := rng.Float64(), rng.Float64()
		d.X = append(d.X, []float64{math.Round(50*x) / 50, math.Round(50*y) / 50})
		d.Y = append(d.Y, math.Sin(6*math.Round(50*x)/50)*math.Exp(-math.Round(50*y)/50)+0.01*rng.NormFloat64())
	}
	m, err := factor.Fit(context.Background(), d, factor.Options{Rank: 3}, rng)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, variance := make([]float64, 1), make([]float64, 1)
	if err := m.Predict(mean, variance, [][]float64{{0.333, 0.777}}); err != nil {
		fmt.Println(err)
		return
	}
	truth := math.Sin(6*0.333) * math.Exp(-0.777)
	fmt.Println("rank", m.Ranks[0])
	fmt.Printf("within a hundredth of the truth: %v\n", math.Abs(mean[0]-truth) < 0.01)
	fmt.Printf("standard deviation below a hundredth: %v\n", math.Sqrt(variance[0]) < 0.01)
	// Output:
	// rank 1
	// within a hundredth of the truth: true
	// standard deviation below a hundredth: true
}
