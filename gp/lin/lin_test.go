package lin

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func random(rng *rand.Rand, r, c int) Matrix {
	m := New(r, c)
	for i := range m.A {
		m.A[i] = rng.NormFloat64()
	}
	return m
}

// tol allows for the condition number (about 1e3) of random matrices of size 130.
const tol = 1e-10

func TestLUSolvesRandomSystems(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 5, 48, 130} {
		a := random(rng, n, n)
		x := random(rng, n, 1)
		b, bt := make([]float64, n), make([]float64, n)
		a.Apply(b, x.A)
		a.ApplyT(bt, x.A)
		f := Factor(a)
		f.Solve(b)
		f.SolveT(bt)
		for i := range b {
			if math.Abs(b[i]-x.A[i]) > tol || math.Abs(bt[i]-x.A[i]) > tol {
				t.Fatalf("n = %d: x[%d] = %g and %g, want %g", n, i, b[i], bt[i], x.A[i])
			}
		}
	}
}

func TestOuterIsRowMajorAndOneOfNothing(t *testing.T) {
	if got := Outer(nil); !slices.Equal(got, []float64{1}) {
		t.Errorf("product of no vectors %v, want [1]", got)
	}
	got, want := Outer([][]float64{{1, 2}, {3, 5, 7}, {11}}), []float64{33, 55, 77, 66, 110, 154}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestBandEqualsDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	n, k := 40, 2
	b, d := NewBand(n, k), New(n, n)
	for i := range n {
		for j := max(0, i-k); j <= min(n-1, i+k); j++ {
			v := rng.NormFloat64()
			b.Add(i, j, v)
			d.Set(i, j, v)
		}
	}
	x := random(rng, n, 1).A
	y := append([]float64(nil), x...)
	b.Factor()
	b.Solve(x)
	Factor(d).Solve(y)
	for i := range x {
		if math.Abs(x[i]-y[i]) > tol*(1+math.Abs(y[i])) {
			t.Fatalf("x[%d] = %g, dense %g", i, x[i], y[i])
		}
	}
}

func TestSolveSumInThreeAxes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	shape := []int{5, 6, 7}
	var s []*Schur
	var a []Matrix
	for _, n := range shape {
		m := random(rng, n, n)
		for i := range n {
			m.A[i*n+i] += 10
		}
		sc, err := NewSchur(m)
		if err != nil {
			t.Fatal(err)
		}
		a, s = append(a, m), append(s, sc)
	}
	x := random(rng, Size(shape), 1).A
	f := make([]float64, len(x))
	for axis := range shape {
		y, _ := Mode(x, shape, axis, a[axis])
		Axpy(f, 1, y)
	}
	Axpy(f, 0.5, x)
	SolveSum(f, shape, s, 0.5)
	for i := range x {
		if math.Abs(f[i]-x[i]) > tol {
			t.Fatalf("x[%d] = %g, want %g", i, f[i], x[i])
		}
	}
}

func TestGMRESReachesTolerance(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	n := 30
	a := random(rng, n, n)
	for i := range n {
		a.A[i*n+i] += 8
	}
	want := random(rng, n, 1).A
	b := make([]float64, n)
	a.Apply(b, want)
	x, rel, _ := GMRES(context.Background(), a.Apply, b, 1e-13, n)
	if rel > 1e-12 {
		t.Fatalf("relative residual %g", rel)
	}
	for i := range x {
		if math.Abs(x[i]-want[i]) > tol {
			t.Fatalf("x[%d] = %g, want %g", i, x[i], want[i])
		}
	}
}
