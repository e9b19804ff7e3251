package nn

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Boundary says what a convolution sees beyond the edge of a field.
type Boundary = kernel.Boundary

// The boundaries: zeros, or the field repeated periodically.
const (
	ZeroBoundary     = kernel.ZeroBoundary
	PeriodicBoundary = kernel.PeriodicBoundary
)

// ConvSpec describes a convolution, the same on every axis.
type ConvSpec struct {
	Stride   int // 0 means 1
	Dilation int // distance of taps; 0 means 1
	Pad      int // points added on each side
	Boundary Boundary
}

// ConvTerms are the optional parts of [Conv].
type ConvTerms struct {
	Bias  *gorgonia.Node // [out], or nil
	Shift *gorgonia.Node // [B, out], a bias for each sample, or nil
	Add   *gorgonia.Node // of the result's shape, or nil
}

// Conv is a convolution of x [B, in, X…] with one or two space axes by w [out, in, taps…], as in torch a correlation, plus the terms:
//
//	y[b, o, p] = bias[o] + shift[b, o] + add[b, o, p] + Σ_{i, t} w[o, i, t] · x[b, i, Stride·p + Dilation·t − Pad]
//
// The result has ⌊(X + 2·Pad − Dilation·(taps−1) − 1)/Stride⌋ + 1 points an axis.
func Conv(x, w *gorgonia.Node, s ConvSpec, t ConvTerms) *gorgonia.Node {
	if is32(x) {
		return conv[float32](x, w, s, t)
	}
	return conv[float64](x, w, s, t)
}

// newConv is the plan of a convolution from in channels on size points to out, with taps.
func newConv[T kernel.Float](name string, batch, in, out int, size, taps []int, s ConvSpec) *kernel.Conv[T] {
	every := func(v int) []int { return slices.Repeat([]int{v}, len(size)) }
	c, err := kernel.NewConv[T](kernel.ConvConfig{
		Batch: batch, In: in, Out: out, Size: size, Kernel: taps, Boundary: s.Boundary,
		Stride: every(max(s.Stride, 1)), Dilation: every(max(s.Dilation, 1)), Pad: every(s.Pad),
	})
	if err != nil {
		panic(&eddy.ShapeError{Op: "nn." + name, What: "input", Got: append([]int{batch, in}, size...), Hint: err.Error()})
	}
	return c
}

func conv[T kernel.Float](x, w *gorgonia.Node, s ConvSpec, t ConvTerms) *gorgonia.Node {
	const name = "Conv"
	B, in, _ := field(name, x)
	size := []int(x.Shape()[2:])
	must(name, "weight", w, append([]int{-1, in}, slices.Repeat([]int{-1}, len(size))...)...)
	out := w.Shape()[0]
	plan := newConv[T](name, B, in, out, size, w.Shape()[2:], s)
	shape := append([]int{B, out}, plan.Config().OutSize()...)
	inputs := gorgonia.Nodes{x, w}
	bias, shift, add := -1, -1, -1 // positions of the optional inputs
	if t.Bias != nil {
		must(name, "bias", t.Bias, out)
		bias, inputs = len(inputs), append(inputs, t.Bias)
	}
	if t.Shift != nil {
		must(name, "shift", t.Shift, B, out)
		shift, inputs = len(inputs), append(inputs, t.Shift)
	}
	o := operation[T]{name: name, shape: shape}
	if t.Add != nil {
		must(name, "added term", t.Add, shape...)
		add, inputs = len(inputs), append(inputs, t.Add)
		o.overwrites = []int{add}
	}
	var both []T // bias + shift
	if bias >= 0 && shift >= 0 {
		both = make([]T, B*out)
	}
	o.run = func(y []T, a [][]T) {
		b, store := optional(a, bias), kernel.Set
		if shift >= 0 {
			b = a[shift]
		}
		if both != nil {
			for i, v := range a[shift] {
				both[i] = v + a[bias][i%out]
			}
			b = both
		}
		if add >= 0 {
			store = kernel.Add
			if len(y) > 0 && &y[0] != &a[add][0] {
				copy(y, a[add])
			}
		}
		plan.Forward(y, a[0], a[1], b, store)
	}
	o.adjoint = func(n gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
		grads := make(gorgonia.Nodes, len(n))
		grads[0] = convGradInput(plan, dy, n[1], nil, n[0].Shape())
		grads[1] = convGradWeight(plan, dy, n[0], n[1].Shape())
		if bias >= 0 || shift >= 0 {
			sums := sumPoints[T](dy)
			if bias >= 0 {
				grads[bias] = sumSamples[T](sums)
			}
			if shift >= 0 {
				grads[shift] = sums
			}
		}
		if add >= 0 {
			grads[add] = dy
		}
		return grads
	}
	return apply(o, inputs...)
}

