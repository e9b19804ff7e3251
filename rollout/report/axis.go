package report

import (
	"fmt"
	"math"
)

// axis maps values to a range of pixels.
type axis struct {
	label    string
	lo, hi   float64
	log      bool
	from, to float64 // pixels of lo and hi
}

// fit chooses lo and hi for values, and widens them to round numbers. A bound that is given (not NaN) stays.
func (a *axis) fit(lo, hi float64, values ...[]float64) {
	a.lo, a.hi = math.Inf(1), math.Inf(-1)
	for _, vs := range values {
		for _, v := range vs {
			if v-v == 0 && (!a.log || v > 0) {
				a.lo, a.hi = min(a.lo, v), max(a.hi, v)
			}
		}
	}
	if a.lo > a.hi { // nothing to show
		a.lo, a.hi = 0, 1
		if a.log {
			a.lo, a.hi = 0.1, 1
		}
	}
	if lo == lo {
		a.lo = lo
	}
	if hi == hi {
		a.hi = hi
	}
	switch {
	case a.log && a.hi <= a.lo*1.001:
		a.lo, a.hi = a.lo/3, a.hi*3
	case !a.log && a.hi <= a.lo:
		d := max(math.Abs(a.lo)*0.1, 1e-12)
		a.lo, a.hi = a.lo-d, a.hi+d
	}
	if a.log {
		pad := math.Pow(a.hi/a.lo, 0.03)
		if lo != lo {
			a.lo /= pad
		}
		if hi != hi {
			a.hi *= pad
		}
		return
	}
	step := niceStep((a.hi - a.lo) / 5)
	if lo != lo {
		a.lo = math.Floor(a.lo/step+1e-9) * step
	}
	if hi != hi {
		a.hi = math.Ceil(a.hi/step-1e-9) * step
	}
}

// at is the pixel of a value; ok is false where it cannot be shown.
func (a *axis) at(v float64) (pixel float64, ok bool) {
	if v-v != 0 || a.log && v <= 0 {
		return 0, false
	}
	t := (v - a.lo) / (a.hi - a.lo)
	if a.log {
		t = math.Log(v/a.lo) / math.Log(a.hi/a.lo)
	}
	// Far outside is as good as just outside, and keeps the text short; the clip path hides it.
	return a.from + min(max(t, -2), 3)*(a.to-a.from), true
}

// ticks are the values to mark.
func (a *axis) ticks() []float64 {
	if a.log {
		return a.logTicks()
	}
	var out []float64
	step := niceStep((a.hi - a.lo) / 5)
	for i := math.Ceil(a.lo/step - 1e-9); i*step <= a.hi+1e-9*step; i++ {
		out = append(out, i*step)
	}
	return out
}

// logTicks are powers of ten, no more than fit; with 2 and 5 between them where there are few.
func (a *axis) logTicks() []float64 {
	decades := math.Log10(a.hi / a.lo)
	every := max(1, math.Ceil(decades/6))
	digits := []float64{1}
	if decades < 1.2 {
		digits = []float64{1, 2, 3, 5}
	} else if decades < 2.5 {
		digits = []float64{1, 3}
	}
	var out []float64
	for e := math.Floor(math.Log10(a.lo)); e <= math.Ceil(math.Log10(a.hi)); e++ {
		if math.Mod(e, every) != 0 {
			continue
		}
		for _, d := range digits {
			if v := d * math.Pow(10, e); v >= a.lo*0.999 && v <= a.hi*1.001 {
				out = append(out, v)
			}
		}
	}
	if len(out) < 2 { // less than a factor of two or so: as good as linear
		linear := axis{lo: a.lo, hi: a.hi}
		return linear.ticks()
	}
	return out
}

// niceStep is 1, 2 or 5 times a power of ten, at least x.
func niceStep(x float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, d := range []float64{1, 2, 5} {
		if d*p >= x*(1-1e-9) {
			return d * p
		}
	}
	return 10 * p
}

// format writes a tick. On a logarithmic axis of many decades all ticks but those near 1 are powers of ten.
func (a *axis) format(v float64) string {
	if a.log && a.hi/a.lo > 2e4 && (v < 0.09 || v > 11) {
		return superscript(fmt.Sprintf("%.0e", v))
	}
	return short(v)
}
