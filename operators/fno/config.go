package fno

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Config describes a Fourier neural operator. The zero value of every field means its default, so Config{} is a complete description; [Config.Complete] writes
// the defaults out. Names and defaults follow neuraloperator's FNO, except where noted.
type Config struct {
	// Modes counts the frequencies kept, one number per axis or one for all; what it counts is ModeLayout's matter. Default 12.
	Modes []int `toml:"modes" json:"modes"`
	// ModeLayout is "symmetric" (default): frequencies −(m−1)…m−1, the last axis 0…m−1; "classic": −m…m−1, the last 0…m−1, as in the FNO paper; or
	// "neuralop": m is neuraloperator's n_modes, −⌊m/2⌋…⌈m/2⌉−1, the last 0…⌊m/2⌋.
	ModeLayout string `toml:"mode_layout" json:"mode_layout"`
	// Width is the number of hidden channels. Default 32.
	Width int `toml:"width" json:"width"`
	// Layers is the number of Fourier blocks. Default 4.
	Layers int `toml:"layers" json:"layers"`
	// Block is "current" (default), neuraloperator's block with a channel MLP, or "classic", the FNO paper's: v ← GELU(W·v + b + K·v), no GELU after the last.
	Block string `toml:"block" json:"block"`
	// LiftingRatio times Width is the hidden width of the lifting network; negative means one linear layer. Default 2, with the classic block −1.
	LiftingRatio float64 `toml:"lifting_ratio" json:"lifting_ratio"`
	// ProjectionRatio times Width is the hidden width of the projection. Default 2, with the classic block 128 channels.
	ProjectionRatio float64 `toml:"projection_ratio" json:"projection_ratio"`
	// Activation is "gelu" (default, the erf form), "silu" or "tanh". Channel MLPs inside blocks always use GELU.
	Activation string `toml:"activation" json:"activation"`
	// Norm is "none" (default), "group_norm" (one group over all channels, gain and shift per channel), "instance_norm" (no gain) or "ada_in" (instance norm
	// whose gain and shift a small network computes from the equation's scalars). Current block only.
	Norm string `toml:"norm" json:"norm"`
	// FNOSkip is what runs beside the spectral convolution: "linear" (default), "soft-gating", "identity" or "none". Current block only.
	FNOSkip string `toml:"fno_skip" json:"fno_skip"`
	// ChannelMLPExpansion times Width is the hidden width of a block's channel MLP; negative means no channel MLP. Default 0.5. Current block only.
	ChannelMLPExpansion float64 `toml:"channel_mlp_expansion" json:"channel_mlp_expansion"`
	// ChannelMLPSkip is what runs beside the channel MLP, from the block's input: "soft-gating" (default), "linear", "identity" or "none". Current block only.
	ChannelMLPSkip string `toml:"channel_mlp_skip" json:"channel_mlp_skip"`
	// DomainPadding is the fraction of points added as zeros on each side of every axis, one number per axis or one for all, for data that are not
	// periodic. Default none.
	DomainPadding []float64 `toml:"domain_padding" json:"domain_padding"`
	// Stabilizer is "none" (default) or "tanh", applied to the input of each spectral convolution. Current block only.
	Stabilizer string `toml:"stabilizer" json:"stabilizer"`
	// PositionalEmbedding is "grid" (default): one channel j/N per axis; "grid-closed": j/(N−1), as the FNO paper's scripts have it; or "none".
	PositionalEmbedding string `toml:"positional_embedding" json:"positional_embedding"`
	// Conditioning is how scalars of the equation reach the network: "channels" (default), as constant fields beside the states (with "ada_in" as the norms' gain
	// and shift), or "embedding": summed sinusoidal embeddings (see nn.Embedding), of which each block adds a linear image to its input. A refinement level is
	// always embedded.
	Conditioning string `toml:"conditioning" json:"conditioning"`
	// Init is "neuralop" (spectral weights normal with variance 2/(in+out)) or "classic" (uniform in [0, 1/(in·out)), all of positive mean). Default by block.
	Init string `toml:"init" json:"init"`
	// FFTShift is "exact" (default) or "neuralop-2.0.0", which repeats what that release does on axes, other than the last, with an odd number of points: its
	// second shift is not the inverse of the first, so every output frequency comes out one lower. Needed to run weights that were trained on such grids.
	FFTShift string `toml:"fft_shift" json:"fft_shift"`
}

