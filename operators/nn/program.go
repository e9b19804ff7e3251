package nn

import (
	"fmt"
	"math/bits"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/kernel"
)

// Program computes chosen nodes of a graph. Unlike Gorgonia's tape machine it runs only what they need, in the order in which nodes were made, and plans the
// memory of this package's operations: values that are no longer needed give their memory to later ones, and operations that can work in place do. A step
// allocates nothing unless the graph holds operations of others.
//
// A Program is not safe for concurrent use, and two Programs of one graph must not run at the same time.
type Program struct {
	graph   *Graph
	nodes   []*gorgonia.Node
	values  []gorgonia.Value // by position in nodes
	inputs  []int            // positions of the graph's inputs
	steps   []step
	outputs []int
	bytes   int
}

// step runs one node.
type step struct {
	at   int
	in   []int
	args []gorgonia.Value
	op   gorgonia.Op
	ours planned // nil for operations of others
}

// planned is an op of this package, as the planner sees it.
type planned interface {
	gorgonia.Op
	kind() memoryKind
	mayOverwrite() []int
	onlyOrders(i int) bool
	execute(out gorgonia.Value, in []gorgonia.Value)
}

// memoryKind says where an op's result lives.
type memoryKind uint8

const (
	inBuffer memoryKind = iota // in memory that the planner gives
	inScalar                   // in a scalar of its own
	inSide                     // in memory that another op filled; nothing is run
	inInput                    // in the memory of input 0; nothing is run
)

func (o *op[T]) kind() memoryKind {
	switch {
	case o.shape == nil:
		return inScalar
	case o.side != nil:
		return inSide
	case o.view:
		return inInput
	}
	return inBuffer
}

func (o *op[T]) mayOverwrite() []int   { return o.overwrites }
func (o *op[T]) onlyOrders(i int) bool { return slices.Contains(o.unread, i) }

// Compile plans a run that computes the given nodes. The graph may be extended and compiled again.
func (g *Graph) Compile(outputs ...*gorgonia.Node) (*Program, error) {
	p := &Program{graph: g, nodes: ancestors(outputs...)}
	p.values = make([]gorgonia.Value, len(p.nodes))
	position := map[*gorgonia.Node]int{}
	for i, n := range p.nodes {
		position[n] = i
		if n.Op() == nil {
			p.inputs = append(p.inputs, i)
			continue
		}
		s := step{at: i, op: n.Op()}
		s.ours, _ = n.Op().(planned)
		for _, c := range children(n) {
			s.in = append(s.in, position[c])
		}
		s.args = make([]gorgonia.Value, len(s.in))
		p.steps = append(p.steps, s)
	}
	for _, n := range outputs {
		p.outputs = append(p.outputs, position[n])
	}
	if g.dtype == tensor.Float32 {
		newPlanner[float32](p).plan()
	} else {
		newPlanner[float64](p).plan()
	}
	return p, nil
}

// Run computes the outputs from what the inputs hold now. Afterwards the outputs' Value() is valid until the next run.
func (p *Program) Run() (err error) {
	defer eddy.Recover(&err)
	for _, i := range p.inputs {
		v := p.nodes[i].Value()
		if v == nil {
			return fmt.Errorf("nn: input %s has no value", p.nodes[i].Name())
		}
		p.values[i] = v
	}
	for i := range p.steps {
		if err := p.run(&p.steps[i]); err != nil {
			return err
		}
	}
	for _, i := range p.outputs {
		if n := p.nodes[i]; n.Value() != p.values[i] {
			if err := gorgonia.UnsafeLet(n, p.values[i]); err != nil {
				return fmt.Errorf("nn: result of %v: %w", n.Op(), err)
			}
		}
	}
	return nil
}

func (p *Program) run(s *step) error {
	for j, c := range s.in {
		s.args[j] = p.values[c]
	}
	if s.ours == nil {
		v, err := s.op.Do(s.args...)
		if err != nil {
			return fmt.Errorf("nn: %v: %w", s.op, err)
		}
		p.values[s.at] = v
		return nil
	}
	switch s.ours.kind() {
	case inBuffer, inScalar:
		s.ours.execute(p.values[s.at], s.args)
	case inInput:
		p.values[s.at] = s.args[0]
	case inSide:
	}
	return nil
}

