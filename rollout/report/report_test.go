package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout/report"
)

// wave is a data set with a closed form: field c of trajectory i is sin(2π(x − s)/N + i + c), one point further each frame.
type wave struct {
	spec         eddy.Spec
	trajectories int
	frames       []int
	poke         func(u *eddy.Tensor, traj, frame int) // changes what is read, if set
}

func newWave(trajectories, frames, fields int, grid ...int) *wave {
	w := &wave{spec: eddy.Spec{Name: "wave", Grid: eddy.PeriodicGrid(1, grid...), Dt: 0.25, History: 1}, trajectories: trajectories}
	for c := range fields {
		w.spec.Fields = append(w.spec.Fields, eddy.Field{Name: string("uvw"[c])})
	}
	for range trajectories {
		w.frames = append(w.frames, frames)
	}
	return w
}

func (w *wave) Spec() eddy.Spec     { return w.spec }
func (w *wave) Len() int            { return w.trajectories }
func (w *wave) Frames(traj int) int { return w.frames[traj] }
func (w *wave) value(traj, c, x, s int) float32 {
	return float32(math.Sin(2*math.Pi*float64(x-s)/float64(w.spec.Grid.Axes[0].Points) + float64(traj+c)))
}

func (w *wave) Read(ctx context.Context, dst *eddy.Tensor, traj, frame int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for s := range dst.Shape[0] {
		for c := range dst.Shape[1] {
			u := dst.Row(s).Row(c)
			rest := len(u.Data) / u.Shape[0]
			for i := range u.Data {
				u.Data[i] = w.value(traj, c, i/rest, frame+s)
			}
		}
		if w.poke != nil {
			w.poke(dst.Row(s), traj, frame+s)
		}
	}
	return nil
}

// shift steps a wave exactly and multiplies it by gain.
type shift struct {
	spec    eddy.Spec
	gain    float32
	history int
	fail    error
}

func (m *shift) Spec() eddy.Spec {
	s := m.spec
	s.History = max(m.history, 1)
	return s
}

func (m *shift) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.fail != nil {
		return m.fail
	}
	for b := range dst.Shape[0] {
		for c := range dst.Shape[1] {
			u, out := in.U.Row(b).Row(in.U.Shape[1]-1).Row(c), dst.Row(b).Row(c)
			n, rest := u.Shape[0], len(u.Data)/u.Shape[0]
			for i := range out.Data {
				out.Data[i] = m.gain * u.Data[((i/rest-1+n)%n)*rest+i%rest]
			}
		}
	}
	return nil
}

