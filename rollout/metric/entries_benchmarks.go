package metric

import (
	"fmt"
	"math"
	"strconv"

	"github.com/eddy-pde/eddy"
)

func pdebenchMetrics() []Metric {
	const origin = "PDEBench"
	out := []Metric{
		{Name: "rmse", Origin: origin, Unit: FieldUnit, Better: Lower, About: "root mean square error", measure: perField(RMSE)},
		{
			Name: "crmse", Origin: origin, Unit: FieldUnit, Better: Lower, Over: ByRMS, About: "error of the mean over space, which conservation laws keep",
			measure: perField(CRMSE),
		},
		{Name: "max", Origin: origin, Unit: FieldUnit, Better: Lower, Over: ByMax, About: "largest error", measure: perField(MaxError)},
		{
			Name: "brmse", Origin: origin, Unit: FieldUnit, Better: Lower, check: hasSpace,
			About:   "root mean square error on the boundary, every point once",
			measure: perField(BRMSE),
		},
		{
			Name: "brmse_pdebench", Origin: origin, Compat: true, Unit: FieldUnit, Better: Lower, check: hasSpace,
			About: "the same with corners counted twice, and in three dimensions summed over the fields", measure: perField(BRMSEPDEBench),
		},
	}
	for k, name := range threeBands {
		out = append(out, Metric{
			Name: "frmse_" + name + "_pdebench", Origin: origin, Compat: true, Unit: FieldUnit, Better: Lower,
			About: "frmse_" + name + " over the wave vectors without negative component only, in shells of whole |k|; PDEBench averages its square over trajectories",
			check: func(spec eddy.Spec) error {
				if err := hasSpace(spec); err != nil {
					return err
				}
				return enoughShells(spec, quadrantShells(spec.Grid.Shape()), k)
			},
			measure: func(dst []float64, p *Pair) {
				for i, power := range p.quadrant() {
					dst[i] = FRMSE(power, Bands(len(power))[k])
				}
			},
		})
	}
	return out
}

func wellMetrics() []Metric {
	const origin = "The Well"
	vrmseWell := Metric{
		Name: "vrmse_well", Origin: origin, Compat: true, Better: Lower,
		About:   "vrmse with an unbiased variance and 1e-7 added to it",
		measure: perField(VRMSEWell),
	}
	out := []Metric{
		vrmseWell,
		{
			Name: "nrmse_well", Origin: origin, Compat: true, Better: Lower,
			About:   "nrmse with 1e-7 added to the mean square of the truth",
			measure: perField(NRMSEWell),
		},
		{
			Name: "correlation_well", Origin: origin, Compat: true, Better: Higher,
			About:   "a biased covariance over unbiased deviations plus 1e-7: a perfect prediction gets (N−1)/N",
			measure: perField(CorrelationWell),
		},
		{Name: "mae", Origin: origin, Unit: FieldUnit, Better: Lower, About: "mean absolute error", measure: perField(MAE)},
		{
			Name: "nmae", Origin: origin, Better: Lower,
			About:     "mean absolute error over the mean absolute value of the truth",
			undefined: (*Truth).Zero, measure: perField(NMAE),
		},
		{
			Name: "nmae_well", Origin: origin, Compat: true, Better: Lower,
			About:   "nmae with 1e-7 added to the mean absolute value of the truth",
			measure: perField(NMAEWell),
		},
	}
	for k, name := range threeBands {
		out = append(out, Metric{
			Name: "spectral_mse_" + name, Origin: origin, Unit: Squared, Better: Lower, check: hasWellBins,
			About:   "mean square error of the " + name + " of three bins of |k|, which add up to the mean square error",
			measure: func(dst []float64, p *Pair) { copyBin(dst, p.wellError(), k) },
		}, Metric{
			Name: "spectral_nmse_" + name, Origin: origin, Better: Lower, check: hasWellBins,
			About:     "spectral_mse_" + name + " over the mean square of the truth in the bin",
			undefined: func(t *Truth) []bool { return emptyBin(t, k) },
			measure:   func(dst []float64, p *Pair) { relativeBin(dst, p, k, 0) },
		}, Metric{
			Name: "spectral_nmse_" + name + "_well", Origin: origin, Compat: true, Better: Lower, check: hasWellBins,
			About:   "spectral_nmse_" + name + " with 1e-7 added to the mean square of the truth",
			measure: func(dst []float64, p *Pair) { relativeBin(dst, p, k, wellEpsilon) },
		})
	}
	for _, w := range WindowWell {
		window := fmt.Sprintf("_%d_%d", w[0], w[1])
		about := fmt.Sprintf(", mean over steps %d to %d", w[0], w[1])
		out = append(out,
			meanOver(vrmseMetric(), "vrmse"+window, w, "vrmse"+about),
			meanOver(vrmseWell, "vrmse"+window+"_well", w, "vrmse_well"+about))
	}
	return append(out,
		Metric{
			Name: "w1", Origin: origin, Of: Rollouts, Better: Lower,
			About: "Wasserstein distance of all values of the first 100 steps from the true ones, over their root mean square; keeps them in memory",
			run:   keepAll(relativeW1),
		},
		Metric{
			Name: "w1_well", Origin: origin, Compat: true, Of: Rollouts, Unit: PerField, Better: Lower, About: "the same over the mean square of the truth plus 1e-7",
			run: keepAll(wellW1),
		},
		Metric{
			Name: "dtw", Origin: origin, Of: Rollouts, Better: Lower,
			About: "error of the first 100 steps after the best alignment in time, over the root mean square of the truth; keeps them in memory",
			run:   keepFrames(DTW),
		},
		Metric{
			Name: "dtw_well", Origin: origin, Compat: true, Of: Rollouts, Better: Lower,
			About: "the same of values divided by their norm over the fields at each point, without the first frame",
			run:   keepFrames(func(dst []float64, pred, truth *eddy.Tensor) { DTWWell(dst, make([]float64, len(dst)), pred, truth) }),
		},
		Metric{
			Name: "dtw_distortion_well", Origin: origin, Compat: true, Of: Rollouts, Unit: InSteps, Better: Neither,
			About: "by how many steps the alignment of dtw_well strays from the time of the truth",
			run:   keepFrames(func(dst []float64, pred, truth *eddy.Tensor) { DTWWell(make([]float64, len(dst)), dst, pred, truth) }),
		})
}

