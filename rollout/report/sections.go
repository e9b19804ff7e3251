package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy/rollout/metric"
)

// aboutMetrics says what the table of all metrics holds.
func (e *Evaluation) aboutMetrics() template.HTML {
	return text("All that was measured, reduced over rollouts as the metric's origin does, then the mean over fields. “As is” marks a metric that repeats what the code of its origin computes, "+
		"defects included. metrics.csv has the values of every trajectory%s.", map[bool]string{true: " and member"}[e.ensembles()])
}

// longTable is the number of rows from which a table waits behind a line that opens it.
const longTable = 40

// everyMetric is the table of all metrics.
func (e *Evaluation) everyMetric() template.HTML {
	s := e.metricsSheet()
	if len(s.Rows) <= longTable {
		return s.HTML()
	}
	return fold(fmt.Sprintf("All %d metrics", len(e.metrics())), s.HTML())
}

// metricsSheet is the table of all metrics: a row for every metric and step shown, a column for every contender.
func (e *Evaluation) metricsSheet() sheet {
	s := sheet{Name: "metrics", Caption: "All metrics measured.", Head: []heading{head("metric"), head("origin"), head("step")}}
	all := e.all()
	for _, r := range all {
		s.Head = append(s.Head, head(r.Name))
	}
	for _, m := range e.metrics() {
		steps := []int{1, max(1, e.Steps/4), e.Steps}
		if m.Of == metric.Rollouts {
			steps = steps[2:]
		}
		for _, step := range slices.Compact(steps) {
			origin := m.Origin
			if m.Compat {
				origin += ", as is"
			}
			name := words(m.Name)
			name.Page = join(`<span title="`, text("%s", m.About), `">`, text("%s", m.Name), "</span>")
			row := sheetRow{Cells: []cell{name, words(origin), whole(step)}}
			for _, r := range all {
				row.Cells = append(row.Cells, r.value(m, step))
			}
			s.Rows = append(s.Rows, row)
		}
	}
	return s
}

// metrics lists what was measured of any contender.
func (e *Evaluation) metrics() []metric.Metric {
	var out []metric.Metric
	seen := map[string]bool{}
	add := func(m metric.Metric) {
		if !seen[m.Name] {
			seen[m.Name] = true
			out = append(out, m)
		}
	}
	for _, r := range e.all() {
		for _, c := range r.Curves {
			add(c.Metric)
		}
		for _, f := range r.Finals {
			add(f.Metric)
		}
	}
	return out
}

// value is a metric of a contender at a step, as a cell.
func (r Result) value(m metric.Metric, step int) cell {
	if c := r.Curve(m.Name); c != nil {
		return number(c[step-1])
	}
	for _, f := range r.Finals {
		if f.Metric.Name == m.Name {
			return number(f.Value)
		}
	}
	return words("–")
}

func (e *Evaluation) aboutValidity() template.HTML {
	return text("A run remembers how far the states of its training data reached: their values, their energy (mean square) and their power per octave of wavenumbers. Beyond, with some slack, nobody has seen it be right.")
}

// validity is the table of who left its training data; empty where nobody knows them.
func (e *Evaluation) validity() template.HTML {
	s := e.validitySheet()
	if len(s.Rows) == 0 {
		return ""
	}
	return s.HTML()
}

func (e *Evaluation) validitySheet() sheet {
	s := sheet{
		Name: "validity", Caption: "Rollouts that left what the model was trained on.",
		Head: []heading{head("model"), head("trajectories", "that start outside"), head("rollouts", "that leave"), head("first", "at step"), head("what left")},
	}
	for _, r := range e.all() {
		v := r.Validity
		if v == nil {
			continue
		}
		row := sheetRow{Cells: []cell{words(r.Name), shown(float64(v.Outside), text("%d of %d", v.Outside, e.Trajectories)), shown(float64(len(v.Exits)), text("%d of %d", len(v.Exits), e.Trajectories*r.Members))}}
		first, step := v.First(), words("–")
		if first != nil {
			step = whole(first.Step)
		} else {
			first = v.Start
		}
		what := words("–")
		if first != nil {
			what = words(fmt.Sprintf("%s of %s: %s, in training %s to %s", first.What, first.Field, short(first.Got), short(first.Seen.Low), short(first.Seen.High)))
		}
		row.Cells = append(row.Cells, step, what)
		s.Rows = append(s.Rows, row)
	}
	return s
}

func (e *Evaluation) aboutBreakEven() template.HTML {
	b := e.BreakEven
	return text("The surrogate against the cheapest setting of the solver that made the data among those that are at least as accurate after %s, on %s; both timed by turns in this process with %s, "+
		"each in the batch that suits it better.", count(b.Horizon, "step"), plural(b.Trajectories, "trajectory", "trajectories"), count(b.Threads, "thread"))
}

