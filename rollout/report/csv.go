package report

import (
	"encoding/csv"
	"io"
	"strconv"
)

// csvHeader names the columns of metrics.csv.
var csvHeader = []string{"model", "trajectory", "member", "step", "time", "field", "metric", "value"}

// together stands in a column whose things are measured all together: the members of an ensemble, the fields of a state.
const together = "all"

// column is a metric of a contender in the table.
type column struct {
	name string
	of   *series
	step int // of a series of one value a rollout; 0: every step has a value
}

// csv writes one row for every contender, trajectory, member, step, field and metric. Steps and times count from the start of the rollouts; one_step_nrmse is the error
// at that step when the step before was the truth; a metric of a whole rollout stands at its last step. Values that are not finite are written NaN, +Inf or -Inf.
func (e *Evaluation) csv(out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write(csvHeader); err != nil {
		return err
	}
	for _, r := range e.all() {
		if err := e.csvOf(w, r); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func (e *Evaluation) csvOf(w *csv.Writer, r Result) error {
	columns := []column{{name: "one_step_nrmse", of: r.tally.oneStepOf}}
	for _, m := range r.tally.states {
		columns = append(columns, column{name: m.Name, of: m.of})
	}
	for _, m := range r.tally.whole {
		columns = append(columns, column{name: m.Name, of: m.of, step: e.Steps})
	}
	scores := []column{}
	for _, m := range r.tally.ensemble.scores {
		scores = append(scores, column{name: m.Name, of: m.of})
	}
	row := make([]string, len(csvHeader))
	row[0] = r.Name
	for traj := range e.Trajectories {
		row[1] = strconv.Itoa(traj)
		for j := range r.Members {
			row[2] = strconv.Itoa(j)
			if err := e.csvRows(w, row, columns, traj*r.Members+j); err != nil {
				return err
			}
		}
		row[2] = together
		if err := e.csvRows(w, row, scores, traj); err != nil {
			return err
		}
	}
	return nil
}

// csvRows writes what is known of one rollout, step by step.
func (e *Evaluation) csvRows(w *csv.Writer, row []string, columns []column, at int) error {
	last := 0
	for _, c := range columns {
		last = max(last, c.of.steps, c.step)
	}
	for step := 1; step <= last; step++ {
		row[3], row[4] = strconv.Itoa(step), strconv.FormatFloat(e.time(step), 'g', 12, 64)
		for _, c := range columns {
			s := step
			switch {
			case c.step > 0 && c.step != step, c.step == 0 && step > c.of.steps:
				continue
			case c.step > 0:
				s = 1
			}
			row[6] = c.name
			for f := range c.of.fields {
				row[5] = together
				if c.of.fields == e.Spec.Channels() {
					row[5] = e.Spec.Fields[f].Name
				}
				row[7] = strconv.FormatFloat(c.of.at(at, s, f), 'g', -1, 32)
				if err := w.Write(row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
