// Package metric says how far a predicted state is from the truth, one metric a file.
//
// A metric compares two batches of states [B, C, X…] and writes one value per trajectory and field to dst [B, C] (flat, row-major), so that the spread over
// trajectories survives; [Mean] reduces them. Sums are taken over space first and in float64. A prediction that holds NaN or infinities gives a value that
// is not finite. Where the truth itself leaves a metric undefined (it divides by the size of a field that is zero, say) the value is NaN, and [Zero] and
// [Constant] tell the two cases apart.
//
// All metrics panic with a *eddy.ShapeError where shapes do not fit.
package metric
