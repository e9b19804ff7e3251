package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// mirror generates the passes that fold rows about their middle and back. With x of n elements and j = 1 … pairs, fold computes e[j] = x[j] + x[n−j] and
// o[j−1] = x[j] − x[n−j]; unfold computes x[j] = e[j] + o[j−1] and x[n−j] = e[j] − o[j−1], or adds them. Element 0, and that at byte offset middle unless that is
// 0, stand for themselves. Rows of e and o lie stepE bytes apart, rows of x stepX, which is also the size of a row.
func (f family) mirror(name, add string) {
	f.function(name+"Rows"+add, "count, pairs int, e, o, x *float32, stepE, stepX, middle int")
	m := f.newMirror()
	e, o, x := Load(Param("e"), GP64()), Load(Param("o"), GP64()), Load(Param("x"), GP64())
	stepX, err := Param("stepX").Resolve()
	must(err)
	stepE, err := Param("stepE").Resolve()
	must(err)
	middle, err := Param("middle").Resolve()
	must(err)
	count, err := Param("count").Resolve()
	must(err)
	pairs, err := Param("pairs").Resolve()
	must(err)

	single := func(at, to Mem) {
		v := XMM()
		if name == "fold" {
			VMOVSS(to, v)
			VMOVSS(v, at)
			return
		}
		VMOVSS(at, v)
		if add != "" {
			VADDSS(to, v, v)
		}
		VMOVSS(v, to)
	}
	next, ahead := GP64(), GP64()
	MOVQ(stepX.Addr, ahead)
	body := func(low, high reg.Register) {
		if name != "fold" { // x arrives a row early: a processor prepares badly for what is only written, and not beyond the end of a page
			PREFETCHT0(Mem{Base: x, Index: next, Scale: 1})
			PREFETCHT0(Mem{Base: m.back, Index: ahead, Scale: 1})
			ADDQ(Imm(uint64(f.width)), next)
		}
		if name == "fold" {
			a, b, sum, difference := m.load(Mem{Base: x, Index: m.at, Scale: 1, Disp: 4}, low), m.load(Mem{Base: m.back}, high), f.vector(), f.vector()
			m.reverse(b)
			VADDPS(b, a, sum)
			VSUBPS(b, a, difference)
			m.store(sum, Mem{Base: e, Index: m.at, Scale: 1, Disp: 4}, low)
			m.store(difference, Mem{Base: o, Index: m.at, Scale: 1}, low)
			return
		}
		a, b, sum, difference := m.load(Mem{Base: e, Index: m.at, Scale: 1, Disp: 4}, low), m.load(Mem{Base: o, Index: m.at, Scale: 1}, low), f.vector(), f.vector()
		VADDPS(b, a, sum)
		VSUBPS(b, a, difference)
		m.reverse(difference)
		if add != "" {
			VADDPS(m.load(Mem{Base: x, Index: m.at, Scale: 1, Disp: 4}, low), sum, sum)
			VADDPS(m.load(Mem{Base: m.back}, high), difference, difference)
		}
		m.store(sum, Mem{Base: x, Index: m.at, Scale: 1, Disp: 4}, low)
		m.store(difference, Mem{Base: m.back}, high)
	}

	Label("row")
	MOVQ(ahead, next)
	single(Mem{Base: e}, Mem{Base: x})
	offset := GP64()
	MOVQ(middle.Addr, offset)
	TESTQ(offset, offset)
	JE(LabelRef("noMiddle"))
	single(Mem{Base: e, Index: offset, Scale: 1}, Mem{Base: x, Index: offset, Scale: 1})
	Label("noMiddle")
	XORQ(m.at, m.at)
	MOVQ(x, m.back)
	ADDQ(stepX.Addr, m.back)
	SUBQ(Imm(uint64(f.width)), m.back)
	n := GP64()
	MOVQ(pairs.Addr, n)
	lanes := uint64(f.width / f.size)
	SUBQ(Imm(lanes), n)
	JL(LabelRef("tail"))
	Label("loop")
	body(nil, nil)
	ADDQ(Imm(uint64(f.width)), m.at)
	SUBQ(Imm(uint64(f.width)), m.back)
	SUBQ(Imm(lanes), n)
	JGE(LabelRef("loop"))
	Label("tail")
	ADDQ(Imm(lanes), n)
	JE(LabelRef("done"))
	low, high := m.masks(n)
	body(low, high)
	Label("done")
	ADDQ(stepE.Addr, e)
	ADDQ(stepE.Addr, o)
	ADDQ(stepX.Addr, x)
	DECQ(count.Addr)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// mirrored is the state of a pass that runs from both ends of a row.
type mirrored struct {
	family
	at, back reg.Register // byte offset from the front; address of the vector at the back
	order    reg.VecVirtual
}

func (f family) newMirror() mirrored {
	m := mirrored{f, GP64(), GP64(), f.vector()}
	VMOVUPS(descending(f.width/f.size), m.order)
	return m
}

func (m mirrored) reverse(v reg.VecVirtual) { VPERMPS(v, m.order, v) }

// masks are for the first n lanes and for the last n lanes.
func (m mirrored) masks(n reg.Register) (low, high reg.Register) {
	if m.width == 64 {
		bits, shift := GP64(), GP64()
		MOVQ(I64(-1), bits)
		BZHIQ(n, bits, bits)
		l, h := K(), K()
		KMOVW(bits.As32(), l)
		MOVQ(U64(16), shift)
		SUBQ(n, shift)
		SHLXQ(shift, bits, bits)
		KMOVW(bits.As32(), h)
		return l, h
	}
	table, l, h := GP64(), YMM(), YMM()
	LEAQ(tailMasks(), table)
	VMOVUPS(Mem{Base: table, Index: n, Scale: 4}, h)
	NEGQ(n)
	VMOVUPS(Mem{Base: table, Index: n, Scale: 4, Disp: 64}, l)
	return l, h
}

func (m mirrored) load(from Mem, mask reg.Register) reg.VecVirtual {
	v := m.vector()
	switch {
	case mask == nil:
		VMOVUPS(from, v)
	case m.width == 64:
		VMOVUPS_Z(from, mask, v)
	default:
		VMASKMOVPS(from, mask, v)
	}
	return v
}

func (m mirrored) store(v reg.VecVirtual, to Mem, mask reg.Register) {
	switch {
	case mask == nil:
		VMOVUPS(v, to)
	case m.width == 64:
		VMOVUPS(v, mask, to)
	default:
		VMASKMOVPS(v, mask, to)
	}
}

// descending is the lane order n−1 … 0.
func descending(n int) Mem {
	name := "descending"
	if n == 8 {
		name = "descending8"
	}
	if m, ok := pool[name]; ok {
		return m
	}
	m := GLOBL(name, 8|16)
	for i := range n {
		DATA(4*i, U32(uint32(n-1-i)))
	}
	pool[name] = m
	return m
}
