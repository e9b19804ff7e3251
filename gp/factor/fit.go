package factor

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/optimize"

	"github.com/eddy-pde/eddy/gp/lin"
	"github.com/eddy-pde/eddy/internal/par"
)

// mode is one coordinate's functions with the damped sums of messages at its distinct coordinates and the moments of the functions there.
type mode struct {
	chain
	precision []lin.Matrix
	shift     [][]float64
	mean      [][]float64  // E u
	second    []lin.Matrix // E u uᵀ
}

// fit is the state of variational inference from one starting point.
type fit struct {
	e     *entries
	o     Options
	modes []*mode
	core  *core   // nil for CP
	shape float64 // of the Gamma posterior of the precision of the noise
	rate  float64
	sse   float64   // E Σ (y − f)²
	count int       // sweeps done
	fine  bool      // the rank is settled: hyper-parameters are worth more steps
	trace []float64 // bound after every sweep since the last balancing
	last  float64
}

// core is the Gaussian posterior of the Tucker core, entries row-major over the modes, with a standard normal prior.
type core struct {
	mean   []float64
	cov    lin.Matrix
	second lin.Matrix // E w wᵀ
}

// The prior of the precision of the noise is vague, except that it knows no noise below smallestNoise standard deviations of the data: exact data would otherwise push it, and the bound, up for ever.
const (
	priorShape    = 1e-6
	smallestNoise = 1e-4
)

func (f *fit) priorRate() float64 { return 0.5 * float64(len(f.e.y)) * smallestNoise * smallestNoise }

// newFit draws a starting point: smooth random functions, a precision of the noise that believes half of the data.
func newFit(e *entries, o Options, rng *rand.Rand) *fit {
	f := &fit{e: e, o: o, shape: 10, rate: 1}
	ranks := make([]int, len(e.x))
	for k, x := range e.x {
		ranks[k] = o.Rank
		if o.Form == Tucker {
			ranks[k] = min(o.Rank, len(x))
		}
		n := ranks[k]
		md := &mode{chain: chain{kind: o.Kernel, x: x, length: 0.2 * math.Exp(0.5*rng.NormFloat64()), variance: make([]float64, n)}}
		for r := range n {
			md.variance[r] = 1
		}
		md.empty()
		md.draw(rng)
		f.modes = append(f.modes, md)
	}
	if o.Form == Tucker {
		size := 1
		for _, r := range ranks {
			size *= r
		}
		f.core = &core{mean: make([]float64, size), cov: lin.Identity(size)}
		for i := range f.core.mean {
			f.core.mean[i] = rng.NormFloat64()
		}
		f.core.second = plus(f.core.cov, f.core.mean)
	}
	f.last = math.Inf(-1)
	return f
}

// empty forgets all messages.
func (m *mode) empty() {
	n := len(m.variance)
	m.precision, m.shift = make([]lin.Matrix, len(m.x)), make([][]float64, len(m.x))
	for i := range m.x {
		m.precision[i], m.shift[i] = lin.New(n, n), make([]float64, n)
	}
}

// draw sets the moments to those of a function drawn from the prior, known with little uncertainty.
func (m *mode) draw(rng *rand.Rand) {
	n := len(m.variance)
	m.mean, m.second = make([][]float64, len(m.x)), make([]lin.Matrix, len(m.x))
	p := m.kind.states()
	prior := m.prior()
	state := make([]float64, m.size())
	for i := range m.x {
		mean, cov := make([]float64, m.size()), prior.Clone()
		if i > 0 {
			mean, cov = m.move(state, lin.New(prior.R, prior.C), prior, m.x[i]-m.x[i-1])
		}
		for j := range cov.R {
			cov.A[j*cov.C+j] += 1e-9
		}
		l, err := lin.Cholesky(cov)
		copy(state, mean)
		if err == nil { // with a vanishing step nothing moves
			z := make([]float64, len(state))
			for j := range z {
				z[j] = rng.NormFloat64()
			}
			move := make([]float64, len(state))
			l.Apply(move, z)
			lin.Axpy(state, 1, move)
		}
		u := make([]float64, n)
		for r := range n {
			u[r] = state[r*p]
		}
		c := lin.New(n, n)
		for r := range n {
			c.Set(r, r, 0.01)
		}
		m.mean[i], m.second[i] = u, plus(c, u)
	}
}

