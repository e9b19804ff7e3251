package rollout

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/eddy-pde/eddy"
)

// Draws rolls out samples of an ensemble: like [Steps], but every step is a draw. Row b of step s = 1, 2, 3, … uses the random stream keys[b] with its Step
// advanced by s, so that keys usually have Step 0, and a rollout that goes on after n steps has keys with Step n and draws what it would have drawn. There is
// one key for each row of in. The rows of an ensemble are members of one trajectory or of several; what a row draws does not depend on the others.
func Draws(ctx context.Context, m eddy.Ensemble, in eddy.Input, keys []eddy.Key) iter.Seq2[*eddy.Tensor, error] {
	return func(yield func(*eddy.Tensor, error) bool) {
		r, err := newDraws(m, in, keys)
		if err != nil {
			yield(nil, err)
			return
		}
		r.all(ctx, yield)
	}
}

// RunDraws rolls samples of an ensemble out over n steps and keeps the frames: like [Run], with the keys of [Draws].
func RunDraws(ctx context.Context, m eddy.Ensemble, in eddy.Input, keys []eddy.Key, n int) (eddy.Trajectory, error) {
	if err := checkLength(m.Spec(), n); err != nil {
		return eddy.Trajectory{}, err
	}
	r, err := newDraws(m, in, keys)
	if err != nil {
		return eddy.Trajectory{}, err
	}
	return r.run(ctx, n)
}

// Members repeats every row of an input for m members of an ensemble, trajectory by trajectory: row b of in becomes rows b·m … b·m+m−1. The keys are those of
// trajectories first, first+1, … under a seed.
func Members(in eddy.Input, m int, seed uint64, first int) (eddy.Input, []eddy.Key) {
	out := eddy.Input{U: Repeat(in.U, m), Static: Repeat(in.Static, m), Cond: Repeat(in.Cond, m)}
	for _, t := range in.T {
		out.T = append(out.T, slices.Repeat([]float64{t}, m)...)
	}
	keys := make([]eddy.Key, in.U.Shape[0]*m)
	for i := range keys {
		keys[i] = eddy.Key{Seed: seed, Trajectory: uint64(first + i/m), Member: uint64(i % m)}
	}
	return out, keys
}

// Repeat is a tensor each of whose rows stands m times in a row: [B, …] becomes [B·m, …]. It is t itself where m is 1, and nil for nil.
func Repeat(t *eddy.Tensor, m int) *eddy.Tensor {
	if t == nil || m == 1 {
		return t
	}
	out := eddy.NewTensor(append([]int{t.Shape[0] * m}, t.Shape[1:]...)...)
	for i := range out.Shape[0] {
		out.Row(i).CopyFrom(t.Row(i / m))
	}
	return out
}

// draws is what a rollout of samples needs beside a roll.
type draws struct {
	ensemble eddy.Ensemble
	keys     []eddy.Key // as the caller gave them
	now      []eddy.Key // of the step at hand
}

func newDraws(m eddy.Ensemble, in eddy.Input, keys []eddy.Key) (*roll, error) {
	r, err := newRoll(noWide{m}, in)
	if err != nil {
		return nil, err
	}
	if len(keys) != len(r.steps) {
		return nil, fmt.Errorf("rollout: %d keys for %d trajectories: every row of the input draws from a stream of its own", len(keys), len(r.steps))
	}
	r.draws = &draws{ensemble: m, keys: slices.Clone(keys), now: make([]eddy.Key, len(keys))}
	return r, nil
}

// noWide hides that an ensemble may be Precise: samples are drawn in float32.
type noWide struct{ eddy.Model }

// sample draws step number count+1.
func (d *draws) sample(ctx context.Context, dst *eddy.Tensor, in eddy.Input, count int) error {
	for b, k := range d.keys {
		k.Step += uint64(count) + 1
		d.now[b] = k
	}
	return d.ensemble.Sample(ctx, dst, in, d.now)
}
