// Package process holds the noise processes that samplers run backwards. Each says how much is left of a signal and how much noise is on it at time t,
//
//	x_t = α(t)·x₀ + σ(t)·ε,   ε ~ N(0, 1),
//
// t = 0 being the clean end. Everything is float64: the levels of a refiner come close to what float32 resolves.
//
// An anchored process, one that reverts to a mean μ, is the same thing about μ: x_t = μ + α(t)·(x₀ − μ) + σ(t)·ε. [MeanReverting] and [OUVE] are made for that; what
// runs them backwards subtracts μ and adds it again (plan.Anchor), and needs nothing else.
package process
