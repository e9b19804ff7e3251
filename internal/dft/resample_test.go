package dft_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy/internal/dft"
)

// waves is a real field of random waves with frequencies up to ±most per axis, whose value is known at every point of the box.
type waves struct {
	k    [][]int
	a, b []float64
}

func randomWaves(rng *rand.Rand, most []int) waves {
	var w waves
	for range 20 {
		k := make([]int, len(most))
		for i, m := range most {
			k[i] = rng.IntN(2*m+1) - m
		}
		w.k = append(w.k, k)
		w.a, w.b = append(w.a, rng.NormFloat64()), append(w.b, rng.NormFloat64())
	}
	return w
}

func (w waves) on(shape []int) []float64 {
	size := 1
	for _, n := range shape {
		size *= n
	}
	u := make([]float64, size)
	for i := range u {
		rest := i
		x := make([]float64, len(shape))
		for a := len(shape) - 1; a >= 0; a-- {
			x[a] = float64(rest%shape[a]) / float64(shape[a])
			rest /= shape[a]
		}
		for j, k := range w.k {
			phase := 0.0
			for a := range x {
				phase += 2 * math.Pi * float64(k[a]) * x[a]
			}
			u[i] += w.a[j]*math.Cos(phase) + w.b[j]*math.Sin(phase)
		}
	}
	return u
}

func off(a, b []float64) float64 {
	worst := 0.0
	for i := range a {
		worst = max(worst, math.Abs(a[i]-b[i]))
	}
	return worst
}

const resampleTol = 1e-12 // sums of some hundred terms of size 1 to 10

func TestResamplingAWaveBelowBothLimitsIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for _, c := range []struct{ from, to []int }{
		{[]int{16}, []int{24}},
		{[]int{24}, []int{16}},
		{[]int{15}, []int{32}},
		{[]int{32}, []int{15}},
		{[]int{16}, []int{16}},
		{[]int{12, 16}, []int{20, 15}},
		{[]int{21, 15}, []int{10, 16}},
		{[]int{8, 9, 10}, []int{12, 7, 10}},
	} {
		most := make([]int, len(c.from))
		for i := range most {
			most[i] = (min(c.from[i], c.to[i]) - 1) / 2
		}
		w := randomWaves(rng, most)
		got := make([]float64, len(w.on(c.to)))
		dft.NewResampler(c.to, c.from).Apply(got, w.on(c.from))
		if e := off(got, w.on(c.to)); e > resampleTol {
			t.Errorf("%v to %v: off by %g", c.from, c.to, e)
		}
	}
}

// Every field of a coarse grid, the unpaired frequencies of even axes included, comes back from a finer one.
func TestResamplingToAFinerGridAndBackChangesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	for _, c := range []struct{ coarse, fine []int }{
		{[]int{8}, []int{12}},
		{[]int{8}, []int{9}},
		{[]int{7}, []int{8}},
		{[]int{6, 8}, []int{10, 12}},
		{[]int{6, 8}, []int{7, 8}},
		{[]int{4, 6, 2}, []int{6, 6, 4}},
	} {
		up, down := dft.NewResampler(c.fine, c.coarse), dft.NewResampler(c.coarse, c.fine).Clone()
		u := make([]float64, size(c.coarse))
		for i := range u {
			u[i] = rng.NormFloat64()
		}
		fine, again := make([]float64, size(c.fine)), make([]float64, len(u))
		up.Apply(fine, u)
		down.Apply(again, fine)
		if e := off(again, u); e > resampleTol {
			t.Errorf("%v by way of %v: off by %g", c.coarse, c.fine, e)
		}
	}
}

// The wave that an even axis can only just hold, +1 −1 +1 …, becomes cos(N/2·x) on a finer axis: a real wave of the same size.
func TestTheUnpairedFrequencyIsSharedOut(t *testing.T) {
	got := make([]float64, 12)
	dft.NewResampler([]int{12}, []int{6}).Apply(got, []float64{1, -1, 1, -1, 1, -1})
	for i, v := range got {
		if want := math.Cos(3 * 2 * math.Pi * float64(i) / 12); math.Abs(v-want) > resampleTol {
			t.Errorf("point %d: %g, want %g", i, v, want)
		}
	}
}

func size(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}