func keepFrames(of func(dst []float64, pred, truth *eddy.Tensor)) func(values int) stepper {
	return func(values int) stepper { return &keptFrames{of: of, values: make([]float64, values)} }
}

func keepAll(of func(p, y []float32) float64) func(values int) stepper {
	return func(values int) stepper {
		return &allValues{of: of, pred: make([][]float32, values), truth: make([][]float32, values)}
	}
}

func apebenchMetrics() []Metric {
	const origin = "APEBench"
	var out []Metric
	for _, of := range []struct {
		name string
		norm NormAPEBench
	}{
		{"mae", NormAPEBench{Power: Absolute}},
		{"mse", NormAPEBench{Power: Square}},
		{"rmse", NormAPEBench{Power: Square, Root: true}},
	} {
		for _, to := range []RelativeTo{Plain, Normal, Mutual} {
			norm := of.norm
			norm.To = to
			name := string(to) + of.name
			m := Metric{
				Name: name + "_apebench", Origin: origin, Compat: true, Whole: true, Better: Lower, About: name + ", the sum over the fields",
				measure: func(dst []float64, p *Pair) { APEBench(dst, p.Pred, p.Truth.U, norm) },
			}
			switch {
			case to == Normal:
				m.undefined = anyZero
			case to == Plain && norm.Power == Square && !norm.Root:
				m.Unit = Squared
			case to == Plain:
				m.Unit = FieldUnit
			}
			out = append(out, m)
			if to == Mutual {
				continue
			}
			fourier, h1 := m, m
			fourier.Name, fourier.About, fourier.check = "fourier_"+name+"_apebench", name+" in Fourier space, the sum over the fields", isCube
			fourier.measure = func(dst []float64, p *Pair) { p.combineAPEBench(dst, norm, 0) }
			h1.Name, h1.About, h1.check = "h1_"+name+"_apebench", name+" of the state plus that of its derivatives, the sum over the fields", isCube
			h1.measure = func(dst []float64, p *Pair) { p.combineAPEBench(dst, norm, 0, 1) }
			if to == Normal {
				h1.undefined = anyConstant
			}
			out = append(out, fourier, h1)
		}
	}
	sum := out[len(out)-1]
	for _, m := range out {
		if m.Name == "nrmse_apebench" {
			sum = m
		}
	}
	return append(out,
		Metric{
			Name: "correlation_apebench", Origin: origin, Compat: true, Whole: true, Better: Higher,
			About:     "cosine without removing the mean, mean over fields",
			undefined: anyZero,
			measure:   func(dst []float64, p *Pair) { CorrelationAPEBench(dst, p.Pred, p.Truth.U) },
		},
		overSteps(nrmseMetric(), "nrmse_gmean", "geometric mean of nrmse over the first 100 steps", first100),
		overSteps(sum, "nrmse_gmean_apebench",
			"geometric mean of nrmse_apebench over the first 100 steps; APEBench takes it of the mean over trajectories", first100))
}

