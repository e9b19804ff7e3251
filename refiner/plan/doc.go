// Package plan compiles samplers into data. Every linear sampler in use is a list of updates
//
//	x ← A·x + Σ W[m]·prediction[m] + Noise·z
//
// whose coefficients depend on the levels alone, so a [Plan] holds nothing but numbers: it can be written to a file, checked, compared, searched for and run by the one
// loop of [Run]. DDPM, DDIM, DPM-Solver++ of orders 1 to 3, its stochastic variant, DEIS, UniPC and PDE-Refiner's own sampler all come from one kernel, [ExpInt].
//
// # The kernel
//
// With λ = ln(α/σ) and h = λ_to − λ_from, the exact solution of the sampling equation for a prediction D of the clean data along the path is
//
//	x_to = e^{−ηh}·(σ_to/σ_from)·x + α_to·∫ … D dλ + σ_to·√(1 − e^{−2ηh})·z
//
// and replacing D by the polynomial through its last values gives weights w that solve Σ w_m·r_m^k = (1+η)h·k!·φ_{k+1}(−(1+η)h) for k below the order, with nodes
// r_m = (λ_m − λ_from)/h. η = 0 is the deterministic sampler, 1 the stochastic one that DDPM is the first order of, +∞ draws all noise anew in every step, as
// PDE-Refiner does. The form for predictions of the noise is the same with weights h·k!·φ_{k+1}(h).
//
// Sources: Song et al. 2021 (DDIM); Lu et al. 2022 (DPM-Solver++); Zhang & Chen 2023 (DEIS); Zhao et al. 2023 (UniPC); Xue et al. 2023 (SA-Solver, the role of η). The
// reference code of third-order multistep DPM-Solver and its descendants divides the second difference by (r₀+r₁) where h²D″ needs twice that quotient, and is of
// order 2; here the moments are solved exactly, and the measured order is 3.
package plan
