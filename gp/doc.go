// Package gp solves linear and semilinear PDEs on boxes, with frequencies and scales that defeat networks and plain Gaussian processes, to near machine precision where the data are
// exact and with calibrated uncertainty where they are noisy.
//
// A [Problem] is data: domain, an operator that is a sum over axes, a pointwise nonlinearity, forcing, boundary conditions. [Solve] returns a [Posterior] by one of three solvers:
//
//   - fdsm, ours: every axis has a complete polynomial (or Fourier) space that satisfies the homogeneous boundary conditions, and in it the eigenfunctions or the Schur form of its part of the operator.
//     The solve is then one division per coefficient, or one back-substitution, whatever the dimension. Boundary data are lifted by a Boolean sum, nonlinearities go through Newton-Krylov. Where the points are too few for
//     polynomials, waves found in the data take their place (the feature map of a spectral-mixture kernel). With noise, the evidence of the coefficients is diagonal, and a spectral prior is fitted to it.
//   - cheb, the classical baseline: Chebyshev collocation.
//   - gphm, the published method: GP-HM of Fang et al. (ICLR 2024), by Adam on all grid values or with the grid values profiled out.
//
// # Where the Gaussian process earns its keep
//
// With exact forcing the accuracy is that of spectral methods, and cheb reaches it too. The Gaussian process is needed where spectral methods fail: noisy forcing (evidence chooses the filter, and the posterior
// says how far to trust it), missing patches of data, sensors below the Nyquist rate, unknown coefficients ([FitCoefficient]).
//
// # Subpackages
//
// factor (functional tensor factorisations of scattered data), basis (functions of one variable), lin (dense algebra), evidence (the diagonal likelihood), kernel (spectral-mixture kernels and their derivatives).
package gp