// convGradInput is the gradient of a convolution's input, plus acc if there is one.
func convGradInput[T kernel.Float](plan *kernel.Conv[T], dy, w, acc *gorgonia.Node, shape []int) *gorgonia.Node {
	o := operation[T]{name: "ConvGradInput", shape: shape}
	if acc != nil {
		o.overwrites = []int{2}
		o.run = func(dx []T, a [][]T) {
			if len(dx) > 0 && &dx[0] != &a[2][0] {
				copy(dx, a[2])
			}
			plan.BackwardInput(dx, a[0], a[1], kernel.Add)
		}
		return apply(o, dy, w, acc)
	}
	o.run = func(dx []T, a [][]T) { plan.BackwardInput(dx, a[0], a[1], kernel.Set) }
	o.plus = func(a gorgonia.Nodes, acc *gorgonia.Node) *gorgonia.Node {
		return convGradInput(plan, a[0], a[1], acc, shape)
	}
	return apply(o, dy, w)
}

// convGradWeight is the gradient of a convolution's weight.
func convGradWeight[T kernel.Float](plan *kernel.Conv[T], dy, x *gorgonia.Node, shape []int) *gorgonia.Node {
	return apply(operation[T]{
		name: "ConvGradWeight", shape: shape,
		run: func(dw []T, a [][]T) { plan.BackwardWeight(dw, nil, a[0], a[1], kernel.Set) },
	}, dy, x)
}

// sumSamples is Σ over the batch of x [B, C]: samples in order.
func sumSamples[T kernel.Float](x *gorgonia.Node) *gorgonia.Node {
	B, c := x.Shape()[0], x.Shape()[1]
	return apply(operation[T]{
		name: "SumSamples", shape: []int{c},
		run: func(y []T, a [][]T) {
			clear(y)
			for b := range B {
				for i, v := range a[0][b*c : (b+1)*c] {
					y[i] += v
				}
			}
		},
	}, x)
}

// ConvTransposed is the adjoint of a convolution as a layer, x [B, in, X…] by w [in, out, taps…] plus bias [out] or nil: with stride 2 and four taps it doubles the
// points. With a zero boundary it is torch's ConvTranspose; with a periodic one, what falls beyond one end arrives at the other, so that the layer commutes with
// shifts of its input. The result has (X−1)·Stride − 2·Pad + Dilation·(taps−1) + 1 points an axis.
func ConvTransposed(x, w, bias *gorgonia.Node, s ConvSpec) *gorgonia.Node {
	if is32(x) {
		return convTransposed[float32](x, w, bias, s)
	}
	return convTransposed[float64](x, w, bias, s)
}

func convTransposed[T kernel.Float](x, w, bias *gorgonia.Node, s ConvSpec) *gorgonia.Node {
	const name = "ConvTransposed"
	B, in, _ := field(name, x)
	from := []int(x.Shape()[2:])
	must(name, "weight", w, append([]int{in, -1}, slices.Repeat([]int{-1}, len(from))...)...)
	out, taps := w.Shape()[1], w.Shape()[2:]
	size := make([]int, len(from))
	for i, n := range from {
		size[i] = (n-1)*max(s.Stride, 1) - 2*s.Pad + max(s.Dilation, 1)*(taps[i]-1) + 1
	}
	plan := newConv[T](name, B, out, in, size, taps, s)
	inputs := gorgonia.Nodes{x, w}
	if bias != nil {
		must(name, "bias", bias, out)
		inputs = append(inputs, bias)
	}
	points := eddy.Size(size)
	return apply(operation[T]{
		name: name, shape: append([]int{B, out}, size...),
		run: func(y []T, a [][]T) {
			plan.BackwardInput(y, a[0], a[1], kernel.Set)
			if len(a) > 2 {
				kernel.BiasForward(y, a[2], B, out, points)
			}
		},
		adjoint: func(n gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			dx := apply(operation[T]{
				name: "ConvTransposedGradInput", shape: n[0].Shape(),
				run: func(dx []T, a [][]T) { plan.Forward(dx, a[0], a[1], nil, kernel.Set) },
			}, dy, n[1])
			dw := apply(operation[T]{
				name: "ConvTransposedGradWeight", shape: n[1].Shape(),
				run: func(dw []T, a [][]T) { plan.BackwardWeight(dw, nil, a[1], a[0], kernel.Set) },
			}, dy, n[0])
			grads := gorgonia.Nodes{dx, dw}
			if bias != nil {
				grads = append(grads, sumSamples[T](sumPoints[T](dy)))
			}
			return grads
		},
	}, inputs...)
}
