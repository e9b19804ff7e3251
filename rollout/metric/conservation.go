package metric

import (
	"math"

	"github.com/eddy-pde/eddy"
)

// mass is the mean of the density.
var mass = quantity{
	check: func(spec eddy.Spec) error {
		if rolesOf(spec).density < 0 {
			return errNoDensity
		}
		return nil
	},
	of: func(p *Plan, state []float32) float64 { return mean(p.field(state, rolesOf(p.spec).density)) },
}

// MeanDrift is (mean_x p − mean_x y) over the root mean square of the truth, per trajectory and field: what was gained or lost of a quantity that the
// equation keeps. NaN where the truth is zero throughout.
func MeanDrift(dst []float64, pred, truth *eddy.Tensor) {
	eachField("metric.MeanDrift", dst, pred, truth, func(p, y []float32) float64 {
		size := meanSquare(y)
		if size == 0 {
			return math.NaN()
		}
		return (mean(p) - mean(y)) / math.Sqrt(size)
	})
}

func checkMomentum(spec eddy.Spec) error {
	if r := rolesOf(spec); r.velocity == nil && r.momentum == nil {
		return errNoVelocity
	}
	return nil
}

// momentumOf gives the mean momentum per component, per volume (of density 1 where the data have none), and the mean of its square over all components.
func momentumOf(p *Plan, state []float32) (means []float64, square float64) {
	r := rolesOf(p.spec)
	vector, rho := r.momentum, []float32(nil)
	if vector == nil {
		vector = r.velocity
		if r.density >= 0 {
			rho = p.field(state, r.density)
		}
	}
	for _, c := range vector {
		sum := 0.0
		u := p.field(state, c)
		for x, v := range u {
			m := float64(v)
			if rho != nil {
				m *= float64(rho[x])
			}
			sum += m
			square += m * m / float64(len(u))
		}
		means = append(means, sum/float64(len(u)))
	}
	return means, square
}

// momentumDrift is |⟨m⟩_p − ⟨m⟩_y| / √⟨|m|²⟩_y of the momentum m, NaN where the truth is at rest.
func momentumDrift(dst []float64, p *Pair) {
	n := eddy.Size(p.Pred.Shape[1:])
	for b := range dst {
		got, _ := momentumOf(p.Truth.plan, p.Pred.Data[b*n:(b+1)*n])
		want, square := momentumOf(p.Truth.plan, p.Truth.U.Data[b*n:(b+1)*n])
		d := 0.0
		for a := range want {
			d += (got[a] - want[a]) * (got[a] - want[a])
		}
		if dst[b] = math.Sqrt(d / square); square == 0 {
			dst[b] = math.NaN()
		}
	}
}

// atRest marks trajectories whose true momentum is zero.
func atRest(t *Truth) []bool {
	out := make([]bool, t.U.Shape[0])
	n := eddy.Size(t.U.Shape[1:])
	for b := range out {
		_, square := momentumOf(t.plan, t.U.Data[b*n:(b+1)*n])
		out[b] = square == 0
	}
	return out
}
