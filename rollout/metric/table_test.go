package metric_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/par"
	"github.com/eddy-pde/eddy/rollout/metric"
)

// flowSpec has what every metric asks for: a velocity and a density on a periodic plane.
func flowSpec(n int) eddy.Spec {
	return eddy.Spec{
		Fields: []eddy.Field{{Name: "velocity_x", Of: "velocity", Index: []int{0}}, {Name: "velocity_y", Of: "velocity", Index: []int{1}}, {Name: "density"}},
		Grid:   eddy.PeriodicGrid(1, n, n), Dt: 1,
	}
}

// randomPair is one trajectory with noise for truth and prediction, and four members.
func randomPair(plan *metric.Plan) (pred, truth, members *eddy.Tensor) {
	rng := rand.New(rand.NewPCG(1, 1))
	shape := plan.Spec().FrameShape()
	fill := func(shape ...int) *eddy.Tensor {
		u := eddy.NewTensor(shape...)
		for i := range u.Data {
			u.Data[i] = 1 + rng.Float32()
		}
		return u
	}
	return fill(append([]int{1}, shape...)...), fill(append([]int{1}, shape...)...), fill(append([]int{1, 4}, shape...)...)
}

// frameTime is the time of the metrics for one state of one field of 64² points on one thread; of metrics of whole rollouts that of 30 steps over 30. It is
// the least of several measurements, since other work on the machine only adds.
func frameTime(spec eddy.Spec, metrics []metric.Metric, measurements int) time.Duration {
	defer par.SetThreads(0)
	par.SetThreads(1)
	plan := metric.NewPlan(spec)
	pred, truth, members := randomPair(plan)
	const steps = 30
	best := time.Duration(1 << 62)
	for range measurements {
		var runs []*metric.Run
		for _, m := range metrics {
			if m.Of == metric.Rollouts {
				runs = append(runs, plan.NewRun(m, 1))
			}
		}
		began := time.Now()
		for range steps {
			t := plan.Truth(truth)
			p := t.Against(pred)
			e := p
			if slices.ContainsFunc(metrics, func(m metric.Metric) bool { return m.Of == metric.Members }) {
				e = t.AgainstMembers(members)
			}
			for _, m := range metrics {
				if dst := make([]float64, m.Values(spec)); m.Of == metric.Members {
					m.Measure(dst, e)
				} else if m.Of == metric.States {
					m.Measure(dst, p)
				}
				m.Undefined(t)
			}
			for _, r := range runs {
				r.Add(p)
			}
		}
		for _, r := range runs {
			r.Values()
		}
		best = min(best, time.Since(began)/steps)
	}
	return best / time.Duration(spec.Channels())
}

func writeTable(t *testing.T, p peers, rows []row) {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# Metrics: parity with the originals, and what they cost

Written by

    go test ./rollout/metric -run Originals -table ../../benchmarks/metrics.md

## Parity

Every metric beside what the released code of its origin computes for the same random tensors: one to three dimensions, one or two fields, several times and
trajectories, even and odd extents. The difference is the largest over all values, relative to the larger of the two; a test holds those of the first table below
1e-6. ` + "`rollout/metric/testdata/peers.py`" + ` ran the originals, in float64 where they allow it.

`)
	fmt.Fprintf(&b, "Commits: %s.\n\nVersions: %s.\n", pairs(p.Commits), pairs(p.Versions))
	line := func(r row) {
		label := r.label
		if label == "" {
			label = r.theirs
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d | %.1e |\n", r.metric, r.peer, label, r.values, r.worst)
	}
	b.WriteString("\n| eddy | peer | there | values | largest relative difference |\n| --- | --- | --- | ---: | ---: |\n")
	for _, r := range merge(rows) {
		if !r.loose {
			line(r)
		}
	}
	b.WriteString(`
### Corrected metrics beside the originals

These differ by design: they leave out a defect of the original, which the doc of its compatible twin above describes. The difference tells how much it matters
on these tensors.

| eddy | peer | there | values | largest relative difference |
| --- | --- | --- | ---: | ---: |
`)
	for _, r := range merge(rows) {
		if r.loose {
			line(r)
		}
	}
	writeCatalogue(&b)
	writeTimes(t, &b)
	if err := os.WriteFile(*table, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// merge joins rows of the same comparison.
func merge(rows []row) []row {
	var out []row
	for _, r := range rows {
		i := slices.IndexFunc(out, func(o row) bool {
			return o.metric == r.metric && o.peer == r.peer && o.theirs == r.theirs && o.loose == r.loose
		})
		if i < 0 {
			out = append(out, r)
			continue
		}
		out[i].worst, out[i].values = max(out[i].worst, r.worst), out[i].values+r.values
	}
	return out
}

func writeCatalogue(b *strings.Builder) {
	b.WriteString(`
## Catalogue

For ` + "`eddy eval --metrics`" + `. A metric marked “original” repeats what the released code of its origin computes although we hold it a defect.

| metric | origin | of | unit | over trajectories | what it is |
| --- | --- | --- | --- | --- | --- |
`)
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	for _, m := range metric.Catalogue() {
		origin := m.Origin
		if m.Compat {
			origin += ", original"
		}
		of := or(string(m.Of), "state") + map[bool]string{true: ", all fields", false: ""}[m.Whole]
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", m.Name, origin, of, or(string(m.Unit), "1"), or(string(m.Over), "mean"), strings.ReplaceAll(m.About, "|", "\\|"))
	}
}

func pairs(m map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+" "+m[k])
	}
	return strings.Join(out, ", ")
}

func writeTimes(t *testing.T, b *strings.Builder) {
	t.Helper()
	spec := flowSpec(64)
	defaults, err := metric.Select("default", spec)
	if err != nil {
		t.Fatal(err)
	}
	all, err := metric.Select("all", spec)
	if err != nil {
		t.Fatal(err)
	}
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	fmt.Fprintf(b, `
## Cost

Milliseconds a field of 64² points on one thread (%s, %s/%s), the least of ten measurements (forty of groups) of 30 steps of a flow with a velocity and a density; ensembles have
four members.

| metrics | ms a field |
| --- | ---: |
| the defaults (%d) | %.3f |
| all that apply (%d) | %.3f |
`, runtime.Version(), runtime.GOOS, runtime.GOARCH, len(defaults), ms(frameTime(spec, defaults, 40)), len(all), ms(frameTime(spec, all, 40)))
	for _, m := range all {
		fmt.Fprintf(b, "| `%s` | %.3f |\n", m.Name, ms(frameTime(spec, []metric.Metric{m}, 10)))
	}
}

func BenchmarkMetrics(b *testing.B) {
	spec := flowSpec(64)
	for _, group := range []string{"default", "all"} {
		metrics, err := metric.Select(group, spec)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(group, func(b *testing.B) {
			plan := metric.NewPlan(spec)
			pred, truth, members := randomPair(plan)
			b.ReportAllocs()
			for b.Loop() {
				t := plan.Truth(truth)
				p, e := t.Against(pred), t.AgainstMembers(members)
				for _, m := range metrics {
					dst := make([]float64, m.Values(spec))
					switch m.Of {
					case metric.States:
						m.Measure(dst, p)
					case metric.Members:
						m.Measure(dst, e)
					case metric.Rollouts:
						r := plan.NewRun(m, 1)
						r.Add(p)
						r.Values()
					}
				}
			}
		})
	}
}
