package pde

import (
	"math"
	"math/cmplx"

	"github.com/eddy-pde/eddy/internal/dft"
)

// semilinear is an equation c' = L c + N(c) for the kept Fourier coefficients c of one state. It has scratch memory: one goroutine at a time.
type semilinear interface {
	// symbol is the diagonal of L.
	symbol() []complex128
	// nonlinear writes N(c) to dst, which is not c.
	nonlinear(dst, c dft.Planes)
	// clone is the same equation with scratch memory of its own.
	clone() semilinear
}

// etdrk4 holds the coefficients of a step of length h. With z = hL and N evaluated at u, a, b, c,
//
//	a = e^{z/2} u + q N(u)
//	b = e^{z/2} u + q N(a)
//	c = e^{z/2} a + q (2N(b) − N(u))
//	u⁺ = e^z u + f1 N(u) + f2 (N(a) + N(b)) + f3 N(c)
//
// where q = h (e^{z/2}−1)/z, f1 = h (−4 − z + e^z(4 − 3z + z²))/z³, f2 = 2h (2 + z + e^z(z−2))/z³, f3 = h (−4 − 3z − z² + e^z(4 − z))/z³.
type etdrk4 struct {
	whole, half, q, f1, f2, f3 dft.Planes
}

func newETDRK4(symbol []complex128, h float64) *etdrk4 {
	n := len(symbol)
	e := &etdrk4{dft.NewPlanes(n), dft.NewPlanes(n), dft.NewPlanes(n), dft.NewPlanes(n), dft.NewPlanes(n), dft.NewPlanes(n)}
	for i, l := range symbol {
		z, s := complex(h, 0)*l, complex(h, 0)
		e.whole.Set(i, cmplx.Exp(z))
		e.half.Set(i, cmplx.Exp(z/2))
		e.q.Set(i, s*mean(z, func(z complex128) complex128 { return (cmplx.Exp(z/2) - 1) / z }))
		e.f1.Set(i, s*mean(z, func(z complex128) complex128 { return (-4 - z + cmplx.Exp(z)*(4-3*z+z*z)) / (z * z * z) }))
		e.f2.Set(i, 2*s*mean(z, func(z complex128) complex128 { return (2 + z + cmplx.Exp(z)*(z-2)) / (z * z * z) }))
		e.f3.Set(i, s*mean(z, func(z complex128) complex128 { return (-4 - 3*z - z*z + cmplx.Exp(z)*(4-z)) / (z * z * z) }))
	}
	return e
}

// mean is f(z) for a function that is entire but given by a formula that loses all digits near 0: its mean over a circle of radius 1 round z, which is f(z) by
// Cauchy's formula; the trapezoidal rule converges faster than any power. It stays complex where z is: with the real part alone the scheme would be of first
// order for dispersive equations.
func mean(z complex128, f func(complex128) complex128) complex128 {
	const points = 32
	var sum complex128
	for j := range points {
		sum += f(z + cmplx.Rect(1, 2*math.Pi*(float64(j)+0.5)/points))
	}
	sum /= points
	if imag(z) == 0 {
		return complex(real(sum), 0)
	}
	return sum
}

// integrator steps one state.
type integrator struct {
	*etdrk4
	eq                     semilinear
	nu, na, nb, nc, a, tmp dft.Planes
}

func newIntegrator(c *etdrk4, eq semilinear) *integrator {
	n := c.whole.Len()
	return &integrator{c, eq, dft.NewPlanes(n), dft.NewPlanes(n), dft.NewPlanes(n), dft.NewPlanes(n), dft.NewPlanes(n), dft.NewPlanes(n)}
}

// step replaces u by the state one step later.
func (s *integrator) step(u dft.Planes) {
	s.eq.nonlinear(s.nu, u)
	combine(s.a, s.half, u, s.q, s.nu)
	s.eq.nonlinear(s.na, s.a)
	combine(s.tmp, s.half, u, s.q, s.na)
	s.eq.nonlinear(s.nb, s.tmp)
	for i := range s.nc.Re {
		s.nc.Re[i] = 2*s.nb.Re[i] - s.nu.Re[i]
		s.nc.Im[i] = 2*s.nb.Im[i] - s.nu.Im[i]
	}
	combine(s.tmp, s.half, s.a, s.q, s.nc)
	s.eq.nonlinear(s.nc, s.tmp)
	for i := range s.na.Re {
		s.na.Re[i] += s.nb.Re[i]
		s.na.Im[i] += s.nb.Im[i]
	}
	combine(u, s.whole, u, s.f1, s.nu)
	combine(s.tmp, s.f2, s.na, s.f3, s.nc)
	for i := range u.Re {
		u.Re[i] += s.tmp.Re[i]
		u.Im[i] += s.tmp.Im[i]
	}
}

// combine writes a·x + b·y to dst, which may be x or y.
func combine(dst, a, x, b, y dft.Planes) {
	n := len(dst.Re)
	dr, di, ar, ai, xr, xi := dst.Re[:n], dst.Im[:n], a.Re[:n], a.Im[:n], x.Re[:n], x.Im[:n]
	br, bi, yr, yi := b.Re[:n], b.Im[:n], y.Re[:n], y.Im[:n]
	for i := range dr {
		p, q, r, s := xr[i], xi[i], yr[i], yi[i]
		dr[i] = ar[i]*p - ai[i]*q + br[i]*r - bi[i]*s
		di[i] = ar[i]*q + ai[i]*p + br[i]*s + bi[i]*r
	}
}
