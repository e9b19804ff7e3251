package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Config is everything that decides the result of a training apart from the data and the network's initial weights. The tags name the keys of the run's
// config file and of checkpoints.
type Config struct {
	Normalise Normalise       `toml:"normalise" json:"normalise"`
	Objective ObjectiveConfig `toml:"objective" json:"objective"`
	Optim     Optim           `toml:"optim" json:"optim"`
	Train     Schedule        `toml:"train" json:"train"`

	// Seed starts the order of the data and all noise. In a config file it stands at the top level, so it has no key here.
	Seed uint64 `toml:"-" json:"seed"`
}

// Normalise is the table [normalise]: how physical values become network values.
type Normalise struct {
	Kind string `toml:"kind" json:"kind"` // "zscore": (u − mean)/std per field; "rms": u/√mean u² per field; "none"
	// Log names fields, static fields and parameters whose logarithm takes the place of u: positive quantities that range over orders of magnitude.
	Log []string `toml:"log" json:"log,omitempty"`
}

// ObjectiveConfig is the table [objective]: what the network is asked to do.
type ObjectiveConfig struct {
	Kind string `toml:"kind" json:"kind"` // "one-step", "unrolled" (gradient through all steps), "pushforward" (gradient cut between steps), "refiner"

	// Target says what the network's output means: "state", the next state; "residual", the change from the last state, in units of its spread over the
	// training data.
	Target string `toml:"target" json:"target"`

	// Scale is the unit of a residual in normalised states, the same for all fields; 0 stands for the root mean square change of each over the training data. PDEArena
	// has 0.3 with normalise.kind = "none".
	Scale float64 `toml:"scale" json:"scale,omitempty"`

	Loss   string  `toml:"loss" json:"loss"`     // "rel_l2", "mse", "h1" or "sobolev", on normalised states; nn says how each is reduced
	Unroll int     `toml:"unroll" json:"unroll"` // steps of "unrolled" and "pushforward", whose losses are averaged; 1 for the others
	Noise  float64 `toml:"noise" json:"noise"`   // standard deviation of Gaussian noise on the input states, in normalised units; 0 for none

	Order  float64 `toml:"order" json:"order,omitempty"`   // of the loss "sobolev": squared errors at wavenumber k weigh (1 + (k/corner)²)^order
	Corner float64 `toml:"corner" json:"corner,omitempty"` // of the loss "sobolev": in waves per length
}

// Optim is the table [optim]: AdamW with β = (0.9, 0.999) and ε = 1e-8.
type Optim struct {
	LR          float64 `toml:"lr" json:"lr"`                     // highest learning rate, reached at the end of the warm-up
	WeightDecay float64 `toml:"weight_decay" json:"weight_decay"` // decoupled; on weights, not on biases, gates and gains
	Warmup      int     `toml:"warmup" json:"warmup"`             // steps of linear warm-up, at most half of train.steps; then a cosine falls to 0 at the last step
	Clip        float64 `toml:"clip" json:"clip"`                 // highest norm of the whole gradient; 0 for no limit
	EMA         float64 `toml:"ema" json:"ema"`                   // decay of the running mean of the weights that is evaluated and saved; 0 for none
}

// Schedule is the table [train]: how long, how often, from where.
type Schedule struct {
	Steps   int     `toml:"steps" json:"steps"`     // optimiser steps; 0: as many as fit into minutes
	Batch   int     `toml:"batch" json:"batch"`     // windows per step; an epoch's last partial batch is left out
	Minutes float64 `toml:"minutes" json:"minutes"` // budget of wall-clock time, resumed runs included; 0 for none

	ValidateEvery        int `toml:"validate_every" json:"validate_every"`               // steps between validations, which also save; 0: only at the end
	ValidateSteps        int `toml:"validate_steps" json:"validate_steps"`               // length of a validation rollout in steps, at most what the data hold
	ValidateTrajectories int `toml:"validate_trajectories" json:"validate_trajectories"` // trajectories rolled out, the first ones of the validation data
	CheckpointEvery      int `toml:"checkpoint_every" json:"checkpoint_every"`           // steps between saves; 0: only at validations and at the end

	Init string `toml:"init" json:"init"` // run or .safetensors file whose weights to start from; empty for fresh ones
}

// DefaultConfig is what a key that is left out means.
func DefaultConfig() Config {
	return Config{
		Normalise: Normalise{Kind: "zscore"},
		Objective: ObjectiveConfig{Kind: "one-step", Target: "state", Loss: "rel_l2", Unroll: 1, Order: 1, Corner: 1},
		Optim:     Optim{LR: 1e-3, WeightDecay: 1e-4, Warmup: 100, Clip: 1, EMA: 0.999},
		Train:     Schedule{Steps: 10_000, Batch: 16, ValidateEvery: 500, ValidateSteps: 20, ValidateTrajectories: 8, CheckpointEvery: 500},
	}
}

// Kinds that the keys of Config take.
var (
	normaliseKinds = []string{"zscore", "rms", "none"}
	objectiveKinds = []string{"one-step", "unrolled", "pushforward", "refiner"}
	targetKinds    = []string{"state", "residual"}
	lossKinds      = []string{"rel_l2", "mse", "h1", "sobolev"}
)

