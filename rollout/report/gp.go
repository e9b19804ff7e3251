package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/eddy-pde/eddy/gp"
	"github.com/eddy-pde/eddy/internal/atomicfile"
)

// WriteGP writes the report of a Gaussian-process solution: one HTML document that needs nothing beside it, with the solution, its error where the problem holds an exact one, the standard deviation, the spectrum, the residual, how the
// solver converged, and its notes. One axis is shown as curves, two as pictures, three as slices.
func WriteGP(path string, p *gp.Problem, q *gp.Posterior) error {
	g := &gpPage{p: p, q: q}
	b, err := g.html()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return atomicfile.Write(path, b)
}

// gpPage is the report of a solution while it is made.
type gpPage struct {
	p     *gp.Problem
	q     *gp.Posterior
	relL2 float64 // NaN where no exact solution is known
}

const axisNames = "xyz"

// untrustworthy is the estimated relative error from which the page warns.
const untrustworthy = 0.1

func (g *gpPage) html() ([]byte, error) {
	g.relL2 = math.NaN()
	if g.p.Exact != nil {
		var err error
		if g.relL2, err = g.q.RelL2(g.p.Exact, g.p.ReportGrid()); err != nil {
			return nil, fmt.Errorf("exact: %w", err)
		}
	}
	fields, err := g.fields()
	if err != nil {
		return nil, err
	}
	doc := page{Kind: "Gaussian-process solution", Title: equation(g.p), Lead: g.lead(), Tiles: g.tiles(), Sections: fields, Footer: "Made by eddy. This page holds everything it shows and loads nothing."}
	doc.Sections = append(doc.Sections, g.spectrum(), g.convergence())
	if len(g.q.Notes) > 0 {
		var items []template.HTML
		for _, n := range g.q.Notes {
			items = append(items, join("<li>", text("%s", n), "</li>"))
		}
		doc.Sections = append(doc.Sections, section{"Notes of the solver", "", join(`<ul class="notes">`, join(items...), "</ul>")})
	}
	doc.Sections = append(doc.Sections, section{"The problem", "", g.record()})
	return doc.HTML()
}

// equation writes the problem's equation: "∂²u/∂x² + ∂²u/∂y² + u·(u^2 − 1) = f".
func equation(p *gp.Problem) string {
	var parts []string
	for _, t := range p.Terms {
		x := string(axisNames[t.Axis])
		d := "u"
		switch t.Order {
		case 0:
		case 1:
			d = "∂u/∂" + x
		default:
			power := string([]rune("⁰¹²³⁴")[t.Order])
			d = "∂" + power + "u/∂" + x + power
		}
		switch c, ok := t.Coefficient.(gp.Constant); {
		case ok && c == 1:
		case ok && c == -1:
			d = "−" + d
		case ok:
			d = short(float64(c)) + "\u202f" + d
		default:
			d = "(" + formula(t.Coefficient, "c("+x+")") + ")\u202f" + d
		}
		parts = append(parts, d)
	}
	if p.Nonlinearity != nil {
		parts = append(parts, formula(p.Nonlinearity, "N(u)"))
	}
	right := "f"
	if p.Forcing == nil && p.Data == nil {
		right = "0"
	}
	return strings.ReplaceAll(strings.Join(parts, " + "), "+ −", "− ") + " = " + right
}

// formula is the text of a field if it has one.
func formula(v any, otherwise string) string {
	switch v := v.(type) {
	case gp.Constant:
		return short(float64(v))
	case fmt.Stringer:
		return v.String()
	}
	return otherwise
}

func (g *gpPage) lead() []template.HTML {
	var out template.HTML
	how := "The residual off the nodes and the misfit of the boundary data bound the error"
	if g.noisy() {
		how = "The posterior puts the error"
	}
	switch e := g.q.ErrorEstimate; {
	case !(e < untrustworthy):
		out = join("<strong>", text("This solution is not to be trusted: its estimated error is %s the size of the solution.", relativeTo(e)), "</strong> ")
		if g.noisy() {
			out += text("The data are too noisy, or too few, for more.")
		} else {
			out += text("More points may help: the equation is met at the nodes and not between them.")
		}
	default:
		out = join("<strong>", text("%s at %s the size of the solution", how, relativeTo(e)), "</strong>", text(" (root mean square), without use of an exact solution."))
	}
	if g.relL2 == g.relL2 {
		out += text(" Against the exact solution it is %s it.", relativeTo(g.relL2))
	}
	return []template.HTML{out}
}

