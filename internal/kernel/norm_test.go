package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy/internal/par"
)

var normCases = []GroupNorm{
	{Batch: 2, Channels: 3, Points: 1, Groups: 1},
	{Batch: 1, Channels: 4, Points: 7, Groups: 2, Act: GELU},
	{Batch: 3, Channels: 8, Points: 33, Groups: 1, Act: GELU},
	{Batch: 2, Channels: 6, Points: 100, Groups: 6, PerSample: true, Act: SiLU},
	{Batch: 2, Channels: 4, Points: 65, Groups: 2, Act: Tanh},
	{Batch: 2, Channels: 4, Points: 19, Groups: 1, Act: ReLU},
	{Batch: 1, Channels: 16, Points: 1100, Groups: 4, Act: SiLU},
}

// normed is a case with its arrays.
type normed[T Float] struct {
	c                  GroupNorm
	x, y, dy, dx, sums []T
	start              []T // of dx, for adding
	gain, shift        []T
	m                  NormMoments[T]
}

func newNormed[T Float](c GroupNorm) *normed[T] {
	rng := rand.New(rand.NewPCG(5, 5))
	n, p := c.Batch*c.Channels*c.Points, c.Channels
	if c.PerSample {
		p *= c.Batch
	}
	k := &normed[T]{c: c, x: random[T](rng, n), dy: random[T](rng, n), gain: random[T](rng, p), shift: random[T](rng, p)}
	for i := range k.x {
		k.x[i] += 3 // a mean that is not small beside the deviation
	}
	k.start = random[T](rng, n)
	k.y, k.dx, k.sums = make([]T, n), make([]T, n), make([]T, 2*c.Batch*c.Channels)
	k.m = NormMoments[T]{make([]T, c.Batch*c.Groups), make([]T, c.Batch*c.Groups)}
	return k
}

func (k *normed[T]) params() NormParams[T] { return NormParams[T]{k.gain, k.shift} }

func (k *normed[T]) run(s Store) {
	GroupNormForward(k.c, k.y, k.x, k.params(), k.m)
	copy(k.dx, k.start)
	GroupNormBackward(k.c, k.dx, k.sums, k.dy, k.x, k.params(), k.m, s)
}

// TestGroupNormEqualsFormula checks values against the formula, and gradients against the same in double precision, whose own gradient is checked against
// differences in operators/nn.
func TestGroupNormEqualsFormula(t *testing.T) {
	levels(t, func(t *testing.T) {
		for _, c := range normCases {
			for _, s := range []Store{Set, Add} {
				t.Run(fmt.Sprintf("%+v %d", c, s), func(t *testing.T) {
					want, got := newNormed[float64](c), newNormed[float32](c)
					want.run(s)
					got.run(s)
					for i, y := range formula(want) {
						if math.Abs(want.y[i]-y) > 1e-12 {
							t.Fatalf("y[%d] = %v, the formula gives %v", i, want.y[i], y)
						}
					}
					const tol = 1e-5 // float32 with inputs about 3 and up to 4400 terms in a sum
					for _, p := range []struct {
						name      string
						got       []float32
						want      []float64
						magnitude float64
					}{{"y", got.y, want.y, 1}, {"dx", got.dx, want.dx, 1}, {"sums", got.sums, want.sums, math.Sqrt(float64(c.Points))}} {
						for i, v := range p.want {
							if d := math.Abs(float64(p.got[i]) - v); !(d <= tol*(p.magnitude+math.Abs(v))) {
								t.Fatalf("%s[%d] = %v, want %v", p.name, i, p.got[i], v)
							}
						}
					}
				})
			}
		}
	})
}

// formula is the norm element by element.
func formula(k *normed[float64]) []float64 {
	c := k.c
	per := c.Channels / c.Groups
	size := per * c.Points
	y := make([]float64, len(k.x))
	for g := range c.Batch * c.Groups {
		x := k.x[g*size : (g+1)*size]
		mean, variance := 0.0, 0.0
		for _, v := range x {
			mean += v / float64(size)
		}
		for _, v := range x {
			variance += (v - mean) * (v - mean) / float64(size)
		}
		f, _ := exact(c.Act)
		for i, v := range x {
			p := c.index(g, i/c.Points)
			y[g*size+i] = f(k.gain[p]*(v-mean)/math.Sqrt(variance+NormEps) + k.shift[p])
		}
	}
	return y
}

func TestGroupNormIsIndependentOfThreads(t *testing.T) {
	defer par.SetThreads(0)
	var runs [2]*normed[float32]
	for i, threads := range []int{1, 2} {
		par.SetThreads(threads)
		runs[i] = newNormed[float32](normCases[2])
		runs[i].run(Set)
	}
	for i := range runs[0].dx {
		if runs[0].y[i] != runs[1].y[i] || runs[0].dx[i] != runs[1].dx[i] {
			t.Fatalf("value %d differs between one thread and two", i)
		}
	}
}
