package kernel

import (
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy/internal/par"
)

// Boundary says what a convolution sees beyond the edge of a field.
type Boundary uint8

// The boundaries. Identified ends repeat the field periodically.
const (
	ZeroBoundary Boundary = iota
	PeriodicBoundary
)

// ConvConfig describes a convolution of fields on one or two axes.
type ConvConfig struct {
	Batch, In, Out int
	Size           []int // points per axis of x
	Kernel         []int // taps per axis
	Stride         []int // per axis; nil for 1
	Dilation       []int // distance of taps per axis; nil for 1
	Pad            []int // points added on each side of an axis; nil for none
	Boundary       Boundary
}

// OutSize is the number of points of the output per axis: ⌊(Size + 2·Pad − Dilation·(Kernel−1) − 1)/Stride⌋ + 1.
func (c ConvConfig) OutSize() []int {
	n := make([]int, len(c.Size))
	for i := range n {
		n[i] = (c.Size[i]+2*orDefault(c.Pad, i, 0)-orDefault(c.Dilation, i, 1)*(c.Kernel[i]-1)-1)/orDefault(c.Stride, i, 1) + 1
	}
	return n
}

func orDefault(x []int, i, value int) int {
	if x == nil {
		return value
	}
	return x[i]
}

func (c ConvConfig) validate() error {
	d := len(c.Size)
	if d < 1 || d > 2 {
		return fmt.Errorf("kernel: convolution: %d axes, expected 1 or 2", d)
	}
	if c.Batch < 1 || c.In < 1 || c.Out < 1 {
		return fmt.Errorf("kernel: convolution: batch %d, channels %d to %d, expected at least 1", c.Batch, c.In, c.Out)
	}
	for _, s := range []struct {
		name  string
		x     []int
		least int
		must  bool
	}{{"size", c.Size, 1, true}, {"kernel", c.Kernel, 1, true}, {"stride", c.Stride, 1, false}, {"dilation", c.Dilation, 1, false}, {"padding", c.Pad, 0, false}} {
		if (s.x != nil || s.must) && len(s.x) != d {
			return fmt.Errorf("kernel: convolution: %s for %d axes, expected %d", s.name, len(s.x), d)
		}
		for i, v := range s.x {
			if v < s.least {
				return fmt.Errorf("kernel: convolution: %s %d on axis %d, expected at least %d", s.name, v, i, s.least)
			}
		}
	}
	for i, n := range c.OutSize() {
		if n < 1 || c.Size[i]+2*orDefault(c.Pad, i, 0) < orDefault(c.Dilation, i, 1)*(c.Kernel[i]-1)+1 {
			return fmt.Errorf("kernel: convolution: %d points on axis %d are fewer than %d taps reach: pad more or use a smaller kernel", c.Size[i], i, c.Kernel[i])
		}
	}
	return nil
}

// Conv is a plan for a convolution (as in torch, a correlation: taps are not flipped) and its adjoints,
//
//	y[b, o, p] = bias[o] + Σ_{i, t} w[o, i, t] · x[b, i, Stride·p + Dilation·t − Pad]
//
// with x [Batch, In, X…], y [Batch, Out, OutSize…] and w [Out, In, Kernel…]. A transposed convolution is BackwardInput of the plan with In and Out exchanged, and
// its adjoints are Forward and BackwardWeight with x and dy exchanged; torch stores its weights in just this shape.
//
// Three taps a dimension without stride or dilation go through Winograd's F(2, 3) in float32, which needs 9/4 (3/2 on one axis) fewer multiplications and rounds
// a little coarser; few points by many channels go through one product with the weights as they are; and everything else through shifted products on a padded
// copy, one for each tap. A Conv holds no scratch and is safe for concurrent use.
type Conv[T Float] struct {
	cfg ConvConfig
	geometry
}

// geometry is a ConvConfig with a first axis of one point where there is none.
type geometry struct {
	h, w, kh, kw, sh, sw, dh, dw, ph, pw int
	ho, wo                               int
	taps                                 []tap
	phases                               []phase
	hq, wq                               int // size of a phase plane: what Stride-th points all outputs need
	reach                                int // largest offset of a tap in its plane
}

// tap is one element of the kernel: the phase of the padded field that it reads and the offset there.
type tap struct{ phase, offset int }

// phase is the grid of every Stride-th point of the padded field from (row, col) on.
type phase struct{ row, col int }

// NewConv prepares a plan, or says what does not fit.
func NewConv[T Float](c ConvConfig) (*Conv[T], error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	d, out := len(c.Size), c.OutSize()
	last := d - 1
	g := geometry{
		h: 1, kh: 1, sh: 1, dh: 1, ho: 1, w: c.Size[last], kw: c.Kernel[last],
		sw: orDefault(c.Stride, last, 1), dw: orDefault(c.Dilation, last, 1), pw: orDefault(c.Pad, last, 0), wo: out[last],
	}
	if d == 2 {
		g.h, g.kh, g.sh, g.dh, g.ph, g.ho = c.Size[0], c.Kernel[0], orDefault(c.Stride, 0, 1), orDefault(c.Dilation, 0, 1), orDefault(c.Pad, 0, 0), out[0]
	}
	g.hq, g.wq = g.ho+(g.kh-1)*g.dh/g.sh, g.wo+(g.kw-1)*g.dw/g.sw
	for y := range g.kh {
		for x := range g.kw {
			p := phase{y * g.dh % g.sh, x * g.dw % g.sw}
			at := slices.Index(g.phases, p)
			if at < 0 {
				at, g.phases = len(g.phases), append(g.phases, p)
			}
			t := tap{at, y*g.dh/g.sh*g.wq + x*g.dw/g.sw}
			g.taps, g.reach = append(g.taps, t), max(g.reach, t.offset)
		}
	}
	return &Conv[T]{c, g}, nil
}

