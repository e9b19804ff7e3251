package metric

import (
	"errors"

	"github.com/eddy-pde/eddy"
)

// enstrophy is half the mean square of the vorticity.
var enstrophy = quantity{check: checkEnstrophy, of: enstrophyOf}

// Enstrophy writes the enstrophy ½⟨|ω|²⟩ of every trajectory of u [B, C, X…] to dst [B], of the vorticity or the curl of the velocity that the data have. It
// fails where they have neither.
func (p *Plan) Enstrophy(dst []float64, u *eddy.Tensor) error { return p.quantity(enstrophy, dst, u) }

func checkEnstrophy(spec eddy.Spec) error {
	r := rolesOf(spec)
	switch {
	case r.vorticity >= 0:
		return nil
	case len(r.velocity) < 2:
		return errors.New("the data have neither a vorticity nor a velocity of two or three components")
	}
	return checkDerivatives(spec)
}

func enstrophyOf(p *Plan, state []float32) float64 {
	r := rolesOf(p.spec)
	if r.vorticity >= 0 {
		return meanSquare(p.field(state, r.vorticity)) / 2
	}
	return p.flow(state, nil).curl / 2
}
