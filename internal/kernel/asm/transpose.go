package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose generates the transposition of a strip of square tiles, 8×8 in single and 4×4 in double precision: rows of src lie lds bytes apart and the strip
// runs along them; rows of dst lie ldd bytes apart and the strip runs down.
func (f family) transpose() {
	side := f.width / f.size
	TEXT("transpose"+f.name, NOSPLIT, fmt.Sprintf("func(count int, dst *%[1]s, ldd int, src *%[1]s, lds int)", f.goType))
	Pragma("noescape")
	count := Load(Param("count"), GP64())
	dst, ldd := Load(Param("dst"), GP64()), Load(Param("ldd"), GP64())
	src := newStrided(Load(Param("src"), GP64()), Load(Param("lds"), GP64()), side)
	src.spread()
	Label("loop")
	r := make([]reg.VecVirtual, side)
	for i := range r {
		r[i] = YMM()
		f.load(src.row(i), r[i])
	}
	if f.size == 4 {
		r = transpose8(r)
	} else {
		r = transpose4(r)
	}
	for i := range r {
		f.load(r[i], Mem{Base: dst})
		ADDQ(ldd, dst)
	}
	src.advance(Imm(uint64(f.width)))
	DECQ(count)
	JNE(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// transpose8 interleaves pairs, then quadruples, then halves.
func transpose8(r []reg.VecVirtual) []reg.VecVirtual {
	pairs := make([]reg.VecVirtual, 8)
	for i := 0; i < 8; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(r[i+1], r[i], pairs[i])
		VUNPCKHPS(r[i+1], r[i], pairs[i+1])
	}
	quads := make([]reg.VecVirtual, 8)
	for i := 0; i < 8; i += 4 {
		for h := range 2 { // columns 0, 1 then 2, 3 of each lane
			quads[i+2*h], quads[i+2*h+1] = YMM(), YMM()
			VUNPCKLPD(pairs[i+2+h], pairs[i+h], quads[i+2*h])
			VUNPCKHPD(pairs[i+2+h], pairs[i+h], quads[i+2*h+1])
		}
	}
	out := make([]reg.VecVirtual, 8)
	for i := range 4 {
		out[i], out[i+4] = YMM(), YMM()
		VPERM2F128(Imm(0x20), quads[i+4], quads[i], out[i])
		VPERM2F128(Imm(0x31), quads[i+4], quads[i], out[i+4])
	}
	return out
}

func transpose4(r []reg.VecVirtual) []reg.VecVirtual {
	pairs, out := make([]reg.VecVirtual, 4), make([]reg.VecVirtual, 4)
	for i := 0; i < 4; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPD(r[i+1], r[i], pairs[i])
		VUNPCKHPD(r[i+1], r[i], pairs[i+1])
	}
	for i := range 2 {
		out[i], out[i+2] = YMM(), YMM()
		VPERM2F128(Imm(0x20), pairs[i+2], pairs[i], out[i])
		VPERM2F128(Imm(0x31), pairs[i+2], pairs[i], out[i+2])
	}
	return out
}
