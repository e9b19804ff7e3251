package plan

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/eddy-pde/eddy/refiner/process"
)

// Options choose a member of the family.
type Options struct {
	Name       string     // of the plan
	Prediction Prediction // form of the kernel; empty: Data
	Order      int        // number of predictions that a step weighs, 1 … 3; 0 counts as 1. The first steps have fewer
	Eta        float64    // stochasticity: 0 none, 1 as DDPM, +Inf all noise anew. Data form only
	Corrector  bool       // repeat each step with the prediction at its result (UniC), which raises the order by one; without noise only
	Midpoint   bool       // the second-order step of the DPM-Solver++ paper, which weighs the difference quotient as if it held in the middle
}

// maxOrder is the highest order: beyond it multistep samplers are not stable on the levels in use.
const maxOrder = 3

// ExpInt compiles an exponential integrator over levels from the noisiest to the cleanest. Where the last level has no noise its step returns the prediction itself,
// and where the first has no signal its step is of first order in data form whatever the options say: no other is finite.
func ExpInt(levels []process.Level, o Options) (Plan, error) {
	if err := o.check(levels); err != nil {
		return Plan{}, err
	}
	p := Plan{Name: o.Name}
	for i := range len(levels) - 1 {
		p.Steps = append(p.Steps, o.step(levels, i))
	}
	return p, p.Validate()
}

func (o *Options) check(levels []process.Level) error {
	if o.Prediction == "" {
		o.Prediction = Data
	}
	o.Order = max(o.Order, 1)
	switch {
	case len(levels) < 2:
		return fmt.Errorf("plan: %d levels, expected at least 2: one to start at and one to end at", len(levels))
	case o.Order > maxOrder:
		return fmt.Errorf("plan: order = %d, expected 1 to %d", o.Order, maxOrder)
	case o.Prediction != Data && o.Prediction != Noise:
		return fmt.Errorf("plan: prediction = %q, expected %q or %q", o.Prediction, Data, Noise)
	case !(o.Eta >= 0):
		return fmt.Errorf("plan: eta = %g, expected 0 or more", o.Eta)
	case o.Eta > 0 && o.Prediction == Noise:
		return fmt.Errorf("plan: eta = %g with predictions of the noise, expected 0: the stochastic kernel is in data form", o.Eta)
	case o.Eta > 0 && o.Corrector:
		return fmt.Errorf("plan: eta = %g with a corrector, expected 0: a step that draws noise has none", o.Eta)
	}
	for i := range len(levels) - 1 {
		if a, b := levels[i].Lambda(), levels[i+1].Lambda(); !(b > a) {
			return fmt.Errorf("plan: level %d has λ = %g and the next %g, expected levels that get cleaner, each a different one", i, a, b)
		}
	}
	return nil
}

// step compiles the update from level i.
func (o Options) step(levels []process.Level, i int) Step {
	from, to := levels[i], levels[i+1]
	s := Step{From: from, To: to, Prediction: o.Prediction, Of: []int{i}}
	if from.Alpha == 0 || to.Sigma == 0 || math.IsInf(o.Eta, 1) {
		s.Prediction = Data
		s.firstOrder(o.Eta)
		return s
	}
	for m := i - 1; m >= 0 && len(s.Of) < o.Order && levels[m].Alpha > 0; m-- {
		s.Of = append(s.Of, m)
	}
	h := to.Lambda() - from.Lambda()
	nodes := make([]float64, len(s.Of))
	for j, m := range s.Of {
		nodes[j] = (levels[m].Lambda() - from.Lambda()) / h
	}
	s.solve(o, h, nodes)
	if o.Corrector && i+2 < len(levels) && levels[i+2].Sigma > 0 { // a step to the clean end forgets the state before it
		s.correct(o, h, append(slices.Clone(nodes), 1))
	}
	return s
}

