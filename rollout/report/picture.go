package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"
)

// scale maps values to colours: lo … hi to the whole palette, linearly; values beyond saturate.
type scale struct {
	lo, hi float64
	colour *palette
}

// valueScale fits a scale to values: symmetric about 0 and diverging where they have both signs to a similar extent, else sequential from least to greatest.
func valueScale(values ...[]float32) scale {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		for _, x := range v {
			if x-x == 0 {
				lo, hi = min(lo, float64(x)), max(hi, float64(x))
			}
		}
	}
	switch {
	case lo > hi:
		return scale{0, 1, sequential}
	case lo < 0 && hi > 0 && min(-lo, hi) > 0.2*max(-lo, hi):
		m := max(-lo, hi)
		return scale{-m, m, diverging}
	case lo == hi:
		d := math.Abs(lo) * 0.01
		if d == 0 {
			d = 1
		}
		return scale{lo - d, hi + d, sequential}
	}
	return scale{lo, hi, sequential}
}

// errorScale is symmetric about 0 and reaches to the greatest of the values, but no further than limit.
func errorScale(limit float64, values ...[]float32) scale {
	m := 0.0
	for _, v := range values {
		for _, x := range v {
			if x-x == 0 {
				m = max(m, math.Abs(float64(x)))
			}
		}
	}
	if limit > 0 {
		m = min(m, limit)
	}
	if m == 0 {
		m = 1
	}
	return scale{-m, m, divergingError}
}

// index is the palette entry of a value.
func (s scale) index(v float32) uint8 {
	if v-v != 0 {
		return missing
	}
	t := (float64(v) - s.lo) / (s.hi - s.lo)
	return uint8(min(max(t, 0), 1)*(missing-1) + 0.5)
}

// picture draws values [X, Y] with x to the right and y upwards.
func (s scale) picture(values []float32, nx, ny int) *image.Paletted {
	p := make(color.Palette, len(s.colour))
	for i, c := range s.colour {
		p[i] = c
	}
	img := image.NewPaletted(image.Rect(0, 0, nx, ny), p)
	for x := range nx {
		for y := range ny {
			img.Pix[(ny-1-y)*img.Stride+x] = s.index(values[x*ny+y])
		}
	}
	return img
}

// dataURI is the picture as a PNG in the text of a page.
func dataURI(img image.Image) (template.URL, error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := e.Encode(&b, img); err != nil {
		return "", err
	}
	//nolint:gosec // the text is base64 of our own picture
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// colourBar states a scale: its colours, ends and middle, and what they measure.
func (s scale) colourBar(label string) template.HTML {
	return execute("colourbar", map[string]any{
		"Gradient": template.CSS("background:" + s.colour.gradient()), //nolint:gosec // made of our own numbers
		"Lo":       short(s.lo), "Mid": short((s.lo + s.hi) / 2), "Hi": short(s.hi), "Label": label,
	})
}

// short writes a number for people: three significant digits, no more signs than needed.
func short(v float64) string {
	switch a := math.Abs(v); {
	case v-v != 0:
		return "–"
	case a == 0:
		return "0"
	case a < 1e-3 || a >= 1e5:
		return superscript(fmt.Sprintf("%.2g", v))
	}
	s := fmt.Sprintf("%.3g", v)
	if math.Abs(v) >= 1000 {
		s = fmt.Sprintf("%.0f", v)
	}
	if s[0] == '-' {
		s = "−" + s[1:]
	}
	return s
}

// superscript turns 1.2e-05 into 1.2·10⁻⁵.
func superscript(s string) string {
	var mantissa string
	var exponent int
	if _, err := fmt.Sscanf(splitExponent(s), "%s %d", &mantissa, &exponent); err != nil {
		return s
	}
	out := ""
	for _, r := range strconv.Itoa(exponent) {
		if r == '-' {
			out += "⁻"
		} else {
			out += string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0'])
		}
	}
	if mantissa[0] == '-' {
		mantissa = "−" + mantissa[1:]
	}
	switch mantissa {
	case "1":
		return "10" + out
	case "−1":
		return "−10" + out
	}
	return mantissa + "·10" + out
}

func splitExponent(s string) string {
	for i := range s {
		if s[i] == 'e' {
			return s[:i] + " " + s[i+1:]
		}
	}
	return s
}
