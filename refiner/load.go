package refiner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"

	"github.com/eddy-pde/eddy/operators/train"
)

// Load reads a trained refiner: path is the folder of a run, whose best checkpoint is taken (the last one where there was no validation), or a checkpoint. The error names
// what is missing, unknown or of another kind.
func Load(path string) (*Model, error) {
	file, err := train.CheckpointPath(path)
	if err != nil {
		return nil, err
	}
	meta, err := train.ReadMeta(file)
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(path, meta)
	if err != nil {
		return nil, err
	}
	n, err := New(c, meta.Spec, rand.New(rand.NewPCG(0, 0))) // its weights are replaced
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if meta, err = train.ReadWeights(file, n.Params()); err != nil {
		return nil, err
	}
	m, err := Wrap(n, meta)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	m.path = file
	return m, nil
}

// parseConfig reads the config of a checkpoint, strictly: a key that this version does not know may change what the weights mean.
func parseConfig(path string, meta train.Meta) (Config, error) {
	if meta.Kind != Kind {
		return Config{}, fmt.Errorf("refiner: %s is a run of kind %q, not a refiner: use operators.Load", path, meta.Kind)
	}
	d := json.NewDecoder(bytes.NewReader(meta.Config))
	d.DisallowUnknownFields()
	var c Config
	if err := d.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("%s: refiner: model config of the checkpoint: %w", path, err)
	}
	return c, nil
}

// Save writes a network and its record as a checkpoint that [Load] reads. Kind and Config of meta are filled in.
func Save(path string, n *Network, meta train.Meta) error {
	meta, err := complete(n, meta)
	if err != nil {
		return err
	}
	return train.WriteWeights(path, meta, n.Params(), nil)
}

// complete fills in what a record says of the network.
func complete(n *Network, meta train.Meta) (train.Meta, error) {
	run, err := n.config.Run(meta.Spec.History)
	if err != nil {
		return meta, err
	}
	meta.Kind, meta.Config = run.Kind, run.Architecture
	return meta.Checked()
}

// Setup prepares a Trainer, made by train.New of n, for a refiner: the run's name, the objective and the model that validations roll out.
func Setup(t *train.Trainer, n *Network, history int) error {
	run, err := n.config.Run(history)
	if err != nil {
		return err
	}
	run.Dir = t.Run.Dir
	t.Run = run
	t.NewObjective = func(meta train.Meta) (train.Objective, error) { return NewObjective(n, meta), n.config.suits(meta) }
	t.NewModel = func(_ train.Module, meta train.Meta) (eddy.Model, error) { return Wrap(n, meta) }
	return nil
}
