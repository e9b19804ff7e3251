package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy/internal/atomicfile"
)

// colours of the plots, legible on light and dark pages.
var colours = []string{"#1f6fd6", "#d9541e", "#1f8f6b", "#8a5cd0"}

const plotStyle = `<style>text{font:12px system-ui,sans-serif;fill:#777}.t{font-weight:600}</style>`

// curve is one line of a plot.
type curve struct {
	name string
	x, y []float64
}

// logLog draws curves on logarithmic axes.
func logLog(path, title, x, y string, curves []curve) error {
	const w, h, left, right, top, bottom = 640, 400, 70, 120, 34, 46
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, c := range curves {
		for i := range c.x {
			for k, v := range []float64{c.x[i], c.y[i]} {
				lo[k], hi[k] = math.Min(lo[k], math.Log10(v)), math.Max(hi[k], math.Log10(v))
			}
		}
	}
	for k := range lo {
		lo[k], hi[k] = math.Floor(lo[k]+0.02), math.Ceil(hi[k]-0.02)
		if hi[k] <= lo[k] {
			hi[k] = lo[k] + 1
		}
	}
	px := func(v float64) float64 { return left + (math.Log10(v)-lo[0])/(hi[0]-lo[0])*(w-left-right) }
	py := func(v float64) float64 { return h - bottom - (math.Log10(v)-lo[1])/(hi[1]-lo[1])*(h-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d">%s<text class="t" x="%d" y="18">%s</text>`, w, h, w, plotStyle, left, title)
	for e := lo[0]; e <= hi[0]; e++ {
		p := px(math.Pow(10, e))
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#8883"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`, p, top, h-bottom, p, h-bottom+17, power(e))
	}
	for e := lo[1]; e <= hi[1]; e++ {
		p := py(math.Pow(10, e))
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#8883"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`, left, p, w-right, left-8, p+4, power(e))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text><text transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>`, (left+w-right)/2, h-8, x, (top+h-bottom)/2, y)
	for i, c := range curves {
		var d strings.Builder
		for k := range c.x {
			fmt.Fprintf(&d, "%c%.1f %.1f", "ML"[min(k, 1)], px(c.x[k]), py(c.y[k]))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`, px(c.x[k]), py(c.y[k]), colours[i])
		}
		last := len(c.x) - 1
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%.1f" y="%.1f" style="fill:%s">%s</text>`, d.String(), colours[i], px(c.x[last])+9, py(c.y[last])+4, colours[i], c.name)
	}
	b.WriteString("</svg>\n")
	return atomicfile.Write(path, []byte(b.String()))
}

// power writes 10^e, or the number where it is short.
func power(e float64) string {
	if e >= -2 && e <= 3 {
		return fmt.Sprintf("%g", math.Pow(10, e))
	}
	s := ""
	for _, r := range strconv.Itoa(int(e)) {
		if r == '-' {
			s += "⁻"
		} else {
			s += string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0'])
		}
	}
	return "10" + s
}

// histograms draws the probability integral transform of every problem side by side, with the flat line of a calibrated posterior.
func histograms(path string, rs []calibrationResult) error {
	const cell, h, top, bottom, left = 230, 240, 48, 40, 46
	w := left + len(rs)*cell + 10
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d">%s`, w, h, w, plotStyle)
	const highest = 0.2
	py := func(v float64) float64 { return h - bottom - math.Min(v, highest)/highest*(h-top-bottom) }
	for _, v := range []float64{0, 0.05, 0.1, 0.15, 0.2} {
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" text-anchor="end">%g %%</text>`, left-6, py(v)+4, 100*v)
	}
	for i, r := range rs {
		x0 := float64(left + i*cell)
		total := 0
		for _, c := range r.PIT {
			total += c
		}
		fmt.Fprintf(&b, `<text class="t" x="%.1f" y="18">%s</text><text x="%.1f" y="36">95 %% intervals cover %.1f %%</text>`, x0+4, r.Task, x0+4, 100*r.Coverage)
		for k, c := range r.PIT {
			v := float64(c) / float64(total)
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="17" height="%.1f" fill="%s"/>`, x0+4+float64(k)*20, py(v), h-bottom-py(v), colours[0])
		}
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="%s" stroke-dasharray="5 4"/><path d="M%.1f %dH%.1f" stroke="#888"/>`, x0, py(0.1), x0+208, colours[1], x0, h-bottom, x0+208)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d">0</text><text x="%.1f" y="%d" text-anchor="middle">predicted probability of less</text><text x="%.1f" y="%d" text-anchor="end">1</text>`, x0, h-bottom+16, x0+104, h-bottom+30, x0+206, h-bottom+16)
	}
	b.WriteString("</svg>\n")
	return atomicfile.Write(path, []byte(b.String()))
}
