package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

var activations = []Activation{Identity, GELU, SiLU, Tanh, ReLU}

func exact(a Activation) (f, slope func(float64) float64) {
	switch a {
	case GELU:
		return gelu, geluSlope
	case SiLU:
		return silu, siluSlope
	case Tanh:
		return math.Tanh, tanhSlope
	case ReLU:
		return func(x float64) float64 { return max(x, 0) }, func(x float64) float64 {
			if x > 0 {
				return 1
			}
			return 0
		}
	}
	return func(x float64) float64 { return x }, func(float64) float64 { return 1 }
}

func TestActivationSlopesAreDerivatives(t *testing.T) {
	const h = 1e-5 // central differences: error h²·|f‴|/6 + ε/h, about 3e-11
	for _, a := range activations {
		f, slope := exact(a)
		for x := -12.0; x < 12; x += 0.01 {
			if a == ReLU && math.Abs(x) < 2*h {
				continue // the kink
			}
			if d := (f(x+h) - f(x-h)) / (2 * h); math.Abs(d-slope(x)) > 2e-10 {
				t.Fatalf("%v′(%v) = %v, differences give %v", a, x, slope(x), d)
			}
		}
	}
}

// TestActivationsInFloat32 checks the stated bound, 4 ulp or 1e-6, on a dense grid, on every magnitude, and at lengths that leave odd tails.
func TestActivationsInFloat32(t *testing.T) {
	var grid []float32
	for x := float32(-20); x < 20; x += 1.0 / 1024 {
		grid = append(grid, x)
	}
	for e := -140; e < 127; e++ {
		v := float32(math.Ldexp(1.37, e))
		grid = append(grid, v, -v)
	}
	levels(t, func(t *testing.T) {
		for _, a := range activations {
			f, slope := exact(a)
			y, dz, dy := make([]float32, len(grid)), make([]float32, len(grid)), make([]float32, len(grid))
			for i := range dy {
				dy[i] = 1
			}
			for _, n := range []int{len(grid), 1, 3, 15, 17, 31, 33, 100} {
				ActivationForward(y[:n], grid[:n], a)
				ActivationBackward(dz[:n], grid[:n], dy[:n], a)
				for i, x := range grid[:n] {
					within(t, a.String(), x, y[i], f(float64(x)))
					within(t, a.String()+"′", x, dz[i], slope(float64(x)))
				}
			}
		}
	})
}

func within(t *testing.T, name string, x, got float32, want float64) {
	t.Helper()
	ulp := float64(math.Nextafter32(float32(math.Abs(want)), math.MaxFloat32)) - math.Abs(float64(float32(want)))
	if d := math.Abs(float64(got) - want); !(d <= max(4*ulp, 1e-6)) && float64(got) != want {
		t.Fatalf("%s(%v) = %v, want %v: off by %.2g", name, x, got, want, d)
	}
}

func TestActivationsAtTheEdges(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	levels(t, func(t *testing.T) {
		for _, a := range activations {
			x := []float32{nan, inf, -3e38, 0}
			for len(x) < 40 {
				x = append(x, 0)
			}
			y, dz := make([]float32, len(x)), make([]float32, len(x))
			ActivationForward(y, x, a)
			ActivationBackward(dz, x, y, a) // dy = y: NaN must survive here as well
			top := inf
			if a == Tanh {
				top = 1
			}
			if y[0] == y[0] || dz[0] == dz[0] || math.Abs(float64(y[1]-top)) > 1e-6 || y[3] != 0 {
				t.Errorf("%v(NaN, ∞, 0) = %v, %v, %v; with slope %v", a, y[0], y[1], y[3], dz[0])
			}
			if a == GELU || a == SiLU || a == ReLU {
				if math.Abs(float64(y[2])) > 1e-6 {
					t.Errorf("%v(−3e38) = %v, want 0", a, y[2])
				}
			}
		}
	})
}

func TestAdamWEqualsFormula(t *testing.T) {
	h := AdamWStep{LR: 1e-2, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, WeightDecay: 0.1, GradScale: 0.5, EMA: 0.95}
	levels(t, func(t *testing.T) {
		for _, n := range []int{1, 7, 16, 33, 40000} {
			rng := rand.New(rand.NewPCG(1, 9))
			p, m, v := random[float32](rng, n), make([]float32, n), make([]float32, n)
			ema := append([]float32{}, p...)
			P, M, V, E := convert[float64](p), make([]float64, n), make([]float64, n), convert[float64](p)
			for step := range 5 {
				h.Step = step + 1
				g := random[float32](rng, n)
				AdamW(p, g, m, v, ema, h)
				for i := range P {
					x := 0.5 * float64(g[i])
					M[i] = 0.9*M[i] + 0.1*x
					V[i] = 0.99*V[i] + 0.01*x*x
					mHat, vHat := M[i]/(1-math.Pow(0.9, float64(h.Step))), V[i]/(1-math.Pow(0.99, float64(h.Step)))
					P[i] = P[i]*(1-1e-2*0.1) - 1e-2*mHat/(math.Sqrt(vHat)+1e-8)
					E[i] = 0.95*E[i] + 0.05*P[i]
					if math.Abs(P[i]-float64(p[i])) > 1e-6*(1+math.Abs(P[i])) || math.Abs(E[i]-float64(ema[i])) > 1e-6*(1+math.Abs(E[i])) {
						t.Fatalf("n = %d, step %d: p[%d] = %v, want %v; mean %v, want %v", n, h.Step, i, p[i], P[i], ema[i], E[i])
					}
				}
			}
			AdamW(p, m, m, v, nil, h)
		}
	})
}

func TestSumSquares(t *testing.T) {
	levels(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 5, 63, elements, 3*elements + 11} {
			x := random[float32](rand.New(rand.NewPCG(1, 9)), n)
			if got, want := SumSquares(x), dot(x, x); math.Abs(got-want) > 1e-12*want {
				t.Errorf("n = %d: %v, want %v", n, got, want)
			}
		}
	})
}
