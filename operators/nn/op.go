package nn

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// operation describes one node: what it computes, from what, and its adjoint. A value of it is used for one node only, because run and adjoint share state.
type operation[T kernel.Float] struct {
	name  string
	shape []int // of the output; nil for a scalar

	// run computes out from the inputs. It may keep things for the adjoint in variables that it captured.
	run func(out []T, in [][]T)

	// adjoint returns the gradient of every input as a node, nil where diff is false. A nil adjoint means that no input has a gradient.
	adjoint func(in gorgonia.Nodes, out, grad *gorgonia.Node) gorgonia.Nodes
	diff    []bool // which inputs have a gradient; nil means all

	overwrites []int // inputs whose memory out may share: run reads such an input at an index no later than it writes out there
	unread     []int // inputs that only make this operation run after them; in[i] is nil
	view       bool  // out is the memory of input 0, and run is nil
	side       func() []T

	// plus is the same operation with acc added to its result; nil where there is no such thing. Gradients of several uses are summed with it.
	plus func(in gorgonia.Nodes, acc *gorgonia.Node) *gorgonia.Node
}

// op makes an operation a Gorgonia Op. Its hash is unique: two ops are never merged, since each owns buffers.
type op[T kernel.Float] struct {
	operation[T]
	id    uint64
	arity int
	sig   []hm.Type // types of inputs, then output
	in    [][]T
	out   gorgonia.Value // owned; made at the first Do
}

var (
	_ gorgonia.SDOp = (*op[float32])(nil)
	_ planned       = (*op[float64])(nil)
)

var lastID atomic.Uint64

// apply adds a node for o to the graph of its inputs. It panics if Gorgonia finds the types inconsistent, which can only be a mixture of float32 and float64.
func apply[T kernel.Float](o operation[T], in ...*gorgonia.Node) *gorgonia.Node {
	p := &op[T]{operation: o, id: lastID.Add(1), arity: len(in), in: make([][]T, len(in))}
	for _, n := range in {
		if n.Dtype() != dtypeOf[T]() {
			panic(fmt.Errorf("nn.%s: an input is %v, expected %v: a graph has one element type", o.name, n.Dtype(), dtypeOf[T]()))
		}
		p.sig = append(p.sig, n.Type())
	}
	if o.shape == nil {
		p.sig = append(p.sig, dtypeOf[T]())
	} else {
		p.sig = append(p.sig, gorgonia.TensorType{Dims: len(o.shape), Of: dtypeOf[T]()})
	}
	n, err := gorgonia.ApplyOp(p, in...)
	if err != nil {
		panic(fmt.Errorf("nn.%s: %w", o.name, err))
	}
	return n
}

func dtypeOf[T kernel.Float]() tensor.Dtype {
	if unsafe.Sizeof(T(0)) == 4 {
		return tensor.Float32
	}
	return tensor.Float64
}

// Arity is the number of inputs.
func (o *op[T]) Arity() int { return o.arity }

// Type is the function type from the inputs to the output.
func (o *op[T]) Type() hm.Type { return hm.NewFnType(o.sig...) }

// InferShape is the output's shape, known when the op was made.
func (o *op[T]) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	if o.shape == nil {
		return tensor.ScalarShape(), nil
	}
	return slices.Clone(o.shape), nil
}

// Do runs the op into the buffer that it owns and returns that.
func (o *op[T]) Do(in ...gorgonia.Value) (v gorgonia.Value, err error) {
	defer eddy.Recover(&err)
	if len(in) != o.arity {
		return nil, fmt.Errorf("nn.%s: %d inputs, expected %d", o.name, len(in), o.arity)
	}
	if o.out == nil {
		o.out = o.value(nil)
	}
	switch o.kind() {
	case inInput: // a tape machine may not know that two values share memory
		copy(elements[T](o.out), elements[T](in[0]))
	case inSide:
	default:
		o.execute(o.out, in)
	}
	return o.out, nil
}

// execute runs the op from in into out without checks.
func (o *op[T]) execute(out gorgonia.Value, in []gorgonia.Value) {
	for i, v := range in {
		if slices.Contains(o.unread, i) {
			continue
		}
		o.in[i] = elements[T](v)
	}
	o.run(elements[T](out), o.in)
}

