package operators

import (
	"fmt"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/train"
)

// Operator is a trained network as an eddy.Model: physical units on both sides, any batch size, any grid that the architecture takes. It is safe for concurrent
// use: it compiles one graph per batch shape and grid that it meets, one more for each Step that runs at the same time, and keeps a few of them over one
// set of weights.
type Operator struct {
	*train.Predictor
	config Config
	module train.Module
	path   string
}

var _ eddy.Model = (*Operator)(nil)

// Config is the complete description of the network.
func (o *Operator) Config() Config { return o.config.Complete() }

// Module is the network itself, for use inside other graphs. Its weights are those that Step uses: do not change them while a Step runs.
func (o *Operator) Module() train.Module { return o.module }

// Parameters is the number of trainable reals.
func (o *Operator) Parameters() int { return Parameters(o.module) }

// Path is the checkpoint that was loaded; empty for an Operator that [Wrap] made.
func (o *Operator) Path() string { return o.path }

// Load reads a trained operator: path is the folder of a run, whose best checkpoint is taken (the last one where there was no validation), or a checkpoint. The
// error names what is missing, unknown or of another kind.
func Load(path string) (*Operator, error) {
	file, err := train.CheckpointPath(path)
	if err != nil {
		return nil, err
	}
	meta, err := train.ReadMeta(file)
	if err != nil {
		return nil, err
	}
	if meta.Kind == refinerKind {
		return nil, fmt.Errorf("operators: %s is a refiner, not an operator: use refiner.Load", path)
	}
	c, err := parseConfig(meta)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	m, err := New(c, meta.Spec, rand.New(rand.NewPCG(0, 0))) // its weights are replaced
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if meta, err = train.ReadWeights(file, m.Params()); err != nil {
		return nil, err
	}
	o, err := Wrap(c, m, meta)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	o.path = file
	return o, nil
}

// Wrap makes an Operator of a network in memory, whose weights meta describes.
func Wrap(c Config, m train.Module, meta train.Meta) (*Operator, error) {
	p, err := train.NewPredictor(m, meta)
	if err != nil {
		return nil, err
	}
	return &Operator{Predictor: p, config: c, module: m}, nil
}

// Save writes a network and its record as a checkpoint that [Load] reads. Kind and Config of meta are filled in from c.
func Save(path string, c Config, m train.Module, meta train.Meta) error {
	run, err := c.Run(meta.Spec.History)
	if err != nil {
		return err
	}
	meta.Kind, meta.Config = run.Kind, run.Architecture
	return train.WriteWeights(path, meta, m.Params(), nil)
}
