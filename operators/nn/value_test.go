package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
)

// eval computes a node of a float64 graph.
func eval(t *testing.T, g *Graph, n *gorgonia.Node) []float64 {
	t.Helper()
	if err := compile(t, g, n).Run(); err != nil {
		t.Fatal(err)
	}
	if n.IsScalar() {
		return []float64{ScalarValue(n)}
	}
	return numbers(n.Value())
}

const eps64 = 1e-13 // a few dozen roundings of numbers of order one

func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, expected %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol) {
			t.Errorf("%s[%d] = %v, expected %v", what, i, got[i], want[i])
		}
	}
}

func TestSpectralOfOneWaveIsItsWeight(t *testing.T) {
	// x = cos(2π(k·p/N)) through the weight a+ib at frequency k becomes a·cos − b·sin.
	const n1, n2, k1, k2 = 8, 9, -2, 3
	g := NewGraph(tensor.Float64)
	m := Modes{[]int{-3, 0}, []int{3, 4}}
	w := make([]float64, 7*5*2)
	at := ((k1+3)*5 + k2) * 2
	w[at], w[at+1] = 0.7, -1.3
	wave := func(f func(float64) float64) []float64 {
		var v []float64
		for i := range n1 {
			for j := range n2 {
				v = append(v, f(2*math.Pi*(float64(k1*i)/n1+float64(k2*j)/n2)))
			}
		}
		return v
	}
	y := Spectral(g.Constant("x", wave(math.Cos), 1, 1, n1, n2), g.Constant("w", w, 7, 5, 1, 2, 1), m)
	near(t, "y", eval(t, g, y), wave(func(p float64) float64 { return 0.7*math.Cos(p) + 1.3*math.Sin(p) }), eps64)
}

// Shifting by a QuarterTurn and ShiftDown moves the frequency that comes out from k to k − 1 along the axis.
func TestShiftDownLowersTheFrequency(t *testing.T) {
	const n1, n2, k1, k2 = 7, 6, 2, 1
	g := NewGraph(tensor.Float64)
	m := Modes{[]int{-2, 0}, []int{2, 2}}
	w := make([]float64, 5*3*2)
	w[((k1+2)*3+k2)*2] = 1
	wave := func(k1 int) []float64 {
		var v []float64
		for i := range n1 {
			for j := range n2 {
				v = append(v, math.Cos(2*math.Pi*(float64(k1*i)/n1+float64(k2*j)/n2)))
			}
		}
		return v
	}
	y := ShiftDown(Spectral(g.Constant("x", wave(k1), 1, 1, n1, n2), QuarterTurn(g.Constant("w", w, 5, 3, 1, 2, 1)), m), []int{0})
	near(t, "y", eval(t, g, y), wave(k1-1), eps64)
}

func TestLinearIsAMatrixPerPoint(t *testing.T) {
	g := NewGraph(tensor.Float64)
	x := g.Constant("x", []float64{1, 2, 3, 4}, 1, 2, 2) // channels (1,2) and (3,4) over two points
	w := g.Constant("w", []float64{1, 10, -1, 2, 0, 1}, 3, 2)
	b := g.Constant("b", []float64{0.5, 0, -4}, 3)
	add := g.Constant("add", []float64{0, 1, 0, 0, 0, 0}, 1, 3, 2)
	near(t, "Linear", eval(t, g, Linear(x, w, LinearTerms{Bias: b, Add: add})), []float64{31.5, 43.5, 5, 6, -1, 0}, eps64)
	near(t, "Gate", eval(t, g, Gate(x, g.Constant("g", []float64{2, -1}, 2))), []float64{2, 4, -3, -4}, eps64)
	near(t, "AddBias", eval(t, g, AddBias(x, g.Constant("c", []float64{2, -1}, 2))), []float64{3, 4, 2, 3}, eps64)
	near(t, "Affine", eval(t, g, Affine(x, []float64{2, 3}, []float64{1, 0})), []float64{3, 5, 9, 12}, eps64)
}

func TestEmbedOrdersChannels(t *testing.T) {
	g := NewGraph(tensor.Float64)
	x := g.Constant("x", []float64{1, 2, 3, 4}, 2, 1, 2)
	s := g.Constant("s", []float64{7, 8}, 2, 1)
	near(t, "Embed", eval(t, g, Embed(GridCoordinates([]int{2}), x, s)), []float64{1, 2, 7, 7, 0, 0.5, 3, 4, 8, 8, 0, 0.5}, 0)
	near(t, "closed grid", ClosedGridCoordinates([]int{3, 2}), []float64{0, 0, 0.5, 0.5, 1, 1, 0, 1, 0, 1, 0, 1}, 0)
}

func TestCropUndoesPad(t *testing.T) {
	g := NewGraph(tensor.Float64)
	v := make([]float64, 2*3*4)
	for i := range v {
		v[i] = float64(i + 1)
	}
	x := g.Constant("x", v, 1, 2, 3, 4)
	p := Pad(x, []int{1, 0}, []int{2, 3})
	near(t, "Crop of Pad", eval(t, g, Crop(p, []int{1, 0}, []int{2, 3})), v, 0)
	sum := 0.0
	for _, u := range eval(t, g, p) {
		sum += u
	}
	near(t, "sum of Pad", []float64{sum}, []float64{300}, 0)
}

