package nn

import (
	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
	"github.com/eddy-pde/eddy/internal/par"
)

// rows shares n rows of elementwise work among threads.
func rows(n int, f func(i int)) { par.For(n, f) }

// pieces cuts elementwise work on n elements into pieces that do not depend on the number of threads.
func pieces(n int, f func(lo, hi int)) {
	const piece = 1 << 14
	par.For((n+piece-1)/piece, func(i int) { f(i*piece, min((i+1)*piece, n)) })
}

// Sum adds nodes of one shape; scalars too. The sum of one node is the node.
func Sum(terms ...*gorgonia.Node) *gorgonia.Node {
	if len(terms) == 1 {
		return terms[0]
	}
	weights := make([]float64, len(terms))
	for i := range weights {
		weights[i] = 1
	}
	return WeightedSum(weights, terms...)
}

// Add is a + b.
func Add(a, b *gorgonia.Node) *gorgonia.Node { return Sum(a, b) }

// Scale is factor·x.
func Scale(factor float64, x *gorgonia.Node) *gorgonia.Node {
	return WeightedSum([]float64{factor}, x)
}

// WeightedSum is Σ weights[i]·terms[i] of nodes of one shape, scalars too. It panics with *eddy.ShapeError if shapes or numbers differ.
func WeightedSum(weights []float64, terms ...*gorgonia.Node) *gorgonia.Node {
	if len(weights) != len(terms) || len(terms) == 0 {
		panic(&eddy.ShapeError{Op: "nn.WeightedSum", What: "weights", Got: []int{len(weights)}, Want: []int{len(terms)}})
	}
	if is32(terms[0]) {
		return weightedSum[float32](weights, terms)
	}
	return weightedSum[float64](weights, terms)
}

func weightedSum[T kernel.Float](weights []float64, terms []*gorgonia.Node) *gorgonia.Node {
	shape := shapeOf(terms[0])
	o := operation[T]{name: "WeightedSum", shape: shape}
	w := make([]T, len(weights))
	for i, t := range terms {
		must("WeightedSum", "term", t, terms[0].Shape()...)
		w[i] = T(weights[i])
		o.overwrites = append(o.overwrites, i)
	}
	o.run = func(y []T, in [][]T) {
		pieces(len(y), func(lo, hi int) {
			switch len(in) { // the usual cases in one pass
			case 1:
				scaleRow(y[lo:hi], in[0][lo:hi], w[0])
				return
			case 2:
				weighTwo(y[lo:hi], in[0][lo:hi], in[1][lo:hi], w[0], w[1])
				return
			}
			for p := lo; p < hi; p++ {
				var s T
				for i := range in {
					s += w[i] * in[i][p]
				}
				y[p] = s
			}
		})
	}
	o.adjoint = func(in gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
		grads := make(gorgonia.Nodes, len(in))
		for i := range in {
			if grads[i] = dy; weights[i] != 1 {
				grads[i] = Scale(weights[i], dy)
			}
		}
		return grads
	}
	return apply(o, terms...)
}

func weighTwo[T kernel.Float](y, a, b []T, wa, wb T) {
	a, b = a[:len(y)], b[:len(y)]
	if wa == 1 && wb == 1 {
		for p := range y {
			y[p] = a[p] + b[p]
		}
		return
	}
	for p := range y {
		y[p] = wa*a[p] + wb*b[p]
	}
}

// shapeOf is a node's shape, nil for a scalar.
func shapeOf(n *gorgonia.Node) []int {
	if n.IsScalar() {
		return nil
	}
	return n.Shape()
}

// Detach is x without a gradient: nothing flows back through it.
func Detach(x *gorgonia.Node) *gorgonia.Node {
	if is32(x) {
		return detach[float32](x)
	}
	return detach[float64](x)
}

func detach[T kernel.Float](x *gorgonia.Node) *gorgonia.Node {
	return apply(operation[T]{name: "Detach", shape: shapeOf(x), view: true}, x)
}

// Gate multiplies every channel by a gain: y[b, c] = gain[c]·x[b, c] with x [B, C, X…] and gain [C].
func Gate(x, gain *gorgonia.Node) *gorgonia.Node {
	if is32(x) {
		return gate[float32](x, gain)
	}
	return gate[float64](x, gain)
}

func gate[T kernel.Float](x, gain *gorgonia.Node) *gorgonia.Node {
	B, c, n := field("Gate", x)
	must("Gate", "gain", gain, c)
	o := operation[T]{name: "Gate", shape: x.Shape(), overwrites: []int{0}}
	o.run = func(y []T, in [][]T) {
		rows(B*c, func(r int) { scaleRow(y[r*n:(r+1)*n], in[0][r*n:(r+1)*n], in[1][r%c]) })
	}
	o.adjoint = func(in gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
		dgain := apply(operation[T]{
			name: "GateGradGain", shape: []int{c},
			run: func(dg []T, ins [][]T) { channelDots(dg, ins[0], ins[1], B, c, n) },
		}, dy, in[0])
		return gorgonia.Nodes{gateGradInput[T](dy, in[1], nil), dgain}
	}
	return apply(o, x, gain)
}