// Config is what the plan was made for.
func (c *Conv[T]) Config() ConvConfig { return c.cfg }

// WeightLen is the number of elements of w.
func (c *Conv[T]) WeightLen() int { return c.cfg.Out * c.cfg.In * len(c.taps) }

// Forward computes dst (=, +=) from x, w and bias, which is [Out], or [Batch, Out] where it differs from sample to sample, or nil. A slice of the wrong size
// panics with *eddy.ShapeError.
func (c *Conv[T]) Forward(dst, x, w, bias []T, s Store) {
	c.check("Conv.Forward", "dst", dst, "x", x, w)
	if len(bias) != c.cfg.Batch*c.cfg.Out {
		mustLenOrNil("Conv.Forward", "bias", bias, c.cfg.Out)
	}
	if c.gathers() {
		c.gatheredForward(dst, x, w, bias, s)
		return
	}
	if is32[T]() && c.winograd() {
		f := c.winogradForward()
		u := f.weights(as32(w), c.cfg.Out*c.cfg.In, tapsInOrder)
		f.run(as32(dst), as32(x), *u, NoTrans, as32(bias), s)
		giveBack(u)
		return
	}
	c.shiftedForward(dst, x, w, bias, s)
}

// BackwardInput computes dx (=, +=) the gradient with respect to x from dy [Batch, Out, OutSize…].
func (c *Conv[T]) BackwardInput(dx, dy, w []T, s Store) {
	c.check("Conv.BackwardInput", "dy", dy, "dx", dx, w)
	if c.gathersBack() {
		c.gatheredBackwardInput(dx, dy, w, s)
		return
	}
	if is32[T]() && c.winograd() && c.winogradReturns() {
		f := c.winogradBackward()
		u := f.weights(as32(w), c.cfg.Out*c.cfg.In, tapsReversed)
		f.run(as32(dx), as32(dy), *u, Transposed, nil, s)
		giveBack(u)
		return
	}
	c.shiftedBackwardInput(dx, dy, w, s)
}

// BackwardWeight computes dw (=, +=) and dbias [Out] (=, +=, or nil) from dy and x.
func (c *Conv[T]) BackwardWeight(dw, dbias, dy, x []T, s Store) {
	c.check("Conv.BackwardWeight", "dy", dy, "x", x, dw)
	mustLenOrNil("Conv.BackwardWeight", "dbias", dbias, c.cfg.Out)
	if dbias != nil {
		BiasBackward(dbias, dy, c.cfg.Batch, c.cfg.Out, c.ho*c.wo, s)
	}
	if c.gathersBack() {
		c.gatheredBackwardWeight(dw, dy, x, s)
		return
	}
	if is32[T]() && c.winograd() {
		c.winogradForward().backwardWeight(as32(dw), as32(dy), as32(x), s)
		return
	}
	c.shiftedBackwardWeight(dw, dy, x, s)
}

// shiftOf is what a bias [out] or [batch, out], or none, adds to channel o of sample b.
func shiftOf[T Float](bias []T, out, b, o int) T {
	switch {
	case bias == nil:
		return 0
	case len(bias) == out:
		return bias[o]
	}
	return bias[b*out+o]
}

func (c *Conv[T]) check(op, outName string, out []T, inName string, in, w []T) {
	mustLen(op, outName, out, c.cfg.Batch, c.cfg.Out, c.ho, c.wo)
	mustLen(op, inName, in, c.cfg.Batch, c.cfg.In, c.h, c.w)
	mustLen(op, "w", w, c.WeightLen())
}

// BiasForward adds bias [C] to every point of x [B, C, n]: what a transposed convolution needs after BackwardInput.
func BiasForward[T Float](x, bias []T, B, C, n int) {
	mustLen("BiasForward", "x", x, B, C, n)
	mustLen("BiasForward", "bias", bias, C)
	par.For(B*C, func(i int) { shiftRow(x[i*n:(i+1)*n], bias[i%C]) })
}

// BiasBackward computes dbias [C] (=, +=) Σ dy over samples, in order, and points of dy [B, C, n].
func BiasBackward[T Float](dbias, dy []T, B, C, n int, s Store) {
	mustLen("BiasBackward", "dbias", dbias, C)
	mustLen("BiasBackward", "dy", dy, B, C, n)
	par.For(C, func(c int) {
		if s == Set {
			dbias[c] = 0
		}
		for b := range B {
			dbias[c] += sumRow(dy[(b*C+c)*n : (b*C+c+1)*n])
		}
	})
}
