package kernel

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

var linearCases = []struct{ B, in, out, n int }{{1, 1, 1, 1}, {2, 3, 5, 7}, {3, 32, 32, 100}, {1, 3, 130, 1000}, {2, 128, 1, 515}, {2, 65, 33, 2048}, {7, 40, 30, 1}}

// TestLinearForwardEqualsDefinition compares every combination of optional arguments with sums in float64.
func TestLinearForwardEqualsDefinition(t *testing.T) {
	levels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for _, c := range linearCases {
			x, w := random[float32](rng, c.B*c.in*c.n), random[float32](rng, c.out*c.in)
			bias, add := random[float32](rng, c.out), random[float32](rng, c.B*c.out*c.n)
			for mask := range 16 {
				b, a, keep, act := bias, add, mask&4 != 0, Activation(mask>>3&1)
				if mask&1 == 0 {
					b = nil
				}
				if mask&2 == 0 {
					a = nil
				}
				dst := make([]float32, c.B*c.out*c.n)
				var pre []float32
				if keep {
					pre = make([]float32, len(dst))
				}
				LinearForward(dst, pre, x, w, b, a, c.B, c.in, c.out, c.n, act)
				for range 200 {
					i := rng.IntN(len(dst))
					s, o, p := i/(c.out*c.n), i/c.n%c.out, i%c.n
					want := 0.0
					if b != nil {
						want += float64(b[o])
					}
					if a != nil {
						want += float64(a[i])
					}
					for q := range c.in {
						want += float64(w[o*c.in+q]) * float64(x[(s*c.in+q)*c.n+p])
					}
					tol := 1e-6 * (3 + math.Sqrt(float64(c.in)))
					if keep && math.Abs(float64(pre[i])-want) > tol {
						t.Fatalf("%+v mask %b: pre[%d] = %v, want %v", c, mask, i, pre[i], want)
					}
					if act == GELU {
						want = gelu(want)
					}
					if math.Abs(float64(dst[i])-want) > tol {
						t.Fatalf("%+v mask %b: dst[%d] = %v, want %v", c, mask, i, dst[i], want)
					}
				}
			}
		}
	})
}

func TestLinearForwardAddsInPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const B, in, out, n = 2, 5, 6, 90
	x, w, add := random[float64](rng, B*in*n), random[float64](rng, in*out), random[float64](rng, B*out*n)
	want, got := make([]float64, B*out*n), append([]float64{}, add...)
	LinearForward(want, nil, x, w, nil, add, B, in, out, n, GELU)
	LinearForward(got, nil, x, w, nil, got, B, in, out, n, GELU)
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-14 {
			t.Fatalf("dst[%d] = %v in place, %v apart", i, got[i], want[i])
		}
	}
}

// TestLinearAdjoints: the product is bilinear in x and w and linear in the bias.
func TestLinearAdjoints(t *testing.T) {
	levels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 2))
		for _, c := range linearCases {
			x, w, bias := random[float64](rng, c.B*c.in*c.n), random[float64](rng, c.out*c.in), random[float64](rng, c.out)
			dz := random[float64](rng, c.B*c.out*c.n)
			y, dx := make([]float64, len(dz)), random[float64](rng, len(x))
			dw, dbias := random[float64](rng, len(w)), random[float64](rng, len(bias))
			LinearForward(y, nil, x, w, nil, nil, c.B, c.in, c.out, c.n, Identity)
			want := dot(y, dz)
			startX, startW := dot(x, dx), dot(w, dw)
			LinearBackwardInput(dx, dz, w, c.B, c.in, c.out, c.n, Add)
			LinearBackwardWeight(dw, dbias, dz, x, c.B, c.in, c.out, c.n, Add)
			near(t, fmt.Sprint(c, " added dx"), dot(x, dx)-startX, want, len(y))
			near(t, fmt.Sprint(c, " added dw"), dot(w, dw)-startW, want, len(y))
			LinearBackwardInput(dx, dz, w, c.B, c.in, c.out, c.n, Set)
			LinearBackwardWeight(dw, dbias, dz, x, c.B, c.in, c.out, c.n, Set)
			near(t, fmt.Sprint(c, " dx"), dot(x, dx), want, len(y))
			near(t, fmt.Sprint(c, " dw"), dot(w, dw), want, len(y))
			shifted := make([]float64, len(y))
			LinearForward(shifted, nil, x, w, bias, nil, c.B, c.in, c.out, c.n, Identity)
			near(t, fmt.Sprint(c, " dbias"), dot(bias, dbias), dot(shifted, dz)-want, len(y))
		}
	})
}

// near allows the rounding of sums of n terms of order 10.
func near(t *testing.T, what string, got, want float64, n int) {
	t.Helper()
	if math.Abs(got-want) > 1e-13*float64(n)+1e-12*math.Abs(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestLinearIsIndependentOfThreads(t *testing.T) {
	defer par.SetThreads(0)
	const B, in, out, n = 3, 32, 40, 5000
	var runs [2][]float32
	for i, threads := range []int{1, 2} {
		par.SetThreads(threads)
		rng := rand.New(rand.NewPCG(3, 3))
		x, w, dz := random[float32](rng, B*in*n), random[float32](rng, in*out), random[float32](rng, B*out*n)
		y, dx, dw, db := make([]float32, len(dz)), make([]float32, len(x)), make([]float32, len(w)), make([]float32, out)
		LinearForward(y, nil, x, w, nil, nil, B, in, out, n, GELU)
		LinearBackwardInput(dx, dz, w, B, in, out, n, Set)
		LinearBackwardWeight(dw, db, dz, x, B, in, out, n, Set)
		runs[i] = append(append(append(y, dx...), dw...), db...)
	}
	for i := range runs[0] {
		if runs[0][i] != runs[1][i] {
			t.Fatalf("value %d is %v on one thread, %v on two", i, runs[0][i], runs[1][i])
		}
	}
}

func TestWrongLengthPanicsWithShapeError(t *testing.T) {
	defer func() {
		var shape *eddy.ShapeError
		if err, ok := recover().(error); !ok || !errors.As(err, &shape) {
			t.Errorf("panic %v, expected *eddy.ShapeError", err)
		}
	}()
	LinearForward(make([]float32, 4), nil, make([]float32, 4), make([]float32, 3), nil, nil, 1, 2, 2, 2, Identity)
}
