package rollout

import (
	"fmt"
	"math"
)

// DivergenceError says that trajectories of a rollout stopped being finite. It is an answer, not a failure: the frames before Step are good, and so is every
// other trajectory of the batch.
type DivergenceError struct {
	Step       int     // steps after the start at which a value was first NaN or infinite; the state of Step−1 is finite
	Trajectory int     // row of the batch that diverged; the first one where several did
	Time       float64 // time of that state
	Field      string  // the first field concerned
	Value      float64 // the value found: NaN, +Inf or −Inf

	// Steps [B] holds, for every row, the step at which it diverged, 0 where it has not so far.
	Steps []int
}

// Error is one line: what became of which trajectory, and when.
func (e *DivergenceError) Error() string {
	more := -1
	for _, s := range e.Steps {
		if s > 0 {
			more++
		}
	}
	s := fmt.Sprintf("rollout: trajectory %d diverged at step %d (time %.6g): %s became %v", e.Trajectory, e.Step, e.Time, e.Field, e.Value)
	if more > 0 {
		s += fmt.Sprintf("; %d more of %d diverged", more, len(e.Steps))
	}
	return s
}

// nonFinite is the index of the first NaN or infinite value, −1 where there is none.
func nonFinite(v []float32) int {
	// x−x is 0 for a finite x and NaN otherwise, so one sum tells whether to look closer.
	var s float32
	for _, x := range v {
		s += x - x
	}
	if s == 0 {
		return -1
	}
	for i, x := range v {
		if x-x != 0 {
			return i
		}
	}
	return -1
}

// fillNaN marks a state that no longer means anything.
func fillNaN(v []float32) {
	nan := float32(math.NaN())
	for i := range v {
		v[i] = nan
	}
}
