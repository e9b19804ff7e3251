package report_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/rollout"
	"github.com/eddy-pde/eddy/rollout/report"
)

// envelopeOf is that of all frames of a data set.
func envelopeOf(t *testing.T, ds *wave) *rollout.Envelope {
	t.Helper()
	s := rollout.NewSurveyor(ds.spec)
	for traj := range ds.trajectories {
		u := eddy.NewTensor(append([]int{ds.frames[traj]}, ds.spec.FrameShape()...)...)
		if err := ds.Read(t.Context(), u, traj, 0); err != nil {
			t.Fatal(err)
		}
		for f := range ds.frames[traj] {
			s.Add(u.Row(f))
		}
	}
	return s.Envelope()
}

func TestLeavingTheTrainingDataIsToldWithStepAndTrajectory(t *testing.T) {
	ds := newWave(4, 21, 1, 16)
	seen := envelopeOf(t, ds)
	ds.poke = func(u *eddy.Tensor, traj, _ int) {
		if traj == 3 { // louder than training from the start
			for i := range u.Data {
				u.Data[i] *= 2
			}
		}
	}
	// Values reach 1 and may reach 1.2: 1.0625³ = 1.199, 1.0625⁴ = 1.27.
	grows := report.Contender{Name: "grows", Model: &shift{spec: ds.spec, gain: 1.0625}, Envelope: seen}
	stays := report.Contender{Name: "stays", Model: &shift{spec: ds.spec, gain: 1}, Envelope: seen}
	e := evaluate(t, ds, report.Options{Batch: 3, Against: baselines(t, ds, "persistence")}, grows, stays)
	v := e.Models[0].Validity
	if v.Outside != 1 || v.Start.Trajectory != 3 || len(v.Exits) != 3 || v.First().Step != 4 || v.First().Time != 1 {
		t.Errorf("grows: %+v, first %v", v, v.First())
	}
	if v := e.Models[1].Validity; v.Outside != 1 || len(v.Exits) != 0 {
		t.Errorf("stays: %+v", v)
	}
	if e.Baselines[0].Validity != nil {
		t.Error("a baseline that was trained on nothing has left it")
	}
	s := e.Summary().Validity
	if s.Left != 3 || s.Step != 4 || !strings.Contains(s.First, "in training it was") {
		t.Errorf("summary %+v", s)
	}
	page, err := e.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "Where the training data end") {
		t.Error("the page does not tell")
	}
	other := newWave(1, 5, 2, 16)
	_, err = report.Evaluate(t.Context(), []report.Contender{{Name: "m", Model: &shift{spec: other.spec, gain: 1}, Envelope: seen}}, other, report.Options{})
	if err == nil || !strings.Contains(err.Error(), "an envelope of 1 fields") {
		t.Errorf("an envelope of other fields: %v", err)
	}
}

func TestTablesAreFilesWithAllDigitsAndForPapers(t *testing.T) {
	ds := newWave(8, 9, 1, 16)
	e := evaluate(t, ds, report.Options{Against: baselines(t, ds, "persistence")}, report.Contender{Name: "50%_{gain}", Model: &shift{spec: ds.spec, gain: 1.03125}})
	dir := t.TempDir()
	if err := e.Write(dir); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string { return contents(t, dir, name) }
	rows, err := csv.NewReader(strings.NewReader(read("tables/ranking_nrmse.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || strings.Join(rows[0], ",") != "model,rank,value,low,high,behind the best,behind low,behind high" || rows[1][0] != "50%_{gain}" || rows[1][1] != "1" || rows[2][1] != "2" {
		t.Errorf("table %q", rows)
	}
	tex := read("tables/comparison.tex")
	for _, want := range []string{`50\%\_\{gain\}`, `\toprule`, `$0.0313$`, `correlation $\geq$ 0.8`} {
		if !strings.Contains(tex, want) {
			t.Errorf("the LaTeX table lacks %s:\n%s", want, tex)
		}
	}
	if v := e.Rankings[0].Standings[0].Value; math.IsNaN(v.Low) {
		t.Errorf("no interval: %+v", v)
	}
}

func contents(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFiguresStandByThemselves(t *testing.T) {
	if testing.Short() {
		t.Skip("slow under the race detector: it paints every figure of a page")
	}
	ds := newWave(4, 9, 1, 16)
	e := evaluate(t, ds, report.Options{Against: baselines(t, ds, "persistence")}, report.Contender{Name: "50%_{gain}", Model: &shift{spec: ds.spec, gain: 1.03125}})
	dir := t.TempDir()
	if err := e.WriteFigures(dir); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string { return contents(t, dir, name) }
	for _, name := range []string{"figures/correlation.svg", "figures/nrmse.svg", "figures/spectrum_u_step8.svg", "figures/spectrum_ratio_u.svg"} {
		svg := read(name)
		if !strings.HasPrefix(svg, "<svg xmlns=") || strings.Contains(svg, "var(") || strings.Contains(svg, "NaN") || !strings.Contains(svg, "50%_{gain}") && !strings.Contains(name, "ratio") {
			t.Errorf("%s: %.200s", name, svg)
		}
	}
	for _, name := range []string{"figures/u_truth.png", "figures/correlation.png"} {
		if png := read(name); !strings.HasPrefix(png, "\x89PNG") {
			t.Errorf("%s is no PNG", name)
		}
	}
}
