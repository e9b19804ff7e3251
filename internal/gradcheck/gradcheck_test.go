package gradcheck

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestTrueGradientPasses(t *testing.T) {
	x := []float64{0.3, -1.2, 2.5}
	f := func() float64 { return math.Sin(x[0])*x[1] + math.Exp(x[2])*x[0] }
	grad := []float64{math.Cos(x[0])*x[1] + math.Exp(x[2]), math.Sin(x[0]), math.Exp(x[2]) * x[0]}
	before := slices.Clone(x)
	if err := Check(f, x, grad, Options{}); err != nil {
		t.Error(err)
	}
	if !slices.Equal(x, before) {
		t.Errorf("x was left at %v, expected %v", x, before)
	}
}

func TestStencilIsExactForQuartics(t *testing.T) {
	x := 0.7
	d := derivative(func() float64 { return x*x*x*x - 2*x*x*x + x }, &x, 0.5)
	if want := 4*x*x*x - 6*x*x + 1; math.Abs(d-want) > 1e-14 {
		t.Errorf("derivative %v, expected %v", d, want)
	}
}

func TestWrongGradientsAreFound(t *testing.T) {
	x := []float64{1, 2, 3}
	f := func() float64 { return x[0]*x[0] + x[1]*x[2] }
	for name, c := range map[string]struct {
		grad []float64
		want string
	}{
		"one entry off":   {[]float64{2, 3, 2 + 1e-6}, "entry 2 of 3"},
		"sign":            {[]float64{2, -3, 2}, "entry 1 of 3"},
		"not a number":    {[]float64{2, 3, math.NaN()}, "entry 2 of 3"},
		"all zero":        {[]float64{0, 0, 0}, "gradient 0"},
		"length mismatch": {[]float64{2, 3}, "2 gradients for 3 values"},
	} {
		if err := Check(f, x, c.grad, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected one with %q", name, err, c.want)
		}
	}
}

func TestEntriesLimitsTheWork(t *testing.T) {
	x, calls := make([]float64, 100), 0
	f := func() float64 { calls++; return 0 }
	if err := Check(f, x, make([]float64, 100), Options{Entries: 5}); err != nil {
		t.Error(err)
	}
	if calls != 20 {
		t.Errorf("%d calls, expected 4 for each of 5 entries", calls)
	}
}

func ExampleCheck() {
	x := []float64{2}
	square := func() float64 { return x[0] * x[0] }
	fmt.Println(Check(square, x, []float64{4}, Options{}))
	// Output: <nil>
}
