package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winograd generates the passes of the convolution with three taps a dimension by Winograd's F(2, 3), over n tiles of two outputs side by side. They work in
// whole vectors and may read and write up to a vector beyond n. Arrays of tiles hold 4 (one dimension) or 16 positions a plane apart.
func (f family) winograd() {
	f.deinterleave()
	for _, dims := range []int{1, 2} {
		f.winogradInput(dims)
		f.winogradOutput(dims)
		f.winogradGradient(dims)
	}
}

// vectors generates a loop over n elements in whole vectors; body gets the byte offset.
func (f family) vectors(body func(at reg.Register)) {
	n, at := Load(Param("n"), GP64()), GP64()
	XORQ(at, at)
	Label("loop")
	body(at)
	ADDQ(Imm(uint64(f.width)), at)
	SUBQ(Imm(uint64(f.width/f.size)), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// deinterleave generates e[i] = x[2i], o[i] = x[2i+1].
func (f family) deinterleave() {
	f.function("deinterleave", "n int, e, o, x *float32")
	e, o, x := Load(Param("e"), GP64()), Load(Param("o"), GP64()), Load(Param("x"), GP64())
	var even, odd reg.VecVirtual
	if f.width == 64 {
		even, odd = f.vector(), f.vector()
		VMOVUPS(lanes("lanesEven", func(i int) int { return 2 * i }), even)
		VMOVUPS(lanes("lanesOdd", func(i int) int { return 2*i + 1 }), odd)
	}
	f.vectors(func(at reg.Register) {
		a, b, c := f.vector(), f.vector(), f.vector()
		VMOVUPS(Mem{Base: x, Index: at, Scale: 2}, a)
		VMOVUPS(Mem{Base: x, Index: at, Scale: 2, Disp: f.width}, b)
		if f.width == 64 {
			VMOVUPS(a, c)
			VPERMT2PS(b, even, a)
			VPERMT2PS(b, odd, c)
		} else {
			VSHUFPS(Imm(0xdd), b, a, c)
			VSHUFPS(Imm(0x88), b, a, a)
			VPERMPD(Imm(0xd8), a, a)
			VPERMPD(Imm(0xd8), c, c)
		}
		VMOVUPS(a, Mem{Base: e, Index: at, Scale: 1})
		VMOVUPS(c, Mem{Base: o, Index: at, Scale: 1})
	})
}

// interleave turns the vectors of even and odd columns into two adjacent vectors.
func (f family) interleave(e, o, low, high reg.VecVirtual) (first, second reg.VecVirtual) {
	if f.width == 64 {
		first, second = f.vector(), f.vector()
		VMOVUPS(e, first)
		VMOVUPS(e, second)
		VPERMT2PS(o, low, first)
		VPERMT2PS(o, high, second)
		return first, second
	}
	l, h := f.vector(), f.vector()
	first, second = f.vector(), f.vector()
	VUNPCKLPS(o, e, l)
	VUNPCKHPS(o, e, h)
	VPERM2F128(Imm(0x20), h, l, first)
	VPERM2F128(Imm(0x31), h, l, second)
	return first, second
}

// lanes is a table of 16 lane numbers.
func lanes(name string, lane func(i int) int) Mem {
	if m, ok := pool[name]; ok {
		return m
	}
	m := GLOBL(name, 8|16)
	for i := range 16 {
		DATA(4*i, U32(uint32(lane(i))))
	}
	pool[name] = m
	return m
}

// planes addresses the 4 or 16 positions of an array of tiles: position p lies p strides after the first.
type planes struct {
	p      []reg.Register // every fourth
	stride reg.Register
	triple reg.Register
}

func newPlanes(first, stride reg.Register, count int) planes {
	q := planes{[]reg.Register{first}, stride, GP64()}
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, q.triple)
	for len(q.p) < count/4 {
		next := GP64()
		LEAQ(Mem{Base: q.p[len(q.p)-1], Index: stride, Scale: 4}, next)
		q.p = append(q.p, next)
	}
	return q
}

func (q planes) at(i int) Mem {
	m := Mem{Base: q.p[i/4]}
	switch i % 4 {
	case 1, 2:
		m.Index, m.Scale = q.stride, uint8(i%4)
	case 3:
		m.Index, m.Scale = q.triple, 1
	}
	return m
}

func (q planes) advance(bytes int) {
	for _, p := range q.p {
		ADDQ(Imm(uint64(bytes)), p)
	}
}

// winogradInput generates v = Bᵀ·d (·B) with Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1]. The columns of a tile are e[t], o[t], e[t+1], o[t+1]; in two dimensions
// e and o have four rows, a step apart.
func (f family) winogradInput(dims int) {
	rows, params := 1, "n int, v *float32, plane int, e, o *float32"
	if dims == 2 {
		rows, params = 4, params+", step int"
	}
	f.function(fmt.Sprintf("winogradInput%d", dims), params)
	v := newPlanes(Load(Param("v"), GP64()), Load(Param("plane"), GP64()), 4*rows)
	e, o := Load(Param("e"), GP64()), Load(Param("o"), GP64())
	var step, triple reg.Register
	if dims == 2 {
		step, triple = Load(Param("step"), GP64()), GP64()
		LEAQ(Mem{Base: step, Index: step, Scale: 2}, triple)
	}
	row := func(base reg.Register, r, next int) Mem {
		m := Mem{Base: base, Disp: 4 * next}
		switch r {
		case 1, 2:
			m.Index, m.Scale = step, uint8(r)
		case 3:
			m.Index, m.Scale = triple, 1
		}
		return m
	}
	f.vectors(func(reg.Register) {
		for column := range 4 {
			h := make([]reg.VecVirtual, rows)
			for r := range rows {
				h[r] = f.vector()
				switch column {
				case 0:
					VMOVUPS(row(e, r, 0), h[r])
					VSUBPS(row(e, r, 1), h[r], h[r])
				case 1:
					VMOVUPS(row(o, r, 0), h[r])
					VADDPS(row(e, r, 1), h[r], h[r])
				case 2:
					VMOVUPS(row(e, r, 1), h[r])
					VSUBPS(row(o, r, 0), h[r], h[r])
				case 3:
					VMOVUPS(row(o, r, 0), h[r])
					VSUBPS(row(o, r, 1), h[r], h[r])
				}
			}
			if dims == 1 {
				VMOVUPS(h[0], v.at(column))
				continue
			}
			out := f.vector()
			VSUBPS(h[2], h[0], out)
			VMOVUPS(out, v.at(column))
			VADDPS(h[2], h[1], out)
			VMOVUPS(out, v.at(4+column))
			VSUBPS(h[1], h[2], out)
			VMOVUPS(out, v.at(8+column))
			VSUBPS(h[3], h[1], out)
			VMOVUPS(out, v.at(12+column))
		}
		v.advance(f.width)
		ADDQ(Imm(uint64(f.width)), e)
		ADDQ(Imm(uint64(f.width)), o)
	})
}

// winogradOutput generates y = Aᵀ·m (·A) + shift with Aᵀ = [1 1 1 0; 0 1 −1 −1], columns interleaved: y (and below, the second row) has 2n columns.
func (f family) winogradOutput(dims int) {
	rows, params := 1, "n int, y, below, m *float32, plane int, shift float32"
	if dims == 2 {
		rows = 4
	}
	f.function(fmt.Sprintf("winogradOutput%d", dims), params)
	m := newPlanes(Load(Param("m"), GP64()), Load(Param("plane"), GP64()), 4*rows)
	y := []reg.Register{Load(Param("y"), GP64())}
	if dims == 2 {
		y = append(y, Load(Param("below"), GP64()))
	}
	shift := f.vector()
	param, err := Param("shift").Resolve()
	must(err)
	VBROADCASTSS(param.Addr, shift)
	var low, high reg.VecVirtual
	if f.width == 64 {
		low, high = f.vector(), f.vector()
		VMOVUPS(lanes("lanesLow", func(i int) int { return i/2 + 16*(i%2) }), low)
		VMOVUPS(lanes("lanesHigh", func(i int) int { return 8 + i/2 + 16*(i%2) }), high)
	}
	f.vectors(func(at reg.Register) {
		var s [2][]reg.VecVirtual // by output column, by row of the tile
		for r := range rows {
			a, b, c := f.vector(), f.vector(), f.vector()
			VMOVUPS(m.at(4*r+1), a)
			VMOVUPS(m.at(4*r+2), b)
			VADDPS(b, a, c)
			VSUBPS(b, a, a)
			VADDPS(m.at(4*r), c, c)
			VSUBPS(m.at(4*r+3), a, a)
			s[0], s[1] = append(s[0], c), append(s[1], a)
		}
		for i := range y {
			var out [2]reg.VecVirtual
			for c := range out {
				out[c] = f.vector()
				switch {
				case dims == 1:
					VADDPS(shift, s[c][0], out[c])
				case i == 0:
					VADDPS(s[c][1], s[c][0], out[c])
					VADDPS(s[c][2], out[c], out[c])
					VADDPS(shift, out[c], out[c])
				default:
					VSUBPS(s[c][2], s[c][1], out[c])
					VSUBPS(s[c][3], out[c], out[c])
					VADDPS(shift, out[c], out[c])
				}
			}
			first, second := f.interleave(out[0], out[1], low, high)
			VMOVUPS(first, Mem{Base: y[i], Index: at, Scale: 2})
			VMOVUPS(second, Mem{Base: y[i], Index: at, Scale: 2, Disp: f.width})
		}
		m.advance(f.width)
	})
}

// winogradGradient generates m = A·y (·Aᵀ), the adjoint of winogradOutput, from even and odd columns; in two dimensions of two rows a step apart.
func (f family) winogradGradient(dims int) {
	rows, params := 1, "n int, m *float32, plane int, e, o *float32"
	if dims == 2 {
		rows, params = 2, params+", step int"
	}
	f.function(fmt.Sprintf("winogradGradient%d", dims), params)
	m := newPlanes(Load(Param("m"), GP64()), Load(Param("plane"), GP64()), 4*rows*dims)
	e, o := Load(Param("e"), GP64()), Load(Param("o"), GP64())
	var step reg.Register
	if dims == 2 {
		step = Load(Param("step"), GP64())
	}
	f.vectors(func(reg.Register) {
		var h [4][]reg.VecVirtual // by column of the tile, by row
		for r := range rows {
			a, b := f.vector(), f.vector()
			at := func(base reg.Register) Mem {
				if r == 0 {
					return Mem{Base: base}
				}
				return Mem{Base: base, Index: step, Scale: 1}
			}
			VMOVUPS(at(e), a)
			VMOVUPS(at(o), b)
			sum, difference := f.vector(), f.vector()
			VADDPS(b, a, sum)
			VSUBPS(b, a, difference)
			f.negate(b)
			h[0], h[1], h[2], h[3] = append(h[0], a), append(h[1], sum), append(h[2], difference), append(h[3], b)
		}
		for c := range h {
			VMOVUPS(h[c][0], m.at(c))
			if dims == 1 {
				continue
			}
			out := f.vector()
			VADDPS(h[c][1], h[c][0], out)
			VMOVUPS(out, m.at(4+c))
			VSUBPS(h[c][1], h[c][0], out)
			VMOVUPS(out, m.at(8+c))
			f.negate(h[c][1])
			VMOVUPS(h[c][1], m.at(12+c))
		}
		m.advance(f.width)
		ADDQ(Imm(uint64(f.width)), e)
		ADDQ(Imm(uint64(f.width)), o)
	})
}

// negate turns the sign of v.
func (f family) negate(v reg.VecVirtual) {
	z := f.vector()
	zero(z)
	VSUBPS(v, z, v)
}
