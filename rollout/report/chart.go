package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// chart is a plot of curves, drawn as SVG whose colours follow the page (light or dark). Values that are not finite, or not positive on a logarithmic axis, are
// gaps.
type chart struct {
	Name       string // of its file; empty for a chart that has none
	Title      string
	X, Y       string // labels of the axes, with units
	LogX, LogY bool
	// Bounds of y; NaN (or both zero) for the data's own.
	YMin, YMax float64
	Lines      []curve
	Rules      []rule // horizontal lines at values to compare with
	Small      bool   // for three in a row instead of two
}

// curve is one line of a chart.
type curve struct {
	Name   string
	X, Y   []float64
	Lo, Hi []float64 // band round the line; nil for none
	Style  style
	Dots   bool // marks at the points
}

// rule is a labelled horizontal line.
type rule struct {
	Y     float64
	Label string
}

// style is one of the line styles of the page: class names of its style sheet.
type style string

// inkStyle is the colour of text, for the truth; modelStyle and baselineStyle number the others.
const inkStyle style = "ink"

func modelStyle(i int) style    { return style(fmt.Sprintf("s%d", i%6)) }
func baselineStyle(i int) style { return style(fmt.Sprintf("b%d", i%4)) }

// maxCurvePoints is how many points of a curve are drawn: more than there are pixels would only make the page large.
const maxCurvePoints = 600

// Size of a chart in user units, and its margins.
const (
	chartWidth, chartHeight   = 560, 330
	smallWidth, smallHeight   = 360, 260
	marginLeft, marginRight   = 62, 14
	marginTop, marginBottom   = 30, 48
	smallLeft, smallBottom    = 50, 42
	tickLength, tickTextAbove = 4, 4
)

// named are the curves that have a name, as a legend lists them: the truth, models, baselines, in whatever order they are drawn.
func (c chart) named() []curve {
	var out []curve
	for _, l := range c.Lines {
		if l.Name != "" {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b curve) int {
		return cmp.Or(cmp.Compare(a.Style.order(), b.Style.order()), cmp.Compare(a.Style, b.Style))
	})
	return out
}

// order puts ink before models before baselines.
func (s style) order() int { return strings.IndexByte("isb", s[0]) }

// SVG draws the chart for a page, whose style sheet it uses.
func (c chart) SVG() template.HTML {
	w, h, class := chartWidth, chartHeight, "chart"
	if c.Small {
		w, h, class = smallWidth, smallHeight, "chart small"
	}
	return template.HTML(fmt.Sprintf(`<svg class="%s" viewBox="0 0 %d %d" role="img" aria-label="%s">%s</svg>`, //nolint:gosec // escaped
		class, w, h, template.HTMLEscapeString(c.Title), c.drawing()))
}

// drawing is what stands inside the svg element.
func (c chart) drawing() string {
	w, h, left, bottom := chartWidth, chartHeight, marginLeft, marginBottom
	if c.Small {
		w, h, left, bottom = smallWidth, smallHeight, smallLeft, smallBottom
	}
	x := axis{label: c.X, log: c.LogX, from: float64(left), to: float64(w - marginRight)}
	y := axis{label: c.Y, log: c.LogY, from: float64(h - bottom), to: marginTop}
	nan := math.NaN()
	var xs, ys [][]float64
	for _, l := range c.Lines {
		xs, ys = append(xs, l.X), append(ys, l.Y, l.Lo, l.Hi)
	}
	x.fitTight(xs...)
	if c.YMin == 0 && c.YMax == 0 {
		c.YMin, c.YMax = nan, nan
	}
	y.fit(c.YMin, c.YMax, ys...)

	var b strings.Builder
	frame(&b, c.Title, x, y)
	id := fmt.Sprintf("clip%dx%dx%d", w, h, left)
	fmt.Fprintf(&b, `<clipPath id="%s"><rect x="%g" y="%g" width="%g" height="%g"/></clipPath><g clip-path="url(#%s)">`,
		id, x.from, y.to, x.to-x.from, y.from-y.to, id)
	for _, r := range c.Rules {
		if py, ok := y.at(r.Y); ok {
			fmt.Fprintf(&b, `<path class="rule" d="M%.1f %.1fH%.1f"/>`, x.from, py, x.to)
		}
	}
	for _, l := range c.Lines {
		l.band(&b, x, y)
	}
	for _, l := range c.Lines {
		l.line(&b, x, y)
	}
	for _, r := range c.Rules {
		if py, ok := y.at(r.Y); ok && r.Label != "" {
			fmt.Fprintf(&b, `<text class="rule" x="%.1f" y="%.1f">%s</text>`, x.to-4, py-tickTextAbove, template.HTMLEscapeString(r.Label))
		}
	}
	b.WriteString(`</g>`)
	return b.String()
}

