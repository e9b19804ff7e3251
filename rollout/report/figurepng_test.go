package report

import (
	"image/color"
	"math"
	"strings"
	"testing"
)

// inked is the share of a colour in a picture, each pixel counted by how far it is from white.
func inked(c *canvas) float64 {
	s := 0.0
	for i := 0; i < len(c.img.Pix); i += 4 {
		s += float64(255-c.img.Pix[i]) / 255
	}
	return s
}

var black = color.NRGBA{A: 255}

func TestAShapeHasItsArea(t *testing.T) {
	for name, c := range map[string]struct {
		outlines [][]point
		want     float64
	}{
		"a rectangle between pixels": {[][]point{{{2.25, 3}, {9.5, 3}, {9.5, 8}, {2.25, 8}}}, 7.25 * 5},
		"a triangle":                 {[][]point{{{1, 1}, {21, 1}, {1, 17}}}, 160},
		"two that overlap":           {[][]point{{{1, 1}, {11, 1}, {11, 11}, {1, 11}}, {{6, 1}, {16, 1}, {16, 11}, {6, 11}}}, 150},
		"one turned the other way":   {[][]point{{{1, 11}, {11, 11}, {11, 1}, {1, 1}}}, 100},
		"half outside":               {[][]point{{{-10, 5}, {10, 5}, {10, 10}, {-10, 10}}}, 50},
	} {
		to := newCanvas(24, 20)
		to.fill(c.outlines, black)
		if got := inked(to); math.Abs(got-c.want) > 0.02*c.want {
			t.Errorf("%s: area %g, expected %g", name, got, c.want)
		}
	}
	clipped := newCanvas(24, 20)
	clipped.clip.Max.X = 5
	clipped.fill([][]point{{{0, 0}, {20, 0}, {20, 10}, {0, 10}}}, black)
	if got := inked(clipped); math.Abs(got-50) > 0.1 {
		t.Errorf("clipped: area %g, expected 50", got)
	}
}

func TestAStrokeHasItsWidthAndDashesTheirLengths(t *testing.T) {
	line := []point{{10, 10}, {50, 10}, {50, 40}} // 70 long
	to := newCanvas(64, 64)
	to.stroke(line, 4, black)
	if got, want := inked(to), 70*4+math.Pi*4-2*2+2*2*math.Pi/4; math.Abs(got-want) > 0.02*want {
		t.Errorf("area of a stroke %g, expected %g", got, want)
	}
	length := 0.0
	for _, d := range dashed(line, []float64{6, 4}) {
		for i := 1; i < len(d); i++ {
			length += math.Hypot(d[i].x-d[i-1].x, d[i].y-d[i-1].y)
		}
	}
	if math.Abs(length-42) > 1e-9 {
		t.Errorf("dashes of 6 with gaps of 4 along 70 are %g long, expected 42", length)
	}
}

func TestEveryLetterOfAFigureIsDrawn(t *testing.T) {
	for _, text := range []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "−1.5·10⁻¹²", "correlation ≥ 0.8, 95 % (a+b):c/d_e"} {
		for _, r := range text {
			if full, ok := raised[r]; ok {
				r = full
			}
			if _, ok := letters[r]; !ok {
				t.Errorf("there is no letter %q", r)
			}
		}
	}
	lines := 0
	narrow, wide := write("il", 12, func([]point) { lines++ }), write("mw", 12, func([]point) { lines++ })
	if !(narrow < wide) || lines != 7 {
		t.Errorf("widths %g and %g, %d lines", narrow, wide, lines)
	}
	if w := write("\u4e2d", 12, func(p []point) { lines = len(p) }); !(w > 0) || lines != 5 {
		t.Error("a letter that is not known leaves no box")
	}
}

func TestTheTwoFormsOfAFigureAgree(t *testing.T) {
	x := []float64{0, 1, 2, 3}
	c := chart{
		Name: "test", Title: "A title & more", X: "time", Y: "error", YMin: 0, YMax: 1, Rules: []rule{{0.5, "half"}},
		Lines: []curve{
			{Name: "one", X: x, Y: []float64{0.5, 0.5, 0.5, 0.5}, Style: modelStyle(0), Lo: []float64{0.25, 0.25, 0.25, 0.25}, Hi: []float64{0.75, 0.75, 0.75, 0.75}},
			{Name: "base", X: x, Y: []float64{1, 1, 1, 1}, Style: baselineStyle(0), Dots: true},
		},
	}
	img, err := c.image()
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != chartWidth*pngScale || b.Dy() < chartHeight*pngScale {
		t.Errorf("size %v", b)
	}
	at := func(px, py float64) color.Color { return img.At(int(px*pngScale), int(py*pngScale)) }
	middle := float64(chartHeight-marginBottom+marginTop) / 2
	// A place where no line of the grid is: 0.4 of the way from one to the next.
	across := marginLeft + 0.62*float64(chartWidth-marginLeft-marginRight)
	if got, want := at(across, middle), parseHex(colours["s0"]); got != color.Color(color.RGBA(want)) {
		t.Errorf("the line is %v, expected %v", got, want)
	}
	r, g, b, _ := at(across, middle+0.2*(chartHeight-marginBottom-marginTop)).RGBA()
	if !(b>>8 > r>>8) || r>>8 == 255 || g>>8 == 255 {
		t.Errorf("the band is (%d, %d, %d), expected a light blue", r>>8, g>>8, b>>8)
	}
	if got := at(2, 2); got != color.Color(color.RGBA{255, 255, 255, 255}) {
		t.Errorf("the corner is %v, expected white", got)
	}
	if svg := string(c.file()); !strings.Contains(svg, "A title &amp; more") || !strings.Contains(svg, ">base</text>") {
		t.Errorf("the SVG lacks its title or its legend: %s", svg)
	}
}
