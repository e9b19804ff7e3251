package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"

	"github.com/eddy-pde/eddy/rollout/metric"
)

// unit wraps a unit in the style of units.
func unit(s string) template.HTML { return join(`<span class="unit">`, text("%s", s), "</span>") }

func (e *Evaluation) aboutComparison() template.HTML {
	return text("All contenders start from the same %s and roll out over %s of %s. Errors are relative (nRMSE), means over %s and %s; “–” stands for a value that is not finite.",
		plural(e.Trajectories, "state", "states"), count(e.Steps, "step"), short(e.Spec.Dt),
		plural(e.Trajectories, "trajectory", "trajectories"), plural(e.Spec.Channels(), "field", "fields"))
}

// stepsText is the number of steps of a crossing; "≥" where it is only a bound.
func stepsText(c Crossing) string {
	if c.Censored {
		return fmt.Sprintf("≥\u202f%d", c.Steps)
	}
	return strconv.Itoa(c.Steps)
}

// comparison is the table of models and baselines.
func (e *Evaluation) comparison() template.HTML {
	out := e.comparisonSheet().HTML()
	var notes []template.HTML
	for _, r := range e.all() {
		if r.Note != "" {
			notes = append(notes, join("<li><strong>", text("%s", r.Name), "</strong>: ", text("%s", r.Note), "</li>"))
		}
	}
	if notes != nil {
		out += join(`<ul class="notes" style="margin-top:14px">`, join(notes...), "</ul>")
	}
	return out
}

func (e *Evaluation) comparisonSheet() sheet {
	middle := max(1, e.Steps/4)
	s := sheet{
		Name: "comparison", Head: []heading{head("model")},
		Caption: fmt.Sprintf("Steps of %g until the correlation with the truth falls below a threshold, and nRMSE; means over %d trajectories.", e.Spec.Dt, e.Trajectories),
	}
	for _, th := range Thresholds {
		h := head("correlation", fmt.Sprintf("≥ %g", th))
		h.Page += "<br>" + unit("steps (time)")
		s.Head = append(s.Head, h)
	}
	s.Head = append(s.Head, head("nRMSE", "one step"))
	if e.Steps > 1 {
		s.Head = append(s.Head, head("nRMSE", fmt.Sprintf("step %d", middle)), head("nRMSE", fmt.Sprintf("step %d", e.Steps)))
	}
	s.Head = append(s.Head, heading{"time<br>a step", "seconds a step", false}, head("diverged"), heading{"trainable<br>parameters", "trainable parameters", false})
	for i, r := range e.all() {
		row := sheetRow{Cells: []cell{words(r.Name)}}
		if i >= len(e.Models) {
			row.Class = "baseline"
		}
		for _, c := range r.Crossings() {
			row.Cells = append(row.Cells, shown(float64(c.Steps), join(text("%s ", stepsText(c)), unit("("+short(e.time(c.Steps))+")"))))
		}
		row.Cells = append(row.Cells, number(r.OneStepNRMSE))
		if e.Steps > 1 {
			row.Cells = append(row.Cells, number(r.NRMSE[middle-1]), number(r.NRMSE[e.Steps-1]))
		}
		diverged := whole(len(r.Diverged))
		if n := len(r.Diverged); n > 0 {
			diverged.Page = text("%d of %d", n, e.Trajectories*r.Members)
		}
		parameters := words("–")
		if r.Parameters > 0 {
			parameters = shown(float64(r.Parameters), text("%s", thousands(r.Parameters)))
		}
		row.Cells = append(row.Cells, shown(r.SecondsPerStep, text("%s", duration(r.SecondsPerStep))), diverged, parameters)
		s.Rows = append(s.Rows, row)
	}
	return s
}

// aboutRankings says how to read the rankings.
func (e *Evaluation) aboutRankings() template.HTML {
	if e.Trajectories < 2 {
		return "One trajectory tells nothing of another: there are no intervals, and no ranks."
	}
	s := fmt.Sprintf("In brackets 95 %% confidence intervals, from a bootstrap over the %d trajectories. “Behind the best” is the difference trajectory by trajectory, which can tell contenders apart whose own "+
		"intervals overlap. A rank is one more than the number of contenders that are better beyond doubt, so that equal ranks say: these trajectories do not tell.", e.Trajectories)
	return text("%s", s)
}

// rankings are the comparisons of all contenders, one table a measure.
func (e *Evaluation) rankings() template.HTML {
	var items []template.HTML
	for _, r := range e.Rankings {
		verdict := template.HTML("")
		if !r.Decided && e.Trajectories > 1 {
			verdict = `<p class="about">No two contenders can be told apart by this measure.</p>`
		}
		items = append(items, join("<h3>", text("%s", r.Title), "</h3>", verdict, e.rankingSheet(r).HTML()))
	}
	return rowOf(2, items...)
}

func (e *Evaluation) rankingSheet(r Ranking) sheet {
	s := sheet{
		Name: "ranking_" + r.Measure, Caption: fmt.Sprintf("%s with 95 per cent confidence intervals from a bootstrap over %d trajectories.", r.Title, e.Trajectories),
		Head: []heading{
			head("model"),
			head("rank"), head("value"),
			{Text: "low", File: true},
			{Text: "high", File: true},
			head("behind the best"),
			{Text: "behind low", File: true},
			{Text: "behind high", File: true},
		},
	}
	baseline := map[string]bool{}
	for _, b := range e.Baselines {
		baseline[b.Name] = true
	}
	for _, c := range r.Standings {
		row := sheetRow{Cells: []cell{words(c.Name)}}
		if baseline[c.Name] {
			row.Class = "baseline"
		}
		rank := words("–")
		if c.Rank > 0 && e.Trajectories > 1 {
			rank = whole(c.Rank)
		}
		value := shown(c.Value.Value, interval(c.Value.Value, c.Value.Low, c.Value.High))
		if c.Censored {
			value.Page = "≥\u202f" + value.Page
		}
		behind := shown(c.Behind.Value, interval(c.Behind.Value, c.Behind.Low, c.Behind.High))
		if c.Behind.Value != c.Behind.Value {
			behind = words("–")
		}
		row.Cells = append(row.Cells, rank, value, hidden(c.Value.Low), hidden(c.Value.High), behind, hidden(c.Behind.Low), hidden(c.Behind.High))
		s.Rows = append(s.Rows, row)
	}
	return s
}

