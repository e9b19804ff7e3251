package process

import (
	"fmt"
	"math"
)

// Exponential is PDE-Refiner's schedule: K + 1 levels, a first one that is all noise and K whose noise falls by the same factor each, down to SigmaMin. Time is the
// number of the level counted from the clean end, k = K … 0, so that At(K) is the first one.
//
// SigmaMin is a standard deviation. The released code has a parameter min_noise_std that is used as a variance: its 4e-7 is SigmaMin = 6.3e-4 here.
type Exponential struct {
	Steps      int     // K, refinement steps; 0 leaves only the first level
	SigmaMin   float64 // σ of the last level, in units of what is refined; below SigmaMax
	SigmaMax   float64 // σ that the levels fall from; 0: 1, as published. The first level below it is SigmaMax·(SigmaMin/SigmaMax)^{1/K}
	Preserving bool    // the released form, whose levels keep the variance; otherwise the paper's, in which α is 1 at all levels but the first
}

// Validate checks that there are no fewer than 0 steps and that 0 < SigmaMin < SigmaMax ≤ 1.
func (p Exponential) Validate() error {
	top := p.top()
	switch {
	case p.Steps < 0:
		return fmt.Errorf("process: steps = %d, expected 0 or more refinement steps", p.Steps)
	case p.Steps == 0:
		return nil
	case !(top > 0 && top <= 1):
		return fmt.Errorf("process: sigma_max = %g, expected a standard deviation of at most 1 in units of what is refined, or 0 for 1", p.SigmaMax)
	case !(p.SigmaMin > 0 && p.SigmaMin < top):
		return fmt.Errorf("process: sigma_min = %g, expected a standard deviation between 0 and %g in units of what is refined: more noise than the data have leaves nothing to refine",
			p.SigmaMin, top)
	}
	return nil
}

func (p Exponential) top() float64 {
	if p.SigmaMax == 0 {
		return 1
	}
	return p.SigmaMax
}

// sigma is the geometric sequence of noise: that of level k, counted from the clean end.
func (p Exponential) sigma(k int) float64 {
	return p.top() * math.Pow(p.SigmaMin/p.top(), float64(p.Steps-k)/float64(p.Steps))
}

// At is the level of a whole number k in 0 … K.
//
// In the paper's form σ = SigmaMin^{(K−k)/K}, for a SigmaMax of 1, and the level k = K, where that is 1, has α = 0: its input is no state at all. In the released form
// β_k is the square of that and α² is the product of 1 − β over the levels 0 … k, so that 1 − α² is slightly more than the largest β.
func (p Exponential) At(t float64) Level {
	k := int(math.Round(t))
	switch {
	case k >= p.Steps:
		return Level{T: float64(p.Steps), Sigma: 1}
	case !p.Preserving:
		return Level{T: float64(k), Alpha: 1, Sigma: p.sigma(k)}
	}
	var logAlpha2 float64
	for j := range k + 1 {
		logAlpha2 += math.Log1p(-p.sigma(j) * p.sigma(j))
	}
	return Level{T: float64(k), Alpha: math.Exp(0.5 * logAlpha2), Sigma: math.Sqrt(-math.Expm1(logAlpha2))}
}

// Time is the level whose λ is nearest.
func (p Exponential) Time(lambda float64) float64 {
	best := float64(p.Steps)
	if math.IsInf(lambda, -1) {
		return best
	}
	distance := math.Inf(1)
	for k := range p.Steps {
		if d := math.Abs(p.At(float64(k)).Lambda() - lambda); d < distance {
			best, distance = float64(k), d
		}
	}
	return best
}

// Range is [0, K].
func (p Exponential) Range() (clean, noisy float64) { return 0, float64(p.Steps) }

// Levels are all levels in the order in which a sampler passes them, k = K … 0.
func (p Exponential) Levels() []Level {
	var levels []Level
	for k := p.Steps; k >= 0; k-- {
		levels = append(levels, p.At(float64(k)))
	}
	return levels
}
