package rollout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
)

// waveOf is a state of one wave: amplitude · sin(2π k x) + mean.
func waveOf(points, k int, amplitude, mean float64) *eddy.Tensor {
	u := eddy.NewTensor(1, points)
	for i := range u.Data {
		u.Data[i] = float32(mean + amplitude*math.Sin(2*math.Pi*float64(k*i)/float64(points)))
	}
	return u
}

func specOf(points int) eddy.Spec {
	return eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, points), Dt: 0.5, History: 1}
}

// seen is the envelope of waves 3 of amplitude 1 to 2.
func seen(t *testing.T) *rollout.Envelope {
	t.Helper()
	s := rollout.NewSurveyor(specOf(32))
	for i := range 11 {
		s.Add(waveOf(32, 3, 1+float64(i)/10, 0))
	}
	return s.Envelope()
}

func TestAnEnvelopeHoldsRangesEnergyAndSpectrum(t *testing.T) {
	e := seen(t)
	f := e.Fields[0]
	if e.States != 11 || f.Name != "u" || math.Abs(f.Value.High-2) > 0.02 || math.Abs(f.Energy.Low-0.5) > 1e-6 || math.Abs(f.Energy.High-2) > 1e-6 {
		t.Errorf("envelope %+v", e)
	}
	// Octaves: the mean, 1, 2–3, 4–7, 8–15 waves; all power is in 2–3.
	if len(f.Octaves) != 5 || math.Abs(f.Octaves[2].High-2) > 1e-6 || f.Octaves[3].High > 1e-12 {
		t.Errorf("octaves %+v", f.Octaves)
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	back := &rollout.Envelope{}
	if err := json.Unmarshal(b, back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
}

func TestAGuardNamesWhatLeft(t *testing.T) {
	quiet := rollout.Envelope{Fields: []rollout.FieldEnvelope{{Name: "u", Value: rollout.Bounds{Low: -2, High: 2}}}} // of an old run, which knows ranges alone
	for _, c := range []struct {
		name   string
		of     *rollout.Envelope
		points int
		state  *eddy.Tensor
		what   string // empty: inside
	}{
		{"inside", seen(t), 32, waveOf(32, 3, 1.5, 0), ""},
		{"on a finer grid", seen(t), 64, waveOf(64, 3, 1.5, 0), ""},
		{"within the slack", seen(t), 32, waveOf(32, 3, 2.2, 0), ""},
		{"too high", seen(t), 32, waveOf(32, 3, 3, 0), "value"},
		{"too quiet", seen(t), 32, waveOf(32, 3, 0.5, 0), "energy"},
		{"other waves", seen(t), 32, waveOf(32, 6, 1.5, 0), "power of 2 to 3 waves"},
		{"a mean", seen(t), 32, waveOf(32, 3, 1, 0.5), "power of the mean"},
		{"ranges alone", &quiet, 32, waveOf(32, 9, 1.5, 0), ""},
		{"out of ranges alone", &quiet, 32, waveOf(32, 9, 3, 0), "value"},
	} {
		g, err := rollout.NewGuard(c.of, specOf(c.points), rollout.Slack{})
		if err != nil {
			t.Fatal(err)
		}
		states := eddy.NewTensor(2, 1, c.points)
		states.Row(0).CopyFrom(waveOf(c.points, 3, 1.5, 0))
		states.Row(1).CopyFrom(c.state)
		out := g.Check(states)
		if out[0] != nil || (out[1] == nil) != (c.what == "") {
			t.Errorf("%s: %v", c.name, out)
			continue
		}
		if c.what != "" && (out[1].What != c.what || out[1].Trajectory != 1 || out[1].Field != "u" || !strings.Contains(out[1].Error(), "in training it was")) {
			t.Errorf("%s: %v", c.name, out[1])
		}
	}
}

// swelling grows by a tenth a step.
type swelling struct{ eddy.Spec }

func (m swelling) Step(_ context.Context, dst *eddy.Tensor, in eddy.Input) error {
	for i, v := range in.U.Data {
		dst.Data[i] = 1.1 * v
	}
	return nil
}

// swell gives swelling its Spec method.
type swell struct{ swelling }

func (m swell) Spec() eddy.Spec { return m.swelling.Spec }

func TestARolloutThatLeavesIsToldOnceWithItsStep(t *testing.T) {
	spec := specOf(32)
	g, err := rollout.NewGuard(seen(t), spec, rollout.Slack{})
	if err != nil {
		t.Fatal(err)
	}
	in := eddy.Input{U: eddy.NewTensor(2, 1, 1, 32), T: []float64{0, 10}}
	in.U.Row(0).Row(0).CopyFrom(waveOf(32, 3, 1, 0))
	in.U.Row(1).Row(0).CopyFrom(waveOf(32, 3, 1.6, 0)) // 1.6·1.1⁵ = 2.58, where 2.4 is allowed; 1.1⁵ leaves the other row until step 10
	exits := map[int]*rollout.EnvelopeError{}
	steps := 0
	for _, err := range g.Watch(rollout.Steps(t.Context(), swell{swelling{spec}}, in), in.T) {
		if steps++; steps > 20 {
			break
		}
		if exit := new(rollout.EnvelopeError); errors.As(err, &exit) {
			if exits[exit.Trajectory] != nil {
				t.Errorf("trajectory %d told twice", exit.Trajectory)
			}
			exits[exit.Trajectory] = exit
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(exits) != 2 || exits[1].Step != 5 || exits[1].Time != 12.5 || exits[0].Step != 10 {
		t.Errorf("exits %v, %v", exits[0], exits[1])
	}

	// The model itself, guarded: the rollout ends with the error.
	for _, err := range rollout.Steps(t.Context(), g.Model(swell{swelling{spec}}), in) {
		if exit := new(rollout.EnvelopeError); errors.As(err, &exit) {
			if exit.Step != 5 || exit.Trajectory != 1 || exit.Input {
				t.Errorf("guarded model: %v", exit)
			}
		} else if err != nil {
			t.Fatal(err)
		}
	}

	// A callback may let it pass.
	told := 0
	g.OnExit = func(*rollout.EnvelopeError) error { told++; return nil }
	if _, err := rollout.Run(t.Context(), g.Model(swell{swelling{spec}}), in, 12); err != nil || told == 0 {
		t.Errorf("with a callback: %v, told %d times", err, told)
	}
}

// A model is not asked to go on from a state that it has not seen the like of; with a history it is the newest state that counts.
func TestAGuardedModelIsNotAskedFromOutside(t *testing.T) {
	spec := specOf(32)
	spec.History = 2
	g, err := rollout.NewGuard(seen(t), spec, rollout.Slack{})
	if err != nil {
		t.Fatal(err)
	}
	in := eddy.Input{U: eddy.NewTensor(2, 2, 1, 32), T: []float64{1, 4}}
	for b := range 2 {
		in.U.Row(b).Row(0).CopyFrom(waveOf(32, 3, 9, 0)) // an older state does not matter
		in.U.Row(b).Row(1).CopyFrom(waveOf(32, 3, 1.5, 0))
	}
	in.U.Row(1).Row(1).CopyFrom(waveOf(32, 3, 5, 0))
	asked := false
	err = g.Model(asking{spec, &asked}).Step(t.Context(), eddy.NewTensor(2, 1, 32), in)
	exit := new(rollout.EnvelopeError)
	if !errors.As(err, &exit) || exit.Trajectory != 1 || !exit.Input || exit.Time != 4 || asked {
		t.Errorf("error %v, asked: %t", err, asked)
	}
}

// asking notes that it was asked.
type asking struct {
	spec  eddy.Spec
	asked *bool
}

func (m asking) Spec() eddy.Spec { return m.spec }
func (m asking) Step(context.Context, *eddy.Tensor, eddy.Input) error {
	*m.asked = true
	return nil
}

func TestAGuardLooksAtParametersToo(t *testing.T) {
	spec := specOf(32)
	e := seen(t)
	e.Params = []rollout.ParamBounds{{Name: "nu", Bounds: rollout.Bounds{Low: 0.1, High: 0.2}}}
	g, err := rollout.NewGuard(e, spec, rollout.Slack{})
	if err != nil {
		t.Fatal(err)
	}
	in := eddy.Input{U: waveOf(32, 3, 1.5, 0).Reshape(1, 1, 1, 32), Cond: eddy.FromSlice([]float32{0.2}, 1, 1)}
	dst := eddy.NewTensor(1, 1, 32)
	if err := g.Model(swell{swelling{spec}}).Step(t.Context(), dst, in); err != nil {
		t.Error(err)
	}
	in.Cond.Data[0] = 0.5
	err = g.Model(swell{swelling{spec}}).Step(t.Context(), dst, in)
	if exit := new(rollout.EnvelopeError); !errors.As(err, &exit) || !strings.Contains(err.Error(), "parameter nu is 0.5, in training it was 0.1 to 0.2") {
		t.Errorf("a viscosity that training has not seen: %v", err)
	}
}

func TestAGuardWantsTheEnvelopeOfItsFields(t *testing.T) {
	for _, c := range []struct {
		of   *rollout.Envelope
		want string
	}{
		{nil, "does not say what it was trained on"},
		{&rollout.Envelope{}, "0 fields"},
		{&rollout.Envelope{Fields: []rollout.FieldEnvelope{{Name: "v"}}}, `is "v", of the states "u"`},
	} {
		if _, err := rollout.NewGuard(c.of, specOf(8), rollout.Slack{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %q", err, c.want)
		}
	}
}

// A simulation goes on with its solver where the surrogate would have to guess.
func ExampleGuard() {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 16), Dt: 1, History: 1}
	survey := rollout.NewSurveyor(spec) // a run has its envelope from training
	survey.Add(waveOf(16, 1, 1, 0))
	survey.Add(waveOf(16, 1, 2, 0))
	guard, err := rollout.NewGuard(survey.Envelope(), spec, rollout.Slack{Value: 0.2, Energy: 2, Power: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	surrogate := guard.Model(swell{swelling{spec}})
	solver := rollout.NewPersistence(spec) // stands for the solver of your simulation

	ctx := context.Background()
	u, next := waveOf(16, 1, 1.8, 0).Reshape(1, 1, 1, 16), eddy.NewTensor(1, 1, 16)
	for step := 1; step <= 5; step++ {
		in := eddy.Input{U: u}
		who := "surrogate"
		err := surrogate.Step(ctx, next, in)
		if exit := new(rollout.EnvelopeError); errors.As(err, &exit) {
			who = "solver, because " + exit.What + " left"
			err = solver.Step(ctx, next, in)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		copy(u.Data, next.Data)
		fmt.Printf("step %d: %s\n", step, who)
	}
	// Output:
	// step 1: surrogate
	// step 2: surrogate
	// step 3: surrogate
	// step 4: surrogate
	// step 5: solver, because value left
}
