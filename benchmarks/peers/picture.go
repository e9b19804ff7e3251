package main

import (
	"bytes"
	"fmt"
	"math"
)

// panel is one plot: time against one quantity, both axes logarithmic.
type panel struct {
	title  string
	points []measured
}

const (
	panelWidth, panelHeight = 330.0, 260.0
	marginLeft, marginTop   = 52.0, 34.0
	marginRight, marginLow  = 16.0, 40.0
)

// drawPanels is an SVG picture with the panels side by side, two a row, on one scale of time.
func drawPanels(panels []panel) []byte {
	low, high := math.Inf(1), 0.0
	for _, p := range panels {
		for _, m := range p.points {
			low, high = min(low, m.ours, m.peer), max(high, m.ours, m.peer)
		}
	}
	low, high = math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high)))
	var out bytes.Buffer
	rows := (len(panels) + 1) / 2
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" font-family="sans-serif" font-size="11">`+"\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", 2*panelWidth, float64(rows)*panelHeight+24)
	fmt.Fprintln(&out, `<text x="52" y="16" fill="#0b62a4">● eddy</text><text x="100" y="16" fill="#c0392b">● neuraloperator</text><text x="210" y="16">training step of an FNO-2D on one thread, ms of processor time (dashed: proportional)</text>`)
	for i, p := range panels {
		p.draw(&out, float64(i%2)*panelWidth, 16+float64(i/2)*panelHeight, low, high)
	}
	fmt.Fprintln(&out, "</svg>")
	return out.Bytes()
}

// draw writes one panel with its corner at (left, top).
func (p panel) draw(out *bytes.Buffer, left, top, low, high float64) {
	first, last := float64(p.points[0].value), float64(p.points[len(p.points)-1].value)
	x := func(v float64) float64 {
		return left + marginLeft + math.Log(v/first)/math.Log(last/first)*(panelWidth-marginLeft-marginRight)
	}
	y := func(v float64) float64 {
		return top + panelHeight - marginLow - math.Log(v/low)/math.Log(high/low)*(panelHeight-marginTop-marginLow)
	}
	fmt.Fprintf(out, `<g><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", (x(first)+x(last))/2, y(low)+32, p.title)
	for v := low; v <= high*1.001; v *= 10 {
		fmt.Fprintf(out, `<path d="M%.1f %.1fH%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%g</text>`+"\n", x(first), y(v), x(last), x(first)-5, y(v)+4, v)
	}
	for _, m := range p.points {
		v := float64(m.value)
		fmt.Fprintf(out, `<path d="M%.1f %.1fV%.1f" stroke="#eee"/><text x="%.1f" y="%.1f" text-anchor="middle">%d</text>`+"\n", x(v), y(low), y(high), x(v), y(low)+15, m.value)
	}
	for _, curve := range []struct {
		color string
		of    func(m measured) float64
	}{{"#0b62a4", func(m measured) float64 { return m.ours }}, {"#c0392b", func(m measured) float64 { return m.peer }}} {
		path := ""
		for i, m := range p.points {
			px, py := x(float64(m.value)), y(curve.of(m))
			path += fmt.Sprintf("%c%.1f %.1f", "ML"[min(i, 1)], px, py)
			fmt.Fprintf(out, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", px, py, curve.color)
		}
		fmt.Fprintf(out, `<path d="%s" stroke="%s" fill="none"/>`+"\n", path, curve.color)
	}
	start := p.points[0].ours
	if end := start * last / first; end <= high {
		fmt.Fprintf(out, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#999" stroke-dasharray="4 3"/>`+"\n", x(first), y(start), x(last), y(end))
	}
	fmt.Fprintln(out, "</g>")
}
