package kernel

import "github.com/eddy-pde/eddy/internal/par"

// This file computes convolutions as one matrix product for each tap. The padded field is cut into phases (every Stride-th point) whose rows all have wq points;
// in a flat view of such a plane a tap is an offset, so its product reads the plane from there. Outputs at columns wo … wq−1 are computed and dropped.

// slack is how far beyond the end of its data a product may read.
const slack = 64

// planes is the padded copy of a batch: [Batch, In][phase][hq, wq].
type planes[T Float] struct {
	data    *[]T
	channel int // elements from one channel to the next
}

// unaligned avoids distances of whole pages, at which all rows would fall into the same few places of the cache.
func unaligned(n int) int {
	if n%512 < 16 {
		return n + 16
	}
	return n
}

func (c *Conv[T]) pad(x []T) planes[T] {
	size := c.hq * c.wq
	p := planes[T]{channel: unaligned(len(c.phases) * size)}
	p.data = borrow[T](c.cfg.Batch*c.cfg.In*p.channel + slack)
	par.For(c.cfg.Batch*c.cfg.In, func(i int) {
		field, to := x[i*c.h*c.w:(i+1)*c.h*c.w], (*p.data)[i*p.channel:]
		for f, ph := range c.phases {
			for r := range c.hq {
				row := to[f*size+r*c.wq : f*size+(r+1)*c.wq]
				if y, ok := c.cfg.Boundary.source(c.sh*r+ph.row-c.ph, c.h); ok {
					readRow(row, field[y*c.w:(y+1)*c.w], ph.col-c.pw, c.sw, c.cfg.Boundary)
				} else {
					clear(row)
				}
			}
		}
	})
	clear((*p.data)[c.cfg.Batch*c.cfg.In*p.channel:])
	return p
}

// unpad is the adjoint of pad.
func (c *Conv[T]) unpad(dx []T, p planes[T], s Store) {
	size := c.hq * c.wq
	par.For(c.cfg.Batch*c.cfg.In, func(i int) {
		field, from := dx[i*c.h*c.w:(i+1)*c.h*c.w], (*p.data)[i*p.channel:]
		if s == Set {
			clear(field)
		}
		for f, ph := range c.phases {
			for r := range c.hq {
				if y, ok := c.cfg.Boundary.source(c.sh*r+ph.row-c.ph, c.h); ok {
					addRowBack(field[y*c.w:(y+1)*c.w], from[f*size+r*c.wq:f*size+(r+1)*c.wq], ph.col-c.pw, c.sw, c.cfg.Boundary)
				}
			}
		}
	})
}

// spread copies dy to planes of rows of wq with zeros at the dropped columns and rows, and before the first row as many as taps reach.
func (c *Conv[T]) spread(dy []T) planes[T] {
	p := planes[T]{channel: unaligned(c.reach + c.hq*c.wq + slack)}
	p.data = borrow[T](c.cfg.Batch*c.cfg.Out*p.channel + slack)
	par.For(c.cfg.Batch*c.cfg.Out, func(i int) {
		to := (*p.data)[i*p.channel : (i+1)*p.channel]
		clear(to)
		for r := range c.ho {
			copy(to[c.reach+r*c.wq:][:c.wo], dy[(i*c.ho+r)*c.wo:])
		}
	})
	clear((*p.data)[c.cfg.Batch*c.cfg.Out*p.channel:])
	return p
}

// byTap is w [Out·In, taps] as [taps, Out·In].
func (c *Conv[T]) byTap(w []T) *[]T {
	t := borrow[T](len(w))
	transpose(*t, w, c.cfg.Out*c.cfg.In, len(c.taps))
	return t
}

// tileRows is how many rows of wq make a tile whose products stay in L2.
func (c *Conv[T]) tileRows(channels int) int { return max(1, min(384, (1<<15)/channels)/c.wq) }

