package gp

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// helmholtz is u” + k² u = f on [0, 1] with u = sin 25x e^x, noisy values of f made with the true wavenumber 7.3, and sensors of u.
func helmholtz(seed uint64, sensors int) func(k float64) *Problem {
	exact := FieldFunc(func(x []float64) float64 { return math.Sin(25*x[0]) * math.Exp(x[0]) })
	const truth = 7.3
	rng := rand.New(rand.NewPCG(seed, 5))
	n := 200
	d := &Data{Grid: [][]float64{nil}, Values: make([]float64, n)}
	for k := range n {
		x := float64(k+1) / float64(n+1)
		d.Grid[0] = append(d.Grid[0], x)
		d.Values[k] = math.Exp(x)*(50*math.Cos(25*x)-624*math.Sin(25*x)) + truth*truth*math.Sin(25*x)*math.Exp(x) + 5*rng.NormFloat64()
	}
	var s []Sensor
	for range sensors {
		x := rng.Float64()
		s = append(s, Sensor{[]float64{x}, exact([]float64{x}) + 0.01*rng.NormFloat64(), 0.01})
	}
	return func(k float64) *Problem {
		return &Problem{
			Domain: []Interval{{0, 1}}, Points: []int{n}, Terms: []Term{{0, 2, Constant(1)}, {0, 0, Constant(k * k)}},
			Data: d, Noise: 5, Sensors: s, Exact: exact,
			Boundary: []Boundary{{0, Lo, Dirichlet, exact}, {0, Hi, Dirichlet, exact}},
		}
	}
}

