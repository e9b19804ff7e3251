// Package evidence fits spectral-mixture priors to coefficients in an eigenbasis by maximum marginal likelihood.
//
// In a basis that diagonalises the operator the model is f̂_i = μ_i û_i + ε_i with û_i ~ N(0, s_i) and ε_i ~ N(0, v), independent. The log evidence is
// −½ Σ [log 2π(μ²s+v) + f̂²/(μ²s+v)]: no matrix is factored and the basis does not depend on the hyper-parameters (HSGP; Solin & Särkkä 2020).
// The prior variance s is a mixture of products over the axes, s = Σ_q w_q Π_a g((ω_a − m_qa)/σ_qa), whose components are Gaussians (spectral mixture) or Student's t with five
// degrees of freedom (Matérn-5/2 mixture). The flat prior on log w is Jeffreys': components that the data do not need vanish.
package evidence

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"

	"github.com/eddy-pde/eddy/gp/lin"
)

// Shape is the form of a spectral component.
type Shape int

// The shapes.
const (
	Gaussian Shape = iota
	StudentT       // five degrees of freedom: the spectrum of a Matérn-5/2 kernel
	Band           // constant forcing spectrum on a box, zero outside (Weight is at its centre)
)

// Component is one product of spectral lines.
type Component struct {
	Weight    float64   // w: prior variance of û at the centre
	Frequency []float64 // m per axis, angular
	Width     []float64 // σ per axis, angular
	Shape     Shape
	Pruned    bool // the component explains less than a hundredth of the noise everywhere
}

// Data are the coefficients with their operator.
type Data struct {
	F         []float64   // f̂, row-major over the axes
	Mu        []float64   // eigenvalues of the operator, like F
	Frequency [][]float64 // ω per axis
	Unit      []float64   // spacing of ω per axis: the smallest width that makes a difference
	Noise     float64     // variance v of a coefficient; negative: learn it
}

// Prior is a fitted model.
type Prior struct {
	Components  []Component
	Tiles       []Tile  // where the bands won: the partition that Components describe
	Noise       float64 // v
	LogEvidence float64
	Start       string    // the starting point that won
	Rejected    []float64 // log evidences of the other starts
}

// shape0 is g and its logarithmic derivative with respect to z² (g as a function of z²).
func (s Shape) value(z2 float64) (g, dlog float64) {
	if s == Gaussian {
		return math.Exp(-z2 / 2), -0.5
	}
	t := 1 + z2/5
	return 1 / (t * t * t), -3 / (5 * t)
}

// Variance evaluates s at the frequencies of d, into dst.
func (p *Prior) Variance(dst []float64, d *Data) {
	clear(dst)
	if p.Tiles != nil {
		p.spread(dst, d)
		return
	}
	frequency := d.Frequency
	rest := 1
	for _, w := range frequency[1:] {
		rest *= len(w)
	}
	for _, c := range p.Components {
		if c.Pruned {
			continue
		}
		g := c.lines(frequency)
		tail := lin.Outer(g[1:])
		for i, a := range g[0] {
			lin.Axpy(dst[i*rest:(i+1)*rest], c.Weight*a, tail)
		}
	}
}

func (c *Component) lines(frequency [][]float64) [][]float64 {
	g := make([][]float64, len(frequency))
	for a, ws := range frequency {
		g[a] = make([]float64, len(ws))
		for k, w := range ws {
			z := (w - c.Frequency[a]) / c.Width[a]
			g[a][k], _ = c.Shape.value(z * z)
		}
	}
	return g
}

// model maps parameters to the evidence. Per component: log w, then m/unit and log(σ/unit) per axis; at the end log v where it is learned.
type model struct {
	d      *Data
	shapes []Shape
	dim    int
	learn  bool
}

func (m *model) size() int {
	n := len(m.shapes) * (1 + 2*m.dim)
	if m.learn {
		n++
	}
	return n
}

// minWidth is the narrowest line in units of the spacing: narrower ones would fall between the eigenvalues.
const minWidth = 0.1

func (m *model) prior(x []float64) *Prior {
	p := &Prior{Noise: m.d.Noise}
	stride := 1 + 2*m.dim
	for q, s := range m.shapes {
		y := x[q*stride : (q+1)*stride]
		c := Component{Weight: math.Exp(y[0]), Shape: s}
		for a := range m.dim {
			c.Frequency = append(c.Frequency, y[1+2*a]*m.d.Unit[a])
			c.Width = append(c.Width, m.d.Unit[a]*(minWidth+math.Exp(y[2+2*a])))
		}
		p.Components = append(p.Components, c)
	}
	if m.learn {
		p.Noise = math.Exp(x[len(x)-1])
	}
	return p
}

