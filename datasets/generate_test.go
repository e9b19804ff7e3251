package datasets_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pde"
	"github.com/eddy-pde/eddy/internal/par"
)

// memory is a writer that keeps everything and goes on where it stopped.
type memory struct {
	meta   datasets.Meta
	frames [][]float64
	failAt int // fail at this trajectory, where above 0
	closed bool
}

var errFull = errors.New("the disk is full")

func (m *memory) Begin(_ context.Context, meta datasets.Meta) (int, error) {
	m.meta = meta
	return len(m.frames), nil
}

func (m *memory) Write(_ context.Context, traj int, frames []float64) error {
	if traj != len(m.frames) {
		return fmt.Errorf("trajectory %d came after %d others", traj, len(m.frames))
	}
	if m.failAt > 0 && traj == m.failAt {
		return errFull
	}
	m.frames = append(m.frames, slices.Clone(frames))
	return nil
}

func (m *memory) Close(context.Context) error {
	m.closed = true
	return nil
}

func problem(t *testing.T, name string, settings map[string]string) pde.Problem {
	t.Helper()
	p, err := pde.Named(name, settings)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func generate(t *testing.T, m *memory, p pde.Problem, plan datasets.Plan) {
	t.Helper()
	plan.Warmup, plan.Attributes = p.Warmup, p.Settings
	if err := datasets.Generate(t.Context(), m, p.Solver, p.Initial, plan); err != nil {
		t.Fatal(err)
	}
	if !m.closed {
		t.Error("the writer was not closed")
	}
}

func TestGenerateDoesNotDependOnThreads(t *testing.T) {
	p := problem(t, "ks", map[string]string{"grid": "64", "warmup": "5"})
	plan := datasets.Plan{Trajectories: 7, Steps: 4, Seed: 3, Split: "train"}
	var want memory
	for _, threads := range []int{1, 2, 5} {
		par.SetThreads(threads)
		var got memory
		generate(t, &got, p, plan)
		if threads == 1 {
			want = got
		} else if diff := cmp.Diff(want.frames, got.frames); diff != "" {
			t.Errorf("%d threads give other numbers than one", threads)
		}
	}
	par.SetThreads(0)
}

func TestGenerateIsTheSolverStepByStep(t *testing.T) {
	p := problem(t, "kolmogorov", map[string]string{"grid": "16x16", "warmup": "3", "dt": "0.05"})
	var got memory
	generate(t, &got, p, datasets.Plan{Trajectories: 2, Steps: 2, Seed: 9, Split: "test"})
	u := make([]float64, 256)
	for traj := range 2 {
		if err := p.Initial.Draw(datasets.Stream(9, "test", traj), u); err != nil {
			t.Fatal(err)
		}
		for step := range 6 {
			if i := step - 3; i >= 0 && !slices.Equal(u, got.frames[traj][i*256:(i+1)*256]) {
				t.Errorf("trajectory %d: frame %d is not the state after %d steps", traj, i, step)
			}
			if err := p.Solver.Step64(t.Context(), u, u); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestGenerateRecordsWhatIsNeededToRepeatIt(t *testing.T) {
	p := problem(t, "burgers", map[string]string{"grid": "32", "dt": "0.1", "substeps": "4"})
	var got memory
	generate(t, &got, p, datasets.Plan{Trajectories: 1, Steps: 3, Seed: 12, Split: "valid", Float64: true})
	want := map[string]string{
		"grid": "32", "solve": "32", "dt": "0.1", "length": "1", "viscosity": "0.01", "warmup": "0", "substeps": "4", "max_speed": "3",
		"initial": "matern", "sigma": "25", "tau": "5", "gamma": "2", "mean": "0", "waves": "10", "amplitude": "0.5", "highest": "2", "convection": "1",
		"seed": "12", "split": "valid", "trajectories": "1", "steps": "3", "generator": datasets.GeneratorVersion,
	}
	if diff := cmp.Diff(want, got.meta.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if got.meta.Frames != 4 || got.meta.Trajectories != 1 || !got.meta.Float64 || got.meta.Spec.Name != "burgers" {
		t.Errorf("meta: %+v", got.meta)
	}
	for i, at := range got.meta.T {
		if math.Abs(at-0.1*float64(i)) > 1e-15 {
			t.Errorf("frame %d is at time %v", i, at)
		}
	}
	// The settings alone make the same problem again.
	again := problem(t, "burgers", p.Settings)
	var repeated memory
	generate(t, &repeated, again, datasets.Plan{Trajectories: 1, Steps: 3, Seed: 12, Split: "valid"})
	if diff := cmp.Diff(got.frames, repeated.frames); diff != "" {
		t.Error("the recorded settings give other numbers")
	}
}

func TestGenerateSplitsAndSeedsAreDisjoint(t *testing.T) {
	p := problem(t, "ks", map[string]string{"grid": "32", "warmup": "0"})
	seen := map[float64]string{}
	for _, split := range []string{"train", "valid", "test"} {
		for _, seed := range []uint64{0, 1, 2} {
			var m memory
			generate(t, &m, p, datasets.Plan{Trajectories: 3, Steps: 0, Seed: seed, Split: split})
			for traj, frames := range m.frames {
				here := fmt.Sprintf("%s %d %d", split, seed, traj)
				if other, ok := seen[frames[1]]; ok {
					t.Errorf("%s and %s are the same", here, other)
				}
				seen[frames[1]] = here
			}
		}
	}
}

func TestGenerateGoesOnAfterAFailure(t *testing.T) {
	p := problem(t, "ks", map[string]string{"grid": "32", "warmup": "2"})
	plan := datasets.Plan{Trajectories: 6, Steps: 2, Seed: 5, Split: "train", Warmup: p.Warmup}
	var want memory
	generate(t, &want, p, plan)

	m := memory{failAt: 3}
	err := datasets.Generate(t.Context(), &m, p.Solver, p.Initial, plan)
	if !errors.Is(err, errFull) {
		t.Fatalf("error %v, expected the writer's", err)
	}
	if m.closed || len(m.frames) != 3 {
		t.Fatalf("after the failure: closed %v, %d trajectories; expected an open file with 3", m.closed, len(m.frames))
	}
	m.failAt = 0
	generate(t, &m, p, plan)
	if diff := cmp.Diff(want.frames, m.frames); diff != "" {
		t.Error("an interrupted and resumed run differs from an uninterrupted one")
	}
	// A file that is complete is only closed.
	m.closed = false
	generate(t, &m, p, plan)
	if len(m.frames) != 6 {
		t.Errorf("%d trajectories after another run, expected 6", len(m.frames))
	}
}

// stopAfter cancels once a number of trajectories is written.
type stopAfter struct {
	*memory
	n      int
	cancel context.CancelFunc
}

func (s stopAfter) Write(ctx context.Context, traj int, frames []float64) error {
	if traj+1 == s.n {
		s.cancel()
	}
	return s.memory.Write(ctx, traj, frames)
}

func TestGenerateStopsWhenCancelled(t *testing.T) {
	p := problem(t, "ks", map[string]string{"grid": "32", "warmup": "2"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var m memory
	err := datasets.Generate(ctx, stopAfter{&m, 2, cancel}, p.Solver, p.Initial, datasets.Plan{Trajectories: 1000, Steps: 2, Warmup: p.Warmup})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, expected context.Canceled", err)
	}
	if m.closed || len(m.frames) < 2 || len(m.frames) > 100 {
		t.Errorf("after cancelling: closed %v, %d trajectories", m.closed, len(m.frames))
	}
}

func TestGenerateNamesTheStepOfABlowUp(t *testing.T) {
	p := problem(t, "burgers", map[string]string{"grid": "256", "dt": "1", "substeps": "1", "viscosity": "1e-5", "sigma": "2500"})
	err := datasets.Generate(t.Context(), &memory{}, p.Solver, p.Initial, datasets.Plan{Trajectories: 3, Steps: 50})
	var blowUp *datasets.BlowUpError
	if !errors.As(err, &blowUp) || blowUp.Step < 1 || !strings.Contains(err.Error(), "substeps") {
		t.Errorf("error %v, expected a *BlowUpError with a step and advice", err)
	}
}

func TestGenerateCarriesFullStates(t *testing.T) {
	fine := problem(t, "kolmogorov", map[string]string{"grid": "32x32", "dt": "0.1", "warmup": "4"})
	coarse := problem(t, "kolmogorov", map[string]string{"grid": "16x16", "solve": "32x32", "dt": "0.1", "warmup": "4"})
	plan := datasets.Plan{Trajectories: 2, Steps: 3, Seed: 1, Split: "train"}
	var a, b memory
	generate(t, &a, fine, plan)
	generate(t, &b, coarse, plan)
	restrict := coarse.Solver.(datasets.Restricted)
	for traj := range a.frames {
		want := make([]float64, len(b.frames[traj]))
		if err := restrict.Restrict(want, a.frames[traj]); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(want, b.frames[traj]) {
			t.Errorf("trajectory %d: what is stored on the coarse grid is not the restriction of the fine states", traj)
		}
	}
}

// halving is a model without Step64.
type halving struct{ spec eddy.Spec }

func (h halving) Spec() eddy.Spec { return h.spec }

func (h halving) Step(_ context.Context, dst *eddy.Tensor, in eddy.Input) error {
	for i, x := range in.U.Data {
		dst.Data[i] = x / 2
	}
	return nil
}

type ones struct{}

func (ones) Draw(_ *rand.Rand, dst []float64) error {
	for i := range dst {
		dst[i] = 1
	}
	return nil
}

func TestGenerateTakesAnyModelOfOneState(t *testing.T) {
	spec := eddy.Spec{Name: "halving", Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 2), Dt: 1, History: 1}
	var m memory
	if err := datasets.Generate(t.Context(), &m, halving{spec}, ones{}, datasets.Plan{Trajectories: 1, Steps: 2, Warmup: 1}); err != nil {
		t.Fatal(err)
	}
	if want := []float64{0.5, 0.5, 0.25, 0.25, 0.125, 0.125}; !slices.Equal(m.frames[0], want) {
		t.Errorf("frames %v, expected %v", m.frames[0], want)
	}
	for name, refused := range map[string]func(s *eddy.Spec, p *datasets.Plan){
		"needs 2 states":   func(s *eddy.Spec, _ *datasets.Plan) { s.History = 2 },
		"parameters":       func(s *eddy.Spec, _ *datasets.Plan) { s.Params = []eddy.Param{{Name: "nu"}} },
		"0 trajectories":   func(_ *eddy.Spec, p *datasets.Plan) { p.Trajectories = 0 },
		"-1 steps":         func(_ *eddy.Spec, p *datasets.Plan) { p.Steps = -1 },
		"-2 frames of war": func(_ *eddy.Spec, p *datasets.Plan) { p.Warmup = -2 },
	} {
		s, p := spec, datasets.Plan{Trajectories: 1, Steps: 1}
		refused(&s, &p)
		err := datasets.Generate(t.Context(), &memory{}, halving{s}, ones{}, p)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, expected one that says %q", err, name)
		}
	}
	if m.meta.Attributes["warmup"] != "1" || len(m.meta.Attributes) != 6 {
		t.Errorf("attributes %v", m.meta.Attributes)
	}
}

// explosive is a grouped solver that loses states which start above a threshold.
type explosive struct{ eddy.Precise }

func (explosive) Together() int { return 4 }

func (e explosive) Step64(ctx context.Context, dst, u []float64) error {
	if err := e.Precise.Step64(ctx, dst, u); err != nil {
		return err
	}
	n := len(dst) / max(len(dst)/32, 1)
	for i := 0; i < len(dst); i += n {
		if dst[i] > 100 {
			dst[i] = math.Inf(1)
		}
	}
	return nil
}

func TestTrajectoriesBeforeABlowUpInTheirGroupAreWritten(t *testing.T) {
	p := problem(t, "burgers", map[string]string{"grid": "32", "dt": "0.1"})
	drawn := 0
	law := initialFunc(func(rng *rand.Rand, dst []float64) error {
		// The third trajectory of the stream is uniform and large.
		if err := p.Initial.Draw(rng, dst); err != nil {
			return err
		}
		if dst[0] == thirdState(t, p)[0] {
			drawn++
			for i := range dst {
				dst[i] = 200
			}
		}
		return nil
	})
	par.SetThreads(1)
	defer par.SetThreads(0)
	var got memory
	err := datasets.Generate(t.Context(), &got, explosive{p.Solver}, law, datasets.Plan{Trajectories: 4, Steps: 2, Seed: 5, Split: "train"})
	var blowUp *datasets.BlowUpError
	if !errors.As(err, &blowUp) || blowUp.Trajectory != 2 || blowUp.Step != 1 || blowUp.Field != "velocity" || drawn == 0 {
		t.Errorf("error %v, expected a blow-up of trajectory 2", err)
	}
	var want memory
	generate(t, &want, p, datasets.Plan{Trajectories: 2, Steps: 2, Seed: 5, Split: "train"})
	for i, frames := range got.frames {
		if diff := cmp.Diff(want.frames[i], frames); diff != "" {
			t.Errorf("trajectory %d differs from the one made alone", i)
		}
	}
	if len(got.frames) > 2 {
		t.Errorf("%d trajectories written, expected those before the blow-up", len(got.frames))
	}
}

type initialFunc func(rng *rand.Rand, dst []float64) error

func (f initialFunc) Draw(rng *rand.Rand, dst []float64) error { return f(rng, dst) }

func thirdState(t *testing.T, p pde.Problem) []float64 {
	t.Helper()
	u := make([]float64, 32)
	if err := p.Initial.Draw(datasets.Stream(5, "train", 2), u); err != nil {
		t.Fatal(err)
	}
	return u
}
