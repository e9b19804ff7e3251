package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// ops are the instructions that differ between single and double precision.
type ops struct {
	load      func(...Op)
	broadcast func(...Op)
	fma       func(...Op)
	add       func(...Op)
	goType    string
}

var (
	single = ops{VMOVUPS, VBROADCASTSS, VFMADD231PS, VADDPS, "float32"}
	double = ops{VMOVUPD, VBROADCASTSD, VFMADD231PD, VADDPD, "float64"}
)

// product generates c[rows × 2 vectors] (+)= a·b for one tile: element (i, p) of a is at a + i·rs + p·cs, row p of b at b + p·ldb, row i of c at
// c + i·ldc, all strides in bytes. Rows of a are addressed as four groups of three (base, base+rs, base+2rs), so any row stride needs four pointers.
func (f family) product(rows int) {
	TEXT(fmt.Sprintf("product%dx2%s", rows, f.name), NOSPLIT,
		fmt.Sprintf("func(k int, a *%[1]s, rs, cs int, b *%[1]s, ldb int, c *%[1]s, ldc int, add int)", f.goType))
	Doc(fmt.Sprintf("product%dx2%s multiplies a tile of %d rows by two vectors of columns.", rows, f.name, rows))
	k, rs, cs := Load(Param("k"), GP64()), Load(Param("rs"), GP64()), Load(Param("cs"), GP64())
	b, ldb := Load(Param("b"), GP64()), Load(Param("ldb"), GP64())
	groups := (rows + 2) / 3
	base := make([]reg.Register, groups)
	base[0] = Load(Param("a"), GP64())
	for g := 1; g < groups; g++ {
		next := GP64()
		LEAQ(Mem{Base: base[g-1], Index: rs, Scale: 2}, next)
		ADDQ(rs, next)
		base[g] = next
	}
	acc := make([][2]reg.VecVirtual, rows)
	for i := range acc {
		for j := range acc[i] {
			acc[i][j] = f.vector()
			zero(acc[i][j])
		}
	}
	b0, b1, x := f.vector(), f.vector(), f.vector()
	Label("loop")
	f.load(Mem{Base: b}, b0)
	f.load(Mem{Base: b, Disp: f.width}, b1)
	for i := range rows {
		m := Mem{Base: base[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = rs, uint8(i%3)
		}
		f.broadcast(m, x)
		f.fma(x, b0, acc[i][0])
		f.fma(x, b1, acc[i][1])
	}
	ADDQ(ldb, b)
	for _, p := range base {
		ADDQ(cs, p)
	}
	DECQ(k)
	JNE(LabelRef("loop"))

	c, ldc, add := Load(Param("c"), GP64()), Load(Param("ldc"), GP64()), Load(Param("add"), GP64())
	TESTQ(add, add)
	JE(LabelRef("store"))
	p := GP64()
	MOVQ(c, p)
	for i := range rows {
		f.add(Mem{Base: p}, acc[i][0], acc[i][0])
		f.add(Mem{Base: p, Disp: f.width}, acc[i][1], acc[i][1])
		ADDQ(ldc, p)
	}
	Label("store")
	for i := range rows {
		f.load(acc[i][0], Mem{Base: c})
		f.load(acc[i][1], Mem{Base: c, Disp: f.width})
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
}

// dots generates out[rows × 4] (+)= a·bᵀ for rows of a and b that are contiguous along k, which must be a multiple of a vector: one accumulator a pair,
// summed across the vector at the end. lda and ldb are in bytes, out is rows × 4 vectors of partial sums that the caller adds up.
func (f family) dots(rows int) {
	TEXT(fmt.Sprintf("dots%dx4%s", rows, f.name), NOSPLIT,
		fmt.Sprintf("func(vectors int, a *%[1]s, lda int, b *%[1]s, ldb int, out *%[1]s)", f.goType))
	Doc(fmt.Sprintf("dots%dx4%s multiplies %d rows by 4 rows and leaves a vector of partial sums a pair.", rows, f.name, rows))
	n, lda, ldb := Load(Param("vectors"), GP64()), Load(Param("lda"), GP64()), Load(Param("ldb"), GP64())
	base := func(name string, stride reg.Register, groups int) []reg.Register {
		p := []reg.Register{Load(Param(name), GP64())}
		for g := 1; g < groups; g++ {
			next := GP64()
			LEAQ(Mem{Base: p[g-1], Index: stride, Scale: 2}, next)
			ADDQ(stride, next)
			p = append(p, next)
		}
		return p
	}
	a, b := base("a", lda, (rows+2)/3), base("b", ldb, 2)
	row := func(p []reg.Register, stride reg.Register, i int) Mem {
		m := Mem{Base: p[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = stride, uint8(i%3)
		}
		return m
	}
	acc := make([][4]reg.VecVirtual, rows)
	for i := range acc {
		for j := range acc[i] {
			acc[i][j] = f.vector()
			zero(acc[i][j])
		}
	}
	var y [4]reg.VecVirtual
	for j := range y {
		if f.width == 64 || j < 3 {
			y[j] = f.vector()
		}
	}
	x := f.vector()
	Label("loop")
	if f.width == 64 {
		for j := range y {
			f.load(row(b, ldb, j), y[j])
		}
		for i := range rows {
			f.load(row(a, lda, i), x)
			for j := range y {
				f.fma(x, y[j], acc[i][j])
			}
		}
	} else { // sixteen registers: keep the three rows of a, stream those of b
		for i := range rows {
			f.load(row(a, lda, i), y[i])
		}
		for j := range 4 {
			f.load(row(b, ldb, j), x)
			for i := range rows {
				f.fma(x, y[i], acc[i][j])
			}
		}
	}
	for _, p := range append(a, b...) {
		ADDQ(Imm(uint64(f.width)), p)
	}
	DECQ(n)
	JNE(LabelRef("loop"))
	out := Load(Param("out"), GP64())
	for i := range rows {
		for j := range 4 {
			f.load(acc[i][j], Mem{Base: out, Disp: (4*i + j) * f.width})
		}
	}
	VZEROUPPER()
	RET()
}

func zero(v reg.VecVirtual) {
	if v.Size() == 64 {
		VPXORD(v, v, v)
		return
	}
	VXORPS(v, v, v)
}
