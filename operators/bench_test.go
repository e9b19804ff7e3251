package operators_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/train"
)

// noise is a data set of white noise on a periodic grid.
type noise struct {
	points []int
	frames int
}

func (n noise) Spec() eddy.Spec {
	return eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, n.points...), Dt: 1, History: 1}
}
func (n noise) Len() int       { return 4 }
func (n noise) Frames(int) int { return n.frames }
func (n noise) Read(_ context.Context, dst *eddy.Tensor, traj, frame int) error {
	rng := rand.New(rand.NewPCG(uint64(traj), uint64(frame)))
	for i := range dst.Data {
		dst.Data[i] = float32(rng.Uint32())/(1<<31) - 1
	}
	return nil
}

// A whole training step, data, optimiser and running mean included, for the 2-D network that is compared with peers (classic block) and the default one, and for
// a small 1-D network.
func BenchmarkTrainingStep(b *testing.B) {
	for _, k := range []struct {
		name   string
		points []int
		batch  int
		config fno.Config
	}{
		{"2D/classic", []int{64, 64}, 16, fno.Config{Modes: []int{12}, ModeLayout: "classic", Width: 32, Layers: 4, Block: "classic"}},
		{"2D/current", []int{64, 64}, 16, fno.Config{Modes: []int{12}, Width: 32, Layers: 4}},
		{"1D/current", []int{256}, 16, fno.Config{Modes: []int{16}, Width: 32, Layers: 4}},
	} {
		b.Run(k.name, func(b *testing.B) {
			c := operators.Config{Kind: operators.FNO, FNO: k.config}
			data := noise{k.points, 20}
			m, err := operators.New(c, data.Spec(), rand.New(rand.NewPCG(1, 1)))
			if err != nil {
				b.Fatal(err)
			}
			cfg := train.DefaultConfig()
			const warm = 3
			cfg.Train.Batch, cfg.Train.Steps, cfg.Train.CheckpointEvery = k.batch, 1<<30, 0
			t, err := train.New(m, cfg)
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			b.ReportAllocs()
			t.Observe = func(e train.Event) {
				if e.Kind != train.Stepped {
					return
				}
				if e.Step == warm {
					b.ResetTimer()
				}
				if e.Step >= warm && !b.Loop() {
					cancel()
				}
			}
			if _, err := t.Fit(ctx, data, nil); err == nil {
				b.Fatal("not ended by the benchmark")
			}
		})
	}
}

// Steps of a loaded model, one state at a time and in a batch.
func BenchmarkStep(b *testing.B) {
	c := operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{12}, Width: 32, Layers: 4}}
	spec := noise{points: []int{64, 64}}.Spec()
	m, err := operators.New(c, spec, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		b.Fatal(err)
	}
	op, err := operators.Wrap(c, m, operators.PhysicalMeta(spec))
	if err != nil {
		b.Fatal(err)
	}
	for _, batch := range []int{1, 16} {
		b.Run(fmt.Sprintf("64x64/batch=%d", batch), func(b *testing.B) {
			u, dst := eddy.NewTensor(batch, 1, 1, 64, 64), eddy.NewTensor(batch, 1, 64, 64)
			b.ReportAllocs()
			start := time.Now()
			n := 0
			for b.Loop() {
				if err := op.Step(b.Context(), dst, eddy.Input{U: u}); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(n*batch)/time.Since(start).Seconds(), "states/s")
		})
	}
}
