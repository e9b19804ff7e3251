//go:build linux

package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"

	"github.com/eddy-pde/eddy/internal/par"
)

// place says where in its pages a slice lies.
type place string

const (
	onHeap      place = "on the heap"
	beforeGuard place = "before a guard page"
	afterGuard  place = "after a guard page"
)

// memory hands out slices of random numbers; with guards, an access beyond the slice on that side is a fault.
type memory[T Float] struct {
	t     *testing.T
	rng   *rand.Rand
	where place
	maps  [][]byte
}

func (m *memory[T]) take(n int) []T {
	x := random[T](m.rng, n)
	if m.where == onHeap {
		return x
	}
	page := syscall.Getpagesize()
	size := n * int(unsafe.Sizeof(T(0)))
	body := (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, body+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		m.t.Fatal(err)
	}
	m.maps = append(m.maps, all)
	for _, guard := range [][]byte{all[:page], all[page+body:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			m.t.Fatal(err)
		}
	}
	start := page
	if m.where == beforeGuard {
		start += body - size
	}
	y := unsafe.Slice((*T)(unsafe.Pointer(&all[start])), n)
	copy(y, x)
	return y
}

func (m *memory[T]) release() {
	for _, b := range m.maps {
		if err := syscall.Munmap(b); err != nil {
			m.t.Error(err)
		}
	}
}

// work is something that kernels do: it draws sizes from rng, takes its arrays, and returns what it wrote. damage spoils an input.
type work[T Float] struct {
	name string
	run  func(rng *rand.Rand, take func(n int) []T, damage func(x []T)) [][]T
}

func size(rng *rand.Rand, most int) int { return 1 + rng.IntN(most) }

// matrixWork is a product of any shape, stride and transposition up to 200.
func matrixWork[T Float]() work[T] {
	return work[T]{"Gemm", func(rng *rand.Rand, take func(n int) []T, damage func(x []T)) [][]T {
		m, n, k := size(rng, 200), size(rng, 200), size(rng, 200)
		ta, tb, s := Trans(rng.IntN(2)), Trans(rng.IntN(2)), Store(rng.IntN(2))
		ra, ca, rb, cb := m, k, k, n
		if ta == Transposed {
			ra, ca = ca, ra
		}
		if tb == Transposed {
			rb, cb = cb, rb
		}
		lda, ldb, ldc := ca+rng.IntN(3), cb+rng.IntN(3), n+rng.IntN(3)
		a, b, c := take((ra-1)*lda+ca), take((rb-1)*ldb+cb), take((m-1)*ldc+n)
		damage(a[:1])
		Gemm(ta, tb, m, n, k, a, lda, b, ldb, s, c, ldc)
		return [][]T{c}
	}}
}

