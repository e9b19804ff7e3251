package pde

import (
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// vorticity is the vorticity ω = ∂v/∂x − ∂u/∂y of an incompressible flow (u, v) on a periodic square,
//
//	ω_t + u ω_x + v ω_y = ν Δω − μ ω + g
//
// for the coefficients of dft.Pair. The nonlinear term is taken in the form of Basdevant (1983), which needs two transforms of a pair of fields instead of five of
// one: u ω_x + v ω_y = (∂xx − ∂yy)(uv) + ∂x∂y(v² − u²) where ∂x u + ∂y v = 0. After dealiasing all forms are the same.
type vorticity struct {
	plan   *dft.Pair
	linear []complex128
	toU    []float64  // κy/κ²: û = iκy/κ² ω̂
	toV    []float64  // −κx/κ²
	ofUV   []float64  // κx² − κy²
	ofVU   []float64  // κx κy
	source dft.Planes // coefficients of g

	u, v []float64
	a, b dft.Planes
}

// wave is one Fourier coefficient of a real field: that of frequency k, and its conjugate at −k.
type wave struct {
	kx, ky int
	c      complex128
}

// newVorticity makes the equation on nx×ny points of a square, and lists its frequencies.
func newVorticity(nx, ny int, length, viscosity, drag float64, source []wave) (eq *vorticity, modes [][]int) {
	eq = &vorticity{plan: dft.NewPair(nx, ny, cutoff(nx, 2), cutoff(ny, 2))}
	n := eq.plan.Modes()
	eq.source = dft.NewPlanes(n)
	unit := 2 * math.Pi / length
	for i := range n {
		kx, ky := eq.plan.Mode(i)
		x, y := unit*float64(kx), unit*float64(ky)
		k2 := x*x + y*y
		inverse := 0.0 // the mean flow is at rest
		if k2 > 0 {
			inverse = 1 / k2
		}
		eq.linear = append(eq.linear, complex(-viscosity*k2-drag, 0))
		eq.toU = append(eq.toU, y*inverse)
		eq.toV = append(eq.toV, -x*inverse)
		eq.ofUV = append(eq.ofUV, x*x-y*y)
		eq.ofVU = append(eq.ofVU, x*y)
		modes = append(modes, []int{kx, ky})
		for _, w := range source {
			switch {
			case kx == w.kx && ky == w.ky:
				eq.source.Set(i, w.c)
			case kx == -w.kx && ky == -w.ky:
				eq.source.Set(i, complex(real(w.c), -imag(w.c)))
			}
		}
	}
	eq.scratch(nx * ny)
	return eq, modes
}

func (eq *vorticity) scratch(points int) {
	eq.u, eq.v = make([]float64, points), make([]float64, points)
	eq.a, eq.b = dft.NewPlanes(eq.plan.Modes()), dft.NewPlanes(eq.plan.Modes())
}

func (eq *vorticity) symbol() []complex128 { return eq.linear }

func (eq *vorticity) nonlinear(dst, c dft.Planes) {
	a, b := eq.a, eq.b
	eq.flow(c)
	v := eq.v[:len(eq.u)]
	for i, x := range eq.u {
		y := v[i]
		eq.u[i], v[i] = x*y, (y-x)*(y+x)
	}
	eq.plan.Forward(a, b, eq.u, eq.v)
	for i, f := range eq.ofUV {
		g := eq.ofVU[i]
		dst.Re[i] = f*a.Re[i] + g*b.Re[i] + eq.source.Re[i]
		dst.Im[i] = f*a.Im[i] + g*b.Im[i] + eq.source.Im[i]
	}
}

// flow writes the velocity to u and v.
func (eq *vorticity) flow(c dft.Planes) {
	a, b := eq.a, eq.b
	for i, f := range eq.toU {
		g := eq.toV[i]
		a.Re[i], a.Im[i] = -f*c.Im[i], f*c.Re[i]
		b.Re[i], b.Im[i] = -g*c.Im[i], g*c.Re[i]
	}
	eq.plan.Inverse(eq.u, eq.v, a, b)
}

// speed is the largest component of the velocity.
func (eq *vorticity) speed(c dft.Planes) float64 {
	eq.flow(c)
	return max(largest(eq.u), largest(eq.v))
}

func (eq *vorticity) clone() semilinear {
	d := *eq
	d.plan = eq.plan.Clone()
	d.scratch(len(eq.u))
	return &d
}

// vorticityField is the field of the states of 2-D flows.
func vorticityField() []eddy.Field { return []eddy.Field{{Name: "vorticity"}} }
