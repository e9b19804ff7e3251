package evidence

import (
	"math"
	"math/rand/v2"
	"testing"
)

func sample(rng *rand.Rand, sizes []int, truth *Prior) *Data {
	d := &Data{Noise: -1}
	n := 1
	for range sizes {
		d.Unit = append(d.Unit, 0.5)
	}
	for _, s := range sizes {
		w := make([]float64, s)
		for k := range w {
			w[k] = 0.5 * float64(k+1)
		}
		d.Frequency = append(d.Frequency, w)
		n *= s
	}
	d.F, d.Mu = make([]float64, n), make([]float64, n)
	for i := range d.Mu {
		d.Mu[i] = -1 - 0.01*float64(i%97)
	}
	s := make([]float64, n)
	truth.Variance(s, d)
	for i := range d.F {
		d.F[i] = math.Sqrt(s[i]*d.Mu[i]*d.Mu[i]+truth.Noise) * rng.NormFloat64()
	}
	return d
}

// The analytic gradient against central differences, whose error at this step is below the tolerance.
func TestGradientMatchesCentralDifferences(t *testing.T) {
	const h, tol = 1e-6, 1e-5
	rng := rand.New(rand.NewPCG(1, 1))
	for _, sizes := range [][]int{{40}, {12, 15}, {6, 7, 8}} {
		dim := len(sizes)
		truth := &Prior{Noise: 0.1}
		for _, s := range []Shape{Gaussian, StudentT} {
			c := Component{Weight: 3, Shape: s}
			for a := range dim {
				c.Frequency, c.Width = append(c.Frequency, 1.3+0.4*float64(a)), append(c.Width, 0.8)
			}
			truth.Components = append(truth.Components, c)
		}
		d := sample(rng, sizes, truth)
		m := &model{d: d, shapes: []Shape{Gaussian, StudentT}, dim: dim, learn: true}
		x := make([]float64, m.size())
		for i := range x {
			x[i] = 0.3 + 0.5*rng.NormFloat64()
		}
		g, scratch := make([]float64, len(x)), make([]float64, len(x))
		m.value(x, g)
		for i := range x {
			y := append([]float64(nil), x...)
			y[i] += h
			up := m.value(y, scratch)
			y[i] -= 2 * h
			if got := (up - m.value(y, scratch)) / (2 * h); math.Abs(got-g[i]) > tol*(1+math.Abs(g[i]))+1e-9*math.Abs(up)/h*1e-1 {
				t.Errorf("%d axes, parameter %d: gradient %g, central difference %g", dim, i, g[i], got)
			}
		}
	}
}

func TestFitRecoversASpectrumAndItsNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	truth := &Prior{Noise: 0.01, Components: []Component{{Weight: 1, Frequency: []float64{10, 15}, Width: []float64{1, 2}}}}
	d := sample(rng, []int{60, 60}, truth)
	p := Fit(d, 5, 200)
	if math.Abs(p.Noise/truth.Noise-1) > 0.1 { // 3600 coefficients, most of them noise: 2.4 % standard error
		t.Errorf("noise variance %g, want %g", p.Noise, truth.Noise)
	}
	want, got := make([]float64, len(d.F)), make([]float64, len(d.F))
	truth.Variance(want, d)
	p.Variance(got, d)
	num, den := 0.0, 0.0
	for i := range got {
		num += (got[i] - want[i]) * (got[i] - want[i])
		den += want[i] * want[i]
	}
	if e := math.Sqrt(num / den); e > 0.35 { // about 100 squared normals make the line: a tenth each way in weight and widths
		t.Errorf("spectrum differs by %.2f, start %q", e, p.Start)
	}
}

func TestPureNoisePrunesEverything(t *testing.T) {
	d := sample(rand.New(rand.NewPCG(3, 3)), []int{40, 40}, &Prior{Noise: 2})
	p := Fit(d, 5, 100)
	for _, c := range p.Components {
		s := c.Weight
		if !c.Pruned && s > 1 {
			t.Errorf("component %+v of noise was kept", c)
		}
	}
}