// works are all kernels of a network, in single precision.
func works() []work[float32] {
	return []work[float32]{
		matrixWork[float32](),
		{"Linear", func(rng *rand.Rand, take func(n int) []float32, damage func(x []float32)) [][]float32 {
			B, in, out, n := size(rng, 3), size(rng, 40), size(rng, 40), size(rng, 300)
			x, w, bias, add, dz := take(B*in*n), take(in*out), take(out), take(B*out*n), take(B*out*n)
			y, pre, dx, dw, dbias := take(B*out*n), take(B*out*n), take(B*in*n), take(in*out), take(out)
			damage(x)
			LinearForward(y, pre, x, w, bias, add, B, in, out, n, Activation(rng.IntN(4)))
			LinearBackwardInput(dx, dz, w, B, in, out, n, Store(rng.IntN(2)))
			LinearBackwardWeight(dw, dbias, dz, x, B, in, out, n, Store(rng.IntN(2)))
			return [][]float32{y, pre, dx, dw, dbias}
		}},
		{"GroupNorm", func(rng *rand.Rand, take func(n int) []float32, damage func(x []float32)) [][]float32 {
			c := GroupNorm{Batch: size(rng, 3), Groups: size(rng, 3), Points: size(rng, 200), Act: Activation(rng.IntN(5))}
			c.Channels = c.Groups * size(rng, 4)
			n := c.Batch * c.Channels * c.Points
			x, y, dy, dx, sums := take(n), take(n), take(n), take(n), take(2*c.Batch*c.Channels)
			p := NormParams[float32]{take(c.Channels), take(c.Channels)}
			m := NormMoments[float32]{take(c.Batch * c.Groups), take(c.Batch * c.Groups)}
			damage(x)
			GroupNormForward(c, y, x, p, m)
			GroupNormBackward(c, dx, sums, dy, x, p, m, Store(rng.IntN(2)))
			return [][]float32{y, dx, sums}
		}},
		{"MLP", func(rng *rand.Rand, take func(n int) []float32, damage func(x []float32)) [][]float32 {
			B, in, hidden, out, n := size(rng, 3), size(rng, 20), size(rng, 70), size(rng, 6), size(rng, 500)
			weights := func() MLPWeights[float32] {
				return MLPWeights[float32]{take(hidden * in), take(hidden), take(out * hidden), take(out)}
			}
			w, dw, x, y, dy, dx := weights(), weights(), take(B*in*n), take(B*out*n), take(B*out*n), take(B*in*n)
			damage(x)
			MLPForward(y, x, w, B, in, hidden, out, n, GELU)
			MLPBackward(dx, dw, dy, x, w, B, in, hidden, out, n, GELU)
			return [][]float32{y, dx, dw.W1, dw.B1, dw.W2, dw.B2}
		}},
		{"Activation", func(rng *rand.Rand, take func(n int) []float32, damage func(x []float32)) [][]float32 {
			n, act := size(rng, 200), Activation(rng.IntN(4))
			x, y, dy, dz := take(n), take(n), take(n), take(n)
			damage(x)
			ActivationForward(y, x, act)
			ActivationBackward(dz, x, dy, act)
			return [][]float32{y, dz}
		}},
		{"AdamW", func(rng *rand.Rand, take func(n int) []float32, damage func(x []float32)) [][]float32 {
			n := size(rng, 200)
			p, g, m, v, ema := take(n), take(n), take(n), take(n), take(n)
			for i := range v {
				v[i] *= v[i]
			}
			damage(g)
			AdamW(p, g, m, v, ema, AdamWStep{LR: 0.1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-3, WeightDecay: 0.1, GradScale: 2, EMA: 0.9, Step: 3})
			AdamW(p, g, m, v, nil, AdamWStep{LR: 0.1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-3, GradScale: 1, Step: 4})
			return [][]float32{p, m, v, ema, {float32(SumSquares(g))}}
		}},
		{"Block", func(rng *rand.Rand, take func(n int) []float32, damage func(x []float32)) [][]float32 {
			c := SpectralConfig{Batch: size(rng, 3), In: size(rng, 20), Out: size(rng, 20)}
			for d := 1 + rng.IntN(3); len(c.Size) < d; {
				n := size(rng, [...]int{1: 200, 2: 40, 3: 12}[d])
				c.Size = append(c.Size, n)
				hi := rng.IntN((n-1)/2 + 1)
				lo := -rng.IntN(hi + 1)
				if len(c.Size) == d {
					lo = 0
				}
				c.Lo, c.Hi = append(c.Lo, lo), append(c.Hi, hi)
			}
			s, err := NewSpectral[float32](c)
			if err != nil {
				panic(err)
			}
			n := c.points()
			weights := func() BlockWeights[float32] {
				return BlockWeights[float32]{take(s.WeightLen()), take(c.In * c.Out), take(c.Out)}
			}
			w, dw := weights(), weights()
			x, y, pre, dy, dx := take(c.Batch*c.In*n), take(c.Batch*c.Out*n), take(c.Batch*c.Out*n), take(c.Batch*c.Out*n), take(c.Batch*c.In*n)
			damage(x)
			s.BlockForward(y, pre, x, w, Tanh)
			s.BlockBackward(dx, dw, dy, pre, x, w, Tanh)
			return [][]float32{y, pre, dx, dw.Spectral, dw.Linear, dw.Bias}
		}},
		{"Conv", func(rng *rand.Rand, take func(n int) []float32, damage func(x []float32)) [][]float32 {
			d := 1 + rng.IntN(2)
			c := ConvConfig{Batch: size(rng, 3), In: size(rng, 20), Out: size(rng, 20), Boundary: Boundary(rng.IntN(2))}
			for range d {
				k := 1 + 2*rng.IntN(3)
				if rng.IntN(2) == 0 {
					k = 3
				}
				c.Kernel, c.Pad = append(c.Kernel, k), append(c.Pad, k/2)
				c.Size, c.Stride = append(c.Size, 5+size(rng, [...]int{1: 150, 2: 30}[d])), append(c.Stride, 1+rng.IntN(4)/3)
				c.Dilation = append(c.Dilation, 1)
			}
			p, err := NewConv[float32](c)
			if err != nil {
				panic(err)
			}
			x, y := take(c.Batch*c.In*p.h*p.w), take(c.Batch*c.Out*p.ho*p.wo)
			w, bias, dw, dbias := take(p.WeightLen()), take(c.Out), take(p.WeightLen()), take(c.Out)
			dy, dx := take(len(y)), take(len(x))
			damage(x)
			p.Forward(y, x, w, bias, Store(rng.IntN(2)))
			p.BackwardInput(dx, dy, w, Store(rng.IntN(2)))
			p.BackwardWeight(dw, dbias, dy, x, Store(rng.IntN(2)))
			return [][]float32{y, dx, dw, dbias}
		}},
	}
}

