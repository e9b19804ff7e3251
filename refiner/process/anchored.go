package process

import "math"

// MeanReverting is the process of IR-SDE about a mean μ: dx = θ(μ − x)dt + g dW with a stationary standard deviation of Spread, so that α = e^{−θt} and
// σ² = Spread²·(1 − α²). It is to be used anchored, with y = x − μ in the place of x. t is in [1e-5, 1]; θ = 5 leaves e^{−5} of what μ missed.
type MeanReverting struct{ Theta, Spread float64 }

// At is the level of time t.
func (p MeanReverting) At(t float64) Level {
	return Level{T: t, Alpha: math.Exp(-p.Theta * t), Sigma: p.Spread * math.Sqrt(-math.Expm1(-2*p.Theta*t))}
}

// Time is where ln(α/σ) is lambda: with q = (Spread·e^λ)², α² = q/(1 + q).
func (p MeanReverting) Time(lambda float64) float64 {
	return within(p, 0.5/p.Theta*math.Log1p(math.Exp(-2*(lambda+math.Log(p.Spread)))))
}

// Range is [1e-5, 1].
func (MeanReverting) Range() (clean, noisy float64) { return smallest, 1 }

// OUVE is the process of SGMSE about a mean: drift θ(μ − x), g = Min·(Max/Min)^t·√(2 ln(Max/Min)), to be used anchored. Published with θ = 1.5, σ from 0.05 to 0.5, t
// in [0.03, 1].
//
// At the noisy end α is e^{−θ}, 0.22 with the published θ, where samplers start as if it were 0: choose θ so that e^{−θ}·(what μ misses) is small beside σ there.
type OUVE struct{ Theta, Min, Max float64 }

// At is the level of time t. σ² = Min²·Λ·(e^{2Λt} − e^{−2θt})/(θ + Λ) with Λ = ln(Max/Min).
func (p OUVE) At(t float64) Level {
	l := math.Log(p.Max / p.Min)
	v := p.Min * p.Min * l * (math.Exp(2*l*t) - math.Exp(-2*p.Theta*t)) / (p.Theta + l)
	return Level{T: t, Alpha: math.Exp(-p.Theta * t), Sigma: math.Sqrt(v)}
}

// Time is where ln(α/σ) is lambda, found by bisection.
func (p OUVE) Time(lambda float64) float64 { return bisect(p, lambda) }

// Range is [0.03, 1].
func (OUVE) Range() (clean, noisy float64) { return 0.03, 1 }