// value is a Gorgonia value of the output's shape over data, or over new memory where data is nil.
func (o *op[T]) value(data []T) gorgonia.Value {
	if o.shape == nil {
		return newScalar[T]()
	}
	if o.side != nil {
		data = o.side()
	}
	if data == nil {
		data = make([]T, eddy.Size(o.shape))
	}
	return tensor.New(tensor.WithShape(o.shape...), tensor.WithBacking(data[:eddy.Size(o.shape)]))
}

func newScalar[T kernel.Float]() gorgonia.Value {
	if dtypeOf[T]() == tensor.Float32 {
		return gorgonia.NewF32(0)
	}
	return gorgonia.NewF64(0)
}

// elements is the memory of a dense tensor or of a scalar value.
func elements[T kernel.Float](v gorgonia.Value) []T {
	switch v := v.(type) {
	case *tensor.Dense:
		if v.RequiresIterator() {
			panic(&eddy.ShapeError{Op: "nn", What: "input", Got: v.Shape(), Hint: "a transposed or sliced view: make it contiguous first"})
		}
		if v.Dtype() == tensor.Float32 {
			return reinterpret[T](v.Float32s())
		}
		return reinterpret[T](v.Float64s())
	case *gorgonia.F32:
		return unsafe.Slice((*T)(unsafe.Pointer(v)), 1)
	case *gorgonia.F64:
		return unsafe.Slice((*T)(unsafe.Pointer(v)), 1)
	}
	panic(fmt.Errorf("nn: a value is a %T, expected a dense tensor or a scalar", v))
}

// reinterpret is x as []T, where S and T are known to be the same type.
func reinterpret[T, S kernel.Float](x []S) []T { return *(*[]T)(unsafe.Pointer(&x)) }

// ReturnsPtr says that the result is shared, not copied.
func (o *op[T]) ReturnsPtr() bool { return true }

// CallsExtern says that no cgo is involved.
func (o *op[T]) CallsExtern() bool { return false }

// OverwritesInput says that a tape machine must not let this op write over its inputs; [Program] plans that itself.
func (o *op[T]) OverwritesInput() int { return -1 }

// WriteHash writes the op's identity.
func (o *op[T]) WriteHash(h hash.Hash) {
	_, _ = h.Write([]byte("eddy/nn." + o.name))
	_ = binary.Write(h, binary.LittleEndian, o.id)
}

// Hashcode is the op's identity in 32 bits.
func (o *op[T]) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String is the op's name.
func (o *op[T]) String() string { return "nn." + o.name }

// DiffWRT says which inputs have a gradient.
func (o *op[T]) DiffWRT(inputs int) []bool {
	d := make([]bool, inputs)
	for i := range d {
		d[i] = o.adjoint != nil && (o.diff == nil || o.diff[i])
	}
	return d
}

// SymDiff adds the adjoint's nodes to the graph.
func (o *op[T]) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (g gorgonia.Nodes, err error) {
	defer eddy.Recover(&err)
	if o.adjoint == nil {
		return nil, fmt.Errorf("nn.%s: no gradient", o.name)
	}
	return o.adjoint(in, out, grad), nil
}

// is32 reports whether a node is float32, and panics unless it is that or float64.
func is32(n *gorgonia.Node) bool {
	switch n.Dtype() {
	case tensor.Float32:
		return true
	case tensor.Float64:
		return false
	}
	panic(fmt.Errorf("nn: a node is %v, expected float32 or float64", n.Dtype()))
}

// field splits the shape of x [B, C, X…] into batch, channels and points, or panics with *eddy.ShapeError. Without space axes there is one point.
func field(name string, x *gorgonia.Node) (b, c, points int) {
	s := x.Shape()
	if len(s) < 2 || len(s) > 5 {
		panic(&eddy.ShapeError{Op: "nn." + name, What: "input", Got: s, Hint: "expected [batch, channel, x…] with at most three space axes"})
	}
	return s[0], s[1], eddy.Size(s[2:])
}

// must panics with *eddy.ShapeError unless n has the shape want, where -1 stands for any extent.
func must(name, what string, n *gorgonia.Node, want ...int) {
	eddy.MustShape("nn."+name, what, n.Shape(), want)
}
