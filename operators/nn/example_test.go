package nn_test

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/operators/nn"
)

// A spectral convolution beside Gorgonia's own operations, differentiated and run by Gorgonia alone: the layer keeps frequencies 0 and 1 of a field with
// frequencies 1 and 2, so what is left of it is cos(2πx) + sin(2πx).
func Example() {
	g := gorgonia.NewGraph()
	const n = 4
	u := tensor.New(tensor.WithShape(1, 1, n), tensor.WithBacking([]float64{2, 0, 0, -2})) // cos(2πx) + sin(2πx) + cos(4πx) at x = j/4
	w := tensor.New(tensor.WithShape(2, 1, 2, 1), tensor.WithBacking([]float64{1, 0, 1, 0}))
	x := gorgonia.NodeFromAny(g, u, gorgonia.WithName("x"))
	weight := gorgonia.NodeFromAny(g, w, gorgonia.WithName("w"))

	y := nn.Spectral(x, weight, nn.Modes{Lo: []int{0}, Hi: []int{1}})
	energy := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(y)))) // stock operations
	grads, err := gorgonia.Grad(energy, x)
	if err != nil {
		panic(err)
	}
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n", y.Value().Data())
	fmt.Printf("%.1f\n", energy.Value().Data())
	fmt.Printf("%.1f\n", grads[0].Value().Data())
	// Output:
	// [1.0 1.0 -1.0 -1.0]
	// 4.0
	// [2.0 2.0 -2.0 -2.0]
}

// A least-squares fit: two parameters, gradients and a planned program.
func ExampleGraph() {
	w, b := nn.NewWeight("w", 1, 1), nn.NewBias("b", 1)
	g := nn.NewGraph(tensor.Float32)
	x, target := g.Placeholder("x", 1, 1, 4), g.Placeholder("target", 1, 1, 4)
	y := nn.Linear(x.Node, g.Param(w), nn.LinearTerms{Bias: g.Param(b)})
	loss := nn.MSE(y, target.Node)
	params := []*nn.Param{w, b}
	grads, err := g.Grad(loss, params)
	if err != nil {
		panic(err)
	}
	p, err := g.Compile(loss, grads[0], grads[1])
	if err != nil {
		panic(err)
	}
	copy(x.Data(), []float32{-1, 0, 1, 2})
	copy(target.Data(), []float32{-1, 1, 3, 5}) // 2x + 1
	for range 200 {
		if err := p.Run(); err != nil {
			panic(err)
		}
		for i, q := range params {
			q.Data()[0] -= 0.2 * nn.Data(grads[i])[0]
		}
	}
	fmt.Printf("%.3f x + %.3f\n", w.Data()[0], b.Data()[0])
	// Output: 2.000 x + 1.000
}
