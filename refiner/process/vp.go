package process

import "math"

// VP is the variance-preserving process with β growing linearly from Beta0 to Beta1 on t in [0, 1] (Song et al. 2021, eq. 32): α² + σ² = 1. The usual choice is
// 0.1, 20.
type VP struct{ Beta0, Beta1 float64 }

// smallest is the time from which the processes on [0, 1] are used: at 0 there is no noise and λ is infinite.
const smallest = 1e-5

// At is the level of time t.
func (p VP) At(t float64) Level {
	logAlpha := -0.25*t*t*(p.Beta1-p.Beta0) - 0.5*t*p.Beta0
	return Level{T: t, Alpha: math.Exp(logAlpha), Sigma: math.Sqrt(-math.Expm1(2 * logAlpha))}
}

// Time is where ln(α/σ) is lambda, in closed form: α² = 1/(1 + e^{−2λ}).
func (p VP) Time(lambda float64) float64 {
	l := math.Log1p(math.Exp(-2 * lambda))
	if math.IsInf(l, 1) { // no signal that float64 can tell from none
		return 1
	}
	d := p.Beta1 - p.Beta0
	return within(p, 2*l/(math.Sqrt(p.Beta0*p.Beta0+2*d*l)+p.Beta0))
}

// Range is [1e-5, 1].
func (VP) Range() (clean, noisy float64) { return smallest, 1 }

// Cosine is the variance-preserving process α = cos(πt/2), σ = sin(πt/2): Nichol & Dhariwal 2021 without their offset. t is in [1e-5, 1 − 1e-5].
type Cosine struct{}

// At is the level of time t.
func (Cosine) At(t float64) Level {
	s, c := math.Sincos(0.5 * math.Pi * t)
	return Level{T: t, Alpha: c, Sigma: s}
}

// Time is where ln(α/σ) is lambda: tan(πt/2) = e^{−λ}.
func (p Cosine) Time(lambda float64) float64 {
	return within(p, 2/math.Pi*math.Atan(math.Exp(-lambda)))
}

// Range is [1e-5, 1 − 1e-5].
func (Cosine) Range() (clean, noisy float64) { return smallest, 1 - smallest }
