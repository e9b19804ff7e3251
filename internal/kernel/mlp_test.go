package kernel

import (
	"fmt"
	"math"
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

// TestFusedMLPEqualsPlainLoops compares float32 at every level, where the passes over the hidden layer are assembly, with float64, at lengths that leave odd tails.
func TestFusedMLPEqualsPlainLoops(t *testing.T) {
	levels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 7))
		for out := 1; out <= mostFused+1; out++ {
			for _, n := range []int{1, 5, 16, 31, 700} {
				for _, biased := range []bool{true, false} {
					const B, in, hidden = 2, 5, 37
					w, dw, x, dy := randomMLP[float32](rng, in, hidden, out), randomMLP[float32](rng, in, hidden, out), random[float32](rng, B*in*n), random[float32](rng, B*out*n)
					if !biased {
						w.B1, w.B2 = nil, nil
					}
					y, dx := make([]float32, len(dy)), make([]float32, len(x))
					MLPForward(y, x, w, B, in, hidden, out, n, GELU)
					MLPBackward(dx, dw, dy, x, w, B, in, hidden, out, n, GELU)

					W := MLPWeights[float64]{convert[float64](w.W1), convert[float64](w.B1), convert[float64](w.W2), convert[float64](w.B2)}
					if !biased {
						W.B1, W.B2 = nil, nil
					}
					DW := randomMLP[float64](rng, in, hidden, out)
					Y, DX := make([]float64, len(y)), make([]float64, len(dx))
					MLPForward(Y, convert[float64](x), W, B, in, hidden, out, n, GELU)
					MLPBackward(DX, DW, convert[float64](dy), convert[float64](x), W, B, in, hidden, out, n, GELU)
					for name, pair := range map[string][2][]float64{
						"y": {convert[float64](y), Y}, "dx": {convert[float64](dx), DX}, "dW1": {convert[float64](dw.W1), DW.W1},
						"dB1": {convert[float64](dw.B1), DW.B1}, "dW2": {convert[float64](dw.W2), DW.W2}, "dB2": {convert[float64](dw.B2), DW.B2},
					} {
						closeTo(t, fmt.Sprintf("out %d, n %d, biased %v: %s", out, n, biased, name), pair[0], pair[1])
					}
				}
			}
		}
	})
}

// closeTo allows single-precision rounding relative to the largest value: sums of up to 1400 terms, and 1e-6 a term from activations.
func closeTo(t *testing.T, name string, got, want []float64) {
	t.Helper()
	var scale float64
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i := range want {
		if d := math.Abs(got[i] - want[i]); !(d <= 1e-5*(scale+1)) {
			t.Fatalf("%s[%d] = %v, want %v", name, i, got[i], want[i])
		}
	}
}

// TestFusedMLPPropagatesNaN: a NaN at one point spoils that point's outputs and gradients, and no other's.
func TestFusedMLPPropagatesNaN(t *testing.T) {
	levels(t, func(t *testing.T) {
		const in, hidden, n, bad = 3, 20, 50, 33
		for out := 1; out <= mostFused; out++ {
			rng := rand.New(rand.NewPCG(8, 8))
			w, dw := randomMLP[float32](rng, in, hidden, out), randomMLP[float32](rng, in, hidden, out)
			x, dy := random[float32](rng, in*n), random[float32](rng, out*n)
			x[n+bad] = float32(math.NaN())
			y, dx := make([]float32, out*n), make([]float32, in*n)
			MLPForward(y, x, w, 1, in, hidden, out, n, GELU)
			MLPBackward(dx, dw, dy, x, w, 1, in, hidden, out, n, GELU)
			for i, v := range append(y, dx...) {
				if isNaN := v != v; isNaN != (i%n == bad) {
					t.Fatalf("out %d: value %d at point %d is %v", out, i, i%n, v)
				}
			}
			if v := dw.W2[0]; v == v {
				t.Errorf("out %d: the gradient of W2 is %v, want NaN", out, v)
			}
		}
	})
}
