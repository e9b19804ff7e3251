package refiner

import (
	"context"
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/refiner/plan"
	"github.com/eddy-pde/eddy/refiner/process"
)

// echo is a network of one field that answers the state that it is to refine, plus a thousandth of the level: what a sampler hands it, and when, shows in the sample.
type echo struct{}

func (echo) Params() []*nn.Param { return nil }

func (echo) Forward(_ *nn.Graph, in nn.Inputs) (*gorgonia.Node, error) {
	states := in.U.Shape()[1]
	return nn.AddChannels(nn.Narrow(in.U.Node, states-1, states), nn.Scale(1e-3, in.Level.Node)), nil
}

// newest is a first network that answers the newest state.
type newest struct{}

func (newest) Params() []*nn.Param { return nil }

func (newest) Forward(_ *nn.Graph, in nn.Inputs) (*gorgonia.Node, error) {
	states := in.U.Shape()[1]
	return nn.Narrow(in.U.Node, states-1, states), nil
}

// echoing is a refiner round echo, or round newest and echo, whose y is the next state in physical units.
func echoing(t *testing.T, c Config, two bool) *Model {
	t.Helper()
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, testPoints), Dt: 1, History: 2}
	n := &Network{config: c.Complete(), channels: 1, first: echo{}}
	if two {
		n.first, n.fine = newest{}, echo{}
	}
	m, err := Wrap(n, train.Meta{Spec: spec, Target: "state", Normaliser: eddy.NoNormaliser(1)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What the network is handed at each level, how its answer is taken, and which noise is drawn: samples are those of the plan run by hand, with a network of which all is known.
func TestSamplesAreThoseOfThePlanByHand(t *testing.T) {
	key := eddy.Key{Seed: 1, Trajectory: 2, Member: 3, Step: 4}
	in := eddy.Input{U: eddy.NewTensor(1, 2, 1, testPoints)}
	for i := range in.U.Data {
		in.U.Data[i] = float32(math.Sin(float64(i)))
	}
	for _, form := range []string{Paper, Released} {
		for _, two := range []bool{false, true} {
			m := echoing(t, Config{Steps: 3, SigmaMin: 0.1, Form: form}, two)
			for _, name := range plan.Names() {
				s, err := m.WithPlan(name)
				if err != nil {
					t.Fatal(err)
				}
				want := make([]float64, testPoints)
				normal := func(z []float64, number int) {
					z32 := make([]float32, testPoints)
					Normal(z32, key, number)
					for i, v := range z32 {
						z[i] = float64(v)
					}
				}
				normal(want, 0)
				hand := func(_ context.Context, dst, x []float64, step int, l process.Level) error {
					told := []float64{1, 2.0 / 3, 1.0 / 3, 0}[step]
					for i, v := range x {
						switch {
						case step == 0 && two:
							dst[i] = float64(in.U.Data[testPoints+i])
						case step == 0 && form == Paper: // y, from no state
							dst[i] = told
						case form == Paper: // the noise
							dst[i] = v - l.Sigma*(v+told)
						default: // the velocity
							dst[i] = l.Alpha*v - l.Sigma*(v+told)
						}
					}
					return nil
				}
				if err := plan.Run(t.Context(), s.Plan(), want, hand, func(z []float64, step int) { normal(z, step+1) }); err != nil {
					t.Fatal(err)
				}
				got := eddy.NewTensor(1, 1, testPoints)
				if err := s.Sample(t.Context(), got, in, []eddy.Key{key}); err != nil {
					t.Fatal(err)
				}
				for i, v := range got.Data {
					if math.Abs(float64(v)-want[i]) > 1e-5 { // float32 over a few steps
						t.Fatalf("%s, two networks %t, %s: value %d is %g, want %g", form, two, name, i, v, want[i])
					}
				}
			}
		}
	}
}

// Step is the sample of the key that has the time as its Step, so that the noise of a rollout differs from step to step.
func TestStepDrawsNoiseOfItsTime(t *testing.T) {
	m := echoing(t, Config{Steps: 2, SigmaMin: 0.1}, false)
	in := eddy.Input{U: eddy.NewTensor(3, 2, 1, testPoints), T: []float64{0, 0.5, 0.5}}
	keys := []eddy.Key{{}, {Step: math.Float64bits(0.5)}, {Step: math.Float64bits(0.5)}}
	want, got := eddy.NewTensor(3, 1, testPoints), eddy.NewTensor(3, 1, testPoints)
	if err := m.Sample(t.Context(), want, in, keys); err != nil {
		t.Fatal(err)
	}
	if err := m.Step(t.Context(), got, in); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Data, want.Data) {
		t.Error("Step is not the sample of its time")
	}
	if slices.Equal(got.Row(0).Data, got.Row(1).Data) || !slices.Equal(got.Row(1).Data, got.Row(2).Data) {
		t.Error("other times should have other noise, and the same time the same")
	}
}
