package report

import (
	"context"
	"fmt"

	"github.com/eddy-pde/eddy"
)

// Coarsened makes a Model of fine cells of one of coarse cells, so that a solver on a coarser grid can be held against a surrogate: a coarse cell is a block of whole fine ones and
// gets their means; back, every fine cell gets its place on a plane through the coarse one, with slopes that make no new extremes. The means of the planes are
// the coarse values again, so a rollout loses nothing between its steps. m and what is returned are as safe for concurrent use as one another.
//
// It fails where the cells of spec are not made of whole blocks, or where a field is not one of cells: values at nodes have no blocks.
func Coarsened(m eddy.Model, spec eddy.Spec) (eddy.Model, error) {
	coarse := m.Spec()
	if err := coarse.CheckData(spec); err != nil {
		return nil, fmt.Errorf("report: coarse solver: %w", err)
	}
	c := &coarsened{model: m, spec: spec}
	for _, f := range append(append([]eddy.Field(nil), spec.Fields...), spec.Statics...) {
		if f.At != eddy.Cell {
			return nil, fmt.Errorf("report: coarse solver: field %s is not at cells, so it has no means over blocks of them", f.Name)
		}
	}
	for i, a := range spec.Grid.Axes {
		n := coarse.Grid.Axes[i].Points
		if n < 1 || a.Points%n != 0 {
			return nil, fmt.Errorf("report: coarse solver: %d cells of axis %s are not made of %d", n, a.Name, a.Points)
		}
		c.axes = append(c.axes, blocks{fine: a.Points, coarse: n, periodic: a.Periodic})
	}
	c.spec.History = max(coarse.History, 1)
	return c, nil
}

type coarsened struct {
	model eddy.Model
	spec  eddy.Spec
	axes  []blocks
}

// blocks are the cells of one axis.
type blocks struct {
	fine, coarse int
	periodic     bool
}

func (c *coarsened) Spec() eddy.Spec { return c.spec }

// Step computes on the coarse cells.
func (c *coarsened) Step(ctx context.Context, dst *eddy.Tensor, in eddy.Input) (err error) {
	defer eddy.Recover(&err)
	if err := ctx.Err(); err != nil {
		return err
	}
	eddy.MustShape("report.Coarsened", "Input.U", in.U.Shape, append([]int{-1, -1}, c.spec.FrameShape()...))
	eddy.MustShape("report.Coarsened", "destination", dst.Shape, append([]int{in.U.Shape[0]}, c.spec.FrameShape()...))
	coarse := in
	coarse.U = c.restrict(in.U)
	if in.Static != nil {
		coarse.Static = c.restrict(in.Static)
	}
	next := eddy.NewTensor(append([]int{dst.Shape[0]}, c.model.Spec().FrameShape()...)...)
	if err := c.model.Step(ctx, next, coarse); err != nil {
		return err
	}
	for axis := range c.axes {
		next = c.refine(next, axis)
	}
	copy(dst.Data, next.Data)
	return nil
}

// restrict takes means over blocks of the last axes of t.
func (c *coarsened) restrict(t *eddy.Tensor) *eddy.Tensor {
	lead := len(t.Shape) - len(c.axes)
	for i, a := range c.axes {
		outer, inner := eddy.Size(t.Shape[:lead+i]), eddy.Size(t.Shape[lead+i+1:])
		k := a.fine / a.coarse
		shape := append([]int(nil), t.Shape...)
		shape[lead+i] = a.coarse
		out := eddy.NewTensor(shape...)
		for o := range outer {
			for x := range a.coarse {
				for y := range inner {
					s := 0.0
					for j := range k {
						s += float64(t.Data[(o*a.fine+x*k+j)*inner+y])
					}
					out.Data[(o*a.coarse+x)*inner+y] = float32(s / float64(k))
				}
			}
		}
		t = out
	}
	return t
}

// refine cuts the coarse cells of one of the last axes of t into fine ones.
func (c *coarsened) refine(t *eddy.Tensor, axis int) *eddy.Tensor {
	a, at := c.axes[axis], len(t.Shape)-len(c.axes)+axis
	outer, inner := eddy.Size(t.Shape[:at]), eddy.Size(t.Shape[at+1:])
	k := a.fine / a.coarse
	shape := append([]int(nil), t.Shape...)
	shape[at] = a.fine
	out := eddy.NewTensor(shape...)
	for o := range outer {
		for x := range a.coarse {
			for y := range inner {
				value := func(x int) float64 { return float64(t.Data[(o*a.coarse+x)*inner+y]) }
				v, slope := value(x), 0.0
				if before, after, ok := a.neighbours(x); ok {
					slope = minmod(v-value(before), value(after)-v)
				}
				for j := range k {
					offset := (float64(j)+0.5)/float64(k) - 0.5
					out.Data[(o*a.fine+x*k+j)*inner+y] = float32(v + slope*offset)
				}
			}
		}
	}
	return out
}

// neighbours are the cells beside one; ok is false at an end of an axis that is not periodic.
func (a blocks) neighbours(x int) (before, after int, ok bool) {
	if !a.periodic && (x == 0 || x == a.coarse-1) {
		return 0, 0, false
	}
	return (x + a.coarse - 1) % a.coarse, (x + 1) % a.coarse, true
}

// minmod is the smaller of two slopes, 0 where they differ in sign.
func minmod(a, b float64) float64 {
	switch {
	case a > 0 && b > 0:
		return min(a, b)
	case a < 0 && b < 0:
		return max(a, b)
	}
	return 0
}
