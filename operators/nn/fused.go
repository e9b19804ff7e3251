package nn

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy/internal/kernel"
)

// The operations of this file are several of the others in one, sample by sample or tile by tile, so that what passes between them stays in cache.

// FourierBlock is act(Spectral(x, w, m) + W·x + bias): see [Spectral] for w and m and [Linear] for skip [out, in] and bias [out], which may be nil.
func FourierBlock(x, w, skip, bias *gorgonia.Node, m Modes, act Activation) *gorgonia.Node {
	if is32(x) {
		return fourierBlock[float32](x, w, skip, bias, m, act)
	}
	return fourierBlock[float64](x, w, skip, bias, m, act)
}

func fourierBlock[T kernel.Float](x, w, skip, bias *gorgonia.Node, m Modes, act Activation) *gorgonia.Node {
	const name = "FourierBlock"
	plan, in, out := newPlan[T](name, x, w, m)
	must(name, "skip weight", skip, out, in)
	inputs := gorgonia.Nodes{x, w, skip}
	if bias != nil {
		must(name, "bias", bias, out)
		inputs = append(inputs, bias)
	}
	shape := slices.Clone([]int(x.Shape()))
	shape[1] = out
	var keep bool // the adjoint exists, so it needs the activation's argument
	var pre []T
	return apply(operation[T]{
		name: name, shape: shape,
		run: func(y []T, in [][]T) {
			if keep && pre == nil {
				pre = make([]T, len(y))
			}
			plan.BlockForward(y, pre, in[0], blockWeights(in), act)
		},
		adjoint: func(in gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
			keep = act != Identity
			dw := kernel.BlockWeights[T]{Spectral: make([]T, plan.WeightLen()), Linear: make([]T, skip.Shape().TotalSize())}
			if bias != nil {
				dw.Bias = make([]T, out)
			}
			dx := apply(operation[T]{
				name: "FourierBlockGrad", shape: x.Shape(), unread: []int{4},
				run: func(dx []T, in [][]T) {
					plan.BlockBackward(dx, dw, in[0], pre, in[1], kernel.BlockWeights[T]{Spectral: in[2], Linear: in[3]}, act)
				},
			}, dy, in[0], in[1], in[2], y)
			grads := gorgonia.Nodes{dx, sideResult(dx, dw.Spectral, w.Shape()...), sideResult(dx, dw.Linear, out, in[0].Shape()[1])}
			if bias != nil {
				grads = append(grads, sideResult(dx, dw.Bias, out))
			}
			return grads
		},
	}, inputs...)
}

// blockWeights are the inputs of a FourierBlock behind x.
func blockWeights[T kernel.Float](in [][]T) kernel.BlockWeights[T] {
	w := kernel.BlockWeights[T]{Spectral: in[1], Linear: in[2]}
	if len(in) > 3 {
		w.Bias = in[3]
	}
	return w
}

// MLPNodes are the weights of a two-layer pointwise network: W1 [hidden, in], B1 [hidden], W2 [out, hidden], B2 [out].
type MLPNodes struct{ W1, B1, W2, B2 *gorgonia.Node }

// MLP is W2·act(W1·x + B1) + B2 at every point of x [B, in, X…]. The hidden layer is computed again for the gradient rather than kept.
func MLP(x *gorgonia.Node, w MLPNodes, act Activation) *gorgonia.Node {
	if is32(x) {
		return mlp[float32](x, w, act)
	}
	return mlp[float64](x, w, act)
}

