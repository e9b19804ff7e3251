package process

import (
	"fmt"
	"math"
)

// Level is one point of a process.
type Level struct {
	T     float64 `json:"t"`     // time, in the process's own unit
	Alpha float64 `json:"alpha"` // what is left of the signal
	Sigma float64 `json:"sigma"` // standard deviation of the noise
}

// Lambda is ln(α/σ), half the logarithm of the ratio of signal to noise: −∞ where nothing is left of the signal, +∞ where there is no noise.
func (l Level) Lambda() float64 { return math.Log(l.Alpha / l.Sigma) }

// Process is a noise process. Implementations are values without state.
type Process interface {
	// At is the level of a time within Range.
	At(t float64) Level
	// Time is the inverse of Lambda: the time at which ln(α/σ) is lambda. Beyond the range it is the nearer end.
	Time(lambda float64) float64
	// Range is from the clean end, or the cleanest time at which λ is finite, to the noisy end.
	Range() (clean, noisy float64)
}

// Uniform gives n + 1 levels from the noisy end to the clean one, equally far apart in λ. Both ends must have a finite λ. It panics if n < 1.
func Uniform(p Process, n int) []Level {
	clean, noisy := p.Range()
	return Between(p, p.At(noisy).Lambda(), p.At(clean).Lambda(), n)
}

// Between gives n + 1 levels equally far apart in λ between two values of it. It panics if n < 1 or an end is infinite.
func Between(p Process, from, to float64, n int) []Level {
	if n < 1 || math.IsInf(from, 0) || math.IsInf(to, 0) {
		panic(fmt.Errorf("process: %d steps from λ = %g to %g, expected at least one between finite ends", n, from, to))
	}
	levels := make([]Level, n+1)
	for i := range levels {
		levels[i] = p.At(p.Time(from + (to-from)*float64(i)/float64(n)))
	}
	return levels
}

// Clean is the level without noise, at which samples leave.
func Clean() Level { return Level{Alpha: 1} }

// within is t, or the end of p's range that is nearer.
func within(p Process, t float64) float64 {
	clean, noisy := p.Range()
	return min(max(t, clean), noisy)
}

// bisect inverts a λ that falls with t, on [lo, hi].
func bisect(p Process, lambda float64) float64 {
	lo, hi := p.Range()
	for range 200 { // more than float64 has bits
		mid := 0.5 * (lo + hi)
		if mid <= lo || mid >= hi {
			break
		}
		if p.At(mid).Lambda() > lambda {
			lo = mid
		} else {
			hi = mid
		}
	}
	return 0.5 * (lo + hi)
}
