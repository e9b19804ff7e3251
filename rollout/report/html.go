package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy/rollout/metric"
)

// HTML makes report.html: one document that needs nothing beside it.
func (e *Evaluation) HTML() ([]byte, error) {
	p := page{Kind: "Rollout evaluation", Title: e.title(), Lead: e.headline(), Tiles: e.tiles(), Footer: "Made by eddy. This page holds everything it shows and loads nothing."}
	p.Sections = append(p.Sections,
		section{"Comparison", e.aboutComparison(), e.comparison()},
		section{"How long the forecast stays good", e.aboutCurves(), e.curves()})
	pictures, animated, err := e.pictures()
	if err != nil {
		return nil, err
	}
	p.Sections = append(p.Sections, pictures...)
	p.player = animated
	p.Sections = append(p.Sections,
		section{"Spectra", e.aboutSpectra(), e.spectraCharts()},
		section{"Error per scale", e.aboutBands(), e.bandCharts()},
		section{"How to read the numbers", "", e.definitions()},
		section{"What was evaluated", "", e.record()})
	return p.HTML()
}

func (e *Evaluation) title() string {
	names := make([]string, len(e.Models))
	for i, m := range e.Models {
		names[i] = m.Name
	}
	s := strings.Join(names, ", ")
	if e.Data != "" {
		s += " on " + e.Data
	}
	return s
}

// count is a number of things in words: "1 step", "12 steps".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// byName finds a baseline.
func (e *Evaluation) byName(name string) *Result {
	for i := range e.Baselines {
		if e.Baselines[i].Name == name {
			return &e.Baselines[i]
		}
	}
	return nil
}

// rivals are those whom a reader must know beside the first model and persistence: the other models, and every baseline that forecasts anything.
func (e *Evaluation) rivals() []Result {
	out := slices.Clone(e.Models[1:])
	for _, b := range e.Baselines {
		if b.Name != "persistence" && b.Crossings()[0].Steps > 0 {
			out = append(out, b)
		}
	}
	return out
}

// headline is the answer in words.
func (e *Evaluation) headline() []template.HTML {
	m := e.Models[0]
	var second template.HTML
	if e.Steps > 1 {
		second = e.oneStepWords()
	}
	if v := m.SecondsPerStep; v > 0 {
		second += text(" A step of one trajectory takes %s with %s.", duration(v), count(e.Threads, "thread"))
	}
	if n := len(m.Diverged); n > 0 {
		at := m.Diverged[0].Step
		for _, d := range m.Diverged {
			at = min(at, d.Step)
		}
		second += join(text(" "), "<strong>", text("%d of %d rollouts diverged, the first at step %d", n, e.Trajectories, at), "</strong>",
			text(": values became infinite or NaN, and means end there."))
	}
	if e.Steps == 1 {
		return []template.HTML{e.oneStepWords() + second}
	}
	return []template.HTML{e.rolloutWords(), second}
}

// oneStepWords tells the error of steps from the truth.
func (e *Evaluation) oneStepWords() template.HTML {
	m := e.Models[0]
	if v := m.OneStepNRMSE; v-v != 0 {
		return text("Steps of %s from the truth are not all finite.", m.Name)
	}
	who, out := text("it"), template.HTML("")
	if e.Steps == 1 {
		who = join("<strong>", text("%s", m.Name), "</strong>")
	}
	out = join("One step from the truth ", who, text(" is wrong by %s the size of the fields (nRMSE)", share(m.OneStepNRMSE)))
	if p := e.byName("persistence"); p != nil && p.OneStepNRMSE > 0 {
		out += text(", persistence by %s it", share(p.OneStepNRMSE))
	}
	return out + "."
}

