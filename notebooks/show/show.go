// Package show draws what the notebooks look at and hands it to Jupyter: fields, curves, bars and films. It holds no mathematics; everything else a notebook does, it does with eddy itself.
package show

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/janpfeifer/gonb/gonbui"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/eddy-pde/eddy"
)

// Picture is something that Column and Row can show.
type Picture = *plot.Plot

// File shows a picture from a file, SVG or PNG.
func File(path string) {
	picture := Must(os.ReadFile(path))
	if filepath.Ext(path) == ".svg" {
		gonbui.DisplaySVG(string(picture))
		return
	}
	var enlarged bytes.Buffer
	Check(png.Encode(&enlarged, enlarge(Must(png.Decode(bytes.NewReader(picture))))))
	gonbui.DisplayPng(enlarged.Bytes())
}

// enlarge makes the pixels of a small picture, one a grid point, large enough to be seen.
func enlarge(small image.Image) image.Image {
	const enough = 640 // pixels across
	b := small.Bounds()
	k := max(1, enough/b.Dx())
	large := image.NewRGBA(image.Rect(0, 0, k*b.Dx(), k*b.Dy()))
	for y := range large.Rect.Dy() {
		for x := range large.Rect.Dx() {
			large.Set(x, y, small.At(b.Min.X+x/k, b.Min.Y+y/k))
		}
	}
	return large
}

// Must returns v, or stops the cell with err: in a notebook the error is what one wants to read.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// Check stops the cell with err where there is one.
func Check(err error) {
	if err != nil {
		panic(err)
	}
}

// Column shows pictures of the given height in inches below one another.
func Column(height float64, pictures ...Picture) { table(height, 1, pictures) }

// Row shows pictures of the given height in inches side by side.
func Row(height float64, pictures ...Picture) { table(height, len(pictures), pictures) }

// width of what is shown, in inches: that of a notebook's column.
const width = 8

func table(height float64, columns int, pictures []Picture) {
	rows := (len(pictures) + columns - 1) / columns
	canvas := vgimg.New(width*vg.Inch, vg.Length(height*float64(rows))*vg.Inch)
	cells := make([][]*plot.Plot, rows)
	for i := range cells {
		cells[i] = pictures[i*columns : min((i+1)*columns, len(pictures))]
	}
	tiles := draw.Tiles{
		Rows: rows, Cols: columns,
		PadX: vg.Points(10), PadY: vg.Points(8), PadRight: vg.Points(12), PadTop: vg.Points(4), PadBottom: vg.Points(4),
	}
	for i, row := range plot.Align(cells, tiles, draw.New(canvas)) {
		for j, cell := range row {
			cells[i][j].Draw(cell)
		}
	}
	var file bytes.Buffer
	Must(vgimg.PngCanvas{Canvas: canvas}.WriteTo(&file))
	gonbui.DisplayPng(file.Bytes())
}

// raster is a field on a grid, for package plotter.
type raster struct {
	cols, rows int
	dx, dy     float64
	limit      float64
	at         func(c, r int) float64
}

func (f raster) Dims() (c, r int)   { return f.cols, f.rows }
func (f raster) X(c int) float64    { return float64(c) * f.dx }
func (f raster) Y(r int) float64    { return float64(r) * f.dy }
func (f raster) Z(c, r int) float64 { return min(max(f.at(c, r), -f.limit), f.limit) }

func (f raster) picture(title, x, y string) Picture {
	colours := moreland.SmoothBlueRed()
	colours.SetMin(-f.limit)
	colours.SetMax(f.limit)
	h := plotter.NewHeatMap(f, colours.Palette(255))
	h.Min, h.Max, h.Rasterized = -f.limit, f.limit, true
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Add(h)
	return p
}

// Spacetime draws the first field of one trajectory in one space dimension, frames [T, C, X]: time to the right, space upwards, colours from −limit (blue) to limit (red).
func Spacetime(title string, spec eddy.Spec, frames *eddy.Tensor, limit float64) Picture {
	points := frames.Dim(2)
	f := raster{
		cols: frames.Dim(0), rows: points, dx: spec.Dt, dy: spec.Grid.Axes[0].Step(), limit: limit,
		at: func(c, r int) float64 { return float64(frames.Data[c*frames.Dim(1)*points+r]) },
	}
	return f.picture(title, "time", spec.Grid.Axes[0].Name)
}

