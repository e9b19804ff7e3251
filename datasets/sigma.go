package datasets

import (
	"context"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// Bounds of what SuggestSigmaMin suggests, in standard deviations. Lippe et al. found horizons for Kuramoto–Sivashinsky to be the same for all σ_min² from 1e-7 to 1e-6,
// in units of 0.3 for states of standard deviation 1.3, and shorter above: the least is there, and smaller noise comes near what float32 sums in
// a network round away. Noise above the greatest would hide the state.
const (
	leastSigma    = 2e-4
	greatestSigma = 0.03
)

// sigmaFrames is how many frames, spread over the data set, the spectrum is the mean of.
const sigmaFrames = 64

// SuggestSigmaMin suggests the smallest noise of a refiner (Lippe et al. 2023, σ_min) from the spectrum of the data, in standard deviations of a field: multiply by
// Moments.Std for physical units, divide by the residual scale where the network predicts residuals in units of their own.
//
// White noise of standard deviation σ spreads σ² evenly over all Fourier modes. Where measurement, rounding or an unconverged solver have left noise in the data, the
// spectrum of a field levels off at that line, and there is nothing below it to refine: σ_min is the noise. A spectrum that still falls says that all of it
// is content; σ_min is then the least that pays. Levelling off is looked for from a third to two thirds of the highest wavenumber, beyond which solvers that dealias hold
// nothing. Of several fields the one with the lowest level counts, so that none loses detail. The result is 0 where nothing can be said: steady problems,
// constant fields, fewer than 8 points along an axis.
func SuggestSigmaMin(ctx context.Context, ds Dataset) (float64, error) {
	spec := ds.Spec()
	if spec.Steady || spec.Grid.Dims() == 0 || ds.Len() == 0 {
		return 0, nil
	}
	for _, a := range spec.Grid.Axes {
		if a.Points < 8 {
			return 0, nil
		}
	}
	s := metric.NewSpectrum(spec.Grid)
	share := whiteShare(s, spec.Grid.Points())
	power := make([][]float64, spec.Channels())
	for c := range power {
		power[c] = make([]float64, s.Shells())
	}
	if err := meanPower(ctx, power, ds, s); err != nil {
		return 0, err
	}
	best := math.Inf(1)
	for _, p := range power {
		if sigma := floorOf(p, share, s.Complete()); sigma > 0 {
			best = min(best, sigma)
		}
	}
	if math.IsInf(best, 1) {
		return 0, nil
	}
	return min(max(best, leastSigma), greatestSigma), nil
}

// whiteShare is the part of white noise's power that falls into each shell. The spectrum of a single point is as flat.
func whiteShare(s *metric.Spectrum, points int) []float64 {
	u := make([]float32, points)
	u[points/2] = 1 // in the middle of windows
	share := make([]float64, s.Shells())
	s.Power(share, u)
	sum := 0.0
	for _, p := range share {
		sum += p
	}
	for i := range share {
		share[i] /= sum
	}
	return share
}

// meanPower is the mean power of each field's shells over frames spread over the data set.
func meanPower(ctx context.Context, power [][]float64, ds Dataset, s *metric.Spectrum) error {
	frame := eddy.NewTensor(append([]int{1}, ds.Spec().FrameShape()...)...)
	one := make([]float64, s.Shells())
	n := min(ds.Len(), sigmaFrames)
	each := max(sigmaFrames/n, 1)
	for i := range n {
		traj := i * ds.Len() / n
		frames := ds.Frames(traj)
		for k := range min(each, frames) {
			// Later trajectories begin later, so that all times are seen where each gives a single frame.
			at := (k*frames/min(each, frames) + i*frames/n) % frames
			if err := ds.Read(ctx, frame, traj, at); err != nil {
				return err
			}
			for c := range power {
				s.Power(one, frame.Row(0).Row(c).Data)
				for j, p := range one {
					power[c][j] += p
				}
			}
		}
	}
	return nil
}

// flat is how much the mean power of a mode may fall between the two halves of the range that is looked at, for the spectrum to count as level: white noise does not
// fall, amplitudes that fall as 1/k do by 2.
const flat = 1.5

// floorOf is the standard deviation of the white noise at which a spectrum levels off, in standard deviations of the field, and the least where it does not; 0 for a
// constant field and for one that is not finite.
func floorOf(power, share []float64, complete int) float64 {
	variance := 0.0
	for _, p := range power[1:] {
		variance += p
	}
	if !(variance > 0) || math.IsInf(variance, 1) {
		return 0
	}
	level := func(from, to int) float64 { // of white noise with the power of these shells
		p, s := 0.0, 0.0
		for j := from; j < to; j++ {
			p, s = p+power[j], s+share[j]
		}
		return p / s
	}
	from, to := max(complete/3, 1), max(2*complete/3, 3)
	middle := (from + to) / 2
	if level(from, middle) > flat*level(middle, to) {
		return leastSigma
	}
	return math.Sqrt(level(from, to) / variance)
}
