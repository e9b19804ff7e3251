package nn

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Modes are the frequencies that a spectral layer keeps: Lo[i]…Hi[i] along axis i, both included; Lo of the last axis is 0, since the field is real.
type Modes struct{ Lo, Hi []int }

// Shape is the number of frequencies kept per axis.
func (m Modes) Shape() []int {
	s := make([]int, len(m.Lo))
	for i := range s {
		s[i] = m.Hi[i] - m.Lo[i] + 1
	}
	return s
}

// SpectralShape is the shape of a spectral weight: frequencies per axis in the order Lo…Hi, inputs, real and imaginary part, outputs.
func SpectralShape(m Modes, in, out int) []int { return append(m.Shape(), in, 2, out) }

// Spectral is the Fourier layer's convolution: x [B, in, X…] is transformed, each frequency's channels are mixed by w (see [SpectralShape]), frequencies that
// are not kept become zero, and the result [B, out, X…] is transformed back.
//
// With x̂[k] = 1/N Σ x[n] e^{−2πi k·n/N} it is y = Re Σ c(k_d) (x̂[k]·w[k]) e^{2πi k·n/N}, where c is 1 at k_d = 0 and k_d = N_d/2 and 2 elsewhere: as
// torch.fft.rfftn and irfftn with norm="forward", so weights do not depend on the grid. It panics with *eddy.ShapeError if a frequency does not fit the grid.
func Spectral(x, w *gorgonia.Node, m Modes) *gorgonia.Node {
	if is32(x) {
		return spectral[float32](x, w, m)
	}
	return spectral[float64](x, w, m)
}

func spectral[T kernel.Float](x, w *gorgonia.Node, m Modes) *gorgonia.Node {
	const name = "Spectral"
	plan, _, out := newPlan[T](name, x, w, m)
	ws := w.Shape()
	shape := slices.Clone([]int(x.Shape()))
	shape[1] = out
	return apply(operation[T]{
		name: name, shape: shape,
		run: func(y []T, ins [][]T) { plan.Forward(y, ins[0], ins[1]) },
		adjoint: func(ins gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
			dx := apply(operation[T]{
				name: "SpectralGradInput", shape: x.Shape(), unread: []int{2},
				run: func(dx []T, in [][]T) { plan.BackwardInput(dx, in[0], in[1]) },
			}, dy, ins[1], y)
			// The spectra of x and dy are in the plan: dw only has to run after dx.
			dw := apply(operation[T]{
				name: "SpectralGradWeight", shape: ws, unread: []int{0},
				run: func(dw []T, _ [][]T) { plan.BackwardWeight(dw) },
			}, dx)
			return gorgonia.Nodes{dx, dw}
		},
	}, x, w)
}

// newPlan prepares the transforms for x [B, in, X…] and w, or panics with *eddy.ShapeError.
func newPlan[T kernel.Float](name string, x, w *gorgonia.Node, m Modes) (plan *kernel.Spectral[T], in, out int) {
	B, in, _ := field(name, x)
	size, ws := x.Shape()[2:], w.Shape()
	if len(ws) != len(size)+3 || len(m.Lo) != len(size) || len(m.Hi) != len(size) {
		panic(&eddy.ShapeError{Op: "nn." + name, What: "weight", Got: ws, Hint: fmt.Sprintf("expected [k…, in, 2, out] for the %d axes of the input and of the modes", len(size))})
	}
	out = ws[len(ws)-1]
	must(name, "weight", w, SpectralShape(m, in, out)...)
	plan, err := kernel.NewSpectral[T](kernel.SpectralConfig{Batch: B, In: in, Out: out, Size: slices.Clone(size), Lo: m.Lo, Hi: m.Hi})
	if err != nil {
		panic(&eddy.ShapeError{Op: "nn." + name, What: "input", Got: x.Shape(), Hint: err.Error()})
	}
	return plan, in, out
}

