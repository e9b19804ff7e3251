// Package pde solves partial differential equations on periodic boxes: one equation a file, each a [Problem] whose solver is an [eddy.Precise] model.
//
// # Method
//
// All equations are semilinear, u_t = L u + N(u) with constant coefficients in L, and are solved in Fourier space: the linear part exactly, the nonlinear part by
// ETDRK4, the exponential Runge–Kutta scheme of fourth order (Cox & Matthews 2002) with the coefficients of Kassam & Trefethen (2005), evaluated as complex
// means over a circle. The solver keeps the frequencies |k| ≤ K = ⌊(n−1)/3⌋ of each axis of n points, the 2/3 rule: products of two kept fields are then
// free of aliasing at all kept frequencies, so the result is the Fourier–Galerkin method with K modes. The error of a step sequence is O(h⁴) while h times the
// fastest rate of L is moderate, and behaves more like h³ where it is large.
//
// # Grids
//
// The setting solve is the number of points that the solver computes on, grid that of the states. The two may differ: states are the exact values of the
// solver's Fourier sum on their grid, without the frequencies of n/2 and above that it cannot hold. Where the grid does not hold all of the solver's
// frequencies, stepping a state from it loses the others; datasets.Generate, which carries the full state, does not.
//
// # Time steps
//
// A step of Dt is taken in equal substeps. Where their number is not set, it is the smallest one with max_speed · h ≤ cfl · dx, for the substep h, the distance
// dx of the solver's points and the equation's setting max_speed, a bound that the flow is expected to keep; cfl = 0.5, at which ETDRK4 is stable (up to about
// 1.3) and accurate. The number is recorded as setting substeps. A flow faster than expected loses accuracy first; where it becomes unstable the state ends
// up infinite, which datasets.Generate reports with the step.
//
// # Numbers
//
// Results do not depend on the batch or on the number of threads. They do depend, in the last bits, on whether the processor has AVX2.
package pde
