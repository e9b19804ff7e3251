package plan

import (
	"math"
	"testing"
)

// Values of φ computed in extended precision; −0.5 and 0.5 are on the border between series and recursion, where both must agree.
func TestPhi(t *testing.T) {
	for z, want := range map[float64][3]float64{
		-0.5: {0.7869386805747332, 0.4261226388505337, 0.1477547222989326},
		0.5:  {1.2974425414002564, 0.5948850828005128, 0.18977016560102555},
		0:    {1, 0.5, 1.0 / 6},
	} {
		for k, w := range want {
			if got := phi(z, 3)[k+1]; math.Abs(got-w) > 1e-14 {
				t.Errorf("φ_%d(%g) = %.16g, want %.16g", k+1, z, got, w)
			}
		}
	}
	const inside, outside = 0.5 - 1e-9, 0.5 + 1e-9
	for k := range 5 {
		if a, b := phi(inside, 4)[k], phi(outside, 4)[k]; math.Abs(a-b) > 1e-8 {
			t.Errorf("φ_%d jumps from %g to %g where the method changes", k, a, b)
		}
	}
}

// Weights of the data form for h = 0.5, η = 0 and 1, and of the noise form, computed in another program.
func TestWeights(t *testing.T) {
	for _, c := range []struct {
		moments func(int) []float64
		nodes   []float64
		want    []float64
	}{
		{func(n int) []float64 { return dataMoments(0.5, n) }, []float64{0}, []float64{0.393469340287}},
		{func(n int) []float64 { return dataMoments(0.5, n) }, []float64{0, -1}, []float64{0.606530659713, -0.213061319425}},
		{func(n int) []float64 { return dataMoments(0.5, n) }, []float64{0, -1, -2}, []float64{0.786938680575, -0.573877361149, 0.180408020862}},
		{func(n int) []float64 { return dataMoments(0.5, n) }, []float64{0, 1}, []float64{0.180408020862, 0.213061319425}},
		{func(n int) []float64 { return dataMoments(0.5, n) }, []float64{0, -1, 1}, []float64{0.245714617988, -0.032653298563, 0.180408020862}},
		{func(n int) []float64 { return dataMoments(1, n) }, []float64{0, -1}, []float64{1, -0.367879441171}},
		{func(n int) []float64 { return dataMoments(1, n) }, []float64{0, -1, -2}, []float64{1.316060279414, -1, 0.316060279414}},
		{func(n int) []float64 { return noiseMoments(0.5, n) }, []float64{0, -1}, []float64{0.946163812100, -0.297442541400}},
		{func(n int) []float64 { return noiseMoments(0.5, n) }, []float64{0, -0.8, -1.9}, []float64{1.301921946609, -0.857853402570, 0.204652726661}},
	} {
		got := weights(c.nodes, c.moments(len(c.nodes)))
		for i, w := range c.want {
			if math.Abs(got[i]-w) > 1e-11 {
				t.Errorf("nodes %v: weights %.12g, want %.12g", c.nodes, got, c.want)
			}
		}
	}
}