func (c *Conv[T]) shiftedForward(dst, x, w, bias []T, store Store) {
	in, out := c.cfg.In, c.cfg.Out
	p, wt := c.pad(x), c.byTap(w)
	size, rows := c.hq*c.wq, c.tileRows(out)
	tiles := (c.ho + rows - 1) / rows
	par.For(c.cfg.Batch*tiles, func(i int) {
		b, r0 := i/tiles, i%tiles*rows
		r1 := min(r0+rows, c.ho)
		n := padded((r1-r0-1)*c.wq + c.wo)
		tile := borrow[T](out * n)
		s := Set
		for t, tap := range c.taps {
			from := (*p.data)[b*in*p.channel+tap.phase*size+tap.offset+r0*c.wq:]
			gemm(true, NoTrans, NoTrans, out, n, in, (*wt)[t*out*in:], in, from, p.channel, s, *tile, n)
			s = Add
		}
		for o := range out {
			shift := shiftOf(bias, out, b, o)
			for r := r0; r < r1; r++ {
				row, from := dst[((b*out+o)*c.ho+r)*c.wo:][:c.wo], (*tile)[o*n+(r-r0)*c.wq:][:c.wo]
				if store == Add {
					addRow(row, from, shift)
					continue
				}
				copy(row, from)
				if shift != 0 {
					shiftRow(row, shift)
				}
			}
		}
		giveBack(tile)
	})
	giveBack(p.data)
	giveBack(wt)
}

func (c *Conv[T]) shiftedBackwardInput(dx, dy, w []T, s Store) {
	in, out := c.cfg.In, c.cfg.Out
	size := c.hq * c.wq
	p := planes[T]{channel: unaligned(len(c.phases) * size)}
	p.data = borrow[T](c.cfg.Batch * in * p.channel)
	d, wt := c.spread(dy), c.byTap(w)
	columns := c.tileRows(in) * c.wq
	tiles := (size + columns - 1) / columns
	par.For(c.cfg.Batch*len(c.phases)*tiles, func(i int) {
		q, f, b := i%tiles*columns, i/tiles%len(c.phases), i/tiles/len(c.phases)
		n := min(columns, size-q)
		to := (*p.data)[b*in*p.channel+f*size+q:]
		store := Set
		for t, tap := range c.taps {
			if tap.phase != f {
				continue
			}
			from := (*d.data)[b*out*d.channel+c.reach+q-tap.offset:]
			gemm(true, Transposed, NoTrans, in, n, out, (*wt)[t*out*in:], in, from, d.channel, store, to, p.channel)
			store = Add
		}
	})
	c.unpad(dx, p, s)
	giveBack(p.data)
	giveBack(d.data)
	giveBack(wt)
}

func (c *Conv[T]) shiftedBackwardWeight(dw, dy, x []T, s Store) {
	in, out := c.cfg.In, c.cfg.Out
	p, d := c.pad(x), c.spread(dy)
	sums := borrow[T](out * in * len(c.taps))
	const rows = 12
	blocks := (out + rows - 1) / rows
	n := (c.ho-1)*c.wq + c.wo
	par.For(len(c.taps)*blocks, func(i int) {
		t, o := i/blocks, i%blocks*rows
		tap, store := c.taps[t], Set
		for b := range c.cfg.Batch { // in order
			a := (*d.data)[(b*out+o)*d.channel+c.reach:]
			from := (*p.data)[b*in*p.channel+tap.phase*c.hq*c.wq+tap.offset:]
			gemm(true, NoTrans, Transposed, min(rows, out-o), in, n, a, d.channel, from, p.channel, store, (*sums)[(t*out+o)*in:], in)
			store = Add
		}
	})
	result := borrow[T](len(dw))
	transpose(*result, *sums, len(c.taps), out*in)
	storeRow(dw, *result, s)
	giveBack(result)
	giveBack(sums)
	giveBack(p.data)
	giveBack(d.data)
}