// Bytes is the memory planned for the values of this package's operations. What operations keep for their adjoints comes on top.
func (p *Program) Bytes() int { return p.bytes }

// planner gives memory to the steps of a program.
type planner[T kernel.Float] struct {
	p       *Program
	root    []int  // whose memory the value at a position is: itself, or for a view its input's
	lastUse []int  // by root: the last step that reads it; −1 if none
	pinned  []bool // by root: an output, or read by somebody who may keep it
	buffer  []int  // by root: index into slabs; −1 where the planner gave none
	slabs   [][]T
	free    []int // slabs that hold nothing, the latest freed last
}

func newPlanner[T kernel.Float](p *Program) *planner[T] {
	n := len(p.nodes)
	q := &planner[T]{p: p, root: make([]int, n), lastUse: make([]int, n), pinned: make([]bool, n), buffer: make([]int, n)}
	for i := range n {
		q.root[i], q.lastUse[i], q.buffer[i] = i, -1, -1
	}
	for i, s := range p.steps {
		if s.ours != nil && s.ours.kind() == inInput {
			q.root[s.at] = q.root[s.in[0]]
		}
		for j, c := range s.in {
			if s.ours != nil && s.ours.onlyOrders(j) {
				continue
			}
			r := q.root[c]
			q.lastUse[r] = i
			q.pinned[r] = q.pinned[r] || s.ours == nil
		}
	}
	for _, i := range p.outputs {
		q.pinned[q.root[i]] = true
	}
	return q
}

// plan walks the steps, takes memory for each result and gives back what was read for the last time.
func (q *planner[T]) plan() {
	for i := range q.p.steps {
		s := &q.p.steps[i]
		if s.ours != nil {
			o := s.ours.(*op[T])
			switch o.kind() {
			case inBuffer:
				q.buffer[s.at] = q.take(i, s, eddy.Size(o.shape))
				q.p.values[s.at] = o.value(q.slabs[q.buffer[s.at]])
			case inScalar, inSide:
				q.p.values[s.at] = o.value(nil)
			case inInput: // taken from the input at every run
			}
		}
		for _, c := range append(s.in, s.at) {
			q.release(q.root[c], i)
		}
	}
	for _, s := range q.slabs {
		q.p.bytes += len(s) * int(dtypeOf[T]().Size())
	}
}

// take is the slab for the result of step i: that of an input which dies here and may be overwritten, else a free one, else a new one.
func (q *planner[T]) take(i int, s *step, size int) int {
	for _, j := range s.ours.mayOverwrite() {
		r := q.root[s.in[j]]
		if b := q.buffer[r]; b >= 0 && !q.pinned[r] && q.lastUse[r] == i && len(q.slabs[b]) == slabSize(size) && q.onlyOverwritable(s, r) {
			q.buffer[r] = -1
			return b
		}
	}
	for k := len(q.free) - 1; k >= 0; k-- {
		if b := q.free[k]; len(q.slabs[b]) == slabSize(size) {
			q.free = slices.Delete(q.free, k, k+1)
			return b
		}
	}
	q.slabs = append(q.slabs, make([]T, slabSize(size)))
	return len(q.slabs) - 1
}

// slabSize rounds a size up to one of eight steps per power of two, so that values of similar size share slabs.
func slabSize(size int) int {
	if size <= 16 {
		return 16
	}
	step := 1 << max(bits.Len(uint(size))-4, 4)
	return (size + step - 1) / step * step
}

// onlyOverwritable reports whether every input of s that lives in root r may be overwritten.
func (q *planner[T]) onlyOverwritable(s *step, r int) bool {
	for j, c := range s.in {
		if q.root[c] == r && !s.ours.onlyOrders(j) && !slices.Contains(s.ours.mayOverwrite(), j) {
			return false
		}
	}
	return true
}

// release frees the memory of root r if nothing after step i reads it.
func (q *planner[T]) release(r, i int) {
	if b := q.buffer[r]; b >= 0 && !q.pinned[r] && q.lastUse[r] <= i {
		q.buffer[r] = -1
		q.free = append(q.free, b)
	}
}
