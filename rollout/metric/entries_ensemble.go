package metric

import (
	"github.com/eddy-pde/eddy"
)

func ensembleMetrics() []Metric {
	return []Metric{
		{
			Name: "crps", Origin: "Gneiting & Raftery", Of: Members, Unit: FieldUnit, Better: Lower,
			About:   "continuous ranked probability score of the members",
			measure: perEnsemble(CRPS),
		},
		{
			Name: "crps_fair", Origin: "Ferro", Of: Members, Unit: FieldUnit, Better: Lower,
			About:   "continuous ranked probability score, free of the number of members",
			measure: perEnsemble(CRPSFair),
		},
		{
			Name: "spread", Origin: "Fortin et al.", Of: Members, Unit: FieldUnit, Better: Neither,
			About:   "standard deviation of the members",
			measure: perEnsemble(Spread),
		},
		{
			Name: "skill", Origin: "Fortin et al.", Of: Members, Unit: FieldUnit, Better: Lower,
			About:   "root mean square error of the mean of the members",
			measure: perEnsemble(Skill),
		},
		{
			Name: "spread_skill", Origin: "Fortin et al.", Of: Members, Better: NearOne,
			About:   "spread over skill, corrected for finitely many members; below 1 the ensemble is too sure",
			measure: perEnsemble(SpreadSkill),
		},
		{
			Name: "spread_skill_plain", Origin: "Fortin et al.", Of: Members, Compat: true, Better: NearOne,
			About:   "spread over skill without the correction for finitely many members",
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

// perEnsemble adapts a function of members and truth.
func perEnsemble(f func(dst []float64, members, truth *eddy.Tensor)) func([]float64, *Pair) {
	return func(dst []float64, p *Pair) { f(dst, p.Members, p.Truth.U) }
}