// rolloutWords tells how long the first model's forecast stays good, and those of its rivals.
func (e *Evaluation) rolloutWords() template.HTML {
	m := e.Models[0]
	c := m.Crossings()[0]
	var first template.HTML
	switch {
	case c.Censored:
		first = join("<strong>", text("%s stays above a correlation of 0.8 with the truth to the end of the data", m.Name), "</strong>",
			text(", %s (time %s); how much longer it would, these data cannot tell.", count(c.Steps, "step"), short(e.time(c.Steps))))
	case c.Steps == 0:
		first = join("<strong>", text("%s falls below a correlation of 0.8 with the truth in its first step", m.Name), "</strong>", ".")
	default:
		first = join("<strong>", text("%s stays above a correlation of 0.8 with the truth for %s", m.Name, count(c.Steps, "step")), "</strong>",
			text(" (time %s).", short(e.time(c.Steps))))
	}
	if p := e.byName("persistence"); p != nil {
		pc := p.Crossings()[0]
		switch {
		case pc.Steps > 0 && !pc.Censored:
			atLeast := ""
			if c.Censored {
				atLeast = "at least "
			}
			lasts := fmt.Sprintf("the model lasts %s%s times as long", atLeast, short(float64(c.Steps)/float64(pc.Steps)))
			if c.Steps == pc.Steps && !c.Censored {
				lasts = "as long as the model"
			}
			first += text(" Persistence, the forecast that nothing changes, keeps it for %s: %s.", count(pc.Steps, "step"), lasts)
		case pc.Censored:
			first += text(" So does persistence, the forecast that nothing changes: the step of these data is too short, or the rollout, to tell models apart by this measure.")
		default:
			first += text(" Persistence, the forecast that nothing changes, loses it in the first step.")
		}
	}
	for _, other := range e.rivals() {
		oc, atLeast := other.Crossings()[0], ""
		if oc.Censored {
			atLeast = "at least "
		}
		first += join(text(" "), "<strong>", text("%s", other.Name), "</strong>",
			text(" keeps it for %s%s, at %s a step.", atLeast, count(oc.Steps, "step"), duration(other.SecondsPerStep)))
	}
	return first
}

// share is a relative error in words that end before what it relates to.
func share(v float64) string {
	if v >= 10 {
		return short(v) + " times"
	}
	return short(100*v) + "\u202f% of"
}

func duration(s float64) string {
	switch {
	case s < 1e-3:
		return short(s*1e6) + "\u202fµs"
	case s < 1:
		return short(s*1e3) + "\u202fms"
	}
	return short(s) + "\u202fs"
}

// unit wraps a unit in the style of units.
func unit(s string) template.HTML { return join(`<span class="unit">`, text("%s", s), "</span>") }

