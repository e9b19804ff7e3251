package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/eddy-pde/eddy/internal/par"
)

// levels runs a test at every instruction set of this machine.
func levels(t *testing.T, f func(t *testing.T)) {
	for l := Go; l <= detect(); l++ {
		t.Run(l.String(), func(t *testing.T) {
			defer SetLevel(SetLevel(l))
			f(t)
		})
	}
}

func random[T Float](rng *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(rng.NormFloat64())
	}
	return x
}

const canary = 12345

// TestGemmEqualsPlainLoops compares with float64 triple loops on random shapes, strides and transposes, at unaligned starts, and looks for writes outside c.
func TestGemmEqualsPlainLoops(t *testing.T) {
	levels(t, func(t *testing.T) {
		t.Run("float32", func(t *testing.T) { gemmCases[float32](t, 0x1p-23) })
		t.Run("float64", func(t *testing.T) { gemmCases[float64](t, 0x1p-52) })
	})
}

func gemmCases[T Float](t *testing.T, eps float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	cases := 300
	if testing.Short() {
		cases = 60
	}
	for range cases {
		m, n, k := 1+rng.IntN(200), 1+rng.IntN(200), rng.IntN(300)
		switch rng.IntN(4) {
		case 0:
			m = 1 + rng.IntN(8)
		case 1:
			n = 1 + rng.IntN(8)
		case 2:
			k = rng.IntN(8)
		}
		ta, tb, s := Trans(rng.IntN(2)), Trans(rng.IntN(2)), Store(rng.IntN(2))
		ra, ca, rb, cb := m, k, k, n
		if ta == Transposed {
			ra, ca = ca, ra
		}
		if tb == Transposed {
			rb, cb = cb, rb
		}
		lda, ldb, ldc := ca+rng.IntN(5), cb+rng.IntN(5), n+1+rng.IntN(5)
		off := rng.IntN(3)
		a, b := random[T](rng, ra*lda+off)[off:], random[T](rng, rb*ldb+off)[off:]
		c := random[T](rng, m*ldc+off)[off:]
		for i := range m {
			for j := n; j < ldc; j++ {
				c[i*ldc+j] = canary
			}
		}
		want := make([]float64, m*n)
		scale := make([]float64, m*n)
		for i := range m {
			for j := range n {
				if s == Add {
					want[i*n+j] = float64(c[i*ldc+j])
				}
				for p := range k {
					x := float64(at(ta, a, lda, i, p)) * float64(at(tb, b, ldb, p, j))
					want[i*n+j] += x
					scale[i*n+j] += math.Abs(x)
				}
			}
		}
		name := fmt.Sprintf("m=%d n=%d k=%d ta=%d tb=%d store=%d", m, n, k, ta, tb, s)
		Gemm(ta, tb, m, n, k, a, lda, b, ldb, s, c, ldc)
		for i := range m {
			for j := range ldc {
				if j >= n {
					if c[i*ldc+j] != canary {
						t.Fatalf("%s: wrote outside c at (%d, %d)", name, i, j)
					}
					continue
				}
				tol := eps * (scale[i*n+j]*math.Sqrt(float64(k+1)) + math.Abs(want[i*n+j]) + 1) // random-walk growth of rounding over k terms
				if d := math.Abs(float64(c[i*ldc+j]) - want[i*n+j]); !(d <= tol) {
					t.Fatalf("%s: c[%d,%d] = %v, want %v (difference %.2g over %.2g)", name, i, j, c[i*ldc+j], want[i*n+j], d, tol)
				}
			}
		}
	}
}

func TestGemmPropagatesNaN(t *testing.T) {
	levels(t, func(t *testing.T) {
		for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
			for _, tb := range []Trans{NoTrans, Transposed} {
				const n = 70
				a, b, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
				a[3*n+5] = bad // times the zeros of b: NaN along row 3
				Gemm(NoTrans, tb, n, n, n, a, n, b, n, Set, c, n)
				for i, x := range c {
					if isNaN := x != x; isNaN != (i/n == 3) {
						t.Fatalf("c[%d,%d] = %v", i/n, i%n, x)
					}
				}
			}
		}
	})
}

func TestGemmIsIndependentOfThreads(t *testing.T) {
	defer par.SetThreads(0)
	rng := rand.New(rand.NewPCG(3, 4))
	for _, d := range [][3]int{{32, 4096, 32}, {2048, 24, 64}, {300, 300, 700}, {33, 35, 5000}} {
		m, n, k := d[0], d[1], d[2]
		a, b := random[float32](rng, m*k), random[float32](rng, k*n)
		for _, tb := range []Trans{NoTrans, Transposed} {
			ldb := n
			if tb == Transposed {
				ldb = k
			}
			one, many := make([]float32, m*n), make([]float32, m*n)
			par.SetThreads(1)
			Gemm(NoTrans, tb, m, n, k, a, k, b, ldb, Set, one, n)
			par.SetThreads(7)
			Gemm(NoTrans, tb, m, n, k, a, k, b, ldb, Set, many, n)
			for i := range one {
				if one[i] != many[i] {
					t.Fatalf("%v: element %d is %v on one thread, %v on seven", d, i, one[i], many[i])
				}
			}
		}
	}
}

func BenchmarkGemm(b *testing.B) {
	for _, d := range [][3]int{{1024, 1024, 1024}, {2048, 24, 64}, {32, 4096, 32}, {64, 4096, 32}, {64, 4096, 64}, {48, 32, 64}, {65536, 24, 64}} {
		for _, tb := range []Trans{NoTrans, Transposed} {
			m, n, k := d[0], d[1], d[2]
			b.Run(fmt.Sprintf("%dx%dx%d/tb=%d", m, n, k, tb), func(b *testing.B) {
				defer par.SetThreads(0)
				par.SetThreads(1)
				rng := rand.New(rand.NewPCG(1, 1))
				x, y, c := random[float32](rng, m*k), random[float32](rng, n*k), make([]float32, m*n)
				ldb := n
				if tb == Transposed {
					ldb = k
				}
				for b.Loop() {
					Gemm(NoTrans, tb, m, n, k, x, k, y, ldb, Set, c, n)
				}
				b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

// BenchmarkGemm64 is the product in double precision beside gonum's, on one thread.
func BenchmarkGemm64(b *testing.B) {
	for _, n := range []int{64, 256, 1024} {
		rng := rand.New(rand.NewPCG(1, 1))
		x, y, c := random[float64](rng, n*n), random[float64](rng, n*n), make([]float64, n*n)
		general := func(v []float64) blas64.General { return blas64.General{Rows: n, Cols: n, Stride: n, Data: v} }
		for name, f := range map[string]func(){
			"eddy":  func() { Gemm(NoTrans, NoTrans, n, n, n, x, n, y, n, Set, c, n) },
			"gonum": func() { blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, general(x), general(y), 0, general(c)) },
		} {
			b.Run(fmt.Sprintf("N=%d/%s", n, name), func(b *testing.B) {
				defer par.SetThreads(0)
				par.SetThreads(1)
				for b.Loop() {
					f()
				}
				b.ReportMetric(2*float64(n*n*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