func mlp[T kernel.Float](x *gorgonia.Node, w MLPNodes, act Activation) *gorgonia.Node {
	const name = "MLP"
	B, in, n := field(name, x)
	must(name, "first weight", w.W1, -1, in)
	hidden := w.W1.Shape()[0]
	must(name, "first bias", w.B1, hidden)
	must(name, "second weight", w.W2, -1, hidden)
	out := w.W2.Shape()[0]
	must(name, "second bias", w.B2, out)
	weights := func(a [][]T) kernel.MLPWeights[T] {
		return kernel.MLPWeights[T]{W1: a[0], B1: a[1], W2: a[2], B2: a[3]}
	}
	shape := append([]int{B, out}, x.Shape()[2:]...)
	return apply(operation[T]{
		name: name, shape: shape,
		run: func(y []T, a [][]T) { kernel.MLPForward(y, a[0], weights(a[1:]), B, in, hidden, out, n, act) },
		adjoint: func(nodes gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			dw := [4][]T{make([]T, hidden*in), make([]T, hidden), make([]T, out*hidden), make([]T, out)}
			dx := apply(operation[T]{
				name: "MLPGrad", shape: x.Shape(),
				run: func(dx []T, a [][]T) {
					kernel.MLPBackward(dx, weights(dw[:]), a[0], a[1], weights(a[2:]), B, in, hidden, out, n, act)
				},
			}, append(gorgonia.Nodes{dy}, nodes...)...)
			grads := gorgonia.Nodes{dx}
			for i, d := range dw {
				grads = append(grads, sideResult(dx, d, nodes[i+1].Shape()...))
			}
			return grads
		},
	}, x, w.W1, w.B1, w.W2, w.B2)
}

// GatedSum is act(y + gain·x) with y and x [B, C, X…] and gain [C]: a path beside another one, weighted channel by channel.
func GatedSum(y, x, gain *gorgonia.Node, act Activation) *gorgonia.Node {
	if is32(x) {
		return gatedSum[float32](y, x, gain, act)
	}
	return gatedSum[float64](y, x, gain, act)
}

func gatedSum[T kernel.Float](y, x, gain *gorgonia.Node, act Activation) *gorgonia.Node {
	const name = "GatedSum"
	B, c, n := field(name, x)
	must(name, "other term", y, x.Shape()...)
	must(name, "gain", gain, c)
	var keep bool
	var pre []T
	return apply(operation[T]{
		name: name, shape: x.Shape(), overwrites: []int{0, 1},
		run: func(z []T, in [][]T) {
			if keep && pre == nil {
				pre = make([]T, len(z))
			}
			sum := z
			if keep {
				sum = pre
			}
			inParts(B*c, n, func(from, to int) {
				rows(to-from, func(i int) {
					r := from + i
					addScaled(sum[r*n:(r+1)*n], in[0][r*n:(r+1)*n], in[1][r*n:(r+1)*n], in[2][r%c])
				})
				if act != Identity {
					kernel.ActivationForward(z[from*n:to*n], sum[from*n:to*n], act)
				}
			})
		},
		adjoint: func(in gorgonia.Nodes, out, dz *gorgonia.Node) gorgonia.Nodes {
			keep = act != Identity
			dots := make([]T, B*c)
			dy := apply(operation[T]{
				name: "GatedSumGrad", shape: x.Shape(), overwrites: []int{0}, unread: []int{2},
				run: func(dy []T, a [][]T) {
					inParts(B*c, n, func(from, to int) {
						if act == Identity {
							copy(dy[from*n:to*n], a[0][from*n:to*n])
						} else {
							kernel.ActivationBackward(dy[from*n:to*n], pre[from*n:to*n], a[0][from*n:to*n], act)
						}
						rows(to-from, func(i int) {
							r := from + i
							dots[r] = dot(dy[r*n:(r+1)*n], a[1][r*n:(r+1)*n])
						})
					})
				},
			}, dz, in[1], out)
			dgain := apply(operation[T]{
				name: "GatedSumGradGain", shape: []int{c}, unread: []int{0},
				run: func(dg []T, _ [][]T) {
					clear(dg)
					for r, v := range dots {
						dg[r%c] += v
					}
				},
			}, dy)
			return gorgonia.Nodes{dy, gateGradInput[T](dy, in[2], nil), dgain}
		},
	}, y, x, gain)
}

// inParts calls f on consecutive ranges of rows that are small enough to stay in the outer cache between two passes, and large enough for all threads.
func inParts(count, n int, f func(from, to int)) {
	const values = 1 << 19
	step := max(1, values/n)
	for from := 0; from < count; from += step {
		f(from, min(from+step, count))
	}
}

// addScaled is dst = y + factor·x; dst may be y or x.
func addScaled[T kernel.Float](dst, y, x []T, factor T) {
	y, x = y[:len(dst)], x[:len(dst)]
	for p := range dst {
		dst[p] = y[p] + factor*x[p]
	}
}
