package metric

import (
	"errors"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// checkIncompressible asks for a velocity that ought to have no divergence.
func checkIncompressible(spec eddy.Spec) error {
	r := rolesOf(spec)
	if r.density >= 0 {
		return errors.New("the data have a density, so the flow need not be free of divergence; see divergence_error")
	}
	return checkVelocity(spec)
}

func checkVelocity(spec eddy.Spec) error {
	if r := rolesOf(spec); len(r.velocity) < 2 {
		return errNoVelocity
	}
	return checkDerivatives(spec)
}

// Divergence writes the divergence of the velocity relative to its gradient, √(⟨(∇·u)²⟩ / ⟨|∇u|²⟩), of every trajectory of u [B, C, X…] to dst [B]: 0 for an
// incompressible flow. Where the velocity does not vary it is 0 as well. It fails where the data have no velocity of two or three components.
func (p *Plan) Divergence(dst []float64, u *eddy.Tensor) error {
	return p.quantity(quantity{check: checkVelocity, of: relativeDivergence}, dst, u)
}

func relativeDivergence(p *Plan, state []float32) float64 {
	f := p.flow(state, nil)
	if f.gradient == 0 {
		return 0
	}
	return math.Sqrt(f.divergence / f.gradient)
}

// divergenceError is √(⟨(∇·(p−y))²⟩ / ⟨|∇y|²⟩), NaN where the true velocity does not vary.
func divergenceError(dst []float64, p *Pair) {
	plan, n := p.Truth.plan, eddy.Size(p.Pred.Shape[1:])
	par.For(len(dst), func(b int) {
		state, truth := p.Pred.Data[b*n:(b+1)*n], p.Truth.U.Data[b*n:(b+1)*n]
		if size := plan.flow(truth, nil).gradient; size != 0 {
			dst[b] = math.Sqrt(plan.flow(state, truth).divergence / size)
		} else {
			dst[b] = math.NaN()
		}
	})
}

// stillTruth marks trajectories whose true velocity does not vary.
func stillTruth(t *Truth) []bool {
	fields, constant := t.plan.spec.Channels(), t.Constant()
	out := make([]bool, t.U.Shape[0])
	for b := range out {
		out[b] = true
		for _, c := range rolesOf(t.plan.spec).velocity {
			out[b] = out[b] && constant[b*fields+c]
		}
	}
	return out
}
