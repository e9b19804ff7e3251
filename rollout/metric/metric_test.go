package metric_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

type golden struct {
	Name          string
	Shape         []int
	Lengths       []float64
	Periodic      []bool
	Pred, Truth   []float32
	RMSE          []float64 `json:"rmse"`
	NRMSE         []float64 `json:"nrmse"`
	VRMSE         []float64 `json:"vrmse"`
	Correlation   []float64 `json:"correlation"`
	RelativeL2    []float64 `json:"relative_l2"`
	Power         []float64 `json:"power"`
	ErrorPower    []float64 `json:"error_power"`
	BandError     []float64 `json:"band_error"`
	FRMSE         []float64 `json:"frmse"`
	pred, truth   *eddy.Tensor
	batch, fields int
}

func (g *golden) grid() eddy.Grid {
	var grid eddy.Grid
	for i, n := range g.Shape[2:] {
		grid.Axes = append(grid.Axes, eddy.Axis{Name: string("xyz"[i]), Points: n, Length: g.Lengths[i], Periodic: g.Periodic[i]})
	}
	return grid
}

func cases(t *testing.T) []golden {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Cases []golden }
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	for i := range f.Cases {
		c := &f.Cases[i]
		c.pred, c.truth = eddy.FromSlice(c.Pred, c.Shape...), eddy.FromSlice(c.Truth, c.Shape...)
		c.batch, c.fields = c.Shape[0], c.Shape[1]
	}
	return f.Cases
}

// tol is a few hundred roundings of float64: sums of up to 192 terms, and the transforms.
const tol = 1e-13

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol*max(1, math.Abs(want[i]))) {
			t.Errorf("%s[%d] = %.17g, want %.17g", what, i, got[i], want[i])
		}
	}
}

func TestMetricsAgreeWithNumPySciPyAndNeuraloperator(t *testing.T) {
	for _, g := range cases(t) {
		t.Run(g.Name, func(t *testing.T) {
			dst := make([]float64, g.batch*g.fields)
			for _, m := range []struct {
				name string
				f    func([]float64, *eddy.Tensor, *eddy.Tensor)
				want []float64
			}{
				{"RMSE", metric.RMSE, g.RMSE},
				{"NRMSE", metric.NRMSE, g.NRMSE},
				{"VRMSE", metric.VRMSE, g.VRMSE},
				{"Correlation", metric.Correlation, g.Correlation},
			} {
				m.f(dst, g.pred, g.truth)
				near(t, m.name, dst, m.want)
			}
			l2 := make([]float64, g.batch)
			metric.RelativeL2(l2, g.pred, g.truth)
			near(t, "RelativeL2", l2, g.RelativeL2)

			s := metric.NewSpectrum(g.grid())
			var power, errorPower, bandError, frmse []float64
			points := eddy.Size(g.Shape[2:])
			for i := range g.batch * g.fields {
				p, d := make([]float64, s.Shells()), make([]float64, s.Shells())
				y := g.Truth[i*points : (i+1)*points]
				s.Power(p, y)
				s.Clone().ErrorPower(d, g.Pred[i*points:(i+1)*points], y)
				power, errorPower = append(power, p...), append(errorPower, d...)
				for _, b := range metric.Bands(s.Shells()) {
					bandError, frmse = append(bandError, metric.BandError(d, p, b)), append(frmse, metric.FRMSE(d, b))
				}
			}
			near(t, "Power", power, g.Power)
			// NumPy subtracts in float64 what float32 holds, as we do.
			near(t, "ErrorPower", errorPower, g.ErrorPower)
			near(t, "BandError", bandError, g.BandError)
			near(t, "FRMSE", frmse, g.FRMSE)
		})
	}
}

func TestASineHasItsPowerInItsShell(t *testing.T) {
	const n, k, amplitude = 64, 5, 3.0
	g := eddy.PeriodicGrid(2*math.Pi, n, n)
	u := make([]float32, n*n)
	for x := range n {
		for y := range n {
			u[x*n+y] = float32(amplitude * math.Sin(2*math.Pi*float64(3*x+4*y)/n)) // |k| = 5
		}
	}
	s := metric.NewSpectrum(g)
	p := make([]float64, s.Shells())
	s.Power(p, u)
	for j, v := range p {
		want := 0.0
		if j == k {
			want = amplitude * amplitude / 2
		}
		if math.Abs(v-want) > 1e-6 { // the field is rounded to float32
			t.Errorf("shell %d holds %g, want %g", j, v, want)
		}
	}
	if s.Wavenumber(k) != k {
		t.Errorf("shell %d is at wavenumber %g in a box of 2π", k, s.Wavenumber(k))
	}
}

func TestAWindowKeepsTheMeanSquareOfNoise(t *testing.T) {
	g := eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: 4096, Length: 1}}}
	rng := rand.New(rand.NewPCG(3, 4))
	u := make([]float32, 4096)
	for i := range u {
		u[i] = float32(2 + rng.NormFloat64())
	}
	s := metric.NewSpectrum(g)
	if !s.Windowed() {
		t.Fatal("an axis that is not periodic is not windowed")
	}
	p := make([]float64, s.Shells())
	s.Power(p, u)
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	if math.Abs(sum-5) > 0.2 { // 4 + 1, and the scatter of a mean over 4096 draws
		t.Errorf("the powers add up to %g, want about 5", sum)
	}
}