// Value is minus the log evidence; with grad not nil also its gradient.
func (m *model) value(x, grad []float64) float64 {
	p := m.prior(x)
	d := m.d
	n1 := len(d.Frequency[0])
	rest := len(d.F) / n1
	nq := len(p.Components)
	first, tails := lin.New(nq, n1), lin.New(nq, rest)
	lines := make([][][]float64, nq)
	for q := range p.Components {
		c := &p.Components[q]
		lines[q] = c.lines(d.Frequency)
		copy(first.Row(q), lines[q][0])
		copy(tails.Row(q), lin.Outer(lines[q][1:]))
	}
	scaled := first.Clone()
	for q, c := range p.Components {
		for i := range scaled.Row(q) {
			scaled.A[q*n1+i] *= c.Weight
		}
	}
	e := lin.MulT(scaled, tails) // s, then ∂/∂s
	var loss, dv float64
	for i, f := range d.F {
		mu2 := d.Mu[i] * d.Mu[i]
		v := mu2*e.A[i] + p.Noise
		r := f * f / v
		loss += math.Log(v) + r
		g := 0.5 * (1 - r) / v
		dv += g
		e.A[i] = g * mu2
	}
	loss = 0.5 * (loss + float64(len(d.F))*math.Log(2*math.Pi))
	if grad != nil {
		m.gradient(grad, p, lines, first, tails, e)
		if m.learn {
			grad[len(grad)-1] = dv * p.Noise
		}
	}
	return loss
}

// gradient contracts e = ∂loss/∂s with the lines of all axes but one, and that with the derivatives of the one.
func (m *model) gradient(grad []float64, p *Prior, lines [][][]float64, first, tails, e lin.Matrix) {
	onFirst := lin.MulNT(tails, e) // nq×n1: all axes but the first contracted
	onRest := lin.Mul(first, e)    // nq×rest: the first contracted
	stride := 1 + 2*m.dim
	for q := range p.Components {
		c := &p.Components[q]
		g := grad[q*stride : (q+1)*stride]
		g[0] = c.Weight * lin.Dot(onFirst.Row(q), first.Row(q))
		m.lineGradient(g[1:3], c, 0, onFirst.Row(q), lines[q][0])
		for a := 1; a < m.dim; a++ {
			m.lineGradient(g[1+2*a:3+2*a], c, a, contract(onRest.Row(q), lines[q], m.d.Frequency, a), lines[q][a])
		}
	}
}

// contract sums t (on the axes from the second) against the lines of all of them but axis keep.
func contract(t []float64, g, frequency [][]float64, keep int) []float64 {
	if len(frequency) == 2 {
		return t
	}
	n2, n3 := len(frequency[1]), len(frequency[2])
	if keep == 1 {
		out := make([]float64, n2)
		for i := range out {
			out[i] = lin.Dot(t[i*n3:(i+1)*n3], g[2])
		}
		return out
	}
	out := make([]float64, n3)
	for i := range n2 {
		lin.Axpy(out, g[1][i], t[i*n3:(i+1)*n3])
	}
	return out
}

// lineGradient is the derivative with respect to m/unit and log(σ/unit − minWidth).
func (m *model) lineGradient(out []float64, c *Component, a int, along, line []float64) {
	unit, sigma := m.d.Unit[a], c.Width[a]
	out[0], out[1] = 0, 0
	for k, w := range m.d.Frequency[a] {
		z := (w - c.Frequency[a]) / sigma
		_, dlog := c.Shape.value(z * z)
		t := c.Weight * along[k] * line[k] * dlog * z * -2
		out[0] += t * unit / sigma
		out[1] += t * z * (sigma - minWidth*unit) / sigma
	}
}

// start is a starting point.
type start struct {
	name       string
	components []Component
}

// Fit maximises the evidence from several starting points (isolated lines at the peaks, broad components about zero, both together), and over all dyadic partitions into bands, and returns the best, with
// half a log of the number of data charged per parameter (BIC; bands pay for their cuts). starts caps how many are tried.
func Fit(d *Data, starts, iterations int) *Prior {
	var best *Prior
	bestScore := math.Inf(-1)
	var scores []float64
	for i, s := range startingPoints(d) {
		if i >= starts {
			break
		}
		p := fitFrom(d, s, iterations)
		k := len(s.components) * (1 + 2*len(d.Frequency))
		score := p.LogEvidence - 0.5*float64(k)*math.Log(float64(len(d.F)))
		scores = append(scores, p.LogEvidence)
		if score > bestScore {
			best, bestScore = p, score
		}
	}
	if len(d.F) <= maxTiled && starts > 1 {
		p := partition(d, 4)
		scores = append(scores, p.LogEvidence)
		leaves := 0
		for _, t := range p.Tiles {
			if t.Variance > 0.05*p.Noise {
				leaves++
			}
		}
		if score := p.LogEvidence - 0.5*math.Log(float64(len(d.F)))*float64(leaves) - cutCost*float64(len(p.Tiles)-1); score > bestScore {
			best = p
			best.bands(d)
		}
	}
	for _, s := range scores {
		if s != best.LogEvidence {
			best.Rejected = append(best.Rejected, s)
		}
	}
	if best.Tiles == nil {
		best.prune(d)
	}
	return best
}

