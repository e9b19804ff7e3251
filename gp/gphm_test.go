package gp

import (
	"math"
	"math/rand/v2"
	"testing"
)

// smallHM is a ready-made problem on the unit box with few points and three components a kernel (the default kernel where kind is empty). Its forcing is scaled and its
// length scales are set so that no term of the loss drowns the others.
func smallHM(t *testing.T, file string, points []int, kind string, forcing, logL float64) *hm {
	t.Helper()
	p, o := readProblem(t, "problems/"+file+".toml")
	p.Points = points
	for i := range p.Domain {
		p.Domain[i] = Interval{0, 1}
	}
	if o = o.withDefaults(); kind != "" {
		o.Kernel = kind
	}
	o.Components, o.FreqScale = 3, 2
	m, err := newHM(p, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.f {
		m.f[i] *= forcing
	}
	for _, a := range m.axes {
		for q := range a.mix.LogL {
			a.mix.LogL[q] = logL
		}
	}
	return m
}

// The gradient of the published loss against central differences, in one and two dimensions.
func TestHMGradientMatchesCentralDifferences(t *testing.T) {
	const h, tol = 1e-5, 2e-4
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		file   string
		points []int
	}{{"ac1", []int{9}}, {"u7", []int{8, 9}}} {
		for _, kind := range []string{"gm", "stm"} {
			m := smallHM(t, c.file, c.points, kind, 1e-4, 2.5)
			x := m.pack()
			u := make([]float64, len(m.f))
			for i := range u {
				u[i] = rng.NormFloat64()
			}
			at := func(x, u []float64) float64 {
				if err := m.unpack(x); err != nil {
					t.Fatal(err)
				}
				v, _, err := m.density(u)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			at(x, u)
			_, g, _ := m.density(u)
			flat, gu := g.flat(), g.u
			for i := range x {
				old := x[i]
				x[i] = old + h
				up := at(x, u)
				x[i] = old - h
				want := (up - at(x, u)) / (2 * h)
				x[i] = old
				if math.Abs(flat[i]-want) > tol*(1+math.Abs(want)) {
					t.Errorf("%s %s parameter %d: %g, central difference %g", c.file, kind, i, flat[i], want)
				}
			}
			for i := range u {
				old := u[i]
				u[i] = old + h
				up := at(x, u)
				u[i] = old - h
				want := (up - at(x, u)) / (2 * h)
				u[i] = old
				if math.Abs(gu[i]-want) > tol*(1+math.Abs(want)) {
					t.Errorf("%s %s value %d: %g, central difference %g", c.file, kind, i, gu[i], want)
				}
			}
		}
	}
}

func TestHMProfiledSolvesASmallProblem(t *testing.T) {
	p, o := readProblem(t, "problems/u1.toml")
	f, _ := ParseField("-400*sin(20*x)", 1)
	u, _ := ParseField("sin(20*x)", 1)
	p.Forcing, p.Exact, p.Points = f, u, []int{80}
	for i := range p.Boundary {
		p.Boundary[i].Value = u
	}
	o.Solver, o.FreqScale, o.Components, o.Iterations = GPHM, 6, 10, 60
	q, e := relL2(t, p, o)
	t.Logf("error %.2e in %d evaluations, estimate %.2e", e, q.Iterations, q.ErrorEstimate)
	if e > 2e-2 {
		t.Errorf("relative error %.1e, expected at most 2e-2", e)
	}
}

// The gradient of the profiled density, with its adjoint solve and its determinant, against central differences.
func TestHMProfiledGradientMatchesCentralDifferences(t *testing.T) {
	const h, tol = 1e-5, 1e-3
	for _, c := range []struct {
		file   string
		points []int
	}{{"u1", []int{12}}, {"ac1", []int{12}}, {"u7", []int{8, 9}}} {
		m := smallHM(t, c.file, c.points, "", 1e-3, 3)
		x := m.pack()
		at := func() (float64, []float64) {
			if err := m.unpack(x); err != nil {
				t.Fatal(err)
			}
			_, v, g, err := m.profile(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return v, g.flat()
		}
		_, flat := at()
		for i := range x[:len(x)-2] {
			old := x[i]
			x[i] = old + h
			up, _ := at()
			x[i] = old - h
			down, _ := at()
			x[i] = old
			if want := (up - down) / (2 * h); math.Abs(flat[i]-want) > tol*(1+math.Abs(want)) {
				t.Errorf("%s parameter %d: %g, central difference %g", c.file, i, flat[i], want)
			}
		}
	}
}
