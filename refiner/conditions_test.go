package refiner_test

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/resnet"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/operators/unet"
	"github.com/eddy-pde/eddy/refiner"
	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// swirl is a data set with everything that a refiner may be told: two fields on a square, one state of history more than needed, a static field and a scalar. Waves move over the
// square with a speed that is the scalar, and the static field is added to the second field.
type swirl struct{ trajs, frames int }

func (swirl) Spec() eddy.Spec {
	return eddy.Spec{
		Name: "swirl", Fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, Grid: eddy.PeriodicGrid(1, 8, 12), Dt: 0.5, History: 1,
		Statics: []eddy.Field{{Name: "bottom"}}, Params: []eddy.Param{{Name: "speed"}},
	}
}
func (s swirl) Len() int       { return s.trajs }
func (s swirl) Frames(int) int { return s.frames }

func (s swirl) Read(_ context.Context, dst *eddy.Tensor, traj, frame int) error {
	rng := rand.New(rand.NewPCG(uint64(traj), 7))
	speed, phase, amplitude := 1+rng.Float64(), rng.Float64(), 1+rng.Float64()
	for t := range dst.Shape[0] {
		row := dst.Row(t).Data
		for i := range 96 {
			x, y := float64(i/12)/8, float64(i%12)/12
			at := 2 * math.Pi * (x + y + phase - 0.05*speed*float64(frame+t))
			row[i], row[96+i] = float32(amplitude*math.Sin(at)), float32(3*math.Cos(at)+bottom(x))
		}
	}
	return nil
}

func bottom(x float64) float64 { return 0.5 * math.Sin(4*math.Pi*x) }

func (s swirl) Condition(_ context.Context, static *eddy.Tensor, params []float32, traj int) error {
	if static != nil {
		for i := range 96 {
			static.Data[i] = float32(bottom(float64(i/12) / 8))
		}
	}
	if params != nil {
		params[0] = float32(1 + rand.New(rand.NewPCG(uint64(traj), 7)).Float64())
	}
	return nil
}

// input is what a model with a history of two is handed at the beginning of all trajectories.
func (s swirl) input(t *testing.T) eddy.Input {
	t.Helper()
	in := eddy.Input{U: eddy.NewTensor(s.trajs, 2, 2, 8, 12), Static: eddy.NewTensor(s.trajs, 1, 8, 12), Cond: eddy.NewTensor(s.trajs, 1), T: make([]float64, s.trajs)}
	for i := range s.trajs {
		if err := s.Read(t.Context(), in.U.Row(i), i, 0); err != nil {
			t.Fatal(err)
		}
		if err := s.Condition(t.Context(), in.Static.Row(i), in.Cond.Row(i).Data, i); err != nil {
			t.Fatal(err)
		}
		in.T[i] = 0.5
	}
	return in
}

// rows are those of an input from … to−1.
func rows(in eddy.Input, from, to int) eddy.Input {
	return eddy.Input{U: in.U.Rows(from, to), Static: in.Static.Rows(from, to), Cond: in.Cond.Rows(from, to), T: in.T[from:to]}
}

// swirling trains a refiner with two states of history on swirl.
func swirling(t *testing.T, c refiner.Config, steps int) *refiner.Model {
	t.Helper()
	data := swirl{6, 7}
	spec := data.Spec()
	spec.History = 2
	n, err := refiner.New(c, spec, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	cfg := train.DefaultConfig()
	cfg.Objective.Kind, cfg.Objective.Target = refiner.Kind, "residual"
	cfg.Optim.Warmup, cfg.Train.Steps, cfg.Train.Batch, cfg.Optim.LR = 2, steps, 4, 2e-3
	tr, err := train.New(n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	tr.Run.Dir = filepath.Join(t.TempDir(), "run")
	if err := refiner.Setup(tr, n, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context(), data, swirl{2, 6}); err != nil {
		t.Fatal(err)
	}
	return load(t, tr.Run.Dir)
}

// Every kind of network refines states on a square with a history, static fields and scalars, in both forms and with a second network of another kind; and what it draws for a
// row depends neither on the other rows nor on the number of threads, with any sampler.
func TestRefinersTakeHistoryStaticsAndScalars(t *testing.T) {
	defer par.SetThreads(0)
	small := operators.Config{Kind: operators.UNet, UNet: unet.Config{Width: 8, Multipliers: []int{1, 2}, Blocks: 1}}
	dilated := operators.Config{Kind: operators.ResNet, ResNet: resnet.Config{Width: 6, Layers: 1, Dilations: []int{1, 2, 1}}}
	for name, c := range map[string]refiner.Config{
		"unet":        {Steps: 2, SigmaMin: 0.01, Base: small},
		"released":    {Steps: 3, SigmaMin: 0.01, Form: refiner.Released, Base: small},
		"two kinds":   {Steps: 2, SigmaMin: 0.01, Base: dilated, Fine: &small},
		"two of them": {Steps: 2, SigmaMin: 0.01, Form: refiner.Released, Base: small, Fine: &dilated},
		"no levels":   {Steps: 0, Form: refiner.Released, Base: dilated},
	} {
		t.Run(name, func(t *testing.T) {
			m := swirling(t, c, 4)
			rollouttest.Model(t, m)
			data := swirl{5, 7}
			in, keys := rollout.Members(data.input(t), 2, 3, 0)
			for _, sampler := range plan.Names() {
				s, err := m.WithPlan(sampler)
				if err != nil {
					t.Fatal(err)
				}
				par.SetThreads(1)
				all := eddy.NewTensor(10, 2, 8, 12)
				if err := s.Sample(t.Context(), all, in, keys); err != nil {
					t.Fatal(err)
				}
				par.SetThreads(3)
				for _, r := range [][2]int{{0, 10}, {9, 10}, {2, 7}} {
					part := eddy.NewTensor(r[1]-r[0], 2, 8, 12)
					if err := s.Sample(t.Context(), part, rows(in, r[0], r[1]), keys[r[0]:r[1]]); err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(part.Data, all.Rows(r[0], r[1]).Data) {
						t.Errorf("%s: rows %d … %d alone have another result", sampler, r[0], r[1]-1)
					}
				}
			}
		})
	}
}
