package main

import "fmt"

// fullSteps is the training budget: optimiser steps of mse-fast. Every experiment has as many as take the same time of one calm core, by the cost of its steps in
// those of the baseline, which the command "cost" measures; processor time of a run that shares its core with others would not be fair to either.
const fullSteps = 60_000

// experiment is one model: how it is trained and how it is used.
type experiment struct {
	name     string
	config   string   // file that it starts from; empty: ks.toml, or refiner.toml for a refiner
	role     string   // mse, refiner, recipe or rival, as in results.json
	set      []string // what differs from ks.toml, as --set of eddy train has it
	cost     float64  // of an optimiser step, in those of the baseline; 0: 1
	part     float64  // of the budget, 0: all
	from     string   // experiment whose run it starts from; part of that is on top of its own
	seeds    int      // 0: 1
	of       string   // no training: the run of this experiment, used in another way
	mirrored bool     // used as the mean of the prediction and the mirrored prediction of the mirrored state
	together bool     // used three times, as it is, mirrored and as the mean of both in every step, each with a rollout of its own; the forecast is the mean of them
	averaged int      // of a refiner: every step is the mean of that many samples
	joined   string   // no training: the ensemble of the runs of this experiment's seeds
	plan     string   // sampler; empty: that of the config
	sampled  []string // of a refiner: plans whose samples are measured, the one that is calibrated best on the set for choices in rollouts too
	calls    int      // of networks per 0.8 units of time; 0: 1
	fraction float64  // of the small training set; 0: all of the large one
}

// run is the experiment whose training the model comes from.
func (e experiment) run() experiment {
	if e.of != "" {
		e.name = e.of
	}
	return e
}

// file is the config that the experiment starts from.
func (e experiment) file() string {
	switch {
	case e.config != "":
		return e.config
	case e.refines():
		return "refiner.toml"
	}
	return "ks.toml"
}

// refine makes the one network of the baseline a refiner.
func refine(steps int, form string, more ...string) []string {
	return append([]string{
		"model.kind=refiner", "objective.kind=refiner", fmt.Sprintf("model.steps=%d", steps), "model.form=" + form,
	}, more...)
}

// onFile trains on one of the files whose frames are a step apart.
func onFile(name string) []string { return []string{"data.train=" + name + ".hdf5", "data.stride=1"} }

// PDEArena's way of training, as far as a short budget allows (facts of its KuramotoSivashinsky configs: Adam, cosine, EMA 0.995, no clipping; batch and rate as in a CPU trial of it).
var asPDEArena = []string{"train.batch=32", "optim.lr=5e-4", "optim.warmup=0", "optim.clip=0"}

// withSecond refines once, by a second network of the same size at a noise of the size of the first one's error.
var withSecond = refine(1, "paper", "model.sigma_min=3e-3", "model.fine.kind=fno", "model.fine.modes=[24]", "model.fine.width=32", "model.fine.positional_embedding=none")

// inPaper is the paper's form with its smallest noise.
func inPaper(steps int, more ...string) []string {
	return refine(steps, "paper", append([]string{"model.sigma_min=4.472e-4"}, more...)...)
}

// paperRelative is the paper's form with the loss that serves it best here.
func paperRelative(more ...string) []string {
	return inPaper(3, append([]string{"model.loss=relative"}, more...)...)
}

