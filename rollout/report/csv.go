package report

import (
	"encoding/csv"
	"io"
	"strconv"
)

// csvHeader names the columns of metrics.csv.
var csvHeader = []string{"model", "trajectory", "member", "step", "time", "field", "metric", "value"}

// csv writes one row for every contender, trajectory, step, field and metric. Steps and times count from the start of the rollouts; one_step_nrmse is the error at
// that step when the step before was the truth. Values that are not finite are written NaN, +Inf or -Inf.
func (e *Evaluation) csv(out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write(csvHeader); err != nil {
		return err
	}
	for _, r := range e.all() {
		type column struct {
			name string
			*series
		}
		columns := []column{{"one_step_nrmse", r.tally.oneStepOf}, {"nrmse", r.tally.nrmseOf}, {"vrmse", r.tally.vrmseOf}, {"correlation", r.tally.correlationOf}}
		for i, band := range e.bands {
			columns = append(columns, column{"frmse_" + band.Name, r.tally.frmseOf[i]})
		}
		row := make([]string, len(csvHeader))
		row[0], row[2] = r.Name, "0"
		for traj := range e.Trajectories {
			row[1] = strconv.Itoa(traj)
			for step := 1; step <= r.tally.oneStepOf.steps; step++ {
				row[3], row[4] = strconv.Itoa(step), strconv.FormatFloat(e.time(step), 'g', 12, 64)
				for c, f := range e.Spec.Fields {
					row[5] = f.Name
					for _, m := range columns {
						if step > m.steps {
							continue
						}
						row[6], row[7] = m.name, strconv.FormatFloat(m.at(traj, step, c), 'g', -1, 32)
						if err := w.Write(row); err != nil {
							return err
						}
					}
				}
			}
		}
	}
	w.Flush()
	return w.Error()
}
