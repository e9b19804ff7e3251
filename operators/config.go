package operators

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/resnet"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/operators/unet"
)

// The kinds of networks.
const (
	FNO    = "fno"    // Fourier neural operator
	UNet   = "unet"   // modern U-Net, one or two dimensions
	ResNet = "resnet" // dilated residual network, one or two dimensions
)

// refinerKind is the kind of runs that package refiner loads.
const refinerKind = "refiner"

// Config is the table [model]: the kind of an architecture and, in the same table, its own keys. Of the other kinds' configs nothing is used. In JSON it is one
// object, like the table.
type Config struct {
	Kind   string        `toml:"kind"` // one of [Kinds]
	FNO    fno.Config    `toml:",kind=fno"`
	UNet   unet.Config   `toml:",kind=unet"`
	ResNet resnet.Config `toml:",kind=resnet"`
}

// architecture is how one kind makes networks of a Config.
type architecture struct {
	kind     string
	keys     func(c *Config) any // what JSON sees: the kind's own config, with the kind in it
	complete func(c *Config)
	validate func(c *Config, dims int) error
	build    func(c *Config, s nn.Sizes, rng *rand.Rand) (train.Module, error)
}

// architectures lists all kinds, the default first.
var architectures = []architecture{
	{
		kind: FNO,
		keys: func(c *Config) any {
			return &struct {
				Kind *string `json:"kind"`
				*fno.Config
			}{&c.Kind, &c.FNO}
		},
		complete: func(c *Config) { c.FNO = c.FNO.Complete() },
		validate: func(c *Config, dims int) error { return c.FNO.Validate(dims) },
		build:    func(c *Config, s nn.Sizes, rng *rand.Rand) (train.Module, error) { return fno.Make(c.FNO, s, rng) },
	},
	{
		kind: UNet,
		keys: func(c *Config) any {
			return &struct {
				Kind *string `json:"kind"`
				*unet.Config
			}{&c.Kind, &c.UNet}
		},
		complete: func(c *Config) { c.UNet = c.UNet.Complete() },
		validate: func(c *Config, dims int) error { return c.UNet.Validate(dims) },
		build:    func(c *Config, s nn.Sizes, rng *rand.Rand) (train.Module, error) { return unet.New(c.UNet, s, rng) },
	},
	{
		kind: ResNet,
		keys: func(c *Config) any {
			return &struct {
				Kind *string `json:"kind"`
				*resnet.Config
			}{&c.Kind, &c.ResNet}
		},
		complete: func(c *Config) { c.ResNet = c.ResNet.Complete() },
		validate: func(c *Config, dims int) error { return c.ResNet.Validate(dims) },
		build:    func(c *Config, s nn.Sizes, rng *rand.Rand) (train.Module, error) { return resnet.New(c.ResNet, s, rng) },
	},
}

// Kinds lists the kinds of networks, the default first.
func Kinds() []string {
	var all []string
	for _, a := range architectures {
		all = append(all, a.kind)
	}
	return all
}

// DefaultConfig is a Fourier neural operator with its defaults.
func DefaultConfig() Config { return Config{Kind: FNO}.Complete() }

// architecture finds the kind of c.
func (c Config) architecture() (architecture, error) {
	for _, a := range architectures {
		if a.kind == c.Kind {
			return a, nil
		}
	}
	if c.Kind == refinerKind {
		return architecture{}, fmt.Errorf("operators: kind = %q is not an operator: package refiner makes and loads it", c.Kind)
	}
	return architecture{}, fmt.Errorf("operators: kind = %q, expected %s", c.Kind, quoted(Kinds()))
}

// quoted lists words for an error: "a", "b" or "c".
func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = fmt.Sprintf("%q", w)
	}
	n := len(q) - 1
	if n == 0 {
		return q[0]
	}
	return strings.Join(q[:n], ", ") + " or " + q[n]
}

// Complete writes the defaults of the kind out. An unknown kind is left as it is.
func (c Config) Complete() Config {
	if a, err := c.architecture(); err == nil {
		a.complete(&c)
	}
	return c
}

