package report

import (
	"math"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// average is a mean under way. It is not finite as soon as one value is not.
type average struct {
	sum float64
	n   int
}

// add takes the values that are not skipped.
func (a *average) add(values []float64, skip []bool) {
	for i, v := range values {
		if !skip[i] {
			a.sum += v
			a.n++
		}
	}
}

// value is the mean, NaN of no values.
func (a average) value() float64 {
	if v := a.sum / float64(a.n); v-v == 0 {
		return v
	}
	return math.NaN()
}

func values(averages []average) []float64 {
	out := make([]float64, len(averages))
	for i, a := range averages {
		out[i] = a.value()
	}
	return out
}

// series keeps one value per trajectory, step and field, [trajectory, step−1, field].
type series struct {
	steps, fields int
	v             []float32
}

func newSeries(trajectories, steps, fields int) *series {
	return &series{steps: steps, fields: fields, v: make([]float32, trajectories*steps*fields)}
}

// set writes the values [B, C] of one step of the trajectories that begin with from.
func (s *series) set(step, from int, values []float64) {
	for i, v := range values {
		b, c := i/s.fields, i%s.fields
		s.v[((from+b)*s.steps+step-1)*s.fields+c] = float32(v)
	}
}

func (s *series) at(trajectory, step, field int) float64 {
	return float64(s.v[(trajectory*s.steps+step-1)*s.fields+field])
}

// spectra are sums over trajectories of the power per shell at the spectrum steps, [step index][field][shell].
type spectra [][][]float64

func newSpectra(steps, fields, shells int) spectra {
	s := make(spectra, steps)
	for k := range s {
		s[k] = make([][]float64, fields)
		for c := range s[k] {
			s[k][c] = make([]float64, shells)
		}
	}
	return s
}

// add takes the powers of a batch, [B·C][shells].
func (s spectra) add(k int, power [][]float64) {
	for i, p := range power {
		sum := s[k][i%len(s[k])]
		for j, v := range p {
			sum[j] += v
		}
	}
}

// truthTally is what the truth says at the current step of the current batch, and its spectra.
type truthTally struct {
	zero, constant []bool      // [B·C]
	power          [][]float64 // [B·C][shells]
	spectra        spectra
	atSpectrum     int // index of the step among the spectrum steps, −1 where it is none
	spectrumSteps  []int
	zeros, flats   int // values left out because the truth was zero, or constant
	complete       int // leading shells that hold all directions
	wavenumbers    []float64
	shells         int
}

func newTruthTally(r *runner, plan *metric.Spectrum) *truthTally {
	t := &truthTally{spectrumSteps: spectrumSteps(r.steps), shells: plan.Shells(), complete: plan.Complete()}
	for j := range t.shells {
		t.wavenumbers = append(t.wavenumbers, plan.Wavenumber(j))
	}
	t.spectra = newSpectra(len(t.spectrumSteps), r.spec.Channels(), t.shells)
	return t
}

// spectrumSteps are up to four steps from 1 to n at equal ratios.
func spectrumSteps(n int) []int {
	var steps []int
	for i := range 4 {
		s := int(math.Round(math.Pow(float64(n), float64(i)/3)))
		if len(steps) == 0 || s > steps[len(steps)-1] {
			steps = append(steps, s)
		}
	}
	return steps
}

// add looks at the true frame of a step.
func (t *truthTally) add(r *runner, step int, truth *eddy.Tensor) {
	t.zero, t.constant = metric.Zero(truth), metric.Constant(truth)
	for i := range t.zero {
		if t.zero[i] {
			t.zeros++
		} else if t.constant[i] {
			t.flats++
		}
	}
	t.atSpectrum = -1
	if step > r.steps {
		return // only steps from the truth are measured so late
	}
	t.power = r.powers(truth, nil)
	for k, s := range t.spectrumSteps {
		if s == step {
			t.atSpectrum = k
			t.spectra.add(k, t.power)
		}
	}
}

// powers are the powers per shell of every field of u [B, C, X…], or of u − minus. A field that is not finite gives NaN.
func (r *runner) powers(u, minus *eddy.Tensor) [][]float64 {
	fields := u.Shape[0] * u.Shape[1]
	points := eddy.Size(u.Shape[2:])
	out := make([][]float64, fields)
	par.For(fields, func(i int) {
		plan := <-r.plans
		defer func() { r.plans <- plan }()
		out[i] = make([]float64, plan.Shells())
		if minus == nil {
			plan.Power(out[i], u.Data[i*points:(i+1)*points])
		} else {
			plan.ErrorPower(out[i], u.Data[i*points:(i+1)*points], minus.Data[i*points:(i+1)*points])
		}
	})
	return out
}

// tally collects the errors of one contender.
type tally struct {
	oneStep                   average
	nrmse, vrmse, correlation []average   // [steps]
	bands                     [][]average // [band][steps]

	// Per trajectory, for metrics.csv and for spread.
	nrmseOf, vrmseOf, correlationOf *series
	frmseOf                         []*series // [band]
	oneStepOf                       *series   // over all frames

	spectra, errorSpectra spectra
	diverged              []Divergence
	seconds               float64
	stepped               int // steps × trajectories that took them
}

// Divergence says that a rollout of a trajectory stopped being finite.
type Divergence struct {
	Trajectory int    `json:"trajectory"`
	Step       int    `json:"step"` // first step that is not finite, counted from 1
	Field      string `json:"field,omitempty"`
}

func newTally(r *runner, shells int) *tally {
	n, c := r.ds.Len(), r.spec.Channels()
	t := &tally{
		nrmse: make([]average, r.steps), vrmse: make([]average, r.steps), correlation: make([]average, r.steps),
		nrmseOf: newSeries(n, r.steps, c), vrmseOf: newSeries(n, r.steps, c), correlationOf: newSeries(n, r.steps, c),
		oneStepOf: newSeries(n, r.frames-1-r.start, c),
		spectra:   newSpectra(len(r.truth.spectrumSteps), c, shells), errorSpectra: newSpectra(len(r.truth.spectrumSteps), c, shells),
	}
	for range r.bands {
		t.bands = append(t.bands, make([]average, r.steps))
		t.frmseOf = append(t.frmseOf, newSeries(n, r.steps, c))
	}
	return t
}

// addOneStep takes the errors of a step from the truth.
func (t *tally) addOneStep(r *runner, step, from int, state, target *eddy.Tensor) {
	v := make([]float64, len(r.truth.zero))
	metric.NRMSE(v, state, target)
	t.oneStep.add(v, r.truth.zero)
	t.oneStepOf.set(step, from, v)
}

// add takes the errors of a state of the rollout.
func (t *tally) add(r *runner, step, from int, state, target *eddy.Tensor) {
	v := make([]float64, len(r.truth.zero))
	metric.NRMSE(v, state, target)
	t.nrmse[step-1].add(v, r.truth.zero)
	t.nrmseOf.set(step, from, v)
	metric.VRMSE(v, state, target)
	t.vrmse[step-1].add(v, r.truth.constant)
	t.vrmseOf.set(step, from, v)
	metric.Correlation(v, state, target)
	t.correlation[step-1].add(v, r.truth.constant)
	t.correlationOf.set(step, from, v)

	errorPower := r.powers(state, target)
	f := make([]float64, len(v))
	empty := make([]bool, len(v))
	for i, band := range r.bands {
		for j := range v {
			v[j], f[j] = metric.BandError(errorPower[j], r.truth.power[j], band), metric.FRMSE(errorPower[j], band)
			// The truth has nothing in this band: undefined for everybody, whatever the prediction.
			empty[j] = math.IsNaN(metric.BandError(r.truth.power[j], r.truth.power[j], band))
		}
		t.bands[i][step-1].add(v, empty)
		t.frmseOf[i].set(step, from, f)
	}
	if k := r.truth.atSpectrum; k >= 0 {
		t.spectra.add(k, r.powers(state, nil))
		t.errorSpectra.add(k, errorPower)
	}
}

// clock takes the wall time of one step of n trajectories.
func (t *tally) clock(took time.Duration, n int) {
	t.seconds += took.Seconds()
	t.stepped += n
}

// diverge notes the rows of a batch that diverged in the step that e tells of.
func (t *tally) diverge(e *rollout.DivergenceError, from int) {
	for b, step := range e.Steps {
		if step == e.Step {
			d := Divergence{Trajectory: from + b, Step: step}
			if b == e.Trajectory {
				d.Field = e.Field
			}
			t.diverged = append(t.diverged, d)
		}
	}
}

// notANumber is a batch of states that mean nothing.
func notANumber(shape []int) *eddy.Tensor {
	u := eddy.NewTensor(shape...)
	for i := range u.Data {
		u.Data[i] = float32(math.NaN())
	}
	return u
}
