package unet

import (
	"errors"
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy/operators/nn"
)

// Config describes a U-Net. The zero value of every field means its default, so Config{} is a complete description; [Config.Complete] writes the defaults out.
// In brackets is what PDEArena calls a field; its registry's Unetmod-64 is the default here, apart from Upsampling.
type Config struct {
	// Width is the number of channels of the finest resolution [hidden_channels]. Default 64.
	Width int `toml:"width" json:"width"`
	// Multipliers give each resolution its channels, as a multiple of those of the next finer one: they multiply up [ch_mults]. Every resolution but the first has
	// half the points an axis of the one before. Default 1, 2, 2, 4.
	Multipliers []int `toml:"multipliers" json:"multipliers"`
	// Blocks is the number of residual blocks a resolution on the way down; there is one more on the way up [n_blocks]. Default 2.
	Blocks int `toml:"blocks" json:"blocks"`
	// Activation is "gelu" (default, the erf form), "silu" or "relu".
	Activation string `toml:"activation" json:"activation"`
	// Norm is "group_norm" (default) in front of every activation: one group in the blocks, eight before the last convolution; or "none".
	Norm string `toml:"norm" json:"norm"`
	// Attention says for each resolution whether its blocks end with attention [is_attn]; one value for all. Default false.
	Attention []bool `toml:"attention" json:"attention"`
	// MiddleAttention puts attention between the two blocks of the coarsest resolution [mid_attn].
	MiddleAttention bool `toml:"middle_attention" json:"middle_attention"`
	// AttentionOver is what the weights of an attention sum to one over: "keys" (default), or "queries", as PDEArena has it.
	AttentionOver string `toml:"attention_over" json:"attention_over"`
	// ScaleShift lets the embedding of level and scalars scale and shift each block's second norm [use_scale_shift_norm, AdaGN], instead of adding to its input.
	ScaleShift bool `toml:"scale_shift" json:"scale_shift"`
	// PointwiseEnds makes the first and the last convolution 1×1 instead of 3×3 [use1x1].
	PointwiseEnds bool `toml:"pointwise_ends" json:"pointwise_ends"`
	// Padding is what convolutions see beyond the edge: "periodic" (default), as PDEArena's one-dimensional recipe has it, or "zeros", as its other ones.
	Padding string `toml:"padding" json:"padding"`
	// Upsampling is "periodic": the transposed convolution wraps round, so that the network commutes with shifts by whole coarse cells; or "zeros": it sees zeros
	// beyond the edge even where everything else is periodic, as the released weights were trained. Default as Padding.
	Upsampling string `toml:"upsampling" json:"upsampling"`
}

// Words that a Config may hold.
const (
	GroupNorm = "group_norm"
	None      = "none"
	Periodic  = "periodic"
	Zeros     = "zeros"
	Keys      = "keys"
	Queries   = "queries"
)

const (
	defaultWidth  = 64
	defaultBlocks = 2
	headGroups    = 8 // of the norm before the last convolution
)

var activations = map[string]nn.Activation{"gelu": nn.GELU, "silu": nn.SiLU, "relu": nn.ReLU}

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
	if len(c.Multipliers) == 0 {
		c.Multipliers = []int{1, 2, 2, 4}
	}
	if c.Blocks == 0 {
		c.Blocks = defaultBlocks
	}
	if len(c.Attention) == 0 {
		c.Attention = []bool{false}
	}
	word(&c.Activation, "gelu")
	word(&c.Norm, GroupNorm)
	word(&c.AttentionOver, Keys)
	word(&c.Padding, Periodic)
	word(&c.Upsampling, c.Padding)
	return c
}

// Validate lists every fault of c for the given number of space dimensions, each with its key, the value found and what is expected. dims 0 leaves out what
// depends on the dimension.
func (c Config) Validate(dims int) error {
	c = c.Complete()
	var faults []error
	fault := func(format string, a ...any) { faults = append(faults, fmt.Errorf("unet: "+format, a...)) }
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
	} else if c.Norm == GroupNorm && c.Width%headGroups != 0 {
		fault("width = %d, expected a multiple of %d, the groups of the last norm", c.Width, headGroups)
	}
	for i, m := range c.Multipliers {
		if m < 1 {
			fault("multipliers[%d] = %d, expected at least 1", i, m)
		}
	}
	if c.Blocks < 1 {
		fault("blocks = %d, expected at least 1", c.Blocks)
	}
	oneOf("activation", c.Activation, "gelu", "silu", "relu")
	oneOf("norm", c.Norm, GroupNorm, None)
	if n := len(c.Attention); n != 1 && n != len(c.Multipliers) {
		fault("attention has %d entries, expected 1 or %d, the resolutions", n, len(c.Multipliers))
	}
	oneOf("attention_over", c.AttentionOver, Keys, Queries)
	oneOf("padding", c.Padding, Periodic, Zeros)
	oneOf("upsampling", c.Upsampling, Periodic, Zeros)
	return errors.Join(faults...)
}

// attention says whether the blocks of resolution i end with attention.
func (c Config) attention(i int) bool { return c.Attention[min(i, len(c.Attention)-1)] }

// factor is what the points of every axis must be a multiple of.
func (c Config) factor() int { return 1 << (len(c.Multipliers) - 1) }

func boundary(word string) nn.Boundary {
	if word == Periodic {
		return nn.PeriodicBoundary
	}
	return nn.ZeroBoundary
}
