package pde

import "github.com/eddy-pde/eddy/internal/dft"

// cosineView is the transform of cosine series, u(x) = Σ_k c_k cos(πk x/L) per axis, whose derivative vanishes at both ends of every axis: zero flux. Values are at
// the centres of cells. Coefficients are real.
type cosineView struct {
	plan   *dft.Cosine
	z      []float64
	at     []int32 // of each kept coefficient among those of the grid; −1: it does not hold the frequency
	absent bool
}

func newCosineView(shape []int, modes [][]int) *cosineView {
	v := &cosineView{plan: dft.NewCosine(shape...)}
	v.z = make([]float64, v.plan.Len())
	for _, k := range modes {
		at := 0
		for a, f := range k {
			if f >= shape[a] {
				at = -1
				break
			}
			at = at*shape[a] + f
		}
		v.absent = v.absent || at < 0
		v.at = append(v.at, int32(at))
	}
	return v
}

func (v *cosineView) read(c dft.Planes, u []float64) {
	v.plan.Forward(v.z, u)
	for m, at := range v.at {
		c.Re[m], c.Im[m] = 0, 0
		if at >= 0 {
			c.Re[m] = v.z[at]
		}
	}
}

func (v *cosineView) write(u []float64, c dft.Planes) {
	clear(v.z)
	for m, at := range v.at {
		if at >= 0 {
			v.z[at] = c.Re[m]
		}
	}
	v.plan.Inverse(u, v.z)
}

func (v *cosineView) holds() bool { return !v.absent }

func (v *cosineView) clone() transform {
	return &cosineView{v.plan.Clone(), make([]float64, len(v.z)), v.at, v.absent}
}