// relativeTo is a relative error in words that end before what it relates to; percentages where they are not tiny.
func relativeTo(v float64) string {
	if v < 1e-4 {
		return short(v) + " of"
	}
	return share(v)
}

// noisy reports whether the forcing is data or carries noise.
func (g *gpPage) noisy() bool { return g.p.Data != nil || g.p.Noise != 0 }

func (g *gpPage) tiles() []tile {
	q := g.q
	var out []tile
	if g.relL2 == g.relL2 {
		out = append(out, tile{text("%s", short(g.relL2)), "relative L² error against the exact solution"})
	}
	out = append(out, tile{text("%s", short(q.ErrorEstimate)), "relative error, estimated by the solver"})
	if g.noisy() {
		what := "standard deviation of the noise on f, given"
		if g.p.Noise == gp.LearnNoise {
			what = "standard deviation of the noise on f, learned"
		}
		out = append(out, tile{text("%s", short(q.Noise)), text("%s", what)})
	} else {
		out = append(out, tile{text("%s", short(q.Residual)), "relative residual off the nodes"})
	}
	return append(out,
		tile{text("%s", duration(q.Seconds)), text("solver %s, %s", q.Solver, q.Plan)},
		tile{text("%s", thousands(q.Unknowns)), text("unknowns, %s points", product(q.Points))})
}

// product is such as 400 × 400.
func product(n []int) string {
	var s []string
	for _, v := range n {
		s = append(s, thousands(v))
	}
	return strings.Join(s, " × ")
}

// fields are the sections that show functions of the coordinates.
func (g *gpPage) fields() ([]section, error) {
	switch g.p.Dim() {
	case 1:
		return g.curves()
	case 2:
		return g.pictures()
	}
	return g.slices()
}

// values are mean, standard deviation, residual and, where known, error on a grid. The residual is nil where the forcing is known elsewhere only.
type gpValues struct{ mean, std, residual, err []float64 }

func (g *gpPage) on(grid [][]float64) (v gpValues, err error) {
	n := 1
	for _, x := range grid {
		n *= len(x)
	}
	v.mean, v.std = make([]float64, n), make([]float64, n)
	g.q.Mean(v.mean, grid, nil)
	if err := g.q.Std(v.std, grid); err != nil {
		return v, err
	}
	if g.p.Data == nil {
		v.residual = make([]float64, n)
		if err := g.q.ResidualOn(v.residual, grid); err != nil {
			return v, err
		}
	}
	if g.p.Exact != nil {
		v.err = make([]float64, n)
		if err := g.p.Exact.On(v.err, grid); err != nil {
			return v, fmt.Errorf("exact: %w", err)
		}
		for i, u := range v.mean {
			v.err[i] = u - v.err[i]
		}
	}
	return v, nil
}

// steps are n equal steps over an interval, ends included.
func steps(lo, hi float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = lo + (hi-lo)*float64(i)/float64(n-1)
	}
	return x
}

// wavelength estimates the dominant wavelength along an axis from the ratio of the solution to its derivative, on a grid of scattered lines.
func (g *gpPage) wavelength(axis int) float64 {
	grid := make([][]float64, g.p.Dim())
	n := 1
	for a, d := range g.p.Domain {
		count := []int{997, 47, 17}[g.p.Dim()-1]
		grid[a] = steps(d.Lo+0.003*d.Length(), d.Hi-0.007*d.Length(), count)
		n *= count
	}
	u, d := make([]float64, n), make([]float64, n)
	g.q.Mean(u, grid, nil)
	order := make([]int, g.p.Dim())
	order[axis] = 1
	g.q.Mean(d, grid, order)
	var uu, dd float64
	for i := range u {
		uu += u[i] * u[i]
		dd += d[i] * d[i]
	}
	if !(dd > 0) {
		return math.Inf(1)
	}
	return 2 * math.Pi * math.Sqrt(uu/dd)
}