// tau is E[precision of the noise].
func (f *fit) tau() float64 { return f.shape / f.rate }

// sweep updates every mode, the core and the noise once; hyper-parameters from the fourth sweep on, every third time.
func (f *fit) sweep() {
	learn := f.count >= 4 && f.count%3 == 1
	if f.core != nil && f.count > 0 && f.count < explore && f.count%6 == 0 {
		f.balance()
	}
	f.count++
	for k, m := range f.modes {
		f.messages(k)
		if learn {
			f.learn(k)
		}
		m.infer(m.precision, m.shift)
		m.moments()
	}
	if f.core != nil {
		f.updateCore()
	}
	f.updateNoise()
	f.last = f.bound()
	f.trace = append(f.trace, f.last)
	if learn && f.count > 7 {
		f.prune()
	}
}

func (f *fit) elbo() float64 { return f.last }

func (m *mode) moments() {
	for i := range m.x {
		u, c := m.values(m.smoothMean[i], m.smoothCov[i])
		m.mean[i], m.second[i] = u, plus(c, u)
	}
}

// messages renews the sums of mode k: at every distinct coordinate E[τ] Σ E[a aᵀ] and E[τ] Σ E[a] y over its entries, where f = aᵀu. They are damped as a whole, which is the same as damping every entry's message.
func (f *fit) messages(k int) {
	m := f.modes[k]
	n := len(m.variance)
	tau, rho := f.tau(), f.o.Damping
	par.For(len(m.x), func(i int) {
		p, s := lin.New(n, n), make([]float64, n)
		a, aa := make([]float64, n), lin.New(n, n)
		for _, e := range f.e.lists[k][i] {
			f.others(k, e, a, aa)
			lin.Axpy(p.A, tau, aa.A)
			lin.Axpy(s, tau*f.e.y[e], a)
		}
		for j, v := range p.A {
			m.precision[i].A[j] += rho * (v - m.precision[i].A[j])
		}
		for j, v := range s {
			m.shift[i][j] += rho * (v - m.shift[i][j])
		}
	})
}

// others writes E[a] and E[a aᵀ] of entry e for mode k.
func (f *fit) others(k, e int, a []float64, aa lin.Matrix) {
	if f.core != nil {
		f.core.others(f, k, e, a, aa)
		return
	}
	for r := range a {
		a[r] = 1
	}
	for i := range aa.A {
		aa.A[i] = 1
	}
	for j, m := range f.modes {
		if j == k {
			continue
		}
		at := f.e.at[j][e]
		for r, v := range m.mean[at] {
			a[r] *= v
		}
		for i, v := range m.second[at].A {
			aa.A[i] *= v
		}
	}
}

// product is E f and, if asked, E f² given the moments of every mode's functions.
func (f *fit) product(u [][]float64, second []lin.Matrix, square bool) (e, e2 float64) {
	if f.core != nil {
		return f.core.product(f.ranks(), u, second, square)
	}
	n := len(u[0])
	for r := range n {
		v := 1.0
		for k := range u {
			v *= u[k][r]
		}
		e += v
	}
	if !square {
		return e, 0
	}
	for i := range n * n {
		v := 1.0
		for k := range second {
			v *= second[k].A[i]
		}
		e2 += v
	}
	return e, e2
}

func (f *fit) ranks() []int {
	var r []int
	for _, m := range f.modes {
		r = append(r, len(m.variance))
	}
	return r
}

// chunk is how many entries are summed by one piece of parallel work.
const chunk = 256

