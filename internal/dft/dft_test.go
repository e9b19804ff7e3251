package dft

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mjibson/go-dsp/fft"
	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/eddy-pde/eddy"
)

const eps = 2.220446049250313e-16

// tolerance is for the largest error relative to the largest coefficient sum: a transform of n points adds up about log n rounded terms, and the oracles
// (Bluestein's convolution among them) are no better.
func tolerance(n int) float64 { return 64 * eps * math.Log2(float64(n)+2) }

// lengths are all up to 200 and a few long ones with large primes and all radices.
func lengths() []int {
	var l []int
	for n := 1; n <= 200; n++ {
		l = append(l, n)
	}
	return append(l, 211, 243, 256, 360, 400, 512, 625, 1000, 1021, 1024, 2048, 3*257, 4096)
}

func randomPlanes(rng *rand.Rand, n int) Planes {
	p := NewPlanes(n)
	for i := range n {
		p.Set(i, complex(rng.NormFloat64(), rng.NormFloat64()))
	}
	return p
}

func randomReal(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

func complexes(p Planes) []complex128 {
	c := make([]complex128, p.Len())
	for i := range c {
		c[i] = p.At(i)
	}
	return c
}

// distance is the largest difference relative to the root of the sum of squares of want.
func distance(got, want []complex128) float64 {
	d, sum := 0.0, 0.0
	for i := range want {
		d = max(d, cmplx.Abs(got[i]-want[i]))
		sum += real(want[i])*real(want[i]) + imag(want[i])*imag(want[i])
	}
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d / math.Sqrt(sum)
}

func scaled(c []complex128, s float64) []complex128 {
	for i := range c {
		c[i] *= complex(s, 0)
	}
	return c
}

// eachPath runs f with the assembly, where the processor has it, and with the plain loops.
func eachPath(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Run("default", f)
	t.Run("without AVX-512", func(t *testing.T) {
		withoutWide(t)
		f(t)
	})
	t.Run("plain", func(t *testing.T) {
		withoutVectors(t)
		f(t)
	})
}

func TestComplexAgreesWithGoDSPAndGonum(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, n := range lengths() {
			rng := rand.New(rand.NewPCG(1, uint64(n)))
			x := randomPlanes(rng, n)
			p := NewComplex(n)
			got := NewPlanes(n)
			p.Forward(got, x)
			// go-dsp fails on a single point.
			if n > 1 {
				if d := distance(complexes(got), scaled(fft.FFT(complexes(x)), 1/float64(n))); d > tolerance(n) {
					t.Errorf("n = %d: relative distance to go-dsp %.2g, allowed %.2g", n, d, tolerance(n))
				}
			}
			want := scaled(fourier.NewCmplxFFT(n).Coefficients(nil, complexes(x)), 1/float64(n))
			if d := distance(complexes(got), want); d > tolerance(n) {
				t.Errorf("n = %d: relative distance to gonum %.2g, allowed %.2g", n, d, tolerance(n))
			}
			back := NewPlanes(n)
			p.Inverse(back, got)
			if d := distance(complexes(back), complexes(x)); d > tolerance(n) {
				t.Errorf("n = %d: inverse after forward is off by %.2g", n, d)
			}
			p.Forward(x, x)
			if !slices.Equal(complexes(x), complexes(got)) {
				t.Errorf("n = %d: a transform in place differs from one between two arrays", n)
			}
		}
	})
}

func TestRealAgreesWithGonumAndParseval(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, n := range lengths() {
			rng := rand.New(rand.NewPCG(2, uint64(n)))
			x := randomReal(rng, n)
			p := NewReal(n)
			got := NewPlanes(p.Coefficients())
			p.Forward(got, x)
			if n != 1021 { // where gonum, which is O(n²) for large primes, loses a digit
				want := scaled(fourier.NewFFT(n).Coefficients(nil, x), 1/float64(n))
				if d := distance(complexes(got), want); d > tolerance(n) {
					t.Errorf("n = %d: relative distance to gonum %.2g, allowed %.2g", n, d, tolerance(n))
				}
			}
			if n > 1 {
				if d := distance(complexes(got), scaled(fft.FFTReal(x)[:n/2+1], 1/float64(n))); d > tolerance(n) {
					t.Errorf("n = %d: relative distance to go-dsp %.2g, allowed %.2g", n, d, tolerance(n))
				}
			}
			power, square := 0.0, 0.0
			for k := range got.Len() {
				w := 2.0
				if k == 0 || 2*k == n {
					w = 1
				}
				power += w * (got.Re[k]*got.Re[k] + got.Im[k]*got.Im[k])
			}
			for _, v := range x {
				square += v * v / float64(n)
			}
			if math.Abs(power-square) > tolerance(n)*square {
				t.Errorf("n = %d: power %v, mean square %v", n, power, square)
			}
			back := make([]float64, n)
			p.Inverse(back, got)
			for j := range back {
				if math.Abs(back[j]-x[j]) > 8*tolerance(n) {
					t.Fatalf("n = %d: inverse after forward gives %v at %d, started from %v", n, back[j], j, x[j])
				}
			}
		}
	})
}

