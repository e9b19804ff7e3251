package kernel

import (
	"math"

	"github.com/eddy-pde/eddy/internal/par"
)

// Activation names an elementwise nonlinearity.
type Activation uint8

// The nonlinearities. In float32 each, and each derivative, is within 4 units in the last place or 1e-6 of the exact value. At −∞, where the
// formulas of GELU and SiLU have no value, they give a number within 1e-6 of 0.
const (
	Identity Activation = iota
	GELU                // x·Φ(x) with Φ the normal distribution function (the erf form)
	SiLU                // x/(1+e⁻ˣ)
	Tanh
	ReLU // the larger of x and 0, with slope 0 at 0
)

// String is the activation's name in messages.
func (a Activation) String() string {
	return [...]string{"identity", "gelu", "silu", "tanh", "relu"}[a]
}

// elements is how many array elements one piece of an elementwise pass has: large enough to be worth a goroutine, small enough to share.
const elements = 1 << 14

// ActivationForward computes dst = act(x) element by element; dst may be x.
func ActivationForward[T Float](dst, x []T, act Activation) {
	mustLen("ActivationForward", "dst", dst, len(x))
	par.For(pieces(len(x)), func(i int) {
		lo, hi := piece(i, len(x))
		activate(dst[lo:hi], x[lo:hi], act)
	})
}

// ActivationBackward computes dz = dy·act′(pre), where pre is the argument that act was given; dz may be dy or pre.
func ActivationBackward[T Float](dz, pre, dy []T, act Activation) {
	mustLen("ActivationBackward", "dz", dz, len(pre))
	mustLen("ActivationBackward", "dy", dy, len(pre))
	activationBackward(false, dz, pre, dy, act)
}

func activationBackward[T Float](serial bool, dz, pre, dy []T, act Activation) {
	split(serial, pieces(len(pre)), func(i int) {
		lo, hi := piece(i, len(pre))
		deactivate(dz[lo:hi], pre[lo:hi], dy[lo:hi], act)
	})
}

func pieces(n int) int { return (n + elements - 1) / elements }

func piece(i, n int) (lo, hi int) { return i * elements, min((i+1)*elements, n) }

// activate is ActivationForward on the calling goroutine.
func activate[T Float](dst, x []T, act Activation) {
	if is32[T]() && activate32(1, len(x), as32(dst), nil, as32(x), 0, nil, act) {
		return
	}
	switch act {
	case GELU:
		for i, v := range x {
			dst[i] = T(gelu(float64(v)))
		}
	case SiLU:
		for i, v := range x {
			dst[i] = T(silu(float64(v)))
		}
	case Tanh:
		for i, v := range x {
			dst[i] = T(math.Tanh(float64(v)))
		}
	case ReLU:
		for i, v := range x {
			dst[i] = max(v, 0)
		}
	default:
		copy(dst, x)
	}
}

// deactivate is ActivationBackward on the calling goroutine.
func deactivate[T Float](dz, pre, dy []T, act Activation) {
	if is32[T]() && deactivate32(as32(dz), as32(pre), as32(dy), act) {
		return
	}
	switch act {
	case GELU:
		for i, v := range pre {
			dz[i] = dy[i] * T(geluSlope(float64(v)))
		}
	case SiLU:
		for i, v := range pre {
			dz[i] = dy[i] * T(siluSlope(float64(v)))
		}
	case Tanh:
		for i, v := range pre {
			dz[i] = dy[i] * T(tanhSlope(float64(v)))
		}
	case ReLU:
		for i, v := range pre {
			d := dy[i]
			if v <= 0 {
				d = 0
			}
			dz[i] = d
		}
	default:
		copy(dz, dy)
	}
}

func gelu(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) }

// geluSlope is Φ(x) + x·φ(x).
func geluSlope(x float64) float64 {
	return 0.5*math.Erfc(-x/math.Sqrt2) + x*math.Exp(-0.5*x*x)/math.Sqrt(2*math.Pi)
}

func silu(x float64) float64 { return x / (1 + math.Exp(-x)) }

// siluSlope is σ + x·σ·(1−σ).
func siluSlope(x float64) float64 {
	s := 1 / (1 + math.Exp(-x))
	return s + x*s*(1-s)
}

func tanhSlope(x float64) float64 {
	y := math.Tanh(x)
	return 1 - y*y
}
