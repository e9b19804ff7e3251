package rollout

import (
	"fmt"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// Bounds are the least and the greatest of some values.
type Bounds struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Envelope is what the states that a model was trained on looked like: how far their values, their energy and their spectra reached. A run keeps it beside the weights;
// outside of it nobody has seen the model be right. See [Guard].
type Envelope struct {
	States int             `json:"states"` // that were looked at
	Fields []FieldEnvelope `json:"fields"`
	Params []ParamBounds   `json:"params,omitempty"` // scalars of the equation that the model is told
}

// ParamBounds are those of a scalar.
type ParamBounds struct {
	Name string `json:"name"`
	Bounds
}

// FieldEnvelope is that of one field.
type FieldEnvelope struct {
	Name   string `json:"name"`
	Value  Bounds `json:"value"`  // of single values
	Energy Bounds `json:"energy"` // of the mean square over space; both 0 where nobody measured it
	// Octaves bound the power of the spectrum, as in metric.Spectrum: entry 0 that of the mean, entry j that of 2^(j−1) … 2^j−1 waves along the longest axis. Only octaves
	// that the training grid resolves in all directions are there, so that states on other grids compare.
	Octaves []Bounds `json:"octaves,omitempty"`
}

// Surveyor makes an Envelope of states.
type Surveyor struct {
	envelope Envelope
	survey   *survey
}

// NewSurveyor looks at states of a Spec.
func NewSurveyor(spec eddy.Spec) *Surveyor {
	s := &Surveyor{survey: newSurvey(spec)}
	for _, f := range spec.Fields {
		s.envelope.Fields = append(s.envelope.Fields, FieldEnvelope{Name: f.Name})
	}
	return s
}

// Add takes a state [C, X…] in. One that is not finite is left out.
func (s *Surveyor) Add(state *eddy.Tensor) {
	if nonFinite(state.Data) >= 0 {
		return
	}
	first := s.envelope.States == 0
	s.envelope.States++
	for c := range s.envelope.Fields {
		f, seen := &s.envelope.Fields[c], s.survey.of(state, c)
		if first {
			f.Value, f.Energy = Bounds{seen.low, seen.high}, Bounds{seen.energy, seen.energy}
			for _, p := range seen.octaves {
				f.Octaves = append(f.Octaves, Bounds{p, p})
			}
			continue
		}
		f.Value.take(seen.low)
		f.Value.take(seen.high)
		f.Energy.take(seen.energy)
		for j, p := range seen.octaves {
			f.Octaves[j].take(p)
		}
	}
}

// Envelope is that of the states so far.
func (s *Surveyor) Envelope() *Envelope {
	e := s.envelope
	return &e
}

// take widens the bounds to a value.
func (b *Bounds) take(v float64) { b.Low, b.High = min(b.Low, v), max(b.High, v) }

// survey measures what an envelope bounds.
type survey struct {
	shape []int
	plan  *metric.Spectrum
	power []float64
}

// sight is what a field of a state looks like.
type sight struct {
	low, high, energy float64
	octaves           []float64
}

func newSurvey(spec eddy.Spec) *survey {
	s := &survey{shape: spec.FrameShape(), plan: metric.NewSpectrum(spec.Grid)}
	s.power = make([]float64, s.plan.Shells())
	return s
}

func (s *survey) clone() *survey {
	return &survey{shape: s.shape, plan: s.plan.Clone(), power: make([]float64, len(s.power))}
}

// of measures field c of a state [C, X…].
func (s *survey) of(state *eddy.Tensor, c int) sight {
	eddy.MustShape("rollout.Envelope", "state", state.Shape, s.shape)
	u := state.Row(c).Data
	lo, hi, square := u[0], u[0], 0.0
	for _, v := range u {
		lo, hi = min(lo, v), max(hi, v)
		square += float64(v) * float64(v)
	}
	s.plan.Power(s.power, u)
	out := sight{low: float64(lo), high: float64(hi), energy: square / float64(len(u))}
	for j := 0; octaveEnd(j) <= s.plan.Complete(); j++ {
		p := 0.0
		for k := octaveEnd(j) / 2; k < octaveEnd(j); k++ {
			p += s.power[k]
		}
		out.octaves = append(out.octaves, p)
	}
	return out
}

// octaveEnd is the first shell behind octave j: 1, 2, 4, 8 and so on.
func octaveEnd(j int) int { return 1 << j }

// octaveName says which waves are in octave j.
func octaveName(j int) string {
	switch from, to := octaveEnd(j)/2, octaveEnd(j)-1; {
	case j == 0:
		return "power of the mean"
	case from == to:
		return "power of 1 wave"
	default:
		return fmt.Sprintf("power of %d to %d waves", from, to)
	}
}