// window is the middle part of an axis that holds about the given number of wavelengths, or all of it where there are hardly more.
func (g *gpPage) window(axis int, waves float64) (lo, hi float64, part bool) {
	d := g.p.Domain[axis]
	w := waves * g.wavelength(axis)
	if !(w < d.Length()/1.5) {
		return d.Lo, d.Hi, false
	}
	mid := (d.Lo + d.Hi) / 2
	return mid - w/2, mid + w/2, true
}

// curves are the sections of a problem on a line.
func (g *gpPage) curves() ([]section, error) {
	d := g.p.Domain[0]
	lo, hi, part := g.window(0, 8)
	fine := steps(lo, hi, 577)
	near, err := g.on([][]float64{fine})
	if err != nil {
		return nil, err
	}
	nan := math.NaN()
	zoom := chart{Title: "Solution", X: "x", Y: "u", YMin: nan, YMax: nan}
	lower, upper := make([]float64, len(fine)), make([]float64, len(fine))
	for i, s := range near.std {
		lower[i], upper[i] = near.mean[i]-1.96*s, near.mean[i]+1.96*s
	}
	names := []curve{{Name: "mean and 95 % interval", Style: modelStyle(0)}}
	if near.err != nil {
		exact := make([]float64, len(fine))
		for i, e := range near.err {
			exact[i] = near.mean[i] - e
		}
		zoom.Lines = append(zoom.Lines, curve{Name: "exact", X: fine, Y: exact, Style: inkStyle})
		names = append(names, curve{Name: "exact", Style: inkStyle})
	}
	zoom.Lines = append(zoom.Lines, curve{Name: "mean", X: fine, Y: near.mean, Lo: lower, Hi: upper, Style: modelStyle(0)})
	charts := []template.HTML{zoom.SVG()}
	about := "Mean of the posterior with its 95 % interval, which is narrower than the line where the data are exact."
	// all of the axis, on points that miss neither ends nor waves
	n := min(max(4*int(d.Length()/g.wavelength(0)), 600), 20000)
	all := steps(d.Lo, d.Hi, 4*n+1)
	whole, err := g.on([][]float64{all})
	if err != nil {
		return nil, err
	}
	if part {
		full := chart{Title: "Solution, all of the axis", X: "x", Y: "u", YMin: nan, YMax: nan, Lines: g.overview(all, whole.mean)}
		zoom.Title = "Solution, middle of the axis"
		charts = []template.HTML{full.SVG(), zoom.SVG()}
		if d.Length()/g.wavelength(0) > drawnWaves {
			about += " All of the axis has too many waves to draw: it is shown between the least and the greatest value of every wavelength."
		}
	}
	out := []section{{"Solution", text("%s", about), join(legend(names), rowOf(2, charts...))}}

	x, std := envelopeTop(all, whole.std, 580)
	spread := chart{Title: "Standard deviation", X: "x", Y: "σ of u", LogY: true, YMin: nan, YMax: nan, Lines: []curve{{Name: "standard deviation", X: x, Y: std, Style: modelStyle(0)}}}
	spreadNames := []curve{{Name: "standard deviation", Style: modelStyle(0)}}
	if whole.err != nil {
		_, e := envelopeTop(all, whole.err, 580)
		spread.Title = "Error and standard deviation"
		spread.Y = "u"
		spread.Lines = append(spread.Lines, curve{Name: "absolute error", X: x, Y: e, Style: modelStyle(1)})
		spreadNames = append(spreadNames, curve{Name: "absolute error", Style: modelStyle(1)})
	}
	body, err := g.residualCurve(all, whole.residual)
	if err != nil {
		return nil, err
	}
	return append(out, section{"Error and residual", g.aboutErrors(), join(legend(spreadNames), rowOf(2, spread.SVG(), body))}), nil
}

