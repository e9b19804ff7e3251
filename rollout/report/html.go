package report

import (
	"fmt"
	"html/template"
	"strings"
)

// HTML makes report.html: one document that needs nothing beside it.
func (e *Evaluation) HTML() ([]byte, error) {
	p := page{Kind: "Rollout evaluation", Title: e.title(), Lead: e.headline(), Tiles: e.tiles(), Footer: "Made by eddy. This page holds everything it shows and loads nothing."}
	p.scripts = []string{"sort.js"}
	rollouts := e.Steps > 1 // a single step has no curves over time
	p.Sections = append(p.Sections, section{"Comparison", e.aboutComparison(), e.comparison()})
	if len(e.Rankings) > 0 {
		p.Sections = append(p.Sections, section{"Who is better", e.aboutRankings(), e.rankings()})
	}
	if e.BreakEven != nil {
		p.Sections = append(p.Sections, section{"When the surrogate pays", e.aboutBreakEven(), e.breakEven()})
	}
	if s := e.validity(); s != "" {
		p.Sections = append(p.Sections, section{"Where the training data end", e.aboutValidity(), s})
	}
	if rollouts {
		p.Sections = append(p.Sections, section{"How long the forecast stays good", e.aboutCurves(), e.curves()})
	}
	if rollouts && e.ensembles() {
		p.Sections = append(p.Sections, section{"Ensembles", e.aboutEnsembles(), e.ensembleCharts()})
	}
	pictures, animated, err := e.pictures()
	if err != nil {
		return nil, err
	}
	p.Sections = append(p.Sections, pictures...)
	if animated {
		p.scripts = append(p.scripts, "player.js")
	}
	p.Sections = append(p.Sections, section{"Spectra", e.aboutSpectra(), e.spectraCharts()})
	if rollouts {
		p.Sections = append(p.Sections, section{"Error per scale", e.aboutBands(), e.bandCharts()})
	}
	p.Sections = append(p.Sections,
		section{"Every metric", e.aboutMetrics(), e.everyMetric()},
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

func (e *Evaluation) definitions() template.HTML {
	items := []template.HTML{
		text("nRMSE is √(mean of d²) / √(mean of y²) over space, for the difference d between forecast and truth y; then the mean over fields and trajectories. 1 is what a forecast of zero gets. For a single field it is the relative L² error of the FNO paper."),
		text("Correlation is Pearson's over space, per field and trajectory, then the mean. It forgives a wrong offset or scale."),
		text("Steps with correlation ≥ θ: how many steps from the start on the mean stays at or above θ. “≥” before the number: it never fell below, so the rollouts are too short to say."),
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
