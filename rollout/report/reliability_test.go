package report

import (
	"math"
	"testing"

	"github.com/eddy-pde/eddy/rollout/metric"
)

// Spread over skill does not depend on the units of fields, and a field that stays as it is does not enter.
func TestReliabilityWeighsFieldsAlike(t *testing.T) {
	const members, trajectories = 4, 3
	of := func(values ...float64) Result {
		fields := len(values) / 2
		e := &ensemble{members: members}
		for i, name := range []string{"spread", "skill"} {
			m := newMeasurement(metric.Metric{Name: name}, trajectories, 1, fields)
			for traj := range trajectories {
				scaled := make([]float64, fields)
				for c := range fields {
					scaled[c] = float64(traj+1) * values[i*fields+c]
				}
				m.of.set(1, traj, scaled, nil)
			}
			e.scores = append(e.scores, m)
		}
		return Result{Members: members, tally: &tally{ensemble: e}}
	}
	correction := math.Sqrt(5.0 / 4)
	for name, c := range map[string]struct {
		of   Result
		want float64
	}{
		"one field":               {of(0.5, 1), 0.5},
		"two fields":              {of(0.5, 2, 1, 1), math.Sqrt((0.25 + 4) / 2)},
		"in other units":          {of(0.5, 2e5, 1, 1e5), math.Sqrt((0.25 + 4) / 2)},
		"a field that stays":      {of(0.5, 0, 1, 0), 0.5},
		"a field without members": {of(0.5, 0, 1, 1), math.Sqrt(0.25 / 2)},
	} {
		if got := c.of.reliability()[0]; math.Abs(got-correction*c.want) > 1e-6 { // float32
			t.Errorf("%s: %g, want %g", name, got, correction*c.want)
		}
	}
	if got := of(0.5, 1, math.NaN(), 1).reliability()[0]; !math.IsNaN(got) {
		t.Errorf("a rollout that is not finite gives %g", got)
	}
	if got := of(0, 0).reliability()[0]; !math.IsNaN(got) {
		t.Errorf("no field at all gives %g", got)
	}
}
