// Package report evaluates Models on a data set and writes what it found: numbers for programs (summary.json, metrics.csv), one page for people (report.html) that opens
// anywhere, without a network, and its tables and figures as files for papers.
//
//	e, err := report.Evaluate(ctx, []report.Contender{{Name: "fno", Model: op}}, ds, report.Options{Against: baselines})
//	err = e.Write("eval/")        // and e.WriteFigures("eval/")
//
// # What is measured
//
// All contenders, models and baselines, start from the same frame, the first one that leaves enough history for each of them, and roll out beside the truth.
// Per trajectory and field: nRMSE = √mean_x d² / √mean_x y², VRMSE, Pearson correlation over space, errors per band of wavenumbers, and whatever else of package metric
// [Options.Metrics] asks for; then the mean over fields and trajectories. A trajectory that diverges makes the mean non-finite from then on (null in JSON), which counts as
// below every threshold; it is never averaged away. Values that the truth itself leaves undefined (a field that is zero has no relative error) are left out for
// everybody, and a note says so.
//
// A contender that is an [eddy.Ensemble] is rolled out by several members, each from random streams of its own. Its errors are those of single members; what they
// say together is scored beside it: CRPS, spread against skill, rank histograms, and the errors of their mean.
//
// # What is compared
//
// Trajectories are independent of one another and nothing else is, so intervals come from a bootstrap over trajectories, whose draws follow from [Options.Seed]. A
// [Ranking] puts contenders in order and gives a rank to what the data tell apart: see [Standing]. [Evaluation.MeasureBreakEven] weighs the cost of a surrogate
// against that of a solver at equal error. A [Contender] that says what it was trained on is watched for leaving it: see [Validity].
//
// The data are read once, a few frames of a few trajectories at a time, so memory does not grow with the size of the data set; what is kept is a number for every
// trajectory, member, step, field and metric.
package report
