package report

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
)

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
	return []template.HTML{e.rolloutWords(), second + e.ensembleWords()}
}

// ensembleWords tells whether the first model's members know how wrong they are.
func (e *Evaluation) ensembleWords() template.HTML {
	m := e.Models[0]
	if m.Members == 1 {
		return ""
	}
	at := max(1, m.Crossings()[0].Steps)
	ratio := m.reliability()[at-1]
	verdict := "about as wide as it is wrong"
	switch {
	case ratio-ratio != 0:
		return ""
	case ratio < 0.8:
		verdict = "too sure of itself"
	case ratio > 1.25:
		verdict = "less sure than it could be"
	}
	return text(" After %s its ensemble of %d is %s: the members spread %s times as far as their mean is off.", count(at, "step"), m.Members, verdict, short(ratio))
}

// oneStepWords tells the error of steps from the truth.
func (e *Evaluation) oneStepWords() template.HTML {
	m := e.Models[0]
	if v := m.OneStepNRMSE; v-v != 0 {
		return text("Steps of %s from the truth are not all finite.", m.Name)
	}
	who := text("it")
	if e.Steps == 1 {
		who = join("<strong>", text("%s", m.Name), "</strong>")
	}
	out := join("One step from the truth ", who, text(" is wrong by %s the size of the fields (nRMSE)", share(m.OneStepNRMSE)))
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
		first = join("<strong>", text("%s stays above a correlation of 0.8 with the truth to the end", m.Name), "</strong>",
			text(" of the rollouts, %s (time %s); how much longer it would, this evaluation cannot tell.", count(c.Steps, "step"), short(e.time(c.Steps))))
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

func (e *Evaluation) tiles() []tile {
	m := e.Models[0]
	c := m.Crossings()[0]
	var out []tile
	if e.Steps > 1 {
		out = append(out, tile{text("%s", stepsText(c)), text("steps with correlation ≥ 0.8, mean of %s", plural(e.Trajectories, "trajectory", "trajectories"))})
	}
	if p := e.byName("persistence"); p != nil && e.Steps > 1 {
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