// styleOf is the line style of contender i of all().
func (e *Evaluation) styleOf(i int) style {
	if i < len(e.Models) {
		return modelStyle(i)
	}
	return baselineStyle(i - len(e.Models))
}

// legendOf names all contenders, and the truth if asked.
func (e *Evaluation) legendOf(first ...curve) template.HTML {
	lines := first
	for i, r := range e.all() {
		lines = append(lines, curve{Name: r.Name, Style: e.styleOf(i)})
	}
	return legend(lines)
}

func (e *Evaluation) aboutCurves() template.HTML {
	s := "Mean over trajectories and fields at each step of the rollouts. Dotted lines: correlations of 0.8, 0.9 and 0.95, and an error as large as the field."
	if e.Trajectories > 2 {
		s += fmt.Sprintf(" Bands: 95 %% confidence that the mean over all trajectories there could be lies within, from a bootstrap over the %d that there are.", e.Trajectories)
	}
	return text("%s", s)
}

// curves are correlation and error over time.
func (e *Evaluation) curves() template.HTML {
	c := e.curveCharts()
	return join(e.legendOf(), rowOf(2, c[0].SVG(), c[1].SVG()), e.perTrajectory())
}

// curveCharts are the mean correlation and the mean error at each step, with bands round the models' curves.
func (e *Evaluation) curveCharts() [2]chart {
	time := "time"
	if e.Spec.Dt == 1 || e.Spec.Dt == 0 {
		time = "steps"
	}
	correlation := chart{Name: "correlation", Title: "Correlation with the truth", X: time, Y: "Pearson correlation", YMin: 0, YMax: 1}
	for _, th := range Thresholds {
		correlation.Rules = append(correlation.Rules, rule{Y: th})
	}
	nrmse := chart{Name: "nrmse", Title: "Error", X: time, Y: "nRMSE", LogY: true, YMin: math.NaN(), YMax: math.NaN(), Rules: []rule{{1, ""}}}
	lowest := 0.0
	for i, r := range slices.Backward(e.all()) { // the first model is drawn last, on top
		x := make([]float64, e.Steps+1)
		c, n := []float64{math.NaN()}, []float64{math.NaN()} // the start is the truth and no forecast
		for s := range x {
			x[s] = e.time(s)
		}
		c, n = append(c, r.Correlation...), append(n, r.NRMSE...)
		cl, nl := curve{Name: r.Name, X: x, Y: c, Style: e.styleOf(i), Dots: e.Steps < 8}, curve{Name: r.Name, X: x, Y: n, Style: e.styleOf(i), Dots: e.Steps < 8}
		if i < len(e.Models) {
			cl.Lo, cl.Hi = e.fromStart(r.bands.correlation)
			nl.Lo, nl.Hi = e.fromStart(r.bands.nrmse)
		}
		for _, v := range c {
			if v < lowest {
				lowest = v
			}
		}
		correlation.Lines, nrmse.Lines = append(correlation.Lines, cl), append(nrmse.Lines, nl)
	}
	correlation.YMin = max(-1, math.Floor(lowest*5)/5)
	nrmse.YMax = e.errorCeiling()
	return [2]chart{correlation, nrmse}
}

// perTrajectory tells how much the length of a good forecast differs from one trajectory to another.
func (e *Evaluation) perTrajectory() template.HTML {
	if e.Trajectories < 3 || e.Steps < 2 {
		return ""
	}
	n := make([]int, e.Trajectories)
	atEnd := 0
	curve := make([]float64, e.Steps)
	of := curveOver(e.Models[0].tally.of("correlation").of, e.Models[0].Members)
	for t := range n {
		for s := range curve {
			curve[s] = of.mean([]int{t}, s+1)
		}
		var censored bool
		if n[t], censored = metric.StepsAbove(curve, Thresholds[0]); censored {
			atEnd++
		}
	}
	slices.Sort(n)
	out := text("Trajectory by trajectory, %s stays above %g for %d to %d steps, with a median of %d.", e.Models[0].Name, Thresholds[0], n[0], n[len(n)-1], n[len(n)/2])
	if atEnd > 0 {
		out += text(" %d of %d do to the end.", atEnd, len(n))
	}
	return join(`<p class="about">`, out, "</p>")
}

// errorCeiling keeps a rollout that blows up from pressing all others to the floor: errors beyond 100 times the field are cut off. NaN where there are none.
func (e *Evaluation) errorCeiling() float64 {
	for _, r := range e.all() {
		for _, v := range r.NRMSE {
			if v > 100 {
				return 100
			}
		}
	}
	return math.NaN()
}

// fromStart is a band at every step, from the start on, where there is none.
func (e *Evaluation) fromStart(b *band) (lo, hi []float64) {
	if lo, hi = b.at(e.Steps); lo == nil {
		return nil, nil
	}
	start := []float64{math.NaN()}
	return append(start, lo...), append(slices.Clone(start), hi...)
}
