// Package metric says how far a predicted state is from the truth, one metric a file.
//
// A metric compares two batches of states [B, C, X…] and writes one value per trajectory and field to dst [B, C] (flat, row-major), so that the spread over
// trajectories survives; some look at all fields together and write one per trajectory, [B]. Ensembles are [B, M, C, X…], whole rollouts [B, T, C, X…]. Sums
// are taken over space first and in float64. What is not finite, in the prediction or in the truth, gives a value that is not finite. Where the truth itself
// leaves a metric undefined (it divides by the size of a field that is zero, say) the value is NaN, and [Zero] and [Constant] tell the two cases apart.
//
// All metrics panic with a *eddy.ShapeError where shapes do not fit.
//
// # The catalogue
//
// [Catalogue] lists every metric by name, [Select] chooses from it, and a [Plan] measures what was chosen, sharing spectra and the like between them:
//
//	metrics, err := metric.Select("default,crps", spec)
//	plan := metric.NewPlan(spec)
//	truth := plan.Truth(target)               // at each step, once
//	pair := truth.Against(state)              // for each model; AgainstMembers for an ensemble
//	for _, m := range metrics {
//		m.Measure(dst, pair)                  // dst [B·m.Values(spec)]
//		mean := m.Reduce(dst, m.Undefined(truth))
//	}
//
// Metrics of whole rollouts are measured by a [Run] that is given the pair of every step.
//
// # Original and corrected
//
// Benchmarks differ in what they call by one name, and their code has defects. A metric has the plain name in the form that we hold right, and the name with
// its origin (vrmse_well, brmse_pdebench, nrmse_apebench), marked Compat, in the form that the original's released code computes, whose doc tells the
// difference. The latter are compared with that code to 1e-6 (testdata/peers.py, benchmarks/metrics.md). How an original reduces values over trajectories is
// Metric.Over.
//
// # Intervals
//
// [Bootstrap] gives confidence intervals of means over trajectories and of paired differences.
package metric