func baselines(t *testing.T, ds datasets.Dataset, names ...string) []report.Contender {
	t.Helper()
	var out []report.Contender
	for _, n := range names {
		c, err := report.Baseline(t.Context(), n, ds)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func evaluate(t *testing.T, ds datasets.Dataset, o report.Options, models ...report.Contender) *report.Evaluation {
	t.Helper()
	e, err := report.Evaluate(t.Context(), models, ds, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// near compares with a tolerance of a few roundings of float32, in which states are.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 2e-6*max(1, math.Abs(want))) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

func TestAModelOfKnownErrorGetsItsNumbers(t *testing.T) {
	const n, frames, steps = 32, 13, 12
	for _, grid := range [][]int{{n}, {n, 8}, {n, 4, 4}} {
		ds := newWave(5, frames, 2, grid...)
		const gain = 1.03125 // exact in float32
		e := evaluate(t, ds, report.Options{Batch: 2, Against: baselines(t, ds, "persistence", "climatology"), Threads: 3},
			report.Contender{Name: "gain", Model: &shift{spec: ds.spec, gain: gain}, Parameters: 7})
		dir := t.TempDir()
		if err := e.Write(dir); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, report.SummaryFile))
		if err != nil {
			t.Fatal(err)
		}
		var s report.Summary
		if err := json.Unmarshal(b, &s); err != nil {
			t.Fatal(err)
		}
		if s.Model != "gain" || s.Parameters != 7 || s.Steps != steps || s.Dt != 0.25 || s.Threads != 3 || s.Batch != 2 || s.Trajectories != 5 || s.StartFrame != 0 {
			t.Errorf("summary of %+v", s)
		}
		near(t, "one-step nRMSE", float64(s.OneStep), gain-1)
		for i := range steps {
			near(t, "nRMSE", float64(s.NRMSE[i]), math.Pow(gain, float64(i+1))-1)
			near(t, "VRMSE", float64(s.VRMSE[i]), math.Pow(gain, float64(i+1))-1)
			near(t, "correlation", float64(s.Correlation[i]), 1)
		}
		if s.StepsToCorrelation["0.95"] != steps || s.TimeToCorrelation["0.95"] != steps*0.25 || !slices.Equal(s.Censored, []string{"0.8", "0.9", "0.95"}) {
			t.Errorf("steps %v, times %v, censored %v", s.StepsToCorrelation, s.TimeToCorrelation, s.Censored)
		}
		if !(s.SecondsPerStep > 0) {
			t.Errorf("a step took %v s", s.SecondsPerStep)
		}

		// A sine shifted by n points: |sin a − sin b| has the mean square 2 sin²(πn/N), the correlation is cos(2πn/N).
		p := s.Baselines["persistence"]
		near(t, "one-step nRMSE of persistence", float64(p.OneStep), 2*math.Sin(math.Pi/n))
		above := map[string]int{}
		for i := range steps {
			phase := 2 * math.Pi * float64(i+1) / n
			near(t, "nRMSE of persistence", float64(p.NRMSE[i]), 2*math.Sin(phase/2))
			near(t, "correlation of persistence", float64(p.Correlation[i]), math.Cos(phase))
			for key, th := range map[string]float64{"0.8": 0.8, "0.9": 0.9, "0.95": 0.95} {
				if math.Cos(phase) >= th {
					above[key]++
				}
			}
		}
		for key, want := range above {
			if p.StepsToCorrelation[key] != want || float64(p.TimeToCorrelation[key]) != float64(want)*0.25 || p.PDEArena[key] != want {
				t.Errorf("persistence keeps %s for %d steps (%v, PDEArena %d), want %d", key, p.StepsToCorrelation[key], p.TimeToCorrelation[key], p.PDEArena[key], want)
			}
		}
		if len(p.Censored) != 0 || p.Parameters != 0 {
			t.Errorf("persistence: %+v", p)
		}

		c := s.Baselines["climatology"]
		if len(c.NRMSE) != steps || c.StepsToCorrelation["0.8"] != 0 {
			t.Errorf("climatology: %+v", c)
		}
	}
}

func TestWhatIsNotFiniteIsNullAndBelowEveryThreshold(t *testing.T) {
	ds := newWave(3, 21, 1, 16)
	e := evaluate(t, ds, report.Options{}, report.Contender{Name: "explodes", Model: &shift{spec: ds.spec, gain: 1e5}})
	dir := t.TempDir()
	if err := e.Write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, report.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	var raw struct {
		NRMSE, Correlation []*float64
		Steps              map[string]int `json:"steps_to_correlation"`
		Censored           []string
		Diverged           []report.Divergence
	}
	// encoding/json matches names without case but not without underscores.
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("nrmse_per_step"), []byte("nrmse")), []byte("correlation_per_step"), []byte("correlation"))
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	const last = 7 // 1e35 is a float32, 1e40 is not
	for i := range 20 {
		if (raw.NRMSE[i] == nil) != (i >= last) || (raw.Correlation[i] == nil) != (i >= last) {
			t.Errorf("entry %d: nRMSE %v, correlation %v", i, raw.NRMSE[i], raw.Correlation[i])
		}
	}
	if raw.Steps["0.8"] != last || len(raw.Censored) != 0 || len(raw.Diverged) != 3 || raw.Diverged[1].Step != last+1 {
		t.Errorf("steps %v, censored %v, diverged %v", raw.Steps, raw.Censored, raw.Diverged)
	}
}

// holes is a shift whose every step leaves a NaN behind in the last row of its batch.
type holes struct{ *shift }

func (m holes) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) error {
	err := m.shift.Step(ctx, dst, in)
	last := dst.Row(dst.Shape[0] - 1)
	last.Row(last.Shape[0] - 1).Data[3] = float32(math.NaN())
	return err
}

func TestANaNOneStepFromTheTruthIsNamedAndNotAveraged(t *testing.T) {
	ds := newWave(3, 6, 2, 16)
	e := evaluate(t, ds, report.Options{}, report.Contender{Name: "holes", Model: holes{&shift{spec: ds.spec, gain: 1}}})
	if v := e.Models[0].OneStepNRMSE; !math.IsNaN(v) {
		t.Errorf("one-step nRMSE %g", v)
	}
	if len(e.Notes) != 1 || !strings.Contains(e.Notes[0], "holes is not finite one step from the truth at 5 states, the first in trajectory 2, frame 1, field v") {
		t.Errorf("notes %q", e.Notes)
	}
	if d := e.Models[0].Diverged; len(d) != 1 || d[0] != (report.Divergence{Trajectory: 2, Step: 1, Field: "field v"}) {
		t.Errorf("diverged %+v", d)
	}
}

