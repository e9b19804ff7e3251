package nn

import (
	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy/internal/kernel"
)

// Activation names an elementwise nonlinearity.
type Activation = kernel.Activation

// The nonlinearities. GELU is the exact, erf form.
const (
	Identity = kernel.Identity
	GELU     = kernel.GELU
	SiLU     = kernel.SiLU
	Tanh     = kernel.Tanh
	ReLU     = kernel.ReLU
)

// LinearTerms are the optional parts of [Linear].
type LinearTerms struct {
	Bias *gorgonia.Node // [out], or nil
	Add  *gorgonia.Node // [B, out, X…], added before the activation, or nil
	Act  Activation     // zero value: none
}

// Linear mixes channels at every point, act(w·x + bias + add), with x [B, in, X…] and w [out, in]; the result is [B, out, X…]. It is a 1×1 convolution.
func Linear(x, w *gorgonia.Node, t LinearTerms) *gorgonia.Node {
	if is32(x) {
		return linear[float32](x, w, t)
	}
	return linear[float64](x, w, t)
}

func linear[T kernel.Float](x, w *gorgonia.Node, t LinearTerms) *gorgonia.Node {
	const name = "Linear"
	B, in, n := field(name, x)
	must(name, "weight", w, -1, in)
	out := w.Shape()[0]
	shape := append([]int{B, out}, x.Shape()[2:]...)
	inputs := gorgonia.Nodes{x, w}
	bias, add := -1, -1 // positions of the optional inputs
	if t.Bias != nil {
		must(name, "bias", t.Bias, out)
		bias, inputs = len(inputs), append(inputs, t.Bias)
	}
	if t.Add != nil {
		must(name, "added term", t.Add, shape...)
		add, inputs = len(inputs), append(inputs, t.Add)
	}
	var keep bool // the adjoint exists, so it needs the activation's argument
	var pre []T
	o := operation[T]{name: name, shape: shape}
	o.run = func(dst []T, in2 [][]T) {
		if keep && pre == nil {
			pre = make([]T, len(dst))
		}
		kernel.LinearForward(dst, pre, in2[0], in2[1], optional(in2, bias), optional(in2, add), B, in, out, n, t.Act)
	}
	if add >= 0 {
		o.overwrites = []int{add}
	}
	o.adjoint = func(ins gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes {
		dz := dy
		if t.Act != Identity {
			keep = true
			dz = keptActivationGrad(dy, y, &pre, t.Act)
		}
		grads := make(gorgonia.Nodes, len(ins))
		grads[0] = linearGradInput[T](dz, ins[1], nil, x.Shape())
		var dbias *gorgonia.Node
		grads[1], dbias = linearGradWeight[T](dz, ins[0], bias >= 0)
		if bias >= 0 {
			grads[bias] = dbias
		}
		if add >= 0 {
			grads[add] = dz
		}
		return grads
	}
	return apply(o, inputs...)
}

func optional[T any](in [][]T, i int) []T {
	if i < 0 {
		return nil
	}
	return in[i]
}

// keptActivationGrad is dy·act′(pre), where pre was kept by the operation whose result is y.
func keptActivationGrad[T kernel.Float](dy, y *gorgonia.Node, pre *[]T, act Activation) *gorgonia.Node {
	return apply(operation[T]{
		name: "ActivationGrad", shape: dy.Shape(), overwrites: []int{0}, unread: []int{1},
		run: func(dz []T, in [][]T) { kernel.ActivationBackward(dz, *pre, in[0], act) },
	}, dy, y)
}

// linearGradInput is wᵀ·dz, plus acc if there is one.
func linearGradInput[T kernel.Float](dz, w, acc *gorgonia.Node, shape []int) *gorgonia.Node {
	B, out, n := field("LinearGradInput", dz)
	in := w.Shape()[1]
	o := operation[T]{name: "LinearGradInput", shape: shape}
	if acc != nil {
		o.overwrites = []int{2}
		o.run = func(dx []T, ins [][]T) {
			if len(dx) > 0 && &dx[0] != &ins[2][0] {
				copy(dx, ins[2])
			}
			kernel.LinearBackwardInput(dx, ins[0], ins[1], B, in, out, n, kernel.Add)
		}
		return apply(o, dz, w, acc)
	}
	o.run = func(dx []T, ins [][]T) {
		kernel.LinearBackwardInput(dx, ins[0], ins[1], B, in, out, n, kernel.Set)
	}
	o.plus = func(ins gorgonia.Nodes, acc *gorgonia.Node) *gorgonia.Node {
		return linearGradInput[T](ins[0], ins[1], acc, shape)
	}
	return apply(o, dz, w)
}

// linearGradWeight is Σ dz·xᵀ and, where there is a bias, Σ dz.
func linearGradWeight[T kernel.Float](dz, x *gorgonia.Node, withBias bool) (dw, dbias *gorgonia.Node) {
	B, out, n := field("LinearGradWeight", dz)
	in := x.Shape()[1]
	var sum []T
	if withBias {
		sum = make([]T, out)
	}
	dw = apply(operation[T]{
		name: "LinearGradWeight", shape: []int{out, in},
		run: func(dw []T, ins [][]T) {
			kernel.LinearBackwardWeight(dw, sum, ins[0], ins[1], B, in, out, n, kernel.Set)
		},
	}, dz, x)
	if withBias {
		dbias = sideResult(dw, sum, out)
	}
	return dw, dbias
}

// sideResult is a second result, in memory that the operation of node after fills.
func sideResult[T kernel.Float](after *gorgonia.Node, data []T, shape ...int) *gorgonia.Node {
	return apply(operation[T]{
		name: "SideResult", shape: shape, unread: []int{0},
		side: func() []T { return data },
	}, after)
}

// Activate applies an activation to every element.
func Activate(x *gorgonia.Node, act Activation) *gorgonia.Node {
	if is32(x) {
		return activate[float32](x, act)
	}
	return activate[float64](x, act)
}

func activate[T kernel.Float](x *gorgonia.Node, act Activation) *gorgonia.Node {
	return apply(operation[T]{
		name: "Activate", shape: x.Shape(), overwrites: []int{0},
		run: func(y []T, in [][]T) { kernel.ActivationForward(y, in[0], act) },
		adjoint: func(in gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
			return gorgonia.Nodes{apply(operation[T]{
				name: "ActivationGrad", shape: x.Shape(), overwrites: []int{0, 1},
				run: func(dx []T, in [][]T) { kernel.ActivationBackward(dx, in[1], in[0], act) },
			}, dy, in[0])}
		},
	}, x)
}