func (g *gpPage) aboutErrors() template.HTML {
	s := "The residual is L u + N(u) − f of the mean"
	if g.p.Data != nil {
		s += " at the points of the data: what the solver takes for noise."
	} else {
		s += ", also between the nodes."
	}
	if _, err := g.q.Evidence(); err != nil {
		s += " This solver, or this operator, has no diagonal evidence: the standard deviation is the error estimate, the same everywhere."
	}
	return text("%s", s)
}

func (g *gpPage) residualCurve(x, r []float64) (template.HTML, error) {
	if r == nil {
		x = g.p.Data.Grid[0]
		r = make([]float64, len(x))
		if err := g.q.ResidualOn(r, g.p.Data.Grid); err != nil {
			return "", err
		}
	}
	nan := math.NaN()
	rx, ry := envelopeTop(x, r, 580)
	return chart{Title: "Residual", X: "x", Y: "|L u + N(u) − f|", LogY: true, YMin: nan, YMax: nan, Lines: []curve{{Name: "residual", X: rx, Y: ry, Style: modelStyle(2)}}}.SVG(), nil
}

// drawnWaves is how many waves fit on a chart as a line.
const drawnWaves = 60

// overview draws all of an axis: as a line, or between the least and the greatest value of every wavelength where the line would be a smear.
func (g *gpPage) overview(x, y []float64) []curve {
	d := g.p.Domain[0]
	waves := d.Length() / g.wavelength(0)
	if waves <= drawnWaves {
		lx, ly := thinned(x, y, maxCurvePoints)
		return []curve{{Name: "mean", X: lx, Y: ly, Style: modelStyle(0)}}
	}
	var cx, lo, hi, gap []float64
	cells := int(min(waves, 290))
	for c := range cells {
		from, to := c*len(x)/cells, (c+1)*len(x)/cells
		cx, lo, hi, gap = append(cx, (x[from]+x[to-1])/2), append(lo, slices.Min(y[from:to])), append(hi, slices.Max(y[from:to])), append(gap, math.NaN())
	}
	return []curve{
		{Name: "range of the mean", X: cx, Y: gap, Lo: lo, Hi: hi, Style: modelStyle(0)}, {Name: "greatest", X: cx, Y: hi, Style: modelStyle(0)}, {Name: "least", X: cx, Y: lo, Style: modelStyle(0)},
	}
}

// thinned takes about n of the points of a curve.
func thinned(x, y []float64, n int) (tx, ty []float64) {
	step := max(1, len(x)/n)
	for i := 0; i < len(x); i += step {
		tx, ty = append(tx, x[i]), append(ty, y[i])
	}
	return tx, ty
}

// envelopeTop thins a curve to the greatest modulus of every cell.
func envelopeTop(x, y []float64, cells int) (ex, ey []float64) {
	for c := range cells {
		lo, hi := c*len(x)/cells, (c+1)*len(x)/cells
		if lo == hi {
			continue
		}
		top := math.NaN()
		for _, v := range y[lo:hi] {
			if a := math.Abs(v); !(a <= top) {
				top = a
			}
		}
		ex, ey = append(ex, x[lo]), append(ey, top)
	}
	return ex, ey
}

// plane is a rectangle in the domain: two axes that vary and, in three dimensions, one that is held.
type plane struct {
	title        string
	axes         [2]int
	lo, hi       [2]float64
	fixed        int // −1 for none
	at           float64
	across, upto int // points
}

// grid of the plane's pixels (their centres) and whether its values come with the axes in order.
func (s plane) grid(dim int) [][]float64 {
	g := make([][]float64, dim)
	for k, a := range s.axes {
		n := []int{s.across, s.upto}[k]
		g[a] = make([]float64, n)
		for i := range n {
			g[a][i] = s.lo[k] + (s.hi[k]-s.lo[k])*(float64(i)+0.5)/float64(n)
		}
	}
	if s.fixed >= 0 {
		g[s.fixed] = []float64{s.at}
	}
	return g
}

