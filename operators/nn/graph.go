package nn

import (
	"fmt"
	"maps"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
)

// Graph is a Gorgonia graph with one node per Param and one element type. It is built once for one batch shape and compiled by [Graph.Compile], or run by
// gorgonia.NewTapeMachine(g.ExprGraph).
type Graph struct {
	*gorgonia.ExprGraph

	dtype  tensor.Dtype
	params map[*Param]*gorgonia.Node
	names  map[string]int
}

// NewGraph is an empty graph of float32 or float64 values.
func NewGraph(dt tensor.Dtype) *Graph {
	return &Graph{ExprGraph: gorgonia.NewGraph(), dtype: dt, params: map[*Param]*gorgonia.Node{}, names: map[string]int{}}
}

// Dtype is the element type of the graph.
func (g *Graph) Dtype() tensor.Dtype { return g.dtype }

// Param is the node of p: the same one for every use, so that gradients of shared weights add up. It panics if p has another element type than the graph.
func (g *Graph) Param(p *Param) *gorgonia.Node {
	if n, ok := g.params[p]; ok {
		return n
	}
	n := g.input(p.Name, p.Value)
	g.params[p] = n
	return n
}

// Placeholder is an input that its owner fills before every run: write into Value's memory, or into Data().
type Placeholder struct {
	Node  *gorgonia.Node
	Value *tensor.Dense // nil where Node is computed in the graph
}

// Data is the memory of a float32 placeholder, row-major.
func (p *Placeholder) Data() []float32 { return p.Value.Float32s() }

// Shape is the shape of the node.
func (p *Placeholder) Shape() []int { return p.Node.Shape() }

// Placeholder adds an input of the given shape, filled with zeros.
func (g *Graph) Placeholder(name string, shape ...int) *Placeholder {
	v := tensor.New(tensor.Of(g.dtype), tensor.WithShape(shape...))
	return &Placeholder{Node: g.input(name, v), Value: v}
}

// Constant adds an input that holds v and that nobody differentiates; v is converted to the graph's element type.
func (g *Graph) Constant(name string, v []float64, shape ...int) *gorgonia.Node {
	p := g.Placeholder(name, shape...)
	if len(v) != eddy.Size(shape) {
		panic(&eddy.ShapeError{Op: "nn.Constant", What: name, Got: []int{len(v)}, Want: shape})
	}
	if g.dtype == tensor.Float32 {
		convert(elements[float32](p.Value), v)
	} else {
		convert(elements[float64](p.Value), v)
	}
	return p.Node
}

// input adds a node bound to v. Gorgonia takes inputs of the same name for the same, so names are made unique.
func (g *Graph) input(name string, v *tensor.Dense) *gorgonia.Node {
	if v.Dtype() != g.dtype {
		panic(fmt.Errorf("nn: %s is %v in a graph of %v", name, v.Dtype(), g.dtype))
	}
	g.names[name]++
	if k := g.names[name]; k > 1 {
		name = fmt.Sprintf("%s#%d", name, k)
	}
	return gorgonia.NewTensor(g.ExprGraph, g.dtype, v.Dims(), gorgonia.WithName(name), gorgonia.WithShape(v.Shape()...), gorgonia.WithValue(v))
}

// Inputs is what a network sees: normalised states, static fields, scalars, and what objectives add.
type Inputs struct {
	U      *Placeholder            // [B, H·C, X…], newest state last
	Static *Placeholder            // [B, F, X…]; nil where there are none
	Cond   *Placeholder            // [B, P]; nil where there are none
	Level  *Placeholder            // [B, 1], the refinement level in the unit of the embedding (0 … 1000); nil for networks without levels
	Target *Placeholder            // [B, S·C, X…]; nil at inference
	Noise  map[string]*Placeholder // randomness drawn by an objective
}

// WithU is in with the states replaced by a node of the same shape, as unrolling does.
func (in Inputs) WithU(n *gorgonia.Node) Inputs {
	in.U = &Placeholder{Node: n}
	in.Noise = maps.Clone(in.Noise)
	return in
}