// experiments are listed in the order in which they are trained.
var experiments = []experiment{
	// The baseline and what eddy's recipe adds to it, one at a time.
	{name: "mse", role: "mse", seeds: 3, set: asPDEArena, cost: 2},
	{name: "mse-fast", role: "mse", seeds: 3},
	{name: "mirrored", role: "recipe", seeds: 3, of: "mse-fast", mirrored: true, calls: 2},
	{name: "recipe", role: "recipe", seeds: 3, of: "mse-fast", together: true, calls: 4},

	{name: "mse-unet", config: "unet.toml", role: "mse", cost: 35},

	// The faithful curve: one network for all levels, the optimiser steps of mse-fast.
	{name: "released", role: "refiner", set: refine(3, "released"), calls: 4, sampled: []string{"dpm++2m", "ddpm", "sde-dpm++2m", "unipc2"}},
	{name: "paper", role: "refiner", set: inPaper(3), calls: 4, sampled: []string{"refiner", "dpm++2m"}},
	{name: "released-2m", role: "refiner", of: "released", set: refine(3, "released"), plan: "dpm++2m", calls: 4},
	{name: "paper-mean", role: "refiner", of: "paper", set: inPaper(3), averaged: 4, calls: 16},
	{name: "mse-half", role: "mse", part: 0.5},
	{name: "released-half", role: "refiner", set: refine(3, "released"), part: 0.5, calls: 4},
	{name: "paper-half", role: "refiner", set: inPaper(3), part: 0.5, calls: 4},
	{name: "mse-quarter", role: "mse", part: 0.25},
	{name: "released-quarter", role: "refiner", set: refine(3, "released"), part: 0.25, calls: 4},
	{name: "paper-quarter", role: "refiner", set: inPaper(3), part: 0.25, calls: 4},

	// Does refinement pay? The recipe with a second network that takes out noise of the size of the first one's error.
	{name: "refined", role: "recipe", seeds: 3, set: withSecond, cost: 2.05, calls: 4, mirrored: true},
	{name: "unrefined", role: "recipe", seeds: 3, of: "refined", set: withSecond, plan: "first", calls: 2, mirrored: true},

	// Eight refinement steps, whose second-order plan is calibrated where the network is perfect.
	{name: "eight-levels", role: "refiner", set: refine(8, "released", "model.sigma_min=1e-3", "model.plan=dpm++2m"), calls: 9, sampled: []string{"dpm++2m", "ddpm", "unipc2", "sde-dpm++2m"}},

	// A schedule that follows what the network can do: one level, of the size of its error, and most samples for the first prediction.
	{name: "paper-one-level", role: "refiner", set: refine(1, "paper", "model.sigma_min=3e-3", "model.share=0.75"), calls: 2},

	// One network for all levels, whose loss does not let the noisy levels drown the first prediction.
	{name: "paper-relative", role: "refiner", seeds: 3, set: paperRelative(), calls: 4},
	{name: "one-level-relative", role: "refiner", set: refine(1, "paper", "model.sigma_min=3e-3", "model.share=0.75", "model.loss=relative"), calls: 2},
	{name: "released-relative", role: "refiner", set: refine(3, "released", "model.loss=relative"), calls: 4},

	// At which budget does refinement begin to pay? The same with less, and with four and with twelve times the optimiser steps, the latter close to an hour a training.
	{name: "paper-relative-quarter", role: "refiner", set: paperRelative(), part: 0.25, calls: 4},
	{name: "paper-relative-half", role: "refiner", set: paperRelative(), part: 0.5, calls: 4},
	{name: "mse-4x", role: "mse", part: 4},
	{name: "paper-relative-4x", role: "refiner", set: paperRelative(), part: 4, calls: 4},
	{name: "mse-12x", role: "mse", part: 12},
	{name: "paper-relative-12x", role: "refiner", set: paperRelative(), part: 12, calls: 4},
	{name: "mirrored-4x", role: "recipe", of: "mse-4x", mirrored: true, calls: 2},
	{name: "refined-4x", role: "recipe", set: withSecond, part: 4, cost: 2.05, calls: 4, mirrored: true},
	{name: "unrefined-4x", role: "recipe", of: "refined-4x", set: withSecond, plan: "first", calls: 2, mirrored: true},
	{name: "unrefined-12x", role: "refiner", of: "paper-relative-12x", set: paperRelative(), plan: "first"},

	// Does it pay for a smaller network, whose own limit comes sooner, or for a larger one, which has room for all levels? The optimiser steps of the others, not their time.
	{name: "mse-width-8", role: "mse", set: []string{"model.width=8"}, part: 4},
	{name: "paper-relative-width-8", role: "refiner", set: paperRelative("model.base.width=8"), part: 4, calls: 4},
	{name: "mse-width-16", role: "mse", set: []string{"model.width=16"}, part: 4},
	{name: "paper-relative-width-16", role: "refiner", set: paperRelative("model.base.width=16"), part: 4, calls: 4},
	{name: "paper-relative-wide", role: "refiner", set: paperRelative("model.base.width=64"), calls: 4},

	// The paper's numbers of refinement steps, with its loss. With two, the network dies at the rate of the others: after 2,700 steps the loss is that of a constant answer.
	{name: "paper-2-steps", role: "refiner", set: inPaper(2, "optim.lr=2e-3"), calls: 3},
	{name: "paper-4-steps", role: "refiner", set: inPaper(4), calls: 5},
	{name: "paper-8-steps", role: "refiner", set: inPaper(8), calls: 9},

	// Rivals, trained for the same time as everybody.
	{name: "pushforward", role: "rival", set: []string{"objective.kind=pushforward", "objective.unroll=2"}, cost: 2},
	{name: "unrolled", role: "rival", set: []string{"objective.kind=unrolled", "objective.unroll=4", "optim.lr=5e-4"}, from: "mse-half", part: 0.5, cost: 4.1},
	{name: "history-2", role: "rival", set: []string{"data.history=2"}},
	{name: "noise", role: "rival", set: []string{"objective.noise=1e-3"}},
	{name: "relative", role: "rival", set: []string{"objective.loss=rel_l2"}},
	{name: "wide", role: "rival", set: []string{"model.width=64"}}, // the optimiser steps of the others, not their time
	{name: "sobolev", role: "rival", set: []string{"objective.loss=sobolev"}, cost: 1.05},
	{name: "long-waves", role: "rival", set: []string{"objective.loss=sobolev", "objective.order=-2", "objective.corner=10"}, cost: 1.05},
	{name: "member", role: "rival", seeds: 3, part: 1.0 / 3},
	{name: "ensemble", role: "rival", joined: "member", calls: 3},

	// How little data is enough.
	{name: "small-mse", role: "mse", set: onFile("small"), fraction: 1},
	{name: "small-20-mse", role: "mse", set: onFile("small-20"), fraction: 0.2},
	{name: "small-20-recipe", role: "recipe", set: onFile("small-20-mirrored"), together: true, fraction: 0.2, calls: 4},
}

