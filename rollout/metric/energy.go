package metric

import (
	"errors"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// energy is the kinetic energy per volume.
var energy = quantity{check: checkEnergy, of: energyOf}

// Energy writes the kinetic energy per volume of every trajectory of u [B, C, X…] to dst [B]: ½⟨ρ|u|²⟩ where the data have a velocity (ρ = 1 without a
// density), ½⟨|m|²/ρ⟩ of a momentum, that of the flow without mean and divergence with the given vorticity on a periodic plane, and ½⟨u²⟩ of a single field
// that is none of these. It fails where the data have nothing of the kind.
func (p *Plan) Energy(dst []float64, u *eddy.Tensor) error { return p.quantity(energy, dst, u) }

// quantity writes a quantity that the data may not have.
func (p *Plan) quantity(q quantity, dst []float64, u *eddy.Tensor) error {
	if err := q.check(p.spec); err != nil {
		return err
	}
	eddy.MustShape("metric.Plan", "states", u.Shape, append([]int{len(dst)}, p.spec.FrameShape()...))
	q.each(dst, p, u)
	return nil
}

func checkEnergy(spec eddy.Spec) error {
	r := rolesOf(spec)
	switch {
	case r.velocity != nil, r.momentum != nil && r.density >= 0:
		return nil
	case r.vorticity >= 0:
		if spec.Grid.Dims() != 2 || !allPeriodic(spec.Grid) {
			return errors.New("the energy of a vorticity is known on a periodic plane only")
		}
		return nil
	case spec.Channels() == 1:
		return nil
	}
	return errors.New("the data have neither a velocity, nor a momentum with a density, nor a vorticity, and several fields")
}

func energyOf(p *Plan, state []float32) float64 {
	r := rolesOf(p.spec)
	switch {
	case r.velocity != nil && r.density >= 0:
		return weightedEnergy(p, state, r.velocity, r.density, func(rho, v float64) float64 { return rho * v * v })
	case r.velocity != nil:
		e := 0.0
		for _, c := range r.velocity {
			e += meanSquare(p.field(state, c)) / 2
		}
		return e
	case r.momentum != nil:
		return weightedEnergy(p, state, r.momentum, r.density, func(rho, m float64) float64 { return m * m / rho })
	case r.vorticity >= 0:
		return vorticityEnergy(p, p.field(state, r.vorticity))
	}
	return meanSquare(state) / 2
}

func weightedEnergy(p *Plan, state []float32, vector []int, density int, of func(rho, v float64) float64) float64 {
	rho, e := p.field(state, density), 0.0
	for _, c := range vector {
		for x, v := range p.field(state, c) {
			if v != 0 { // nothing that moves: not 0/0 of a vacuum at rest
				e += of(float64(rho[x]), float64(v))
			}
		}
	}
	return e / 2 / float64(len(rho))
}

// vorticityEnergy is ½ Σ |ω_k|²/κ², with the mean flow left out.
func vorticityEnergy(p *Plan, omega []float32) float64 {
	e := 0.0
	p.modes().transform(omega, nil, func(c dft.Planes) {
		square := p.square()
		for i, w := range p.modes().weight {
			if square[i] > 0 {
				e += w * (c.Re[i]*c.Re[i] + c.Im[i]*c.Im[i]) / square[i]
			}
		}
	})
	return e / 2
}