// QuarterTurn doubles the outputs of a spectral weight: the second half is −i times the first, so that the layer also gives the imaginary part of what
// it usually takes the real part of. w is [k…, in, 2, out], the result [k…, in, 2, 2·out].
func QuarterTurn(w *gorgonia.Node) *gorgonia.Node {
	if is32(w) {
		return quarterTurn[float32](w)
	}
	return quarterTurn[float64](w)
}

func quarterTurn[T kernel.Float](w *gorgonia.Node) *gorgonia.Node {
	s := w.Shape()
	out := s[len(s)-1]
	rows := s.TotalSize() / (2 * out)
	shape := slices.Clone([]int(s))
	shape[len(shape)-1] = 2 * out
	return apply(operation[T]{
		name: "QuarterTurn", shape: shape,
		run: func(v []T, in [][]T) {
			for r := range rows {
				re, im := in[0][2*r*out:(2*r+1)*out], in[0][(2*r+1)*out:(2*r+2)*out]
				vre, vim := v[4*r*out:(4*r+2)*out], v[(4*r+2)*out:(4*r+4)*out]
				copy(vre, re)
				copy(vre[out:], im)
				copy(vim, im)
				for o := range out {
					vim[out+o] = -re[o]
				}
			}
		},
		adjoint: func(_ gorgonia.Nodes, _, dv *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{apply(operation[T]{
				name: "QuarterTurnGrad", shape: s,
				run: func(dw []T, in [][]T) {
					for r := range rows {
						vre, vim := in[0][4*r*out:(4*r+2)*out], in[0][(4*r+2)*out:(4*r+4)*out]
						for o := range out {
							dw[2*r*out+o] = vre[o] - vim[out+o]
							dw[(2*r+1)*out+o] = vim[o] + vre[out+o]
						}
					}
				},
			}, dv)}
		},
	}, w)
}

// ShiftDown moves the spectrum of a complex field by one frequency down the given axes and takes the real part: z [B, 2·C, X…] holds real parts, then
// imaginary parts, and the result [B, C, X…] is Re(z·e^{−iθ}) with θ = 2π Σ x_a/N_a over the axes.
func ShiftDown(z *gorgonia.Node, axes []int) *gorgonia.Node {
	if is32(z) {
		return shiftDown[float32](z, axes)
	}
	return shiftDown[float64](z, axes)
}

func shiftDown[T kernel.Float](z *gorgonia.Node, axes []int) *gorgonia.Node {
	B, c2, n := field("ShiftDown", z)
	c := c2 / 2
	cos, sin := make([]T, n), make([]T, n)
	size := z.Shape()[2:]
	for p := range n {
		var theta float64
		rest := p
		for a := len(size) - 1; a >= 0; a-- {
			if slices.Contains(axes, a) {
				theta += float64(rest%size[a]) / float64(size[a])
			}
			rest /= size[a]
		}
		s, k := math.Sincos(2 * math.Pi * theta)
		cos[p], sin[p] = T(k), T(s)
	}
	return apply(operation[T]{
		name: "ShiftDown", shape: append([]int{B, c}, size...),
		run: func(y []T, in [][]T) {
			rows(B*c, func(r int) {
				b, i := r/c, r%c
				re, im := in[0][(b*c2+i)*n:][:n], in[0][(b*c2+c+i)*n:][:n]
				for p := range n {
					y[r*n+p] = cos[p]*re[p] + sin[p]*im[p]
				}
			})
		},
		adjoint: func(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{apply(operation[T]{
				name: "ShiftDownGrad", shape: z.Shape(),
				run: func(dz []T, in [][]T) {
					rows(B*c, func(r int) {
						b, i := r/c, r%c
						re, im := dz[(b*c2+i)*n:][:n], dz[(b*c2+c+i)*n:][:n]
						for p, v := range in[0][r*n : (r+1)*n] {
							re[p], im[p] = cos[p]*v, sin[p]*v
						}
					})
				},
			}, dy)}
		},
	}, z)
}