func (e *Evaluation) breakEven() template.HTML {
	b := e.BreakEven
	c := e.breakEvenChart()
	names := legend([]curve{{Name: b.Surrogate, Style: modelStyle(0)}, {Name: b.Against, Style: baselineStyle(0)}})
	return join(`<p class="lead">`, text("%s pays %s.", b.Surrogate, b.Reason), "</p>", rowOf(2, join(names, c.SVG()), e.breakEvenSheet().HTML()))
}

func (e *Evaluation) breakEvenSheet() sheet {
	b := e.BreakEven
	s := sheet{
		Name: "break_even", Caption: fmt.Sprintf("Settings of the solver tried against %s, whose nRMSE after %d steps is %s.", b.Surrogate, b.Horizon, short(float64(b.NRMSE))),
		Head: []heading{head("setting"), head("nRMSE", fmt.Sprintf("step %d", b.Horizon)), {"time<br>a step", "seconds a step", false}, head("as accurate")},
	}
	s.Rows = append(s.Rows, sheetRow{Cells: []cell{words(b.Surrogate), number(float64(b.NRMSE)), shown(float64(b.Cost)/float64(b.Horizon), text("%s", duration(float64(b.Cost)/float64(b.Horizon)))), words("–")}})
	for _, v := range b.Solvers {
		accurate := "no"
		if v.Accurate {
			accurate = "yes"
		}
		s.Rows = append(s.Rows, sheetRow{"baseline", []cell{words(v.Name), number(float64(v.NRMSE)), shown(float64(v.Seconds), text("%s", duration(float64(v.Seconds)))), words(accurate)}})
	}
	return s
}

// breakEvenChart is the time spent over the number of simulations.
func (e *Evaluation) breakEvenChart() chart {
	b := e.BreakEven
	most := 1e6
	if b.Simulations != nil {
		most = max(1e3, 30*float64(*b.Simulations))
	} else if b.Training > 0 && b.SolverCost > 0 {
		most = max(1e3, 30*float64(b.Training/b.SolverCost))
	}
	const points = 60
	var x, ours, theirs []float64
	for i := range points {
		n := math.Pow(most, float64(i)/(points-1))
		x, ours, theirs = append(x, n), append(ours, float64(b.Training)+n*float64(b.Cost)), append(theirs, n*float64(b.SolverCost))
	}
	return chart{
		Name: "break_even", Title: "Time spent, training included", X: fmt.Sprintf("simulations of %s", count(b.Horizon, "step")), Y: "seconds", LogX: true, LogY: true, YMin: math.NaN(), YMax: math.NaN(),
		Lines: []curve{{Name: b.Against, X: x, Y: theirs, Style: baselineStyle(0)}, {Name: b.Surrogate, X: x, Y: ours, Style: modelStyle(0)}},
	}
}

func (e *Evaluation) aboutEnsembles() template.HTML {
	var who []string
	for _, r := range e.all() {
		if r.Members > 1 {
			who = append(who, fmt.Sprintf("%d members of %s", r.Members, r.Name))
		}
	}
	return text("%s for every trajectory. The CRPS is the error of the whole ensemble in the unit of the field; that of a single forecast is its mean absolute error. Spread over skill is 1 where truth and members could "+
		"be exchanged, below 1 where the ensemble is too sure of itself. Rank histograms tell where among the sorted members the truth lies: flat for a reliable ensemble, a valley where it is too narrow.", strings.Join(who, ", "))
}

// ensembleCharts are the scores of ensembles and what their members do.
func (e *Evaluation) ensembleCharts() template.HTML {
	scores := e.scoreCharts()
	out := join(e.legendOf(), rowOf(2, scores[0].SVG(), scores[1].SVG()))
	for i, r := range e.all() {
		if r.Members == 1 {
			continue
		}
		fan := e.fanChart(i, r)
		ranks := e.rankChart(r)
		out += join("<h3>", text("%s", r.Name), "</h3>", rowOf(2, join(legend(fan.named()), fan.SVG()), join(legend(ranks.named()), ranks.SVG())))
	}
	return out
}

// scoreCharts are CRPS of all contenders, and spread over skill of the ensembles.
func (e *Evaluation) scoreCharts() [2]chart {
	nan := math.NaN()
	crps := chart{Name: "crps", Title: "CRPS, mean over fields", X: "time", Y: "CRPS", LogY: true, YMin: nan, YMax: nan}
	ratio := chart{Name: "spread_skill", Title: "Spread over skill", X: "time", Y: "ratio", YMin: 0, YMax: nan, Rules: []rule{{1, "reliable"}}}
	x := make([]float64, e.Steps)
	for s := range x {
		x[s] = e.time(s + 1)
	}
	for i, r := range slices.Backward(e.all()) {
		crps.Lines = append(crps.Lines, curve{Name: r.Name, X: x, Y: r.Curve("crps"), Style: e.styleOf(i), Dots: e.Steps < 8})
		if r.Members > 1 {
			ratio.Lines = append(ratio.Lines, curve{Name: r.Name, X: x, Y: r.reliability(), Style: e.styleOf(i), Dots: e.Steps < 8})
		}
	}
	crps.YMax = ceiling(crps, 100)
	return [2]chart{crps, ratio}
}

