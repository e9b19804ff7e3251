// Package refiner holds PDE-Refiner: a surrogate that predicts the next state and then refines it, step by step, at ever smaller noise, so that parts of the solution with
// small amplitudes are kept too (Lippe, Veeling, Perdikaris, Turner & Brandstetter 2023). It wraps any network of package operators.
//
// # What it does
//
// Let y be what the network predicts, the change to the next state in units of its spread for instance. The first call predicts y from the states alone. Each of K
// further calls is given y plus noise of standard deviation σ_k = σ_min^{k/K} and takes the noise out again; in training the noise is put on the true y, so nothing
// is unrolled. Two forms of the method are about, which agree to O(σ) (TestFormsAgree):
//
//	paper     the first call sees zeros and is trained as any one-step network; later ones predict the noise that was added to y
//	released  the authors' code: a variance-preserving diffusion model, whose first call sees pure noise, with velocity as the prediction
//
// σ_min is a standard deviation here. The released code calls its parameter min_noise_std and uses it as a variance: its 4e-7 is sigma_min = 6.3e-4, and the paper's
// σ_min² = 2e-7 is 4.5e-4. Taking it for the standard deviation puts all fine levels below what float32 resolves.
//
// # Samples
//
// A refiner is an eddy.Ensemble: the noise of a sample depends on its key alone, see [Normal], whatever the batch, its order and the number of threads. [Model.Step] is
// the sample of one fixed key. How the levels are passed is a plan of package refiner/plan, chosen in the config or by [Model.WithPlan]; the published sampler is
// "refiner" for the paper's form and "ddpm" for the released one. Both are under-dispersed even with a perfect network (plan.Spread): for ensembles whose spread means
// something take a second-order plan and K = 8.
package refiner