func first100(curve []float64, _ []int) float64 { return GeometricMean(curve[:min(100, len(curve))]) }

func pdearenaMetrics() []Metric {
	const origin = "PDEArena"
	whole := Metric{
		Name: "correlation_pdearena", Origin: origin, Compat: true, Whole: true, Better: Higher,
		About:   "Pearson correlation over space and all fields at once; 0 where nothing varies",
		measure: func(dst []float64, p *Pair) { CorrelationPDEArena(dst, p.Pred, p.Truth.U) },
	}
	out := []Metric{whole, {
		Name: "mse_pdearena", Origin: origin, Compat: true, Of: Rollouts, Whole: true, Unit: Squared, Better: Lower,
		About: "mean square error, the sum over steps and fields",
		run: func(values int) stepper {
			return &sumOverRollout{sum: make([]float64, values), now: make([]float64, values), of: func(dst []float64, p *Pair) {
				APEBench(dst, p.Pred, p.Truth.U, NormAPEBench{Power: Square}) // the same sum
			}}
		},
	}}
	for _, threshold := range []float64{0.8, 0.9, 0.95} {
		at := strconv.FormatFloat(threshold, 'g', -1, 64)
		steps := overSteps(correlationMetric(), "correlation_steps_"+at, "steps until the correlation falls below "+at, func(curve []float64, _ []int) float64 {
			n, _ := StepsAbove(curve, threshold)
			return float64(n)
		})
		arena := overSteps(whole, "correlation_steps_"+at+"_pdearena",
			"all steps with correlation_pdearena above "+at+", also later ones; PDEArena counts on the mean over trajectories",
			func(curve []float64, _ []int) float64 { return float64(StepsAbovePDEArena(curve, threshold)) })
		steps.Unit, arena.Unit = InSteps, InSteps
		out = append(out, steps, arena)
	}
	return out
}

func poseidonMetrics() []Metric {
	return []Metric{
		{
			Name: "relative_l1", Origin: "Poseidon", Whole: true, Better: Lower, Over: ByMedian,
			About:     "sum of absolute errors over that of the truth, all fields together",
			undefined: allZero,
			measure:   func(dst []float64, p *Pair) { RelativeL1(dst, p.Pred, p.Truth.U) },
		},
		{
			Name: "relative_l1_poseidon", Origin: "Poseidon", Compat: true, Whole: true, Unit: Percent, Better: Lower, Over: ByMedian,
			About: "the same in percent, over 1e-10 where the truth is zero", measure: func(dst []float64, p *Pair) { RelativeL1Poseidon(dst, p.Pred, p.Truth.U) },
		},
	}
}

func fnoMetrics() []Metric {
	return []Metric{
		{
			Name: "relative_l2", Origin: "FNO", Whole: true, Better: Lower,
			About:     "error over truth in the 2-norm over space and all fields; its mean over steps is l2_step of the FNO paper's code",
			undefined: allZero,
			measure:   func(dst []float64, p *Pair) { RelativeL2(dst, p.Pred, p.Truth.U) },
		},
		{
			Name: "relative_l2_rollout", Origin: "FNO", Of: Rollouts, Whole: true, Better: Lower,
			About: "error over truth in the 2-norm over space, fields and time: l2_full of the FNO paper's code",
			run:   func(values int) stepper { return &normOverRollout{make([]float64, values), make([]float64, values)} },
		},
		{
			Name: "relative_l2_neuraloperator", Origin: "FNO", Compat: true, Better: Lower,
			About:   "error over truth in the 2-norm over space, with 1e-8 added to the norm of the truth",
			measure: perField(RelativeL2NeuralOperator),
		},
	}
}

// copyBin takes bin k of the powers of all trajectories and fields.
func copyBin(dst []float64, power [][]float64, k int) {
	for i := range dst {
		dst[i] = power[i][k]
	}
}

// relativeBin is the error in bin k over the truth in it and an epsilon; NaN where the truth has nothing there.
func relativeBin(dst []float64, p *Pair, k int, epsilon float64) {
	empty := emptyBin(p.Truth, k)
	for i := range dst {
		if dst[i] = p.wellError()[i][k] / (p.Truth.well()[i][k] + epsilon); epsilon == 0 && empty[i] {
			dst[i] = math.NaN()
		}
	}
}
