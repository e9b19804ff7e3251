package rollout_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
)

// noisy shifts as advection does and adds noise of its key to every value.
type noisy struct{ model }

func (n noisy) Sample(ctx context.Context, dst *eddy.Tensor, in eddy.Input, keys []eddy.Key) error {
	if err := n.model.Step(ctx, dst, in); err != nil {
		return err
	}
	for b, k := range keys {
		rng := rand.New(rand.NewPCG(k.Seed<<32|k.Trajectory, k.Member<<32|k.Step))
		for i := range dst.Row(b).Data {
			dst.Row(b).Data[i] += float32(rng.NormFloat64())
		}
	}
	return nil
}

func TestEveryStepOfEveryRowDrawsFromAStreamOfItsOwn(t *testing.T) {
	m := noisy{model{newAdvection(8, 2)}}
	in, keys := rollout.Members(bump(2, 2, 8), 3, 7, 4)
	if len(keys) != 6 || keys[5] != (eddy.Key{Seed: 7, Trajectory: 5, Member: 2}) {
		t.Fatalf("keys %+v", keys)
	}
	all, err := rollout.RunDraws(t.Context(), m, in, keys, 5)
	if err != nil {
		t.Fatal(err)
	}
	// Row 4 by itself, step by step as a caller would make it.
	alone := eddy.Input{U: in.U.Rows(4, 5).Clone()}
	for s := range 5 {
		k := keys[4]
		k.Step = uint64(s + 1)
		next := eddy.NewTensor(1, 1, 8)
		if err := m.Sample(t.Context(), next, alone, []eddy.Key{k}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(next.Data, all.Frames.Row(4).Row(s+1).Data); diff != "" {
			t.Fatalf("step %d: %s", s+1, diff)
		}
		u := alone.U.Row(0)
		u.Row(0).CopyFrom(u.Row(1))
		u.Row(1).CopyFrom(next.Row(0))
	}
}

func TestARolloutGoesOnWithKeysOfLaterSteps(t *testing.T) {
	m := noisy{model{newAdvection(8, 1)}}
	in, keys := rollout.Members(bump(1, 1, 8), 2, 1, 0)
	whole, err := rollout.RunDraws(t.Context(), m, in, keys, 6)
	if err != nil {
		t.Fatal(err)
	}
	later := eddy.Input{U: eddy.NewTensor(2, 1, 1, 8)}
	for b := range keys {
		later.U.Row(b).Row(0).CopyFrom(whole.Frames.Row(b).Row(4))
		keys[b].Step = 4
	}
	rest, err := rollout.RunDraws(t.Context(), m, later, keys, 2)
	if err != nil {
		t.Fatal(err)
	}
	for b := range keys {
		if diff := cmp.Diff(whole.Frames.Row(b).Row(6).Data, rest.Frames.Row(b).Row(2).Data); diff != "" {
			t.Error(diff)
		}
	}
}

// both is a Model that is Precise and an Ensemble.
type both struct{ noisy }

func (both) Step64(context.Context, []float64, []float64) error {
	panic("a sample was asked for, not a step")
}

func TestDrawsOfAPreciseModelAreSamples(t *testing.T) {
	m := noisy{model{newAdvection(8, 1)}}
	in, keys := rollout.Members(bump(1, 1, 8), 2, 1, 0)
	want, err := rollout.RunDraws(t.Context(), m, in, keys, 3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := rollout.RunDraws(t.Context(), both{m}, in, keys, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Frames.Data, got.Frames.Data); diff != "" {
		t.Error(diff)
	}
}

// A guarded ensemble is one, and draws what it would without the guard.
func TestAGuardedEnsembleDrawsItsSamples(t *testing.T) {
	m := noisy{model{newAdvection(8, 1)}}
	wide := rollout.Envelope{Fields: []rollout.FieldEnvelope{{Name: "u", Value: rollout.Bounds{Low: -100, High: 100}}}}
	g, err := rollout.NewGuard(&wide, m.Spec(), rollout.Slack{})
	if err != nil {
		t.Fatal(err)
	}
	guarded, ok := g.Model(m).(eddy.Ensemble)
	if _, stepped := g.Model(m.model).(eddy.Ensemble); !ok || stepped {
		t.Fatalf("guarded, an ensemble is one: %t; and a model: %t", ok, stepped)
	}
	in, keys := rollout.Members(bump(2, 1, 8), 2, 1, 0)
	want, err := rollout.RunDraws(t.Context(), m, in, keys, 3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := rollout.RunDraws(t.Context(), guarded, in, keys, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Frames.Data, got.Frames.Data); diff != "" {
		t.Error(diff)
	}
}

func TestDrawsWantAKeyForEveryRow(t *testing.T) {
	m := noisy{model{newAdvection(8, 1)}}
	for _, err := range rollout.Draws(t.Context(), m, bump(3, 1, 8), make([]eddy.Key, 2)) {
		if err == nil || !strings.Contains(err.Error(), "2 keys for 3 trajectories") {
			t.Errorf("error %v", err)
		}
	}
}
