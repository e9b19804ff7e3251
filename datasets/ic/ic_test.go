package ic_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
	"github.com/eddy-pde/eddy/internal/dft"
)

var (
	_ datasets.Initial = (*ic.Gaussian)(nil)
	_ datasets.Initial = (*ic.SinesField)(nil)
)

func stream(i int) *rand.Rand { return rand.New(rand.NewPCG(7, uint64(i))) }

func draw(t *testing.T, law datasets.Initial, rng *rand.Rand, n int) []float64 {
	t.Helper()
	u := make([]float64, n)
	if err := law.Draw(rng, u); err != nil {
		t.Fatal(err)
	}
	return u
}

func field(t *testing.T, law interface {
	On(grid eddy.Grid) (*ic.Gaussian, error)
}, grid eddy.Grid,
) *ic.Gaussian {
	t.Helper()
	g, err := law.On(grid)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func coefficients(u []float64, shape ...int) dft.Planes {
	p := dft.NewReal(shape...)
	c := dft.NewPlanes(p.Coefficients())
	p.Forward(c, u)
	return c
}

var (
	burgers = ic.Matern{Sigma: 25, Tau: 5, Gamma: 2, ZeroMean: true}
	fno     = ic.Matern{Sigma: math.Pow(7, 0.75), Tau: 7, Gamma: 2.5, ZeroMean: true}
)

func TestMaternVarianceIsTheLawsSum(t *testing.T) {
	// On the unit interval Σ_{k≠0} 625 (4π²k² + 25)^−2 over all k has a closed form: with a = τ/2π,
	// Σ_{k∈Z} (k²+a²)^−2 = π coth(πa)/(2a³) + π²/(2a² sinh²(πa)).
	a := 5 / (2 * math.Pi)
	sum := math.Pi/(2*a*a*a)/math.Tanh(math.Pi*a) + math.Pi*math.Pi/(2*a*a*math.Pow(math.Sinh(math.Pi*a), 2))
	want := 625 / math.Pow(2*math.Pi, 4) * (sum - math.Pow(a, -4))
	got := field(t, burgers, eddy.PeriodicGrid(1, 8192)).Variance()
	if math.Abs(got-want) > 1e-9*want { // 4095 modes of k^−4
		t.Errorf("variance %v, closed form %v", got, want)
	}
}

func TestMaternSpectrumFollowsTheLaw(t *testing.T) {
	const n, draws = 16, 4000
	law := field(t, fno, eddy.PeriodicGrid(1, n, n))
	p := dft.NewReal(n, n)
	mean := make([]float64, p.Coefficients())
	square := 0.0
	for i := range draws {
		u := draw(t, law, stream(i), n*n)
		c := coefficients(u, n, n)
		for k := range mean {
			mean[k] += (c.Re[k]*c.Re[k] + c.Im[k]*c.Im[k]) / draws
		}
		square += u[5] * u[5] / draws
	}
	const h = n/2 + 1
	for k, got := range mean {
		kx, ky := dft.Frequency(k/h, n), k%h
		want := 0.0
		if (kx != 0 || ky != 0) && kx > -n/2 && ky < n/2 {
			want = math.Pow(7, 1.5) * math.Pow(4*math.Pi*math.Pi*float64(kx*kx+ky*ky)+49, -2.5)
		}
		// |c|² is exponential: its mean over draws has a relative deviation of 1/√draws = 1.6 %. Five of them for the worst of 144.
		if math.Abs(got-want) > 5/math.Sqrt(draws)*want+1e-30 {
			t.Errorf("k = (%d, %d): E|c|² = %.4g, law %.4g", kx, ky, got, want)
		}
	}
	if want := law.Variance(); math.Abs(square-want) > 5*math.Sqrt(2.0/draws)*want {
		t.Errorf("variance at a point %v, law %v", square, want)
	}
}

func TestMaternScalesWithTheBox(t *testing.T) {
	// κ² + τ² shrinks by 4 when the box and the correlation length double; λ/|D| follows.
	small := field(t, ic.Matern{Sigma: 1, Tau: 6, Gamma: 2}, eddy.PeriodicGrid(1, 32, 32))
	large := field(t, ic.Matern{Sigma: 1, Tau: 3, Gamma: 2}, eddy.PeriodicGrid(2, 32, 32))
	if r := large.Variance() / small.Variance(); math.Abs(r-4) > 1e-12 {
		t.Errorf("ratio of variances %v, expected 4² / 2² = 4", r)
	}
}

func TestDrawsAgreeOnAllGrids(t *testing.T) {
	for name, law := range map[string]interface {
		On(grid eddy.Grid) (*ic.Gaussian, error)
	}{"matern": fno, "vorticity": ic.Vorticity{Peak: 4, Speed: 2}} {
		const low, high = 16, 40
		a := coefficients(draw(t, field(t, law, eddy.PeriodicGrid(1, low, low)), stream(3), low*low), low, low)
		b := coefficients(draw(t, field(t, law, eddy.PeriodicGrid(1, high, high)), stream(3), high*high), high, high)
		for kx := -low/2 + 1; kx < low/2; kx++ {
			for ky := range low / 2 {
				i, j := (kx+low)%low*(low/2+1)+ky, (kx+high)%high*(high/2+1)+ky
				if d := math.Hypot(a.Re[i]-b.Re[j], a.Im[i]-b.Im[j]); d > 1e-14 {
					t.Errorf("%s: coefficient (%d, %d) differs by %g between %d² and %d² points", name, kx, ky, d, low, high)
				}
			}
		}
	}
}

func TestLimitLeavesOutHighFrequenciesOnly(t *testing.T) {
	all := draw(t, field(t, fno, eddy.PeriodicGrid(1, 24, 32)), stream(1), 24*32)
	limited := fno
	limited.Limit = []int{5, 7}
	cut := draw(t, field(t, limited, eddy.PeriodicGrid(1, 24, 32)), stream(1), 24*32)
	a, b := coefficients(all, 24, 32), coefficients(cut, 24, 32)
	for i := range a.Len() {
		kx, ky := dft.Frequency(i/17, 24), i%17
		want := a.At(i)
		if kx > 5 || kx < -5 || ky > 7 {
			want = 0
		}
		if d := b.At(i) - want; math.Hypot(real(d), imag(d)) > 1e-15 {
			t.Errorf("coefficient (%d, %d) is %v, expected %v", kx, ky, b.At(i), want)
		}
	}
}

func TestZeroMeanMeansZeroMean(t *testing.T) {
	u := draw(t, field(t, burgers, eddy.PeriodicGrid(1, 101)), stream(0), 101)
	sum := 0.0
	for _, v := range u {
		sum += v
	}
	if math.Abs(sum) > 1e-12 {
		t.Errorf("mean %g of a field with zero mean", sum/101)
	}
	with := burgers
	with.ZeroMean = false
	if c := coefficients(draw(t, field(t, with, eddy.PeriodicGrid(1, 101)), stream(0), 101), 101); math.Abs(c.Re[0]) < 1e-6 {
		t.Errorf("mean %g of a field whose law has one", c.Re[0])
	}
}

func TestVorticityHasItsSpeedAndPeak(t *testing.T) {
	const n, draws, speed, peak = 64, 300, 2.5, 4
	for _, length := range []float64{1, 2 * math.Pi} {
		law := field(t, ic.Vorticity{Peak: peak, Speed: speed}, eddy.PeriodicGrid(length, n, n))
		energy := make([]float64, n)
		total := 0.0
		for i := range draws {
			c := coefficients(draw(t, law, stream(i), n*n), n, n)
			for j := range c.Len() {
				kx, ky := float64(dft.Frequency(j/(n/2+1), n)), float64(j%(n/2+1))
				k := math.Hypot(kx, ky)
				w := 2.0
				if ky == 0 {
					w = 1
				}
				if k > 0 {
					e := w * (c.Re[j]*c.Re[j] + c.Im[j]*c.Im[j]) / (k * k * 4 * math.Pi * math.Pi / (length * length)) / draws
					energy[int(k+0.5)] += e
					total += e
				}
			}
		}
		if got := math.Sqrt(total); math.Abs(got-speed) > 0.02*speed {
			t.Errorf("length %g: root mean square speed %v, expected %v", length, got, speed)
		}
		// The shell spectrum is k S(k)²: S peaks near 4 before the division by k.
		best := 0
		for k, e := range energy {
			if e > energy[best] {
				best = k
			}
		}
		if best < 2 || best > peak {
			t.Errorf("length %g: the energy spectrum peaks at %d", length, best)
		}
	}
}

func TestSinesHaveTheirVarianceAndFrequencies(t *testing.T) {
	const n, draws = 64, 6000
	law, err := ic.Sines{Waves: 10, Amplitude: 0.5, Lowest: 1, Highest: 2}.On(eddy.PeriodicGrid(64, n))
	if err != nil {
		t.Fatal(err)
	}
	square := 0.0
	for i := range draws {
		u := draw(t, law, stream(i), n)
		square += u[7] * u[7] / draws
		if i == 0 {
			c := coefficients(u, n)
			for k := range c.Len() {
				if p := math.Hypot(c.Re[k], c.Im[k]); (k == 1 || k == 2) != (p > 1e-12) {
					t.Errorf("|c| = %g at frequency %d", p, k)
				}
			}
		}
	}
	if want := 10 * 0.25 / 6; math.Abs(square-want) > 5*math.Sqrt(2.0/draws)*want {
		t.Errorf("variance %v, expected %v", square, want)
	}
	fine, err := ic.Sines{Waves: 10, Amplitude: 0.5, Lowest: 1, Highest: 2}.On(eddy.PeriodicGrid(64, 4*n))
	if err != nil {
		t.Fatal(err)
	}
	a, b := draw(t, law, stream(5), n), draw(t, fine, stream(5), 4*n)
	for j := range a {
		if math.Abs(a[j]-b[4*j]) > 1e-14 {
			t.Fatalf("point %d is %v on %d points and %v on %d", j, a[j], n, b[4*j], 4*n)
		}
	}
}

func TestDrawsRunSideBySide(t *testing.T) {
	law := field(t, fno, eddy.PeriodicGrid(1, 32, 32))
	want := draw(t, law, stream(1), 1024)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			u := make([]float64, 1024)
			for range 20 {
				if err := law.Draw(stream(1), u); err != nil || !slices.Equal(u, want) {
					t.Errorf("a draw beside others differs (error %v)", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestLawsRefuseWhatTheyCannotDraw(t *testing.T) {
	line, square := eddy.PeriodicGrid(1, 16), eddy.PeriodicGrid(1, 16, 16)
	wall := eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 8, Length: 1}}}
	matern := func(m ic.Matern, g eddy.Grid) error { _, err := m.On(g); return err }
	vorticity := func(v ic.Vorticity, g eddy.Grid) error { _, err := v.On(g); return err }
	sines := func(s ic.Sines, g eddy.Grid) error { _, err := s.On(g); return err }
	for want, err := range map[string]error{
		"γ = 0":                    matern(ic.Matern{Sigma: 1, Tau: 1}, line),
		"τ = 0":                    matern(ic.Matern{Sigma: 1, Gamma: 1}, line),
		"periodic: false":          matern(burgers, wall),
		"no axes":                  matern(burgers, eddy.Grid{}),
		"2 limits":                 matern(ic.Matern{Sigma: 1, Tau: 1, Gamma: 1, Limit: []int{1, 2}}, line),
		"variance is +Inf":         matern(ic.Matern{Sigma: math.MaxFloat64, Tau: 1, Gamma: 1}, line),
		"peak 0":                   vorticity(ic.Vorticity{Speed: 1}, square),
		"two axes of equal length": vorticity(ic.Vorticity{Peak: 1, Speed: 1}, line),
		"lowest ≤ highest":         sines(ic.Sines{Waves: 1, Lowest: 2, Highest: 1}, line),
		"one periodic axis":        sines(ic.Sines{Waves: 1, Lowest: 1, Highest: 1}, square),
		"8 waves per length":       sines(ic.Sines{Waves: 1, Lowest: 1, Highest: 8}, line),
		"state has shape [3]":      field(t, fno, square).Draw(stream(0), make([]float64, 3)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected one that says %q", err, want)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	law, err := fno.On(eddy.PeriodicGrid(1, 128, 128))
	if err != nil {
		b.Fatal(err)
	}
	u, rng := make([]float64, 128*128), stream(0)
	b.ReportAllocs()
	for b.Loop() {
		if err := law.Draw(rng, u); err != nil {
			b.Fatal(err)
		}
	}
}