// Words that a Config may hold; "classic" is a block, a mode layout and an initialisation, "neuralop" the latter two.
const (
	Current    = "current"
	Classic    = "classic"
	Symmetric  = "symmetric"
	NeuralOp   = "neuralop"
	None       = "none"
	Linear     = "linear"
	SoftGating = "soft-gating"
	Identity   = "identity"

	GroupNorm    = "group_norm"
	InstanceNorm = "instance_norm"
	AdaIN        = "ada_in"

	Grid       = "grid"
	GridClosed = "grid-closed"

	Channels  = "channels"
	Embedding = "embedding"

	ExactShift       = "exact"
	NeuralOp200Shift = "neuralop-2.0.0"
)

// Defaults that are numbers, and widths that the original implementations fix.
const (
	defaultModes    = 12
	defaultWidth    = 32
	defaultLayers   = 4
	paperProjection = 128 // hidden width of the paper's projection
	adaptiveHidden  = 512 // hidden width of neuraloperator's AdaIN network
)

// DefaultConfig is the complete description with every default.
func DefaultConfig() Config { return Config{}.Complete() }

// Complete replaces zero values by the defaults they stand for.
func (c Config) Complete() Config {
	word := func(s *string, d string) {
		if *s == "" {
			*s = d
		}
	}
	if len(c.Modes) == 0 {
		c.Modes = []int{defaultModes}
	}
	if c.Width == 0 {
		c.Width = defaultWidth
	}
	if c.Layers == 0 {
		c.Layers = defaultLayers
	}
	word(&c.ModeLayout, Symmetric)
	word(&c.Block, Current)
	lifting, projection, law := 2.0, 2.0, NeuralOp
	if c.Block == Classic {
		lifting, projection, law = -1, paperProjection/float64(c.Width), Classic
	}
	if c.LiftingRatio == 0 {
		c.LiftingRatio = lifting
	}
	if c.ProjectionRatio == 0 {
		c.ProjectionRatio = projection
	}
	word(&c.Init, law)
	word(&c.Activation, "gelu")
	word(&c.Norm, None)
	word(&c.Stabilizer, None)
	word(&c.PositionalEmbedding, Grid)
	word(&c.Conditioning, Channels)
	word(&c.FFTShift, ExactShift)
	if c.DomainPadding == nil {
		c.DomainPadding = []float64{} // one spelling of "none" in files
	}
	if c.Block == Classic { // the keys of the current block say that it is not there
		word(&c.FNOSkip, Linear)
		word(&c.ChannelMLPSkip, None)
		if c.ChannelMLPExpansion == 0 {
			c.ChannelMLPExpansion = -1
		}
		return c
	}
	word(&c.FNOSkip, Linear)
	word(&c.ChannelMLPSkip, SoftGating)
	if c.ChannelMLPExpansion == 0 {
		c.ChannelMLPExpansion = 0.5
	}
	return c
}