// Validate returns every fault, joined, each naming key, value and bound.
func (c Config) Validate() error {
	var f faults
	f.oneOf("normalise.kind", c.Normalise.Kind, normaliseKinds)
	for i, name := range c.Normalise.Log {
		if slices.Contains(c.Normalise.Log[:i], name) {
			f.add("normalise.log names %q twice", name)
		}
	}
	f.oneOf("objective.kind", c.Objective.Kind, objectiveKinds)
	f.oneOf("objective.target", c.Objective.Target, targetKinds)
	f.oneOf("objective.loss", c.Objective.Loss, lossKinds)
	f.atLeast("objective.unroll", c.Objective.Unroll, 1)
	switch c.Objective.Kind {
	case "unrolled", "pushforward":
		if c.Objective.Unroll == 1 {
			f.add("objective.unroll = 1, expected at least 2 with objective.kind = %q: 1 is the objective \"one-step\"", c.Objective.Kind)
		}
	case "one-step":
		if c.Objective.Unroll > 1 {
			f.add("objective.unroll = %d, expected 1 with objective.kind = \"one-step\": use \"unrolled\" or \"pushforward\"", c.Objective.Unroll)
		}
	}
	if c.Objective.Kind == "refiner" && (c.Objective.Unroll > 1 || c.Objective.Noise > 0) {
		f.add("objective.unroll = %d and objective.noise = %g, expected 1 and 0 with objective.kind = \"refiner\": its noise is that of its levels", c.Objective.Unroll, c.Objective.Noise)
	}
	f.within("objective.noise", c.Objective.Noise, 0, 10)
	f.within("objective.scale", c.Objective.Scale, 0, 1e6)
	f.within("objective.order", c.Objective.Order, -8, 8)
	if c.Objective.Loss == "sobolev" && !(c.Objective.Corner > 0) {
		f.add("objective.corner = %g, expected a positive wavenumber", c.Objective.Corner)
	}
	if c.Objective.Scale > 0 && c.Objective.Target == "state" {
		f.add("objective.scale = %g with objective.target = \"state\", expected 0: it is the unit of a residual", c.Objective.Scale)
	}
	if !(c.Optim.LR > 0) || c.Optim.LR > 10 {
		f.add("optim.lr = %g, expected a positive number of at most 10", c.Optim.LR)
	}
	f.within("optim.weight_decay", c.Optim.WeightDecay, 0, 10)
	f.atLeast("optim.warmup", c.Optim.Warmup, 0)
	f.within("optim.clip", c.Optim.Clip, 0, math.MaxFloat32)
	if !(c.Optim.EMA >= 0 && c.Optim.EMA < 1) {
		f.add("optim.ema = %g, expected 0 (off) or a number below 1", c.Optim.EMA)
	}
	f.atLeast("train.steps", c.Train.Steps, 0)
	f.within("train.minutes", c.Train.Minutes, 0, 1e7)
	if c.Train.Steps == 0 && c.Train.Minutes == 0 {
		f.add("train.steps = 0 and train.minutes = 0, expected a positive number for one of them")
	}
	f.atLeast("train.batch", c.Train.Batch, 1)
	f.atLeast("train.validate_every", c.Train.ValidateEvery, 0)
	f.atLeast("train.validate_steps", c.Train.ValidateSteps, 1)
	f.atLeast("train.validate_trajectories", c.Train.ValidateTrajectories, 1)
	f.atLeast("train.checkpoint_every", c.Train.CheckpointEvery, 0)
	return errors.Join(f...)
}

// faults collects what is wrong with a Config.
type faults []error

func (f *faults) add(format string, args ...any) {
	*f = append(*f, fmt.Errorf("train: "+format, args...))
}

func (f *faults) oneOf(key, value string, known []string) {
	if !slices.Contains(known, value) {
		f.add("%s = %q, expected one of %s", key, value, strings.Join(known, ", "))
	}
}

func (f *faults) atLeast(key string, value, least int) {
	if value < least {
		f.add("%s = %d, expected at least %d", key, value, least)
	}
}

func (f *faults) within(key string, value, lo, hi float64) {
	if !(value >= lo && value <= hi) { // also catches NaN
		f.add("%s = %g, expected a number from %g to %g", key, value, lo, hi)
	}
}

// checkResume returns every key in which a run that is to be resumed differs from what its state was made with. Keys that only decide when to stop, save and
// validate may change.
func (c Config) checkResume(made Config) error {
	var f faults
	differ := func(key string, now, then any) {
		if now != then {
			f.add("%s = %v, but the run was started with %v: use the old value or start a new run", key, now, then)
		}
	}
	differ("seed", c.Seed, made.Seed)
	differ("normalise.kind", c.Normalise.Kind, made.Normalise.Kind)
	differ("normalise.log", quoted(c.Normalise.Log), quoted(made.Normalise.Log))
	differ("objective.kind", c.Objective.Kind, made.Objective.Kind)
	differ("objective.target", c.Objective.Target, made.Objective.Target)
	differ("objective.loss", c.Objective.Loss, made.Objective.Loss)
	differ("objective.unroll", c.Objective.Unroll, made.Objective.Unroll)
	differ("objective.noise", c.Objective.Noise, made.Objective.Noise)
	differ("objective.order", c.Objective.Order, made.Objective.Order)
	differ("objective.corner", c.Objective.Corner, made.Objective.Corner)
	differ("objective.scale", c.Objective.Scale, made.Objective.Scale)
	differ("optim.lr", c.Optim.LR, made.Optim.LR)
	differ("optim.weight_decay", c.Optim.WeightDecay, made.Optim.WeightDecay)
	differ("optim.warmup", c.Optim.Warmup, made.Optim.Warmup)
	differ("optim.clip", c.Optim.Clip, made.Optim.Clip)
	differ("optim.ema", c.Optim.EMA, made.Optim.EMA)
	differ("train.batch", c.Train.Batch, made.Train.Batch)
	return errors.Join(f...)
}

// quoted is a list of names as text, in alphabetical order.
func quoted(names []string) string { return fmt.Sprintf("%q", slices.Sorted(slices.Values(names))) }