// pictures are the sections of a problem in the plane.
func (g *gpPage) pictures() ([]section, error) {
	whole := plane{title: "all of the domain", axes: [2]int{0, 1}, fixed: -1, across: 290, upto: 290}
	zoom := plane{title: "middle of the domain", axes: [2]int{0, 1}, fixed: -1, across: 160, upto: 160}
	part := false
	for a, d := range g.p.Domain {
		whole.lo[a], whole.hi[a] = d.Lo, d.Hi
		var p bool
		zoom.lo[a], zoom.hi[a], p = g.window(a, 8)
		part = part || p
	}
	about := "Mean of the posterior and its standard deviation."
	planes := []plane{whole}
	if part {
		planes = append(planes, zoom)
		about += " Waves shorter than a few pixels leave a pattern of their own in a picture of all of the domain; the middle, a few wavelengths wide, shows them as they are."
	}
	return g.planes(about, planes)
}

// slices are the sections of a problem in space: the three planes through the point where the solution is largest on a coarse grid (a middle plane may be one where it vanishes).
func (g *gpPage) slices() ([]section, error) {
	grid := make([][]float64, 3)
	n := 1
	for a, d := range g.p.Domain {
		grid[a] = steps(d.Lo+0.02*d.Length(), d.Hi-0.03*d.Length(), 41)
		n *= 41
	}
	u := make([]float64, n)
	g.q.Mean(u, grid, nil)
	top := 0
	for i, v := range u {
		if math.Abs(v) > math.Abs(u[top]) {
			top = i
		}
	}
	at := [3]float64{grid[0][top/(41*41)], grid[1][top/41%41], grid[2][top%41]}
	var planes []plane
	for fixed := 2; fixed >= 0; fixed-- {
		s := plane{title: fmt.Sprintf("%c = %s", axisNames[fixed], short(at[fixed])), fixed: fixed, at: at[fixed], across: 200, upto: 200}
		k := 0
		for a, d := range g.p.Domain {
			if a != fixed {
				s.axes[k], s.lo[k], s.hi[k] = a, d.Lo, d.Hi
				k++
			}
		}
		planes = append(planes, s)
	}
	return g.planes("Three planes through the point where the solution is largest.", planes)
}

// planes draws every quantity on every plane, each quantity on one scale.
func (g *gpPage) planes(about string, planes []plane) ([]section, error) {
	var mean, std, residual, errs [][]float32
	for _, s := range planes {
		v, err := g.on(s.grid(g.p.Dim()))
		if err != nil {
			return nil, err
		}
		mean, std = append(mean, narrow(v.mean, 1)), append(std, narrow(v.std, 1))
		if v.residual != nil {
			residual = append(residual, narrow(v.residual, 1))
		}
		if v.err != nil {
			errs = append(errs, narrow(v.err, 1))
		}
	}
	draw := func(what string, values [][]float32, sc scale, on []plane) (quantity, error) {
		q := quantity{bar: join(`<div class="bars">`, sc.colourBar(what), "</div>")}
		for i, s := range on {
			h := heatmap{
				Title: what + ", " + s.title, X: string(axisNames[s.axes[0]]), Y: string(axisNames[s.axes[1]]), XRange: [2]float64{s.lo[0], s.hi[0]}, YRange: [2]float64{s.lo[1], s.hi[1]},
				Values: values[i], NX: s.across, NY: s.upto, Scale: sc,
			}
			svg, err := h.SVG()
			if err != nil {
				return q, err
			}
			q.maps = append(q.maps, svg)
		}
		return q, nil
	}
	solution, err := draw("solution", mean, valueScale(mean...), planes)
	if err != nil {
		return nil, err
	}
	spread, err := draw("standard deviation", std, valueScale(std...), planes)
	if err != nil {
		return nil, err
	}
	var second []quantity
	if errs != nil {
		e, err := draw("error", errs, errorScale(0, errs...), planes)
		if err != nil {
			return nil, err
		}
		second = append(second, e)
	}
	on := planes
	if residual == nil {
		s, values, err := g.dataPlane()
		if err != nil {
			return nil, err
		}
		on, residual = []plane{s}, [][]float32{values}
	}
	r, err := draw("residual", residual, errorScale(usual(residual), residual...), on)
	if err != nil {
		return nil, err
	}
	return []section{
		{"Solution", text("%s", about), layOut(solution, spread)},
		{"Error and residual", g.aboutErrors(), layOut(append(second, r)...)},
	}, nil
}