// firstOrder is the limit of the first-order data form where λ is infinite at an end or all noise is drawn anew: whatever noise x held is replaced, or, from a level of
// noise alone and with η = 0, kept.
func (s *Step) firstOrder(eta float64) {
	s.W = []float64{s.To.Alpha}
	switch {
	case s.To.Sigma == 0: // the prediction itself
	case eta > 0:
		s.Noise = s.To.Sigma
	default:
		s.A = s.To.Sigma / s.From.Sigma
		s.W[0] -= s.A * s.From.Alpha
	}
}

// solve fills in A, W and Noise for nodes in units of h.
func (s *Step) solve(o Options, h float64, nodes []float64) {
	if s.Prediction == Noise {
		s.A = s.To.Alpha / s.From.Alpha
		s.W = scaled(weights(nodes, noiseMoments(h, len(nodes))), -s.To.Sigma)
		return
	}
	c := 1 + o.Eta
	m := dataMoments(c*h, len(nodes))
	if o.Midpoint && len(m) == 2 {
		m[1] = 0.5 * m[0]
	}
	s.A = math.Exp(-o.Eta*h) * s.To.Sigma / s.From.Sigma
	s.W = scaled(weights(nodes, m), s.To.Alpha)
	s.Noise = s.To.Sigma * math.Sqrt(-math.Expm1(-2*o.Eta*h))
}

// correct adds the weights with the prediction at the result as one more node, the last.
func (s *Step) correct(o Options, h float64, nodes []float64) {
	var w []float64
	if s.Prediction == Noise {
		w = scaled(weights(nodes, noiseMoments(h, len(nodes))), -s.To.Sigma)
	} else {
		w = scaled(weights(nodes, dataMoments(h, len(nodes))), s.To.Alpha)
	}
	n := len(w) - 1
	s.Correct = &Correction{W: w[:n], New: w[n]}
}

func scaled(w []float64, f float64) []float64 {
	for i := range w {
		w[i] *= f
	}
	return w
}

// TimeDEIS is DEIS with polynomials in the time of a process (tAB of Zhang & Chen 2023) where [Named]'s "deis2" and "deis3" have polynomials in λ: a step weighs
// order + 1 predictions of the noise by x_to/α_to = x/α + Σ ε_j ∫ ℓ_j dρ with ρ = σ/α. Its integrals are over λ, by Gauss–Legendre quadrature.
func TimeDEIS(p process.Process, levels []process.Level, order int) (Plan, error) {
	o := Options{Name: fmt.Sprintf("deis-t%d", order), Prediction: Noise}
	if err := o.check(levels); err != nil {
		return Plan{}, err
	}
	if order < 0 || order > maxOrder || levels[0].Alpha == 0 || levels[len(levels)-1].Sigma == 0 {
		return Plan{}, fmt.Errorf("plan: order = %d between α = %g and σ = %g, expected an order of 0 to %d and both positive", order, levels[0].Alpha, levels[len(levels)-1].Sigma, maxOrder)
	}
	out := Plan{Name: o.Name}
	for i := range len(levels) - 1 {
		from, to := levels[i], levels[i+1]
		s := Step{From: from, To: to, Prediction: Noise, A: to.Alpha / from.Alpha}
		for m := i; m >= 0 && len(s.Of) <= order; m-- {
			s.Of = append(s.Of, m)
		}
		for j := range s.Of {
			const nodes = 24 // the integrand is smooth
			s.W = append(s.W, to.Alpha*quad.Fixed(func(lambda float64) float64 {
				return -math.Exp(-lambda) * lagrange(levels, s.Of, j, p.Time(lambda))
			}, from.Lambda(), to.Lambda(), nodes, quad.Legendre{}, 0))
		}
		out.Steps = append(out.Steps, s)
	}
	return out, out.Validate()
}

// lagrange is the polynomial in time that is 1 at level of[j] and 0 at the others.
func lagrange(levels []process.Level, of []int, j int, t float64) float64 {
	y := 1.0
	for k, m := range of {
		if k != j {
			y *= (t - levels[m].T) / (levels[of[j]].T - levels[m].T)
		}
	}
	return y
}