// Validate lists every fault of c for the given number of space dimensions, each with its key, the value found and what is expected. dims 0 leaves out what
// depends on the dimension.
func (c Config) Validate(dims int) error {
	c = c.Complete()
	var faults []error
	fault := func(format string, a ...any) { faults = append(faults, fmt.Errorf("fno: "+format, a...)) }
	oneOf := func(key, got string, want ...string) {
		if !slices.Contains(want, got) {
			fault("%s = %q, expected one of %q", key, got, want)
		}
	}
	if dims < 0 || dims > 3 {
		fault("%d space dimensions, expected 1, 2 or 3", dims)
		dims = 0
	}
	if dims > 0 && len(c.Modes) != 1 && len(c.Modes) != dims {
		fault("modes has %d entries, expected 1 or one per axis, %d", len(c.Modes), dims)
	}
	for i, m := range c.Modes {
		if m < 1 {
			fault("modes[%d] = %d, expected at least 1", i, m)
		}
	}
	oneOf("mode_layout", c.ModeLayout, Symmetric, Classic, NeuralOp)
	if c.Width < 1 {
		fault("width = %d, expected at least 1", c.Width)
	}
	if c.Layers < 1 {
		fault("layers = %d, expected at least 1", c.Layers)
	}
	oneOf("block", c.Block, Current, Classic)
	if c.LiftingRatio > 0 && hidden(c.LiftingRatio, c.Width) < 1 {
		fault("lifting_ratio = %g gives no channels at width %d", c.LiftingRatio, c.Width)
	}
	if hidden(c.ProjectionRatio, c.Width) < 1 {
		fault("projection_ratio = %g gives no channels at width %d", c.ProjectionRatio, c.Width)
	}
	oneOf("activation", c.Activation, "gelu", "silu", "tanh")
	if c.Norm == "batch_norm" {
		fault("norm = \"batch_norm\" is not available: it ties a step to what else is in the batch; use \"group_norm\" or \"instance_norm\"")
	} else {
		oneOf("norm", c.Norm, None, GroupNorm, InstanceNorm, AdaIN)
	}
	oneOf("fno_skip", c.FNOSkip, Linear, SoftGating, Identity, None)
	oneOf("channel_mlp_skip", c.ChannelMLPSkip, Linear, SoftGating, Identity, None)
	if c.ChannelMLPExpansion > 0 && expanded(c) < 1 {
		fault("channel_mlp_expansion = %g gives no channels at width %d", c.ChannelMLPExpansion, c.Width)
	}
	if dims > 0 && len(c.DomainPadding) > 1 && len(c.DomainPadding) != dims {
		fault("domain_padding has %d entries, expected 1 or one per axis, %d", len(c.DomainPadding), dims)
	}
	for i, p := range c.DomainPadding {
		if !(p >= 0 && p <= 1) {
			fault("domain_padding[%d] = %g, expected a fraction from 0 to 1", i, p)
		}
	}
	oneOf("stabilizer", c.Stabilizer, None, "tanh")
	oneOf("positional_embedding", c.PositionalEmbedding, Grid, GridClosed, None)
	oneOf("conditioning", c.Conditioning, Channels, Embedding)
	if c.Conditioning == Embedding && c.Norm == AdaIN {
		fault("conditioning = %q, but norm = %q takes the scalars itself: use one of them", Embedding, AdaIN)
	}
	oneOf("init", c.Init, NeuralOp, Classic)
	oneOf("fft_shift", c.FFTShift, ExactShift, NeuralOp200Shift)
	if c.Block == Classic {
		faults = append(faults, c.notClassic()...)
	}
	return errors.Join(faults...)
}

// notClassic lists settings that the classic block does not have.
func (c Config) notClassic() []error {
	var faults []error
	only := func(key, got, want string) {
		if got != want {
			faults = append(faults, fmt.Errorf("fno: %s = %q, but the classic block has none of it: leave it out or use block = \"current\"", key, got))
		}
	}
	only("norm", c.Norm, None)
	only("stabilizer", c.Stabilizer, None)
	only("fno_skip", c.FNOSkip, Linear)
	only("channel_mlp_skip", c.ChannelMLPSkip, None)
	if c.ChannelMLPExpansion > 0 {
		only("channel_mlp_expansion", fmt.Sprint(c.ChannelMLPExpansion), "")
	}
	return faults
}

// hidden is the number of channels of a ratio, cut as neuraloperator cuts it; the small addition undoes the rounding of 128/width·width.
func hidden(ratio float64, width int) int { return int(math.Floor(ratio*float64(width) + 1e-9)) }

// expanded is the hidden width of a channel MLP, rounded as Python rounds: to even in the middle.
func expanded(c Config) int { return int(math.RoundToEven(c.ChannelMLPExpansion * float64(c.Width))) }

// perAxis spreads one value over all axes.
func perAxis[T any](v []T, dims int) []T {
	if len(v) == 1 {
		return slices.Repeat(v, dims)
	}
	return v
}