// shapes have two and three axes; even and odd, primes, and long enough for every path.
var shapes = [][]int{
	{1, 1},
	{2, 3},
	{4, 4},
	{5, 7},
	{8, 6},
	{16, 16},
	{17, 12},
	{30, 21},
	{64, 64},
	{48, 100},
	{13, 64},
	{2, 2, 2},
	{3, 4, 5},
	{8, 8, 8},
	{7, 6, 10},
	{16, 12, 32},
	{5, 1, 9},
}

func TestTransformsOfSeveralAxesAgreeWithGoDSP(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, shape := range shapes {
			n := eddy.Size(shape)
			rng := rand.New(rand.NewPCG(3, uint64(n)))
			x := randomPlanes(rng, n)
			p := NewComplex(shape...)
			got := NewPlanes(n)
			p.Forward(got, x)
			if d := distance(complexes(got), oracle(complexes(x), shape)); d > tolerance(n) {
				t.Errorf("complex %v: relative distance %.2g, allowed %.2g", shape, d, tolerance(n))
			}
			p.Inverse(got, got)
			if d := distance(complexes(got), complexes(x)); d > tolerance(n) {
				t.Errorf("complex %v: inverse after forward is off by %.2g", shape, d)
			}

			clear(x.Im)
			r := NewReal(shape...)
			half := NewPlanes(r.Coefficients())
			r.Forward(half, x.Re)
			all, last := oracle(complexes(x), shape), shape[len(shape)-1]
			var want []complex128
			for i := 0; i < n; i += last {
				want = append(want, all[i:i+last/2+1]...)
			}
			if d := distance(complexes(half), want); d > tolerance(n) {
				t.Errorf("real %v: relative distance %.2g, allowed %.2g", shape, d, tolerance(n))
			}
			kept := complexes(half)
			back := make([]float64, n)
			r.Inverse(back, half)
			if !slices.Equal(kept, complexes(half)) {
				t.Errorf("real %v: Inverse changed its source", shape)
			}
			for j := range back {
				if math.Abs(back[j]-x.Re[j]) > 8*tolerance(n) {
					t.Fatalf("real %v: inverse after forward gives %v at %d, started from %v", shape, back[j], j, x.Re[j])
				}
			}
		}
	})
}

// oracle is the transform of every axis by go-dsp, divided by the number of points.
func oracle(x []complex128, shape []int) []complex128 {
	y := slices.Clone(x)
	stride := 1
	for a := len(shape) - 1; a >= 0; a-- {
		n := shape[a]
		line := make([]complex128, n)
		for i := range len(y) / n {
			o := i/stride*stride*n + i%stride
			for j := range line {
				line[j] = y[o+j*stride]
			}
			if n > 1 {
				line = fft.FFT(line)
			}
			for j := range line {
				y[o+j*stride] = line[j]
			}
		}
		stride *= n
	}
	return scaled(y, 1/float64(len(y)))
}

