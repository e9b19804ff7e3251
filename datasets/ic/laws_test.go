package ic_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
	"github.com/eddy-pde/eddy/internal/dft"
)

// drawn is one field of n values.
func drawn(t *testing.T, law datasets.Initial, seed uint64, n int) []float64 {
	t.Helper()
	u := make([]float64, n)
	if err := law.Draw(rand.New(rand.NewPCG(seed, 7)), u); err != nil {
		t.Fatal(err)
	}
	return u
}

func meanOf(u []float64, f func(x float64) float64) float64 {
	s := 0.0
	for _, x := range u {
		s += f(x) / float64(len(u))
	}
	return s
}

func square(x float64) float64 { return x * x }

func TestPDEBenchsWavesHaveTheFrequenciesAndMomentsOfTheLaw(t *testing.T) {
	// Without magnitude and window (0.81 of all states) a state is a sum of waves of frequencies {1, 2, 3, 4} or one of {2, 4, 6, 8}. Two draws of equal number, 1 in 4,
	// leave one wave and three constants. ⟨a²⟩ = 1/3: the variance over space is ⅙ a wave, the variance of the mean ⅙ a constant.
	law, err := ic.PDEBench{}.On(eddy.PeriodicGrid(1, 64))
	if err != nil {
		t.Fatal(err)
	}
	const draws = 4000
	smooth, waves, variance, mean := 0.0, [10]float64{}, 0.0, 0.0
	for i := range uint64(draws) {
		u := drawn(t, law, i, 64)
		p := dft.NewReal(64)
		c := dft.NewPlanes(33)
		p.Forward(c, u)
		rest := 0.0
		for k := 9; k <= 32; k++ {
			rest = max(rest, math.Hypot(c.Re[k], c.Im[k]))
		}
		if rest > 1e-13 {
			continue // a magnitude or a window
		}
		smooth++
		for k := 1; k <= 8; k++ {
			if power := math.Hypot(c.Re[k], c.Im[k]); power > 1e-13 {
				waves[k]++
			}
			variance += 2 * (square(c.Re[k]) + square(c.Im[k]))
		}
		mean += square(c.Re[0])
	}
	// 0.9 keep their sign, of which 0.9 have no window; some magnitudes change nothing.
	if share := smooth / draws; share < 0.79 || share > 0.86 {
		t.Errorf("%.3f of the states are smooth, expected 0.81 and a few more", share)
	}
	for k, share := range map[int]float64{1: 6. / 16, 2: 6./16 + 1./16, 3: 6. / 16, 4: 6./16 + 1./16, 5: 0, 6: 1. / 16, 7: 0, 8: 1. / 16} {
		if math.Abs(waves[k]/smooth-share) > 0.035 {
			t.Errorf("frequency %d is in %.3f of the states, expected %.3f", k, waves[k]/smooth, share)
		}
	}
	if want := 1.75 / 6; math.Abs(variance/smooth-want) > 0.02 {
		t.Errorf("variance over space %.3f, expected %.3f", variance/smooth, want)
	}
	if want := 2.25 / 6; math.Abs(mean/smooth-want) > 0.04 {
		t.Errorf("mean square of the mean %.3f, expected %.3f", mean/smooth, want)
	}
}

func TestFourierSeriesHaveTheirCutoffMeanAndMagnitude(t *testing.T) {
	for _, shape := range [][]int{{48}, {24, 20}} {
		law, err := ic.Fourier{Cutoff: 5, Largest: 2}.On(eddy.PeriodicGrid(1, shape...))
		if err != nil {
			t.Fatal(err)
		}
		u := drawn(t, law, 3, eddy.Size(shape))
		p := dft.NewReal(shape...)
		c := dft.NewPlanes(p.Coefficients())
		p.Forward(c, u)
		kept := p.Shape()
		for i := range c.Len() {
			k := i % kept[len(kept)-1]
			if len(shape) == 2 {
				k = max(k, int(math.Abs(float64(dft.Frequency(i/kept[1], shape[0])))))
			}
			if power := math.Hypot(c.Re[i], c.Im[i]); (k > 5 || i == 0) && power > 1e-13 {
				t.Errorf("%v: coefficient %d has magnitude %g", shape, i, power)
			}
		}
		if m := max(slices.Max(u), -slices.Min(u)); math.Abs(m-2) > 1e-12 {
			t.Errorf("%v: largest magnitude %g, expected 2", shape, m)
		}
	}
}

func TestCosinesHaveTheVarianceOfTheLaw(t *testing.T) {
	grid := eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 65, Length: 2}, {Name: "y", Points: 33, Length: 1}}}
	law, err := ic.InsulatedMatern(grid, eddy.Node, 3, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for i := range 65 {
		for j := range 33 {
			if i+j > 0 {
				kappa2 := square(math.Pi*float64(i)/2) + square(math.Pi*float64(j))
				want += 9 * math.Pow(kappa2+9, -2) / 2 // E‖u‖²/area
			}
		}
	}
	got := 0.0
	const draws = 300
	for s := range uint64(draws) {
		u := drawn(t, law, s, 65*33)
		// The trapezoidal rule is exact for the cosines.
		for i, x := range u {
			w := 1.0 / (64 * 32)
			if i/33 == 0 || i/33 == 64 {
				w /= 2
			}
			if i%33 == 0 || i%33 == 32 {
				w /= 2
			}
			got += w * x * x / draws
		}
	}
	if math.Abs(got/want-1) > 0.1 {
		t.Errorf("variance %.4f, expected %.4f", got, want)
	}
}