// updateNoise recomputes the expected sum of squares and the posterior of the noise.
func (f *fit) updateNoise() {
	n := len(f.e.y)
	parts := make([]float64, (n+chunk-1)/chunk)
	par.For(len(parts), func(c int) {
		u, s := make([][]float64, len(f.modes)), make([]lin.Matrix, len(f.modes))
		for e := c * chunk; e < min((c+1)*chunk, n); e++ {
			for k, m := range f.modes {
				u[k], s[k] = m.mean[f.e.at[k][e]], m.second[f.e.at[k][e]]
			}
			m1, m2 := f.product(u, s, true)
			y := f.e.y[e]
			parts[c] += y*y - 2*y*m1 + m2
		}
	})
	f.sse = 0
	for _, v := range parts {
		f.sse += v
	}
	f.shape, f.rate = priorShape+float64(n)/2, f.priorRate()+f.sse/2
}

// bound is the ELBO: E log p(y) − KL of every mode, of the core and of the noise.
func (f *fit) bound() float64 {
	n := float64(len(f.e.y))
	psi, lg := digamma(f.shape), lgamma(f.shape)
	log := 0.5*n*(psi-math.Log(f.rate)-math.Log(2*math.Pi)) - 0.5*f.tau()*f.sse
	// KL of Gamma(a, b) from Gamma(a0, b0)
	log -= (f.shape-priorShape)*psi - lg + lgamma(priorShape) + priorShape*(math.Log(f.rate)-math.Log(f.priorRate())) + f.tau()*(f.priorRate()-f.rate)
	for _, m := range f.modes {
		log -= m.divergence()
	}
	if f.core != nil {
		log -= f.core.divergence()
	}
	return log
}

// divergence is KL(q‖p) of the functions of a mode: q is the prior times the pseudo-observations over Z.
func (m *mode) divergence() float64 {
	s := -m.logZ
	for i := range m.x {
		s += lin.Dot(m.shift[i], m.mean[i]) - 0.5*lin.Dot(m.precision[i].A, m.second[i].A)
	}
	return s
}

func lgamma(x float64) float64 { v, _ := math.Lgamma(x); return v }

// digamma by recurrence and its asymptotic series.
func digamma(x float64) float64 {
	s := 0.0
	for ; x < 8; x++ {
		s -= 1 / x
	}
	y := 1 / (x * x)
	return s + math.Log(x) - 0.5/x - y*(1./12-y*(1./120-y*(1./252-y/240)))
}

// Bounds of the logarithm of a length scale, in units of the axis.
var minLength, maxLength = math.Log(0.005), math.Log(20)

// learn maximises the evidence of mode k's pseudo-observations over its length scale and its components' variances. Since that evidence is the ELBO up to constants, the ELBO does not fall.
func (f *fit) learn(k int) {
	m := f.modes[k]
	n := 1 + len(m.variance)
	set := func(c *chain, x []float64) {
		c.length = math.Exp(math.Min(math.Max(x[0], minLength), maxLength))
		c.variance = make([]float64, n-1)
		for r := range c.variance {
			c.variance[r] = math.Exp(math.Min(math.Max(x[1+r], -30), 12))
		}
	}
	value := func(x []float64) float64 {
		c := chain{kind: m.kind, x: m.x}
		set(&c, x)
		v := -c.filter(m.precision, m.shift, false)
		if v-v != 0 {
			return math.Inf(1)
		}
		return v
	}
	x := []float64{math.Log(m.length)}
	for _, v := range m.variance {
		x = append(x, math.Log(v))
	}
	exploring := !f.fine
	grad := func(g, x []float64) {
		const h = 1e-4
		at := 0.0
		if exploring {
			at = value(x)
		}
		par.For(n, func(i int) {
			y := slices.Clone(x)
			y[i] = x[i] + h
			if g[i] = (value(y) - at) / h; !exploring { // central differences near the end, where the gradient is small
				y[i] = x[i] - h
				g[i] = (g[i] - value(y)/h) / 2
			}
		})
	}
	before := value(x)
	steps := 10
	if exploring { // every evaluation costs most while there are many components
		steps = 2
	}
	r, err := optimize.Minimize(optimize.Problem{Func: value, Grad: grad}, slices.Clone(x), &optimize.Settings{MajorIterations: steps, FuncEvaluations: 2*steps + 1}, &optimize.LBFGS{})
	if r != nil && (err == nil || r.F-r.F == 0) && r.F < before {
		set(&m.chain, r.X)
	}
	if f.core == nil && k > 0 {
		f.carry(k)
	}
}

