package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout/metric"
	"github.com/eddy-pde/eddy/rollout/report"
)

// jitter steps a wave exactly and shifts every draw by a number of its own, the same at every point: normal of standard deviation 1 where a key has Step 1.
type jitter struct{ *shift }

func (m jitter) Sample(ctx context.Context, dst *eddy.Tensor, in eddy.Input, keys []eddy.Key) error {
	if err := m.Step(ctx, dst, in); err != nil {
		return err
	}
	for b, k := range keys {
		if k.Step != 1 {
			continue
		}
		d := jitterOf(k)
		for i := range dst.Row(b).Data {
			dst.Row(b).Data[i] += d
		}
	}
	return nil
}

func jitterOf(k eddy.Key) float32 {
	return float32(rand.New(rand.NewPCG(k.Seed, k.Trajectory<<32|k.Member)).NormFloat64())
}

// jittered is the wave with the same sort of shift from frame 1 on, so that truth and members can be exchanged.
func jittered(trajectories, frames int) *wave {
	ds := newWave(trajectories, frames, 1, 16)
	ds.poke = func(u *eddy.Tensor, traj, frame int) {
		if frame == 0 {
			return
		}
		d := float32(rand.New(rand.NewPCG(99, uint64(traj))).NormFloat64())
		for i := range u.Data {
			u.Data[i] += d
		}
	}
	return ds
}

func TestMembersAreScoredOneByOneAndTogether(t *testing.T) {
	const members, trajectories = 9, 300
	ds := jittered(trajectories, 4)
	m := jitter{&shift{spec: ds.spec, gain: 1}}
	e := evaluate(t, ds, report.Options{Members: members, Seed: 5, Against: baselines(t, ds, "persistence")}, report.Contender{Name: "jitter", Model: m})
	r := e.Models[0]
	if r.Members != members || e.Baselines[0].Members != 1 {
		t.Fatalf("%d members, baseline %d", r.Members, e.Baselines[0].Members)
	}
	// Members and truth have the same law: spread over skill is 1 up to the scatter of the mean over 300 trajectories, and the CRPS of a normal law against itself is σ/√π, to which the ensemble's
	// finite size adds σ/(M√π).
	spread, skill := r.Curve("spread")[2], r.Curve("skill")[2]
	if ratio := metric.SpreadSkillRatio(spread, skill, members); math.Abs(ratio-1) > 0.3 {
		t.Errorf("spread %g, skill %g: ratio %g", spread, skill, ratio)
	}
	if want := (1 + 1.0/members) / math.Sqrt(math.Pi); math.Abs(r.Curve("crps")[0]-want) > 0.08 {
		t.Errorf("CRPS %g, expected about %g", r.Curve("crps")[0], want)
	}
	// A single forecast has a CRPS too, its mean absolute error.
	if b := e.Baselines[0].Curve("crps"); len(b) != 3 || !(b[0] > r.Curve("crps")[0]) {
		t.Errorf("CRPS of persistence %v", b)
	}
	dir := t.TempDir()
	if err := e.Write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, report.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	single, together := 0, 0
	for _, row := range rows {
		if row[0] == "jitter" && row[6] == "nrmse" {
			single++
		}
		if row[0] == "jitter" && row[6] == "crps" && row[2] == "all" {
			together++
		}
	}
	if single != members*trajectories*3 || together != trajectories*3 {
		t.Errorf("%d rows of nRMSE, %d of CRPS", single, together)
	}
}

func TestDrawsOfAnEvaluationFollowFromItsSeed(t *testing.T) {
	ds := jittered(3, 4)
	run := func(seed uint64, batch int) []float64 {
		m := jitter{&shift{spec: ds.spec, gain: 1}}
		e := evaluate(t, ds, report.Options{Members: 2, Seed: seed, Batch: batch}, report.Contender{Name: "jitter", Model: m})
		return append(e.Models[0].NRMSE, e.Models[0].OneStepNRMSE)
	}
	a, b, c := run(1, 3), run(1, 1), run(2, 3)
	for i := range a {
		near(t, "nRMSE in other batches", b[i], a[i])
	}
	if a[0] == c[0] {
		t.Error("another seed gave the same draws")
	}
}

