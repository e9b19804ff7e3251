// Package kernel holds the spectral-mixture kernels of GP-HM (Fang et al., ICLR 2024) and their derivatives in closed form.
//
// k(d) = Σ_q w_q g_q(d) cos(2π μ_q d). The envelope g is a Gaussian exp(−a d²) ("GM": the spectrum is a mixture of Gaussians) or a Matérn-5/2 function ("StM": a mixture of
// Student's t). Parameters are log w, log-ls and μ as in the authors' code (github.com/xuangu-fang/Gaussian-Process-Slover-for-High-Freq-PDE@6b978f1): exp(log-ls) is a for GM and one over the length scale for StM.
package kernel

import "math"

// Kind is the form of the envelope.
type Kind int

// The kinds.
const (
	GM  Kind = iota // Gaussian
	StM             // Matérn-5/2
)

// Mixture is a spectral-mixture kernel in one dimension.
type Mixture struct {
	Kind Kind
	LogW []float64 // log weights
	LogL []float64 // log a (GM) or log of the inverse length scale (StM)
	Mu   []float64 // frequencies in cycles per unit length
}

// NewMixture is the starting point of the published code: q equal weights, unit scales, frequencies from 0 to scale.
func NewMixture(kind Kind, q int, scale float64) *Mixture {
	m := &Mixture{Kind: kind, LogW: make([]float64, q), LogL: make([]float64, q), Mu: make([]float64, q)}
	for i := range q {
		m.LogW[i] = -math.Log(float64(q))
		if q > 1 {
			m.Mu[i] = scale * float64(i) / float64(q-1)
		}
	}
	return m
}

// envelope writes g and its first derivatives with respect to d into g (up to the fourth).
func (m *Mixture) envelope(g []float64, q int, d float64) {
	s := math.Exp(m.LogL[q])
	if m.Kind == GM {
		a, d2 := s, d*d
		e := math.Exp(-a * d2)
		full := [5]float64{
			e, -2 * a * d * e, (4*a*a*d2 - 2*a) * e, (12*a*a*d - 8*a*a*a*d2*d) * e,
			(16*a*a*a*a*d2*d2 - 48*a*a*a*d2 + 12*a*a) * e,
		}
		copy(g, full[:])
		return
	}
	al, r := math.Sqrt(5)*s, math.Abs(d)
	e := math.Exp(-al * r)
	a2 := al * al
	full := [5]float64{
		(1 + al*r + a2*r*r/3) * e, -(a2 / 3) * d * (1 + al*r) * e, -(a2 / 3) * (1 + al*r - a2*r*r) * e,
		(a2 * a2 / 3) * d * (3 - al*r) * e, (a2 * a2 / 3) * (3 - 5*al*r + a2*r*r) * e,
	}
	copy(g, full[:])
}

// waves writes the derivatives of cos bd and sin bd into c and s.
func waves(c, s []float64, b, d float64) {
	sin, cos := math.Sincos(b * d)
	amp := 1.0
	for j := range c {
		switch j % 4 {
		case 0:
			c[j], s[j] = amp*cos, amp*sin
		case 1:
			c[j], s[j] = -amp*sin, amp*cos
		case 2:
			c[j], s[j] = -amp*cos, -amp*sin
		default:
			c[j], s[j] = amp*sin, -amp*cos
		}
		amp *= b
	}
}

var binomial = [5][5]float64{{1}, {1, 1}, {1, 2, 1}, {1, 3, 3, 1}, {1, 4, 6, 4, 1}}

// Eval is the n-th derivative of k at distance d, n from 0 to 4.
func (m *Mixture) Eval(d float64, n int) float64 {
	var g, c, s [5]float64
	sum := 0.0
	for q := range m.LogW {
		m.envelope(g[:], q, d)
		waves(c[:n+1], s[:n+1], 2*math.Pi*m.Mu[q], d)
		v := 0.0
		for j := 0; j <= n; j++ {
			v += binomial[n][j] * g[n-j] * c[j]
		}
		sum += math.Exp(m.LogW[q]) * v
	}
	return sum
}

// Gradient adds weight times the derivative of k⁽ⁿ⁾(d), n from 0 to 2, with respect to log w, log-ls and μ to the three slices.
func (m *Mixture) Gradient(logW, logL, mu []float64, d float64, n int, weight float64) {
	var g, c, s [5]float64
	for q := range m.LogW {
		m.envelope(g[:], q, d)
		waves(c[:n+1], s[:n+1], 2*math.Pi*m.Mu[q], d)
		var value, scale, freq float64
		for j := 0; j <= n; j++ {
			// the envelope depends on d times a power of the scale: its derivative by log-ls is d·g' (half of it for GM)
			i := n - j
			h := d*g[i+1] + float64(i)*g[i]
			if m.Kind == GM {
				h /= 2
			}
			value += binomial[n][j] * g[i] * c[j]
			scale += binomial[n][j] * h * c[j]
			ds := d * s[j]
			if j > 0 {
				ds += float64(j) * s[j-1]
			}
			freq -= binomial[n][j] * g[i] * ds
		}
		w := weight * math.Exp(m.LogW[q])
		logW[q] += w * value
		logL[q] += w * scale
		mu[q] += 2 * math.Pi * w * freq
	}
}
