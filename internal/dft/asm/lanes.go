package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// plane is a complex array by two pointers that run along it.
type plane struct{ re, im reg.Register }

func newPlane(re, im string) plane { return plane{Load(Param(re), GP64()), Load(Param(im), GP64())} }

func (p plane) load() number {
	n := fresh()
	VMOVUPD(Mem{Base: p.re}, n.re)
	VMOVUPD(Mem{Base: p.im}, n.im)
	return n
}

func (p plane) store(n number) {
	VMOVUPD(n.re, Mem{Base: p.re})
	VMOVUPD(n.im, Mem{Base: p.im})
}

func (p plane) along() {
	ADDQ(vector.bytes(), p.re)
	ADDQ(vector.bytes(), p.im)
}

// offset is a copy of the pointers moved by a register.
func (p plane) offset(by reg.Register) plane {
	q := plane{GP64(), GP64()}
	LEAQ(Mem{Base: p.re, Index: by, Scale: 1}, q.re)
	LEAQ(Mem{Base: p.im, Index: by, Scale: 1}, q.im)
	return q
}

func (p plane) back(by reg.Register) {
	SUBQ(by, p.re)
	SUBQ(by, p.im)
}

// broadcast loads a complex table entry into all lanes.
func broadcast(table reg.Register, disp int) number {
	n := fresh()
	VBROADCASTSD(Mem{Base: table, Disp: disp}, n.re)
	VBROADCASTSD(Mem{Base: table, Disp: disp + 8}, n.im)
	return n
}

// product is the complex product.
func product(a, b number) number {
	n := fresh()
	VMULPD(a.im, b.im, n.re)
	VMULPD(a.re, b.im, n.im)
	VFMSUB231PD(a.re, b.re, n.re)
	VFMADD231PD(a.im, b.re, n.im)
	return n
}

// loop runs body for each vector of each row; begin before and end after the vectors of a row.
func loop(name string, begin, body, end func()) {
	rows := Load(Param("rows"), GP64())
	left := GP64()
	Label(name + "_row")
	Load(Param("vectors"), left)
	begin()
	Label(name + "_vector")
	body()
	DECQ(left)
	JNZ(LabelRef(name + "_vector"))
	end()
	DECQ(rows)
	JNZ(LabelRef(name + "_row"))
	VZEROUPPER()
	RET()
}

// mirrored is p at row `rows from the end`, and twice the length of a row, by which it goes back after each.
func mirrored(p plane, size string) (q plane, twice reg.Register) {
	at := Load(Param(size), GP64())
	q = p.offset(at)
	twice = GP64()
	Load(Param("vectors"), twice)
	SHLQ(Imm(vector.shift()+1), twice)
	return q, twice
}

func joinLanes() {
	TEXT("joinLanes"+vector.suffix, NOSPLIT, "func(dstRe, dstIm, srcRe, srcIm, twiddle *float64, size, rows, vectors int)")
	Pragma("noescape")
	Doc("joinLanes" + vector.suffix + " is Lanes.join; size is the length in bytes of rows rows.")
	dst, src := newPlane("dstRe", "dstIm"), newPlane("srcRe", "srcIm")
	table := Load(Param("twiddle"), GP64())
	opposite, twice := mirrored(src, "size")
	var w number
	loop("join"+vector.suffix, func() { w = broadcast(table, 0) }, func() {
		a, b := src.load(), opposite.load()
		e, t := fresh(), fresh()
		VADDPD(b.re, a.re, e.re)
		VSUBPD(b.im, a.im, e.im)
		VSUBPD(b.re, a.re, t.re)
		VADDPD(b.im, a.im, t.im)
		// o = t·conj w; z = e + i·o
		o := fresh()
		VMULPD(t.im, w.im, o.re)
		VMULPD(t.re, w.im, o.im)
		VFMADD231PD(t.re, w.re, o.re)
		VFMSUB231PD(t.im, w.re, o.im)
		z := fresh()
		addPlusI(z, e, o)
		dst.store(z)
		dst.along()
		src.along()
		opposite.along()
	}, func() {
		opposite.back(twice)
		ADDQ(Imm(16), table)
	})
}

func splitLanes() {
	TEXT("splitLanes"+vector.suffix, NOSPLIT, "func(dstRe, dstIm, srcRe, srcIm, table *float64, size, rows, vectors int)")
	Pragma("noescape")
	Doc("splitLanes" + vector.suffix + " is Lanes.split; size is the distance in bytes of the first and the last row of src.")
	dst, src := newPlane("dstRe", "dstIm"), newPlane("srcRe", "srcIm")
	table := Load(Param("table"), GP64())
	opposite, twice := mirrored(src, "size")
	var w, f number
	loop("split"+vector.suffix, func() { w, f = broadcast(table, 0), broadcast(table, 16) }, func() {
		a, b := src.load(), opposite.load()
		e, o := fresh(), fresh()
		VADDPD(b.re, a.re, e.re)
		VSUBPD(b.im, a.im, e.im)
		VADDPD(b.im, a.im, o.re)
		VSUBPD(a.re, b.re, o.im)
		t := product(o, w)
		add(e, e, t)
		dst.store(product(e, f))
		dst.along()
		src.along()
		opposite.along()
	}, func() {
		opposite.back(twice)
		ADDQ(Imm(32), table)
	})
}

func combineLanes() {
	TEXT("combineLanes"+vector.suffix, NOSPLIT, "func(dstRe, dstIm, aRe, aIm, bRe, bIm, table *float64, rows, vectors int)")
	Pragma("noescape")
	Doc("combineLanes" + vector.suffix + " is Combine.")
	dst, x, y := newPlane("dstRe", "dstIm"), newPlane("aRe", "aIm"), newPlane("bRe", "bIm")
	table := Load(Param("table"), GP64())
	var a, b number
	loop("combine"+vector.suffix, func() { a, b = broadcast(table, 0), broadcast(table, 16) }, func() {
		p, q := product(x.load(), a), y.load()
		VFMADD231PD(q.re, b.re, p.re)
		VFNMADD231PD(q.im, b.im, p.re)
		VFMADD231PD(q.re, b.im, p.im)
		VFMADD231PD(q.im, b.re, p.im)
		dst.store(p)
		dst.along()
		x.along()
		y.along()
	}, func() { ADDQ(Imm(32), table) })
}

func squareLanes() {
	TEXT("squareLanes"+vector.suffix, NOSPLIT, "func(x *float64, rows int)")
	Pragma("noescape")
	Doc("squareLanes" + vector.suffix + " squares whole vectors in place.")
	x, rows := Load(Param("x"), GP64()), Load(Param("rows"), GP64())
	Label("square_loop" + vector.suffix)
	v := register()
	VMOVUPD(Mem{Base: x}, v)
	VMULPD(v, v, v)
	VMOVUPD(v, Mem{Base: x})
	ADDQ(vector.bytes(), x)
	DECQ(rows)
	JNZ(LabelRef("square_loop" + vector.suffix))
	VZEROUPPER()
	RET()
}
