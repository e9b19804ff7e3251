package fno

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy/operators/nn"
)

// Every scalar, and a level where there is one, changes what the network says, in the way that the config asks for: an embedding has weights for each scalar, channels and adaptive
// norms have none of those.
func TestScalarsAndLevelsReachTheNetwork(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		level  bool
		embeds int // scalars that go through the embedding
	}{
		"channels":             {Config{}, false, 0},
		"channels and level":   {Config{}, true, 0},
		"embedding":            {Config{Conditioning: Embedding}, false, 2},
		"embedding and level":  {Config{Conditioning: Embedding}, true, 2},
		"adaptive norm, level": {Config{Norm: AdaIN}, true, 0},
	} {
		c.config.Modes, c.config.Width, c.config.Layers = []int{2}, 4, 1
		m, err := Make(c.config, nn.Sizes{Dims: 1, In: 1, Out: 1, Scalars: 2, Level: c.level}, rand.New(rand.NewPCG(5, 5)))
		if err != nil {
			t.Fatal(err)
		}
		embedded := map[string]bool{}
		for _, p := range m.Params() {
			p.ToFloat64()
			if rest, ok := strings.CutPrefix(p.Name, "embedding.scalars."); ok {
				number, _, _ := strings.Cut(rest, ".")
				embedded[number] = true
			}
		}
		if len(embedded) != c.embeds {
			t.Errorf("%s: scalars %v are embedded, want %d of them", name, embedded, c.embeds)
		}
		said := func(told ...float64) []float64 { // scalars, then the level
			g := nn.NewGraph(tensor.Float64)
			in := nn.Inputs{U: g.Placeholder("u", 1, 1, 8), Cond: g.Placeholder("cond", 1, 2)}
			for i := range in.U.Value.Float64s() {
				in.U.Value.Float64s()[i] = float64(i * i % 5)
			}
			copy(in.Cond.Value.Float64s(), told)
			if c.level {
				in.Level = g.Placeholder("level", 1, 1)
				in.Level.Value.Float64s()[0] = told[2]
			}
			y, err := m.Forward(g, in)
			if err != nil {
				t.Fatal(err)
			}
			p, err := g.Compile(y)
			if err == nil {
				err = p.Run()
			}
			if err != nil {
				t.Fatal(err)
			}
			return slices.Clone(y.Value().(*tensor.Dense).Float64s())
		}
		base := said(1, 2, 3)
		for i, what := range []string{"the first scalar", "the second scalar", "the level"} {
			told := []float64{1, 2, 3}
			told[i] += 0.5
			if i < 2 || c.level {
				if slices.Equal(said(told...), base) {
					t.Errorf("%s: %s changes nothing", name, what)
				}
			}
		}
	}
}
