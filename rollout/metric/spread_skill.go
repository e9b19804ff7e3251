package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// SpreadSkill is how wide an ensemble is against how wrong its mean is, √((M+1)/M) · spread / skill, per trajectory and field: 1 where truth and members
// could be exchanged, below 1 where the ensemble is too sure of itself. The factor makes up for the mean of M members being wrong itself (Fortin et al.
// 2014); [SpreadSkillPlain] leaves it out.
//
// Ratios of single fields scatter: to judge an ensemble, divide the roots of the mean squares of [Spread] and [Skill] over many, see [SpreadSkillRatio]. NaN
// for fewer than two members.
func SpreadSkill(dst []float64, members, truth *eddy.Tensor) {
	spreadSkill("metric.SpreadSkill", dst, members, truth, SpreadSkillRatio)
}

// SpreadSkillPlain is spread / skill without the correction for finitely many members.
func SpreadSkillPlain(dst []float64, members, truth *eddy.Tensor) {
	spreadSkill("metric.SpreadSkillPlain", dst, members, truth, func(spread, skill float64, _ int) float64 { return spreadOver(skill, spread) })
}

// SpreadSkillRatio is √((m+1)/m) · spread / skill for ensembles of m members; see [SpreadSkill]. NaN where the skill is not finite.
func SpreadSkillRatio(spread, skill float64, m int) float64 {
	return math.Sqrt(float64(m+1)/float64(m)) * spreadOver(skill, spread)
}

// spreadOver is spread / skill, but an infinite error does not pass for a ratio of 0.
func spreadOver(skill, spread float64) float64 {
	if skill-skill != 0 {
		return math.NaN()
	}
	return spread / skill
}

// Spread is √(mean_x s²) with the unbiased variance s² over the members, per trajectory and field, in the unit of the field. NaN for fewer than two members.
func Spread(dst []float64, members, truth *eddy.Tensor) {
	spreadSkill("metric.Spread", dst, members, truth, func(spread, _ float64, _ int) float64 { return spread })
}

// Skill is the root mean square error of the mean over members, per trajectory and field, in the unit of the field.
func Skill(dst []float64, members, truth *eddy.Tensor) {
	spreadSkill("metric.Skill", dst, members, truth, func(_, skill float64, _ int) float64 { return skill })
}

func spreadSkill(op string, dst []float64, members, truth *eddy.Tensor, of func(spread, skill float64, m int) float64) {
	mustHold(op, dst, truth)
	eachEnsemble(op, members, truth, func(i int, p [][]float32, y []float32) {
		m := float64(len(p))
		var spread, skill float64
		for x, v := range y {
			sum := 0.0
			for _, u := range p {
				sum += float64(u[x])
			}
			mean := sum / m
			for _, u := range p {
				d := float64(u[x]) - mean
				spread += d * d
			}
			d := mean - float64(v)
			skill += d * d
		}
		n := float64(len(y))
		dst[i] = of(math.Sqrt(spread/(n*(m-1))), math.Sqrt(skill/n), len(p))
	})
}