// reliability is the ratio of spread and skill at every step, each the root of a mean of squares over trajectories. Of several fields, which may have different units, it is the root of
// the mean square of their ratios; fields in which every member is the truth are left out.
func (r Result) reliability() []float64 {
	spread, skill := r.tally.ensemble.score("spread").of, r.tally.ensemble.score("skill").of
	out := make([]float64, spread.steps)
	for s := range out {
		squares, fields := 0.0, 0.0
		for c := range spread.fields {
			a, b := 0.0, 0.0
			for t := range spread.rows() {
				a += spread.at(t, s+1, c) * spread.at(t, s+1, c)
				b += skill.at(t, s+1, c) * skill.at(t, s+1, c)
			}
			if a == 0 && b == 0 {
				continue
			}
			ratio := metric.SpreadSkillRatio(math.Sqrt(a), math.Sqrt(b), r.Members)
			squares += ratio * ratio
			fields++
		}
		out[s] = math.Sqrt(squares / fields)
	}
	return out
}

// ceiling is the top of a chart whose curves blow up: so many times the middle of their last finite values; NaN where none goes beyond.
func ceiling(c chart, times float64) float64 {
	var all []float64
	for _, l := range c.Lines {
		for _, v := range l.Y {
			if v-v == 0 && v > 0 {
				all = append(all, v)
			}
		}
	}
	if len(all) == 0 {
		return math.NaN()
	}
	slices.Sort(all)
	if limit := times * all[len(all)/2]; all[len(all)-1] > limit {
		return limit
	}
	return math.NaN()
}

// fanChart is what the members of the first trajectory say at the point in the middle, beside the truth.
func (e *Evaluation) fanChart(i int, r Result) chart {
	fan := r.tally.ensemble.fan
	x, y := []float64{0}, []float64{float64(e.truthFan[0])}
	truth := []float64{float64(e.truthFan[0])}
	bands := [2]curve{{Style: e.styleOf(i)}, {Style: e.styleOf(i)}}
	for k := range bands {
		bands[k].Lo, bands[k].Hi = []float64{y[0]}, []float64{y[0]}
	}
	sorted := make([]float64, r.Members)
	for s, members := range fan {
		for j, v := range members {
			sorted[j] = float64(v)
		}
		slices.Sort(sorted)
		x, y, truth = append(x, e.time(s+1)), append(y, quantile(sorted, 0.5)), append(truth, float64(e.truthFan[s+1]))
		for k, tail := range []float64{0.05, 0.25} {
			bands[k].Lo, bands[k].Hi = append(bands[k].Lo, quantile(sorted, tail)), append(bands[k].Hi, quantile(sorted, 1-tail))
		}
	}
	c := chart{
		Name: "fan_" + r.Name, Title: fmt.Sprintf("%s in the middle, first trajectory", e.Spec.Fields[0].Name), X: "time", Y: e.Spec.Fields[0].Name, YMin: math.NaN(), YMax: math.NaN(),
	}
	bands[1].Name = fmt.Sprintf("%s: median, half and nine tenths of %d members", r.Name, r.Members)
	for _, b := range bands {
		b.X, b.Y = x, y
		c.Lines = append(c.Lines, b)
	}
	c.Lines = append(c.Lines, curve{Name: "truth", X: x, Y: truth, Style: inkStyle})
	return c
}

// quantile of sorted values, by linear interpolation; NaN where one of them is.
func quantile(v []float64, q float64) float64 {
	if v[0] != v[0] { // NaNs sort first
		return math.NaN()
	}
	p := q * float64(len(v)-1)
	i := int(p)
	if i+1 == len(v) {
		return v[i]
	}
	return v[i] + (p-float64(i))*(v[i+1]-v[i])
}

// rankChart holds the rank histograms of the first field at several steps, each bin's share times the number of bins, so that 1 is flat.
func (e *Evaluation) rankChart(r Result) chart {
	c := chart{
		Name: "ranks_" + r.Name, Title: "Ranks of the truth, " + e.Spec.Fields[0].Name, X: "members below the truth", Y: "share × bins", YMin: 0, YMax: math.NaN(), Rules: []rule{{1, "flat"}},
	}
	for k := range e.spectrumSteps {
		h := r.tally.ensemble.ranks[k][0].mean()
		if h == nil {
			continue
		}
		var x, y []float64
		for rank, v := range h { // as steps
			x, y = append(x, float64(rank)-0.5, float64(rank)+0.5), append(y, v*float64(len(h)), v*float64(len(h)))
		}
		c.Lines = append(c.Lines, curve{Name: "after " + count(e.spectrumSteps[k], "step"), X: x, Y: y, Style: modelStyle(k)})
	}
	return c
}