func TestRolloutsStartWhereEveryContenderHasItsHistory(t *testing.T) {
	ds := newWave(2, 11, 1, 16)
	long, short := &shift{spec: ds.spec, gain: 1, history: 4}, &shift{spec: ds.spec, gain: 1}
	s := evaluate(t, ds, report.Options{}, report.Contender{Name: "a", Model: short}, report.Contender{Name: "a", Model: long}).Summary()
	if s.StartFrame != 3 || s.Steps != 7 {
		t.Errorf("start %d, %d steps, want 3 and 7", s.StartFrame, s.Steps)
	}
	if len(s.Models) != 2 || s.Models[0].Model != "a" || s.Models[1].Model != "a (2)" {
		t.Errorf("models %v", s.Models)
	}
	for _, m := range s.Models {
		near(t, "nRMSE of an exact model", float64(m.NRMSE[6]), 0)
	}
	if s := evaluate(t, ds, report.Options{Steps: 3}, report.Contender{Name: "a", Model: long}).Summary(); s.Steps != 3 || len(s.NRMSE) != 3 || s.Models != nil {
		t.Errorf("with 3 steps: %+v", s)
	}
}

func TestEveryValueIsInTheTable(t *testing.T) {
	ds := newWave(3, 9, 2, 32)
	e := evaluate(t, ds, report.Options{Steps: 5, Against: baselines(t, ds, "persistence")}, report.Contender{Name: "gain", Model: &shift{spec: ds.spec, gain: 1.0625}})
	dir := t.TempDir()
	if err := e.Write(dir); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, report.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != "model,trajectory,member,step,time,field,metric,value" {
		t.Errorf("columns %s", got)
	}
	// Of 2 contenders × 3 trajectories × 2 fields: 8 steps from the truth, 5 of the rollout with nrmse, vrmse, correlation and, in 3 bands, errors absolute and relative.
	if want := 2 * 3 * 2 * (8 + 5*(3+2*3)); len(rows)-1 != want {
		t.Errorf("%d rows, want %d", len(rows)-1, want)
	}
	if !slices.ContainsFunc(rows, func(r []string) bool {
		return slices.Equal(r[:7], []string{"gain", "2", "0", "2", "0.5", "v", "nrmse"}) && strings.HasPrefix(r[7], "0.12890")
	}) {
		t.Error("the nRMSE of step 2 is missing, (1+1/16)² − 1 = 0.12890625")
	}
}

