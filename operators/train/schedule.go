package train

import "math"

// learningRate is the rate of the next update after `step` updates: a line from lr/warmup to lr over the warm-up, then half a cosine down to 0. The cosine follows
// whichever is further along, the steps or the time budget (see progress), so a run that stops by time has come down as well.
func learningRate(o Optim, s Schedule, step int, seconds float64) float64 {
	warmup := o.Warmup
	if s.Steps > 0 {
		warmup = min(warmup, s.Steps/2) // a short trial of a long run's config
	}
	if step < warmup {
		return o.LR * float64(step+1) / float64(warmup)
	}
	from := 0.0 // progress at the end of the warm-up
	if s.Steps > 0 {
		from = float64(warmup) / float64(s.Steps)
	}
	p := (progress(s, step, seconds) - from) / (1 - from)
	return o.LR * 0.5 * (1 + math.Cos(math.Pi*max(p, 0)))
}

// progress is the part of a training that lies behind, from 0 to 1: of its steps or of its time, whichever is more.
func progress(s Schedule, step int, seconds float64) float64 {
	var p float64
	if s.Steps > 0 {
		p = float64(step) / float64(s.Steps)
	}
	if s.Minutes > 0 {
		p = max(p, seconds/(60*s.Minutes))
	}
	return min(p, 1)
}

// emaDecay is the decay of the running mean at update `step` (1 is the first): young means forget faster, so that the initial weights do not linger.
func emaDecay(ema float64, step int) float64 {
	return min(ema, float64(1+step)/float64(10+step))
}
