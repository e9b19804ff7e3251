// Package pde solves partial differential equations: one equation a file, each a [Problem] whose solver is an [eddy.Precise] model. [Named] finds an equation by its name,
// [Preset] a benchmark's data set.
//
// # Method
//
// Most equations are semilinear, u_t = L u + N(u) with constant coefficients in L, and are solved in Fourier space (cosine series where nothing flows through the
// sides): the linear part exactly, the nonlinear part by ETDRK4, the exponential Runge–Kutta scheme of fourth order (Cox & Matthews 2002) with the coefficients of
// Kassam & Trefethen (2005), evaluated as complex means over a circle. Of each axis of n points the solver keeps the frequencies |k| ≤ K = ⌊(n−1)/3⌋, the 2/3 rule, where
// N has products of two fields, |k| ≤ ⌊(n−1)/4⌋ where it has products of three (2n in place of n for cosine series): these products are then free of aliasing at all
// kept frequencies, so the result is the Fourier–Galerkin method with K modes. The error of a step sequence is O(h⁴) while h times the fastest rate of L is moderate, and
// behaves more like h³ where it is large. Advection and waves have no nonlinear part and are exact. Darcy is steady, and solved by conjugate gradients.
//
// # Grids
//
// The setting solve is the number of points that the solver computes on, grid that of the states. The two may differ: states are the exact values of the
// solver's Fourier sum on their grid, without the frequencies of n/2 and above that it cannot hold. Where the grid does not hold all of the solver's
// frequencies, stepping a state from it loses the others; datasets.Generate, which carries the full state, does not.
//
// # Time steps
//
// A step of Dt is taken in substeps. Where their number is not set, it is the smallest one with max_speed · h ≤ cfl · dx, for the substep h, the distance dx of
// the solver's points and the equation's setting max_speed, the speed that the flow is expected to keep; cfl = 0.5, at which ETDRK4 is stable (up to about 1.3) and
// accurate. Reactions without a flow take a tenth of their fastest time. The number is recorded as setting substeps. The solver looks at the speed of the state every
// 16 substeps: one that is faster than max_speed takes twice, four times, … as many substeps, so that the Courant number stays below its bound, until it has slowed
// down. A state that is lost all the same is infinite, which datasets.Generate reports with step, substep, time and field.
//
// # Families
//
// A setting that is a range, "0.5..1.5", is drawn for each trajectory: see Named. Darcy's coefficient is a static field that is drawn. Both are a [datasets.Family].
//
// # Cells and faces
//
// Some equations are solved by finite volumes, or by the method of the data set that they imitate, on cells and their faces; the Spec's fields say where each value
// sits. There solve has to be a multiple of grid, and states are coarse-grained: means over the fine cells of a cell, or over the fine faces on a face, so that a
// velocity without divergence stays one and what is conserved stays conserved. Gases and water are conservation laws, solved by a Godunov method of second order:
// primitive variables linear in each cell (van Leer's monotonised central limiter), the HLLC Riemann solver, Heun's SSP Runge–Kutta method, viscosity by RKL2. Their
// substeps follow the fastest wave of the state, at the Courant number cfl. A state without positive density, pressure or depth is an *[UnphysicalError], which names
// the value, the cell and the time.
//
// # Numbers
//
// Results do not depend on the batch or on the number of threads. They do depend, in the last bits, on whether the processor has AVX2.
package pde
