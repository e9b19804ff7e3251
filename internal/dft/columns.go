package dft

import "github.com/eddy-pde/eddy"

const (
	vectorLanes  = 4  // columns of one vector
	blockLanes   = 8  // columns that the vector passes take together: a cache line, so that every line of a matrix is read and written once a block
	scratchLanes = 16 // columns that the Go passes take together: wide enough to amortise their bookkeeping
)

// columns transforms the columns of matrices with n rows: the forward transform, unscaled.
type columns struct {
	n     int
	chain []pass
	a, b  []float64 // scratch blocks [n][2][lanes]
}

func newColumns(n int) *columns {
	c := &columns{n: n, chain: newPasses(n)}
	c.scratch()
	return c
}

func (c *columns) scratch() {
	buf := make([]float64, 2*c.n*2*scratchLanes)
	c.a, c.b = buf[:len(buf)/2], buf[len(buf)/2:]
}

// clone shares the tables and has scratch of its own.
func (c *columns) clone() *columns {
	d := &columns{n: c.n, chain: c.chain}
	d.scratch()
	return d
}

// transform computes the forward transform of the first width columns of src into dst, both [n][stride]. dst and src may be the same arrays, else they must
// not overlap.
func (c *columns) transform(dst Planes, dstStride int, src Planes, srcStride, width int) {
	from := 0
	for from < width {
		lanes := min(scratchLanes, width-from)
		vector := hasAVX2 && lanes >= vectorLanes
		if vector {
			lanes = min(blockLanes, lanes/vectorLanes*vectorLanes)
		}
		c.block(
			view{dst.Re[from:], dst.Im[from:], dstStride},
			view{src.Re[from:], src.Im[from:], srcStride},
			lanes, vector,
		)
		from += lanes
	}
}

// block runs the chain on neighbouring columns; only the first pass reads src and only the last one writes dst.
func (c *columns) block(dst, src view, lanes int, vector bool) {
	if len(c.chain) == 0 {
		copy(dst.re[:lanes], src.re[:lanes])
		copy(dst.im[:lanes], src.im[:lanes])
		return
	}
	x := src
	for i := range c.chain {
		y := dst
		if i < len(c.chain)-1 {
			s := c.a
			if i%2 == 1 {
				s = c.b
			}
			y = view{s, s[lanes:], 2 * lanes}
		}
		if !vector || !c.chain[i].applyVector(y, x, lanes) {
			c.chain[i].apply(y, x, lanes)
		}
		x = y
	}
}

// mustLen panics with a *eddy.ShapeError unless got equals want.
func mustLen(op, what string, got, want int) {
	if got != want {
		panic(&eddy.ShapeError{Op: op, What: what, Got: []int{got}, Want: []int{want}})
	}
}
