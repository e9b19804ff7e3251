package unet

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy/operators/nn"
)

// The published numbers of parameters: PDE-Refiner's network for the Kuramoto–Sivashinsky equation, told dt and dx (scalar_2) or the viscosity too (scalar_3), and
// the Unetmod-64 of PDEArena's model zoo, from four frames of a scalar and a vector to one.
func TestParametersAreThePublishedNumbers(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes nn.Sizes
		want  int
	}{
		{"Unetmod-1d-64, scalar_2", nn.Sizes{Dims: 1, In: 2, Out: 1, Scalars: 2, Level: true}, 53_924_225},
		{"Unetmod-1d-64, scalar_3", nn.Sizes{Dims: 1, In: 2, Out: 1, Scalars: 3, Level: true}, 54_006_657},
		{"Unetmod-64 in 2-D", nn.Sizes{Dims: 2, In: 12, Out: 3}, 144_263_683},
	} {
		if testing.Short() && c.sizes.Dims == 2 {
			continue // it takes 0.6 GB
		}
		if got := size(t, Config{}, c.sizes); got != c.want {
			t.Errorf("%s: %d parameters, want %d", c.name, got, c.want)
		}
	}
	if got := size(t, Config{Width: 16}, nn.Sizes{Dims: 1, In: 2, Out: 1, Scalars: 2, Level: true}); got != 3_384_161 {
		t.Errorf("16 channels: %d parameters, want 3384161", got)
	}
}

// size counts parameters without filling them in.
func size(t *testing.T, c Config, s nn.Sizes) int {
	t.Helper()
	m, err := New(c, s, rand.New(constant{}))
	if err != nil {
		t.Fatal(err)
	}
	return nn.Count(m.Params())
}

// constant is a fast source of no randomness.
type constant struct{}

func (constant) Uint64() uint64 { return 1 << 63 }

func TestDefaultsAreUnetmod64(t *testing.T) {
	want := Config{
		Width: 64, Multipliers: []int{1, 2, 2, 4}, Blocks: 2, Activation: "gelu", Norm: GroupNorm, Attention: []bool{false}, AttentionOver: Keys, Padding: Periodic, Upsampling: Periodic,
	}
	if d := cmp.Diff(want, DefaultConfig()); d != "" {
		t.Error(d)
	}
	if c := (Config{Padding: Zeros}).Complete(); c.Upsampling != Zeros {
		t.Errorf("upsampling %q beside padding with zeros", c.Upsampling)
	}
}

func TestValidateListsEveryFault(t *testing.T) {
	c := Config{
		Width: 12, Multipliers: []int{1, 0}, Blocks: -1, Activation: "tanh", Norm: "batch_norm", Attention: []bool{true, true, true}, AttentionOver: "values",
		Padding: "circular", Upsampling: "released",
	}
	err := c.Validate(3)
	for _, want := range []string{
		"3 space dimensions, expected 1 or 2", "multipliers[1] = 0, expected at least 1", "blocks = -1, expected at least 1", `activation = "tanh"`, `norm = "batch_norm"`,
		"attention has 3 entries, expected 1 or 2", `attention_over = "values"`, `padding = "circular"`, `upsampling = "released"`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no fault says %q: %v", want, err)
		}
	}
	if err := (Config{Width: 12}).Validate(1); err == nil || !strings.Contains(err.Error(), "width = 12, expected a multiple of 8") {
		t.Error(err)
	}
}
