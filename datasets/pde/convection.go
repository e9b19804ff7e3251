package pde

import (
	"math"

	"github.com/eddy-pde/eddy/internal/dft"
)

// convection is u_t + ½(u²)_x = L u on a periodic interval, for the coefficients of the frequencies 0 … K.
type convection struct {
	linear []complex128
	minusK []float64 // −κ/2·: N = −½ iκ (u²)^
	plan   *dft.Real
	u      []float64
	z      dft.Planes // all coefficients of the grid
}

// newConvection makes the equation with L = linear(κ) on n points, and lists its frequencies.
func newConvection(n int, length float64, linear func(kappa float64) complex128) (eq *convection, modes [][]int) {
	eq = &convection{plan: dft.NewReal(n)}
	for k := range cutoff(n, 2) + 1 {
		kappa := 2 * math.Pi * float64(k) / length
		eq.linear = append(eq.linear, linear(kappa))
		eq.minusK = append(eq.minusK, -kappa/2)
		modes = append(modes, []int{k})
	}
	eq.u, eq.z = make([]float64, n), dft.NewPlanes(eq.plan.Coefficients())
	return eq, modes
}

func (eq *convection) symbol() []complex128 { return eq.linear }

func (eq *convection) nonlinear(dst, c dft.Planes) {
	kept := len(eq.minusK)
	copy(eq.z.Re, c.Re)
	copy(eq.z.Im, c.Im)
	clear(eq.z.Re[kept:])
	clear(eq.z.Im[kept:])
	eq.plan.Inverse(eq.u, eq.z)
	for i, v := range eq.u {
		eq.u[i] = v * v
	}
	eq.plan.Forward(eq.z, eq.u)
	for k, m := range eq.minusK {
		dst.Re[k], dst.Im[k] = -m*eq.z.Im[k], m*eq.z.Re[k]
	}
}

func (eq *convection) clone() semilinear {
	d := *eq
	d.plan, d.u, d.z = eq.plan.Clone(), make([]float64, len(eq.u)), dft.NewPlanes(eq.z.Len())
	return &d
}

// cutoff is the highest frequency that a spectral solver on n points keeps so that products of `degree` fields (0: 2) are free of aliasing at kept frequencies.
func cutoff(n, degree int) int {
	if degree == 0 {
		degree = 2
	}
	return (n - 1) / (degree + 1)
}

// speed is the largest |u|.
func (eq *convection) speed(c dft.Planes) float64 {
	kept := len(eq.minusK)
	copy(eq.z.Re, c.Re)
	copy(eq.z.Im, c.Im)
	clear(eq.z.Re[kept:])
	clear(eq.z.Im[kept:])
	eq.plan.Inverse(eq.u, eq.z)
	return largest(eq.u)
}

// largest is the largest magnitude.
func largest(u []float64) float64 {
	m := 0.0
	for _, x := range u {
		m = max(m, math.Abs(x))
	}
	return m
}
