package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/eddy-pde/eddy/internal/atomicfile"
)

// colours are legible on light and dark pages.
var colours = []string{"#1f6fd6", "#d9541e", "#1f8f6b", "#8a5cd0", "#b8860b", "#7a7a7a"}

// line is one curve of a picture.
type line struct {
	name   string
	x, y   []float64
	points bool // marks instead of a line
}

// axes of a picture.
type axes struct {
	title, x, y string
	logY        bool
}

// draw writes a picture of curves, their names beside it.
func draw(path string, a axes, lines []line) error {
	const w, h, left, right, top, bottom = 760, 400, 64, 190, 34, 46
	ofY := func(v float64) float64 {
		if a.logY {
			return math.Log10(v)
		}
		return v
	}
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, c := range lines {
		for i := range c.x {
			for k, v := range []float64{c.x[i], ofY(c.y[i])} {
				lo[k], hi[k] = math.Min(lo[k], v), math.Max(hi[k], v)
			}
		}
	}
	if a.logY {
		lo[1], hi[1] = math.Floor(lo[1]), math.Ceil(hi[1])
	}
	px := func(v float64) float64 { return left + (v-lo[0])/(hi[0]-lo[0])*(w-left-right) }
	py := func(v float64) float64 { return h - bottom - (ofY(v)-lo[1])/(hi[1]-lo[1])*(h-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d"><style>text{font:12px system-ui,sans-serif;fill:#777}.t{font-weight:600}</style><text class="t" x="%d" y="18">%s</text>`, w, h, w, left, a.title)
	for _, v := range ticks(lo[0], hi[0]) {
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#8883"/><text x="%.1f" y="%d" text-anchor="middle">%.4g</text>`, px(v), top, h-bottom, px(v), h-bottom+17, v)
	}
	for _, v := range ticks(lo[1], hi[1]) {
		label, at := fmt.Sprintf("%.4g", v), v
		if a.logY {
			if v != math.Trunc(v) {
				continue
			}
			label, at = fmt.Sprintf("1e%g", v), math.Pow(10, v)
		}
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#8883"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`, left, py(at), w-right, left-8, py(at)+4, label)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text><text transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>`, (left+w-right)/2, h-8, a.x, (top+h-bottom)/2, a.y)
	for i, c := range lines {
		colour := colours[i%len(colours)]
		var d strings.Builder
		for k := range c.x {
			if c.points {
				fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s" fill-opacity="0.7"/>`, px(c.x[k]), py(c.y[k]), colour)
			} else {
				fmt.Fprintf(&d, "%c%.1f %.1f", "ML"[min(k, 1)], px(c.x[k]), py(c.y[k]))
			}
		}
		if !c.points {
			fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`, d.String(), colour)
		}
		fmt.Fprintf(&b, `<path d="M%d %dh16" stroke="%s" stroke-width="3"/><text x="%d" y="%d">%s</text>`, w-right+12, top+8+20*i, colour, w-right+34, top+12+20*i, c.name)
	}
	b.WriteString("</svg>\n")
	return atomicfile.Write(path, []byte(b.String()))
}

// ticks are round numbers between two.
func ticks(lo, hi float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10(hi-lo)))
	for _, f := range []float64{1, 0.5, 0.2} {
		if (hi-lo)/(step*f) >= 4 {
			step *= f
			break
		}
	}
	var all []float64
	for v := math.Ceil(lo/step) * step; v <= hi+1e-9*step; v += step {
		all = append(all, math.Round(v/step)*step+0) // + 0: no minus zero
	}
	return all
}

// pictures draws what the tables do not show.
func pictures(dir string, all map[string][]measured) error {
	for _, f := range []func(string, map[string][]measured) error{drawCorrelations, drawLevels, drawSpread, drawTimes} {
		if err := f(dir, all); err != nil {
			return err
		}
	}
	return nil
}

// drawCorrelations draws the mean correlation of the models that matter most.
func drawCorrelations(dir string, all map[string][]measured) error {
	var lines []line
	for _, name := range shown {
		if len(all[name]) == 0 {
			continue
		}
		l := line{name: name}
		n := len(all[name][0].Curves.Correlation[0])
		for k := range n {
			var sum float64
			for _, m := range all[name] {
				for _, c := range m.Curves.Correlation {
					sum += c[min(k, len(c)-1)] / float64(len(m.Curves.Correlation)*len(all[name]))
				}
			}
			l.x, l.y = append(l.x, float64(k+1)*meanStep), append(l.y, sum)
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 {
		return nil
	}
	return draw(filepath.Join(dir, "correlation.svg"), axes{title: "Correlation with the truth, mean over test trajectories and seeds", x: "time", y: "correlation"}, lines)
}

// drawLevels draws the spectra of one-step errors: of the baseline and of each level of the refiner.
func drawLevels(dir string, all map[string][]measured) error {
	mse, refined := all["mse-fast"], all[headline]
	if len(mse) == 0 || len(refined) == 0 {
		return nil
	}
	lines := []line{spectrumLine("truth", mse[0].Curves.Truth), spectrumLine("mse-fast", mse[0].Curves.Spectrum)}
	for k, s := range refined[0].Levels {
		name := "first prediction"
		if k > 0 {
			name = fmt.Sprintf("after refinement %d", k)
		}
		lines = append(lines, spectrumLine(name, s))
	}
	return draw(filepath.Join(dir, "spectra.svg"), axes{"Power of the one-step error per wavenumber, refiner in the released form", "wavenumber, waves per length", "power", true}, lines)
}

// spectrumLine leaves out the mean and the highest wavenumber, of which the data have nothing.
func spectrumLine(name string, power []float64) line {
	l := line{name: name}
	for j := 1; j < len(power)-1; j++ {
		l.x, l.y = append(l.x, float64(j)), append(l.y, power[j])
	}
	return l
}

// drawSpread draws how far samples spread at every wavenumber beside how wrong their mean is.
func drawSpread(dir string, all map[string][]measured) error {
	if len(all[headline]) == 0 {
		return nil
	}
	var lines []line
	for i, s := range all[headline][0].Samples {
		if i == 0 {
			lines = append(lines, spectrumLine("error of the mean", s.SpectrumSkill))
		}
		lines = append(lines, spectrumLine("spread, "+s.Plan, s.SpectrumSpread))
	}
	return draw(filepath.Join(dir, "spread.svg"), axes{"Variance of 16 samples of one step beside the error of their mean", "wavenumber, waves per length", "power", true}, lines)
}

// drawTimes draws predicted against true correlation times.
func drawTimes(dir string, all map[string][]measured) error {
	if len(all[headline]) == 0 || len(all[headline][0].Samples) == 0 {
		return nil
	}
	s := all[headline][0].Samples[0]
	l := line{name: "a test trajectory", points: true}
	for i := range s.Predicted {
		l.x, l.y = append(l.x, s.Predicted[i]*meanStep), append(l.y, s.True[i]*meanStep)
	}
	return draw(filepath.Join(dir, "times.svg"), axes{title: fmt.Sprintf("How long samples agree with each other and with the truth (rank correlation %.2f)", s.RankCorrelation), x: "time to correlation 0.8 between samples", y: "with the truth"}, []line{l})
}
