package resnet

import (
	"errors"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy/operators/nn"
)

// Config describes a dilated residual network. The zero value of every field means its default, so Config{} is a complete description; [Config.Complete] writes the
// defaults out. The defaults are PDEArena's DilResNet-128, apart from Padding.
type Config struct {
	// Width is the number of hidden channels. Default 128.
	Width int `toml:"width" json:"width"`
	// Layers is the number of residual blocks. Default 4.
	Layers int `toml:"layers" json:"layers"`
	// Dilations are the distances of taps of a block's convolutions, in order. Default 1, 2, 4, 8, 4, 2, 1.
	Dilations []int `toml:"dilations" json:"dilations"`
	// Activation is "gelu" (default, the erf form), "silu", "tanh" or "relu".
	Activation string `toml:"activation" json:"activation"`
	// Norm is what stands in front of every dilated convolution: "none" (default) or "group_norm" with one group.
	Norm string `toml:"norm" json:"norm"`
	// Padding is what convolutions see beyond the edge: "periodic" (default) or "zeros", as PDEArena has it.
	Padding string `toml:"padding" json:"padding"`
	// Margin is the number of points of zeros put behind the end of each axis between first and last layers. Default 9 with zeros, as PDEArena has it, and none with
	// periodic padding, whose period it would break. Negative means none.
	Margin int `toml:"margin" json:"margin"`
}

// Words that a Config may hold.
const (
	GroupNorm = "group_norm"
	None      = "none"
	Periodic  = "periodic"
	Zeros     = "zeros"
)

const (
	defaultWidth  = 128
	defaultLayers = 4
	defaultMargin = 9
)

var activations = map[string]nn.Activation{"gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh, "relu": nn.ReLU}

// DefaultConfig is the complete description with every default.
func DefaultConfig() Config { return Config{}.Complete() }

// Complete replaces zero values by the defaults they stand for.
func (c Config) Complete() Config {
	word := func(s *string, d string) {
		if *s == "" {
			*s = d
		}
	}
	if c.Width == 0 {
		c.Width = defaultWidth
	}
	if c.Layers == 0 {
		c.Layers = defaultLayers
	}
	if len(c.Dilations) == 0 {
		c.Dilations = []int{1, 2, 4, 8, 4, 2, 1}
	}
	word(&c.Activation, "gelu")
	word(&c.Norm, None)
	word(&c.Padding, Periodic)
	if c.Margin == 0 {
		if c.Margin = -1; c.Padding == Zeros {
			c.Margin = defaultMargin
		}
	}
	return c
}

// Validate lists every fault of c for the given number of space dimensions, each with its key, the value found and what is expected. dims 0 leaves out what
// depends on the dimension.
func (c Config) Validate(dims int) error {
	c = c.Complete()
	var faults []error
	fault := func(format string, a ...any) { faults = append(faults, fmt.Errorf("resnet: "+format, a...)) }
	oneOf := func(key, got string, want ...string) {
		if !slices.Contains(want, got) {
			fault("%s = %q, expected one of %q", key, got, want)
		}
	}
	if dims < 0 || dims > 2 {
		fault("%d space dimensions, expected 1 or 2", dims)
	}
	if c.Width < 1 {
		fault("width = %d, expected at least 1", c.Width)
	}
	if c.Layers < 1 {
		fault("layers = %d, expected at least 1", c.Layers)
	}
	for i, d := range c.Dilations {
		if d < 1 {
			fault("dilations[%d] = %d, expected at least 1", i, d)
		}
	}
	oneOf("activation", c.Activation, "gelu", "silu", "tanh", "relu")
	oneOf("norm", c.Norm, None, GroupNorm)
	oneOf("padding", c.Padding, Periodic, Zeros)
	if c.Padding == Periodic && c.Margin > 0 {
		fault("margin = %d, but zeros between the ends break padding = %q: leave it out", c.Margin, Periodic)
	}
	return errors.Join(faults...)
}
