package train

import (
	"context"
	"math"
	"sync"

	"gorgonia.org/gorgonia"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/operators/nn"
)

// Predictor steps a network as an eddy.Model: physical units on both sides, any batch size and any grid that the network takes.
//
// It compiles one graph per batch shape and grid that it meets and keeps a few of them. It is safe for concurrent use: every running Step has a graph of its own,
// all share one set of weights. Weights must not change while a Step runs.
type Predictor struct {
	meta    Meta
	forward *Forward
}

var _ eddy.Model = (*Predictor)(nil)

// NewPredictor makes a Predictor of a network whose weights belong to meta.
func NewPredictor(m Module, meta Meta) (*Predictor, error) {
	meta, err := meta.Checked()
	if err != nil {
		return nil, err
	}
	return &Predictor{meta: meta, forward: NewForward(m, meta.Spec.Channels(), meta.Placeholders)}, nil
}

// Checked is m as a record of this version's format, or what is wrong with it.
func (m Meta) Checked() (Meta, error) {
	m.Format = formatVersion
	return m, m.Validate()
}

// Spec describes what the network was trained on.
func (p *Predictor) Spec() eddy.Spec { return p.meta.Spec }

// Meta is the record of the weights.
func (p *Predictor) Meta() Meta { return p.meta }

// Step writes the next state into dst [B, C, X…]. The grid may differ from Spec().Grid in points if the network allows it.
func (p *Predictor) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.meta.CheckInput(dst, in); err != nil {
		return err
	}
	return p.forward.With(in.U.Shape[0], in.U.Shape[3:], func(c Call) error {
		p.meta.Fill(c.In, in)
		out, err := c.Run()
		if err != nil {
			return err
		}
		p.meta.Physical(dst, out, in.U)
		return nil
	})
}

// CheckInput returns a *eddy.ShapeError where the arguments of a Step do not fit the network's spec.
func (m Meta) CheckInput(dst *eddy.Tensor, in eddy.Input) error {
	const op = "operator step"
	s := m.Spec
	if in.U == nil {
		return &eddy.ShapeError{Op: op, What: "input U", Hint: "it is nil"}
	}
	want := []int{-1, s.History, s.Channels()}
	for range s.Grid.Dims() {
		want = append(want, -1)
	}
	if !fits(in.U.Shape, want) {
		return &eddy.ShapeError{Op: op, What: "input U [B, H, C, X…]", Got: in.U.Shape, Want: want}
	}
	batch, grid := in.U.Shape[0], in.U.Shape[3:]
	if out := append([]int{batch, s.Channels()}, grid...); !fits(dst.Shape, out) {
		return &eddy.ShapeError{Op: op, What: "dst", Got: dst.Shape, Want: out}
	}
	if n := len(s.Statics); n > 0 {
		if want := append([]int{batch, n}, grid...); in.Static == nil || !fits(in.Static.Shape, want) {
			return &eddy.ShapeError{Op: op, What: "static fields", Got: shapeOf(in.Static), Want: want}
		}
	}
	if n := len(s.Params); n > 0 {
		if want := []int{batch, n}; in.Cond == nil || !fits(in.Cond.Shape, want) {
			return &eddy.ShapeError{Op: op, What: "parameters", Got: shapeOf(in.Cond), Want: want}
		}
	}
	return nil
}

// fits compares a shape with one in which −1 stands for any positive extent.
func fits(got, want []int) bool {
	if len(got) != len(want) {
		return false
	}
	for i, n := range got {
		if n < 1 || want[i] != -1 && n != want[i] {
			return false
		}
	}
	return true
}

func shapeOf(t *eddy.Tensor) []int {
	if t == nil {
		return nil
	}
	return t.Shape
}

// Fill normalises what a model was handed into the placeholders of a graph: states, static fields and scalars. Of a placeholder U that holds more channels than the
// history, the first ones of every row are filled.
func (m Meta) Fill(dst nn.Inputs, in eddy.Input) {
	points := eddy.Size(in.U.Shape[3:])
	u, batch := dst.U.Data(), in.U.Shape[0]
	for b := range batch {
		row := in.U.Row(b).Data
		m.Normaliser.Apply(u[b*len(u)/batch:][:len(row)], row, points)
	}
	if dst.Static != nil {
		m.StaticNormaliser.Apply(dst.Static.Data(), in.Static.Data, points)
	}
	if dst.Cond != nil {
		m.CondNormaliser.Apply(dst.Cond.Data(), in.Cond.Data, 1)
	}
}

// Physical turns the network's output into the next states, after the states u [B, H, C, X…]. A residual is added to the last physical state, so that what does not change
// stays the same to the last bit.
func (m Meta) Physical(next *eddy.Tensor, out []float32, u *eddy.Tensor) {
	dst, points := next.Data, eddy.Size(u.Shape[3:])
	if m.Target == "state" {
		m.Normaliser.Invert(dst, out, points)
		return
	}
	state := len(m.Normaliser.Scale) * points
	for b := range u.Shape[0] {
		last := u.Row(b).Row(u.Shape[1] - 1).Data
		for c, scale := range m.Normaliser.Scale {
			row := b*state + c*points
			if m.Normaliser.Logarithmic(c) { // a sum of logarithms is a product
				for i := range points {
					dst[row+i] = last[c*points+i] * float32(math.Exp(scale*m.ResidualScale[c]*float64(out[row+i])))
				}
				continue
			}
			unit := float32(scale * m.ResidualScale[c])
			for i := range points {
				dst[row+i] = last[c*points+i] + unit*out[row+i]
			}
		}
	}
}

// Placeholders adds the inputs of a network for a batch of the given size on the given grid to g.
func (m Meta) Placeholders(g *nn.Graph, batch int, grid []int) nn.Inputs {
	shape := func(channels int) []int { return append([]int{batch, channels}, grid...) }
	in := nn.Inputs{U: g.Placeholder("u", shape(m.Spec.History*m.Spec.Channels())...)}
	if n := len(m.Spec.Statics); n > 0 {
		in.Static = g.Placeholder("static", shape(n)...)
	}
	if n := len(m.Spec.Params); n > 0 {
		in.Cond = g.Placeholder("cond", batch, n)
	}
	return in
}

// inference is a compiled graph for one batch shape.
type inference struct {
	shape   []int // batch, then grid
	in      nn.Inputs
	out     *gorgonia.Node
	program *nn.Program
}

// maxIdle is how many compiled graphs a pool keeps while nobody runs them.
const maxIdle = 8

// graphPool lends compiled graphs, one per running step.
type graphPool struct {
	build func(batch int, grid []int) (*inference, error)

	mu   sync.Mutex
	idle []*inference // the latest used last

	building sync.Mutex // networks may keep notes while they build a graph
}

// take is an idle graph of the shape, or a new one.
func (p *graphPool) take(batch int, grid []int) (*inference, error) {
	if g := p.find(batch, grid); g != nil {
		return g, nil
	}
	p.building.Lock()
	defer p.building.Unlock()
	return p.build(batch, grid)
}

func (p *graphPool) find(batch int, grid []int) *inference {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if g := p.idle[i]; g.shape[0] == batch && eddy.SameShape(g.shape[1:], grid) {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return g
		}
	}
	return nil
}

// give returns a graph; the one that lay idle longest is dropped when there are too many.
func (p *graphPool) give(g *inference) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, g)
	if len(p.idle) > maxIdle {
		p.idle[0] = nil
		p.idle = p.idle[1:]
	}
}
