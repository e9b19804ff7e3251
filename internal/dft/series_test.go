package dft

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
)

// seriesShapes are small, since the oracles are sums over all points.
var seriesShapes = [][]int{{1}, {2}, {3}, {7}, {8}, {12}, {25}, {64}, {5, 6}, {8, 9}, {3, 4, 5}}

// bySum is the transform of every axis by its matrix [k][j].
func bySum(u []float64, shape []int, matrix func(n, k, j int) float64) []float64 {
	v, stride := slices.Clone(u), len(u)
	for _, n := range shape {
		stride /= n
		next := make([]float64, len(v))
		for i := range v {
			k := i / stride % n
			for j := range n {
				next[i] += matrix(n, k, j) * v[i+(j-k)*stride]
			}
		}
		v = next
	}
	return v
}

func largestDifference(a, b []float64) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

func TestCosineIsItsDefinition(t *testing.T) {
	for _, shape := range seriesShapes {
		u := randomReal(rand.New(rand.NewPCG(1, 9)), eddy.Size(shape))
		p := NewCosine(shape...).Clone()
		c, back := make([]float64, len(u)), make([]float64, len(u))
		p.Forward(c, u)
		want := bySum(u, shape, func(n, k, j int) float64 {
			w := 2.0
			if k == 0 {
				w = 1
			}
			return w / float64(n) * math.Cos(math.Pi*float64(k)*(float64(j)+0.5)/float64(n))
		})
		if d := largestDifference(c, want); d > 1e-13 {
			t.Errorf("%v: coefficients are off by %.2g", shape, d)
		}
		p.Inverse(back, c)
		if d := largestDifference(back, u); d > 1e-13 {
			t.Errorf("%v: inverse after forward is off by %.2g", shape, d)
		}
		p.Forward(u, u)
		if !slices.Equal(u, c) {
			t.Errorf("%v: a transform in place differs", shape)
		}
	}
}

func TestSineIsItsDefinitionAndItsOwnInverse(t *testing.T) {
	for _, shape := range seriesShapes {
		u := randomReal(rand.New(rand.NewPCG(2, 9)), eddy.Size(shape))
		p := NewSine(shape...).Clone()
		c, back := make([]float64, len(u)), make([]float64, len(u))
		p.Transform(c, u)
		want := bySum(u, shape, func(n, k, j int) float64 {
			return math.Sqrt(2/float64(n+1)) * math.Sin(math.Pi*float64((j+1)*(k+1))/float64(n+1))
		})
		if d := largestDifference(c, want); d > 1e-13 {
			t.Errorf("%v: coefficients are off by %.2g", shape, d)
		}
		p.Transform(back, c)
		if d := largestDifference(back, u); d > 1e-13 {
			t.Errorf("%v: the transform is not its own inverse, by %.2g", shape, d)
		}
	}
}
