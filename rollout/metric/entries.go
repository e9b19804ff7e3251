package metric

import (
	"github.com/eddy-pde/eddy"
)

// threeBands are the names of the bands of [Bands].
var threeBands = []string{"low", "mid", "high"}

// defaultMetrics are those that a reader should look at first.
func defaultMetrics() []Metric {
	out := []Metric{nrmseMetric(), vrmseMetric(), correlationMetric()}
	for k, name := range threeBands {
		out = append(out, Metric{
			Name: "frmse_" + name, Origin: "PDEBench", Default: true, Unit: FieldUnit, Better: Lower, check: hasBand(k),
			About:   "error in Fourier space, mean over the shells of the " + name + " wavenumbers",
			measure: perBand(k, func(p *Pair, i int, b Band) float64 { return FRMSE(p.ErrorPower()[i], b) }),
		})
	}
	for k, name := range threeBands {
		out = append(out, Metric{
			Name: "band_error_" + name, Origin: "eddy", Default: true, Better: Lower, check: hasBand(k),
			About:     "error of the " + name + " wavenumbers over the truth in them",
			undefined: func(t *Truth) []bool { return emptyBand(t, k) },
			measure:   perBand(k, func(p *Pair, i int, b Band) float64 { return BandError(p.ErrorPower()[i], p.Truth.Power()[i], b) }),
		})
	}
	return out
}

func nrmseMetric() Metric {
	return Metric{
		Name: "nrmse", Origin: "PDEBench", Default: true, Better: Lower, About: "root mean square error over the root mean square of the truth",
		undefined: (*Truth).Zero, measure: perField(NRMSE),
	}
}

func vrmseMetric() Metric {
	return Metric{
		Name: "vrmse", Origin: "The Well", Default: true, Better: Lower, About: "root mean square error over the standard deviation of the truth in space",
		undefined: (*Truth).Constant, measure: perField(VRMSE),
	}
}

func correlationMetric() Metric {
	return Metric{
		Name: "correlation", Origin: "PDEArena", Default: true, Better: Higher, About: "Pearson correlation over space",
		undefined: (*Truth).Constant, measure: perField(Correlation),
	}
}

// eddyMetrics are not taken from a benchmark.
func eddyMetrics() []Metric {
	out := []Metric{
		{
			Name: "h1", Origin: "eddy", Better: Lower, About: "relative error in the Sobolev norm: of the state and its gradient together", undefined: (*Truth).Zero,
			check:   func(spec eddy.Spec) error { return periodic(spec, "a Sobolev norm by Fourier series") },
			measure: func(dst []float64, p *Pair) { p.Truth.plan.h1().measure(dst, p.Pred, p.Truth.U) },
		},
		{
			Name: "pdf_distance", Origin: "eddy", Better: Lower,
			About:     "Wasserstein distance of the values of the state from the true ones, over their standard deviation",
			undefined: (*Truth).Constant,
			measure:   perField(PDFDistance),
		},
	}
	for k, name := range threeBands {
		out = append(out, Metric{
			Name: "spectrum_ratio_" + name, Origin: "eddy", Better: NearOne, check: hasBand(k), About: "power of the " + name + " wavenumbers over that of the truth",
			undefined: func(t *Truth) []bool { return emptyBand(t, k) },
			measure:   perBand(k, func(p *Pair, i int, b Band) float64 { return BandRatio(p.Power()[i], p.Truth.Power()[i], b) }),
		})
	}
	return append(out, validSteps())
}

func physicsMetrics() []Metric {
	return []Metric{
		energy.drift("energy_drift", "kinetic energy less the true one, over the true one"),
		enstrophy.drift("enstrophy_drift", "enstrophy less the true one, over the true one"),
		mass.drift("mass_drift", "mass less the true one, over the true one"),
		{
			Name: "mean_drift", Origin: "physics", Better: NearZero,
			About:     "mean over space less the true one, over the root mean square of the truth",
			undefined: (*Truth).Zero,
			measure:   perField(MeanDrift),
		},
		{
			Name: "momentum_drift", Origin: "physics", Whole: true, Better: Lower,
			About:     "size of the mean momentum less the true one, over the root mean square momentum",
			check:     checkMomentum,
			undefined: atRest, measure: momentumDrift,
		},
		{
			Name: "divergence", Origin: "physics", Whole: true, Better: Lower,
			About: "root mean square of the divergence of the velocity over that of its gradient",
			check: checkIncompressible,
			measure: func(dst []float64, p *Pair) {
				quantity{of: relativeDivergence}.each(dst, p.Truth.plan, p.Pred)
			},
		},
		{
			Name: "divergence_error", Origin: "physics", Whole: true, Better: Lower,
			About:     "root mean square error of the divergence of the velocity over that of its true gradient",
			check:     checkVelocity,
			undefined: stillTruth, measure: divergenceError,
		},
	}
}

// perField adapts a function of predicted and true states.
func perField(f func(dst []float64, pred, truth *eddy.Tensor)) func([]float64, *Pair) {
	return func(dst []float64, p *Pair) { f(dst, p.Pred, p.Truth.U) }
}

// perBand adapts a function of trajectory and field i in band k of [Bands].
func perBand(k int, f func(p *Pair, i int, b Band) float64) func([]float64, *Pair) {
	return func(dst []float64, p *Pair) {
		b := Bands(shells(p.Truth.plan.spec.Grid))[k]
		for i := range dst {
			dst[i] = f(p, i, b)
		}
	}
}