// TestAssemblyEqualsPlainLoopsBetweenGuardPages runs every kernel on random shapes, at every level, with every array flush against memory that must not be
// touched, on either side, and compares with the plain loops.
func TestAssemblyEqualsPlainLoopsBetweenGuardPages(t *testing.T) {
	for _, w := range works() {
		t.Run(w.name, func(t *testing.T) { compareLevels(t, w, nil, 2e-4) })
	}
	t.Run("Gemm64", func(t *testing.T) { compareLevels(t, matrixWork[float64](), nil, 1e-12) })
}

// TestAssemblyPropagatesNaN: wherever the plain loops give NaN for a spoilt input, so does every level.
func TestAssemblyPropagatesNaN(t *testing.T) {
	for _, w := range works() {
		t.Run(w.name, func(t *testing.T) { compareLevels(t, w, []float32{float32(math.NaN())}, 2e-4) })
	}
	t.Run("Gemm64", func(t *testing.T) { compareLevels(t, matrixWork[float64](), []float64{math.NaN()}, 1e-12) })
}

// TestAssemblyPropagatesInfinity: likewise, where sums of infinities may be infinite or NaN. Activations are left out: at −∞ they differ, as their doc says.
func TestAssemblyPropagatesInfinity(t *testing.T) {
	for _, w := range works() {
		if w.name == "Gemm" || w.name == "Conv" {
			t.Run(w.name, func(t *testing.T) { compareLevels(t, w, []float32{float32(math.Inf(1)), float32(math.Inf(-1))}, 2e-4) })
		}
	}
	t.Run("Gemm64", func(t *testing.T) { compareLevels(t, matrixWork[float64](), []float64{math.Inf(1)}, 1e-12) })
}

// compareLevels runs w on the same random arrays at level Go and at the others. Values may differ by tol of the largest, which covers the rounding of the longest
// sums; with bad values in the input only what is finite is compared, and what is not must not be finite at any level.
func compareLevels[T Float](t *testing.T, w work[T], bad []T, tol float64) {
	par.SetThreads(1)
	defer par.SetThreads(0)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	trials := 25
	if testing.Short() {
		trials = 6
	}
	for seed := range uint64(trials) {
		want := runWork(t, w, seed, Go, onHeap, bad)
		for l := AVX2; l <= detect(); l++ {
			for _, where := range []place{beforeGuard, afterGuard} {
				got := runWork(t, w, seed, l, where, bad)
				for i := range want {
					sameValues(t, fmt.Sprintf("%v, arrays %s, seed %d: result %d", l, where, seed, i), got[i], want[i], bad != nil, tol)
				}
			}
		}
	}
}

func runWork[T Float](t *testing.T, w work[T], seed uint64, l Level, where place, bad []T) [][]T {
	t.Helper()
	defer SetLevel(SetLevel(l))
	m := &memory[T]{t: t, rng: rand.New(rand.NewPCG(seed, 1)), where: where}
	defer m.release()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%v, arrays %s, seed %d: %v", l, where, seed, r)
		}
	}()
	rng := rand.New(rand.NewPCG(seed, 2))
	results := w.run(rng, m.take, func(x []T) {
		if bad != nil {
			x[rng.IntN(len(x))] = bad[rng.IntN(len(bad))]
		}
	})
	for i := range results {
		results[i] = append([]T{}, results[i]...)
	}
	return results
}

func sameValues[T Float](t *testing.T, name string, got, want []T, spoilt bool, tol float64) {
	t.Helper()
	finite := func(x T) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }
	scale := 1.0
	for _, v := range want {
		if finite(v) {
			scale = max(scale, math.Abs(float64(v)))
		}
	}
	for i := range want {
		switch g, w := got[i], want[i]; {
		case !finite(w):
			if finite(g) || math.IsNaN(float64(w)) && !math.IsNaN(float64(g)) {
				t.Fatalf("%s: element %d is %v, plain loops give %v", name, i, g, w)
			}
		case spoilt && !finite(g): // an algorithm may spread the damage: a tile of Winograd's, say
		case !(math.Abs(float64(g)-float64(w)) <= tol*scale):
			t.Fatalf("%s: element %d is %v, plain loops give %v", name, i, g, w)
		}
	}
}

func TestGuardPagesFault(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, where := range []place{beforeGuard, afterGuard} {
		m := &memory[float32]{t: t, rng: rand.New(rand.NewPCG(1, 1)), where: where}
		x := m.take(10)
		outside := unsafe.Add(unsafe.Pointer(&x[0]), 40)
		if where == afterGuard {
			outside = unsafe.Add(unsafe.Pointer(&x[0]), -4)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no fault", where)
				}
			}()
			*(*float32)(outside) = 1
		}()
		m.release()
	}
}
