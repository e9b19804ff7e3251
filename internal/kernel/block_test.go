package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy/internal/par"
)

func randomBlock[T Float](rng *rand.Rand, s *Spectral[T]) BlockWeights[T] {
	return BlockWeights[T]{random[T](rng, s.WeightLen()), random[T](rng, s.cfg.In*s.cfg.Out), random[T](rng, s.cfg.Out)}
}

// TestBlockEqualsItsParts compares the fused block with the spectral layer, the linear layer and the activation one after the other, for batches that are
// worked on whole and for batches that are cut.
func TestBlockEqualsItsParts(t *testing.T) {
	defer par.SetThreads(0)
	par.SetThreads(2)
	for _, c := range spectralCases {
		for _, act := range []Activation{Identity, GELU} {
			t.Run(fmt.Sprint(c.name(), act), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(5, 5))
				s, err := NewSpectral[float64](c)
				if err != nil {
					t.Fatal(err)
				}
				w, n := randomBlock(rng, s), c.points()
				x, dy := random[float64](rng, c.Batch*c.In*n), random[float64](rng, c.Batch*c.Out*n)
				y, pre := make([]float64, len(dy)), make([]float64, len(dy))
				s.Forward(y, x, w.Spectral)
				LinearForward(y, pre, x, w.Linear, w.Bias, y, c.Batch, c.In, c.Out, n, act)
				dz, dx, dw := make([]float64, len(dy)), make([]float64, len(x)), randomBlock(rng, s)
				ActivationBackward(dz, pre, dy, act)
				s.BackwardInput(dx, dz, w.Spectral)
				s.BackwardWeight(dw.Spectral)
				LinearBackwardInput(dx, dz, w.Linear, c.Batch, c.In, c.Out, n, Add)
				LinearBackwardWeight(dw.Linear, dw.Bias, dz, x, c.Batch, c.In, c.Out, n, Set)

				gotY, gotPre, gotX, gotW := make([]float64, len(y)), make([]float64, len(y)), make([]float64, len(x)), randomBlock(rng, s)
				s.BlockForward(gotY, gotPre, x, w, act)
				s.BlockBackward(gotX, gotW, dy, gotPre, x, w, act)
				equal(t, "pre", gotPre, pre)
				equal(t, "y", gotY, y)
				equal(t, "dx", gotX, dx)
				equal(t, "dw.Spectral", gotW.Spectral, dw.Spectral)
				equal(t, "dw.Linear", gotW.Linear, dw.Linear)
				equal(t, "dw.Bias", gotW.Bias, dw.Bias)
				s.BlockForward(gotY, nil, x, w, act)
				equal(t, "y without pre", gotY, y)
			})
		}
	}
}

// equal allows the rounding of sums taken in another order.
func equal(t *testing.T, name string, got, want []float64) {
	t.Helper()
	for i := range want {
		near(t, fmt.Sprintf("%s[%d]", name, i), got[i], want[i], 100)
		if t.Failed() {
			return
		}
	}
}

func TestBlockIsIndependentOfThreads(t *testing.T) {
	defer par.SetThreads(0)
	c := SpectralConfig{Batch: 3, In: 18, Out: 17, Size: []int{16, 24}, Lo: []int{-4, 0}, Hi: []int{3, 5}}
	var runs [3][]float32
	for i, n := range []int{1, 2, 5} {
		par.SetThreads(n)
		rng := rand.New(rand.NewPCG(9, 9))
		s, err := NewSpectral[float32](c)
		if err != nil {
			t.Fatal(err)
		}
		w, dw := randomBlock(rng, s), randomBlock(rng, s)
		x, dy := random[float32](rng, c.Batch*c.In*c.points()), random[float32](rng, c.Batch*c.Out*c.points())
		y, pre, dx := make([]float32, len(dy)), make([]float32, len(dy)), make([]float32, len(x))
		s.BlockForward(y, pre, x, w, GELU)
		s.BlockBackward(dx, dw, dy, pre, x, w, GELU)
		runs[i] = append(append(append(append(y, dx...), dw.Spectral...), dw.Linear...), dw.Bias...)
	}
	for i := range runs[0] {
		if runs[0][i] != runs[1][i] || runs[0][i] != runs[2][i] {
			t.Fatalf("value %d is %v, %v, %v on one, two, five threads", i, runs[0][i], runs[1][i], runs[2][i])
		}
	}
}

