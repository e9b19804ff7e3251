package basis

import (
	"fmt"
	"math"
	"testing"
)

var all = map[string]Basis{
	"legendre":  Legendre{12, -1, 2},
	"fourier":   Fourier{9, -1, 2},
	"sine":      Trigonometric{9, -1, 2, Fixed, Fixed},
	"quarter":   Trigonometric{9, -1, 2, Free, Fixed},
	"features":  Features{-1, 2, 5, []float64{7, 11}, 4},
	"chebyshev": Chebyshev{10, -1, 2},
}

// Each derivative is compared with the central difference of the one below it; h² times the next two derivatives stays under the tolerance for frequencies up to 11.
func TestDerivativesMatchCentralDifferences(t *testing.T) {
	const h, tol = 1e-5, 1e-6
	x := []float64{-0.7, 0.1, 1.3}
	for name, b := range all {
		n := b.Size()
		for order := 1; order <= 4; order++ {
			d, up, down := make([]float64, 3*n), make([]float64, 3*n), make([]float64, 3*n)
			b.Eval(d, x, order)
			b.Eval(up, []float64{x[0] + h, x[1] + h, x[2] + h}, order-1)
			b.Eval(down, []float64{x[0] - h, x[1] - h, x[2] - h}, order-1)
			scale := 0.0
			for _, v := range d {
				scale = math.Max(scale, math.Abs(v))
			}
			for i := range d {
				if got := (up[i] - down[i]) / (2 * h); math.Abs(got-d[i]) > tol*(1+scale) {
					t.Errorf("%s order %d entry %d: %g, central difference %g", name, order, i, d[i], got)
				}
			}
		}
	}
}

func TestOrthonormalUnderGauss(t *testing.T) {
	const tol = 1e-13
	x, w := Gauss(60, -1, 2)
	for _, name := range []string{"legendre", "fourier", "sine", "quarter"} {
		b := all[name]
		n := b.Size()
		v := make([]float64, len(x)*n)
		b.Eval(v, x, 0)
		for j := range n {
			for k := range n {
				s := 0.0
				for i := range x {
					s += w[i] * v[i*n+j] * v[i*n+k]
				}
				want := 0.0
				if j == k {
					want = 1
				}
				if math.Abs(s-want) > tol {
					t.Errorf("%s: <%d, %d> = %g", name, j, k, s)
				}
			}
		}
	}
}

func TestLegendreDerivativeMatrix(t *testing.T) {
	l := Legendre{15, -1, 2}
	x := []float64{0.3}
	p := make([]float64, l.N)
	l.Eval(p, x, 0)
	for order := 1; order <= 2; order++ {
		d := l.Derivative(order)
		want := make([]float64, l.N)
		l.Eval(want, x, order)
		for k := range l.N {
			got := 0.0
			for j := range l.N {
				got += d[j*l.N+k] * p[j]
			}
			if math.Abs(got-want[k]) > 1e-11*(1+math.Abs(want[k])) {
				t.Errorf("order %d, degree %d: %g, want %g", order, k, got, want[k])
			}
		}
	}
}

func ExampleGauss() {
	x, w := Gauss(3, 0, 1)
	integral := 0.0
	for i := range x {
		integral += w[i] * math.Pow(x[i], 5)
	}
	fmt.Printf("%.6f\n", integral)
	// Output: 0.166667
}

// A sum equals the product of the matrix of values with the coefficients, for any number of points.
func TestSumEqualsEval(t *testing.T) {
	for name, b := range map[string]Summer{"legendre": Legendre{40, -1, 2}, "one": Legendre{1, 0, 1}} {
		n := b.Size()
		coef := make([]float64, n)
		for k := range coef {
			coef[k] = math.Sin(float64(3 * k))
		}
		for _, points := range []int{1, 4, 7} {
			x := make([]float64, points)
			for i := range x {
				x[i] = -0.9 + 0.4*float64(i)
			}
			for order := range 3 {
				m, got := make([]float64, points*n), make([]float64, points)
				b.Eval(m, x, order)
				b.Sum(got, coef, x, order)
				for i := range x {
					want, size := 0.0, 0.0
					for k, c := range coef {
						want += c * m[i*n+k]
						size += math.Abs(c * m[i*n+k])
					}
					if math.Abs(got[i]-want) > 1e-13*(1+size) {
						t.Errorf("%s, order %d at %g: %g, expected %g", name, order, x[i], got[i], want)
					}
				}
			}
		}
	}
}
