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
	middle := max(1, e.Steps/4)
	head := []template.HTML{""}
	for _, th := range Thresholds {
		head = append(head, join(text("correlation"), "<br>", text("≥ %g", th), "<br>", unit("steps (time)")))
	}
	head = append(head, "nRMSE<br>one step")
	if e.Steps > 1 {
		head = append(head, join("nRMSE<br>", text("step %d", middle)), join("nRMSE<br>", text("step %d", e.Steps)))
	}
	head = append(head, "time<br>a step", "diverged", "trainable<br>parameters")
	var rows []tableRow
	for i, r := range e.all() {
		row := tableRow{Cells: []template.HTML{text("%s", r.Name)}}
		if i >= len(e.Models) {
			row.Class = "baseline"
		}
		for _, c := range r.Crossings() {
			row.Cells = append(row.Cells, join(text("%s ", stepsText(c)), unit("("+short(e.time(c.Steps))+")")))
		}
		row.Cells = append(row.Cells, text("%s", short(r.OneStepNRMSE)))
		if e.Steps > 1 {
			row.Cells = append(row.Cells, text("%s", short(r.NRMSE[middle-1])), text("%s", short(r.NRMSE[e.Steps-1])))
		}
		parameters, diverged := text("–"), text("0")
		if r.Parameters > 0 {
			parameters = text("%s", thousands(r.Parameters))
		}
		if n := len(r.Diverged); n > 0 {
			diverged = text("%d of %d", n, e.Trajectories)
		}
		row.Cells = append(row.Cells, text("%s", duration(r.SecondsPerStep)), diverged, parameters)
		rows = append(rows, row)
	}
	out := table(head, rows)
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
	time := "time"
	if e.Spec.Dt == 1 || e.Spec.Dt == 0 {
		time = "steps"
	}
	correlation := chart{Title: "Correlation with the truth", X: time, Y: "Pearson correlation", YMin: 0, YMax: 1}
	for _, th := range Thresholds {
		correlation.Rules = append(correlation.Rules, rule{Y: th})
	}
	nrmse := chart{Title: "Error", X: time, Y: "nRMSE", LogY: true, YMin: math.NaN(), YMax: math.NaN(), Rules: []rule{{1, ""}}}
	lowest := 0.0
	boot := metric.NewBootstrap(e.Trajectories, metric.BootstrapOptions{Draws: curveDraws, Seed: e.Seed})
	for i, r := range slices.Backward(e.all()) { // the first model is drawn last, on top
		x := make([]float64, e.Steps+1)
		c, n := []float64{math.NaN()}, []float64{math.NaN()} // the start is the truth and no forecast
		for s := range x {
			x[s] = e.time(s)
		}
		c, n = append(c, r.Correlation...), append(n, r.NRMSE...)
		cl, nl := curve{Name: r.Name, X: x, Y: c, Style: e.styleOf(i), Dots: e.Steps < 8}, curve{Name: r.Name, X: x, Y: n, Style: e.styleOf(i), Dots: e.Steps < 8}
		if i < len(e.Models) {
			cl.Lo, cl.Hi = e.bandFromStart(boot, r.tally.of("correlation").of, r.Members)
			nl.Lo, nl.Hi = e.bandFromStart(boot, r.tally.of("nrmse").of, r.Members)
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
	return join(e.legendOf(), rowOf(2, correlation.SVG(), nrmse.SVG()), e.perTrajectory())
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

// bandFromStart is the band of a curve that begins at the start, where there is none.
func (e *Evaluation) bandFromStart(boot *metric.Bootstrap, s *series, members int) (lo, hi []float64) {
	lo, hi = e.bandOf(boot, s, members).at(e.Steps)
	if lo == nil {
		return nil, nil
	}
	start := []float64{math.NaN()}
	return append(start, lo...), append(slices.Clone(start), hi...)
}