// network is a classic FNO without a graph: lift, blocks, head; for measurements.
type network struct {
	cfg         SpectralConfig
	points      int
	x           []float32
	lift, dLift BlockWeights[float32]
	blocks      []*Spectral[float32]
	w, dw       []BlockWeights[float32]
	v, pre      [][]float32 // v[0] is the lifted input, v[i+1] block i's output
	d           [2][]float32
	head, dHead MLPWeights[float32]
	y, dy       []float32
	m, s        [][]float32
}

const headWidth, inputs = 128, 3

func newNetwork(tb testing.TB, c SpectralConfig, layers int) *network {
	tb.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	n := &network{cfg: c, points: c.points()}
	linear := func(in, out int) BlockWeights[float32] {
		return BlockWeights[float32]{nil, random[float32](rng, in*out), random[float32](rng, out)}
	}
	width, field := c.In, func(channels int) []float32 { return make([]float32, c.Batch*channels*n.points) }
	n.x, n.lift, n.dLift = random[float32](rng, c.Batch*inputs*n.points), linear(inputs, width), linear(inputs, width)
	n.v = append(n.v, field(width))
	for range layers {
		s, err := NewSpectral[float32](c)
		if err != nil {
			tb.Fatal(err)
		}
		n.blocks, n.w, n.dw = append(n.blocks, s), append(n.w, randomBlock(rng, s)), append(n.dw, randomBlock(rng, s))
		n.v, n.pre = append(n.v, field(width)), append(n.pre, field(width))
	}
	for _, w := range n.w {
		for i := range w.Linear {
			w.Linear[i] /= float32(width)
		}
		for i := range w.Spectral {
			w.Spectral[i] /= float32(width)
		}
	}
	n.d = [2][]float32{field(width), field(width)}
	for _, w := range []*MLPWeights[float32]{&n.head, &n.dHead} {
		*w = MLPWeights[float32]{random[float32](rng, width*headWidth), random[float32](rng, headWidth), random[float32](rng, headWidth), random[float32](rng, 1)}
	}
	n.y, n.dy = field(1), random[float32](rng, c.Batch*n.points)
	for _, p := range n.parameters() {
		n.m, n.s = append(n.m, make([]float32, len(p[0]))), append(n.s, make([]float32, len(p[0])))
	}
	return n
}

func (n *network) parameters() (list [][2][]float32) {
	add := func(w, dw BlockWeights[float32]) {
		for _, p := range [][2][]float32{{w.Spectral, dw.Spectral}, {w.Linear, dw.Linear}, {w.Bias, dw.Bias}} {
			if p[0] != nil {
				list = append(list, p)
			}
		}
	}
	add(n.lift, n.dLift)
	for i := range n.w {
		add(n.w[i], n.dw[i])
	}
	return append(list, [2][]float32{n.head.W1, n.dHead.W1}, [2][]float32{n.head.B1, n.dHead.B1}, [2][]float32{n.head.W2, n.dHead.W2}, [2][]float32{n.head.B2, n.dHead.B2})
}

func (n *network) forward(keep bool) {
	c := n.cfg
	LinearForward(n.v[0], nil, n.x, n.lift.Linear, n.lift.Bias, nil, c.Batch, inputs, c.In, n.points, Identity)
	for i, s := range n.blocks {
		pre := n.pre[i]
		if !keep {
			pre = nil
		}
		act := GELU
		if i == len(n.blocks)-1 {
			act, pre = Identity, nil
		}
		s.BlockForward(n.v[i+1], pre, n.v[i], n.w[i], act)
	}
	MLPForward(n.y, n.v[len(n.v)-1], n.head, c.Batch, c.In, headWidth, 1, n.points, GELU)
}