// comparisons are the ratios of the report.
var comparisons = []comparison{
	{"eddy's recipe against the baseline as PDEArena trains it", "recipe", "mse"},
	{"and against PDEArena's network, its U-Net with 16 channels, trained that way for the same time", "recipe", "mse-unet"},
	{"what its optimisation brings", "mse-fast", "mse"},
	{"what the mirror in every step brings", "mirrored", "mse-fast"},
	{"what the mean of three rollouts brings on top", "recipe", "mirrored"},
	{"all of what is not training", "recipe", "mse-fast"},
	{"refinement by a second network, at equal time", "refined", "mirrored"},
	{"the same run with its refinement and without", "refined", "unrefined"},
	{"released form, a quarter of the budget", "released-quarter", "mse-quarter"},
	{"released form, half of the budget", "released-half", "mse-half"},
	{"released form, all of the budget", "released", "mse-fast"},
	{"released form, sampled by DPM-Solver++ 2M", "released-2m", "released"},
	{"paper's form, a quarter of the budget", "paper-quarter", "mse-quarter"},
	{"paper's form, half of the budget", "paper-half", "mse-half"},
	{"paper's form, all of the budget", "paper", "mse-fast"},
	{"paper's form, one level of the size of the error", "paper-one-level", "mse-fast"},
	{"paper's form with the relative loss, a quarter of the budget", "paper-relative-quarter", "mse-quarter"},
	{"paper's form with the relative loss, half of the budget", "paper-relative-half", "mse-half"},
	{"paper's form with the relative loss, all of the budget", "paper-relative", "mse-fast"},
	{"paper's form with the relative loss, 4 times the budget", "paper-relative-4x", "mse-4x"},
	{"paper's form with the relative loss, 12 times the budget", "paper-relative-12x", "mse-12x"},
	{"paper's form with the relative loss and the same run without its refinement, 12 times the budget", "paper-relative-12x", "unrefined-12x"},
	{"refinement by a second network, at equal time, 4 times the budget", "refined-4x", "mirrored-4x"},
	{"the same run with its refinement and without, 4 times the budget", "refined-4x", "unrefined-4x"},
	{"paper's form with the relative loss and twice the width, all of the budget", "paper-relative-wide", "wide"},
	{"paper's form with the relative loss and a quarter of the width, 4 times the budget", "paper-relative-width-8", "mse-width-8"},
	{"paper's form with the relative loss and half of the width, 4 times the budget", "paper-relative-width-16", "mse-width-16"},
	{"paper's form with the relative loss, one level of the size of the error", "one-level-relative", "mse-fast"},
	{"released form with the relative loss, all of the budget", "released-relative", "mse-fast"},
	{"pushforward", "recipe", "pushforward"},
	{"unrolled training", "recipe", "unrolled"},
	{"history of two", "recipe", "history-2"},
	{"noise on the input", "recipe", "noise"},
	{"Sobolev loss of order 1", "recipe", "sobolev"},
	{"loss that asks for long waves first", "recipe", "long-waves"},
	{"four times the parameters, as many steps, three times the time", "recipe", "wide"},
	{"ensemble of three trained for a third of the time each", "recipe", "ensemble"},
	{"recipe with 20 % of a small set against the same network with all of it", "small-20-recipe", "small-mse"},
	{"the network without the recipe with 20 %", "small-20-mse", "small-mse"},
}

// shown are the models whose correlation is drawn.
var shown = []string{"mse", "mse-fast", "recipe", "refined", "paper", "released"}
