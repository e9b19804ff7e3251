package operators

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/train"
)

// FNO is the kind of Fourier neural operators, the only architecture so far.
const FNO = "fno"

// refinerKind is the kind of runs that package refiner loads.
const refinerKind = "refiner"

// Config is the table [model]: the kind of an architecture and, in the same table, its own keys.
type Config struct {
	Kind string `toml:"kind" json:"kind"` // "fno"
	fno.Config
}

// DefaultConfig is a Fourier neural operator with its defaults.
func DefaultConfig() Config { return Config{Kind: FNO, Config: fno.DefaultConfig()} }

// Complete writes the defaults of the kind out.
func (c Config) Complete() Config {
	c.Config = c.Config.Complete()
	return c
}

// Validate lists every fault for a number of space dimensions; dims 0 leaves out what depends on the dimension.
func (c Config) Validate(dims int) error {
	if err := c.checkKind(); err != nil {
		return err
	}
	return c.Config.Validate(dims)
}

func (c Config) checkKind() error {
	switch c.Kind {
	case FNO:
		return nil
	case refinerKind:
		return fmt.Errorf("operators: model.kind = %q is not an operator: package refiner makes and loads it", c.Kind)
	}
	return fmt.Errorf("operators: model.kind = %q, expected %q", c.Kind, FNO)
}

// New makes a network for data of the given spec, whose History is that of the network, with weights drawn from rng. Its inputs are History·fields states, the
// static fields and the parameters; its outputs are the fields. Faults of the config, such as too many modes for the grid, are all in the error.
func New(c Config, spec eddy.Spec, rng *rand.Rand) (train.Module, error) {
	return build(c, spec, rng)
}

func build(c Config, spec eddy.Spec, rng *rand.Rand) (*fno.Model, error) {
	dims := spec.Grid.Dims()
	if err := c.Validate(dims); err != nil {
		return nil, err
	}
	history, fields := max(spec.History, 1), spec.Channels()
	if dims < 1 || dims > 3 || fields < 1 {
		return nil, fmt.Errorf("operators: the data has %d fields in %d space dimensions, expected at least 1 in 1 to 3", fields, dims)
	}
	m, err := fno.NewConditioned(c.Config, dims, history*fields+len(spec.Statics), fields, len(spec.Params), rng)
	if err != nil {
		return nil, err
	}
	if err := tryForward(m, spec, history); err != nil {
		return nil, err
	}
	return m, nil
}

// tryForward builds a graph for one sample, to find what does not fit the grid before anything is trained.
func tryForward(m train.Module, spec eddy.Spec, history int) (err error) {
	defer eddy.Recover(&err)
	g := nn.NewGraph(tensor.Float32)
	shape := func(channels int) []int { return append([]int{1, channels}, spec.Grid.Shape()...) }
	in := nn.Inputs{U: g.Placeholder("u", shape(history*spec.Channels())...)}
	if n := len(spec.Statics); n > 0 {
		in.Static = g.Placeholder("static", shape(n)...)
	}
	if n := len(spec.Params); n > 0 {
		in.Cond = g.Placeholder("cond", 1, n)
	}
	_, err = m.Forward(g, in)
	return err
}

// Parameters is the number of trainable reals of a network; a complex weight counts two.
func Parameters(m train.Module) int { return nn.Count(m.Params()) }

// Run is how a training names its network: the fields of train.Trainer.Run for a config, without the folder.
func (c Config) Run(history int) (train.Run, error) {
	arch, err := json.Marshal(c.Complete())
	if err != nil {
		return train.Run{}, fmt.Errorf("operators: model config: %w", err)
	}
	return train.Run{Kind: c.Kind, Architecture: arch, History: history}, nil
}

// parseConfig reads the config of a checkpoint, strictly: a key that this version does not know may change what the weights mean.
func parseConfig(m train.Meta) (Config, error) {
	d := json.NewDecoder(bytes.NewReader(m.Config))
	d.DisallowUnknownFields()
	var c Config
	if err := d.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("operators: model config of the checkpoint: %w", err)
	}
	c.Kind = m.Kind
	return c, c.checkKind()
}