func TestWhatTheTruthLeavesUndefinedIsLeftOutAndTold(t *testing.T) {
	ds := newWave(2, 5, 2, 16)
	ds.poke = func(u *eddy.Tensor, _, _ int) { clear(u.Row(1).Data) }
	e := evaluate(t, ds, report.Options{}, report.Contender{Name: "gain", Model: &shift{spec: ds.spec, gain: 1.5}})
	s := e.Summary()
	near(t, "nRMSE", float64(s.NRMSE[0]), 0.5)
	near(t, "correlation", float64(s.Correlation[0]), 1)
	if len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "At 8 of the states") {
		t.Errorf("notes %q", s.Notes)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	good := newWave(2, 6, 1, 16)
	exact := report.Contender{Name: "exact", Model: &shift{spec: good.spec, gain: 1}}
	sick := newWave(2, 6, 1, 16)
	sick.poke = func(u *eddy.Tensor, traj, frame int) {
		if traj == 1 && frame == 3 {
			u.Data[4] = float32(math.NaN())
		}
	}
	other := newWave(2, 6, 2, 16)
	slow := newWave(2, 6, 1, 16)
	slow.spec.Dt = 1
	short := newWave(2, 6, 1, 16)
	short.frames[1] = 1
	boom := errors.New("boom")
	for _, c := range []struct {
		name   string
		models []report.Contender
		ds     datasets.Dataset
		o      report.Options
		want   string
	}{
		{"no model", nil, good, report.Options{}, "no model"},
		{"NaN in the truth", []report.Contender{exact}, sick, report.Options{}, "NaN in trajectory 1, frame 3, field u"},
		{"another field", []report.Contender{exact}, other, report.Options{}, "exact does not fit the data: fields"},
		{"another dt", []report.Contender{exact}, slow, report.Options{}, "dt = 1"},
		{"too short", []report.Contender{exact}, short, report.Options{}, "trajectory 1 has 1 frames"},
		{"too many steps", []report.Contender{exact}, good, report.Options{Steps: 6}, "6 steps asked for, but trajectory 0 has 6 frames, enough for 5"},
		{"a model that fails", []report.Contender{{Name: "bad", Model: &shift{spec: good.spec, fail: boom}}}, good, report.Options{}, "bad: boom"},
	} {
		_, err := report.Evaluate(t.Context(), c.models, c.ds, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", c.name, err, c.want)
		}
	}
	if _, err := report.Baseline(t.Context(), "yesterday", good); err == nil || !strings.Contains(err.Error(), "expected persistence or climatology") {
		t.Errorf("unknown baseline: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := report.Evaluate(ctx, []report.Contender{exact}, good, report.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A page needs nothing beside it, and stays small even where pictures do not compress.
func TestThePageIsOneSmallFileWithoutReferences(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	noise := func(u *eddy.Tensor, _, _ int) {
		for i := range u.Data {
			u.Data[i] = float32(rng.NormFloat64())
		}
	}
	grids := [][]int{{1500}, {260, 250}, {12, 10, 8}}
	if testing.Short() {
		grids[1] = []int{20, 30}
	}
	for _, grid := range grids {
		ds := newWave(1, 65, 3, grid...)
		ds.poke = noise
		e := evaluate(t, ds, report.Options{Data: "<script>alert(1)</script>.hdf5", Command: "eddy eval \"a b\" && <b>"},
			report.Contender{Name: "gain", Model: &shift{spec: ds.spec, gain: 1}}, report.Contender{Name: "blows up", Model: &shift{spec: ds.spec, gain: 10}})
		page, err := e.HTML()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("grid %v: %d bytes", grid, len(page))
		if len(page) > 10_000_000 {
			t.Errorf("grid %v: the page has %d bytes", grid, len(page))
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"|url\(([^)]*)\)`).FindAllSubmatch(page, -1) {
			if target := slices.Concat(m[1], m[2]); !bytes.HasPrefix(target, []byte("data:")) && !bytes.HasPrefix(target, []byte("#")) {
				t.Errorf("grid %v: the page refers to something outside: %.80q", grid, m[0])
			}
		}
		for _, word := range []string{"http://", "https://", "@import", "//cdn"} {
			if bytes.Contains(page, []byte(word)) {
				t.Errorf("grid %v: the page holds %s", grid, word)
			}
		}
		if bytes.Contains(page, []byte("<script>alert")) || bytes.Contains(page, []byte("&& <b>")) {
			t.Errorf("grid %v: names are not escaped", grid)
		}
		if bytes.Contains(page, []byte("NaN,")) || bytes.Contains(page, []byte("M NaN")) || bytes.Contains(page, []byte("LNaN")) {
			t.Errorf("grid %v: a curve has points that are not numbers", grid)
		}
		if got := bytes.Count(page, []byte(`class="player"`)); got != min(len(grid)-1, 1) {
			t.Errorf("grid %v: %d animations", grid, got)
		}
	}
}

// files evaluates twice-measurable things only: the clock is set to a constant.
func files(t *testing.T, ds datasets.Dataset, batch int) map[string][]byte {
	t.Helper()
	e := evaluate(t, ds, report.Options{Batch: batch, Threads: 1, Against: baselines(t, ds, "persistence", "climatology")},
		report.Contender{Name: "gain", Model: &shift{spec: ds.Spec(), gain: 1.03125}})
	for i := range e.Models {
		e.Models[i].SecondsPerStep = 1
	}
	for i := range e.Baselines {
		e.Baselines[i].SecondsPerStep = 1
	}
	dir := t.TempDir()
	if err := e.Write(dir); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, name := range []string{report.SummaryFile, report.MetricsFile, report.ReportFile} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return out
}

func TestFilesAreTheSameBytesWhateverTheThreads(t *testing.T) {
	ds := newWave(4, 9, 2, 16, 16)
	want := files(t, ds, 3)
	defer par.SetThreads(par.Threads())
	par.SetThreads(1)
	for name, b := range files(t, ds, 3) {
		if !bytes.Equal(b, want[name]) {
			t.Errorf("%s differs between one thread and several", name)
		}
	}
	if !bytes.Equal(files(t, ds, 1)[report.MetricsFile], want[report.MetricsFile]) {
		t.Error("metrics.csv depends on the batch size")
	}
}

// hasty is a wave whose file gives times that are not evenly spaced.
type hasty struct{ *wave }

func (h hasty) Times(int) []float64 { return []float64{0, 1, 2, 2.5, 4, 5} }

func TestUnevenTimesOfTheTruthAreTold(t *testing.T) {
	ds := hasty{newWave(3, 6, 2, 16)}
	e, err := report.Evaluate(t.Context(), []report.Contender{{Name: "m", Model: &shift{spec: ds.spec, gain: 1}}}, ds, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Notes) != 1 || !strings.Contains(e.Notes[0], "not evenly spaced (trajectory 0: time steps from 0.5 to 1.5)") {
		t.Errorf("notes %q", e.Notes)
	}
}
