package fno

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultsAreNeuralOperators(t *testing.T) {
	want := Config{
		Modes: []int{12}, ModeLayout: "symmetric", Width: 32, Layers: 4, Block: "current", LiftingRatio: 2, ProjectionRatio: 2, Activation: "gelu", Norm: "none",
		FNOSkip: "linear", ChannelMLPExpansion: 0.5, ChannelMLPSkip: "soft-gating", DomainPadding: []float64{}, Stabilizer: "none", PositionalEmbedding: "grid", Conditioning: "channels", Init: "neuralop", FFTShift: "exact",
	}
	if d := cmp.Diff(want, DefaultConfig()); d != "" {
		t.Error(d)
	}
	if err := want.Validate(2); err != nil {
		t.Error(err)
	}
}

func TestClassicDefaultsAreThePapers(t *testing.T) {
	for _, width := range []int{20, 32, 48, 100} {
		c := Config{Block: Classic, ModeLayout: Classic, Width: width}.Complete()
		if err := c.Validate(2); err != nil {
			t.Error(err)
		}
		if h := hidden(c.ProjectionRatio, width); h != 128 {
			t.Errorf("width %d: %d hidden channels in the projection, expected 128", width, h)
		}
		if c.Init != Classic || c.LiftingRatio >= 0 {
			t.Errorf("classic defaults: %+v", c)
		}
	}
}

func TestCompleteIsStableAndSurvivesJSON(t *testing.T) {
	for _, c := range []Config{{}, {Block: Classic}, {Modes: []int{3, 4}, DomainPadding: []float64{0.1}, Norm: GroupNorm}} {
		full := c.Complete()
		b, err := json.Marshal(full)
		if err != nil {
			t.Fatal(err)
		}
		var back Config
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(full, back.Complete()); d != "" {
			t.Error(d)
		}
	}
}

func TestValidateListsEveryFault(t *testing.T) {
	c := Config{
		Modes: []int{4, 0, 3}, ModeLayout: "circular", Width: -1, Layers: -2, Block: "modern", Activation: "relu", Norm: "layer", FNOSkip: "dense", ChannelMLPSkip: "dense",
		ProjectionRatio: -1, ChannelMLPExpansion: 0.001, DomainPadding: []float64{0.1, -1, 2}, Stabilizer: "sin", PositionalEmbedding: "rope", Init: "zero", FFTShift: "old",
	}
	err := c.Validate(2)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"modes has 3 entries, expected 1 or one per axis, 2", "modes[1] = 0, expected at least 1", `mode_layout = "circular", expected one of`, "width = -1", "layers = -2", `block = "modern"`,
		`activation = "relu"`, `norm = "layer"`, `fno_skip = "dense"`, `channel_mlp_skip = "dense"`, "channel_mlp_expansion = 0.001", "domain_padding has 3 entries",
		"domain_padding[1] = -1", "domain_padding[2] = 2", `stabilizer = "sin"`, `positional_embedding = "rope"`, `init = "zero"`, `fft_shift = "old"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Norm: "batch_norm"}, `norm = "batch_norm" is not available`},
		{Config{Block: Classic, Norm: GroupNorm}, "the classic block has none of it"},
		{Config{Block: Classic, Stabilizer: "tanh"}, "stabilizer"},
		{Config{Block: Classic, ChannelMLPExpansion: 0.5}, "channel_mlp_expansion"},
		{Config{ProjectionRatio: 0.001}, "projection_ratio = 0.001 gives no channels"},
	} {
		if err := c.config.Validate(2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected one with %q", err, c.want)
		}
	}
	if err := (Config{}).Validate(4); err == nil {
		t.Error("four dimensions pass")
	}
}

func TestNewNeedsScalarsForAdaptiveNorms(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	if _, err := New(Config{Norm: AdaIN}, 1, 1, 1, rng); err == nil || !strings.Contains(err.Error(), "needs scalars") {
		t.Errorf("error %v", err)
	}
	if _, err := New(Config{}, 1, 0, 1, rng); err == nil {
		t.Error("no channels pass")
	}
	if _, err := New(Config{Layers: -1}, 1, 1, 1, rng); err == nil {
		t.Error("negative layers pass")
	}
}

func TestModeLayouts(t *testing.T) {
	for _, c := range []struct {
		layout string
		modes  []int
		lo, hi []int
	}{
		{Symmetric, []int{3, 4}, []int{-2, 0}, []int{2, 3}},
		{Classic, []int{3, 4}, []int{-3, 0}, []int{2, 3}},
		{NeuralOp, []int{5, 4}, []int{-2, 0}, []int{2, 2}},
		{NeuralOp, []int{4, 7}, []int{-2, 0}, []int{1, 3}},
		{Symmetric, []int{3}, []int{-2, 0}, []int{2, 2}}, // one number for all axes
	} {
		m := Config{ModeLayout: c.layout, Modes: c.modes}.modes(2)
		if d := cmp.Diff([][]int{c.lo, c.hi}, [][]int{m.Lo, m.Hi}); d != "" {
			t.Errorf("%s %v: %s", c.layout, c.modes, d)
		}
	}
}
