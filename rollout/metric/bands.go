package metric

import "math"

// Band is a range of shells of a [Spectrum]: From ≤ j < To.
type Band struct {
	Name     string
	From, To int
}

// Bands are PDEBench's three bands of shells: low j < 4, mid 4 ≤ j < 12, high j ≥ 12, as far as there are so many shells.
func Bands(shells int) []Band {
	all := []Band{{"low", 0, 4}, {"mid", 4, 12}, {"high", 12, shells}}
	var out []Band
	for _, b := range all {
		if b.To = min(b.To, shells); b.From < b.To {
			out = append(out, b)
		}
	}
	return out
}

// BandError is the error of a band relative to the truth in it, √(Σ P_d / Σ P_y) over the shells of the band, from the powers of the difference and of the truth
// ([Spectrum.ErrorPower], [Spectrum.Power]): 1 is what a prediction without that band gets. NaN where the truth has nothing there but the rounding of float32,
// less than 1e-14 of its whole power.
func BandError(errorPower, power []float64, b Band) float64 {
	return math.Sqrt(BandRatio(errorPower, power, b))
}

// empty tells that a field with the given powers has nothing in the band but the rounding of float32.
func (b Band) empty(power []float64) bool {
	var in, whole float64
	for j, p := range power {
		whole += p
		if j >= b.From && j < b.To {
			in += p
		}
	}
	return in <= 1e-14*whole // false for what is not finite
}
