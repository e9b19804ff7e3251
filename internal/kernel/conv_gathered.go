package kernel

// This file computes convolutions of few points by many channels as one matrix product with the weights as they are stored: w [Out, In·taps] times columns [In·taps,
// points], which hold for every output point the inputs that its taps read. Where the weights outweigh the fields, rearranging them, as the other forms do, costs
// more than the copies made here.

// gathers says whether the forward pass goes this way. It does not look at the batch, so that a sample's result does not depend on what is beside it.
func (c *Conv[T]) gathers() bool { return c.cfg.In*c.cfg.Out >= 64*c.ho*c.wo }

// gathersBack says it of the gradients, which are better off with Winograd's products as soon as the whole batch has enough points for them.
func (c *Conv[T]) gathersBack() bool {
	const few = 512 // output points
	n, weights := c.ho*c.wo, c.cfg.In*c.cfg.Out
	return weights >= 2048*n || c.cfg.Batch*n <= few && weights >= 8*c.cfg.Batch*n
}

// gathered is a range of samples whose output points are the columns of one product.
type gathered struct{ from, samples, columns int }

// gatheredParts cuts the batch so that a product has enough columns to be worth reading the weights for.
func (c *Conv[T]) gatheredParts(columns int) []gathered {
	n := c.ho * c.wo
	samples := max(1, columns/n)
	var list []gathered
	for b := 0; b < c.cfg.Batch; b += samples {
		s := min(samples, c.cfg.Batch-b)
		list = append(list, gathered{b, s, s * n})
	}
	return list
}

// Columns of a product: two parts of a batch are shared among threads, and sums over the batch are longer.
const (
	gatheredColumns = 256
	gatheredTerms   = 512
)

// gather fills cols from the fields of a part. A tap beyond an edge without a continuation reads zero.
func (c *Conv[T]) gather(serial bool, cols, x []T, g gathered) {
	c.eachTap(serial, cols, x, g, func(row, field []T, start int, inside bool) {
		if inside {
			readRow(row, field, start, c.sw, c.cfg.Boundary)
		} else {
			clear(row)
		}
	})
}

// scatter is the adjoint of gather: it adds cols to the fields of a part.
func (c *Conv[T]) scatter(serial bool, x, cols []T, g gathered) {
	c.eachTap(serial, cols, x, g, func(row, field []T, start int, inside bool) {
		if inside {
			addRowBack(field, row, start, c.sw, c.cfg.Boundary)
		}
	})
}

// eachTap calls f for every row of output points as one tap sees it: where it is in cols, the row of x that it reads and the position of its first point there.
func (c *Conv[T]) eachTap(serial bool, cols, x []T, g gathered, f func(row, field []T, start int, inside bool)) {
	sample, n, wo, w := c.cfg.In*c.h*c.w, c.ho*c.wo, c.wo, c.w
	split(serial, c.cfg.In, func(i int) {
		field := x[(g.from*c.cfg.In+i)*c.h*w:]
		for t := range c.taps {
			start := c.dw*(t%c.kw) - c.pw
			for r := range c.ho {
				y, ok := c.cfg.Boundary.source(c.sh*r+c.dh*(t/c.kw)-c.ph, c.h)
				at := (i*len(c.taps)+t)*g.columns + r*wo
				for s := range g.samples {
					f(cols[at+s*n:][:wo], field[s*sample+y*w:][:w], start, ok)
				}
			}
		}
	})
}

// stack copies fields y [batch, Out, points] of a part to rows [Out, columns].
func (c *Conv[T]) stack(rows, y []T, g gathered) {
	n := c.ho * c.wo
	for s := range g.samples {
		for o := range c.cfg.Out {
			copy(rows[o*g.columns+s*n:][:n], y[((g.from+s)*c.cfg.Out+o)*n:])
		}
	}
}

func (c *Conv[T]) gatheredForward(dst, x, w, bias []T, store Store) {
	out, k, n := c.cfg.Out, c.cfg.In*len(c.taps), c.ho*c.wo
	parts := c.gatheredParts(gatheredColumns)
	serial := len(parts) > 1
	split(!serial, len(parts), func(i int) {
		g := parts[i]
		cols, rows := borrow[T](k*g.columns), borrow[T](out*g.columns)
		c.gather(serial, *cols, x, g)
		gemm(serial, NoTrans, NoTrans, out, g.columns, k, w, k, *cols, g.columns, Set, *rows, g.columns)
		for s := range g.samples {
			b := g.from + s
			for o := range out {
				to, from, shift := dst[(b*out+o)*n:][:n], (*rows)[o*g.columns+s*n:][:n], shiftOf(bias, out, b, o)
				if store == Add {
					addRow(to, from, shift)
					continue
				}
				copy(to, from)
				if shift != 0 {
					shiftRow(to, shift)
				}
			}
		}
		giveBack(rows)
		giveBack(cols)
	})
}

func (c *Conv[T]) gatheredBackwardInput(dx, dy, w []T, s Store) {
	out, k := c.cfg.Out, c.cfg.In*len(c.taps)
	parts := c.gatheredParts(gatheredColumns)
	serial := len(parts) > 1
	split(!serial, len(parts), func(i int) {
		g := parts[i]
		cols, rows := borrow[T](k*g.columns), borrow[T](out*g.columns)
		c.stack(*rows, dy, g)
		gemm(serial, Transposed, NoTrans, k, g.columns, out, w, k, *rows, g.columns, Set, *cols, g.columns)
		if s == Set {
			clear(dx[g.from*c.cfg.In*c.h*c.w : (g.from+g.samples)*c.cfg.In*c.h*c.w])
		}
		c.scatter(serial, dx, *cols, g)
		giveBack(rows)
		giveBack(cols)
	})
}

func (c *Conv[T]) gatheredBackwardWeight(dw, dy, x []T, s Store) {
	out, k := c.cfg.Out, c.cfg.In*len(c.taps)
	for _, g := range c.gatheredParts(gatheredTerms) { // in order
		cols, rows := borrow[T](k*g.columns), borrow[T](out*g.columns)
		c.gather(false, *cols, x, g)
		c.stack(*rows, dy, g)
		gemm(false, NoTrans, Transposed, out, k, g.columns, *rows, g.columns, *cols, g.columns, s, dw, k)
		s = Add
		giveBack(rows)
		giveBack(cols)
	}
}
