package unet

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/operators/nn"
)

// BenchmarkTrainStep is forward and backward of PDE-Refiner's network on 256 points, batch 16, without the optimiser.
func BenchmarkTrainStep(b *testing.B) {
	for _, width := range []int{16, 64} {
		b.Run(fmt.Sprintf("W=%d", width), func(b *testing.B) {
			m, g, in := benchNetwork(b, width, 16)
			y, err := m.Forward(g, in)
			if err != nil {
				b.Fatal(err)
			}
			loss := nn.MSE(y, g.Placeholder("target", 16, 1, 256).Node)
			grads, err := g.Grad(loss, m.Params())
			if err != nil {
				b.Fatal(err)
			}
			benchRun(b, g, append([]*gorgonia.Node{loss}, grads...)...)
		})
	}
}

// BenchmarkInference is one call of the network for one state.
func BenchmarkInference(b *testing.B) {
	for _, width := range []int{16, 64} {
		b.Run(fmt.Sprintf("W=%d", width), func(b *testing.B) {
			m, g, in := benchNetwork(b, width, 1)
			y, err := m.Forward(g, in)
			if err != nil {
				b.Fatal(err)
			}
			benchRun(b, g, y)
		})
	}
}

func benchNetwork(b *testing.B, width, batch int) (*Model, *nn.Graph, nn.Inputs) {
	b.Helper()
	m, err := New(Config{Width: width}, nn.Sizes{Dims: 1, In: 2, Out: 1, Scalars: 2, Level: true}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		b.Fatal(err)
	}
	g := nn.NewGraph(tensor.Float32)
	in := nn.Inputs{U: g.Placeholder("u", batch, 2, 256), Cond: g.Placeholder("cond", batch, 2), Level: g.Placeholder("level", batch, 1)}
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range in.U.Data() {
		in.U.Data()[i] = float32(rng.NormFloat64())
	}
	return m, g, in
}

func benchRun(b *testing.B, g *nn.Graph, outputs ...*gorgonia.Node) {
	b.Helper()
	p, err := g.Compile(outputs...)
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Run(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Run(); err != nil {
			b.Fatal(err)
		}
	}
}
