package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy/internal/par"
)

var mlpCases = []struct{ B, in, hidden, out, n int }{{1, 1, 1, 1, 1}, {2, 3, 5, 2, 7}, {3, 32, 128, 1, 700}, {2, 20, 10, 20, 1025}}

func randomMLP[T Float](rng *rand.Rand, in, hidden, out int) MLPWeights[T] {
	return MLPWeights[T]{random[T](rng, in*hidden), random[T](rng, hidden), random[T](rng, hidden*out), random[T](rng, out)}
}

// TestMLPEqualsTwoLinearLayers compares values and gradients, in float64, with linear layers that keep the hidden layer.
func TestMLPEqualsTwoLinearLayers(t *testing.T) {
	levels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(6, 6))
		for _, c := range mlpCases {
			w, dw, want := randomMLP[float64](rng, c.in, c.hidden, c.out), randomMLP[float64](rng, c.in, c.hidden, c.out), randomMLP[float64](rng, c.in, c.hidden, c.out)
			x, dy := random[float64](rng, c.B*c.in*c.n), random[float64](rng, c.B*c.out*c.n)
			h, pre, y := make([]float64, c.B*c.hidden*c.n), make([]float64, c.B*c.hidden*c.n), make([]float64, len(dy))
			LinearForward(h, pre, x, w.W1, w.B1, nil, c.B, c.in, c.hidden, c.n, GELU)
			LinearForward(y, nil, h, w.W2, w.B2, nil, c.B, c.hidden, c.out, c.n, Identity)
			dh, dx := make([]float64, len(h)), make([]float64, len(x))
			LinearBackwardWeight(want.W2, want.B2, dy, h, c.B, c.hidden, c.out, c.n, Set)
			LinearBackwardInput(dh, dy, w.W2, c.B, c.hidden, c.out, c.n, Set)
			ActivationBackward(dh, pre, dh, GELU)
			LinearBackwardWeight(want.W1, want.B1, dh, x, c.B, c.in, c.hidden, c.n, Set)
			LinearBackwardInput(dx, dh, w.W1, c.B, c.in, c.hidden, c.n, Set)

			gotY, gotX := make([]float64, len(y)), make([]float64, len(x))
			MLPForward(gotY, x, w, c.B, c.in, c.hidden, c.out, c.n, GELU)
			MLPBackward(gotX, dw, dy, x, w, c.B, c.in, c.hidden, c.out, c.n, GELU)
			equal(t, "y", gotY, y)
			equal(t, "dx", gotX, dx)
			equal(t, "dW1", dw.W1, want.W1)
			equal(t, "dB1", dw.B1, want.B1)
			equal(t, "dW2", dw.W2, want.W2)
			equal(t, "dB2", dw.B2, want.B2)

			w.B1, w.B2, dw.B1, dw.B2 = nil, nil, nil, nil
			LinearForward(h, nil, x, w.W1, nil, nil, c.B, c.in, c.hidden, c.n, GELU)
			LinearForward(y, nil, h, w.W2, nil, nil, c.B, c.hidden, c.out, c.n, Identity)
			MLPForward(gotY, x, w, c.B, c.in, c.hidden, c.out, c.n, GELU)
			equal(t, "y without bias", gotY, y)
			MLPBackward(nil, dw, dy, x, w, c.B, c.in, c.hidden, c.out, c.n, GELU)
		}
	})
}

func TestMLPIsIndependentOfThreads(t *testing.T) {
	defer par.SetThreads(0)
	const B, in, hidden, out, n = 3, 8, 130, 5, 3000
	var runs [2][]float32
	for i, threads := range []int{1, 2} {
		par.SetThreads(threads)
		rng := rand.New(rand.NewPCG(3, 3))
		w, dw := randomMLP[float32](rng, in, hidden, out), randomMLP[float32](rng, in, hidden, out)
		x, dy := random[float32](rng, B*in*n), random[float32](rng, B*out*n)
		y, dx := make([]float32, len(dy)), make([]float32, len(x))
		MLPForward(y, x, w, B, in, hidden, out, n, SiLU)
		MLPBackward(dx, dw, dy, x, w, B, in, hidden, out, n, SiLU)
		runs[i] = append(append(append(append(append(y, dx...), dw.W1...), dw.B1...), dw.W2...), dw.B2...)
	}
	for i := range runs[0] {
		if runs[0][i] != runs[1][i] {
			t.Fatalf("value %d is %v on one thread, %v on two", i, runs[0][i], runs[1][i])
		}
	}
}