func TestUnknownWavenumberIsFoundFromSensors(t *testing.T) {
	with := helmholtz(1, 12)
	f, err := FitCoefficient(context.Background(), with, 6.5, 8.5, 11, Options{Starts: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("k = %.4f ± %.4f", f.Value, f.Std)
	if math.Abs(f.Value-7.3) > 4*f.Std+1e-3 || math.Abs(f.Value-7.3) > 0.1 {
		t.Errorf("wavenumber %.4f ± %.4f, want 7.3", f.Value, f.Std)
	}
	if _, err := FitCoefficient(context.Background(), helmholtz(1, 0), 4, 9, 26, Options{}); err == nil {
		t.Error("a wavenumber was found without sensors")
	}
}

// Sensors far below the Nyquist rate: the forcing is known only roughly, eight values of u for eight waves correct what it misses.
func TestSensorsReduceErrorAndStd(t *testing.T) {
	ctx := context.Background()
	with := helmholtz(2, 8)
	p := with(7.3)
	p.Noise = 60
	rng := rand.New(rand.NewPCG(9, 9))
	d := *p.Data
	d.Values = append([]float64(nil), d.Values...)
	for i := range d.Values {
		d.Values[i] += 60 * rng.NormFloat64()
	}
	p.Data = &d
	sensed, err := Solve(ctx, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	blind := *p
	blind.Sensors = nil
	plain, err := Solve(ctx, &blind, Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := sensed.RelL2(p.Exact, p.ReportGrid())
	b, _ := plain.RelL2(p.Exact, p.ReportGrid())
	t.Logf("error %.3f with sensors, %.3f without; estimates %.3f, %.3f", a, b, sensed.ErrorEstimate, plain.ErrorEstimate)
	if a >= b || sensed.ErrorEstimate >= plain.ErrorEstimate {
		t.Errorf("sensors did not help: error %.3f of %.3f, estimate %.3f of %.3f", a, b, sensed.ErrorEstimate, plain.ErrorEstimate)
	}
}

func TestMissingPatchIsFilledWithHonestSpread(t *testing.T) {
	p := noisyProblem(t, 1, 47, 0.1, broadbandF, broadbandU, 5)
	for i := 15; i < 23; i++ {
		for j := 21; j < 29; j++ {
			p.Data.Values[i*47+j] = math.NaN()
		}
	}
	q, e := relL2(t, p, Options{Starts: 2})
	zero := *p
	d := *p.Data
	d.Values = append([]float64(nil), d.Values...)
	for i, v := range d.Values {
		if math.IsNaN(v) {
			d.Values[i] = 0
		}
	}
	zero.Data = &d
	_, naive := relL2(t, &zero, Options{})
	t.Logf("error %.3f (estimate %.3f), %.3f with zeros in the gap", e, q.ErrorEstimate, naive)
	if e > 0.8*naive {
		t.Errorf("error %.3f, expected well below %.3f of a gap filled with zeros", e, naive)
	}
	if q.ErrorEstimate < e/3 || q.ErrorEstimate > 3*e {
		t.Errorf("estimate %.3f for an error of %.3f", q.ErrorEstimate, e)
	}
}

func TestIllPosedProblemsAreRefused(t *testing.T) {
	u, _ := ParseField("sin(x)*y", 2)
	side := func(axis int, s Side, k Kind) Boundary { return Boundary{axis, s, k, u} }
	box := func(terms []Term, b ...Boundary) *Problem {
		return &Problem{Domain: []Interval{{0, 1}, {0, 1}}, Points: []int{20, 20}, Terms: terms, Boundary: b, Forcing: Constant(1)}
	}
	laplace := []Term{{0, 2, Constant(1)}, {1, 2, Constant(1)}}
	all := func(k Kind) []Boundary {
		return []Boundary{side(0, Lo, k), side(0, Hi, k), side(1, Lo, k), side(1, Hi, k)}
	}
	flow := []Term{{0, 1, Constant(2)}, {1, 1, Constant(1)}}
	heat := []Term{{0, 2, Constant(-1)}, {1, 1, Constant(1)}}
	for name, p := range map[string]*Problem{
		"no inflow data":                 box(flow, side(1, Lo, Inflow)),
		"inflow on the wrong side":       box(flow, side(0, Hi, Inflow), side(1, Lo, Inflow)),
		"four sides of a flow":           box(flow, all(Dirichlet)...),
		"incompatible Neumann data":      box(laplace, all(Neumann)...),
		"one side short":                 box(laplace, all(Dirichlet)[:3]...),
		"backward heat":                  box(heat, side(0, Lo, Dirichlet), side(0, Hi, Dirichlet), side(1, Hi, Inflow)),
		"Dirichlet data of a wave":       box([]Term{{0, 2, Constant(-1)}, {1, 2, Constant(1)}}, all(Dirichlet)...),
		"Cauchy data of Laplace":         box(laplace, side(0, Lo, Dirichlet), side(0, Hi, Dirichlet), side(1, Lo, Dirichlet), side(1, Lo, Neumann)),
		"a coefficient changes its sign": box([]Term{{0, 2, FieldFunc(func(x []float64) float64 { return x[0] - 0.5 })}, {1, 2, Constant(1)}}, all(Dirichlet)...),
	} {
		for _, solver := range []string{FDSM, Cheb} {
			_, err := Solve(context.Background(), p, Options{Solver: solver})
			var ill *IllPosedError
			var singular *SingularError
			if !errors.As(err, &ill) && !(solver == Cheb && errors.As(err, &singular)) {
				t.Errorf("%s, %s: %v, expected an IllPosedError", name, solver, err)
			}
		}
	}
}

func TestResonanceIsNamed(t *testing.T) {
	square := &Problem{
		Domain: []Interval{{0, math.Pi}, {0, math.Pi}}, Points: []int{24, 24}, Forcing: Constant(1),
		Terms:    []Term{{0, 2, Constant(1)}, {1, 2, Constant(1)}, {0, 0, Constant(13)}}, // 2² + 3²
		Boundary: []Boundary{{0, Lo, Dirichlet, nil}, {0, Hi, Dirichlet, nil}, {1, Lo, Dirichlet, nil}, {1, Hi, Dirichlet, nil}},
	}
	line := &Problem{
		Domain: square.Domain[:1], Points: []int{24}, Forcing: Constant(1),
		Terms: []Term{{0, 2, Constant(1)}, {0, 0, Constant(16)}}, Boundary: square.Boundary[:2],
	}
	for _, p := range []*Problem{square, line} {
		for _, solver := range []string{FDSM, Cheb} {
			_, err := Solve(context.Background(), p, Options{Solver: solver})
			var s *SingularError
			if !errors.As(err, &s) {
				t.Errorf("%d axes, %s: %v, expected a SingularError", p.Dim(), solver, err)
			} else {
				t.Log(err)
			}
		}
	}
}
