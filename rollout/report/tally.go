package report

import (
	"math"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/metric"
)

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

// scale multiplies all powers.
func (s spectra) scale(by float64) {
	for _, fields := range s {
		for _, power := range fields {
			for j := range power {
				power[j] *= by
			}
		}
	}
}

// truthTally is what the truth says at the current step of the current batch, and its spectra.
type truthTally struct {
	now           *metric.Truth
	repeated      map[int]*metric.Truth // by number of members
	spectra       spectra
	atSpectrum    int // index of the step among the spectrum steps, −1 where it is none
	spectrumSteps []int
	zeros, flats  int // values left out because the truth was zero, or constant
	complete      int // leading shells that hold all directions
	wavenumbers   []float64
	shells        int
	fan           []float32 // [step] value of the first trajectory where fans look, from the start
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

// see looks at the true frame of a step.
func (t *truthTally) see(r *runner, step int, truth *eddy.Tensor) {
	t.now, t.repeated = r.plan.Truth(truth), map[int]*metric.Truth{}
	for i, zero := range t.now.Zero() {
		if zero {
			t.zeros++
		} else if t.now.Constant()[i] {
			t.flats++
		}
	}
	t.atSpectrum = -1
	if step > r.steps {
		return // only steps from the truth are measured so late
	}
	for k, s := range t.spectrumSteps {
		if s == step {
			t.atSpectrum = k
			t.spectra.add(k, t.now.Power())
		}
	}
}

// repeat is the truth with every trajectory as many times as it has members.
func (t *truthTally) repeat(r *runner, members int) *metric.Truth {
	if members == 1 {
		return t.now
	}
	if t.repeated[members] == nil {
		t.repeated[members] = r.plan.Truth(rollout.Repeat(t.now.U, members))
	}
	return t.repeated[members]
}

// place is a state's place: its trajectory, its step from the first start, its field.
type place struct{ trajectory, step, field int }

// tally collects the errors of one contender.
type tally struct {
	members   int
	oneStep   average
	oneStepOf *series // over all frames
	sick      []place // steps from the truth that are not finite

	states   []*measurement // of every rollout, at every step
	ensemble *ensemble      // of all members of a trajectory together
	whole    []*measurement // one value a rollout

	spectra, errorSpectra spectra // sums over rollouts
	diverged              []Divergence
	watch                 *watch // nil where nobody knows what the model was trained on
	seconds               float64
	stepped               int // steps × rollouts that took them
}

// Divergence says that a rollout of a trajectory stopped being finite.
type Divergence struct {
	Trajectory int    `json:"trajectory"`
	Member     int    `json:"member,omitempty"`
	Step       int    `json:"step"` // first step that is not finite, counted from 1
	Field      string `json:"field,omitempty"`
}

func newTally(r *runner, members, shells int) *tally {
	rows, c := r.ds.Len()*members, r.spec.Channels()
	t := &tally{
		members: members, oneStepOf: newSeries(rows, r.frames-1-r.start, c),
		spectra: newSpectra(len(r.truth.spectrumSteps), c, shells), errorSpectra: newSpectra(len(r.truth.spectrumSteps), c, shells),
	}
	for _, m := range r.metrics.states {
		t.states = append(t.states, newMeasurement(m, rows, r.steps, m.Values(r.spec)))
	}
	for _, m := range r.metrics.rollouts {
		t.whole = append(t.whole, newMeasurement(m, rows, 1, m.Values(r.spec)))
	}
	t.ensemble = newEnsemble(r, members)
	return t
}

// of finds a metric of states.
func (t *tally) of(name string) *measurement {
	for _, m := range t.states {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// addOneStep takes the errors of a step from the truth of the trajectories that begin with from.
func (t *tally) addOneStep(step, from int, state *eddy.Tensor, truth *metric.Truth) {
	v := make([]float64, len(truth.Zero()))
	metric.NRMSE(v, state, truth.U)
	for i, x := range v {
		if x-x != 0 && !truth.Zero()[i] {
			t.sick = append(t.sick, place{from + i/state.Shape[1]/t.members, step, i % state.Shape[1]})
		}
	}
	t.oneStep.add(v, truth.Zero())
	t.oneStepOf.set(step, from*t.members, v, truth.Zero())
}

// add takes the errors of a state of the rollouts [B·M, C, X…] of the trajectories that begin with from.
func (t *tally) add(r *runner, step, from int, state *eddy.Tensor, runs []*metric.Run) {
	p := r.truth.repeat(r, t.members).Against(state)
	for _, m := range t.states {
		m.measure(step, from*t.members, p)
	}
	for _, run := range runs {
		run.Add(p)
	}
	if k := r.truth.atSpectrum; k >= 0 {
		t.spectra.add(k, p.Power())
		t.errorSpectra.add(k, p.ErrorPower())
	}
	t.ensemble.add(r, step, from, state)
}

// finish takes the metrics of whole rollouts of the trajectories that begin with from.
func (t *tally) finish(from int, runs []*metric.Run) {
	for i, run := range runs {
		values, undefined := run.Values()
		t.whole[i].add(1, from*t.members, values, undefined)
	}
}

// clock takes the wall time of one step of n rollouts.
func (t *tally) clock(took time.Duration, n int) {
	t.seconds += took.Seconds()
	t.stepped += n
}

// diverge notes the rows of a batch that diverged in the step that e tells of.
func (t *tally) diverge(e *rollout.DivergenceError, from int) {
	for b, step := range e.Steps {
		if step == e.Step {
			d := Divergence{Trajectory: from + b/t.members, Member: b % t.members, Step: step}
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
