package metric

import "github.com/eddy-pde/eddy"

// Run measures a metric of [Rollouts] for a batch of trajectories, one step at a time.
type Run struct {
	metric Metric
	s      stepper
	values int
}

// stepper is the part of a Run that differs between metrics.
type stepper interface {
	add(p *Pair)
	// finish writes the value of trajectory and field (or trajectory) i, and whether the truth leaves it undefined.
	finish(i int) (value float64, undefined bool)
}

// NewRun starts a metric of Rollouts for a batch of trajectories of the plan's data. It panics with a *eddy.ShapeError for any other metric.
func (p *Plan) NewRun(m Metric, batch int) *Run {
	if m.run == nil {
		panic(&eddy.ShapeError{Op: "metric.Plan.NewRun", What: m.Name, Got: []int{batch}, Hint: "not a metric of whole rollouts: use Metric.Measure at every step"})
	}
	n := batch * m.Values(p.spec)
	return &Run{metric: m, s: m.run(n), values: n}
}

// Metric is the metric that is measured.
func (r *Run) Metric() Metric { return r.metric }

// Add takes the next step of the rollouts, the first one being step 1.
func (r *Run) Add(p *Pair) { r.s.add(p) }

// Values are the values [B·Values] over the steps added so far, and marks of those that the truth leaves undefined; see [Metric.Undefined].
func (r *Run) Values() (values []float64, undefined []bool) {
	values, undefined = make([]float64, r.values), make([]bool, r.values)
	for i := range values {
		values[i], undefined[i] = r.s.finish(i)
	}
	return values, undefined
}
