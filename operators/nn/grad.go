package nn

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/graph"
	"gorgonia.org/gorgonia"
)

// Grad adds the gradient of a scalar loss with respect to each Param, in order. It is an error if the loss does not depend on one of them.
//
// It applies the adjoints that the operations of the graph declare (gorgonia.SDOp), as gorgonia.Grad does, and sums the gradients of a value that is used
// several times with operations that add in place. Nodes that a gradient turns out not to need stay in the graph without being run by a [Program].
func (g *Graph) Grad(loss *gorgonia.Node, params []*Param) ([]*gorgonia.Node, error) {
	wrt := make([]*gorgonia.Node, len(params))
	for i, p := range params {
		n, ok := g.params[p]
		if !ok {
			return nil, fmt.Errorf("nn: parameter %q is not used in the graph", p.Name)
		}
		wrt[i] = n
	}
	return g.Gradients(loss, wrt...)
}

// Gradients is Grad with respect to any nodes.
func (g *Graph) Gradients(loss *gorgonia.Node, wrt ...*gorgonia.Node) ([]*gorgonia.Node, error) {
	if !loss.IsScalar() {
		return nil, fmt.Errorf("nn: the loss has shape %v, expected a scalar", loss.Shape())
	}
	nodes := ancestors(loss)
	active := dependents(nodes, wrt)
	if !active[loss] {
		return nil, fmt.Errorf("nn: the loss does not depend on %v", wrt)
	}
	terms := map[*gorgonia.Node][]*gorgonia.Node{loss: {g.one()}}
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		if !active[n] || len(terms[n]) == 0 {
			continue
		}
		grad := accumulate(terms[n])
		terms[n] = []*gorgonia.Node{grad}
		if n.Op() == nil {
			continue
		}
		if err := pullBack(n, grad, active, terms); err != nil {
			return nil, err
		}
	}
	grads := make([]*gorgonia.Node, len(wrt))
	for i, n := range wrt {
		if len(terms[n]) == 0 {
			return nil, fmt.Errorf("nn: the loss does not depend on %s", n.Name())
		}
		grads[i] = terms[n][0]
	}
	return grads, nil
}

// one is the gradient of the loss with respect to itself.
func (g *Graph) one() *gorgonia.Node {
	return g.AddNode(gorgonia.NewConstant(scalarOf(g.dtype, 1)))
}

// pullBack hands the gradient of n on to its active inputs.
func pullBack(n, grad *gorgonia.Node, active map[*gorgonia.Node]bool, terms map[*gorgonia.Node][]*gorgonia.Node) error {
	op, ok := n.Op().(gorgonia.SDOp)
	if !ok {
		return fmt.Errorf("nn: %v has no gradient", n.Op())
	}
	in := children(n)
	grads, err := op.SymDiff(in, n, grad)
	if err != nil {
		return fmt.Errorf("nn: gradient of %v: %w", n.Op(), err)
	}
	diff := op.DiffWRT(len(in))
	for i, c := range in {
		if diff[i] && active[c] {
			terms[c] = append(terms[c], grads[i])
		}
	}
	return nil
}

// accumulate is the sum of gradients: those whose operation can add to something add to the sum of the others.
func accumulate(terms []*gorgonia.Node) *gorgonia.Node {
	if len(terms) == 1 {
		return terms[0]
	}
	var plain, adding []*gorgonia.Node
	for _, t := range terms {
		if a, ok := t.Op().(accumulator); ok && a.accumulates() && !slices.Contains(adding, t) {
			adding = append(adding, t)
		} else {
			plain = append(plain, t)
		}
	}
	if len(plain) == 0 {
		plain, adding = adding[:1], adding[1:]
	}
	sum := Sum(plain...)
	for _, t := range adding {
		sum = t.Op().(accumulator).accumulate(children(t), sum)
	}
	return sum
}

// accumulator is an op that can add its result to another node's.
type accumulator interface {
	accumulates() bool
	accumulate(in gorgonia.Nodes, acc *gorgonia.Node) *gorgonia.Node
}

func (o *op[T]) accumulates() bool { return o.plus != nil }

func (o *op[T]) accumulate(in gorgonia.Nodes, acc *gorgonia.Node) *gorgonia.Node {
	return o.plus(in, acc)
}

// ancestors are the nodes from which roots are computed, roots included, in the order in which they were made, which is an order in which they can run:
// a node is made after its inputs.
func ancestors(roots ...*gorgonia.Node) []*gorgonia.Node {
	seen := map[*gorgonia.Node]bool{}
	var nodes []*gorgonia.Node
	todo := slices.Clone(roots)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		nodes = append(nodes, n)
		todo = append(todo, children(n)...)
	}
	slices.SortFunc(nodes, func(a, b *gorgonia.Node) int { return cmp.Compare(a.ID(), b.ID()) })
	return nodes
}

// dependents are the nodes among the given ones through which a change of wrt passes.
func dependents(nodes, wrt []*gorgonia.Node) map[*gorgonia.Node]bool {
	active := map[*gorgonia.Node]bool{}
	for _, n := range wrt {
		active[n] = true
	}
	for _, n := range nodes {
		op, ok := n.Op().(gorgonia.SDOp)
		if !ok {
			continue
		}
		in := children(n)
		diff := op.DiffWRT(len(in))
		for i, c := range in {
			if i < len(diff) && diff[i] && active[c] {
				active[n] = true
			}
		}
	}
	return active
}

// children are the inputs of a node, in order and with repetitions.
func children(n *gorgonia.Node) gorgonia.Nodes {
	var in gorgonia.Nodes
	for _, c := range graph.NodesOf(n.Graph().From(n.ID())) {
		in = append(in, c.(*gorgonia.Node))
	}
	return in
}
