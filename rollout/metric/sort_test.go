package metric

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSortFloatsSorts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	special := []float32{
		0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)),
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32,
	}
	for _, n := range []int{0, 1, 2, 17, 5000} {
		v := make([]float32, n)
		for i := range v {
			if v[i] = float32(rng.NormFloat64() * math.Pow(10, float64(rng.IntN(60)-30))); rng.IntN(4) == 0 {
				v[i] = special[rng.IntN(len(special))]
			}
		}
		want := slices.Clone(v)
		slices.Sort(want)
		sortFloats(v)
		for i := range v {
			if v[i] != want[i] {
				t.Fatalf("%d values: entry %d is %g, want %g", n, i, v[i], want[i])
			}
		}
	}
	broken := []float32{2, float32(math.NaN()), 1}
	sortFloats(broken)
	if !slices.ContainsFunc(broken, func(f float32) bool { return f != f }) {
		t.Error("sorting loses a NaN")
	}
}
