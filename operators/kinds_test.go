package operators_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/operators"
	"github.com/eddy-pde/eddy/operators/nn"
	"github.com/eddy-pde/eddy/operators/train"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// Every kind of network is a Model, in one and two dimensions, told static fields and scalars: shapes, determinism, no aliasing, the same result for a sample whatever
// else is in the batch.
func TestEveryKindIsAModel(t *testing.T) {
	for kind, c := range small() {
		for _, grid := range [][]int{{24}, {12, 16}} {
			spec := eddy.Spec{
				Fields: []eddy.Field{{Name: "u"}, {Name: "v"}}, Statics: []eddy.Field{{Name: "depth"}}, Params: []eddy.Param{{Name: "nu", Value: 0.3}},
				Grid: eddy.PeriodicGrid(1, grid...), Dt: 1, History: 2,
			}
			m, err := operators.New(c, spec, rand.New(rand.NewPCG(1, 1)))
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			stir(m)
			op, err := operators.Wrap(c, m, operators.PhysicalMeta(spec))
			if err != nil {
				t.Fatal(err)
			}
			rollouttest.Model(t, op)
		}
	}
}

// stir makes nothing zero: last layers may start so.
func stir(m train.Module) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, p := range m.Params() {
		for i := range p.Data() {
			p.Data()[i] += float32(0.1 * rng.NormFloat64())
		}
	}
}

// Every kind trains, to weights that do not depend on the number of threads.
func TestEveryKindTrainsAlikeOnAnyThreads(t *testing.T) {
	defer par.SetThreads(0)
	for kind, c := range small() {
		var runs [][]float32
		for _, threads := range []int{1, 2} {
			par.SetThreads(threads)
			runs = append(runs, trainBriefly(t, c))
		}
		if !slices.Equal(runs[0], runs[1]) {
			t.Errorf("%s: weights differ between one thread and two", kind)
		}
	}
}

// trainBriefly returns all weights after three steps.
func trainBriefly(t *testing.T, c operators.Config) []float32 {
	t.Helper()
	set := advection{2, 6, 24}
	m, err := operators.New(c, set.Spec(), rand.New(rand.NewPCG(3, 3)))
	if err != nil {
		t.Fatal(err)
	}
	cfg := train.DefaultConfig()
	cfg.Train.Steps, cfg.Train.Batch = 3, 4
	tr, err := train.New(m, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context(), set, nil); err != nil {
		t.Fatal(err)
	}
	var all []float32
	for _, p := range m.Params() {
		all = append(all, p.Data()...)
	}
	if nn.Count(m.Params()) != len(all) {
		t.Fatal("weights are missing")
	}
	return all
}
