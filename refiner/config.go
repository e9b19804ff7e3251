package refiner

import (
	"encoding/json"
	"fmt"

	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/refiner/process"
)

// Kind is the kind of runs of this package.
const Kind = "refiner"

// The two forms of the method; see the package doc.
const (
	Paper    = "paper"
	Released = "released"
)

// What Config.Loss may be.
const (
	MSE      = "mse"
	Relative = "relative"
)

// Config is the table [model] of a refiner.
type Config struct {
	Steps    int     `toml:"steps" json:"steps"`         // K, calls of the network beyond the first; 0 leaves a one-step network
	SigmaMin float64 `toml:"sigma_min" json:"sigma_min"` // standard deviation of the noise at the last level, in the unit of what the network predicts
	SigmaMax float64 `toml:"sigma_max" json:"sigma_max"` // the noise that the levels fall from; 1 as published
	Form     string  `toml:"form" json:"form"`           // "paper" (default) or "released"
	Plan     string  `toml:"plan" json:"plan"`           // sampler, one of plan.Names(); default: the published one of the form
	Share    float64 `toml:"share" json:"share"`         // part of the training samples that goes to the first prediction; 0: 1/(K+1), uniform as published; without effect beside Fine

	// Loss is "mse" (default), as published, or "relative": the mean over samples of ‖answer − goal‖ / ‖goal‖. In a network of all levels the squared loss of a first prediction that is a
	// thousand times as exact as a noisy level is a millionth of that level's, and its gradient drowns; the relative one is a thousandth. It helps the paper's form and harms the released
	// one (benchmarks/ks).
	Loss string `toml:"loss" json:"loss"`

	Base operators.Config  `toml:"base" json:"base"`           // the network
	Fine *operators.Config `toml:"fine" json:"fine,omitempty"` // another network for the levels after the first, so that the first is not disturbed by them; nil: one for all
}

// DefaultConfig is the paper's refiner with K = 3 and σ_min² = 2e-7 round a Fourier neural operator.
func DefaultConfig() Config {
	return Config{Steps: 3, SigmaMin: 4.472e-4, SigmaMax: 1, Form: Paper, Base: operators.Config{Kind: operators.FNO}}
}

// Complete writes the defaults of keys that are empty out.
func (c Config) Complete() Config {
	if c.Form == "" {
		c.Form = Paper
	}
	if c.Loss == "" {
		c.Loss = MSE
	}
	if c.SigmaMax == 0 {
		c.SigmaMax = 1
	}
	if c.Plan == "" {
		c.Plan = map[string]string{Paper: plan.Refiner, Released: "ddpm"}[c.Form]
	}
	if c.Share == 0 && c.Steps >= 0 {
		c.Share = 1 / float64(c.Steps+1)
	}
	if c.Base.Kind == "" {
		c.Base.Kind = operators.FNO
	}
	c.Base = c.Base.Complete()
	if c.Fine != nil {
		fine := c.Fine.Complete()
		c.Fine = &fine
	}
	return c
}

// Validate lists every fault for a number of space dimensions; dims 0 leaves out what depends on the dimension.
func (c Config) Validate(dims int) error {
	c = c.Complete()
	var f faults
	if err := c.Schedule().Validate(); err != nil {
		f.add("%w", unwrapped(err))
	}
	if c.Form != Paper && c.Form != Released {
		f.add("form = %q, expected %q or %q", c.Form, Paper, Released)
	}
	if c.Loss != MSE && c.Loss != Relative {
		f.add("loss = %q, expected %q or %q", c.Loss, MSE, Relative)
	}
	if _, err := plan.Named(c.Plan, c.levels()); err != nil && len(f) == 0 {
		f.add("plan = %q: %w", c.Plan, err)
	}
	if !(c.Share > 0 && c.Share <= 1) || c.Steps > 0 && c.Share == 1 {
		f.add("share = %g, expected a part between 0 and 1 that leaves something to the refinement steps", c.Share)
	}
	f.join(c.Base.Validate(dims), "base")
	if c.Fine != nil {
		if c.Steps == 0 {
			f.add("fine is given with steps = 0, expected no table [model.fine]: there is nothing to refine")
		}
		f.join(c.Fine.Validate(dims), "fine")
	}
	return f.err()
}

// suits says where the least noise is more than the data have. Validate sees to that where they are measured and scaled to a spread of 1, but not where normalise.kind is "none" or
// objective.scale is given.
func (c Config) suits(meta train.Meta) error {
	if c.Steps == 0 || len(meta.Ranges) < meta.Spec.Channels() {
		return nil
	}
	most := 0.0 // that y spreads in any field
	for i := range meta.Spec.Channels() {
		if meta.Normaliser.Logarithmic(i) { // the range is not that of the logarithm
			return nil
		}
		spread := meta.Ranges[i].Std / meta.Normaliser.Scale[i]
		if meta.Target == "residual" {
			spread *= 2 / meta.ResidualScale[i] // the difference of two states spreads twice as far as either at most
		}
		most = max(most, spread)
	}
	if most > 0 && c.SigmaMin >= most {
		return fmt.Errorf("refiner: sigma_min = %g, but what is predicted has a standard deviation of at most %.3g in its unit (normalise.kind, objective.scale): more noise than the data have leaves nothing to refine",
			c.SigmaMin, most)
	}
	return nil
}

// Schedule is the noise of the levels.
func (c Config) Schedule() process.Exponential {
	return process.Exponential{Steps: c.Steps, SigmaMin: c.SigmaMin, SigmaMax: c.SigmaMax, Preserving: c.Form == Released}
}

// levels are those of the schedule and the clean end.
func (c Config) levels() []process.Level { return append(c.Schedule().Levels(), process.Clean()) }

// Run is how a training names its network: the fields of train.Trainer.Run for a config, without the folder.
func (c Config) Run(history int) (train.Run, error) {
	text, err := json.Marshal(c.Complete())
	if err != nil {
		return train.Run{}, fmt.Errorf("refiner: model config: %w", err)
	}
	return train.Run{Kind: Kind, Architecture: text, History: history}, nil
}
