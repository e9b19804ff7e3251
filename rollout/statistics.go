package rollout

import (
	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// Statistics gather what a rollout of one trajectory looks like while it runs: moments, extremes and the mean spectrum of every field, in memory that does not
// grow with its length. Written to JSON and read back into fresh ones of the same Spec they go on as if nothing had been between, so that a checkpoint of a long
// rollout keeps them.
type Statistics struct {
	States    int               `json:"states"`               // states that entered
	NonFinite int               `json:"non_finite,omitempty"` // states that held NaN or infinite values, which enter nothing
	Fields    []FieldStatistics `json:"fields"`

	shape []int // of a state
	plan  *metric.Spectrum
	now   []float64 // powers of the state at hand
}

// FieldStatistics are those of one field, over all points of all states.
type FieldStatistics struct {
	Name     string    `json:"name"`
	Mean     float64   `json:"mean"`
	Variance float64   `json:"variance"`
	Min      float64   `json:"min"`
	Max      float64   `json:"max"`
	MinStep  int       `json:"min_step"` // where the extremes were first met
	MaxStep  int       `json:"max_step"`
	Power    []float64 `json:"power"` // mean power per shell, see [metric.Spectrum]
}

// NewStatistics makes statistics without any state for trajectories of a Spec.
func NewStatistics(spec eddy.Spec) *Statistics {
	s := &Statistics{shape: spec.FrameShape(), plan: metric.NewSpectrum(spec.Grid)}
	s.now = make([]float64, s.plan.Shells())
	for _, f := range spec.Fields {
		s.Fields = append(s.Fields, FieldStatistics{Name: f.Name})
	}
	return s
}

// Add takes the state [C, X…] after a number of steps. One that is not finite is counted and left out. It panics with a *eddy.ShapeError where the state is not
// one of the Spec.
func (s *Statistics) Add(step int, state *eddy.Tensor) {
	eddy.MustShape("rollout.Statistics.Add", "state", state.Shape, s.shape)
	if nonFinite(state.Data) >= 0 {
		s.NonFinite++
		return
	}
	s.States++
	for c := range s.Fields {
		u := state.Row(c).Data
		s.plan.Power(s.now, u)
		s.Fields[c].add(s.States, step, u, s.now)
	}
}

// add takes the values and the powers of the n-th state.
func (f *FieldStatistics) add(n, step int, u []float32, power []float64) {
	lo, hi, sum := u[0], u[0], 0.0
	for _, v := range u {
		lo, hi = min(lo, v), max(hi, v)
		sum += float64(v)
	}
	mean := sum / float64(len(u))
	variance := 0.0
	for _, v := range u {
		variance += (float64(v) - mean) * (float64(v) - mean)
	}
	variance /= float64(len(u))

	// All states weigh the same, so means run on by their differences (Welford 1962) and never as sums that would lose digits.
	weight, d := 1/float64(n), mean-f.Mean
	f.Mean += d * weight
	f.Variance += (variance - f.Variance + d*d*(1-weight)) * weight
	if f.Power == nil {
		f.Power = make([]float64, len(power))
	}
	for j, p := range power {
		f.Power[j] += (p - f.Power[j]) * weight
	}
	if n == 1 || float64(lo) < f.Min {
		f.Min, f.MinStep = float64(lo), step
	}
	if n == 1 || float64(hi) > f.Max {
		f.Max, f.MaxStep = float64(hi), step
	}
}