// quantity is a function drawn on some planes with the bar of its scale.
type quantity struct {
	maps []template.HTML
	bar  template.HTML
}

// layOut gives every quantity a row of its own, or puts them side by side where each has one picture.
func layOut(qs ...quantity) template.HTML {
	single := true
	for _, q := range qs {
		single = single && len(q.maps) == 1
	}
	var out template.HTML
	if single {
		var items []template.HTML
		for _, q := range qs {
			items = append(items, q.maps[0]+q.bar)
		}
		return rowOf(2, items...)
	}
	for _, q := range qs {
		out += rowOf(min(max(len(q.maps), 2), 3), q.maps...) + q.bar
	}
	return out
}

// usual is thrice the modulus that 99 % of the values stay below: a scale that a few points at a boundary do not stretch.
func usual(values [][]float32) float64 {
	var all []float64
	for _, v := range values {
		for _, x := range v {
			if x-x == 0 {
				all = append(all, math.Abs(float64(x)))
			}
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return 3 * all[len(all)*99/100]
}

// dataPlane is the residual at the points of the data (in three dimensions on their middle plane in z); missing values are grey.
func (g *gpPage) dataPlane() (plane, []float32, error) {
	grid := g.p.Data.Grid
	n := 1
	for _, x := range grid {
		n *= len(x)
	}
	r := make([]float64, n)
	if err := g.q.ResidualOn(r, grid); err != nil {
		return plane{}, nil, err
	}
	s := plane{title: "at the data", axes: [2]int{0, 1}, fixed: -1, across: len(grid[0]), upto: len(grid[1])}
	for k := range 2 {
		s.lo[k], s.hi[k] = grid[k][0], grid[k][len(grid[k])-1]
	}
	stride := 1
	if len(grid) == 3 {
		stride = len(grid[2])
		s.title = fmt.Sprintf("z = %s", short(grid[2][stride/2]))
		r = r[stride/2:]
	}
	return s, narrow(r, stride), nil
}

// narrow takes every stride-th value as float32.
func narrow(v []float64, stride int) []float32 {
	out := make([]float32, 0, len(v)/stride)
	for i := 0; i < len(v); i += stride {
		out = append(out, float32(v[i]))
	}
	return out
}

// spectrum shows what the solver has learned about frequencies.
func (g *gpPage) spectrum() section {
	const title = "Spectrum"
	if kernels, err := g.q.Kernels(); err == nil {
		var lines []spectralLine
		for a, k := range kernels {
			top := slices.Max(k.LogW)
			for i, w := range k.LogW {
				lines = append(lines, spectralLine{
					weight: math.Exp(w), frequency: []float64{2 * math.Pi * math.Abs(k.Mu[i])}, width: []float64{math.Exp(k.LogL[i])}, axis: string(axisNames[a]), pruned: w < top+math.Log(1e-8),
				})
			}
		}
		return section{title, text("The spectral-mixture kernel of every axis, whose product is the prior of the solution. Pruned: weights below 10⁻⁸ of the axis' greatest."), g.lines(lines, "width (log-ls as published, exponentiated)")}
	}
	e, err := g.q.Evidence()
	if err != nil {
		return section{title, "", join("<p>", text("Not available: %s.", strings.TrimPrefix(err.Error(), "gp: ")), "</p>")}
	}
	var charts []template.HTML
	for a := range g.p.Domain {
		w, mean, prior, err := g.q.Spectrum(a)
		if err != nil {
			continue
		}
		nan := math.NaN()
		w, mean, prior = sortTogether(w, mean, prior)
		x, m := envelopeTop(w, mean, 500)
		_, pr := envelopeTop(w, prior, 500)
		top := max(slices.Max(m), slices.Max(pr))
		c := chart{Title: fmt.Sprintf("Along %c", axisNames[a]), X: "angular frequency", Y: "coefficient of u", LogX: true, LogY: true, YMin: nan, YMax: nan, Lines: []curve{
			{Name: "learned prior", X: x, Y: pr, Style: modelStyle(1)}, {Name: "solution", X: x, Y: m, Style: modelStyle(0)},
		}}
		if top > 0 {
			c.YMin = top * 1e-18 // below it rounding of rounding
		}
		charts = append(charts, c.SVG())
	}
	var lines []spectralLine
	for _, c := range e.Components {
		lines = append(lines, spectralLine{weight: c.Weight, frequency: c.Frequency, width: c.Width, pruned: c.Pruned})
	}
	about := fmt.Sprintf("Coefficients of the solution in the eigenbasis of the operator, root mean square over the other axes, with their standard deviation under the prior that the evidence chose (start %q). "+
		"Pruned components explain less than a hundredth of the noise.", e.Start)
	if !g.noisy() {
		about += " The data are exact: the prior does not change the solution, it only says what lies below the residual."
	}
	names := legend([]curve{{Name: "solution", Style: modelStyle(0)}, {Name: "learned prior", Style: modelStyle(1)}})
	return section{title, text("%s", about), join(names, rowOf(2, charts...), g.lines(lines, "width"))}
}

// sortTogether orders by frequency.
func sortTogether(w, a, b []float64) (sw, sa, sb []float64) {
	order := make([]int, len(w))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(w[i], w[j]) })
	for _, i := range order {
		sw, sa, sb = append(sw, w[i]), append(sa, a[i]), append(sb, b[i])
	}
	return sw, sa, sb
}

