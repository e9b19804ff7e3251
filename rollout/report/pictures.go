package report

import (
	"fmt"
	"html/template"
	"image"
	"image/color"
	"math"
	"strings"
)

// Budgets of pixels, so that a page stays under 10 MB even where nothing compresses: a pixel is at most one byte, and 4/3 of that as base64.
const (
	stillPixels = 3_000_000 // all stills of the page
	filmPixels  = 2_500_000 // the animation
)

// pictures are the sections that show fields. animated tells whether one of them holds an animation.
func (e *Evaluation) pictures() (sections []section, animated bool, err error) {
	if e.film.dims == 1 {
		s, err := e.spaceTime()
		return s, false, err
	}
	film, err := e.animation()
	if err != nil {
		return nil, false, err
	}
	stills, err := e.stills()
	if err != nil {
		return nil, false, err
	}
	if film != "" {
		sections = append(sections, section{"In motion", text("The first trajectory of the data, not a chosen one: %s. %s", e.Spec.Fields[0].Name, e.planeNote()), film})
	}
	return append(sections, section{"Truth, forecast and error", e.aboutStills(), stills}), film != "", nil
}

// planeNote says what part of a volume is shown, and whether pictures are coarser than the data.
func (e *Evaluation) planeNote() string {
	s := ""
	if e.film.middle >= 0 {
		s = fmt.Sprintf("Of the volume the middle plane in z is shown (index %d). ", e.film.middle)
	}
	for _, k := range e.film.factor {
		if k > 1 {
			s += "Pictures are averaged over blocks of points; errors are not. "
			break
		}
	}
	return strings.TrimSpace(s)
}

func (e *Evaluation) aboutStills() template.HTML {
	return text("The first trajectory of the data. Forecast and truth share one colour scale; the error, forecast minus truth, has its own. Values beyond a scale take its last colour, "+
		"values that are not finite are grey. %s", e.planeNote())
}

// stillFrames picks frames of the film: the start of the forecast, the way to where the first model's correlation falls to 0.8, and beyond, to the end.
func (e *Evaluation) stillFrames() []int {
	last := len(e.film.steps) - 1
	c := e.Models[0].Crossings()[0]
	targets := []float64{1, float64(e.Steps) / 4, float64(e.Steps) / 2, 3 * float64(e.Steps) / 4, float64(e.Steps)}
	if t := float64(c.Steps); !c.Censored && t > 3 && t < 0.8*float64(e.Steps) {
		targets = []float64{t / 3, 2 * t / 3, t, min(1.5*t, (t+float64(e.Steps))/2), float64(e.Steps)}
	}
	var out []int
	for _, target := range targets {
		best := 1
		for i := 1; i <= last; i++ {
			if math.Abs(float64(e.film.steps[i])-target) < math.Abs(float64(e.film.steps[best])-target) {
				best = i
			}
		}
		if len(out) == 0 || best > out[len(out)-1] {
			out = append(out, best)
		}
	}
	return out
}

type still struct {
	URI template.URL
	Alt string
}

type stillRow struct {
	Label    template.HTML
	Pictures []still
}

// stills shows truth, forecasts and errors at several times.
func (e *Evaluation) stills() (template.HTML, error) {
	frames := e.stillFrames()
	points := e.film.shape[0] * e.film.shape[1]
	models := min(len(e.Models), maxFilmModels)
	count := len(frames) * (1 + 2*models) * len(e.film.fields) * points
	factor := 1
	for count/(factor*factor) > stillPixels {
		factor++
	}
	var out template.HTML
	for i, c := range e.film.fields {
		body, err := e.stillsOf(i, frames, factor)
		if err != nil {
			return "", err
		}
		name := e.Spec.Fields[c].Name
		if i == 0 {
			if len(e.film.fields) > 1 {
				out += join("<h3>", text("%s", name), "</h3>")
			}
			out += body
		} else {
			out += fold("The same for "+name, body)
		}
	}
	return out, nil
}

// stillSet is what the stills of a field show, [frame] or [model][frame], and their scales.
type stillSet struct {
	truths            [][]float32
	predictions, errs [][][]float32
	values, errors    scale
}

// stillValues takes the frames of a field of the film, coarser by a factor.
func (e *Evaluation) stillValues(field int, frames []int, factor int) stillSet {
	f := e.film
	take := func(frame []float32) []float32 { return coarsen(f.field(frame, field), f.shape[0], f.shape[1], factor) }
	var v stillSet
	for _, i := range frames {
		v.truths = append(v.truths, take(f.truth[i]))
	}
	models := min(len(e.Models), maxFilmModels)
	v.values = valueScale(v.truths...)
	v.predictions, v.errs = make([][][]float32, models), make([][][]float32, models)
	var all [][]float32
	for m := range models {
		for k, i := range frames {
			p := take(e.Models[m].predictions[i])
			d := difference(p, v.truths[k])
			v.predictions[m], v.errs[m] = append(v.predictions[m], p), append(v.errs[m], d)
			all = append(all, d)
		}
	}
	v.errors = errorScale(v.values.hi-v.values.lo, all...)
	return v
}

