package nn

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Pad adds before[i] zeros in front of axis i of x [B, C, X…] and after[i] behind it.
func Pad(x *gorgonia.Node, before, after []int) *gorgonia.Node {
	size := slices.Clone(x.Shape())
	checkMargins("Pad", x, before, after)
	for i := range before {
		size[i+2] += before[i] + after[i]
	}
	if is32(x) {
		return window[float32](x, before, size, inside)
	}
	return window[float64](x, before, size, inside)
}

// Crop removes before[i] points at the front of axis i of x [B, C, X…] and after[i] at its end: the inverse of [Pad].
func Crop(x *gorgonia.Node, before, after []int) *gorgonia.Node {
	size := slices.Clone(x.Shape())
	checkMargins("Crop", x, before, after)
	for i := range before {
		if size[i+2] -= before[i] + after[i]; size[i+2] < 1 {
			panic(&eddy.ShapeError{Op: "nn.Crop", What: "input", Got: x.Shape(), Hint: "nothing would be left"})
		}
	}
	if is32(x) {
		return window[float32](x, before, size, outside)
	}
	return window[float64](x, before, size, outside)
}

func checkMargins(name string, x *gorgonia.Node, before, after []int) {
	_, _, _ = field(name, x)
	d := len(x.Shape()) - 2
	if len(before) != d || len(after) != d || slices.Min(before) < 0 || slices.Min(after) < 0 {
		panic(&eddy.ShapeError{Op: "nn." + name, What: "margins", Got: []int{len(before), len(after)}, Want: []int{d, d}, Hint: "one non-negative number per axis"})
	}
}

// place says which of the two arrays of a window is the small one.
type place uint8

const (
	inside  place = iota // the input lies inside the output, the rest is zero
	outside              // the output is a part of the input
)

// window copies between a small array and the part of a large one that begins at offset. Each of the two directions is the other's adjoint.
func window[T kernel.Float](x *gorgonia.Node, offset, shape []int, p place) *gorgonia.Node {
	small, large := []int(x.Shape()), shape
	name, back := "Pad", outside
	if p == outside {
		small, large = large, small
		name, back = "Crop", inside
	}
	from := slices.Clone(x.Shape())
	fields := shape[0] * shape[1]
	w := newRuns(small[2:], large[2:], offset)
	return apply(operation[T]{
		name: name, shape: shape,
		run: func(y []T, in [][]T) {
			rows(fields, func(f int) {
				if p == inside {
					clear(y[f*w.large : (f+1)*w.large])
					w.each(func(s, l int) { copy(y[f*w.large+l:][:w.run], in[0][f*w.small+s:]) })
				} else {
					w.each(func(s, l int) { copy(y[f*w.small+s:][:w.run], in[0][f*w.large+l:]) })
				}
			})
		},
		adjoint: func(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{window[T](dy, offset, from, back)}
		},
	}, x)
}

// runs lists the contiguous pieces that a small field and its place in a large one share.
type runs struct {
	small, large int // points
	run          int // length of a piece
	start        []int
}

func newRuns(small, large, offset []int) runs {
	d := len(small)
	w := runs{small: eddy.Size(small), large: eddy.Size(large), run: small[d-1]}
	for p := 0; p < w.small; p += w.run {
		at, stride, rest := 0, 1, p
		for a := d - 1; a >= 0; a-- {
			at += (rest%small[a] + offset[a]) * stride
			rest /= small[a]
			stride *= large[a]
		}
		w.start = append(w.start, at)
	}
	return w
}

// each calls f with the positions of every piece in the small and in the large field.
func (w *runs) each(f func(small, large int)) {
	for i, at := range w.start {
		f(i*w.run, at)
	}
}
