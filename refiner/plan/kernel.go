package plan

import "math"

// phi gives φ_0(z) … φ_n(z): φ_0 = e^z, φ_k = (φ_{k−1} − 1/(k−1)!)/z, by the Taylor series near 0, where the recursion cancels.
func phi(z float64, n int) []float64 {
	out := make([]float64, n+1)
	if math.Abs(z) < 0.5 {
		factorial := 1.0
		for k := range out {
			if k > 0 {
				factorial *= float64(k)
			}
			out[k] = phiSeries(z, k, factorial)
		}
		return out
	}
	out[0] = math.Exp(z)
	factorial := 1.0 // of k − 1
	for k := 1; k <= n; k++ {
		if k > 1 {
			factorial *= float64(k - 1)
		}
		out[k] = (out[k-1] - 1/factorial) / z
	}
	return out
}

// phiSeries is Σ_j z^j/(j+k)!.
func phiSeries(z float64, k int, factorial float64) float64 {
	term := 1 / factorial
	sum := 0.0
	for j := 1; j < 30; j++ { // |z| < ½: term 20 is below rounding
		sum += term
		term *= z / float64(j+k)
	}
	return sum
}

// dataMoments are ch·k!·φ_{k+1}(−ch) for k = 0 … n−1: what the integral of the data form makes of the powers of r.
func dataMoments(ch float64, n int) []float64 {
	p := phi(-ch, n)
	return moments(p, ch)
}

// noiseMoments are h·k!·φ_{k+1}(h).
func noiseMoments(h float64, n int) []float64 {
	p := phi(h, n)
	return moments(p, h)
}

func moments(phi []float64, h float64) []float64 {
	m := make([]float64, len(phi)-1)
	factorial := 1.0
	for k := range m {
		if k > 0 {
			factorial *= float64(k)
		}
		m[k] = h * factorial * phi[k+1]
	}
	return m
}

// weights solves Σ_m w_m·nodes[m]^k = moments[k] by the method of undetermined coefficients: the Vandermonde system is at most 4 by 4 and its nodes are apart.
func weights(nodes, moments []float64) []float64 {
	n := len(nodes)
	a := make([][]float64, n)
	for k := range a {
		a[k] = make([]float64, n+1)
		for m, r := range nodes {
			a[k][m] = math.Pow(r, float64(k))
		}
		a[k][n] = moments[k]
	}
	for k := range n { // Gauss–Jordan with pivoting
		best := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[best][k]) {
				best = i
			}
		}
		a[k], a[best] = a[best], a[k]
		for i := range n {
			if i == k {
				continue
			}
			f := a[i][k] / a[k][k]
			for j := k; j <= n; j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	w := make([]float64, n)
	for k := range w {
		w[k] = a[k][n] / a[k][k]
	}
	return w
}
