package gp

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestExpressionsEvaluateOnGrids(t *testing.T) {
	e, err := ParseField("x > 0.5 ? exp(-x)*sin(2*pi*y) : x^2 - y/2", 2)
	if err != nil {
		t.Fatal(err)
	}
	grid := [][]float64{{0.25, 0.75}, {0.1, 0.4, 0.9}}
	got := make([]float64, 6)
	if err := e.On(got, grid); err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, x := range grid[0] {
		for _, y := range grid[1] {
			want := x*x - y/2
			if x > 0.5 {
				want = math.Exp(-x) * math.Sin(2*math.Pi*y)
			}
			if math.Abs(got[i]-want) > 1e-15 {
				t.Errorf("at (%g, %g): %g, expected %g", x, y, got[i], want)
			}
			i++
		}
	}
}

func TestNonlinearityDerivativeMatchesCentralDifferences(t *testing.T) {
	const h = 1e-6
	e, err := ParseNonlinearity("u*(u^2 - 1) + exp(u)*sin(x) - sqrt(2 + u)/(1 + u^2)", 1)
	if err != nil {
		t.Fatal(err)
	}
	grid := [][]float64{{0.2, 0.4, 0.8}}
	u := []float64{-1.2, 0.3, 0.9}
	d, up, down := make([]float64, 3), make([]float64, 3), make([]float64, 3)
	shifted := func(s float64) []float64 {
		v := make([]float64, len(u))
		for i := range u {
			v[i] = u[i] + s
		}
		return v
	}
	if err := errors.Join(e.WithU(nil, d, u, grid), e.WithU(up, nil, shifted(h), grid), e.WithU(down, nil, shifted(-h), grid)); err != nil {
		t.Fatal(err)
	}
	for i := range d {
		if want := (up[i] - down[i]) / (2 * h); math.Abs(d[i]-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("derivative at u = %g: %g, central difference %g", u[i], d[i], want)
		}
	}
}

// A fault of an expression names the column where it is.
func TestExpressionFaultsHaveAPosition(t *testing.T) {
	for source, want := range map[string]struct {
		column int
		text   string
	}{
		"sin(x) + w":    {10, "w"},
		"2*y":           {3, "y"},
		"":              {1, "empty"},
		"sin(x":         {5, "EOF"},
		"x + foo(x)":    {5, "foo"},
		"sin(x, x) + 1": {1, "sin"},
	} {
		_, err := ParseField(source, 1)
		var e *ExpressionError
		if !errors.As(err, &e) {
			t.Errorf("%q: %v, expected an ExpressionError", source, err)
			continue
		}
		if e.Column != want.column || !strings.Contains(e.Error(), want.text) {
			t.Errorf("%q: %v, expected column %d and %q", source, e, want.column, want.text)
		}
	}
}

// A value that is not finite is an error that names the subexpression and the point, when the problem is solved too.
func TestValuesThatAreNotFiniteAreLocated(t *testing.T) {
	p, o := readProblem(t, "problems/u1.toml")
	f, err := ParseField("1 + log(x - 1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	p.Forcing = f
	_, err = Solve(t.Context(), p, o)
	var e *ExpressionError
	if !errors.As(err, &e) || e.Column != 5 || !strings.Contains(e.Error(), "x = ") {
		t.Errorf("%v, expected an ExpressionError at column 5 that names the point", err)
	}
}

// Where the points are too few the estimate says so: it is large when the error is.
func TestUnderResolvedProblemsSaySo(t *testing.T) {
	for _, c := range []struct {
		name   string
		points int
	}{{"u1", 80}, {"u1", 200}, {"u3", 150}, {"u6", 60}, {"u7", 50}, {"u7", 80}, {"adv", 60}} {
		for _, solver := range []string{FDSM, Cheb} {
			p, o := readProblem(t, "problems/"+c.name+".toml")
			for a := range p.Points {
				p.Points[a] = c.points
			}
			o.Solver, o.Plan = solver, PlanComplete // features would rescue some of these
			q, e := relL2(t, p, o)
			if e < 0.3 {
				t.Errorf("%s with %d points, %s: error %.1e: this was to be a hard one", c.name, c.points, solver, e)
			}
			if q.ErrorEstimate < 0.3 {
				t.Errorf("%s with %d points, %s: error %.1e, estimate %.1e, expected a large one", c.name, c.points, solver, e, q.ErrorEstimate)
			}
		}
	}
}
