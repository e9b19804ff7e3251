package pde

import (
	"math"

	"github.com/eddy-pde/eddy/internal/dft"
)

// terms is a scalar equation on a periodic interval with a quadratic nonlinear term,
//
//	u_t = L u + square·u² − ½ convect·(u²)_x − ½ gradient·(u_x)²
type terms struct {
	linear                    func(kappa float64) complex128 // symbol of L
	square, convect, gradient float64
	hold                      bool // the mean of the nonlinear term is left out
}

// quadratic is such an equation for the coefficients of the frequencies 0 … K.
type quadratic struct {
	terms
	sym   []complex128
	kappa []float64
	plan  *dft.Real
	u     []float64
	z     dft.Planes // all coefficients of the grid
}

// newQuadratic makes the equation on n points, and lists its frequencies.
func newQuadratic(n int, length float64, t terms) (eq *quadratic, modes [][]int) {
	eq = &quadratic{terms: t, plan: dft.NewReal(n)}
	for k := range cutoff(n, 2) + 1 {
		kappa := 2 * math.Pi * float64(k) / length
		eq.sym = append(eq.sym, t.linear(kappa))
		eq.kappa = append(eq.kappa, kappa)
		modes = append(modes, []int{k})
	}
	eq.u, eq.z = make([]float64, n), dft.NewPlanes(eq.plan.Coefficients())
	return eq, modes
}

func (eq *quadratic) symbol() []complex128 { return eq.sym }

func (eq *quadratic) nonlinear(dst, c dft.Planes) {
	dst.Clear()
	if eq.square != 0 || eq.convect != 0 {
		eq.values(c)
		eq.squared()
		for k, kappa := range eq.kappa {
			m := -eq.convect / 2 * kappa
			re, im := eq.z.Re[k], eq.z.Im[k]
			dst.Re[k], dst.Im[k] = eq.square*re-m*im, eq.square*im+m*re
		}
	}
	if eq.gradient != 0 {
		for k, kappa := range eq.kappa {
			eq.z.Re[k], eq.z.Im[k] = -kappa*c.Im[k], kappa*c.Re[k]
		}
		eq.invert()
		eq.squared()
		for k := range eq.kappa {
			dst.Re[k] -= eq.gradient / 2 * eq.z.Re[k]
			dst.Im[k] -= eq.gradient / 2 * eq.z.Im[k]
		}
	}
	if eq.hold {
		dst.Re[0] = 0
	}
}

// values writes the field of the coefficients c to u.
func (eq *quadratic) values(c dft.Planes) {
	copy(eq.z.Re, c.Re)
	copy(eq.z.Im, c.Im)
	eq.invert()
}

// invert writes the field of the kept coefficients in z to u.
func (eq *quadratic) invert() {
	kept := len(eq.kappa)
	clear(eq.z.Re[kept:])
	clear(eq.z.Im[kept:])
	eq.plan.Inverse(eq.u, eq.z)
}

// squared writes the coefficients of u² to z.
func (eq *quadratic) squared() {
	for i, v := range eq.u {
		eq.u[i] = v * v
	}
	eq.plan.Forward(eq.z, eq.u)
}

// speed is the largest speed of the waves that the nonlinear term makes: of convect·u, and of gradient·u_x.
func (eq *quadratic) speed(c dft.Planes) float64 {
	s := 0.0
	if eq.convect != 0 {
		eq.values(c)
		s = math.Abs(eq.convect) * largest(eq.u)
	}
	if eq.gradient != 0 {
		for k, kappa := range eq.kappa {
			eq.z.Re[k], eq.z.Im[k] = -kappa*c.Im[k], kappa*c.Re[k]
		}
		eq.invert()
		s = max(s, math.Abs(eq.gradient)*largest(eq.u))
	}
	return s
}

// largest is the largest magnitude.
func largest(u []float64) float64 {
	m := 0.0
	for _, x := range u {
		m = max(m, math.Abs(x))
	}
	return m
}

func (eq *quadratic) clone() semilinear {
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
