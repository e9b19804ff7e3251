package eddy

import (
	"fmt"
	"math"
)

// Normaliser maps physical values to network values field by field, (u − Shift)/Scale or (ln u − Shift)/Scale, and back. It is stored in checkpoints.
type Normaliser struct {
	Kind  string    `json:"kind"`  // "zscore", "rms" or "none"
	Shift []float64 `json:"shift"` // [C], the mean for zscore, 0 otherwise
	Scale []float64 `json:"scale"` // [C], the standard deviation, root mean square, or 1; positive
	// Log marks the fields whose logarithm is normalised, [C], nil for none: positive ones that range over orders of magnitude. Such a field stays positive whatever
	// the network says; a value that is not positive becomes NaN or infinite.
	Log []bool `json:"log,omitempty"`
}

// Logarithmic reports whether the logarithm of field c is normalised.
func (n Normaliser) Logarithmic(c int) bool { return c < len(n.Log) && n.Log[c] }

// NoNormaliser is the identity on c channels.
func NoNormaliser(c int) Normaliser {
	n := Normaliser{Kind: "none", Shift: make([]float64, c), Scale: make([]float64, c)}
	for i := range n.Scale {
		n.Scale[i] = 1
	}
	return n
}

// Validate checks that there is a positive finite scale for each of c channels.
func (n Normaliser) Validate(c int) error {
	if len(n.Shift) != c || len(n.Scale) != c {
		return fmt.Errorf("normaliser: %d shifts and %d scales for %d channels", len(n.Shift), len(n.Scale), c)
	}
	if n.Log != nil && len(n.Log) != c {
		return fmt.Errorf("normaliser: log has %d entries for %d channels", len(n.Log), c)
	}
	for i, s := range n.Scale {
		if !(s > 0) || s > 1e38 {
			return fmt.Errorf("normaliser: scale[%d] = %g, expected a positive finite number", i, s)
		}
	}
	return nil
}

// Apply normalises src into dst (which may be src). The data are [N, C, X…] for any N with `points` values per channel.
func (n Normaliser) Apply(dst, src []float32, points int) {
	n.each(len(src), points, func(c, from, to int) {
		if n.Logarithmic(c) {
			for i := from; i < to; i++ {
				dst[i] = float32((math.Log(float64(src[i])) - n.Shift[c]) / n.Scale[c])
			}
			return
		}
		shift, inv := float32(n.Shift[c]), float32(1/n.Scale[c])
		for i := from; i < to; i++ {
			dst[i] = (src[i] - shift) * inv
		}
	})
}

// Invert maps network values back to physical ones, src into dst (which may be src).
func (n Normaliser) Invert(dst, src []float32, points int) {
	n.each(len(src), points, func(c, from, to int) {
		if n.Logarithmic(c) {
			for i := from; i < to; i++ {
				dst[i] = float32(math.Exp(float64(src[i])*n.Scale[c] + n.Shift[c]))
			}
			return
		}
		shift, scale := float32(n.Shift[c]), float32(n.Scale[c])
		for i := from; i < to; i++ {
			dst[i] = src[i]*scale + shift
		}
	})
}

func (n Normaliser) each(size, points int, f func(c, from, to int)) {
	channels := len(n.Scale)
	if channels == 0 || points == 0 || size%(channels*points) != 0 {
		panic(&ShapeError{Op: "eddy.Normaliser", What: "data", Got: []int{size}, Want: []int{-1, channels, points}})
	}
	for from := 0; from < size; from += points {
		f(from/points%channels, from, from+points)
	}
}
