package fno

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/internal/kernel"
	"github.com/eddy-pde/eddy/operators/nn"
)

// paperSize is the 2-D network of the FNO paper's Navier–Stokes runs in the classic form that PyTorch timings are quoted for.
func paperSize(tb testing.TB, c Config) *Model {
	tb.Helper()
	c.Modes, c.Width, c.Layers = []int{12}, 32, 4
	m, err := New(c, 2, 1, 1, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// trainStep is one optimiser step as a function: forward, loss, backward, update.
func trainStep(tb testing.TB, m *Model, batch, size int) func() {
	tb.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	g := nn.NewGraph(tensor.Float32)
	in := nn.Inputs{U: g.Placeholder("u", batch, 1, size, size), Target: g.Placeholder("target", batch, 1, size, size)}
	for _, p := range []*nn.Placeholder{in.U, in.Target} {
		for i := range p.Data() {
			p.Data()[i] = float32(rng.NormFloat64())
		}
	}
	y, err := m.Forward(g, in)
	if err != nil {
		tb.Fatal(err)
	}
	loss := nn.RelL2(y, in.Target.Node, nn.PerSample)
	params := m.Params()
	grads, err := g.Grad(loss, params)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := g.Compile(append([]*gorgonia.Node{loss}, grads...)...)
	if err != nil {
		tb.Fatal(err)
	}
	var moments [][2][]float32
	for _, q := range params {
		moments = append(moments, [2][]float32{make([]float32, q.Len()), make([]float32, q.Len())})
	}
	h := kernel.AdamWStep{LR: 1e-4, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, GradScale: 1}
	return func() {
		if err := p.Run(); err != nil {
			tb.Fatal(err)
		}
		h.Step++
		for i, q := range params {
			kernel.AdamW(q.Data(), nn.Data(grads[i]), moments[i][0], moments[i][1], nil, h)
		}
	}
}

// BenchmarkTrainStep is a whole training step: batch 16, 64², width 32, 12 modes, 4 layers.
func BenchmarkTrainStep(b *testing.B) {
	for _, c := range []Config{{Block: Classic, ModeLayout: Classic}, {Block: Current}} {
		b.Run("B=16/N=64/block="+c.Block, func(b *testing.B) {
			step := trainStep(b, paperSize(b, c), 16, 64)
			step()
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}

// BenchmarkInference is one forward pass of the same network.
func BenchmarkInference(b *testing.B) {
	for _, batch := range []int{1, 16} {
		b.Run(fmt.Sprintf("B=%d/N=64/block=classic", batch), func(b *testing.B) {
			m := paperSize(b, Config{Block: Classic, ModeLayout: Classic})
			g := nn.NewGraph(tensor.Float32)
			y, err := m.Forward(g, nn.Inputs{U: g.Placeholder("u", batch, 1, 64, 64)})
			if err != nil {
				b.Fatal(err)
			}
			p, err := g.Compile(y)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