// Plane draws values [X, Y] (row-major) over a box of the given lengths; limit 0 takes the largest magnitude.
func Plane[F float32 | float64](title string, values []F, x, y int, lengthX, lengthY, limit float64) Picture {
	if limit == 0 {
		for _, v := range values {
			limit = math.Max(limit, math.Abs(float64(v)))
		}
	}
	f := raster{
		cols: x, rows: y, dx: lengthX / float64(x), dy: lengthY / float64(y), limit: limit,
		at: func(c, r int) float64 { return float64(values[c*y+r]) },
	}
	return f.picture(title, "x", "y")
}

// Curve is a line of a plot; Low and High, where given, are a band around it.
type Curve struct {
	Name      string
	X, Y      []float64
	Low, High []float64
}

// Every makes the abscissae step, 2·step, … of a curve that starts one step after zero.
func Every(step float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i+1) * step
	}
	return x
}

// colours that people who see red and green alike tell apart (Okabe and Ito 2008).
var colours = []color.RGBA{{0, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0, 0xff}, {0, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0xe6, 0x9f, 0, 0xff}}

// Curves draws lines over one another.
func Curves(title, x, y string, curves ...Curve) Picture {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Legend.Top = true
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(plain), plot.TickerFunc(plain)
	p.Add(plotter.NewGrid())
	for i, c := range curves {
		colour := colours[i%len(colours)]
		if c.Low != nil {
			p.Add(band(c, colour))
		}
		l := Must(plotter.NewLine(points(c.X, c.Y)))
		l.Color, l.Width = colour, vg.Points(2)
		p.Add(l)
		if c.Name != "" {
			p.Legend.Add(c.Name, l)
		}
	}
	return p
}

// Logarithmic makes the vertical axis of a picture of positive values logarithmic.
func Logarithmic(p Picture) Picture {
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(decades)
	return p
}

// decades marks powers of ten, about six of them with a label.
func decades(low, high float64) (ticks []plot.Tick) {
	first, last := int(math.Ceil(math.Log10(low)-1e-9)), int(math.Floor(math.Log10(high)+1e-9))
	every := max(1, (last-first+5)/6)
	for e := first; e <= last; e++ {
		t := plot.Tick{Value: math.Pow10(e)}
		if (e-first)%every == 0 {
			t.Label = fmt.Sprintf("1e%d", e)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// plain marks what package plot would, without zeros at the ends of labels.
func plain(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if v, err := strconv.ParseFloat(t.Label, 64); err == nil {
			ticks[i].Label = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	return ticks
}

// Level adds a dashed horizontal line.
func Level(p Picture, y float64) Picture {
	f := plotter.NewFunction(func(float64) float64 { return y })
	f.Color, f.Dashes = color.Gray{Y: 0x80}, []vg.Length{4, 4}
	p.Add(f)
	return p
}

// Marks adds points to a picture.
func Marks(p Picture, name string, x, y []float64) Picture {
	s := Must(plotter.NewScatter(points(x, y)))
	s.Shape, s.Radius, s.Color = draw.CircleGlyph{}, vg.Points(2.5), color.RGBA{0, 0, 0, 0xb0}
	p.Add(s)
	if name != "" {
		p.Legend.Add(name, s)
	}
	return p
}

func points(x, y []float64) plotter.XYs {
	if len(x) != len(y) {
		panic(fmt.Sprintf("show: %d abscissae for %d values", len(x), len(y)))
	}
	xy := make(plotter.XYs, len(x))
	for i := range xy {
		xy[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return xy
}

func band(c Curve, colour color.RGBA) plot.Plotter {
	outline := points(c.X, c.Low)
	for i := len(c.X) - 1; i >= 0; i-- {
		outline = append(outline, plotter.XY{X: c.X[i], Y: c.High[i]})
	}
	p := Must(plotter.NewPolygon(outline))
	p.LineStyle.Width = 0
	const faint = 0x40
	p.Color = color.NRGBA{colour.R, colour.G, colour.B, faint}
	return p
}