// carry moves the variances of a CP mode to mode 0: a product does not change when one factor is divided by what another is multiplied with, and neither does the ELBO. Left to the sweeps alone, scales would drift for hundreds of them.
func (f *fit) carry(k int) {
	m, first := f.modes[k], f.modes[0]
	scale, inverse := make([]float64, len(m.variance)), make([]float64, len(m.variance))
	for r, v := range m.variance {
		scale[r], inverse[r] = math.Sqrt(v), 1/math.Sqrt(v)
		m.variance[r] = 1
		first.variance[r] *= v
	}
	m.rescale(inverse)
	first.rescale(scale)
	first.infer(first.precision, first.shift)
}

// rescale multiplies every function with its factor: moments and messages.
func (m *mode) rescale(by []float64) {
	for i := range m.x {
		for r, s := range by {
			m.mean[i][r] *= s
			m.shift[i][r] /= s
			for q, t := range by {
				m.second[i].A[r*len(by)+q] *= s * t
				m.precision[i].A[r*len(by)+q] /= s * t
			}
		}
	}
}

// prune drops components that explain less than a hundredth of the noise, or a millionth of the data.
func (f *fit) prune() {
	limit := math.Max(0.01/f.tau(), 1e-6)
	if f.core != nil {
		f.pruneTucker(limit)
		return
	}
	energy := f.energies()
	var keep []int
	for r, v := range energy {
		if v > limit {
			keep = append(keep, r)
		}
	}
	if len(keep) > 0 && len(keep) < len(energy) {
		f.pick(keep)
	}
}

// energies are the mean squares of the CP components over the entries.
func (f *fit) energies() []float64 {
	energy := make([]float64, len(f.modes[0].variance))
	for e := range f.e.y {
		for r := range energy {
			v := 1.0
			for k, m := range f.modes {
				v *= m.mean[f.e.at[k][e]][r]
			}
			energy[r] += v * v / float64(len(f.e.y))
		}
	}
	return energy
}

func (f *fit) pick(keep []int) {
	for _, m := range f.modes {
		m.pick(keep)
	}
}

// without is a copy of a CP fit that lacks its weakest component.
func (f *fit) without() *fit {
	energy := f.energies()
	weakest := slices.Index(energy, slices.Min(energy))
	var keep []int
	for r := range energy {
		if r != weakest {
			keep = append(keep, r)
		}
	}
	c := *f
	c.modes, c.trace = make([]*mode, len(f.modes)), nil
	for k, m := range f.modes {
		n := *m // pick replaces what it changes, and so does a sweep with what is in it
		n.precision, n.second = slices.Clone(m.precision), slices.Clone(m.second)
		n.shift, n.mean = slices.Clone(m.shift), slices.Clone(m.mean)
		c.modes[k] = &n
	}
	c.pick(keep)
	return &c
}

// pick keeps some components.
func (m *mode) pick(keep []int) {
	v := make([]float64, len(keep))
	for i, r := range keep {
		v[i] = m.variance[r]
	}
	m.variance = v
	for i := range m.x {
		m.precision[i], m.second[i] = sub(m.precision[i], keep), sub(m.second[i], keep)
		m.shift[i], m.mean[i] = some(m.shift[i], keep), some(m.mean[i], keep)
	}
	m.infer(m.precision, m.shift)
}

func some(x []float64, keep []int) []float64 {
	out := make([]float64, len(keep))
	for i, r := range keep {
		out[i] = x[r]
	}
	return out
}

func sub(m lin.Matrix, keep []int) lin.Matrix {
	out := lin.New(len(keep), len(keep))
	for i, r := range keep {
		for j, q := range keep {
			out.Set(i, j, m.At(r, q))
		}
	}
	return out
}