func TestPairIsTheTruncatedTransformOfTwoFields(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, c := range []struct{ nx, ny, kx, ky int }{{8, 8, 2, 2}, {8, 8, 3, 3}, {12, 10, 3, 2}, {64, 64, 21, 21}, {48, 36, 15, 11}, {7, 9, 3, 4}, {5, 16, 0, 5}, {16, 5, 5, 0}} {
			rng := rand.New(rand.NewPCG(4, uint64(c.nx*c.ny)))
			p := NewPair(c.nx, c.ny, c.kx, c.ky)
			u, v := randomReal(rng, c.nx*c.ny), randomReal(rng, c.nx*c.ny)
			a, b := NewPlanes(p.Modes()), NewPlanes(p.Modes())
			p.Forward(a, b, u, v)
			for name, f := range map[string]struct {
				field []float64
				coeff Planes
			}{"first": {u, a}, "second": {v, b}} {
				z := make([]complex128, len(f.field))
				for i, x := range f.field {
					z[i] = complex(x, 0)
				}
				all := oracle(z, []int{c.nx, c.ny})
				want := make([]complex128, p.Modes())
				for i := range want {
					kx, ky := p.Mode(i)
					want[i] = all[(kx+c.nx)%c.nx*c.ny+(ky+c.ny)%c.ny]
				}
				if d := distance(complexes(f.coeff), want); d > tolerance(len(z)) {
					t.Errorf("%+v: %s field: coefficients are off by %.2g", c, name, d)
				}
			}
			// Back on the grid the fields are band-limited, so that another round trip changes nothing.
			p.Inverse(u, v, a, b)
			a2, b2 := NewPlanes(p.Modes()), NewPlanes(p.Modes())
			p.Forward(a2, b2, u, v)
			if d := max(distance(complexes(a2), complexes(a)), distance(complexes(b2), complexes(b))); d > tolerance(c.nx*c.ny) {
				t.Errorf("%+v: forward after inverse is off by %.2g", c, d)
			}
			// And they are the fields with these coefficients.
			for _, j := range []int{0, 1, c.ny, len(u) - 1} {
				x, y := j/c.ny, j%c.ny
				sum := 0.0
				for i := range p.Modes() {
					kx, ky := p.Mode(i)
					w := 2.0
					if kx == 0 {
						w = 1
					}
					phase := 2 * math.Pi * (float64(kx*x)/float64(c.nx) + float64(ky*y)/float64(c.ny))
					sum += w * real(a.At(i)*cmplx.Rect(1, phase))
				}
				if math.Abs(sum-u[j]) > 4*tolerance(len(u)) {
					t.Errorf("%+v: field at point %d is %v, its Fourier sum %v", c, j, u[j], sum)
				}
			}
		}
	})
}

func TestClonesGiveTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	x := randomReal(rng, 24*32)
	p := NewReal(24, 32)
	want, got := NewPlanes(p.Coefficients()), NewPlanes(p.Coefficients())
	p.Forward(want, x)
	p.Clone().Forward(got, x)
	if !slices.Equal(complexes(want), complexes(got)) {
		t.Error("a clone of Real differs from its origin")
	}
	z, a, b := randomPlanes(rng, 24*32), NewPlanes(24*32), NewPlanes(24*32)
	c := NewComplex(24, 32)
	c.Forward(a, z)
	c.Clone().Forward(b, z)
	if !slices.Equal(complexes(a), complexes(b)) {
		t.Error("a clone of Complex differs from its origin")
	}
}

func TestSpectrumOfASineIsOneShell(t *testing.T) {
	const n, amplitude, mean = 48, 3.0, 0.5
	field := make([]float64, n*n)
	for i := range n {
		for j := range n {
			field[i*n+j] = mean + amplitude*math.Sin(2*math.Pi*float64(3*i+4*j)/n) // |k| = 5
		}
	}
	s := NewSpectrum([]int{n, n}, []float64{2 * math.Pi, 2 * math.Pi})
	power := make([]float64, s.Shells())
	s.Power(power, field)
	for j, p := range power {
		want := map[int]float64{0: mean * mean, 5: amplitude * amplitude / 2}[j]
		if math.Abs(p-want) > 1e-13 {
			t.Errorf("shell %d holds %v, expected %v", j, p, want)
		}
	}
	if s.Wavenumber(5) != 5 || s.Complete() != 24 {
		t.Errorf("shell 5 has wavenumber %v, %d shells are complete; expected 5 and 24", s.Wavenumber(5), s.Complete())
	}
}

func TestSpectrumAddsUpToTheMeanSquare(t *testing.T) {
	for _, shape := range shapes {
		rng := rand.New(rand.NewPCG(6, uint64(eddy.Size(shape))))
		field := randomReal(rng, eddy.Size(shape))
		lengths := make([]float64, len(shape))
		for a := range lengths {
			lengths[a] = 1 + float64(a)
		}
		s := NewSpectrum(shape, lengths).Clone()
		power, cross := make([]float64, s.Shells()), make([]float64, s.Shells())
		s.Power(power, field)
		s.Cross(cross, field, field)
		sum, square, count := 0.0, 0.0, 0
		for j, p := range power {
			sum += p
			count += s.Count(j)
		}
		for _, v := range field {
			square += v * v / float64(len(field))
		}
		if math.Abs(sum-square) > 1e-12*square || count != len(field) || !slices.Equal(power, cross) {
			t.Errorf("%v: power %v, mean square %v, %d modes of %d, power is cross with itself: %v", shape, sum, square, count, len(field), slices.Equal(power, cross))
		}
	}
}

