package report

import (
	"cmp"
	"image"
	"image/color"
	"math"
	"slices"
)

// canvas paints filled shapes on white with smooth edges. Coordinates are pixels, y downwards.
type canvas struct {
	img  *image.RGBA
	clip image.Rectangle

	rows     [][]edge  // scratch of fill: the sides that cross a row
	coverage []float64 // of a row's pixels
	on       []crossing
}

type point struct{ x, y float64 }

func newCanvas(w, h int) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), clip: image.Rect(0, 0, w, h), rows: make([][]edge, h), coverage: make([]float64, w)}
	for i := range c.img.Pix {
		c.img.Pix[i] = 255
	}
	return c
}

// rays is the number of lines through each row of pixels along which coverage is measured, exactly along the line.
const rays = 5

// crossing is where the outline of a shape meets a ray, and whether it goes down or up there.
type crossing struct {
	x       float64
	winding int
}

// fill paints what any of the closed outlines surrounds. Outlines that overlap are one shape where they turn the same way.
func (c *canvas) fill(outlines [][]point, paint color.NRGBA) {
	box := c.sort(outlines)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		if len(c.rows[y]) == 0 {
			continue
		}
		clear(c.coverage[box.Min.X:box.Max.X])
		for r := range rays {
			c.on = crossings(c.on[:0], c.rows[y], float64(y)+(float64(r)+0.5)/rays)
			spans(c.on, c.cover)
		}
		for x := box.Min.X; x < box.Max.X; x++ {
			if a := c.coverage[x]; a > 0 {
				c.blend(x, y, a/rays, paint)
			}
		}
		c.rows[y] = c.rows[y][:0]
	}
}

// edge is a side of an outline.
type edge struct{ from, to point }

// sort puts the sides of outlines into the rows of pixels that they cross, and returns the pixels that they may touch.
func (c *canvas) sort(outlines [][]point) image.Rectangle {
	var box image.Rectangle
	for _, o := range outlines {
		for i, a := range o {
			b := o[(i+1)%len(o)]
			of := image.Rect(int(math.Floor(min(a.x, b.x))), int(math.Floor(min(a.y, b.y))), int(math.Ceil(max(a.x, b.x))), int(math.Floor(max(a.y, b.y)))+1)
			of.Max.X = max(of.Max.X, of.Min.X+1) // a rectangle of no width would count as none
			box = box.Union(of)
			for y := max(of.Min.Y, c.clip.Min.Y); y < min(of.Max.Y, c.clip.Max.Y); y++ {
				c.rows[y] = append(c.rows[y], edge{a, b})
			}
		}
	}
	return box.Intersect(c.clip)
}

// crossings are those of edges with the ray at y, from left to right.
func crossings(on []crossing, edges []edge, y float64) []crossing {
	for _, e := range edges {
		a, b := e.from, e.to
		if (a.y <= y) == (b.y <= y) {
			continue
		}
		w := 1
		if a.y > b.y {
			w = -1
		}
		on = append(on, crossing{a.x + (y-a.y)/(b.y-a.y)*(b.x-a.x), w})
	}
	slices.SortFunc(on, func(a, b crossing) int { return cmp.Compare(a.x, b.x) })
	return on
}

// spans calls f for the parts of a ray that are inside.
func spans(on []crossing, f func(from, to float64)) {
	winding := 0
	for i, k := range on {
		if winding != 0 {
			f(on[i-1].x, k.x)
		}
		winding += k.winding
	}
}

// cover adds the part of each pixel between two places of a ray.
func (c *canvas) cover(from, to float64) {
	from, to = max(from, float64(c.clip.Min.X)), min(to, float64(c.clip.Max.X))
	for x := int(from); float64(x) < to; x++ {
		c.coverage[x] += min(to, float64(x+1)) - max(from, float64(x))
	}
}

// blend paints a pixel as far as it is covered.
func (c *canvas) blend(x, y int, coverage float64, paint color.NRGBA) {
	a := coverage * float64(paint.A) / 255
	p := c.img.Pix[c.img.PixOffset(x, y):]
	for i, v := range [3]uint8{paint.R, paint.G, paint.B} {
		p[i] = uint8(float64(p[i])*(1-a) + float64(v)*a + 0.5)
	}
}

// stroke paints a line of a width with round ends and corners.
func (c *canvas) stroke(line []point, width float64, paint color.NRGBA) {
	r := width / 2
	var outlines [][]point
	for i, p := range line {
		outlines = append(outlines, disc(p, r))
		if i == 0 {
			continue
		}
		q := line[i-1]
		l := math.Hypot(p.x-q.x, p.y-q.y)
		if l == 0 {
			continue
		}
		nx, ny := -(p.y-q.y)/l*r, (p.x-q.x)/l*r
		outlines = append(outlines, []point{{q.x - nx, q.y - ny}, {p.x - nx, p.y - ny}, {p.x + nx, p.y + ny}, {q.x + nx, q.y + ny}})
	}
	c.fill(outlines, paint)
}

// disc turns the same way as the sides of a stroke.
func disc(p point, r float64) []point {
	const n = 12
	out := make([]point, n)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
		out[i] = point{p.x + r*cos, p.y + r*sin}
	}
	return out
}

// dashed cuts a line into the dashes of a pattern of lengths, by turns drawn and left out; a pattern of no lengths leaves it whole.
func dashed(line []point, pattern []float64) [][]point {
	if len(pattern) == 0 || len(line) < 2 {
		return [][]point{line}
	}
	var out [][]point
	k, left := 0, pattern[0]
	now := []point{line[0]}
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		l := math.Hypot(b.x-a.x, b.y-a.y)
		at := 0.0
		for l-at > left {
			at += left
			p := point{a.x + (b.x-a.x)*at/l, a.y + (b.y-a.y)*at/l}
			if k%2 == 0 {
				out = append(out, append(now, p))
			}
			k++
			left, now = pattern[k%len(pattern)], []point{p}
		}
		left -= l - at
		now = append(now, b)
	}
	if k%2 == 0 {
		out = append(out, now)
	}
	return out
}
