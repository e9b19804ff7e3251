package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// strip addresses four rows of a matrix from a base register that runs along them.
type strip struct{ base, step, step3 reg.Register }

func newStrip(base, step string) strip {
	s := strip{base: Load(Param(base), GP64()), step: Load(Param(step), GP64())}
	s.step3 = times(s.step, 2)
	return s
}

// of is the strip of another matrix of the same shape.
func (s strip) of(base string) strip {
	s.base = Load(Param(base), GP64())
	return s
}

func (s strip) row(i int) Mem {
	switch i {
	case 0:
		return Mem{Base: s.base}
	case 3:
		return Mem{Base: s.base, Index: s.step3, Scale: 1}
	}
	return Mem{Base: s.base, Index: s.step, Scale: uint8(i)}
}

// along moves on by one vector; down moves by four rows.
func (s strip) along() { ADDQ(Imm(32), s.base) }
func (s strip) down()  { LEAQ(Mem{Base: s.base, Index: s.step, Scale: 4}, s.base) }

// transpose writes the transposes of a row of 4×4 tiles below one another.
func transpose() {
	TEXT("transposeStrip", NOSPLIT, "func(dst, src *float64, dstStride, srcStride, count int)")
	Pragma("noescape")
	Doc("transposeStrip transposes 4 rows of 4·count columns; strides are in bytes.")
	dst, src := newStrip("dst", "dstStride"), newStrip("src", "srcStride")
	count := Load(Param("count"), GP64())
	Label("transpose_loop")
	var x [4]reg.VecVirtual
	for i := range x {
		x[i] = YMM()
		VMOVUPD(src.row(i), x[i])
	}
	storeTransposed(dst, x)
	src.along()
	dst.down()
	DECQ(count)
	JNZ(LabelRef("transpose_loop"))
	VZEROUPPER()
	RET()
}

// turn is transpose of an elementwise complex product.
func turn() {
	TEXT("turnStrip", NOSPLIT, "func(dstRe, dstIm, srcRe, srcIm, twiddleRe, twiddleIm *float64, dstStride, srcStride, count int)")
	Pragma("noescape")
	Doc("turnStrip transposes the product of 4 rows of 4·count complex numbers with as many twiddle factors; strides are in bytes.")
	dstRe, srcRe := newStrip("dstRe", "dstStride"), newStrip("srcRe", "srcStride")
	dstIm, srcIm, twRe, twIm := dstRe.of("dstIm"), srcRe.of("srcIm"), srcRe.of("twiddleRe"), srcRe.of("twiddleIm")
	count := Load(Param("count"), GP64())
	Label("turn_loop")
	var re, im [4]reg.VecVirtual
	for i := range re {
		x, w := fresh(), fresh()
		VMOVUPD(srcRe.row(i), x.re)
		VMOVUPD(srcIm.row(i), x.im)
		VMOVUPD(twRe.row(i), w.re)
		VMOVUPD(twIm.row(i), w.im)
		re[i], im[i] = YMM(), YMM()
		VMULPD(x.im, w.im, re[i])
		VMULPD(x.re, w.im, im[i])
		VFMSUB231PD(x.re, w.re, re[i])
		VFMADD231PD(x.im, w.re, im[i])
	}
	storeTransposed(dstRe, re)
	storeTransposed(dstIm, im)
	for _, s := range []strip{srcRe, srcIm, twRe, twIm} {
		s.along()
	}
	dstRe.down()
	dstIm.down()
	DECQ(count)
	JNZ(LabelRef("turn_loop"))
	VZEROUPPER()
	RET()
}

// storeTransposed interleaves pairs of rows, then exchanges halves.
func storeTransposed(dst strip, x [4]reg.VecVirtual) {
	var pairs [4]reg.VecVirtual
	for i := 0; i < 4; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPD(x[i+1], x[i], pairs[i])
		VUNPCKHPD(x[i+1], x[i], pairs[i+1])
	}
	for i := range 2 {
		low, high := YMM(), YMM()
		VPERM2F128(Imm(0x20), pairs[i+2], pairs[i], low)
		VPERM2F128(Imm(0x31), pairs[i+2], pairs[i], high)
		VMOVUPD(low, dst.row(i))
		VMOVUPD(high, dst.row(i+2))
	}
}
