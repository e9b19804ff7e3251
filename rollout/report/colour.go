package report

import (
	"fmt"
	"image/color"
	"math"
	"strings"
)

// palette is a map from 0 … 254 to colours of which neighbours differ equally to the eye; entry 255 stands for values that are not finite.
type palette [256]color.NRGBA

// missing is the index and the colour of values that are not finite.
const missing = 255

var missingColour = color.NRGBA{R: 128, G: 128, B: 128, A: 255}

// The palettes are lines in OKLCh (Ottosson 2020), a space in which equal steps look equally large. Lightness grows linearly along sequential, and linearly
// with the distance from the middle along the diverging ones, so that they also read without colour.
var (
	// sequential runs from dark violet over teal to light yellow.
	sequential = newPalette(func(t float64) (l, c, h float64) {
		return 0.20 + 0.76*t, 0.10 + 0.07*math.Sin(math.Pi*t), 295 - 190*t
	})
	// diverging runs from blue over near white to red.
	diverging = newPalette(func(t float64) (l, c, h float64) { return fan(t, 252, 32) })
	// divergingError runs from green over near white to purple, to be told from values at a glance.
	divergingError = newPalette(func(t float64) (l, c, h float64) { return fan(t, 160, 325) })
)

// fan is a diverging line with one hue on either side.
func fan(t, below, above float64) (l, c, h float64) {
	d := math.Abs(2*t - 1)
	l, c, h = 0.97-0.60*d, 0.19*math.Sin(math.Pi/2*min(1, 1.25*d)), below
	if t > 0.5 {
		h = above
	}
	return l, c, h
}

func newPalette(line func(t float64) (l, c, h float64)) *palette {
	var p palette
	for i := range missing {
		l, c, h := line(float64(i) / (missing - 1))
		p[i] = oklch(l, c, h)
	}
	p[missing] = missingColour
	return &p
}

// oklch is the sRGB colour of lightness l, chroma c and hue h in degrees. Chroma gives way where the colour is outside of sRGB.
func oklch(l, c, h float64) color.NRGBA {
	sin, cos := math.Sincos(h * math.Pi / 180)
	for ; ; c *= 0.97 {
		r, g, b := oklab(l, c*cos, c*sin)
		if c < 1e-3 || min(r, g, b) >= -1e-4 && max(r, g, b) <= 1+1e-4 {
			return color.NRGBA{R: gamma(r), G: gamma(g), B: gamma(b), A: 255}
		}
	}
}

// oklab is linear sRGB.
func oklab(l, a, b float64) (red, green, blue float64) {
	cube := func(x float64) float64 { return x * x * x }
	p := cube(l + 0.3963377774*a + 0.2158037573*b)
	q := cube(l - 0.1055613458*a - 0.0638541728*b)
	s := cube(l - 0.0894841775*a - 1.2914855480*b)
	return 4.0767416621*p - 3.3077115913*q + 0.2309699292*s, -1.2684380046*p + 2.6097574011*q - 0.3413193965*s, -0.0041960863*p - 0.7034186147*q + 1.7076147010*s
}

// gamma encodes a linear component in eight bits.
func gamma(x float64) uint8 {
	x = min(max(x, 0), 1)
	if x <= 0.0031308 {
		x *= 12.92
	} else {
		x = 1.055*math.Pow(x, 1/2.4) - 0.055
	}
	return uint8(255*x + 0.5)
}

// gradient is the palette as a CSS value.
func (p *palette) gradient() string {
	const stops = 16
	var s []string
	for i := range stops + 1 {
		c := p[i*(missing-1)/stops]
		s = append(s, fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
	}
	return "linear-gradient(to right," + strings.Join(s, ",") + ")"
}
