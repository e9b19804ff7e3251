package report

import (
	"image"
	"image/color"
	"image/gif"
	"io"
)

// A film as a file: truth, forecasts and errors of a field side by side, one frame for each that the page shows.
const (
	panelWidth = 140 // pixels that a panel has at least, where a point may take several
	panelGap   = 4
	frameDelay = 9   // hundredths of a second
	lastDelay  = 150 // before it starts again
	halfColour = 126 // colours of values, and as many of errors: a GIF has 256 in all
)

// movie is a film of one field.
type movie struct {
	name    string
	panels  []moviePanel
	nx, ny  int
	palette color.Palette
}

// moviePanel is one place in the frames.
type moviePanel struct {
	scale  scale
	offset int         // of its colours in the palette
	frames [][]float32 // [X, Y]
}

// movies are the films of all fields; none where the data have one dimension, whose pictures show all times at once.
func (e *Evaluation) movies() []movie {
	f := e.film
	if f.dims == 1 || e.Steps < 2 {
		return nil
	}
	frames := make([]int, len(f.steps))
	for i := range frames {
		frames[i] = i
	}
	var out []movie
	for i, c := range f.fields {
		v := e.stillValues(i, frames, 1)
		m := movie{name: e.Spec.Fields[c].Name, nx: f.shape[0], ny: f.shape[1], palette: moviePalette(v.values, v.errors)}
		add := func(_ string, s scale, pictures [][]float32) error {
			p := moviePanel{scale: s, frames: pictures}
			if s == v.errors {
				p.offset = halfColour
			}
			m.panels = append(m.panels, p)
			return nil
		}
		_ = panels(e, v.values, v.errors, v.truths, v.predictions, v.errs, add) // add never fails
		out = append(out, m)
	}
	return out
}

// moviePalette has the colours of values, then those of errors, then those of missing values and of the gaps.
func moviePalette(values, errors scale) color.Palette {
	var p color.Palette
	for _, s := range []scale{values, errors} {
		for i := range halfColour {
			p = append(p, s.colour[i*(missing-1)/(halfColour-1)])
		}
	}
	return append(p, values.colour[missing], color.White)
}

// encode writes the film as a GIF that starts again at its end.
func (m movie) encode(w io.Writer) error {
	g := &gif.GIF{}
	k := max(1, (panelWidth+m.nx-1)/m.nx)
	for t := range m.panels[0].frames {
		g.Image = append(g.Image, m.frame(t, k))
		g.Delay = append(g.Delay, frameDelay)
	}
	g.Delay[len(g.Delay)-1] = lastDelay
	return gif.EncodeAll(w, g)
}

// frame draws one time, every point k pixels wide, x to the right and y upwards.
func (m movie) frame(t, k int) *image.Paletted {
	wide := k*m.nx + panelGap
	img := image.NewPaletted(image.Rect(0, 0, wide*len(m.panels)-panelGap, k*m.ny), m.palette)
	for i := range img.Pix {
		img.Pix[i] = uint8(len(m.palette) - 1)
	}
	line := make([]uint8, k*m.nx)
	for i, p := range m.panels {
		for y := range m.ny {
			for x := range m.nx {
				c := p.index(p.frames[t][x*m.ny+y])
				for j := range k {
					line[x*k+j] = c
				}
			}
			for j := range k {
				copy(img.Pix[(k*(m.ny-1-y)+j)*img.Stride+i*wide:], line)
			}
		}
	}
	return img
}

// index is the palette entry of a value in its panel.
func (p moviePanel) index(v float32) uint8 {
	i := int(p.scale.index(v))
	if i == missing {
		return 2 * halfColour
	}
	return uint8(p.offset + i*(halfColour-1)/(missing-1))
}
