package cli

import (
	"fmt"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner"
)

// modelConfig is the table [model]: an operator's, or where kind is "refiner" a refiner's, which holds its networks in tables of their own.
type modelConfig struct {
	operators.Config
	Refiner refiner.Config `toml:",kind=refiner"`
}

func defaultModelConfig() modelConfig {
	return modelConfig{Config: operators.Config{Kind: operators.FNO}, Refiner: refiner.DefaultConfig()}
}

func (c modelConfig) isRefiner() bool { return c.Kind == refiner.Kind }

// complete writes the defaults of the kind out.
func (c modelConfig) complete() modelConfig {
	if c.isRefiner() {
		c.Refiner = c.Refiner.Complete()
	} else {
		c.Config = c.Config.Complete()
	}
	return c
}

// validate lists every fault for a number of space dimensions; 0 leaves out what depends on them.
func (c modelConfig) validate(dims int) error {
	if c.isRefiner() {
		return c.Refiner.Validate(dims)
	}
	return c.Config.Validate(dims)
}

// make makes the network, with weights drawn from rng.
func (c modelConfig) make(spec eddy.Spec, rng *rand.Rand) (train.Module, error) {
	if c.isRefiner() {
		return refiner.New(c.Refiner, spec, rng)
	}
	return operators.New(c.Config, spec, rng)
}

// setUp names the network in the runs of a trainer, and gives a refiner its objective.
func (c modelConfig) setUp(t *train.Trainer, m train.Module, history int) error {
	if n, ok := m.(*refiner.Network); ok {
		return refiner.Setup(t, n, history)
	}
	run, err := c.Run(history)
	run.Dir = t.Run.Dir
	t.Run = run
	return err
}

// described is the config as it is printed.
func (c modelConfig) described() any {
	if c.isRefiner() {
		return c.Refiner
	}
	return c.Config
}

// network is the config of the network that makes the first prediction.
func (c modelConfig) network() operators.Config {
	if c.isRefiner() {
		return c.Refiner.Base
	}
	return c.Config
}

// checkObjective finds a refiner that is to be trained as something else, and the reverse.
func (c runConfig) checkObjective() error {
	switch objective := c.Objective.Kind; {
	case c.Model.isRefiner() && objective != refiner.Kind:
		return fmt.Errorf("train: objective.kind = %q, expected %q for a model of kind %q", objective, refiner.Kind, refiner.Kind)
	case !c.Model.isRefiner() && objective == refiner.Kind:
		return fmt.Errorf("train: objective.kind = %q, expected another one for a model of kind %q: only a refiner has noise levels", objective, c.Model.Kind)
	}
	return nil
}
