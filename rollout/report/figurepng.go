package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"strconv"
	"strings"
)

// pngScale is the number of pixels a unit of a figure has: 300 to the inch in a column of a journal.
const pngScale = 2

// image paints the figure of a chart from its SVG, of which it knows as much as charts use, so that both are the same figure.
func (c chart) image() (image.Image, error) {
	p := painter{decoder: xml.NewDecoder(bytes.NewReader(c.file()))}
	for {
		token, err := p.decoder.Token()
		if errors.Is(err, io.EOF) {
			return p.canvas.img, nil
		}
		if err != nil {
			return nil, fmt.Errorf("report: figure %s: %w", c.Name, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			p.begin(t)
		case xml.EndElement:
			p.end(t)
		case xml.CharData:
			p.text.Write(t)
		}
	}
}

// png writes the figure as a PNG.
func (c chart) png(w io.Writer) error {
	img, err := c.image()
	if err != nil {
		return err
	}
	return picture{img: img}.encode(w)
}

// painter reads an SVG of ours and paints it.
type painter struct {
	decoder *xml.Decoder
	canvas  *canvas
	open    []element
	text    strings.Builder
	clip    image.Rectangle // of the last clipPath
}

// element is an open element with its attributes.
type element map[string]string

func (e element) number(name string) float64 {
	v, _ := strconv.ParseFloat(e[name], 64) // absent: 0
	return v
}

func (e element) has(class string) bool {
	for c := range strings.FieldsSeq(e["class"]) {
		if c == class {
			return true
		}
	}
	return false
}

// paint is the colour of an element, by the last of its classes that has one.
func (e element) paint(otherwise string) color.NRGBA {
	hex := colours[otherwise]
	for c := range strings.FieldsSeq(e["class"]) {
		if v, ok := colours[c]; ok {
			hex = v
		}
	}
	return parseHex(hex)
}

// parseHex reads #rgb or #rrggbb.
func parseHex(hex string) color.NRGBA {
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	v, _ := strconv.ParseUint(hex, 16, 32) // of our style sheet
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func (p *painter) begin(t xml.StartElement) {
	e := element{"": t.Name.Local}
	for _, a := range t.Attr {
		e[a.Name.Local] = a.Value
	}
	p.open = append(p.open, e)
	switch t.Name.Local {
	case "svg":
		p.canvas = newCanvas(int(e.number("width"))*pngScale, int(e.number("height"))*pngScale)
	case "rect":
		x, y := e.number("x")*pngScale, e.number("y")*pngScale
		p.clip = image.Rect(int(x), int(y), int(x+e.number("width")*pngScale+0.5), int(y+e.number("height")*pngScale+0.5))
	case "g":
		p.canvas.clip = p.clip.Intersect(p.canvas.img.Rect)
	case "circle":
		p.canvas.fill([][]point{disc(point{e.number("cx") * pngScale, e.number("cy") * pngScale}, e.number("r")*pngScale)}, e.paint("ink"))
	case "path":
		p.path(e)
	case "text", "style", "title":
		p.text.Reset()
	}
}

func (p *painter) end(t xml.EndElement) {
	e := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	switch t.Name.Local {
	case "g":
		p.canvas.clip = p.canvas.img.Rect
	case "text":
		p.write(e, p.text.String())
	}
}

// Widths of lines in units of the figure, and the patterns of those that are not of a baseline.
const (
	lineWidth = 2
	hairWidth = 1
	bandAlpha = 43 // 0.17 of 255
)

// path paints a line, or the band round one.
func (p *painter) path(e element) {
	lines := parsePath(e["d"])
	if e.has("band") {
		paint := e.paint("ink")
		paint.A = bandAlpha
		p.canvas.fill(lines, paint)
		return
	}
	width, paint, pattern := float64(hairWidth), e.paint("faint"), ""
	switch {
	case e.has("line"):
		width = lineWidth
		for s, d := range dashes {
			if e.has(string(s)) {
				pattern = d
			}
		}
	case e.has("rule"):
		pattern = "2 4"
	}
	var lengths []float64
	for f := range strings.FieldsSeq(pattern) {
		lengths = append(lengths, parsed(f)*pngScale)
	}
	for _, l := range lines {
		for _, dash := range dashed(l, lengths) {
			p.canvas.stroke(dash, width*pngScale, paint)
		}
	}
}

// parsePath reads the commands M, L, H, V, h and Z of a path, in pixels.
func parsePath(d string) [][]point {
	var out [][]point
	var at point
	for len(d) > 0 {
		command := d[0]
		rest := strings.IndexAny(d[1:], "MLHVhZ")
		if rest < 0 {
			rest = len(d) - 1
		}
		var v []float64
		for f := range strings.FieldsSeq(d[1 : 1+rest]) {
			v = append(v, parsed(f)*pngScale)
		}
		d = d[1+rest:]
		switch command {
		case 'M':
			at = point{v[0], v[1]}
			out = append(out, nil)
		case 'L':
			at = point{v[0], v[1]}
		case 'H':
			at.x = v[0]
		case 'h':
			at.x += v[0]
		case 'V':
			at.y = v[0]
		case 'Z':
			continue
		}
		last := len(out) - 1
		out[last] = append(out[last], at)
	}
	return out
}

// Sizes of text in units of the figure, as its style sheet has them.
var textSizes = map[string]float64{"title": 13.5, "tick": 11.4, "rule": 11}

// write paints a text.
func (p *painter) write(e element, text string) {
	size, pen, paint := 12.0, 0.09, parseHex(colours["soft"])
	for class, s := range textSizes {
		if e.has(class) {
			size = s
		}
	}
	if e.has("title") {
		pen, paint = 0.125, parseHex(colours["ink"])
	}
	var lines [][]point
	width := write(text, size, func(l []point) { lines = append(lines, l) })
	dx, dy := 0.0, 0.0
	switch {
	case e["text-anchor"] == "middle":
		dx = -width / 2
	case e["text-anchor"] == "end" || e.has("rule"):
		dx = -width
	}
	if e["dominant-baseline"] == "middle" {
		dy = -size * letterUnit * 3.4
	}
	x, y, turned := e.number("x"), e.number("y"), false
	if _, err := fmt.Sscanf(e["transform"], "translate(%g %g) rotate(-90)", &x, &y); err == nil {
		turned = true
	}
	for _, l := range lines {
		for i, q := range l {
			q = point{q.x + dx, q.y + dy}
			if turned {
				q = point{q.y, q.x}
				l[i] = point{(x - q.x) * pngScale, (y - q.y) * pngScale}
				continue
			}
			l[i] = point{(x + q.x) * pngScale, (y - q.y) * pngScale}
		}
		p.canvas.stroke(l, size*pen*pngScale, paint)
	}
}
