package metric

import (
	"errors"
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
)

// eddyMetrics are the metrics that a reader should look at first, in their corrected forms.
func eddyMetrics() []Metric {
	out := []Metric{
		{
			Name: "nrmse", Origin: "PDEBench", Default: true, Better: Lower, About: "root mean square error over the root mean square of the truth",
			undefined: (*Truth).Zero, measure: perField(NRMSE),
		},
		{
			Name: "vrmse", Origin: "The Well", Default: true, Better: Lower, About: "root mean square error over the standard deviation of the truth in space",
			undefined: (*Truth).Constant, measure: perField(VRMSE),
		},
		{
			Name: "correlation", Origin: "PDEArena", Default: true, Better: Higher, About: "Pearson correlation over space",
			undefined: (*Truth).Constant, measure: perField(Correlation),
		},
		{Name: "rmse", Origin: "PDEBench", Unit: FieldUnit, Better: Lower, About: "root mean square error", measure: perField(RMSE)},
	}
	for k, name := range []string{"low", "mid", "high"} {
		out = append(out, Metric{
			Name: "frmse_" + name, Origin: "PDEBench", Default: true, Unit: FieldUnit, Better: Lower, check: hasBand(k),
			About:   "error in Fourier space, mean over the shells of the " + name + " wavenumbers",
			measure: perBand(k, func(p *Pair, i int, b Band) float64 { return FRMSE(p.ErrorPower()[i], b) }),
		})
	}
	for k, name := range []string{"low", "mid", "high"} {
		out = append(out, Metric{
			Name: "band_error_" + name, Origin: "eddy", Default: true, Better: Lower, check: hasBand(k),
			About:     "error of the " + name + " wavenumbers over the truth in them",
			undefined: func(t *Truth) []bool { return emptyBand(t, k) },
			measure:   perBand(k, func(p *Pair, i int, b Band) float64 { return BandError(p.ErrorPower()[i], p.Truth.Power()[i], b) }),
		})
	}
	return out
}

func ensembleMetrics() []Metric {
	return []Metric{
		{Name: "crps", Origin: "Gneiting & Raftery", Of: Members, Unit: FieldUnit, Better: Lower, About: "continuous ranked probability score of the members", measure: perEnsemble(CRPS)},
		{
			Name: "crps_fair", Origin: "Ferro", Of: Members, Unit: FieldUnit, Better: Lower, About: "continuous ranked probability score, free of the number of members",
			measure: perEnsemble(CRPSFair),
		},
		{Name: "spread", Origin: "Fortin et al.", Of: Members, Unit: FieldUnit, Better: Neither, About: "standard deviation of the members", measure: perEnsemble(Spread)},
		{Name: "skill", Origin: "Fortin et al.", Of: Members, Unit: FieldUnit, Better: Lower, About: "root mean square error of the mean of the members", measure: perEnsemble(Skill)},
		{
			Name: "spread_skill", Origin: "Fortin et al.", Of: Members, Better: NearOne, About: "spread over skill, corrected for finitely many members; below 1 the ensemble is too sure",
			measure: perEnsemble(SpreadSkill),
		},
		{
			Name: "spread_skill_plain", Origin: "Fortin et al.", Of: Members, Compat: true, Better: NearOne, About: "spread over skill without the correction for finitely many members",
			measure: perEnsemble(SpreadSkillPlain),
		},
		{
			Name: "rank_deviation", Origin: "Delle Monache et al.", Of: Members, Better: Lower, About: "distance of the rank histogram from flat, 0 to 2",
			measure: func(dst []float64, p *Pair) {
				ranks := p.Members.Shape[1] + 1
				h := make([]float64, len(dst)*ranks)
				RankHistogram(h, p.Members, p.Truth.U)
				for i := range dst {
					dst[i] = RankDeviation(h[i*ranks : (i+1)*ranks])
				}
			},
		},
		{
			Name: "member_correlation", Origin: "PDE-Refiner", Of: Members, Better: Neither, About: "Pearson correlation between members, mean over pairs",
			measure: func(dst []float64, p *Pair) { MemberCorrelation(dst, p.Members) },
		},
	}
}

// perField adapts a function of predicted and true states.
func perField(f func(dst []float64, pred, truth *eddy.Tensor)) func([]float64, *Pair) {
	return func(dst []float64, p *Pair) { f(dst, p.Pred, p.Truth.U) }
}

// perEnsemble adapts a function of members and truth.
func perEnsemble(f func(dst []float64, members, truth *eddy.Tensor)) func([]float64, *Pair) {
	return func(dst []float64, p *Pair) { f(dst, p.Members, p.Truth.U) }
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

// hasBand checks that the grid is fine enough for band k of [Bands].
func hasBand(k int) func(eddy.Spec) error {
	return func(spec eddy.Spec) error {
		if spec.Grid.Dims() == 0 {
			return errors.New("the data have no space axis, so there are no wavenumbers")
		}
		if n := shells(spec.Grid); k >= len(Bands(n)) {
			return fmt.Errorf("a grid of %s has %d shells of wavenumbers, too few for this band", spec.Grid, n)
		}
		return nil
	}
}

// emptyBand tells where the truth has nothing in band k.
func emptyBand(t *Truth, k int) []bool {
	out := make([]bool, len(t.Power()))
	for i, p := range t.Power() {
		out[i] = math.IsNaN(BandError(p, p, Bands(len(p))[k]))
	}
	return out
}