func TestWhatTheTruthLeavesUndefinedIsNaN(t *testing.T) {
	truth, pred := eddy.NewTensor(1, 3, 4), eddy.NewTensor(1, 3, 4)
	for i := range 4 {
		truth.Data[4+i] = 300 // constant
		truth.Data[8+i] = float32(i)
		pred.Data[i], pred.Data[4+i], pred.Data[8+i] = 1, float32(300+i), 7
	}
	d := make([]float64, 3)
	metric.NRMSE(d, pred, truth)
	if !math.IsNaN(d[0]) || math.IsNaN(d[1]) || math.IsNaN(d[2]) {
		t.Errorf("NRMSE %v: only the zero field is undefined", d)
	}
	metric.VRMSE(d, pred, truth)
	if !math.IsNaN(d[0]) || !math.IsNaN(d[1]) || math.IsNaN(d[2]) {
		t.Errorf("VRMSE %v: fields without spread are undefined", d)
	}
	metric.Correlation(d, pred, truth)
	if !math.IsNaN(d[0]) || !math.IsNaN(d[1]) || !math.IsNaN(d[2]) {
		t.Errorf("Correlation %v: undefined where truth or prediction is constant", d)
	}
	if z, c := metric.Zero(truth), metric.Constant(truth); !z[0] || z[1] || z[2] || !c[0] || !c[1] || c[2] {
		t.Errorf("Zero %v, Constant %v", z, c)
	}
	if got := metric.Mean([]float64{math.NaN(), 2, 4}, []bool{true, false, false}); got != 3 {
		t.Errorf("Mean leaving one out is %g", got)
	}
	if got := metric.Mean([]float64{1, math.NaN()}, nil); !math.IsNaN(got) {
		t.Errorf("Mean with a NaN is %g: it must not be averaged away", got)
	}
}

func TestADivergedPredictionIsNotFinite(t *testing.T) {
	truth, pred := eddy.FromSlice([]float32{1, 2, 3}, 1, 1, 3), eddy.FromSlice([]float32{1, float32(math.Inf(1)), 3}, 1, 1, 3)
	d := make([]float64, 1)
	for name, f := range map[string]func([]float64, *eddy.Tensor, *eddy.Tensor){"NRMSE": metric.NRMSE, "VRMSE": metric.VRMSE, "Correlation": metric.Correlation} {
		if f(d, pred, truth); !math.IsNaN(d[0]) && !math.IsInf(d[0], 0) {
			t.Errorf("%s of an infinite prediction is %g", name, d[0])
		}
	}
}

func TestStepsCountLeadingEntriesAndPDEArenaCountsAll(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		curve    []float64
		steps    int
		censored bool
		arena    int
	}{
		{[]float64{1, 0.9, 0.8, 0.7, 0.9}, 3, false, 3},
		{[]float64{0.8}, 1, true, 0},
		{[]float64{0.7, 1}, 0, false, 1},
		{[]float64{1, nan, 1}, 1, false, 2},
		{[]float64{1, math.Inf(1)}, 1, false, 1},
		{nil, 0, true, 0},
	} {
		if n, cens := metric.StepsAbove(c.curve, 0.8); n != c.steps || cens != c.censored {
			t.Errorf("StepsAbove(%v) = %d, %v, want %d, %v", c.curve, n, cens, c.steps, c.censored)
		}
		if n := metric.StepsAbovePDEArena(c.curve, 0.8); n != c.arena {
			t.Errorf("StepsAbovePDEArena(%v) = %d, want %d", c.curve, n, c.arena)
		}
	}
}

func TestBandsCoverEveryShell(t *testing.T) {
	for _, n := range []int{1, 4, 5, 12, 13, 46} {
		next := 0
		for _, b := range metric.Bands(n) {
			if b.From != next || b.To <= b.From {
				t.Errorf("%d shells: band %+v does not follow shell %d", n, b, next)
			}
			next = b.To
		}
		if next != n {
			t.Errorf("%d shells: the bands end at %d", n, next)
		}
	}
}

func ExampleNRMSE() {
	truth := eddy.FromSlice([]float32{3, 4}, 1, 1, 2)
	pred := eddy.FromSlice([]float32{3, 4.5}, 1, 1, 2)
	dst := make([]float64, 1)
	metric.NRMSE(dst, pred, truth)
	fmt.Println(dst[0])
	// Output: 0.1
}

func BenchmarkDefaultMetrics(b *testing.B) {
	const n = 64
	rng := rand.New(rand.NewPCG(1, 1))
	p, y := eddy.NewTensor(1, 1, n, n), eddy.NewTensor(1, 1, n, n)
	for i := range p.Data {
		p.Data[i], y.Data[i] = rng.Float32(), rng.Float32()
	}
	s := metric.NewSpectrum(eddy.PeriodicGrid(1, n, n))
	power := make([]float64, s.Shells())
	d := make([]float64, 1)
	b.ReportAllocs()
	for b.Loop() {
		metric.NRMSE(d, p, y)
		metric.VRMSE(d, p, y)
		metric.Correlation(d, p, y)
		s.Power(power, y.Data)
		s.ErrorPower(power, p.Data, y.Data)
	}
}