func TestFrequencyIsSigned(t *testing.T) {
	for n, want := range map[int][]int{1: {0}, 4: {0, 1, -2, -1}, 5: {0, 1, 2, -2, -1}} {
		for i, f := range want {
			if got := Frequency(i, n); got != f {
				t.Errorf("Frequency(%d, %d) = %d, expected %d", i, n, got, f)
			}
		}
	}
}

func TestWrongShapesAreShapeErrors(t *testing.T) {
	for name, f := range map[string]func(){
		"no axis":        func() { NewComplex() },
		"empty axis":     func() { NewReal(4, 0) },
		"short source":   func() { NewReal(8).Forward(NewPlanes(5), make([]float64, 7)) },
		"short result":   func() { NewComplex(8).Inverse(NewPlanes(7), NewPlanes(8)) },
		"too many modes": func() { NewPair(8, 8, 4, 2) },
		"pair": func() {
			NewPair(8, 8, 2, 2).Inverse(make([]float64, 64), make([]float64, 63), NewPlanes(15), NewPlanes(15))
		},
		"lengths": func() { NewSpectrum([]int{4, 4}, []float64{1}) },
		"power":   func() { NewSpectrum([]int{4}, []float64{1}).Power(nil, make([]float64, 4)) },
	} {
		func() {
			defer func() {
				if _, ok := recover().(*eddy.ShapeError); !ok {
					t.Errorf("%s: no *eddy.ShapeError", name)
				}
			}()
			f()
		}()
	}
}

func TestTransformsDoNotAllocate(t *testing.T) {
	u, v := make([]float64, 64*64), make([]float64, 64*64)
	p := NewPair(64, 64, 21, 21)
	a, b := NewPlanes(p.Modes()), NewPlanes(p.Modes())
	r := NewReal(256)
	z := NewPlanes(r.Coefficients())
	for name, f := range map[string]func(){
		"pair": func() { p.Forward(a, b, u, v); p.Inverse(u, v, a, b) },
		"real": func() { r.Forward(z, u[:256]); r.Inverse(u[:256], z) },
	} {
		if n := testing.AllocsPerRun(10, f); n != 0 {
			t.Errorf("%s: %v allocations a run", name, n)
		}
	}
}

func BenchmarkReal(b *testing.B) {
	for _, n := range []int{128, 256, 1024, 1000} {
		x := randomReal(rand.New(rand.NewPCG(1, 1)), n)
		b.Run(fmt.Sprintf("N=%d/eddy", n), func(b *testing.B) {
			p := NewReal(n)
			z := NewPlanes(p.Coefficients())
			b.SetBytes(int64(8 * n))
			b.ReportAllocs()
			for b.Loop() {
				p.Forward(z, x)
			}
		})
		b.Run(fmt.Sprintf("N=%d/gonum", n), func(b *testing.B) {
			p := fourier.NewFFT(n)
			z := make([]complex128, n/2+1)
			b.SetBytes(int64(8 * n))
			b.ReportAllocs()
			for b.Loop() {
				p.Coefficients(z, x)
			}
		})
	}
}

func BenchmarkComplex2D(b *testing.B) {
	for _, n := range []int{64, 128, 256} {
		rng := rand.New(rand.NewPCG(1, 1))
		b.Run(fmt.Sprintf("N=%d/eddy", n), func(b *testing.B) {
			p, x, z := NewComplex(n, n), randomPlanes(rng, n*n), NewPlanes(n*n)
			b.SetBytes(int64(16 * n * n))
			b.ReportAllocs()
			for b.Loop() {
				p.Forward(z, x)
			}
		})
		b.Run(fmt.Sprintf("N=%d/pair", n), func(b *testing.B) {
			p, u, v := NewPair(n, n, (n-1)/3, (n-1)/3), randomReal(rng, n*n), randomReal(rng, n*n)
			x, y := NewPlanes(p.Modes()), NewPlanes(p.Modes())
			b.SetBytes(int64(16 * n * n))
			b.ReportAllocs()
			for b.Loop() {
				p.Forward(x, y, u, v)
			}
		})
		b.Run(fmt.Sprintf("N=%d/gonum", n), func(b *testing.B) {
			p, x, line := fourier.NewCmplxFFT(n), complexes(randomPlanes(rng, n*n)), make([]complex128, n)
			b.SetBytes(int64(16 * n * n))
			b.ReportAllocs()
			for b.Loop() {
				for i := range n {
					p.Coefficients(x[i*n:(i+1)*n], x[i*n:(i+1)*n])
				}
				for j := range n {
					for i := range n {
						line[i] = x[i*n+j]
					}
					p.Coefficients(line, line)
					for i := range n {
						x[i*n+j] = line[i] / complex(float64(n*n), 0)
					}
				}
			}
		})
	}
}