// rankings compares contenders whose errors differ from trajectory to trajectory much more than they differ from each other's.
func rankings(t *testing.T, trajectories int) []report.Ranking {
	ds := newWave(trajectories, 6, 1, 16)
	ds.poke = func(u *eddy.Tensor, traj, frame int) {
		if frame > 0 { // trajectories of which the later ones are harder for everybody
			for i := range u.Data {
				u.Data[i] += float32(traj) * 0.1
			}
		}
	}
	e := evaluate(t, ds, report.Options{}, report.Contender{Name: "bad", Model: &shift{spec: ds.spec, gain: 1.125}},
		report.Contender{Name: "good", Model: &shift{spec: ds.spec, gain: 1}}, report.Contender{Name: "same", Model: &shift{spec: ds.spec, gain: 1}},
		report.Contender{Name: "bursts", Model: &shift{spec: ds.spec, gain: 1e30}})
	return e.Rankings
}

func TestARankingTellsApartWhatTheTrajectoriesTellApart(t *testing.T) {
	for _, c := range []struct {
		trajectories int
		bad          int // rank
	}{{12, 3}, {4, 1}} { // 4 trajectories could agree by chance
		var of *report.Ranking
		for _, r := range rankings(t, c.trajectories) {
			if r.Measure == "nrmse" {
				of = &r
			}
		}
		if of == nil {
			t.Fatal("no ranking by nRMSE")
		}
		rank := map[string]int{}
		for _, s := range of.Standings {
			rank[s.Name] = s.Rank
		}
		if rank["good"] != 1 || rank["same"] != 1 || rank["bad"] != c.bad || rank["bursts"] != 0 || of.Decided != (c.bad > 1) {
			t.Errorf("%d trajectories: ranks %v, decided %v", c.trajectories, rank, of.Decided)
		}
		if last := of.Standings[len(of.Standings)-1]; last.Name != "bursts" {
			t.Errorf("the last of the ranking is %s", last.Name)
		}
		if s := of.Standings[0]; !math.IsNaN(s.Behind.Value) || !(s.Value.Low <= s.Value.Value && s.Value.Value <= s.Value.High) {
			t.Errorf("best: %+v", s)
		}
		if s := of.Standings[1]; s.Behind.Value != 0 {
			t.Errorf("an equal contender is %g behind", s.Behind.Value)
		}
	}
}

func TestAskedMetricsAreMeasuredBesideTheUsual(t *testing.T) {
	ds := newWave(2, 6, 1, 16)
	extra, err := metric.Select("rmse,crps", ds.spec)
	if err != nil {
		t.Fatal(err)
	}
	e := evaluate(t, ds, report.Options{Metrics: extra}, report.Contender{Name: "gain", Model: &shift{spec: ds.spec, gain: 1.125}})
	rmse, nrmse := e.Models[0].Curve("rmse"), e.Models[0].Curve("nrmse")
	if len(rmse) != 5 || math.Abs(rmse[0]-nrmse[0]*math.Sqrt(0.5)) > 1e-6 || e.Models[0].Curve("crps") == nil {
		t.Errorf("rmse %v beside nRMSE %v", rmse, nrmse)
	}
	volume := newWave(2, 6, 1, 4)
	if extra, err = metric.Select("frmse_high", ds.spec); err != nil {
		t.Skip("the grid has no such band")
	}
	_, err = report.Evaluate(t.Context(), []report.Contender{{Name: "gain", Model: &shift{spec: volume.spec, gain: 1}}}, volume, report.Options{Metrics: extra})
	if err == nil || !strings.Contains(err.Error(), "frmse_high") {
		t.Errorf("a metric that the data cannot have: %v", err)
	}
}
