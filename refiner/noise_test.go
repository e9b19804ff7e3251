package refiner

import (
	"math"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
)

// Known answers of Philox4x64-10, from the Random123 distribution (kat_vectors).
func TestPhilox(t *testing.T) {
	const ones = math.MaxUint64
	for _, c := range []struct {
		counter [4]uint64
		key     [2]uint64
		want    [4]uint64
	}{
		{want: [4]uint64{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}},
		{[4]uint64{ones, ones, ones, ones}, [2]uint64{ones, ones}, [4]uint64{0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0}},
		{
			[4]uint64{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
			[2]uint64{0x452821e638d01377, 0xbe5466cf34e90c6c},
			[4]uint64{0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6},
		},
	} {
		if got := philox(c.counter, c.key); got != c.want {
			t.Errorf("%x under %x: %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

// Moments and the distribution function of 2¹⁸ numbers are those of a normal distribution.
func TestNormalIsNormal(t *testing.T) {
	const n = 1 << 18
	x := make([]float32, n)
	Normal(x, eddy.Key{Seed: 5, Trajectory: 1, Member: 2, Step: 3}, 4)
	var m [5]float64
	for _, v := range x {
		for k := range m {
			m[k] += math.Pow(float64(v), float64(k)) / n
		}
	}
	// Five standard errors: 1/√n, √2/√n, √15/√n, √96/√n.
	for k, want := range []float64{1, 0, 1, 0, 3} {
		tol := []float64{0, 5, 7.1, 19.4, 49}[k] / math.Sqrt(n)
		if math.Abs(m[k]-want) > tol {
			t.Errorf("moment %d: %g, want %g", k, m[k], want)
		}
	}
	slices.Sort(x)
	var worst float64
	for i, v := range x {
		worst = math.Max(worst, math.Abs(0.5*math.Erfc(-float64(v)/math.Sqrt2)-(float64(i)+0.5)/n))
	}
	if limit := 1.95 / math.Sqrt(n); worst > limit { // Kolmogorov–Smirnov at 0.1 %
		t.Errorf("the distribution function is off by %g, at most %g", worst, limit)
	}
}

// Every part of the key and the step make another stream, and a longer slice begins with the shorter one.
func TestNormalStreams(t *testing.T) {
	base := eddy.Key{Seed: 1, Trajectory: 2, Member: 3, Step: 4}
	seen := map[float32]string{}
	for name, c := range map[string]struct {
		key  eddy.Key
		step int
	}{
		"base": {base, 0}, "seed": {eddy.Key{Seed: 9, Trajectory: 2, Member: 3, Step: 4}, 0}, "trajectory": {eddy.Key{Seed: 1, Trajectory: 9, Member: 3, Step: 4}, 0},
		"member": {eddy.Key{Seed: 1, Trajectory: 2, Member: 9, Step: 4}, 0}, "step": {eddy.Key{Seed: 1, Trajectory: 2, Member: 3, Step: 9}, 0}, "plan's step": {base, 1},
	} {
		long, short := make([]float32, 11), make([]float32, 6)
		Normal(long, c.key, c.step)
		Normal(short, c.key, c.step)
		if !slices.Equal(long[:6], short) {
			t.Errorf("%s: the length changes the numbers", name)
		}
		if other, ok := seen[long[0]]; ok {
			t.Errorf("%s and %s give the same numbers", name, other)
		}
		seen[long[0]] = name
	}
}
