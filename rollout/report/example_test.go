package report_test

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy/rollout/report"
)

// A wave that moves by a 32nd of its length a step, forecast by a model that is exact and by persistence.
func ExampleEvaluate() {
	ctx := context.Background()
	ds := newWave(4, 21, 1, 32)
	persistence, err := report.Baseline(ctx, "persistence", ds)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := report.Evaluate(ctx, []report.Contender{{Name: "exact", Model: &shift{spec: ds.spec, gain: 1}}}, ds, report.Options{
		Steps: 20, Against: []report.Contender{persistence},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range append(e.Models, e.Baselines...) {
		c := r.Crossings()[0]
		fmt.Printf("%s: nRMSE %.3f after one step, correlation ≥ %g for %d steps\n", r.Name, r.NRMSE[0], c.Threshold, c.Steps)
	}
	// e.Write("evaluation") leaves summary.json, metrics.csv and report.html there.

	// Output:
	// exact: nRMSE 0.000 after one step, correlation ≥ 0.8 for 20 steps
	// persistence: nRMSE 0.196 after one step, correlation ≥ 0.8 for 3 steps
}