func TestGroupNormHasZeroMeanAndUnitVariance(t *testing.T) {
	g := NewGraph(tensor.Float64)
	x := g.Placeholder("x", 2, 4, 5, 3)
	fill(x.Value, rand.New(rand.NewPCG(1, 2)))
	y := eval(t, g, GroupNorm(x.Node, 2, nil, nil))
	for r := range 4 {
		var sum, sq float64
		for _, v := range y[r*30 : (r+1)*30] {
			sum += v
			sq += v * v
		}
		if math.Abs(sum/30) > eps64 || math.Abs(sq/30-1) > 2*NormEps {
			t.Errorf("group %d has mean %v and mean square %v", r, sum/30, sq/30)
		}
	}
}

func TestLossesAreWhatTheySay(t *testing.T) {
	g := NewGraph(tensor.Float64)
	pred := g.Constant("p", []float64{3, 4, 1, 1, 0, 0, 2, 2}, 2, 2, 2)
	target := g.Constant("t", []float64{3, 0, 1, 2, 0, 1, 2, 2}, 2, 2, 2)
	// Differences: sample 0 (0, 4 | 0, −1), sample 1 (0, −1 | 0, 0). Norms of the target: √(9+5), √(1+8); per channel 3, √5, 1, √8.
	near(t, "MSE", eval(t, g, MSE(pred, target)), []float64{18.0 / 8}, eps64)
	near(t, "RelL2 per sample", eval(t, g, RelL2(pred, target, PerSample)), []float64{(math.Sqrt(17)/math.Sqrt(14) + 1/math.Sqrt(9)) / 2}, 1e-7)
	near(t, "RelL2 per channel", eval(t, g, RelL2(pred, target, PerChannel)), []float64{(4.0/3 + 1/math.Sqrt(5) + 1 + 0) / 4}, 1e-7)
}

func TestH1OfSinesIsKnown(t *testing.T) {
	// For u = sin(2πkx/L) on N periodic points the central difference gives u′ with factor sin(2πk/N)/h, and the means of squares are ½.
	const n, length, k = 32, 3.0, 2
	spec := eddy.Spec{Grid: eddy.PeriodicGrid(length, n)}
	var target, pred []float64
	for i := range n {
		x := 2 * math.Pi * float64(i) / n
		target = append(target, math.Sin(x))
		pred = append(pred, math.Sin(x)+0.1*math.Sin(k*x))
	}
	size := func(k float64) float64 { return 1 + math.Pow(math.Sin(2*math.Pi*k/n)/(length/n), 2) }
	g := NewGraph(tensor.Float64)
	l := H1(g.Constant("p", pred, 1, 1, n), g.Constant("t", target, 1, 1, n), PerSample, spec)
	near(t, "H1", eval(t, g, l), []float64{0.1 * math.Sqrt(size(k)/size(1))}, 1e-8)
}

func TestH1DifferencesAreExactForRamps(t *testing.T) {
	// u = 2x on an axis with borders has u′ = 2 everywhere, ends included.
	const n, length = 5, 2.0
	for _, at := range []eddy.Location{eddy.Node, eddy.Cell} {
		spec := eddy.Spec{Fields: []eddy.Field{{Name: "u", At: at}}, Grid: eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: n, Length: length}}}}
		u := spec.Coordinates(0)
		for i := range u {
			u[i] *= 2
		}
		// The number of points is that of the state.
		spec.Grid.Axes[0].Points = 100
		d := newDifferences[float64]([]int{1, 1, n}, spec)
		near(t, "Σ(u′)² at "+string(at), []float64{d.energy(u)}, []float64{4 * n}, 8*eps64)
	}
}

func TestInitialisationLaws(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	const n = 40000
	u := NewWeight("u", n).Uniform(rng, -0.5, 1.5)
	v := NewWeight("v", n).Normal(rng, 3)
	stats := func(x []float32) (mean, variance float64) {
		for _, v := range x {
			mean += float64(v) / n
		}
		for _, v := range x {
			variance += (float64(v) - mean) * (float64(v) - mean) / n
		}
		return mean, variance
	}
	const sigmas = 5 // of the sampling error
	if m, v := stats(u.Data()); math.Abs(m-0.5) > sigmas*math.Sqrt(4.0/12/n) || math.Abs(v-4.0/12) > 0.02 {
		t.Errorf("uniform: mean %v, variance %v", m, v)
	}
	if m, v := stats(v.Data()); math.Abs(m) > sigmas*3/math.Sqrt(n) || math.Abs(v-9) > sigmas*9*math.Sqrt(2.0/n) {
		t.Errorf("normal: mean %v, variance %v", m, v)
	}
	l := NewDense("l", 16, 8, rng)
	for _, p := range l.Params() {
		for _, w := range p.Data() {
			if w < -0.25 || w > 0.25 {
				t.Fatalf("%s holds %v, expected at most 1/√16", p.Name, w)
			}
		}
	}
}
