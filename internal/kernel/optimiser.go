package kernel

import (
	"math"

	"github.com/eddy-pde/eddy/internal/par"
)

// AdamWStep holds the numbers of one optimiser step.
type AdamWStep struct {
	LR           float64 // learning rate
	Beta1, Beta2 float64 // decay of the first and second moment
	Eps          float64 // added to the root of the second moment
	WeightDecay  float64 // decoupled: p shrinks by LR·WeightDecay
	GradScale    float64 // factor on the gradient, from clipping or accumulation; 1 for none
	EMA          float64 // decay of the running mean of the parameters
	Step         int     // 1 for the first step: it corrects the moments' start from zero
}

// AdamW advances parameters p with gradient g, moments m and v, and their running mean ema (or nil) in one pass, elementwise:
//
//	g ← GradScale·g;  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²
//	p ← p·(1 − LR·WeightDecay) − LR·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + Eps);  ema ← EMA·ema + (1−EMA)·p
//
// g is left as it is. Slices of different lengths panic with *eddy.ShapeError. Loshchilov & Hutter 2019, as torch.optim.AdamW.
func AdamW(p, g, m, v, ema []float32, h AdamWStep) {
	mustLen("AdamW", "g", g, len(p))
	mustLen("AdamW", "m", m, len(p))
	mustLen("AdamW", "v", v, len(p))
	mustLenOrNil("AdamW", "ema", ema, len(p))
	c := h.coefficients()
	par.For(pieces(len(p)), func(i int) {
		lo, hi := piece(i, len(p))
		var mean []float32
		if ema != nil {
			mean = ema[lo:hi]
		}
		adamW(p[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], mean, &c)
	})
}

// adamWCoefficients are the constants of a step in the form in which the inner loop uses them.
type adamWCoefficients struct {
	scale, beta1, rest1, beta2, rest2, keep, rate, root, eps, ema, emaRest float32
}

// coefficients folds the corrections 1−βᵗ into the rate and the root: with r = 1/√(1−β₂ᵗ), LR/(1−β₁ᵗ)·m / (√v·r + Eps).
func (h AdamWStep) coefficients() adamWCoefficients {
	t := float64(h.Step)
	return adamWCoefficients{
		scale: float32(h.GradScale),
		beta1: float32(h.Beta1), rest1: float32(1 - h.Beta1),
		beta2: float32(h.Beta2), rest2: float32(1 - h.Beta2),
		keep: float32(1 - h.LR*h.WeightDecay),
		rate: float32(h.LR / (1 - math.Pow(h.Beta1, t))),
		root: float32(1 / math.Sqrt(1-math.Pow(h.Beta2, t))),
		eps:  float32(h.Eps),
		ema:  float32(h.EMA), emaRest: float32(1 - h.EMA),
	}
}

func adamWGeneric(p, g, m, v, ema []float32, c *adamWCoefficients) {
	for i := range p {
		x := g[i] * c.scale
		m[i] = c.beta1*m[i] + c.rest1*x
		v[i] = c.beta2*v[i] + c.rest2*(x*x)
		p[i] = c.keep*p[i] - c.rate*m[i]/(float32(math.Sqrt(float64(v[i])))*c.root+c.eps)
		if ema != nil {
			ema[i] = c.ema*ema[i] + c.emaRest*p[i]
		}
	}
}

func adamW(p, g, m, v, ema []float32, c *adamWCoefficients) {
	if !adamW32(p, g, m, v, ema, c) {
		adamWGeneric(p, g, m, v, ema, c)
	}
}

// SumSquares is Σ x² in float64. Pieces of fixed size are summed on their own and then in order, so the result does not depend on the number of threads.
func SumSquares[T Float](x []T) float64 {
	n := pieces(len(x))
	if n <= 1 {
		return sumSquares(x)
	}
	part := make([]float64, n)
	par.For(n, func(i int) {
		lo, hi := piece(i, len(x))
		part[i] = sumSquares(x[lo:hi])
	})
	var sum float64
	for _, s := range part {
		sum += s
	}
	return sum
}

func sumSquares[T Float](x []T) float64 {
	var part [8]float64
	if whole := len(x) / 16 * 16; is32[T]() && sumSquares32(as32(x[:whole]), &part) {
		x = x[whole:]
	}
	for len(x) >= 8 {
		for l := range part {
			part[l] += float64(x[l]) * float64(x[l])
		}
		x = x[8:]
	}
	for l, v := range x {
		part[l] += float64(v) * float64(v)
	}
	return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7]))
}
