package rollouttest

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
)

// toy is a sound Model, the mean of neighbours, that breaks one clause of the contract at will.
type toy struct {
	breaks string
	spec   eddy.Spec
	mu     sync.Mutex
	calls  int
	kept   []float32
}

func (m *toy) Spec() eddy.Spec {
	s := m.spec
	if m.breaks == "spec" {
		s.Dt = 0
	}
	return s
}

func (m *toy) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if err := ctx.Err(); err != nil && m.breaks != "context" {
		return err
	}
	if m.breaks == "shape" && dst.Shape[1] != 1 {
		return nil
	}
	eddy.MustShape("toy", "input", in.U.Shape, []int{-1, 1, 1, -1})
	eddy.MustShape("toy", "destination", dst.Shape, append([]int{in.U.Shape[0]}, in.U.Shape[2:]...))
	m.mu.Lock()
	defer m.mu.Unlock()
	for b := range dst.Shape[0] {
		u, out := in.U.Row(b).Row(0).Data, dst.Row(b).Data
		n := len(u)
		for i := range out {
			out[i] = (u[(i+n-1)%n] + u[(i+1)%n]) / 2
		}
	}
	m.calls++
	switch m.breaks {
	case "hidden state":
		dst.Data[0] += float32(m.calls)
	case "input":
		in.U.Data[0] = 7
	case "batch":
		dst.Data[0] += in.U.Data[len(in.U.Data)-1]
	case "NaN":
		if in.U.Data[0] != in.U.Data[0] {
			dst.Data[len(dst.Data)-1] = 0
		}
	case "threads":
		dst.Data[0] += float32(par.Threads())
	case "reference":
		if m.kept != nil {
			m.kept[0] = -1
		}
		m.kept = dst.Data
	}
	return nil
}

// recorder notes that a check failed.
type recorder struct{ failed bool }

func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Helper()                  {}
func (r *recorder) Errorf(string, ...any)    { r.failed = true }
func (r *recorder) Fatalf(string, ...any)    { r.failed = true; runtime.Goexit() }

// broken lists the rules that a model breaks.
func broken(m eddy.Model) []string {
	c := newChecker(m, Waves(m.Spec(), 3, rand.New(rand.NewPCG(1, 2))))
	var out []string
	for _, rule := range c.rules() {
		r := &recorder{}
		done := make(chan struct{})
		go func() { // Fatalf ends its goroutine
			defer close(done)
			rule.check(r)
		}()
		<-done
		if r.failed {
			out = append(out, rule.name)
		}
	}
	return out
}

func TestEachBrokenClauseIsFound(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 16), Dt: 1, History: 1}
	if got := broken(&toy{spec: spec}); got != nil {
		t.Fatalf("a sound model fails: %q", got)
	}
	for breaks, want := range map[string]string{
		"spec":         "Spec describes a step",
		"hidden state": "Step repeats itself",
		"input":        "Step leaves its input alone",
		"reference":    "Step keeps no reference",
		"batch":        "rows do not depend on one another",
		"NaN":          "a NaN stays in its row",
		"threads":      "results do not depend on threads",
		"context":      "a context that is done stops the step",
		"shape":        "a wrong shape is an error",
	} {
		if got := broken(&toy{spec: spec, breaks: breaks}); !slices.Contains(got, want) {
			t.Errorf("a model that breaks %q fails %q, not %q", breaks, got, want)
		}
	}
}

// lazy reads what dst held.
type lazy struct{ toy }

func (m *lazy) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	before := dst.Clone()
	if err := m.toy.Step(ctx, dst, in); err != nil {
		return err
	}
	dst.Data[3] = before.Data[3]
	return nil
}

// double is Precise with a step of its own.
type double struct{ toy }

func (m *double) Step64(_ context.Context, dst, u []float64) error {
	for i := range u {
		dst[i] = 2 * u[i]
	}
	return nil
}

func TestUnwrittenValuesAndAnotherStep64AreFound(t *testing.T) {
	spec := eddy.Spec{Fields: []eddy.Field{{Name: "u"}}, Grid: eddy.PeriodicGrid(1, 16), Dt: 1, History: 1}
	if got := broken(&lazy{toy{spec: spec}}); !slices.Contains(got, "Step writes every value") {
		t.Errorf("a model that leaves a value unwritten fails %q", got)
	}
	if got := broken(&double{toy{spec: spec}}); !slices.Contains(got, "Step64 agrees with Step") {
		t.Errorf("a model with two different steps fails %q", got)
	}
}
