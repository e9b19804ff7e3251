// Package basis holds the one-dimensional function spaces of the Gaussian-process solvers: orthonormal Legendre polynomials, Fourier series, the sines and cosines
// that diagonalise a second derivative, and polynomial-modulated waves (the feature map of a spectral-mixture kernel).
package basis

import "math"

// Basis is a finite set of functions on an interval, closed enough that its derivatives are exact.
type Basis interface {
	// Size is the number of functions.
	Size() int
	// Eval writes the order-th derivative of every function at every x into dst, len(x)×Size row-major.
	Eval(dst, x []float64, order int)
}

// Legendre holds the polynomials of degree 0 to N-1, orthonormal in L² of [A, B].
type Legendre struct {
	N    int
	A, B float64
}

// Size is N.
func (l Legendre) Size() int { return l.N }

func (l Legendre) scale(k int) float64 { return math.Sqrt(float64(2*k+1) / (l.B - l.A)) }

// Eval uses the three-term recurrence and P'_k = P'_{k-2} + (2k-1) P_{k-1} for every derivative.
func (l Legendre) Eval(dst, x []float64, order int) {
	n := l.N
	rows := make([][]float64, order+1)
	for m := range rows {
		rows[m] = make([]float64, n)
	}
	jac := math.Pow(2/(l.B-l.A), float64(order))
	norm, up, back := make([]float64, n), make([]float64, n), make([]float64, n)
	for k := range norm {
		norm[k] = l.scale(k) * jac
		up[k], back[k] = float64(2*k-1)/float64(k), float64(k-1)/float64(k)
	}
	for i, xi := range x {
		t := (2*xi - l.A - l.B) / (l.B - l.A)
		p := rows[0]
		for k := range p {
			switch k {
			case 0:
				p[0] = 1
			case 1:
				p[1] = t
			default:
				p[k] = up[k]*t*p[k-1] - back[k]*p[k-2]
			}
		}
		for m := 1; m <= order; m++ {
			d, lower := rows[m], rows[m-1]
			for k := range d {
				switch k {
				case 0:
					d[0] = 0
				case 1:
					d[1] = lower[0]
				default:
					d[k] = d[k-2] + float64(2*k-1)*lower[k-1]
				}
			}
		}
		out := dst[i*n : (i+1)*n]
		for k, v := range rows[order] {
			out[k] = v * norm[k]
		}
	}
}

// Derivative is the matrix of d/dx (order 1) or d²/dx² (order 2) on coefficients, N×N row-major, in closed form.
func (l Legendre) Derivative(order int) []float64 {
	n := l.N
	d := make([]float64, n*n)
	s := math.Pow(2/(l.B-l.A), float64(order))
	for j := range n {
		first := j + order
		for k := first; k < n; k += 2 {
			r := math.Sqrt(float64(2*k+1)/float64(2*j+1)) * s
			if order == 1 {
				d[j*n+k] = r * float64(2*j+1)
			} else {
				d[j*n+k] = r * (float64(j) + 0.5) * float64(k*(k+1)-j*(j+1))
			}
		}
	}
	return d
}

// Gauss returns the n Gauss-Legendre nodes (ascending) and weights of [a, b]: exact for polynomials of degree 2n-1. Newton from Tricomi's guess.
func Gauss(n int, a, b float64) (x, w []float64) {
	x, w = make([]float64, n), make([]float64, n)
	half, mid := (b-a)/2, (a+b)/2
	up, back := make([]float64, n+1), make([]float64, n+1)
	for k := 2; k <= n; k++ {
		up[k], back[k] = float64(2*k-1)/float64(k), float64(k-1)/float64(k)
	}
	for i := range (n + 1) / 2 {
		fn := float64(n)
		t := (1 - (fn-1)/(8*fn*fn*fn)) * math.Cos(math.Pi*(float64(i)+0.75)/(fn+0.5))
		if n%2 == 1 && i == n/2 {
			t = 0
		}
		var dp float64
		done := false
		for range 100 {
			p0, p1 := 1.0, t
			for k := 2; k <= n; k++ {
				p0, p1 = p1, up[k]*t*p1-back[k]*p0
			}
			if n == 1 {
				p1, p0 = t, 1
			}
			dp = fn * (t*p1 - p0) / (t*t - 1)
			step := p1 / dp
			t -= step
			if done {
				break
			}
			done = math.Abs(step) < 1e-11 // converges quadratically: one more pass is exact, and gives the derivative for the weight
		}
		wi := 2 / ((1 - t*t) * dp * dp) * half
		x[i], x[n-1-i] = mid-half*t, mid+half*t
		w[i], w[n-1-i] = wi, wi
	}
	return x, w
}

// Fourier holds 1, cos and sin of the periodic interval [A, B], orthonormal; N is odd.
type Fourier struct {
	N    int
	A, B float64
}

// Size is N.
func (f Fourier) Size() int { return f.N }

// Frequency is the angular frequency of function k: 0, w, w, 2w, 2w, … with w = 2π/(B−A).
func (f Fourier) Frequency(k int) float64 {
	return 2 * math.Pi * float64((k+1)/2) / (f.B - f.A)
}

// Eval differentiates by the phase: every order turns the wave by a quarter.
func (f Fourier) Eval(dst, x []float64, order int) {
	length := f.B - f.A
	for i, xi := range x {
		row := dst[i*f.N : (i+1)*f.N]
		for k := range row {
			w := f.Frequency(k)
			switch {
			case k == 0 && order == 0:
				row[k] = 1 / math.Sqrt(length)
			case k == 0:
				row[k] = 0
			case k%2 == 1:
				row[k] = math.Sqrt(2/length) * wave(w, xi-f.A, order, 0)
			default:
				row[k] = math.Sqrt(2/length) * wave(w, xi-f.A, order, 3)
			}
		}
	}
}

// wave is the order-th derivative of cos(w x + quarter·π/2).
func wave(w, x float64, order, quarter int) float64 {
	amp := math.Pow(w, float64(order))
	switch (order + quarter) % 4 {
	case 0:
		return amp * math.Cos(w*x)
	case 1:
		return -amp * math.Sin(w*x)
	case 2:
		return -amp * math.Cos(w*x)
	}
	return amp * math.Sin(w*x)
}

// End says what vanishes at an end of an interval.
type End int

// The ends of Trigonometric.
const (
	Fixed End = iota // u = 0
	Free             // u' = 0
)

// Trigonometric holds the N lowest eigenfunctions of −d²/dx² on [A, B] with the given ends, orthonormal: sines, cosines and the quarter waves between.
type Trigonometric struct {
	N      int
	A, B   float64
	Lo, Hi End
}

// Size is N.
func (t Trigonometric) Size() int { return t.N }

// Frequency is the angular frequency of function k.
func (t Trigonometric) Frequency(k int) float64 {
	f := float64(k)
	switch {
	case t.Lo == Fixed && t.Hi == Fixed:
		f++
	case t.Lo != t.Hi:
		f += 0.5
	}
	return math.Pi * f / (t.B - t.A)
}

// Eval evaluates sines (Lo fixed) or cosines (Lo free) of the distance from A.
func (t Trigonometric) Eval(dst, x []float64, order int) {
	quarter := 3
	if t.Lo == Free {
		quarter = 0
	}
	s := math.Sqrt(2 / (t.B - t.A))
	for i, xi := range x {
		row := dst[i*t.N : (i+1)*t.N]
		for k := range row {
			w := t.Frequency(k)
			row[k] = s * wave(w, xi-t.A, order, quarter)
			if w == 0 && order == 0 {
				row[k] = 1 / math.Sqrt(t.B-t.A)
			}
		}
	}
}
