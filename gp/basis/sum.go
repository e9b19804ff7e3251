package basis

import "math"

// Summer is a basis that sums a series without a matrix of its functions' values.
type Summer interface {
	Basis
	// Sum writes Σ_k coef[k] φ_k^(order)(x_i) into dst[i]; orders from 0 to 2.
	Sum(dst, coef, x []float64, order int)
}

var _ Summer = Legendre{}

// abreast is how many points walk through the recurrence together: each waits for its own last step, so that several of them keep the processor busy.
const abreast = 4

// Sum runs the recurrences of Eval for a few points at a time and keeps no more than their last two steps.
func (l Legendre) Sum(dst, coef, x []float64, order int) {
	n := l.N
	w, up, back := make([]float64, n), make([]float64, n), make([]float64, n)
	jac := math.Pow(2/(l.B-l.A), float64(order))
	for k := range w {
		w[k] = coef[k] * l.scale(k) * jac
		up[k], back[k] = float64(2*k-1)/float64(k), float64(k-1)/float64(k)
	}
	for start := 0; start < len(x); start += abreast {
		var t, sum [abreast]float64
		var p, d, e [2][abreast]float64 // values, first and second derivatives of the last two degrees
		points := min(abreast, len(x)-start)
		for i := range points {
			t[i] = (2*x[start+i] - l.A - l.B) / (l.B - l.A)
			p[1][i] = 1
		}
		if order == 0 {
			for i := range sum {
				sum[i] = w[0]
			}
		}
		for k := 1; k < n; k++ {
			a, b, c, v := up[k], back[k], float64(2*k-1), w[k]
			if k == 1 {
				a, b = 1, 0
			}
			switch order {
			case 0:
				for i := range abreast {
					q := a*t[i]*p[1][i] - b*p[0][i]
					p[0][i], p[1][i] = p[1][i], q
					sum[i] += v * q
				}
			case 1:
				for i := range abreast {
					g := d[0][i] + c*p[1][i]
					q := a*t[i]*p[1][i] - b*p[0][i]
					p[0][i], p[1][i] = p[1][i], q
					d[0][i], d[1][i] = d[1][i], g
					sum[i] += v * g
				}
			default:
				for i := range abreast {
					h := e[0][i] + c*d[1][i]
					g := d[0][i] + c*p[1][i]
					q := a*t[i]*p[1][i] - b*p[0][i]
					p[0][i], p[1][i] = p[1][i], q
					d[0][i], d[1][i] = d[1][i], g
					e[0][i], e[1][i] = e[1][i], h
					sum[i] += v * h
				}
			}
		}
		copy(dst[start:start+points], sum[:points])
	}
}