// Validate lists every fault for a number of space dimensions; dims 0 leaves out what depends on the dimension.
func (c Config) Validate(dims int) error {
	a, err := c.architecture()
	if err != nil {
		return err
	}
	return a.validate(&c, dims)
}

// MarshalJSON writes the kind and its own keys as one object.
func (c Config) MarshalJSON() ([]byte, error) {
	a, err := c.architecture()
	if err != nil {
		return nil, err
	}
	return json.Marshal(a.keys(&c))
}

// UnmarshalJSON reads what MarshalJSON wrote, strictly: a key that this version does not know may change what the weights mean.
func (c *Config) UnmarshalJSON(data []byte) error {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return err
	}
	*c = Config{Kind: head.Kind}
	a, err := c.architecture()
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(a.keys(c))
}

// New makes a network for data of the given spec, whose History is that of the network, with weights drawn from rng. Its inputs are History·fields states, the
// static fields and the parameters; its outputs are the fields. Faults of the config, such as too many modes for the grid, are all in the error.
func New(c Config, spec eddy.Spec, rng *rand.Rand) (train.Module, error) {
	return build(c, spec, max(spec.History, 1), false, rng)
}

// NewRefined makes a network that refines: its input U is [B, (History+1)·C, X…], the state that is being refined behind the history, and it takes Inputs.Level.
func NewRefined(c Config, spec eddy.Spec, rng *rand.Rand) (train.Module, error) {
	return build(c, spec, max(spec.History, 1)+1, true, rng)
}

// build makes a network that sees a number of states, and tries it on one sample.
func build(c Config, spec eddy.Spec, states int, level bool, rng *rand.Rand) (train.Module, error) {
	a, err := c.architecture()
	if err != nil {
		return nil, err
	}
	dims, fields := spec.Grid.Dims(), spec.Channels()
	if err := a.validate(&c, dims); err != nil {
		return nil, err
	}
	if dims < 1 || dims > 3 || fields < 1 {
		return nil, fmt.Errorf("operators: the data has %d fields in %d space dimensions, expected at least 1 in 1 to 3", fields, dims)
	}
	sizes := nn.Sizes{Dims: dims, In: states*fields + len(spec.Statics), Out: fields, Scalars: len(spec.Params), Level: level}
	m, err := a.build(&c, sizes, rng)
	if err != nil {
		return nil, err
	}
	if err := tryForward(m, spec, sizes); err != nil {
		return nil, err
	}
	return m, nil
}

// tryForward builds a graph for one sample, to find what does not fit the grid before anything is trained.
func tryForward(m train.Module, spec eddy.Spec, s nn.Sizes) (err error) {
	defer eddy.Recover(&err)
	g := nn.NewGraph(tensor.Float32)
	shape := func(channels int) []int { return append([]int{1, channels}, spec.Grid.Shape()...) }
	in := nn.Inputs{U: g.Placeholder("u", shape(s.In-len(spec.Statics))...)}
	if n := len(spec.Statics); n > 0 {
		in.Static = g.Placeholder("static", shape(n)...)
	}
	if s.Scalars > 0 {
		in.Cond = g.Placeholder("cond", 1, s.Scalars)
	}
	if s.Level {
		in.Level = g.Placeholder("level", 1, 1)
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

// parseConfig reads the config of a checkpoint.
func parseConfig(m train.Meta) (Config, error) {
	if !slices.Contains(Kinds(), m.Kind) {
		_, err := Config{Kind: m.Kind}.architecture()
		return Config{}, err
	}
	var c Config
	if err := json.Unmarshal(m.Config, &c); err != nil {
		return Config{}, fmt.Errorf("operators: model config of the checkpoint: %w", err)
	}
	if c.Kind != m.Kind {
		return Config{}, fmt.Errorf("operators: the checkpoint is of kind %q, its model config of kind %q", m.Kind, c.Kind)
	}
	return c, nil
}
