package gp

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Fit is the marginal posterior of an unknown coefficient.
type Fit struct {
	Value     float64    // the coefficient with the largest evidence
	Std       float64    // from the curvature of the log evidence there; 0 where it could not be measured
	Evidence  float64    // log evidence of the sensors at Value
	Posterior *Posterior // the solution at Value
}

// FitCoefficient finds an unknown constant coefficient of the operator (a wavenumber, say) from noisy forcing and sensors of u: with(c) is the problem at the value c, and the value in [lo, hi] is sought under which the sensors, given the forcing, have the
// largest evidence (the forcing alone, whose spectrum is learned, says nothing about the coefficient), first on scan equal steps (the evidence of a wavenumber has many maxima), then by golden sections. Singular values of the coefficient are passed over.
func FitCoefficient(ctx context.Context, with func(c float64) *Problem, lo, hi float64, scan int, opt Options) (*Fit, error) {
	if !(lo < hi) || scan < 3 {
		return nil, fmt.Errorf("gp: FitCoefficient: interval [%g, %g] in %d steps, expected lo < hi and at least 3 steps", lo, hi, scan)
	}
	if p := with(lo); len(p.Sensors) == 0 {
		return nil, &IllPosedError{"an unknown coefficient cannot be found from the forcing alone: give sensors of u"}
	}
	var last error
	score := func(c float64) float64 {
		q, err := Solve(ctx, with(c), opt)
		if err != nil {
			last = err
			return math.Inf(-1)
		}
		e, err := q.Evidence()
		if err != nil {
			last = err
			return math.Inf(-1)
		}
		return e.Sensors
	}
	step := (hi - lo) / float64(scan-1)
	best, at := math.Inf(-1), lo
	for k := range scan {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if v := score(lo + step*float64(k)); v > best {
			best, at = v, lo+step*float64(k)
		}
	}
	if math.IsInf(best, -1) {
		return nil, errors.Join(errors.New("gp: FitCoefficient: no value in the interval could be solved"), last)
	}
	at = golden(score, math.Max(lo, at-step), math.Min(hi, at+step))
	f := &Fit{Value: at, Evidence: score(at)}
	h := math.Max(1e-4*math.Abs(at), 1e-6*(hi-lo))
	for range 12 { // widen until the drop of the log evidence is far above rounding
		left, right := score(at-h), score(at+h)
		if drop := 2*f.Evidence - left - right; drop > 0.2 || math.IsInf(drop, 0) {
			if drop > 0 && !math.IsInf(drop, 0) {
				f.Std = h / math.Sqrt(drop)
			}
			break
		}
		h *= 2
	}
	var err error
	f.Posterior, err = Solve(ctx, with(at), opt)
	return f, err
}

// golden maximises a function with one maximum on [a, b].
func golden(f func(float64) float64, a, b float64) float64 {
	const ratio = 0.6180339887498949
	c, d := b-ratio*(b-a), a+ratio*(b-a)
	fc, fd := f(c), f(d)
	for range 30 {
		if fc > fd {
			b, d, fd = d, c, fc
			c = b - ratio*(b-a)
			fc = f(c)
		} else {
			a, c, fc = c, d, fd
			d = a + ratio*(b-a)
			fd = f(d)
		}
	}
	return (a + b) / 2
}
