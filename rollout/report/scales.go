package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

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
	spectra := e.spectrumCharts(field, name)
	var charts []template.HTML
	for _, c := range spectra {
		charts = append(charts, c.SVG())
	}
	n := 2
	if len(charts) == 3 {
		n = 3
	}
	ratios := e.ratioCharts(field, name)
	return join(rowOf(n, charts...), "<h3>", text("Error of the spectrum"), "</h3>", legend(ratios[0].named()), rowOf(2, ratios[0].SVG(), ratios[1].SVG()))
}

// shells are the wavenumbers of the shells that charts of a field show, and a function that takes the mean powers in them from sums over trajectories.
func (e *Evaluation) shells(field int) (k []float64, cut func([]float64) []float64) {
	last := e.lastShell(field, e.spectrumFloor(field))
	k = e.wavenumbers[1:last]
	return k, func(v []float64) []float64 {
		out := make([]float64, len(k))
		for j := range out {
			out[j] = v[j+1] / float64(e.Trajectories)
		}
		return out
	}
}

// spectrumCharts are the power per wavenumber of everybody at several steps.
func (e *Evaluation) spectrumCharts(field int, name string) []chart {
	k, cut := e.shells(field)
	var charts []chart
	for i, step := range e.spectrumSteps {
		c := chart{
			Name: fmt.Sprintf("spectrum_%s_step%d", name, step), Title: fmt.Sprintf("%s after %s", name, count(step, "step")), X: "wavenumber", Y: "power", LogX: true, LogY: true,
			Small: len(e.spectrumSteps) == 3, YMin: e.spectrumFloor(field), YMax: e.spectrumCeiling(field, len(k)+1),
		}
		for j, r := range slices.Backward(e.all()) {
			c.Lines = append(c.Lines, curve{Name: r.Name, X: k, Y: cut(r.tally.spectra[i][field]), Style: e.styleOf(j)})
		}
		c.Lines = append(c.Lines, curve{Name: "truth", X: k, Y: cut(e.truthSpectra[i][field]), Style: inkStyle})
		// The model goes over the truth, which is the wider line.
		n := len(c.Lines)
		c.Lines[n-1], c.Lines[n-2] = c.Lines[n-2], c.Lines[n-1]
		charts = append(charts, c)
	}
	return charts
}

// ratioCharts are the power of the first model over the true one, and its error over the truth, per wavenumber.
func (e *Evaluation) ratioCharts(field int, name string) [2]chart {
	k, cut := e.shells(field)
	ratio := chart{
		Name: "spectrum_error_" + name, Title: "Error per wavenumber, " + e.Models[0].Name, X: "wavenumber", Y: "relative error", LogX: true, LogY: true, YMin: math.NaN(), YMax: math.NaN(),
		Rules: []rule{{1, "as large as the truth"}},
	}
	power := chart{
		Name: "spectrum_ratio_" + name, Title: "Power over true power, " + e.Models[0].Name, X: "wavenumber", Y: "ratio", LogX: true, LogY: true, YMin: math.NaN(), YMax: math.NaN(),
		Rules: []rule{{1, "right"}},
	}
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
	}
	limitRatio(&power)
	limitRatio(&ratio)
	return [2]chart{power, ratio}
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
	for _, c := range e.chartsOfBands() {
		charts = append(charts, c.SVG())
	}
	return join(e.legendOf(), rowOf(3, charts...))
}

func (e *Evaluation) chartsOfBands() []chart {
	var charts []chart
	for b, band := range e.bands {
		c := chart{
			Name: "band_error_" + band.Name, Title: strings.ToUpper(band.Name[:1]) + band.Name[1:] + " wavenumbers", X: "time", Y: "relative error", LogY: true, Small: true,
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
		charts = append(charts, c)
	}
	return charts
}