// spectralLine is a component of a learned spectrum.
type spectralLine struct {
	axis             string
	weight           float64
	frequency, width []float64
	pruned           bool
}

// shownLines is how many components a table holds; the others are counted.
const shownLines = 12

// lines is the table of components, strongest first, and the list of those that were pruned.
func (g *gpPage) lines(all []spectralLine, width string) template.HTML {
	var kept, pruned []spectralLine
	for _, l := range all {
		if l.pruned {
			pruned = append(pruned, l)
		} else {
			kept = append(kept, l)
		}
	}
	byWeight := func(x, y spectralLine) int { return cmp.Compare(y.weight, x.weight) }
	slices.SortStableFunc(kept, byWeight)
	slices.SortStableFunc(pruned, byWeight)
	if len(all) == 0 {
		return join("<p>", text("The evidence keeps no component: the data look like noise alone."), "</p>")
	}
	vector := func(v []float64) string {
		var s []string
		for _, x := range v {
			s = append(s, short(x))
		}
		return strings.Join(s, ", ")
	}
	head := []template.HTML{"component", "angular frequency", text("%s", width), "weight"}
	var rows []tableRow
	for i, l := range kept {
		if i == shownLines {
			break
		}
		rows = append(rows, tableRow{Cells: []template.HTML{text("%s", strings.TrimSpace(fmt.Sprintf("%d %s", i+1, l.axis))), text("%s", vector(l.frequency)), text("%s", vector(l.width)), text("%s", short(l.weight))}})
	}
	out := join(`<div style="height:14px"></div>`, table(head, rows))
	if n := len(kept) - shownLines; n > 0 {
		out += join(`<p class="about">`, text("and %s with smaller weights.", plural(n, "component", "components")), "</p>")
	}
	if len(pruned) > 0 {
		var names []string
		for _, l := range pruned {
			names = append(names, strings.TrimSpace(l.axis+" "+vector(l.frequency)))
		}
		out += join(`<p class="about" style="margin-top:12px">`, text("Pruned: %s, at angular frequencies %s.", plural(len(pruned), "component", "components"), strings.Join(names, "; ")), "</p>")
	}
	return out
}

