package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakChains is how many multiply-adds of the peak loop are independent: more than any processor has in flight (latency times units), fewer than 16 registers.
const peakChains = 12

// peak generates n rounds of independent multiply-adds in registers: what the units can do when nothing else holds them up.
func (f family) peak() {
	f.function("peak", "n int")
	n, x := Load(Param("n"), GP64()), f.vector()
	zero(x)
	var acc []reg.VecVirtual
	for range peakChains {
		v := f.vector()
		zero(v)
		acc = append(acc, v)
	}
	Label("loop")
	for _, v := range acc {
		VFMADD231PS(x, x, v)
	}
	DECQ(n)
	JNE(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
