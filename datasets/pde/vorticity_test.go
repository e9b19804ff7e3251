package pde

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy/internal/dft"
)

// smooth draws a random field of the frequencies up to k with zero mean.
func smooth(rng *rand.Rand, n, k int) []float64 {
	p := dft.NewReal(n, n)
	c := dft.NewPlanes(p.Coefficients())
	h := n/2 + 1
	for i := range c.Len() {
		kx, ky := dft.Frequency(i/h, n), i%h
		if max(kx, -kx) <= k && ky <= k && (ky > 0 || kx > 0) {
			z := complex(rng.NormFloat64(), rng.NormFloat64()) / complex(float64(1+kx*kx+ky*ky), 0)
			c.Set(i, z)
			if ky == 0 {
				c.Set((n-kx)%n*h, complex(real(z), -imag(z)))
			}
		}
	}
	u := make([]float64, n*n)
	p.Inverse(u, c)
	return u
}

// derivative is ∂^a/∂x^a ∂^b/∂y^b ∇^{−2·inverse} of a field on a square of side length, by dft.Real alone.
func derivative(u []float64, n int, length float64, a, b, inverse int) []float64 {
	p := dft.NewReal(n, n)
	c := dft.NewPlanes(p.Coefficients())
	p.Forward(c, u)
	h := n/2 + 1
	for i := range c.Len() {
		kx, ky := 2*math.Pi/length*float64(dft.Frequency(i/h, n)), 2*math.Pi/length*float64(i%h)
		f := complex(1, 0)
		for range a {
			f *= complex(0, kx)
		}
		for range b {
			f *= complex(0, ky)
		}
		for range inverse {
			if kx == 0 && ky == 0 {
				f = 0
			} else {
				f /= complex(-kx*kx-ky*ky, 0)
			}
		}
		c.Set(i, c.At(i)*f)
	}
	v := make([]float64, len(u))
	p.Inverse(v, c)
	return v
}

func TestNonlinearTermIsMinusAdvection(t *testing.T) {
	const n, k, length = 32, 10, 1.7
	w := smooth(rand.New(rand.NewPCG(1, 2)), n, k)
	eq, modes := newVorticity(n, n, length, 0.1, 0.2, nil)
	v := newView([]int{n, n}, modes)
	c, d := dft.NewPlanes(len(modes)), dft.NewPlanes(len(modes))
	v.read(c, w)
	eq.nonlinear(d, c)
	got := make([]float64, n*n)
	v.write(got, d)

	// The same on a grid fine enough for the product: −u ω_x − v ω_y with ψ = −∇⁻²ω, u = ψ_y, v = −ψ_x.
	const m = 64
	fine := newView([]int{m, m}, modes)
	wide := make([]float64, m*m)
	fine.write(wide, c)
	wx, wy := derivative(wide, m, length, 1, 0, 0), derivative(wide, m, length, 0, 1, 0)
	py, px := derivative(wide, m, length, 0, 1, 1), derivative(wide, m, length, 1, 0, 1) // of −ψ
	for i := range wide {
		wide[i] = py[i]*wx[i] - px[i]*wy[i]
	}
	fine.read(d, wide)
	want := make([]float64, n*n)
	v.write(want, d)
	largest := 0.0
	for i := range want {
		largest = max(largest, math.Abs(want[i]))
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-13*largest {
			t.Fatalf("point %d: %v, expected %v", i, got[i], want[i])
		}
	}
}

func TestNonlinearTermConservesEnergyAndEnstrophy(t *testing.T) {
	const n, length = 48, 2 * math.Pi
	w := smooth(rand.New(rand.NewPCG(3, 4)), n, 15)
	eq, modes := newVorticity(n, n, length, 0, 0, nil)
	v := newView([]int{n, n}, modes)
	c, d := dft.NewPlanes(len(modes)), dft.NewPlanes(len(modes))
	v.read(c, w)
	eq.nonlinear(d, c)
	// d/dt ½⟨ω²⟩ = Σ Re(conj ω̂ N̂), d/dt ½⟨u²⟩ = Σ Re(conj ω̂ N̂)/κ², over k and −k.
	var enstrophy, energy, scale float64
	for i, k := range modes {
		weight := 2.0
		if k[0] == 0 {
			weight = 1 // both k and −k are in the list
		}
		k2 := float64(k[0]*k[0] + k[1]*k[1])
		if k2 == 0 {
			continue
		}
		p := weight * (c.Re[i]*d.Re[i] + c.Im[i]*d.Im[i])
		enstrophy += p
		energy += p / k2
		scale += math.Abs(p)
	}
	if math.Abs(enstrophy) > 1e-13*scale || math.Abs(energy) > 1e-13*scale {
		t.Errorf("rates of change: enstrophy %.2g, energy %.2g, on terms that add up to %.2g in size", enstrophy, energy, scale)
	}
}

func TestViewHoldsWhatTheGridHolds(t *testing.T) {
	for _, c := range []struct {
		shape    []int
		complete bool
	}{{[]int{32, 32}, true}, {[]int{23, 21}, true}, {[]int{21, 22}, true}, {[]int{20, 32}, false}, {[]int{12, 9}, false}} {
		_, modes := newVorticity(32, 32, 1, 0, 0, nil) // frequencies to 10
		v := newView(c.shape, modes)
		if v.complete != c.complete {
			t.Errorf("%v points: complete = %v", c.shape, v.complete)
		}
		w := smooth(rand.New(rand.NewPCG(5, 6)), 32, 10)
		full := newView([]int{32, 32}, modes)
		a, b := dft.NewPlanes(len(modes)), dft.NewPlanes(len(modes))
		full.read(a, w)
		u := make([]float64, c.shape[0]*c.shape[1])
		v.write(u, a)
		v.read(b, u)
		for i, k := range modes {
			want := a.At(i)
			if 2*k[0] >= c.shape[0] || 2*max(k[1], -k[1]) >= c.shape[1] {
				want = 0
			}
			if d := b.At(i) - want; math.Hypot(real(d), imag(d)) > 1e-15 {
				t.Errorf("%v points: coefficient %v is %v after a round trip, expected %v", c.shape, k, b.At(i), want)
			}
		}
	}
}
