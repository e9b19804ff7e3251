package metric

import "math"

// SpectrumRatio writes the power of a prediction over that of the truth in each shell to dst, from their powers ([Spectrum.Power]): 1 where the model puts as
// much energy into a wavenumber as there is, whatever its phase. NaN where the truth has nothing there but the rounding of float32, less than 1e-14 of its
// whole power.
func SpectrumRatio(dst, power, truth []float64) {
	for j := range dst {
		dst[j] = BandRatio(power, truth, Band{From: j, To: j + 1})
	}
}

// BandRatio is [SpectrumRatio] of the powers of a band together.
func BandRatio(power, truth []float64, b Band) float64 {
	if b.empty(truth) {
		return math.NaN()
	}
	var p, y float64
	for j := b.From; j < b.To; j++ {
		p += power[j]
		y += truth[j]
	}
	return p / y
}
