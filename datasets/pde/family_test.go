package pde_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/rollouttest"
)

// draws keeps what Generate hands over.
type draws struct {
	meta         datasets.Meta
	cond, frames [][]float64
}

func (d *draws) Begin(_ context.Context, m datasets.Meta) (int, error) { d.meta = m; return 0, nil }

func (d *draws) WriteCondition(_ context.Context, _ int, _, cond []float64) error {
	d.cond = append(d.cond, slices.Clone(cond))
	return nil
}

func (d *draws) Write(_ context.Context, _ int, frames []float64) error {
	d.frames = append(d.frames, slices.Clone(frames))
	return nil
}

func (d *draws) Close(context.Context) error { return nil }

func TestARangeMakesAFamilyWhoseMembersAreTheEquationAtTheValuesDrawn(t *testing.T) {
	p := named(t, "ks", map[string]string{"grid": "32", "viscosity": "0.5..1.5", "length": "20..24", "dt": "0.1", "warmup": "2"})
	spec := p.Model().Spec()
	want := []eddy.Param{{Name: "length", Value: 22}, {Name: "viscosity", Value: 1}}
	if !slices.Equal(spec.Params, want) || p.Settings["viscosity"] != "0.5..1.5" {
		t.Fatalf("parameters %v, setting %s", spec.Params, p.Settings["viscosity"])
	}
	var d draws
	if err := datasets.Generate(t.Context(), &d, p.Model(), p.Initial, datasets.Plan{Trajectories: 5, Steps: 3, Warmup: p.Warmup, Seed: 4}); err != nil {
		t.Fatal(err)
	}
	for traj, cond := range d.cond {
		if cond[0] < 20 || cond[0] > 24 || cond[1] < 0.5 || cond[1] > 1.5 || traj > 0 && cond[0] == d.cond[0][0] {
			t.Errorf("trajectory %d drew %v", traj, cond)
		}
		solver, law, err := p.Family.Member(nil, cond)
		if err != nil {
			t.Fatal(err)
		}
		rng, u := datasets.Stream(4, "", traj), make([]float64, 32)
		if err := errors.Join(p.Family.Condition(rng, nil, make([]float64, 2)), law.Draw(rng, u)); err != nil {
			t.Fatal(err)
		}
		for range p.Warmup + 3 {
			if err := solver.Step64(t.Context(), u, u); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(u, d.frames[traj][3*32:]) {
			t.Errorf("trajectory %d is not the rollout of its member", traj)
		}
		if m := solver.Spec(); len(m.Params) > 0 || m.Grid.Axes[0].Length != cond[0] {
			t.Errorf("trajectory %d: the member has length %g and parameters %v, expected %g and none", traj, m.Grid.Axes[0].Length, m.Params, cond[0])
		}
	}
}

func TestAFamilyIsAModel(t *testing.T) {
	rollouttest.Model(t, named(t, "burgers", map[string]string{"grid": "32", "viscosity": "0.05..0.2", "dt": "0.1"}).Model())
}

func TestRangesThatAreNoneAreErrors(t *testing.T) {
	for _, s := range []map[string]string{
		{"viscosity": "1..0.5"}, {"viscosity": "1.."}, {"viscosity": "a..b"}, {"viscosity": "-1..1"}, {"substeps": "2..4"}, {"grid": "32..64"},
	} {
		if _, err := pde.Named("burgers", s); err == nil {
			t.Errorf("%v passed", s)
		}
	}
}

func TestABlowUpIsReportedWithTimeSubstepAndField(t *testing.T) {
	// Explicit steps that are far too long for a fast flow: speeds of 1e3 where 1e9 are said to be expected, so that nothing refines them.
	p := named(t, "burgers", map[string]string{"grid": "64", "viscosity": "0.0001", "sigma": "30000", "dt": "1", "substeps": "8", "max_speed": "1e9"})
	err := datasets.Generate(t.Context(), &draws{}, p.Model(), p.Initial, datasets.Plan{Trajectories: 1, Steps: 10})
	var b *datasets.BlowUpError
	if !errors.As(err, &b) {
		t.Fatalf("error %v, expected a blow-up", err)
	}
	if b.Step < 1 || b.Substep < 1 || b.Substep > 8 || b.Field != "velocity" || math.Abs(b.Time-(float64(b.Step-1)+float64(b.Substep)/8)) > 1e-12 {
		t.Errorf("%+v", b)
	}
	if !strings.Contains(err.Error(), "velocity is no longer finite after step") || !strings.Contains(err.Error(), "substep") {
		t.Errorf("message %q", err)
	}
}

func TestFasterStatesTakeMoreSubsteps(t *testing.T) {
	// The state of the blow-up above, with the speed left to the solver: it stays finite, and agrees with substeps set by hand.
	settings := map[string]string{"grid": "128", "viscosity": "0.5", "sigma": "500", "dt": "0.002", "max_speed": "3"}
	p := named(t, "burgers", settings)
	u := draw(t, p, 0)
	if s := p.Solver.(*pde.Solver).Substeps(); s != 2 || largest(u) < 12 {
		t.Fatalf("%d substeps for speed 3, the state has %g: tests nothing", s, largest(u))
	}
	got := advance(t, p, u, 2)
	settings["max_speed"], settings["substeps"] = "1e9", "1000"
	want := advance(t, named(t, "burgers", settings), u, 2)
	settings["substeps"] = "2"
	coarse := advance(t, named(t, "burgers", settings), u, 2)
	if a, b := distance(got, want), distance(coarse, want); a > 1e-6 || a > b/20 {
		t.Errorf("relative error %.2g with refinement, %.2g without", a, b)
	}
}

func TestASteadyProblemIsNotRolledOut(t *testing.T) {
	m := steady{named(t, "burgers", map[string]string{"grid": "32"}).Solver}
	if err := datasets.Generate(t.Context(), &draws{}, m, nil, datasets.Plan{Trajectories: 1, Steps: 2}); err == nil {
		t.Error("two steps of a steady problem were generated")
	}
	if _, err := rollout.Run(t.Context(), m, rollouttest.Waves(m.Spec(), 1, rand.New(rand.NewPCG(1, 2))), 2); err == nil {
		t.Error("two steps of a steady problem were rolled out")
	}
}

// steady calls a solver's problem steady.
type steady struct{ eddy.Precise }

func (s steady) Spec() eddy.Spec {
	spec := s.Precise.Spec()
	spec.Steady = true
	return spec
}

// rest is a writer that has some trajectories already.
type rest struct {
	draws
	done int
}

func (r *rest) Begin(_ context.Context, m datasets.Meta) (int, error) {
	r.meta = m
	return r.done, nil
}

func TestAFamilyGoesOnWhereItStopped(t *testing.T) {
	p := named(t, "ks", map[string]string{"grid": "32", "viscosity": "0.5..1.5", "dt": "0.1", "warmup": "1"})
	plan := datasets.Plan{Trajectories: 5, Steps: 2, Warmup: 1, Seed: 8}
	var whole draws
	left := rest{done: 2}
	if err := errors.Join(
		datasets.Generate(t.Context(), &whole, p.Model(), p.Initial, plan),
		datasets.Generate(t.Context(), &left, p.Model(), p.Initial, plan),
	); err != nil {
		t.Fatal(err)
	}
	for i := range left.frames {
		if !slices.Equal(left.frames[i], whole.frames[2+i]) || !slices.Equal(left.cond[i], whole.cond[2+i]) {
			t.Errorf("trajectory %d differs from the one of a run without a break", 2+i)
		}
	}
	if len(left.frames) != 3 {
		t.Errorf("%d trajectories were made, expected the 3 that were missing", len(left.frames))
	}
}

func TestLanesGiveTheNumbersOfStatesAlone(t *testing.T) {
	// Ten states of very different speed, so that lanes of one block want different substeps.
	for name, settings := range map[string]map[string]string{
		"burgers": {"grid": "32", "dt": "0.02", "viscosity": "0.2", "sigma": "100", "max_speed": "1"},
		"ks":      {"grid": "32", "dt": "0.5", "form": "combustion", "warmup": "0", "max_speed": "0.3"},
		"kdv":     {"grid": "33", "dt": "0.1", "max_speed": "1"}, // an odd grid has no lanes
	} {
		p := named(t, name, settings)
		n := p.Solver.Spec().Grid.Points()
		var all, alone []float64
		for i := range 10 {
			u := draw(t, p, i)
			all = append(all, u...)
			alone = append(alone, advance(t, p, u, 3)...)
		}
		if got := advance(t, p, all, 3); !slices.Equal(got, alone) {
			t.Errorf("%s: states of %d points side by side differ from each alone", name, n)
		}
	}
}

func TestEachRowOfABatchIsSteppedByItsOwnMember(t *testing.T) {
	p := named(t, "burgers", map[string]string{"grid": "32", "viscosity": "0.05..0.2", "dt": "0.1"})
	in := eddy.Input{U: eddy.NewTensor(2, 1, 1, 32), Cond: eddy.FromSlice([]float32{0.0625, 0.1875}, 2, 1)}
	for i := range in.U.Data {
		in.U.Data[i] = float32(math.Sin(2 * math.Pi * float64(i%32) / 32))
	}
	both, one := eddy.NewTensor(2, 1, 32), eddy.NewTensor(1, 1, 32)
	if err := p.Model().Step(t.Context(), both, in); err != nil {
		t.Fatal(err)
	}
	for b, nu := range []float64{0.0625, 0.1875} {
		s, _, err := p.Family.Member(nil, []float64{nu})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Step(t.Context(), one, eddy.Input{U: in.U.Rows(b, b+1)}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(one.Data, both.Row(b).Data) {
			t.Errorf("row %d is not the step of viscosity %g", b, nu)
		}
	}
	if slices.Equal(both.Row(0).Data, both.Row(1).Data) {
		t.Error("rows of different viscosity are equal: tests nothing")
	}
}

// The waves of PDEBench's gas have the distance of the first and the last cell as their period, as published.
func TestWavesOfAGasRepeatInTheLastCell(t *testing.T) {
	p := named(t, "cfd-1d", map[string]string{"grid": "64"})
	for traj := range 8 {
		u := draw(t, p, traj)
		for c := range 3 {
			if f := u[c*64 : (c+1)*64]; math.Abs(f[0]-f[63]) > 1e-6*(1+math.Abs(f[0])) {
				t.Errorf("draw %d, field %d: begins with %g and ends with %g", traj, c, f[0], f[63])
			}
		}
	}
}