func (e *Evaluation) stillsOf(field int, frames []int, factor int) (template.HTML, error) {
	f := e.film
	nx, ny := f.shape[0]/factor, f.shape[1]/factor
	v := e.stillValues(field, frames, factor)
	var times []template.HTML
	for _, i := range frames {
		s := f.steps[i]
		times = append(times, join("<b>", text("step %d", s), "</b><br>", text("time %s", short(e.time(s)))))
	}
	var rows []stillRow
	add := func(label string, s scale, pictures [][]float32) error {
		row := stillRow{Label: text("%s", label)}
		for k, v := range pictures {
			uri, err := dataURI(s.picture(v, nx, ny))
			if err != nil {
				return err
			}
			row.Pictures = append(row.Pictures, still{uri, fmt.Sprintf("%s at step %d", label, f.steps[frames[k]])})
		}
		rows = append(rows, row)
		return nil
	}
	if err := panels(e, v.values, v.errors, v.truths, v.predictions, v.errs, add); err != nil {
		return "", err
	}
	width := 210
	if len(frames) < 4 {
		width = 280
	}
	grid := execute("frames", map[string]any{"Times": times, "Rows": rows, "Width": width, "Aspect": e.aspect()})
	return join(grid, e.bars(field, v.values, v.errors)), nil
}

// bars states the two scales of a field.
func (e *Evaluation) bars(field int, values, errors scale) template.HTML {
	name := e.Spec.Fields[e.film.fields[field]].Name
	if u := e.Spec.Fields[e.film.fields[field]].Unit; u != "" {
		name += " in " + u
	}
	return join(`<div class="bars">`, values.colourBar(name), errors.colourBar("error of "+name), "</div>")
}

// ratio is the width of the domain over its height, or where the data do not tell, or it would not fit a page, that of the grid.
func (e *Evaluation) ratio() float64 {
	r := e.Spec.Grid.Axes[0].Length / e.Spec.Grid.Axes[1].Length
	if !(r > 0.2 && r < 5) {
		r = float64(e.film.shape[0]) / float64(e.film.shape[1])
	}
	return min(max(r, 0.2), 5)
}

// aspect is ratio as a CSS property.
func (e *Evaluation) aspect() template.CSS {
	return template.CSS(fmt.Sprintf("aspect-ratio:%.4g", e.ratio())) //nolint:gosec // a number
}

// sharedOffset is where the second palette of a shared one begins.
const sharedOffset = 128

// sharedPalette holds every other colour of two palettes, so that pictures of both fit into one with a byte a pixel.
func sharedPalette(a, b *palette) color.Palette {
	p := make(color.Palette, 256)
	for i := range sharedOffset {
		p[i], p[sharedOffset+i] = a[min(2*i, missing-1)], b[min(2*i, missing-1)]
	}
	p[missing] = missingColour
	return p
}

// paste copies a picture into a sheet of a shared palette.
func paste(sheet, img *image.Paletted, x0, y0, offset int) {
	b := img.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			i := int(img.Pix[y*img.Stride+x])
			if i != missing {
				i = offset + min(i/2, sharedOffset-2) // 255 is taken
			}
			sheet.Pix[(y0+y)*sheet.Stride+x0+x] = uint8(i)
		}
	}
}

// coarsen averages blocks of k×k points of values [nx, ny].
func coarsen(values []float32, nx, ny, k int) []float32 {
	if k == 1 {
		return values
	}
	out := make([]float32, 0, (nx/k)*(ny/k))
	for x := range nx / k {
		for y := range ny / k {
			out = append(out, blockMean(values, x*k, k, y*k, k, ny, 0, 1))
		}
	}
	return out
}

