package refiner

import (
	"math"
	"math/bits"

	"github.com/eddy-pde/eddy"
)

// Normal fills dst with the standard normal numbers that step number `step` of a plan draws under a key. They depend on key, step and the place in dst alone.
//
// The generator is Philox 4×64 with ten rounds (Salmon, Moraes, Dror & Shaw 2011): a bijection of counters, so no state is carried and every stream can be entered anywhere.
// Seed and Trajectory are its key; Member, Step, the plan's step and the block of four numbers are its counter. Uniform numbers become normal ones by Box and Muller's
// formula, in float64.
func Normal(dst []float32, key eddy.Key, step int) {
	for i := 0; i < len(dst); i += 4 {
		u := philox([4]uint64{uint64(i / 4), uint64(step), key.Step, key.Member}, [2]uint64{key.Seed, key.Trajectory})
		a, b := boxMuller(u[0], u[1])
		c, d := boxMuller(u[2], u[3])
		copy(dst[i:], []float32{a, b, c, d})
	}
}

// boxMuller makes two normal numbers of two words. The radius takes its uniform number from (0, 1], so that its logarithm is finite.
func boxMuller(a, b uint64) (x, y float32) {
	const unit = 1.0 / (1 << 53)
	r := math.Sqrt(-2 * math.Log((float64(a>>11)+1)*unit))
	s, c := math.Sincos(2 * math.Pi * float64(b>>11) * unit)
	return float32(r * c), float32(r * s)
}

// philox is Philox4x64-10: ten rounds of two multiplications, with the key moved on by Weyl sequences.
func philox(counter [4]uint64, key [2]uint64) [4]uint64 {
	const (
		m0, m1 = 0xd2e7470ee14c6c93, 0xca5a826395121157
		w0, w1 = 0x9e3779b97f4a7c15, 0xbb67ae8584caa73b
	)
	c, k := counter, key
	for range 10 {
		hi0, lo0 := bits.Mul64(m0, c[0])
		hi1, lo1 := bits.Mul64(m1, c[2])
		c = [4]uint64{hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0}
		k[0] += w0
		k[1] += w1
	}
	return c
}
