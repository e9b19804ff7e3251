package metric

import (
	"sync"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// Plan is what the metrics of the [Catalogue] need to know about the data, and tables that they share. It is safe for concurrent use.
type Plan struct {
	spec     eddy.Spec
	spectrum func() *Spectrum
	spectra  par.Pool[*Spectrum]

	// Without windows:
	modes    func() *modes
	kappa    func() [][]float64 // [axis][mode], angular wavenumbers for derivatives
	square   func() []float64   // [mode], |κ|²
	quadrant func() *quadrant
	wellBins func() *wellBins
	h1       func() *h1
}

// NewPlan makes a plan for data of the spec. Tables are made when they are first needed.
func NewPlan(spec eddy.Spec) *Plan {
	p := &Plan{
		spec:     spec,
		spectrum: sync.OnceValue(func() *Spectrum { return NewSpectrum(spec.Grid) }),
		modes:    sync.OnceValue(func() *modes { return newModes(spec.Grid.Shape()) }),
	}
	p.kappa = sync.OnceValue(func() [][]float64 { return p.modes().kappa(spec.Grid) })
	p.square = sync.OnceValue(func() []float64 { return p.modes().square(spec.Grid) })
	p.quadrant = sync.OnceValue(func() *quadrant { return newQuadrant(p.modes()) })
	p.wellBins = sync.OnceValue(func() *wellBins { return newWellBins(p.modes()) })
	p.h1 = sync.OnceValue(func() *h1 { return newH1(p.modes(), spec.Grid) })
	return p
}

// Spec is the spec of the data.
func (p *Plan) Spec() eddy.Spec { return p.spec }

// withSpectrum calls f with a spectrum plan that nobody else uses.
func (p *Plan) withSpectrum(f func(*Spectrum)) {
	s := p.spectra.Take(func() *Spectrum { return p.spectrum().Clone() })
	defer p.spectra.Put(s)
	f(s)
}

// powers are the powers per shell of every field of u [B, C, X…], or of u − minus where minus is not nil.
func (p *Plan) powers(u, minus *eddy.Tensor) [][]float64 {
	return eachPower(u, minus, p.spectrum().Shells(), func(dst []float64, u, minus []float32) {
		p.withSpectrum(func(s *Spectrum) {
			if minus == nil {
				s.Power(dst, u)
			} else {
				s.ErrorPower(dst, u, minus)
			}
		})
	})
}

// Truth is a batch of true states, analysed once for all that compare with it. Like [Pair] it computes what metrics share when it is first asked for, and
// must not be changed meanwhile.
type Truth struct {
	U *eddy.Tensor // [B, C, X…]

	plan                  *Plan
	zero, constant        func() []bool
	power, well, apebench func() [][]float64
}

// Truth looks at true states u [B, C, X…]. It panics with a *eddy.ShapeError where fields or dimension are not those of the plan's spec; the grid may have
// other extents only if no metric asks for spectra or derivatives.
func (p *Plan) Truth(u *eddy.Tensor) *Truth {
	want := []int{-1, p.spec.Channels()}
	for range p.spec.Grid.Axes {
		want = append(want, -1)
	}
	eddy.MustShape("metric.Plan.Truth", "truth", u.Shape, want)
	return &Truth{
		U: u, plan: p,
		zero:     sync.OnceValue(func() []bool { return Zero(u) }),
		constant: sync.OnceValue(func() []bool { return Constant(u) }),
		power:    sync.OnceValue(func() [][]float64 { return p.powers(u, nil) }),
		well: sync.OnceValue(func() [][]float64 {
			return eachPower(u, nil, len(threeBands), func(dst []float64, u, minus []float32) { p.wellBins().power(dst, u, minus) })
		}),
		apebench: sync.OnceValue(func() [][]float64 { return newFourierAPEBench(p.modes()).sums(u, nil) }),
	}
}

// eachPower gathers n powers of every field of u [B, C, X…], or of u − minus.
func eachPower(u, minus *eddy.Tensor, n int, power func(dst []float64, u, minus []float32)) [][]float64 {
	points := eddy.Size(u.Shape[2:])
	out := make([][]float64, u.Shape[0]*u.Shape[1])
	par.For(len(out), func(i int) {
		out[i] = make([]float64, n)
		var less []float32
		if minus != nil {
			less = minus.Data[i*points : (i+1)*points]
		}
		power(out[i], u.Data[i*points:(i+1)*points], less)
	})
	return out
}

// Zero tells per trajectory and field where the truth is zero throughout; see [Zero].
func (t *Truth) Zero() []bool { return t.zero() }

// Constant tells per trajectory and field where the truth does not vary in space; see [Constant].
func (t *Truth) Constant() []bool { return t.constant() }

// Power is the power per shell of every trajectory and field, [B·C][shells]; see [Spectrum].
func (t *Truth) Power() [][]float64 { return t.power() }

// Pair is a batch of predicted states beside the true ones.
type Pair struct {
	Pred    *eddy.Tensor // [B, C, X…]; of an ensemble, the mean of the members
	Members *eddy.Tensor // [B, M, C, X…]; of a single prediction, M = 1
	Truth   *Truth

	power, errorPower, wellError, quadrant, apebench func() [][]float64
}

// Against compares a prediction [B, C, X…] with the truth. Metrics of ensembles see one member. It panics with a *eddy.ShapeError where the shapes differ.
func (t *Truth) Against(pred *eddy.Tensor) *Pair {
	eddy.MustShape("metric.Truth.Against", "prediction", pred.Shape, t.U.Shape)
	shape := append([]int{pred.Shape[0], 1}, pred.Shape[1:]...)
	return t.pair(pred, pred.Reshape(shape...))
}

// AgainstMembers compares an ensemble [B, M, C, X…] with the truth. Metrics of states judge the mean of the members.
func (t *Truth) AgainstMembers(members *eddy.Tensor) *Pair {
	pred := eddy.NewTensor(t.U.Shape...)
	EnsembleMean(pred, members)
	return t.pair(pred, members)
}

func (t *Truth) pair(pred, members *eddy.Tensor) *Pair {
	return &Pair{
		Pred: pred, Members: members, Truth: t,
		power:      sync.OnceValue(func() [][]float64 { return t.plan.powers(pred, nil) }),
		errorPower: sync.OnceValue(func() [][]float64 { return t.plan.powers(pred, t.U) }),
		wellError: sync.OnceValue(func() [][]float64 {
			return eachPower(pred, t.U, len(threeBands), func(dst []float64, u, minus []float32) { t.plan.wellBins().power(dst, u, minus) })
		}),
		apebench: sync.OnceValue(func() [][]float64 { return newFourierAPEBench(t.plan.modes()).sums(pred, t.U) }),
		quadrant: sync.OnceValue(func() [][]float64 {
			return eachPower(pred, t.U, t.plan.quadrant().shells, func(dst []float64, u, minus []float32) { t.plan.quadrant().power(dst, u, minus) })
		}),
	}
}

// Power is the power per shell of every trajectory and field of the prediction, [B·C][shells].
func (p *Pair) Power() [][]float64 { return p.power() }

// ErrorPower is the power per shell of prediction minus truth, [B·C][shells].
func (p *Pair) ErrorPower() [][]float64 { return p.errorPower() }

// combineAPEBench writes an error of APEBench without filters, of the given orders of the derivative together.
func (p *Pair) combineAPEBench(dst []float64, norm NormAPEBench, orders ...int) {
	newFourierAPEBench(p.Truth.plan.modes()).combine(dst, p.apebench(), p.Truth.apebench(), norm, orders)
}