func (n *network) backward() {
	c := n.cfg
	MLPBackward(n.d[0], n.dHead, n.dy, n.v[len(n.v)-1], n.head, c.Batch, c.In, headWidth, 1, n.points, GELU)
	for i := len(n.blocks) - 1; i >= 0; i-- {
		act := GELU
		if i == len(n.blocks)-1 {
			act = Identity
		}
		n.blocks[i].BlockBackward(n.d[1], n.dw[i], n.d[0], n.pre[i], n.v[i], n.w[i], act)
		n.d[0], n.d[1] = n.d[1], n.d[0]
	}
	LinearBackwardWeight(n.dLift.Linear, n.dLift.Bias, n.d[0], n.x, c.Batch, inputs, c.In, n.points, Set)
}

func (n *network) update() {
	h := AdamWStep{LR: 1e-6, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 1e-4, GradScale: 1, Step: 1}
	for i, p := range n.parameters() {
		AdamW(p[0], p[1], n.m[i], n.s[i], nil, h)
	}
}

var networkCases = []struct {
	name string
	c    SpectralConfig
}{
	{"fno2d-b16-64-w32-m12", SpectralConfig{Batch: 16, In: 32, Out: 32, Size: []int{64, 64}, Lo: []int{-12, 0}, Hi: []int{11, 11}}},
	{"fno2d-b4-128-w64-m32", SpectralConfig{Batch: 4, In: 64, Out: 64, Size: []int{128, 128}, Lo: []int{-32, 0}, Hi: []int{31, 31}}},
	{"fno1d-b20-1024-w64-m16", SpectralConfig{Batch: 20, In: 64, Out: 64, Size: []int{1024}, Lo: []int{0}, Hi: []int{15}}},
	{"fno3d-b2-32-w20-m8", SpectralConfig{Batch: 2, In: 20, Out: 20, Size: []int{32, 32, 32}, Lo: []int{-8, -8, 0}, Hi: []int{7, 7, 7}}},
}

// BenchmarkTrainingStep runs all kernels of one step of a classic four-layer FNO, without a graph, and its parts.
func BenchmarkTrainingStep(b *testing.B) {
	for _, c := range networkCases {
		n := newNetwork(b, c.c, 4)
		last, d := len(n.blocks)-1, n.d
		for name, f := range map[string]func(){
			"step":    func() { n.forward(true); n.backward(); n.update() },
			"forward": func() { n.forward(true) }, "backward": n.backward, "update": n.update,
			"block":         func() { n.blocks[0].BlockForward(n.v[1], n.pre[0], n.v[0], n.w[0], GELU) },
			"blockBackward": func() { n.blocks[0].BlockBackward(d[1], n.dw[0], d[0], n.pre[0], n.v[0], n.w[0], GELU) },
			"head": func() {
				MLPForward(n.y, n.v[last+1], n.head, c.c.Batch, c.c.In, headWidth, 1, n.points, GELU)
			},
			"headBackward": func() {
				MLPBackward(d[0], n.dHead, n.dy, n.v[last+1], n.head, c.c.Batch, c.c.In, headWidth, 1, n.points, GELU)
			},
			"spectral":   func() { n.blocks[0].Forward(n.v[1], n.v[0], n.w[0].Spectral) },
			"analyse":    func() { n.blocks[0].analyse(false, 0, c.c.Batch, n.v[0], c.c.In, inputSpectrum) },
			"mix":        func() { n.blocks[0].mixForward(n.w[0].Spectral) },
			"mixBack":    func() { n.blocks[0].mixBackward(n.w[0].Spectral, n.dw[0].Spectral) },
			"synthesise": func() { n.blocks[0].synthesise(false, 0, c.c.Batch, Set, n.v[1], c.c.In, outputSpectrum) },
			"linear": func() {
				LinearForward(n.v[1], n.pre[0], n.v[0], n.w[0].Linear, n.w[0].Bias, nil, c.c.Batch, c.c.In, c.c.In, n.points, GELU)
			},
			"linearWeight": func() {
				LinearBackwardWeight(n.dw[0].Linear, n.dw[0].Bias, n.pre[0], n.v[0], c.c.Batch, c.c.In, c.c.In, n.points, Set)
			},
		} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				f()
				b.ReportAllocs()
				for b.Loop() {
					f()
				}
			})
		}
	}
}

func BenchmarkInference(b *testing.B) {
	c := networkCases[0].c
	c.Batch = 1
	n := newNetwork(b, c, 4)
	b.ReportAllocs()
	for b.Loop() {
		n.forward(false)
	}
}
