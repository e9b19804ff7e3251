package nn

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Normalised says over which of its two axes the weights of an attention sum to one.
type Normalised uint8

// The axes: over keys every point's result is a mean of the values, as attention is meant; over queries is what PDEArena's AttentionBlock computes.
const (
	OverKeys Normalised = iota
	OverQueries
)

// Attention lets every point see every other one. qkv [B, 3·C, X…] are queries, keys and values of each point; the result [B, C, X…] is, at point i, Σ_j a[i, j]·v[j]
// with a the softmax, over j or over i, of q[i]·k[j]/√C. Memory grows with the square of the points.
func Attention(qkv *gorgonia.Node, over Normalised) *gorgonia.Node {
	if is32(qkv) {
		return attention[float32](qkv, over)
	}
	return attention[float64](qkv, over)
}

func attention[T kernel.Float](qkv *gorgonia.Node, over Normalised) *gorgonia.Node {
	const name = "Attention"
	B, three, n := field(name, qkv)
	if three%3 != 0 {
		panic(&eddy.ShapeError{Op: "nn.Attention", What: "queries, keys and values", Got: qkv.Shape(), Hint: "three times as many channels as the result are needed"})
	}
	c := three / 3
	scale := T(1 / math.Sqrt(float64(c)))
	weights := make([]T, B*n*n) // a[b, i, j]
	part := func(x []T, b, which int) []T { return x[(3*b+which)*c*n : (3*b+which+1)*c*n] }
	return apply(operation[T]{
		name: name, shape: append([]int{B, c}, qkv.Shape()[2:]...),
		run: func(y []T, in [][]T) {
			rows(B, func(b int) {
				q, k, v, a := part(in[0], b, 0), part(in[0], b, 1), part(in[0], b, 2), weights[b*n*n:(b+1)*n*n]
				kernel.Gemm(kernel.Transposed, kernel.NoTrans, n, n, c, q, n, k, n, kernel.Set, a, n)
				each(n, over, func(start, step int) { softmax(a, start, step, n, scale) })
				kernel.Gemm(kernel.NoTrans, kernel.Transposed, c, n, n, v, n, a, n, kernel.Set, y[b*c*n:(b+1)*c*n], n)
			})
		},
		adjoint: func(in gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
			slopes := make([]T, B*n*n)
			return gorgonia.Nodes{apply(operation[T]{
				name: "AttentionGrad", shape: qkv.Shape(), unread: []int{2},
				run: func(d []T, in [][]T) {
					rows(B, func(b int) {
						dy, x, a, da := in[0][b*c*n:(b+1)*c*n], in[1], weights[b*n*n:(b+1)*n*n], slopes[b*n*n:(b+1)*n*n]
						kernel.Gemm(kernel.NoTrans, kernel.NoTrans, c, n, n, dy, n, a, n, kernel.Set, part(d, b, 2), n)
						kernel.Gemm(kernel.Transposed, kernel.NoTrans, n, n, c, dy, n, part(x, b, 2), n, kernel.Set, da, n)
						each(n, over, func(start, step int) { softmaxSlope(da, a, start, step, n, scale) })
						kernel.Gemm(kernel.NoTrans, kernel.Transposed, c, n, n, part(x, b, 1), n, da, n, kernel.Set, part(d, b, 0), n)
						kernel.Gemm(kernel.NoTrans, kernel.NoTrans, c, n, n, part(x, b, 0), n, da, n, kernel.Set, part(d, b, 1), n)
					})
				},
			}, dy, in[0], y)}
		},
	}, qkv)
}

// each calls f for every line of an n×n matrix along which weights sum to one: its first element and the distance between elements.
func each(n int, over Normalised, f func(start, step int)) {
	for l := range n {
		if over == OverKeys {
			f(l*n, 1)
		} else {
			f(l, n)
		}
	}
}

// softmax replaces n elements by exp(scale·a), divided by their sum.
func softmax[T kernel.Float](a []T, start, step, n int, scale T) {
	top := a[start]
	for i := range n {
		top = max(top, a[start+i*step])
	}
	sum := 0.0
	for i := range n {
		e := math.Exp(float64(scale * (a[start+i*step] - top)))
		sum += e
		a[start+i*step] = T(e)
	}
	for i := range n {
		a[start+i*step] /= T(sum)
	}
}

// softmaxSlope replaces the gradient of n weights a by that of the numbers they came from: scale·a·(da − Σ a·da).
func softmaxSlope[T kernel.Float](da, a []T, start, step, n int, scale T) {
	var sum T
	for i := range n {
		sum += a[start+i*step] * da[start+i*step]
	}
	for i := range n {
		at := start + i*step
		da[at] = scale * a[at] * (da[at] - sum)
	}
}
