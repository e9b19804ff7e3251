package nn

import (
	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Concat joins channels: nodes [B, Cᵢ, X…] give [B, ΣCᵢ, X…]. A node [B, P] is spread over space as P constant channels; the first node must be a field.
func Concat(parts ...*gorgonia.Node) *gorgonia.Node { return Embed(nil, parts...) }

// Embed is [Concat] with fields that are the same for every sample behind it, such as [GridCoordinates]: fields is [F, X…] flat, F·points numbers.
func Embed(fields []float64, parts ...*gorgonia.Node) *gorgonia.Node {
	if len(parts) == 1 && len(fields) == 0 {
		return parts[0]
	}
	if is32(parts[0]) {
		return embed[float32](fields, parts)
	}
	return embed[float64](fields, parts)
}

func embed[T kernel.Float](fields []float64, parts []*gorgonia.Node) *gorgonia.Node {
	const name = "Concat"
	B, _, n := field(name, parts[0])
	if len(fields)%n != 0 {
		panic(&eddy.ShapeError{Op: "nn.Embed", What: "fields (elements)", Got: []int{len(fields)}, Want: []int{len(fields) / n * n}})
	}
	fixed := make([]T, len(fields))
	convert(fixed, fields)
	from := make([]int, len(parts)) // first channel of each part
	width := make([]int, len(parts))
	constant := make([]bool, len(parts))
	total := 0
	for i, p := range parts {
		s := p.Shape()
		if constant[i] = len(s) == 2; constant[i] {
			must(name, "scalars", p, B, -1)
		} else {
			must(name, "part", p, append([]int{B, -1}, parts[0].Shape()[2:]...)...)
		}
		from[i], width[i] = total, s[1]
		total += s[1]
	}
	joined := total * n // where the fixed fields begin within a sample
	total += len(fields) / n
	return apply(operation[T]{
		name: name, shape: append([]int{B, total}, parts[0].Shape()[2:]...),
		run: func(y []T, in [][]T) {
			rows(B, func(b int) {
				to := y[b*total*n : (b+1)*total*n]
				for i := range in {
					dst := to[from[i]*n : (from[i]+width[i])*n]
					if constant[i] {
						spread(dst, in[i][b*width[i]:(b+1)*width[i]], n)
					} else {
						copy(dst, in[i][b*width[i]*n:(b+1)*width[i]*n])
					}
				}
				copy(to[joined:], fixed)
			})
		},
		adjoint: func(in gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			grads := make(gorgonia.Nodes, len(in))
			for i := range in {
				if grads[i] = narrow[T](dy, from[i], from[i]+width[i]); constant[i] {
					grads[i] = sumPoints[T](grads[i])
				}
			}
			return grads
		},
	}, parts...)
}

// spread fills n points per channel with the channel's number.
func spread[T kernel.Float](dst, src []T, n int) {
	for c, v := range src {
		row := dst[c*n : (c+1)*n]
		for p := range row {
			row[p] = v
		}
	}
}

// sumPoints is the adjoint of spreading: [B, P, X…] summed to [B, P].
func sumPoints[T kernel.Float](x *gorgonia.Node) *gorgonia.Node {
	B, c, n := field("SumPoints", x)
	return apply(operation[T]{
		name: "SumPoints", shape: []int{B, c},
		run: func(y []T, in [][]T) {
			rows(B*c, func(r int) { y[r] = rowSum(in[0][r*n : (r+1)*n]) })
		},
	}, x)
}

// Narrow takes channels from…to−1 of x [B, C, X…], or of [B, C].
func Narrow(x *gorgonia.Node, from, to int) *gorgonia.Node {
	s := x.Shape()
	if len(s) < 2 || from < 0 || to > s[1] || from >= to {
		panic(&eddy.ShapeError{Op: "nn.Narrow", What: "input", Got: s, Want: []int{-1, to}, Hint: "at least that many channels are needed, and at least one taken"})
	}
	if from == 0 && to == s[1] {
		return x
	}
	if is32(x) {
		return narrow[float32](x, from, to)
	}
	return narrow[float64](x, from, to)
}

func narrow[T kernel.Float](x *gorgonia.Node, from, to int) *gorgonia.Node {
	s := x.Shape()
	if from == 0 && to == s[1] {
		return x
	}
	B, c, n := s[0], s[1], eddy.Size(s[2:])
	shape := append([]int{B, to - from}, s[2:]...)
	return apply(operation[T]{
		name: "Narrow", shape: shape,
		run: func(y []T, in [][]T) {
			w := (to - from) * n
			for b := range B {
				copy(y[b*w:(b+1)*w], in[0][(b*c+from)*n:])
			}
		},
		adjoint: func(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{widen[T](dy, nil, from, s)}
		},
	}, x)
}

// widen is the adjoint of narrow: dy as channels from… of a zero array of the given shape, plus acc if there is one.
func widen[T kernel.Float](dy, acc *gorgonia.Node, from int, shape []int) *gorgonia.Node {
	B, c, n := shape[0], shape[1], eddy.Size(shape[2:])
	w := dy.Shape()[1] * n
	o := operation[T]{name: "NarrowGrad", shape: shape}
	if acc != nil {
		o.overwrites = []int{1}
		o.run = func(dx []T, in [][]T) {
			if len(dx) > 0 && &dx[0] != &in[1][0] {
				copy(dx, in[1])
			}
			rows(B, func(b int) {
				to, src := dx[(b*c+from)*n:][:w], in[0][b*w:(b+1)*w]
				for p := range to {
					to[p] += src[p]
				}
			})
		}
		return apply(o, dy, acc)
	}
	o.run = func(dx []T, in [][]T) {
		clear(dx)
		for b := range B {
			copy(dx[(b*c+from)*n:], in[0][b*w:(b+1)*w])
		}
	}
	o.plus = func(in gorgonia.Nodes, acc *gorgonia.Node) *gorgonia.Node { return widen[T](in[0], acc, from, shape) }
	return apply(o, dy)
}

// GridCoordinates is the positional embedding of neuraloperator: one field per axis that runs from 0 in steps of 1/N (at j/N, the last point is not 1), as
// suits a periodic axis. The result is [d, X…] flat, for [Embed].
func GridCoordinates(size []int) []float64 {
	return coordinates(size, func(j, n int) float64 { return float64(j) / float64(n) })
}

// ClosedGridCoordinates is [GridCoordinates] with steps of 1/(N−1), so that the last point is 1: the positional embedding of the FNO paper's scripts.
func ClosedGridCoordinates(size []int) []float64 {
	return coordinates(size, func(j, n int) float64 { return float64(j) / float64(max(n-1, 1)) })
}

func coordinates(size []int, at func(j, n int) float64) []float64 {
	n := eddy.Size(size)
	out := make([]float64, len(size)*n)
	stride := n
	for a, m := range size {
		stride /= m
		row := out[a*n : (a+1)*n]
		for p := range row {
			row[p] = at(p/stride%m, m)
		}
	}
	return out
}
