package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"io"
	"regexp"
	"strings"
	"unicode"
)

// charts are all curves of the page, each a figure with a file name.
func (e *Evaluation) charts() []chart {
	var out []chart
	if e.Steps > 1 {
		c := e.curveCharts()
		out = append(out, c[:]...)
		out = append(out, e.chartsOfBands()...)
	}
	for c, f := range e.Spec.Fields {
		if c < maxFilmFields {
			ratios := e.ratioCharts(c, f.Name)
			out = append(append(out, e.spectrumCharts(c, f.Name)...), ratios[:]...)
		}
	}
	if e.Steps > 1 && e.ensembles() {
		c := e.scoreCharts()
		out = append(out, c[:]...)
		for i, r := range e.all() {
			if r.Members > 1 {
				out = append(out, e.fanChart(i, r), e.rankChart(r))
			}
		}
	}
	if e.BreakEven != nil {
		out = append(out, e.breakEvenChart())
	}
	return out
}

// colours of the page on white, by the names that the style sheet gives them.
var colours = func() map[string]string {
	css, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		panic(err) // it is embedded
	}
	light, _, _ := strings.Cut(string(css), "}")
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--(\w+):(#\w+)`).FindAllStringSubmatch(light, -1) {
		out[m[1]] = m[2]
	}
	return out
}()

// dashes of the styles of baselines, as in the style sheet.
var dashes = map[style]string{"b0": "6 4", "b1": "2 4", "b2": "9 4 2 4", "b3": "4 3"}

// figureStyle is a style sheet that stands in a file of its own, without the variables that programs for papers do not know.
func figureStyle() string {
	var b strings.Builder
	fmt.Fprintf(&b, "text{font-family:Helvetica,Arial,sans-serif;font-size:12px;fill:%s}.title{font-size:13.5px;font-weight:600;fill:%s}.tick{font-size:11.4px}.rule{font-size:11px;text-anchor:end}", colours["soft"], colours["ink"])
	fmt.Fprintf(&b, ".grid{stroke:%s;fill:none}.axis{stroke:%s;fill:none}path.rule{stroke:%s;stroke-dasharray:2 4;fill:none}", colours["grid"], colours["faint"], colours["faint"])
	b.WriteString(".line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.band{stroke:none;opacity:.17}")
	for _, s := range []style{"ink", "s0", "s1", "s2", "s3", "s4", "s5", "b0", "b1", "b2", "b3"} {
		dash := ""
		if d, ok := dashes[s]; ok {
			dash = ";stroke-dasharray:" + d
		}
		fmt.Fprintf(&b, ".line.%s{stroke:%s%s}.band.%s,circle.%s{fill:%s}", s, colours[string(s)], dash, s, s, colours[string(s)])
	}
	return b.String()
}

// Layout of the legend under a figure.
const (
	legendLine  = 20
	legendGlyph = 6.3 // width of a letter, about
)

// file is the chart as a document of its own, on white, with a legend under it.
func (c chart) file() []byte {
	w, h := chartWidth, chartHeight
	if c.Small {
		w, h = smallWidth, smallHeight
	}
	var keys strings.Builder
	x, y := float64(marginLeft), h+legendLine/2
	for _, l := range c.named() {
		width := 34 + legendGlyph*float64(len([]rune(l.Name))) + 16
		if x > marginLeft && x+width > float64(w) {
			x, y = marginLeft, y+legendLine
		}
		fmt.Fprintf(&keys, `<path class="line %s" d="M%.1f %dh26"/><text x="%.1f" y="%d">%s</text>`, l.Style, x, y, x+34, y+4, template.HTMLEscapeString(l.Name))
		x += width
	}
	height := y + legendLine
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d"><style>%s</style><rect width="%d" height="%d" fill="#fff"/>%s%s</svg>`+"\n",
		w, height, w, height, figureStyle(), w, height, c.drawing(), keys.String())
	return b.Bytes()
}

// picture is a figure made of points.
type picture struct {
	name string
	img  image.Image
}

// stillsAsFiles are the pictures of the first trajectory: truth, forecasts and errors of every field, at the times of the page's stills or, of one-dimensional data, over
// space and time. They have a pixel for every point that the page keeps.
func (e *Evaluation) stillsAsFiles() []picture {
	f := e.film
	var out []picture
	for i, c := range f.fields {
		field := e.Spec.Fields[c].Name
		if f.dims == 1 {
			out = append(out, e.spaceTimeFiles(i, field)...)
			continue
		}
		frames := e.stillFrames()
		v := e.stillValues(i, frames, 1)
		add := func(label string, s scale, pictures [][]float32) error {
			for k, p := range pictures {
				out = append(out, picture{fmt.Sprintf("%s_%s_step%d", field, label, f.steps[frames[k]]), s.picture(p, f.shape[0], f.shape[1])})
			}
			return nil
		}
		_ = panels(e, v.values, v.errors, v.truths, v.predictions, v.errs, add) // add never fails
	}
	return out
}

func (e *Evaluation) spaceTimeFiles(i int, field string) []picture {
	v := e.spaceTimeValues(i)
	var out []picture
	add := func(label string, s scale, values []float32) error {
		out = append(out, picture{field + "_" + label, s.picture(values, len(e.film.steps), e.film.shape[0])})
		return nil
	}
	_ = panels(e, v.values, v.errors, v.truth, v.predictions, v.errs, add) // add never fails
	return out
}

// fileName is a name that is a file's everywhere: letters, digits, ._- and underscores for the rest.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, s)
}

// encode writes the picture as a PNG.
func (p picture) encode(w io.Writer) error { return png.Encode(w, p.img) }

// sheets are all tables of the page.
func (e *Evaluation) sheets() []sheet {
	out := []sheet{e.comparisonSheet(), e.metricsSheet()}
	for _, r := range e.Rankings {
		out = append(out, e.rankingSheet(r))
	}
	if s := e.validitySheet(); len(s.Rows) > 0 {
		out = append(out, s)
	}
	if e.BreakEven != nil {
		out = append(out, e.breakEvenSheet())
	}
	return out
}
