package train

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
)

// memory is a data set of trajectories in memory.
type memory struct {
	spec   eddy.Spec
	trajs  []*eddy.Tensor // [T, C, X…]
	static []*eddy.Tensor // [F, X…] of each trajectory, or nil
	cond   [][]float32    // [P] of each trajectory, or nil
}

func (m *memory) Spec() eddy.Spec  { return m.spec }
func (m *memory) Len() int         { return len(m.trajs) }
func (m *memory) Frames(i int) int { return m.trajs[i].Shape[0] }
func (m *memory) clone() *memory {
	c := *m
	c.trajs = append([]*eddy.Tensor(nil), m.trajs...)
	return &c
}

func (m *memory) subset(n int) *memory {
	c := m.clone()
	c.trajs = c.trajs[:n]
	return c
}

func (m *memory) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	copy(dst.Data, m.trajs[traj].Rows(frame, frame+dst.Shape[0]).Data)
	return nil
}

func (m *memory) Condition(_ context.Context, static *eddy.Tensor, cond []float32, traj int) error {
	if static != nil {
		copy(static.Data, m.static[traj].Data)
	}
	if cond != nil {
		copy(cond, m.cond[traj])
	}
	return nil
}

// rotation is the linear law of the toy data: two fields that turn and shrink a little at every point.
var rotation = [2][2]float64{{0.9, -0.3}, {0.3, 0.9}}

// toy makes trajectories of the law u ← A·u from random states.
func toy(seed uint64, trajs, frames, points int) *memory {
	m := &memory{spec: eddy.Spec{
		Name: "toy", Fields: []eddy.Field{{Name: "a"}, {Name: "b"}}, Grid: eddy.PeriodicGrid(1, points), Dt: 0.5, History: 1,
	}}
	rng := rand.New(rand.NewPCG(seed, 1))
	for range trajs {
		u := eddy.NewTensor(frames, 2, points)
		for i := range u.Row(0).Data {
			u.Row(0).Data[i] = float32(rng.NormFloat64())
		}
		for f := 1; f < frames; f++ {
			a, b, to := u.Row(f-1).Row(0).Data, u.Row(f-1).Row(1).Data, u.Row(f)
			for i := range a {
				to.Data[i] = float32(rotation[0][0]*float64(a[i]) + rotation[0][1]*float64(b[i]))
				to.Data[points+i] = float32(rotation[1][0]*float64(a[i]) + rotation[1][1]*float64(b[i]))
			}
		}
		m.trajs = append(m.trajs, u)
	}
	return m
}

// linearModule mixes channels by one matrix and a bias: the network that can represent the toy law.
type linearModule struct{ layer *nn.Dense }

func newLinear(seed uint64, in, out int) *linearModule {
	return &linearModule{nn.NewDense("mix", in, out, rand.New(rand.NewPCG(seed, 2)))}
}

func (m *linearModule) Params() []*nn.Param { return m.layer.Params() }

func (m *linearModule) Forward(g *nn.Graph, in nn.Inputs) (*gorgonia.Node, error) {
	return m.layer.Forward(g, in.U.Node, nil, nn.Identity), nil
}

// smallNet has a hidden layer, so that weights interact.
type smallNet struct{ a, b *nn.Dense }

func newSmallNet(seed uint64, in, out int) *smallNet {
	rng := rand.New(rand.NewPCG(seed, 3))
	return &smallNet{nn.NewDense("a", in, 16, rng), nn.NewDense("b", 16, out, rng)}
}

func (m *smallNet) Params() []*nn.Param { return append(m.a.Params(), m.b.Params()...) }

func (m *smallNet) Forward(g *nn.Graph, in nn.Inputs) (*gorgonia.Node, error) {
	return m.b.Forward(g, m.a.Forward(g, in.U.Node, nil, nn.GELU), nil, nn.Identity), nil
}

// quick is a short training.
func quick(steps int) Config {
	c := DefaultConfig()
	c.Optim.Warmup = min(5, steps)
	c.Train.Steps, c.Train.Batch = steps, 4
	c.Train.ValidateEvery, c.Train.CheckpointEvery, c.Train.ValidateSteps = 7, 5, 4
	c.Seed = 11
	return c
}

func must[T any](v T, err error) func(tb testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// fit trains a fresh small network and returns the trainer.
func fit(tb testing.TB, c Config, dir string, train, valid *memory) (*Trainer, Report) {
	tb.Helper()
	tr := must(New(newSmallNet(1, 2, 2), c))(tb)
	tr.Run = Run{Dir: dir, Kind: "small"}
	rep, err := tr.Fit(tb.Context(), train, valid)
	if err != nil {
		tb.Fatal(err)
	}
	return tr, rep
}

func readFile(tb testing.TB, elem ...string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol }

func newRNG(seed uint64) *rand.PCG { return rand.NewPCG(seed, noiseStream) }
