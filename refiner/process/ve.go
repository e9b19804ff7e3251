package process

import "math"

// VE is the variance-exploding process: α = 1 and σ grows exponentially from Min to Max on t in [0, 1] (Song et al. 2021, eq. 31).
type VE struct{ Min, Max float64 }

// At is the level of time t.
func (p VE) At(t float64) Level {
	return Level{T: t, Alpha: 1, Sigma: p.Min * math.Pow(p.Max/p.Min, t)}
}

// Time is where −ln σ is lambda.
func (p VE) Time(lambda float64) float64 {
	return within(p, (-lambda-math.Log(p.Min))/math.Log(p.Max/p.Min))
}

// Range is [0, 1].
func (VE) Range() (clean, noisy float64) { return 0, 1 }
