package report_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/report"
)

// paced is a wave of known error whose steps take a while for every trajectory.
type paced struct {
	*shift
	pause time.Duration
}

func (m paced) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	time.Sleep(m.pause * time.Duration(dst.Shape[0]))
	return m.shift.Step(ctx, dst, in)
}

// balance weighs a surrogate of a gain against solvers, each a gain and milliseconds.
func balance(t *testing.T, surrogate time.Duration, gain float32, families [][][2]float64) *report.BreakEven {
	t.Helper()
	ds := newWave(3, 7, 1, 16)
	own := report.Contender{Name: "surrogate", Model: paced{&shift{spec: ds.spec, gain: gain}, surrogate}}
	e := evaluate(t, ds, report.Options{}, own)
	o := report.BreakEvenOptions{Training: 60, DataSteps: 1000, Horizon: 4, Round: 10 * time.Millisecond}
	names := "abcdefgh"
	for _, f := range families {
		var family []report.Contender
		for _, s := range f {
			family = append(family, report.Contender{Name: names[:1], Model: paced{&shift{spec: ds.spec, gain: float32(s[0])}, time.Duration(s[1] * float64(time.Millisecond))}})
			names = names[1:]
		}
		o.Families = append(o.Families, family)
	}
	if err := e.MeasureBreakEven(t.Context(), own, ds, o); err != nil {
		t.Fatal(err)
	}
	return e.BreakEven
}

func TestASurrogatePaysOnceItHasSavedItsTraining(t *testing.T) {
	// As accurate are a, b and e, of which e is the cheapest. c is cheaper but wrong, and d, which follows it in its family, is not tried.
	b := balance(t, time.Millisecond, 1.03, [][][2]float64{{{1, 9}, {1.01, 6}}, {{1.1, 1}, {1, 0.1}}, {{1.02, 4}}})
	if b.Against != "e" || len(b.Solvers) != 4 || b.Simulations == nil || b.WithData == nil {
		t.Fatalf("%+v", b)
	}
	if want := math.Pow(1.03, 4) - 1; math.Abs(float64(b.NRMSE)-want) > 1e-5 {
		t.Errorf("nRMSE %g at the horizon, expected %g", b.NRMSE, want)
	}
	// A simulation of 4 steps takes 4 ms against 16: 60 s are saved after 5,000; sleeping is coarse. The data have cost 1,000 steps of a.
	if n := *b.Simulations; n < 2500 || n > 10000 {
		t.Errorf("%d simulations: %+v", n, b)
	}
	if got := float64(b.Data); got < 9 || got > 40 || *b.WithData <= *b.Simulations {
		t.Errorf("data have cost %g s: %+v", got, b)
	}
	if !strings.HasPrefix(b.Reason, "after ") || !strings.Contains(b.Reason, "1 min") && !strings.Contains(b.Reason, "60") {
		t.Errorf("reason %q", b.Reason)
	}
}

func TestASurrogateThatIsNoCheaperNeverPays(t *testing.T) {
	b := balance(t, 3*time.Millisecond, 1.03, [][][2]float64{{{1, 1}}})
	if b.Simulations != nil || !strings.HasPrefix(b.Reason, "never: a simulation of 4 steps takes") {
		t.Errorf("%+v", b)
	}
	if b = balance(t, 0, 1e12, [][][2]float64{{{1, 1}}}); b.Simulations != nil || !strings.Contains(b.Reason, "diverge before step 4") {
		t.Errorf("a surrogate that diverges: %+v", b)
	}
}

func TestASurrogateThatNoSolverMatchesIsHeldAgainstTheMostAccurate(t *testing.T) {
	b := balance(t, time.Millisecond, 1, [][][2]float64{{{1.02, 3}, {1, 1}}, {{1.01, 5}}})
	if b.Against != "c" || !strings.Contains(b.Reason, "even that is less accurate") {
		t.Errorf("%+v", b)
	}
}
