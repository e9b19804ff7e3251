package basis

import "math"

// Features is the explicit feature map of a spectral-mixture kernel on [A, B]: Chebyshev polynomials T_j of degree below Low (the component at frequency zero), and for every
// frequency b the waves T_j(ξ)cos bx, T_j(ξ)sin bx with j < Degree. The polynomial factors span the envelopes whose Chebyshev coefficients decay like those
// of the kernel's envelope; no kernel matrix is inverted, so there is no jitter.
type Features struct {
	A, B        float64
	Low         int
	Frequencies []float64 // angular
	Degree      int
}

// Size is Low + 2·Degree·len(Frequencies).
func (f Features) Size() int { return f.Low + 2*f.Degree*len(f.Frequencies) }

// Eval differentiates products by Leibniz' rule.
func (f Features) Eval(dst, x []float64, order int) {
	n := f.Size()
	deg := max(f.Low, f.Degree)
	t := make([][]float64, order+1)
	for m := range t {
		t[m] = make([]float64, deg)
	}
	for i, xi := range x {
		chebyshev(t, (2*xi-f.A-f.B)/(f.B-f.A), 2/(f.B-f.A))
		row := dst[i*n : (i+1)*n]
		copy(row, t[order][:f.Low])
		at := f.Low
		for _, b := range f.Frequencies {
			for j := range f.Degree {
				var c, s float64
				binom := 1.0
				for m := 0; m <= order; m++ {
					c += binom * t[order-m][j] * wave(b, xi-f.A, m, 0)
					s += binom * t[order-m][j] * wave(b, xi-f.A, m, 3)
					binom *= float64(order-m) / float64(m+1)
				}
				row[at], row[at+1] = c, s
				at += 2
			}
		}
	}
}

// chebyshev fills t[m][k] with the m-th derivative of T_k with respect to x, where dξ/dx = jac.
func chebyshev(t [][]float64, xi, jac float64) {
	for m, row := range t {
		for k := range row {
			switch k {
			case 0:
				row[0] = 0
				if m == 0 {
					row[0] = 1
				}
			case 1:
				row[1] = 0
				switch m {
				case 0:
					row[1] = xi
				case 1:
					row[1] = jac
				}
			default:
				row[k] = 2*xi*row[k-1] - row[k-2]
				if m > 0 {
					row[k] += 2 * float64(m) * jac * t[m-1][k-1]
				}
			}
		}
	}
}

// Chebyshev holds T_0 … T_{N-1} on [A, B].
type Chebyshev struct {
	N    int
	A, B float64
}

// Size is N.
func (c Chebyshev) Size() int { return c.N }

// Eval uses the three-term recurrence and its derivatives.
func (c Chebyshev) Eval(dst, x []float64, order int) {
	Features{A: c.A, B: c.B, Low: c.N}.Eval(dst, x, order)
}

// Lobatto returns the n Chebyshev points cos(πk/(n−1)) of [a, b], ascending, ends included.
func Lobatto(n int, a, b float64) []float64 {
	x := make([]float64, n)
	for k := range x {
		x[k] = (a+b)/2 - (b-a)/2*math.Cos(math.Pi*float64(k)/float64(n-1))
	}
	x[0], x[n-1] = a, b
	return x
}
