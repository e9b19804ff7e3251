package operators_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/safetensors"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/fno"
	"github.com/eddy-pde/eddy/operators/train"
)

// frames is a data set in memory.
type frames struct {
	spec eddy.Spec
	data *eddy.Tensor // [N, T, C, X…]
}

func (f frames) Spec() eddy.Spec { return f.spec }
func (f frames) Len() int        { return f.data.Shape[0] }
func (f frames) Frames(int) int  { return f.data.Shape[1] }
func (f frames) Read(_ context.Context, dst *eddy.Tensor, traj, frame int) error {
	copy(dst.Data, f.data.Row(traj).Rows(frame, frame+dst.Shape[0]).Data)
	return nil
}

// Thirty steps from the same weights on the same data give PyTorch's losses and weights: network, gradients, loss, clipping, optimiser and schedule together.
func TestTrainingFollowsPyTorch(t *testing.T) {
	f := readTensors(t, "testdata/training.safetensors")
	data, shape, err := f.Float32("data")
	if err != nil {
		t.Fatal(err)
	}
	losses, err := f.Float64("losses")
	if err != nil {
		t.Fatal(err)
	}
	set := frames{eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 16), Dt: 1, History: 1}, eddy.FromSlice(data, shape...)}
	c := operators.Config{Kind: operators.FNO, FNO: fno.Config{Modes: []int{7}, ModeLayout: "neuralop", Width: 6, Layers: 2}}

	// The weights at the start go in as an imported run, as fine-tuning does.
	start := filepath.Join(t.TempDir(), "start")
	if err := operators.Import(start, part(t, f, "start:"), fno.KindNeuralOp, c, operators.PhysicalMeta(set.Spec())); err != nil {
		t.Fatal(err)
	}
	m, err := operators.New(c, set.Spec(), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	cfg := train.DefaultConfig()
	cfg.Normalise.Kind = "none"
	cfg.Optim = train.Optim{LR: 2e-2, WeightDecay: 1e-2, Warmup: 5, Clip: 0.5}
	cfg.Train.Steps, cfg.Train.Batch, cfg.Train.Init = len(losses), 16, start
	tr, err := train.New(m, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if tr.Run, err = c.Run(1); err != nil {
		t.Fatal(err)
	}
	tr.Run.Dir = filepath.Join(t.TempDir(), "run")
	tr.Observe = func(e train.Event) {
		// Float32 rounding differs from the first step on, and Adam's division by √v carries it into the weights.
		const tol = 2e-5
		if e.Kind == train.Stepped && !near(e.Loss, losses[e.Step-1], tol*losses[0]) {
			t.Errorf("step %d: loss %.7g, PyTorch has %.7g", e.Step, e.Loss, losses[e.Step-1])
		}
	}
	if _, err := tr.Fit(t.Context(), set, nil); err != nil {
		t.Fatal(err)
	}

	op, err := operators.Load(tr.Run.Dir)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "end.safetensors")
	if err := op.Export(out, fno.KindNeuralOp); err != nil {
		t.Fatal(err)
	}
	got, want := readTensors(t, out), readTensors(t, part(t, f, "end:"))
	for _, name := range want.Names() {
		a, _, err := got.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := want.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		const tol = 1e-4
		if e := distance(a, b); e > tol {
			t.Errorf("%s: off by %g, want at most %g", name, e, tol)
		}
	}
}

// part writes the tensors of f whose names begin with prefix to a file of their own, under the rest of the name.
func part(t *testing.T, f *safetensors.File, prefix string) string {
	t.Helper()
	var tensors []safetensors.Tensor
	for _, v := range f.Tensors {
		if name, ok := strings.CutPrefix(v.Name, prefix); ok {
			v.Name = name
			tensors = append(tensors, v)
		}
	}
	path := filepath.Join(t.TempDir(), "part.safetensors")
	if err := safetensors.Write(path, nil, tensors); err != nil {
		t.Fatal(err)
	}
	return path
}