func (e *Evaluation) tiles() []tile {
	m := e.Models[0]
	c := m.Crossings()[0]
	out := []tile{{text("%s", stepsText(c)), text("steps with correlation ≥ 0.8, mean of %s", plural(e.Trajectories, "trajectory", "trajectories"))}}
	if p := e.byName("persistence"); p != nil {
		if pc := p.Crossings()[0]; pc.Steps > 0 && !pc.Censored {
			out = append(out, tile{text("%s×", short(float64(c.Steps)/float64(pc.Steps))), text("as long as persistence (%s)", count(pc.Steps, "step"))})
		}
	}
	out = append(out, tile{text("%s", short(m.OneStepNRMSE)), "one-step nRMSE"})
	if m.SecondsPerStep > 0 {
		out = append(out, tile{text("%s", duration(m.SecondsPerStep)), text("per step and trajectory, %s, batch of %d", count(e.Threads, "thread"), e.Batch)})
	}
	if m.Parameters > 0 {
		out = append(out, tile{text("%s", thousands(m.Parameters)), "trainable parameters"})
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// thousands groups digits with thin spaces.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

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
		s += fmt.Sprintf(" The band holds the middle 80 %% of the trajectories of %s.", e.Models[0].Name)
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
	for i, r := range slices.Backward(e.all()) { // the first model is drawn last, on top
		x := make([]float64, e.Steps+1)
		c, n := []float64{math.NaN()}, []float64{math.NaN()} // the start is the truth and no forecast
		for s := range x {
			x[s] = e.time(s)
		}
		c, n = append(c, r.Correlation...), append(n, r.NRMSE...)
		cl, nl := curve{Name: r.Name, X: x, Y: c, Style: e.styleOf(i), Dots: e.Steps < 8}, curve{Name: r.Name, X: x, Y: n, Style: e.styleOf(i), Dots: e.Steps < 8}
		if i == 0 && e.Trajectories > 2 {
			cl.Lo, cl.Hi = e.spread(r.tally.correlationOf)
			nl.Lo, nl.Hi = e.spread(r.tally.nrmseOf)
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
	for t := range n {
		for s := range curve {
			curve[s] = fieldMean(e.Models[0].tally.correlationOf, t, s+1)
		}
		var censored bool
		if n[t], censored = metric.StepsAbove(curve, Thresholds[0]); censored {
			atEnd++
		}
	}
	slices.Sort(n)
	out := text("Trajectory by trajectory, %s stays above %g for %d to %d steps, with a median of %d.", e.Models[0].Name, Thresholds[0], n[0], n[len(n)-1], n[len(n)/2])
	if atEnd > 0 {
		out += text(" %d of %d reach the end of the data.", atEnd, len(n))
	}
	return join(`<p class="about">`, out, "</p>")
}

// fieldMean is the mean over the fields for which a metric is defined.
func fieldMean(s *series, trajectory, step int) float64 {
	sum, n := 0.0, 0
	for c := range s.fields {
		if x := s.at(trajectory, step, c); x == x {
			sum += x
			n++
		}
	}
	return sum / float64(n)
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

// spread is the 10 % and 90 % quantile over trajectories of the mean over fields, NaN at the start and then for each step.
func (e *Evaluation) spread(s *series) (lo, hi []float64) {
	lo, hi = []float64{math.NaN()}, []float64{math.NaN()}
	v := make([]float64, e.Trajectories)
	for step := 1; step <= e.Steps; step++ {
		for t := range v {
			v[t] = fieldMean(s, t, step)
		}
		slices.Sort(v)
		lo, hi = append(lo, quantile(v, 0.1)), append(hi, quantile(v, 0.9))
	}
	return lo, hi
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

func (e *Evaluation) aboutSpectra() template.HTML {
	s := "Mean square of the field per angular wavenumber, mean over trajectories. A model that smooths loses power on the right, one that makes noise gains it there."
	return text("%s", s)
}

// spectraCharts shows power per wavenumber at several times, and the error of the first model.
func (e *Evaluation) spectraCharts() template.HTML {
	var out template.HTML
	for c, f := range e.Spec.Fields {
		if c >= maxFilmFields {
			break
		}
		body := e.spectraOf(c, f.Name)
		if c == 0 {
			out += join(e.legendOf(curve{Name: "truth", Style: inkStyle}), body)
		} else {
			out += fold("The same for "+f.Name, body)
		}
	}
	return out
}

func (e *Evaluation) spectraOf(field int, name string) template.HTML {
	floor := e.spectrumFloor(field)
	last := e.lastShell(field, floor)
	k, ceiling := e.wavenumbers[1:last], e.spectrumCeiling(field, last)
	cut := func(v []float64) []float64 {
		out := make([]float64, len(k))
		for j := range out {
			out[j] = v[j+1] / float64(e.Trajectories)
		}
		return out
	}
	var charts []template.HTML
	for i, step := range e.spectrumSteps {
		truth := cut(e.truthSpectra[i][field])
		c := chart{
			Title: fmt.Sprintf("%s after %s", name, count(step, "step")), X: "wavenumber", Y: "power", LogX: true, LogY: true, Small: len(e.spectrumSteps) == 3,
			YMin: floor, YMax: ceiling,
		}
		for j, r := range slices.Backward(e.all()) {
			c.Lines = append(c.Lines, curve{Name: r.Name, X: k, Y: cut(r.tally.spectra[i][field]), Style: e.styleOf(j)})
		}
		c.Lines = append(c.Lines, curve{Name: "truth", X: k, Y: truth, Style: inkStyle})
		// The model goes over the truth, which is the wider line.
		n := len(c.Lines)
		c.Lines[n-1], c.Lines[n-2] = c.Lines[n-2], c.Lines[n-1]
		charts = append(charts, c.SVG())
	}
	ratio := chart{
		Title: "Error per wavenumber, " + e.Models[0].Name, X: "wavenumber", Y: "relative error", LogX: true, LogY: true, YMin: math.NaN(), YMax: math.NaN(),
		Rules: []rule{{1, "as large as the truth"}},
	}
	power := chart{
		Title: "Power over true power, " + e.Models[0].Name, X: "wavenumber", Y: "ratio", LogX: true, LogY: true, YMin: math.NaN(), YMax: math.NaN(),
		Rules: []rule{{1, "right"}},
	}
	var names []curve
	for i, step := range e.spectrumSteps {
		truth, errs, own := cut(e.truthSpectra[i][field]), cut(e.Models[0].tally.errorSpectra[i][field]), cut(e.Models[0].tally.spectra[i][field])
		rel, quotient := make([]float64, len(k)), make([]float64, len(k))
		whole := 0.0
		for _, v := range truth {
			whole += v
		}
		for j := range k {
			if truth[j] <= 1e-13*whole { // rounding of float32, not a signal
				rel[j], quotient[j] = math.NaN(), math.NaN()
				continue
			}
			rel[j], quotient[j] = math.Sqrt(errs[j]/truth[j]), own[j]/truth[j]
		}
		name := "after " + count(step, "step")
		ratio.Lines = append(ratio.Lines, curve{Name: name, X: k, Y: rel, Style: modelStyle(i)})
		power.Lines = append(power.Lines, curve{Name: name, X: k, Y: quotient, Style: modelStyle(i)})
		names = append(names, curve{Name: name, Style: modelStyle(i)})
	}
	limitRatio(&power)
	limitRatio(&ratio)
	n := 2
	if len(charts) == 3 {
		n = 3
	}
	return join(rowOf(n, charts...), "<h3>", text("Error of the spectrum"), "</h3>", legend(names), rowOf(2, power.SVG(), ratio.SVG()))
}

// spectrumCeiling cuts off the spectrum of a rollout that blows up, a thousand times above the truth; NaN where there is none.
func (e *Evaluation) spectrumCeiling(field, last int) float64 {
	truth, all := 0.0, 0.0
	for i := range e.truthSpectra {
		for j := 1; j < last; j++ {
			truth = max(truth, e.truthSpectra[i][field][j])
			for _, r := range e.all() {
				all = max(all, r.tally.spectra[i][field][j])
			}
		}
	}
	if limit := 1e3 * truth; all > limit {
		return limit / float64(e.Trajectories)
	}
	return math.NaN()
}

// lastShell is the end of the shells to draw: those that hold all directions, up to the last one in which the truth has power.
func (e *Evaluation) lastShell(field int, floor float64) int {
	whole := min(max(e.complete, 2), len(e.wavenumbers))
	for j := whole - 1; j > 1; j-- {
		for i := range e.truthSpectra {
			if e.truthSpectra[i][field][j]/float64(e.Trajectories) > floor {
				return j + 1
			}
		}
	}
	return whole
}

// limitRatio keeps ratios of the order of 1 readable where some are off by many orders.
func limitRatio(c *chart) {
	const least, greatest = 1e-5, 1e3
	for _, l := range c.Lines {
		for _, v := range l.Y {
			if v < least && v-v == 0 {
				c.YMin = least
			}
			if v > greatest {
				c.YMax = greatest
			}
		}
	}
}

// spectrumFloor is the power below which a spectrum is not drawn: a little under the least power of the truth that is not rounding of float32.
func (e *Evaluation) spectrumFloor(field int) float64 {
	least := math.Inf(1)
	for i := range e.truthSpectra {
		whole := 0.0
		for _, v := range e.truthSpectra[i][field] {
			whole += v
		}
		for _, v := range e.truthSpectra[i][field][1:min(max(e.complete, 2), len(e.wavenumbers))] {
			if v > 1e-12*whole {
				least = min(least, v)
			}
		}
	}
	if math.IsInf(least, 1) {
		return math.NaN()
	}
	return least / float64(e.Trajectories) / 10
}

func (e *Evaluation) aboutBands() template.HTML {
	var parts []string
	for _, b := range e.bands {
		switch {
		case b.From == 0:
			parts = append(parts, fmt.Sprintf("%s: fewer than %d waves along the longest axis", b.Name, b.To))
		case b.To == len(e.wavenumbers):
			parts = append(parts, fmt.Sprintf("%s: %d and more", b.Name, b.From))
		default:
			parts = append(parts, fmt.Sprintf("%s: %d to %d", b.Name, b.From, b.To-1))
		}
	}
	return text("The nRMSE of the large, middle and small scales by themselves (%s). 1 is what a forecast without that scale gets.", strings.Join(parts, "; "))
}

// bandCharts shows the error of each band over time.
func (e *Evaluation) bandCharts() template.HTML {
	var charts []template.HTML
	for b, band := range e.bands {
		c := chart{
			Title: strings.ToUpper(band.Name[:1]) + band.Name[1:] + " wavenumbers", X: "time", Y: "relative error", LogY: true, Small: true,
			YMin: math.NaN(), YMax: math.NaN(), Rules: []rule{{1, ""}},
		}
		for i, r := range slices.Backward(e.all()) {
			x := make([]float64, e.Steps)
			for s := range x {
				x[s] = e.time(s + 1)
			}
			c.Lines = append(c.Lines, curve{Name: r.Name, X: x, Y: r.bandError[b], Style: e.styleOf(i), Dots: e.Steps < 8})
		}
		limitRatio(&c)
		charts = append(charts, c.SVG())
	}
	return join(e.legendOf(), rowOf(3, charts...))
}

func (e *Evaluation) definitions() template.HTML {
	items := []template.HTML{
		text("nRMSE is √(mean of d²) / √(mean of y²) over space, for the difference d between forecast and truth y; then the mean over fields and trajectories. 1 is what a forecast of zero gets. For a single field it is the relative L² error of the FNO paper."),
		text("Correlation is Pearson's over space, per field and trajectory, then the mean. It forgives a wrong offset or scale."),
		text("Steps with correlation ≥ θ: how many steps from the start on the mean stays at or above θ. “≥” before the number: it never fell below, so the data are too short to say."),
		text("A forecast that becomes infinite or NaN makes the means end there, and counts as below every threshold from then on."),
		text("One step: from the truth at every frame of the data, not only at the start of the rollouts."),
		text("Time a step: wall time of the rollouts, divided by steps and trajectories, without reading data and computing errors."),
	}
	for _, n := range e.Notes {
		items = append(items, text("%s", n))
	}
	var out template.HTML
	for _, i := range items {
		out += join("<li>", i, "</li>\n")
	}
	return join(`<ul class="notes">`, out, "</ul>")
}

// record says what was evaluated on what, and how to do it again.
func (e *Evaluation) record() template.HTML {
	rows := []keyValue{}
	if e.Data != "" {
		rows = append(rows, keyValue{"Data", e.Data})
	}
	if e.Spec.Name != "" {
		rows = append(rows, keyValue{"Equation", e.Spec.Name})
	}
	rows = append(rows,
		keyValue{"Fields", strings.Join(e.Spec.FieldNames(), ", ")},
		keyValue{"Grid", e.Spec.Grid.String()},
		keyValue{"Time step", short(e.Spec.Dt)},
		keyValue{"Trajectories", e.Trajectories},
		keyValue{"Rollouts", fmt.Sprintf("%s from frame %d", count(e.Steps, "step"), e.Start)},
		keyValue{"Batch", e.Batch},
		keyValue{"Threads", e.Threads})
	for _, p := range e.Spec.Params {
		rows = append(rows, keyValue{"Parameter " + p.Name, "told to the model for every trajectory"})
	}
	out := keyValues(rows)
	if e.Command != "" {
		out += join("<h3>Command</h3>", preformatted(e.Command))
	}
	if e.Config != "" {
		out += join("<h3>Configuration</h3>", preformatted(strings.TrimSpace(e.Config)))
	}
	return out
}