// fitTight takes the bounds of the data as they are.
func (a *axis) fitTight(values ...[]float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, vs := range values {
		for _, v := range vs {
			if v-v == 0 && (!a.log || v > 0) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	if lo < hi {
		a.lo, a.hi = lo, hi
		return
	}
	nan := math.NaN()
	a.fit(nan, nan, values...)
}

// frame draws title, grid, ticks and labels.
func frame(b *strings.Builder, title string, x, y axis) {
	fmt.Fprintf(b, `<text class="title" x="%g" y="18">%s</text>`, x.from, template.HTMLEscapeString(title))
	for _, v := range x.ticks() {
		px, _ := x.at(v)
		fmt.Fprintf(b, `<path class="grid" d="M%.1f %gV%g"/><text class="tick" x="%.1f" y="%g" text-anchor="middle">%s</text>`,
			px, y.from, y.to, px, y.from+17, x.format(v))
	}
	for _, v := range y.ticks() {
		py, _ := y.at(v)
		fmt.Fprintf(b, `<path class="grid" d="M%g %.1fH%g"/><text class="tick" x="%g" y="%.1f" text-anchor="end" dominant-baseline="middle">%s</text>`,
			x.from, py, x.to, x.from-6, py, y.format(v))
	}
	fmt.Fprintf(b, `<path class="axis" d="M%g %gV%gH%g"/>`, x.from, y.to, y.from, x.to)
	fmt.Fprintf(b, `<text class="label" x="%g" y="%g" text-anchor="middle">%s</text>`, (x.from+x.to)/2, y.from+36, template.HTMLEscapeString(x.label))
	fmt.Fprintf(b, `<text class="label" transform="translate(13 %g) rotate(-90)" text-anchor="middle">%s</text>`, (y.from+y.to)/2, template.HTMLEscapeString(y.label))
}

// thin is every how many points of n are drawn.
func thin(n int) int { return max(1, (n+maxCurvePoints-1)/maxCurvePoints) }

// line draws the curve; a gap starts a new piece.
func (l curve) line(b *strings.Builder, x, y axis) {
	var d, dots strings.Builder
	pen, k := false, thin(len(l.X))
	for i := range l.X {
		if i%k != 0 && i != len(l.X)-1 {
			continue
		}
		px, okX := x.at(l.X[i])
		py, okY := y.at(l.Y[i])
		if !okX || !okY {
			pen = false
			continue
		}
		if pen {
			fmt.Fprintf(&d, "L%.1f %.1f", px, py)
		} else {
			fmt.Fprintf(&d, "M%.1f %.1f", px, py)
		}
		pen = true
		if l.Dots {
			fmt.Fprintf(&dots, `<circle class="%s" cx="%.1f" cy="%.1f" r="3"/>`, l.Style, px, py)
		}
	}
	fmt.Fprintf(b, `<path class="line %s" d="%s"><title>%s</title></path>%s`, l.Style, d.String(), template.HTMLEscapeString(l.Name), dots.String())
}

// band fills the space between Lo and Hi, from where both begin to the first gap of either.
func (l curve) band(b *strings.Builder, x, y axis) {
	if l.Lo == nil {
		return
	}
	var there, back []string
	k := thin(len(l.X))
	for i := range l.X {
		if i%k != 0 && i != len(l.X)-1 {
			continue
		}
		px, okX := x.at(l.X[i])
		lo, okL := y.at(l.Lo[i])
		hi, okH := y.at(l.Hi[i])
		if !okX || !okL || !okH {
			if there == nil {
				continue
			}
			break
		}
		there = append(there, fmt.Sprintf("%.1f %.1f", px, hi))
		back = append(back, fmt.Sprintf("%.1f %.1f", px, lo))
	}
	if len(there) < 2 {
		return
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	fmt.Fprintf(b, `<path class="band %s" d="M%sL%sZ"/>`, l.Style, strings.Join(there, "L"), strings.Join(back, "L"))
}

// heatmap is a picture with axes: values [nx, ny] over a rectangle.
type heatmap struct {
	Title          string
	X, Y           string     // labels
	XRange, YRange [2]float64 // values at the edges of the picture
	Values         []float32  // [nx, ny]
	NX, NY         int
	Scale          scale
	Wide           bool // the whole width of the page, for space–time plots
}

// SVG draws the heat map. Its scale is stated by Scale.colourBar.
func (h heatmap) SVG() (template.HTML, error) {
	uri, err := dataURI(h.Scale.picture(h.Values, h.NX, h.NY))
	if err != nil {
		return "", err
	}
	w, height, left, class := smallWidth, smallHeight+40, smallLeft, "chart small"
	if h.Wide {
		w, height, left, class = 2*chartWidth, 220, marginLeft, "chart wide"
	}
	x := axis{label: h.X, lo: h.XRange[0], hi: h.XRange[1], from: float64(left), to: float64(w - marginRight)}
	y := axis{label: h.Y, lo: h.YRange[0], hi: h.YRange[1], from: float64(height - smallBottom), to: marginTop}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="%s" viewBox="0 0 %d %d" role="img" aria-label="%s">`, class, w, height, template.HTMLEscapeString(h.Title))
	frame(&b, h.Title, x, y)
	fmt.Fprintf(&b, `<image x="%g" y="%g" width="%g" height="%g" preserveAspectRatio="none" href="%s"/></svg>`, x.from, y.to, x.to-x.from, y.from-y.to, uri)
	return template.HTML(b.String()), nil //nolint:gosec // numbers of ours, escaped text and a data URI
}
