package metric

import "math"

// FRMSE is PDEBench's error in Fourier space for one band: the mean over its shells of √P_d(j), in the unit of the field, from the powers of the difference
// ([Spectrum.ErrorPower]).
//
// It differs from their code (pdebench/models/metrics.py) in what are defects there: shells are centred on whole wavenumbers and hold all directions, where the
// original sums one quadrant of the plane; it is a value per trajectory, where the original averages the square over the batch first; it does not grow with the
// box. In one dimension √P_d(j) is √2 times their |c_j|, since j and −j are both in the shell.
func FRMSE(errorPower []float64, b Band) float64 {
	var s float64
	for j := b.From; j < b.To; j++ {
		s += math.Sqrt(errorPower[j])
	}
	return s / float64(b.To-b.From)
}
