package pde

import (
	"math"
	"math/big"
	"math/cmplx"
	"testing"

	"github.com/eddy-pde/eddy/internal/dft"
)

// phi is φ_n(z) = Σ_j z^j/(j+n)! by its series in 400-bit arithmetic, for moderate real z.
func phi(n int, z float64) float64 {
	const bits = 400
	term := big.NewFloat(1).SetPrec(bits)
	for j := 2; j <= n; j++ {
		term.Quo(term, big.NewFloat(float64(j)))
	}
	x, sum := new(big.Float).SetPrec(bits).SetFloat64(z), new(big.Float).SetPrec(bits)
	for j := 1; j < 400; j++ {
		sum.Add(sum, term)
		term.Mul(term, x)
		term.Quo(term, big.NewFloat(float64(j+n)))
	}
	f, _ := sum.Float64()
	return f
}

// In terms of φ functions q = h/2 φ1(z/2), f1 = h(φ1 − 3φ2 + 4φ3), f2 = h(2φ2 − 4φ3), f3 = h(4φ3 − φ2).
func TestCoefficientsAreThoseOfThePhiFunctions(t *testing.T) {
	const h, tol = 0.1, 1e-14
	for _, z := range []float64{0, 1e-12, -1e-12, 1e-6, -1e-4, -0.01, 0.1, -0.7, -1, 1, -3, -20, 2.5} {
		e := newETDRK4([]complex128{complex(z/h, 0)}, h)
		z = h * (z / h) // as rounded above
		p1, p2, p3 := phi(1, z), phi(2, z), phi(3, z)
		for name, c := range map[string]struct {
			got  dft.Planes
			want float64
		}{
			"e^z": {e.whole, math.Exp(z)}, "e^(z/2)": {e.half, math.Exp(z / 2)},
			"q": {e.q, h / 2 * phi(1, z/2)}, "f1": {e.f1, h * (p1 - 3*p2 + 4*p3)}, "f2": {e.f2, h * (2*p2 - 4*p3)}, "f3": {e.f3, h * (4*p3 - p2)},
		} {
			if c.got.Im[0] != 0 || math.Abs(c.got.Re[0]-c.want) > tol*max(1, math.Abs(c.want)) {
				t.Errorf("z = %g: %s = %v, expected %v", z, name, c.got.At(0), c.want)
			}
		}
	}
}

// For |z| ≥ 1 the formulas themselves are accurate.
func TestComplexCoefficientsStayComplex(t *testing.T) {
	for _, z := range []complex128{5i, -3i, 40i, complex(-2, 7), complex(-30, 30)} {
		e := newETDRK4([]complex128{z}, 1)
		for name, c := range map[string]struct {
			got  dft.Planes
			want complex128
		}{
			"q":  {e.q, (cmplx.Exp(z/2) - 1) / z},
			"f1": {e.f1, (-4 - z + cmplx.Exp(z)*(4-3*z+z*z)) / (z * z * z)},
			"f2": {e.f2, 2 * (2 + z + cmplx.Exp(z)*(z-2)) / (z * z * z)},
			"f3": {e.f3, (-4 - 3*z - z*z + cmplx.Exp(z)*(4-z)) / (z * z * z)},
		} {
			if cmplx.Abs(c.got.At(0)-c.want) > 1e-14 {
				t.Errorf("z = %v: %s = %v, expected %v", z, name, c.got.At(0), c.want)
			}
		}
	}
}

// soliton is the exact solution of w_t + w w_x + w_xxx = 0 that travels with speed c.
func soliton(x, t, c, length float64) float64 {
	d := math.Remainder(x-c*t-length/2, length)
	s := 1 / math.Cosh(math.Sqrt(c)/2*d)
	return 3 * c * s * s
}

func TestFourthOrderForADispersiveEquation(t *testing.T) {
	// With real coefficients this equation would be integrated at first order.
	const n, length, c, end = 256, 30.0, 2.0, 2.0
	eq, modes := newQuadratic(n, length, terms{convect: 1, linear: func(k float64) complex128 { return complex(0, k*k*k) }})
	v := newView([]int{n}, modes)
	u := make([]float64, n)
	var errs []float64
	steps := []float64{0.02, 0.01, 0.005}
	for _, h := range steps {
		for j := range u {
			u[j] = soliton(length*float64(j)/n, 0, c, length)
		}
		z := dft.NewPlanes(len(modes))
		v.read(z, u)
		s := newIntegrator(newETDRK4(eq.symbol(), h), eq)
		for range int(math.Round(end / h)) {
			s.step(z)
		}
		v.write(u, z)
		d, norm := 0.0, 0.0
		for j := range u {
			w := soliton(length*float64(j)/n, end, c, length)
			d += (u[j] - w) * (u[j] - w)
			norm += w * w
		}
		errs = append(errs, math.Sqrt(d/norm))
	}
	t.Logf("relative errors %.2e for steps %v", errs, steps)
	if errs[0] > 1e-4 || errs[1] > 5e-6 {
		t.Errorf("relative errors %.2e, expected at most 1e-4 and 5e-6", errs[:2])
	}
	if slope := math.Log2(errs[0] / errs[1]); slope < 3.7 {
		t.Errorf("order %.2f, expected 4", slope)
	}
}

func TestStepsDoNotAllocate(t *testing.T) {
	line, _ := newQuadratic(64, 1, terms{convect: 1, linear: func(k float64) complex128 { return complex(-k*k, 0) }})
	square, _ := newVorticity(32, 32, 1, 0.01, 0.1, nil)
	for name, eq := range map[string]semilinear{"convection": line, "vorticity": square} {
		s := newIntegrator(newETDRK4(eq.symbol(), 0.01), eq)
		u := dft.NewPlanes(len(eq.symbol()))
		u.Set(1, 0.1)
		if n := testing.AllocsPerRun(5, func() { s.step(u) }); n != 0 {
			t.Errorf("%s: %v allocations a step", name, n)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	line := func(n int) semilinear {
		eq, _ := newQuadratic(n, 1, terms{convect: 1, linear: func(k float64) complex128 { return complex(-0.01*k*k, 0) }})
		return eq
	}
	square := func(n int) semilinear {
		eq, _ := newVorticity(n, n, 1, 0.001, 0.1, nil)
		return eq
	}
	for _, c := range []struct {
		name string
		eq   semilinear
	}{
		{"convection/N=256", line(256)},
		{"convection/N=1024", line(1024)},
		{"vorticity/N=64", square(64)},
		{"vorticity/N=96", square(96)},
		{"vorticity/N=128", square(128)},
		{"vorticity/N=256", square(256)},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newIntegrator(newETDRK4(c.eq.symbol(), 0.001), c.eq)
			u := dft.NewPlanes(len(c.eq.symbol()))
			u.Set(1, 0.1)
			u.Set(2, 0.1i)
			b.ReportAllocs()
			for b.Loop() {
				s.step(u)
			}
		})
	}
}