func fitFrom(d *Data, s start, iterations int) *Prior {
	m := &model{d: d, dim: len(d.Frequency), learn: d.Noise < 0}
	x := make([]float64, 0, len(s.components)*(1+2*m.dim)+1)
	for _, c := range s.components {
		m.shapes = append(m.shapes, c.Shape)
		x = append(x, math.Log(c.Weight))
		for a := range m.dim {
			x = append(x, c.Frequency[a]/d.Unit[a], math.Log(math.Max(c.Width[a]/d.Unit[a]-minWidth, 0.01)))
		}
	}
	if m.learn {
		x = append(x, math.Log(math.Max(robustVariance(d.F), 1e-300)))
	}
	if len(x) > 0 {
		problem := optimize.Problem{
			Func: func(x []float64) float64 { return guard(m.value(x, nil)) },
			Grad: func(g, x []float64) { m.value(x, g) },
		}
		r, err := optimize.Minimize(problem, x, &optimize.Settings{MajorIterations: iterations, FuncEvaluations: 2 * iterations, GradientThreshold: 1e-3}, &optimize.LBFGS{Store: 12})
		if r != nil && (err == nil || finite(r.F)) && r.F <= m.value(x, nil) {
			x = r.X
		}
	}
	p := m.prior(x)
	p.LogEvidence = -m.value(x, nil)
	p.Start = s.name
	return p
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func guard(v float64) float64 {
	if math.IsNaN(v) {
		return math.Inf(1)
	}
	return v
}

// robustVariance is the variance of the noise if most coefficients hold nothing else: the median of the squares over that of a chi-square.
func robustVariance(f []float64) float64 {
	s := make([]float64, len(f))
	for i, v := range f {
		s[i] = v * v
	}
	slices.Sort(s)
	return s[len(s)/2] / 0.454936
}

// maxLines is the number of isolated lines that a start may have.
const maxLines = 8

func startingPoints(d *Data) []start {
	v := d.Noise
	if v < 0 {
		v = robustVariance(d.F)
	}
	v = math.Max(v, 1e-300)
	lines := isolated(d, v, minWidth+0.01)
	peaks := isolated(d, v, 0.5)
	broad := func(shape Shape) []Component {
		var out []Component
		for _, scale := range []float64{0.02, 0.08, 0.3} {
			c := Component{Shape: shape}
			for a, w := range d.Frequency {
				c.Frequency = append(c.Frequency, 0)
				c.Width = append(c.Width, math.Max(2*d.Unit[a], scale*w[len(w)-1]))
			}
			c.Weight = energy(d, &c, v)
			out = append(out, c)
		}
		return out
	}
	return []start{
		{"lines", lines},
		{"broad Student", broad(StudentT)},
		{"peaks and broad Student", append(slices.Clone(peaks), broad(StudentT)...)},
		{"broad Gaussian", broad(Gaussian)},
		{"peaks and broad Gaussian", append(slices.Clone(peaks), broad(Gaussian)...)},
	}
}

// isolated finds the strongest coefficients that stand out of the noise, no two within three spacings of each other on every axis, as lines of the given width in spacings. Lines narrower than a spacing
// stay so, since nothing that they touch pulls at them; peaks can widen.
func isolated(d *Data, v, width float64) []Component {
	threshold := 2.4 * math.Log(float64(len(d.F))+1) * v
	type peak struct {
		i int
		p float64
	}
	var peaks []peak
	for i, f := range d.F {
		if f*f > threshold && d.Mu[i] != 0 {
			peaks = append(peaks, peak{i, f * f})
		}
	}
	slices.SortFunc(peaks, func(a, b peak) int { return cmp.Compare(b.p, a.p) })
	var out []Component
	for _, pk := range peaks {
		if len(out) == maxLines {
			break
		}
		c := Component{Weight: (pk.p - v) / (d.Mu[pk.i] * d.Mu[pk.i]), Frequency: make([]float64, len(d.Frequency)), Width: make([]float64, len(d.Frequency))}
		rest := pk.i
		for a := len(d.Frequency) - 1; a >= 0; a-- {
			n := len(d.Frequency[a])
			c.Frequency[a] = d.Frequency[a][rest%n]
			c.Width[a] = width * d.Unit[a]
			rest /= n
		}
		near := false
		for _, o := range out {
			within := true
			for a := range o.Frequency {
				within = within && math.Abs(o.Frequency[a]-c.Frequency[a]) <= 3*d.Unit[a]
			}
			near = near || within
		}
		if !near {
			out = append(out, c)
		}
	}
	return out
}

// energy matches the weight of a broad component to the mean square of the coefficients under it.
func energy(d *Data, c *Component, v float64) float64 {
	g := lin.Outer(c.lines(d.Frequency))
	num, den := 0.0, 0.0
	for i, f := range d.F {
		num += g[i] * math.Max(f*f-v, 0)
		den += g[i] * g[i] * d.Mu[i] * d.Mu[i]
	}
	return math.Max(num/math.Max(den, 1e-300), 1e-300)
}

// prune marks the components that stay under a hundredth of the noise everywhere.
func (p *Prior) prune(d *Data) {
	for q := range p.Components {
		c := &p.Components[q]
		g := lin.Outer(c.lines(d.Frequency))
		top := 0.0
		for i := range g {
			top = math.Max(top, c.Weight*g[i]*d.Mu[i]*d.Mu[i])
		}
		c.Pruned = top < 0.01*p.Noise
	}
}
