// Package report evaluates Models on a data set and writes what it found: numbers for programs (summary.json, metrics.csv) and one page for people (report.html)
// that opens anywhere, without a network.
//
//	e, err := report.Evaluate(ctx, []report.Contender{{Name: "fno", Model: op}}, ds, report.Options{Against: baselines})
//	err = e.Write("eval/")
//
// # What is measured
//
// All contenders, models and baselines, start from the same frame, the first one that leaves enough history for each of them, and roll out beside the truth.
// Per trajectory and field: nRMSE = √mean_x d² / √mean_x y², VRMSE, Pearson correlation over space, errors per band of wavenumbers; then the mean over fields and
// trajectories. A trajectory that diverges makes the mean non-finite from then on (null in JSON), which counts as below every threshold; it is never averaged
// away. Values that the truth itself leaves undefined (a field that is zero has no relative error) are left out for everybody, and a note says so.
//
// The data are read once, a few frames of a few trajectories at a time, so memory does not grow with the size of the data set.
package report
