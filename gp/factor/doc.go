// Package factor fits functional tensor factorisations: y(x_1, …, x_K) as a sum of products of functions of one coordinate each (CP), or as a core tensor times such functions (Tucker), from scattered noisy entries.
//
// The model is FunBaT's (Fang et al., Functional Bayesian Tucker Decomposition, ICLR 2024): every function is a Gaussian process with a Matérn kernel, written as a linear stochastic differential equation, so that a Kalman filter
// and a Rauch-Tung-Striebel smoother over the distinct coordinates of a mode do exact inference in linear time. Functions of a mode are inferred jointly, modes and core alternately (variational message passing).
// Four things differ from the authors' code (github.com/xuangu-fang/Functional-Bayesian-Tucker-Decomposition@fe270e8):
//
//   - No message is stored per entry. Damping is linear, so the damped sum of messages is kept instead, one matrix per distinct coordinate.
//   - Length scales, variances and the noise are learned by the marginal likelihood that the filter computes anyway, not set by hand.
//   - A variance per component makes superfluous components vanish (automatic relevance determination): the rank is found, the given one is a bound.
//   - Several starts compete by their evidence lower bound (ELBO), since a single one may end in a poor optimum.
package factor