func TestSolenoidalFieldsHaveNoDivergenceAndTheirSpeed(t *testing.T) {
	const n = 24
	law, err := ic.Solenoidal{Peak: 3, Speed: 2, Limit: []int{7, 7, 7}}.On(eddy.PeriodicGrid(5, n, n, n))
	if err != nil {
		t.Fatal(err)
	}
	energy := 0.0
	const draws = 10
	for s := range uint64(draws) {
		u := drawn(t, law, s, 3*n*n*n)
		energy += 3 * meanOf(u, square) / draws
		p := dft.NewReal(n, n, n)
		var c [3]dft.Planes
		for a := range c {
			c[a] = dft.NewPlanes(p.Coefficients())
			p.Forward(c[a], u[a*n*n*n:(a+1)*n*n*n])
		}
		h := n/2 + 1
		for i := range c[0].Len() {
			x, y, z := float64(dft.Frequency(i/(n*h), n)), float64(dft.Frequency(i/h%n, n)), float64(i%h)
			if d := math.Abs(x*c[0].Re[i] + y*c[1].Re[i] + z*c[2].Re[i]); d > 1e-13 {
				t.Fatalf("divergence %g at frequency (%g, %g, %g)", d, x, y, z)
			}
		}
	}
	// Frequencies above 7, a few per cent of the energy, are left out.
	if speed := math.Sqrt(energy); math.Abs(speed-2) > 0.15 {
		t.Errorf("root mean square speed %.3f, expected 2", speed)
	}
}

func TestTaylorGreenVortexIsMovedOnly(t *testing.T) {
	law, err := ic.TaylorGreen{Amplitude: 3}.On(eddy.PeriodicGrid(1, 16, 16, 16))
	if err != nil {
		t.Fatal(err)
	}
	u := drawn(t, law, 1, 3*4096)
	for a, want := range []float64{9. / 8, 9. / 8, 0} {
		if got := meanOf(u[a*4096:(a+1)*4096], square); math.Abs(got-want) > 1e-12 {
			t.Errorf("component %d has mean square %g, expected %g", a, got, want)
		}
	}
}

func TestNewLawsRefuseWhatTheyCannotDraw(t *testing.T) {
	line, square := eddy.PeriodicGrid(1, 12), eddy.PeriodicGrid(1, 32, 32)
	wall := eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 8, Length: 1}}}
	for name, f := range map[string]func() error{
		"pdebench in 2-D":       func() error { _, err := ic.PDEBench{}.On(square); return err },
		"pdebench on 12 points": func() error { _, err := ic.PDEBench{}.On(line); return err },
		"fourier, cutoff 6":     func() error { _, err := ic.Fourier{Cutoff: 6}.On(line); return err },
		"fourier, cutoff 0":     func() error { _, err := ic.Fourier{}.On(square); return err },
		"fourier between walls": func() error { _, err := ic.Fourier{Cutoff: 2}.On(wall); return err },
		"solenoidal in 2-D":     func() error { _, err := ic.Solenoidal{Peak: 1}.On(square); return err },
		"solenoidal, peak 0":    func() error { _, err := ic.Solenoidal{}.On(eddy.PeriodicGrid(1, 8, 8, 8)); return err },
		"vortex in 2-D":         func() error { _, err := ic.TaylorGreen{}.On(square); return err },
		"cosines, periodic":     func() error { _, err := ic.InsulatedMatern(line, eddy.Node, 1, 1, 2); return err },
		"cosines, γ = 0":        func() error { _, err := ic.InsulatedMatern(wall, eddy.Node, 1, 1, 0); return err },
		"noise of wrong shape":  func() error { _, err := ic.WhiteNoise(wall, []int{4, 4}); return err },
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFilteredVorticityHasItsLargestSpeed(t *testing.T) {
	const n, length = 32, 3.0
	law, err := ic.FilteredVorticity{Peak: 3, LargestSpeed: 7}.On(eddy.PeriodicGrid(length, n, n))
	if err != nil {
		t.Fatal(err)
	}
	w := drawn(t, law, 5, n*n)
	// The velocity by its stream function: −Δψ = ω, u = ψ_y, v = −ψ_x.
	p := dft.NewReal(n, n)
	c, half := dft.NewPlanes(p.Coefficients()), n/2+1
	p.Forward(c, w)
	largest := 0.0
	for component := range 2 {
		d := dft.NewPlanes(c.Len())
		for i := range c.Len() {
			kx, ky := 2*math.Pi/length*float64(dft.Frequency(i/half, n)), 2*math.Pi/length*float64(i%half)
			if kx == 0 && ky == 0 {
				continue
			}
			d.Set(i, c.At(i)/complex(kx*kx+ky*ky, 0)*complex(0, []float64{ky, -kx}[component]))
		}
		u := make([]float64, n*n)
		p.Inverse(u, d)
		largest = max(largest, slices.Max(u), -slices.Min(u))
	}
	if math.Abs(largest-7) > 1e-12 {
		t.Errorf("largest component of the velocity %g, expected 7", largest)
	}
	if _, err := (ic.FilteredVorticity{Peak: 3, LargestSpeed: -1}).On(eddy.PeriodicGrid(1, 8, 8)); err == nil {
		t.Error("a negative speed passed")
	}
}