// animation is the first field of the first trajectory, truth beside forecast beside error, with a player.
func (e *Evaluation) animation() (template.HTML, error) {
	f := e.film
	n := len(f.steps)
	if n < 3 {
		return "", nil
	}
	factor := 1
	for n*3*(f.shape[0]/factor)*(f.shape[1]/factor) > filmPixels {
		factor++
	}
	nx, ny := f.shape[0]/factor, f.shape[1]/factor
	truths, predictions, errs := make([][]float32, n), make([][]float32, n), make([][]float32, n)
	for i := range n {
		truths[i] = coarsen(f.field(f.truth[i], 0), f.shape[0], f.shape[1], factor)
		predictions[i] = coarsen(f.field(e.Models[0].predictions[i], 0), f.shape[0], f.shape[1], factor)
		errs[i] = difference(predictions[i], truths[i])
	}
	values := valueScale(truths...)
	errors := errorScale(values.hi-values.lo, errs...)

	// One picture holds all frames, in columns so that neither side grows beyond what browsers decode.
	columns := max(1, int(math.Round(math.Sqrt(float64(n)*float64(ny)/float64(3*nx)))))
	sheet := image.NewPaletted(image.Rect(0, 0, columns*3*nx, (n+columns-1)/columns*ny), sharedPalette(values.colour, errors.colour))
	var labels []string
	for i := range n {
		x0, y0 := i%columns*3*nx, i/columns*ny
		paste(sheet, values.picture(truths[i], nx, ny), x0, y0, 0)
		paste(sheet, values.picture(predictions[i], nx, ny), x0+nx, y0, 0)
		paste(sheet, errors.picture(errs[i], nx, ny), x0+2*nx, y0, sharedOffset)
		labels = append(labels, fmt.Sprintf("step %d, time %s", f.steps[i], short(e.time(f.steps[i]))))
	}
	uri, err := dataURI(sheet)
	if err != nil {
		return "", err
	}
	height := 320
	width := int(float64(height) * e.ratio())
	player := execute("player", map[string]any{
		"Frames": n, "Last": n - 1, "Columns": columns, "PanelWidth": nx, "PanelHeight": ny, "Labels": strings.Join(labels, "|"),
		"Panels": []string{"truth", e.Models[0].Name, "error"}, "CanvasWidth": width, "CanvasHeight": height, "URI": uri,
	})
	return join(player, e.bars(0, values, errors)), nil
}

// spaceTime is the section of one-dimensional data: space upwards, time to the right.
func (e *Evaluation) spaceTime() ([]section, error) {
	var out template.HTML
	for i, c := range e.film.fields {
		body, err := e.spaceTimeOf(i)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			out += body
		} else {
			out += fold("The same for "+e.Spec.Fields[c].Name, body)
		}
	}
	return []section{{"Truth, forecast and error in space and time", e.aboutStills(), out}}, nil
}

// spaceTimeSet is what the pictures of a field over space and time show, [time, space] each, and their scales.
type spaceTimeSet struct {
	truth             []float32
	predictions, errs [][]float32
	values, errors    scale
}

func (e *Evaluation) spaceTimeValues(field int) spaceTimeSet {
	f := e.film
	rows := func(frames [][]float32) []float32 {
		out := make([]float32, 0, len(f.steps)*f.shape[0])
		for _, frame := range frames {
			out = append(out, f.field(frame, field)...)
		}
		return out
	}
	v := spaceTimeSet{truth: rows(f.truth)}
	v.values = valueScale(v.truth)
	for m := range min(len(e.Models), maxFilmModels) {
		v.predictions = append(v.predictions, rows(e.Models[m].predictions))
		v.errs = append(v.errs, difference(v.predictions[m], v.truth))
	}
	v.errors = errorScale(v.values.hi-v.values.lo, v.errs...)
	return v
}

func (e *Evaluation) spaceTimeOf(field int) (template.HTML, error) {
	n, nx := len(e.film.steps), e.film.shape[0]
	v := e.spaceTimeValues(field)
	a := e.Spec.Grid.Axes[0]
	var out template.HTML
	add := func(title string, s scale, values []float32) error {
		h := heatmap{
			Title: title, X: "time", Y: a.Name, Values: values, NX: n, NY: nx, Scale: s, Wide: true,
			XRange: [2]float64{0, e.time(e.Steps)}, YRange: [2]float64{a.Origin, a.Origin + a.Length},
		}
		svg, err := h.SVG()
		out += svg
		return err
	}
	if err := panels(e, v.values, v.errors, v.truth, v.predictions, v.errs, add); err != nil {
		return "", err
	}
	return join(`<div class="strip"><div class="long">`, out, "</div></div>", e.bars(field, v.values, v.errors)), nil
}

// panels calls add for the truth and then, model by model, for the forecast and its error, each with its label and scale.
func panels[T any](e *Evaluation, values, errors scale, truth T, forecasts, errs []T, add func(label string, s scale, v T) error) error {
	if err := add("truth", values, truth); err != nil {
		return err
	}
	for m := range forecasts {
		if err := add(e.Models[m].Name, values, forecasts[m]); err != nil {
			return err
		}
		if err := add("error of "+e.Models[m].Name, errors, errs[m]); err != nil {
			return err
		}
	}
	return nil
}

// difference is forecast minus truth.
func difference(forecast, truth []float32) []float32 {
	d := make([]float32, len(truth))
	for i := range d {
		d[i] = forecast[i] - truth[i]
	}
	return d
}