// gateGradInput is gain·dy, plus acc if there is one.
func gateGradInput[T kernel.Float](dy, gain, acc *gorgonia.Node) *gorgonia.Node {
	B, c, n := field("GateGradInput", dy)
	o := operation[T]{name: "GateGradInput", shape: dy.Shape(), overwrites: []int{0}}
	if acc != nil {
		o.overwrites = []int{2, 0}
		o.run = func(dx []T, in [][]T) {
			rows(B*c, func(r int) {
				d, y, a, g := dx[r*n:(r+1)*n], in[0][r*n:(r+1)*n], in[2][r*n:(r+1)*n], in[1][r%c]
				for p := range d {
					d[p] = a[p] + g*y[p]
				}
			})
		}
		return apply(o, dy, gain, acc)
	}
	o.run = func(dx []T, in [][]T) {
		rows(B*c, func(r int) { scaleRow(dx[r*n:(r+1)*n], in[0][r*n:(r+1)*n], in[1][r%c]) })
	}
	o.plus = func(in gorgonia.Nodes, acc *gorgonia.Node) *gorgonia.Node {
		return gateGradInput[T](in[0], in[1], acc)
	}
	return apply(o, dy, gain)
}

func scaleRow[T kernel.Float](y, x []T, factor T) {
	x = x[:len(y)]
	for p := range y {
		y[p] = factor * x[p]
	}
}

// channelDots computes dst[c] = Σ_b Σ_p a[b, c, p]·x[b, c, p], with samples in order.
func channelDots[T kernel.Float](dst, a, x []T, B, c, n int) {
	rows(c, func(i int) {
		var sum T
		for b := range B {
			r := (b*c + i) * n
			sum += dot(a[r:r+n], x[r:r+n])
		}
		dst[i] = sum
	})
}

// dot adds up in four interleaved partial sums.
func dot[T kernel.Float](a, x []T) T {
	var s0, s1, s2, s3 T
	x = x[:len(a)]
	for len(a) >= 4 && len(x) >= 4 {
		s0 += a[0] * x[0]
		s1 += a[1] * x[1]
		s2 += a[2] * x[2]
		s3 += a[3] * x[3]
		a, x = a[4:], x[4:]
	}
	for p := range a {
		s0 += a[p] * x[p]
	}
	return (s0 + s1) + (s2 + s3)
}

// AddBias adds one number per channel: x [B, C, X…], bias [C].
func AddBias(x, bias *gorgonia.Node) *gorgonia.Node {
	if is32(x) {
		return addBias[float32](x, bias)
	}
	return addBias[float64](x, bias)
}

func addBias[T kernel.Float](x, bias *gorgonia.Node) *gorgonia.Node {
	B, c, n := field("AddBias", x)
	must("AddBias", "bias", bias, c)
	return apply(operation[T]{
		name: "AddBias", shape: x.Shape(), overwrites: []int{0},
		run: func(y []T, in [][]T) {
			rows(B*c, func(r int) {
				d, s, shift := y[r*n:(r+1)*n], in[0][r*n:(r+1)*n], in[1][r%c]
				for p := range d {
					d[p] = s[p] + shift
				}
			})
		},
		adjoint: func(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			dbias := apply(operation[T]{
				name: "AddBiasGrad", shape: []int{c},
				run: func(db []T, in [][]T) { channelSums(db, in[0], B, c, n) },
			}, dy)
			return gorgonia.Nodes{dy, dbias}
		},
	}, x, bias)
}

// channelSums computes dst[c] = Σ_b Σ_p x[b, c, p], with samples in order.
func channelSums[T kernel.Float](dst, x []T, B, c, n int) {
	rows(c, func(i int) {
		var sum T
		for b := range B {
			sum += rowSum(x[(b*c+i)*n : (b*c+i+1)*n])
		}
		dst[i] = sum
	})
}

func rowSum[T kernel.Float](x []T) T {
	var s0, s1, s2, s3 T
	for len(x) >= 4 {
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
		x = x[4:]
	}
	for _, v := range x {
		s0 += v
	}
	return (s0 + s1) + (s2 + s3)
}

// Affine maps channels with constants, y[b, c] = scale[c]·x[b, c] + shift[c], as normalisers do; x is [B, C, X…].
func Affine(x *gorgonia.Node, scale, shift []float64) *gorgonia.Node {
	if is32(x) {
		return affine[float32](x, scale, shift)
	}
	return affine[float64](x, scale, shift)
}

func affine[T kernel.Float](x *gorgonia.Node, scale, shift []float64) *gorgonia.Node {
	B, c, n := field("Affine", x)
	if len(scale) != c || len(shift) != c {
		panic(&eddy.ShapeError{Op: "nn.Affine", What: "scale, shift", Got: []int{len(scale), len(shift)}, Want: []int{c, c}})
	}
	return apply(operation[T]{
		name: "Affine", shape: x.Shape(), overwrites: []int{0},
		run: func(y []T, in [][]T) {
			rows(B*c, func(r int) {
				d, s, a, b := y[r*n:(r+1)*n], in[0][r*n:(r+1)*n], T(scale[r%c]), T(shift[r%c])
				for p := range d {
					d[p] = a*s[p] + b
				}
			})
		},
		adjoint: func(_ gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{Affine(dy, scale, make([]float64, c))}
		},
	}, x)
}