// convergence says how the solver came to its solution.
func (g *gpPage) convergence() section {
	q := g.q
	var rows []keyValue
	nan := math.NaN()
	var body template.HTML
	switch {
	case q.Solver == gp.GPHM && len(q.Loss) > 1:
		best := slices.Clone(q.Loss)
		for i := 1; i < len(best); i++ {
			best[i] = min(best[i], best[i-1])
		}
		x := make([]float64, len(best))
		for i := range x {
			x[i] = float64(q.Iterations) * float64(i+1) / float64(len(best))
		}
		// The first values are orders of magnitude above the rest: the axis begins where the last nine tenths lie.
		tail := best[len(best)/10:]
		c := chart{Title: "Lowest loss so far", X: "evaluations", Y: "negative log density", YMin: nan, YMax: slices.Max(tail) + 1e-9*math.Abs(slices.Max(tail)), Lines: []curve{{Name: "loss", X: x, Y: best, Style: modelStyle(0)}}}
		body = rowOf(2, c.SVG())
		rows = append(rows, keyValue{"evaluations", thousands(q.Iterations)})
	case len(q.Loss) > 1:
		x := make([]float64, len(q.Loss))
		for i := range x {
			x[i] = float64(i)
		}
		c := chart{Title: "Newton's method", X: "step", Y: "relative residual at the nodes", LogY: true, YMin: nan, YMax: nan, Lines: []curve{{Name: "residual", X: x, Y: q.Loss, Style: modelStyle(0), Dots: true}}}
		body = rowOf(2, c.SVG())
		rows = append(rows, keyValue{"Newton steps", thousands(q.Iterations)})
	case g.p.Nonlinearity != nil:
		rows = append(rows, keyValue{"Newton steps", thousands(q.Iterations)})
	default:
		rows = append(rows, keyValue{"method", "direct: a linear problem needs no iteration"})
	}
	rows = append(rows, keyValue{"residual off the nodes", short(q.Residual) + " of the forcing"})
	if e, err := q.Evidence(); err == nil {
		rows = append(rows, keyValue{"log evidence", fmt.Sprintf("%.6g, from the start %q", e.Log, e.Start)})
		if len(e.Rejected) > 0 {
			var s []string
			for _, v := range e.Rejected {
				s = append(s, fmt.Sprintf("%.6g", v))
			}
			rows = append(rows, keyValue{"log evidence of the other starts", strings.Join(s, ", ")})
		}
	}
	return section{"Convergence", "", join(body, keyValues(rows))}
}

// record is the problem in words.
func (g *gpPage) record() template.HTML {
	p := g.p
	var domain []string
	for _, d := range p.Domain {
		domain = append(domain, fmt.Sprintf("[%s, %s]", short(d.Lo), short(d.Hi)))
	}
	rows := []keyValue{{"equation", equation(p)}, {"domain", strings.Join(domain, " × ")}, {"points", product(p.Points)}}
	switch {
	case p.Data != nil:
		missing := 0
		for _, v := range p.Data.Values {
			if v != v {
				missing++
			}
		}
		n := make([]int, len(p.Data.Grid))
		for a, x := range p.Data.Grid {
			n[a] = len(x)
		}
		s := "values at " + product(n) + " points"
		if missing > 0 {
			s += fmt.Sprintf(", %s of them missing", thousands(missing))
		}
		rows = append(rows, keyValue{"forcing", s})
	case p.Forcing != nil:
		rows = append(rows, keyValue{"forcing", formula(p.Forcing, "a function")})
	}
	switch {
	case p.Noise == gp.LearnNoise:
		rows = append(rows, keyValue{"noise on the forcing", "learned: " + short(g.q.Noise)})
	case p.Noise > 0:
		rows = append(rows, keyValue{"noise on the forcing", short(p.Noise)})
	}
	for _, b := range p.Boundary {
		where := fmt.Sprintf("%c, %s side", axisNames[b.Axis], map[gp.Side]string{gp.Lo: "low", gp.Hi: "high"}[b.Side])
		what := string(b.Kind)
		if b.Kind == gp.Periodic {
			where = string(axisNames[b.Axis])
		} else {
			value := "0"
			if b.Value != nil {
				value = formula(b.Value, "a function")
			}
			what += ": " + value
		}
		rows = append(rows, keyValue{"condition on " + where, what})
	}
	if len(p.Sensors) > 0 {
		rows = append(rows, keyValue{"sensors", plural(len(p.Sensors), "measurement of u", "measurements of u")})
	}
	if p.Exact != nil {
		rows = append(rows, keyValue{"exact solution", formula(p.Exact, "a function")})
	}
	rows = append(rows, keyValue{"solver", g.q.Solver + ", " + g.q.Plan})
	return keyValues(rows)
}
