package report

import (
	"math"

	"github.com/eddy-pde/eddy/rollout/metric"
)

// average is a mean under way. It is not finite as soon as one value is not.
type average struct {
	sum float64
	n   int
}

// add takes the values that are not skipped; a nil skip keeps all.
func (a *average) add(values []float64, skip []bool) {
	for i, v := range values {
		if skip == nil || !skip[i] {
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

// series keeps one value per row, step and field, [row, step−1, field]. A row is one rollout: a trajectory, or a member of one.
type series struct {
	steps, fields int
	v             []float32
	undefined     []bool // by the truth, whatever the forecast; nil where nothing is
}

func newSeries(rows, steps, fields int) *series {
	return &series{steps: steps, fields: fields, v: make([]float32, rows*steps*fields)}
}

// set writes the values [rows·fields] of one step of the rows that begin with first, and marks those that skip marks.
func (s *series) set(step, first int, values []float64, skip []bool) {
	for i, v := range values {
		at := s.index(first+i/s.fields, step, i%s.fields)
		s.v[at] = float32(v)
		if skip != nil && skip[i] {
			if s.undefined == nil {
				s.undefined = make([]bool, len(s.v))
			}
			s.undefined[at] = true
		}
	}
}

func (s *series) index(row, step, field int) int { return (row*s.steps+step-1)*s.fields + field }

func (s *series) at(row, step, field int) float64 { return float64(s.v[s.index(row, step, field)]) }

// skipped tells whether the truth leaves a value undefined.
func (s *series) skipped(row, step, field int) bool {
	return s.undefined != nil && s.undefined[s.index(row, step, field)]
}

// rows is the number of rollouts.
func (s *series) rows() int { return len(s.v) / max(s.steps*s.fields, 1) }

// measurement is a metric of one contender.
type measurement struct {
	metric.Metric
	of     *series // of ensembles and of whole rollouts a row is a trajectory, and the latter have one step
	mean   []average
	values []float64 // scratch
}

func newMeasurement(m metric.Metric, rows, steps, fields int) *measurement {
	return &measurement{Metric: m, of: newSeries(rows, steps, fields), mean: make([]average, steps)}
}

// measure takes the metric of a step of the rows that begin with first.
func (m *measurement) measure(step, first int, p *metric.Pair) {
	rows := p.Truth.U.Shape[0]
	if n := rows * m.of.fields; len(m.values) != n {
		m.values = make([]float64, n)
	}
	m.Measure(m.values, p)
	m.add(step, first, m.values, m.Undefined(p.Truth))
}

func (m *measurement) add(step, first int, values []float64, undefined []bool) {
	m.of.set(step, first, values, undefined)
	m.mean[step-1].add(values, undefined)
}

// curve is one number a step: the reduction of the metric over rollouts, then the mean over fields.
func (m *measurement) curve() []float64 {
	out := make([]float64, m.of.steps)
	for s := range out {
		if m.Over == metric.ByMean {
			out[s] = m.mean[s].value()
			continue
		}
		out[s] = m.reduced(s + 1)
	}
	return out
}

// reduced is the reduction at one step, field by field, then the mean over the fields for which it is defined.
func (m *measurement) reduced(step int) float64 {
	rows := m.of.rows()
	values, skip := make([]float64, rows), make([]bool, rows)
	sum, n := 0.0, 0
	for c := range m.of.fields {
		defined := false
		for r := range rows {
			values[r], skip[r] = m.of.at(r, step, c), m.of.skipped(r, step, c)
			defined = defined || !skip[r]
		}
		if defined {
			sum += m.Reduce(values, skip)
			n++
		}
	}
	return sum / float64(n)
}
