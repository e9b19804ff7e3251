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
	unpackLow func(...Op)
	unpackTop func(...Op)
	store1    func(...Op)
	add1      func(...Op)
	goType    string
}

var (
	single = ops{VMOVUPS, VBROADCASTSS, VFMADD231PS, VADDPS, VUNPCKLPS, VUNPCKHPS, VMOVSS, VADDSS, "float32"}
	double = ops{VMOVUPD, VBROADCASTSD, VFMADD231PD, VADDPD, VUNPCKLPD, VUNPCKHPD, VMOVSD, VADDSD, "float64"}
)

// products generates the family's matrix kernels. A tile is one to f.rows rows by up to two vectors of columns: with every row count present, rows can be cut
// evenly, and half vectors keep 24 columns from costing as much as 32.
func (f family) products() {
	for rows := 1; rows <= f.rows; rows++ {
		for _, halves := range f.halves {
			f.product(rows, halves)
		}
	}
	for rows := 1; rows <= f.dotRows; rows++ {
		f.dots(rows, 4)
		f.dots(rows, 1)
	}
	f.pack()
	if f.width == 32 {
		f.transpose()
	}
}

// strided is a set of rows a stride apart, addressed three to a pointer (p, p+stride, p+2·stride) so that any stride needs a third as many registers.
type strided struct {
	p      []reg.Register
	stride reg.Register
}

func newStrided(first, stride reg.Register, rows int) strided {
	s := strided{[]reg.Register{first}, stride}
	for len(s.p) < (rows+2)/3 {
		s.p = append(s.p, GP64())
	}
	return s
}

// spread sets the other pointers from the first.
func (s strided) spread() {
	for g := 1; g < len(s.p); g++ {
		LEAQ(Mem{Base: s.p[g-1], Index: s.stride, Scale: 2}, s.p[g])
		ADDQ(s.stride, s.p[g])
	}
}

func (s strided) row(i int) Mem {
	m := Mem{Base: s.p[i/3]}
	if i%3 > 0 {
		m.Index, m.Scale = s.stride, uint8(i%3)
	}
	return m
}

func (s strided) advance(by Op) {
	for _, p := range s.p {
		ADDQ(by, p)
	}
}

// product generates c (+)= a·b for `blocks` tiles of `rows` rows below each other: element (i, p) of a is at a + i·rs + p·cs, row p of b at b + p·ldb, row i
// of c at c + i·ldc, all strides in bytes.
func (f family) product(rows, halves int) {
	TEXT(fmt.Sprintf("product%dx%d%s", rows, halves, f.name), NOSPLIT,
		fmt.Sprintf("func(blocks, k int, a *%[1]s, rs, cs int, b *%[1]s, ldb int, c *%[1]s, ldc int, add int)", f.goType))
	Pragma("noescape")
	a, c := Load(Param("a"), GP64()), Load(Param("c"), GP64())
	rs, cs := Load(Param("rs"), GP64()), Load(Param("cs"), GP64())
	b0, ldb := Load(Param("b"), GP64()), Load(Param("ldb"), GP64())
	blocks, err := Param("blocks").Resolve()
	must(err)
	depth, err := Param("k").Resolve()
	must(err)

	widths := []int{f.width}
	switch halves {
	case 1:
		widths = []int{f.width / 2}
	case 3:
		widths = []int{f.width, f.width / 2}
	case 4:
		widths = []int{f.width, f.width}
	}
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		for _, w := range widths {
			acc[i] = append(acc[i], vectorOf(w))
		}
	}
	var row []reg.VecVirtual
	for _, w := range widths {
		row = append(row, vectorOf(w))
	}
	x := vectorOf(widths[0])
	narrow := func(w int) reg.Register { // the broadcast value at the width of a column group
		switch w {
		case 64:
			return x.AsZ()
		case 32:
			return x.AsY()
		}
		return x.AsX()
	}

	b, k := GP64(), GP64()
	as := newStrided(GP64(), rs, rows)
	Label("block")
	for i := range acc {
		for _, v := range acc[i] {
			zero(v)
		}
	}
	stride, err := Param("ldc").Resolve()
	must(err)
	line := GP64()
	MOVQ(c, line)
	for i := range rows { // c arrives while the sums run
		PREFETCHT0(Mem{Base: line})
		if len(widths) > 1 {
			PREFETCHT0(Mem{Base: line, Disp: f.width})
		}
		if i < rows-1 {
			ADDQ(stride.Addr, line)
		}
	}
	MOVQ(a, as.p[0])
	as.spread()
	MOVQ(b0, b)
	MOVQ(depth.Addr, k)
	Label("loop")
	for j := range widths {
		f.load(Mem{Base: b, Disp: j * widths[0]}, row[j])
	}
	if halves == 4 { // the next panel, where b is read in place
		PREFETCHT0(Mem{Base: b, Disp: 2 * f.width})
		if f.width == 64 {
			PREFETCHT0(Mem{Base: b, Disp: 3 * f.width})
		}
	}
	for i := range rows {
		if widths[0] == 16 && f.size == 8 {
			VMOVDDUP(as.row(i), x)
		} else {
			f.broadcast(as.row(i), x)
		}
		for j, w := range widths {
			f.fma(narrow(w), row[j], acc[i][j])
		}
	}
	ADDQ(ldb, b)
	as.advance(cs)
	DECQ(k)
	JNE(LabelRef("loop"))

	ldc, add := Load(Param("ldc"), GP64()), Load(Param("add"), GP64())
	TESTQ(add, add)
	JE(LabelRef("store"))
	p := GP64()
	MOVQ(c, p)
	for i := range rows {
		for j := range widths {
			f.add(Mem{Base: p, Disp: j * widths[0]}, acc[i][j], acc[i][j])
		}
		ADDQ(ldc, p)
	}
	Label("store")
	for i := range rows {
		for j := range widths {
			f.load(acc[i][j], Mem{Base: c, Disp: j * widths[0]})
		}
		ADDQ(ldc, c)
	}
	for range rows {
		ADDQ(rs, a)
	}
	DECQ(blocks.Addr)
	JNE(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// dots generates c[rows × cols] (+)= a·bᵀ for rows of a and b that are contiguous along k, a whole number of vectors: one accumulator a pair, summed across the
// vector at the end. Strides are in bytes.
func (f family) dots(rows, cols int) {
	TEXT(fmt.Sprintf("dots%dx%d%s", rows, cols, f.name), NOSPLIT,
		fmt.Sprintf("func(vectors int, a *%[1]s, lda int, b *%[1]s, ldb int, c *%[1]s, ldc int, add int)", f.goType))
	Pragma("noescape")
	n := Load(Param("vectors"), GP64())
	as := newStrided(Load(Param("a"), GP64()), Load(Param("lda"), GP64()), rows)
	bs := newStrided(Load(Param("b"), GP64()), Load(Param("ldb"), GP64()), cols)
	as.spread()
	bs.spread()
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		for range cols {
			v := f.vector()
			zero(v)
			acc[i] = append(acc[i], v)
		}
	}
	// The longer side is kept in registers if they suffice for it, the other streams through x: 6×4 fits 32 registers, 3×4 fits 16 with three rows kept.
	keep, stream, kept := bs, as, cols
	if f.width == 32 {
		keep, stream, kept = as, bs, rows
	}
	var y []reg.VecVirtual
	for range kept {
		y = append(y, f.vector())
	}
	x := f.vector()
	Label("loop")
	for i := range kept {
		f.load(keep.row(i), y[i])
	}
	for i := range rows * cols / kept {
		f.load(stream.row(i), x)
		for j := range kept {
			if f.width == 32 {
				f.fma(x, y[j], acc[j][i])
			} else {
				f.fma(x, y[j], acc[i][j])
			}
		}
	}
	as.advance(Imm(uint64(f.width)))
	bs.advance(Imm(uint64(f.width)))
	DECQ(n)
	JNE(LabelRef("loop"))

	c, ldc, add := Load(Param("c"), GP64()), Load(Param("ldc"), GP64()), Load(Param("add"), GP64())
	for i := range rows {
		sum := f.across(acc[i])
		label := fmt.Sprintf("store%d", i)
		TESTQ(add, add)
		JE(LabelRef(label))
		if cols == 1 {
			f.add1(Mem{Base: c}, sum, sum)
		} else {
			f.add(Mem{Base: c}, sum, sum)
		}
		Label(label)
		if cols == 1 {
			f.store1(sum, Mem{Base: c})
		} else {
			f.load(sum, Mem{Base: c})
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
}

// across sums each of one or four vectors and returns the sums side by side, by halving: upper onto lower half, then interleaved pairs.
func (f family) across(v []reg.VecVirtual) reg.Register {
	y := make([]reg.Register, 4)
	for i := range y {
		y[i] = v[i%len(v)].AsY()
		if f.width == 64 && i < len(v) {
			top := YMM()
			VEXTRACTF64X4(Imm(1), v[i].AsZ(), top)
			f.add(top, y[i], y[i])
		}
	}
	low, high := YMM(), YMM()
	pair := func(p, q reg.Register) reg.VecVirtual { // (p₀+p₂, q₀+q₂, …) in each 128-bit lane, or sums of two for double precision
		sum := YMM()
		f.unpackLow(q, p, low)
		f.unpackTop(q, p, high)
		f.add(low, high, sum)
		return sum
	}
	s01, s23 := pair(y[0], y[1]), pair(y[2], y[3])
	if f.size == 8 { // s01 = (0, 1 | 0, 1), s23 likewise, upper lanes still to be added to lower ones
		if f.width == 64 {
			VSHUFF64X2(Imm(0), s23, s01, low)
			VSHUFF64X2(Imm(3), s23, s01, high)
		} else {
			VPERM2F128(Imm(0x20), s23, s01, low)
			VPERM2F128(Imm(0x31), s23, s01, high)
		}
		f.add(low, high, low)
		if len(v) == 1 {
			return low.AsX()
		}
		return low
	}
	VUNPCKLPD(s23, s01, low)
	VUNPCKHPD(s23, s01, high)
	f.add(low, high, low)
	if f.width == 64 {
		VEXTRACTF32X4(Imm(1), low, high.AsX())
	} else {
		VEXTRACTF128(Imm(1), low, high.AsX())
	}
	f.add(high.AsX(), low.AsX(), low.AsX())
	return low.AsX()
}

// pack generates the copy of k rows of two vectors from rows ldb bytes apart to adjacent ones.
func (f family) pack() {
	TEXT("pack"+f.name, NOSPLIT, fmt.Sprintf("func(k int, dst, b *%[1]s, ldb int)", f.goType))
	Pragma("noescape")
	k, dst := Load(Param("k"), GP64()), Load(Param("dst"), GP64())
	b, ldb := Load(Param("b"), GP64()), Load(Param("ldb"), GP64())
	x, y := f.vector(), f.vector()
	Label("loop")
	PREFETCHT0(Mem{Base: b, Disp: 2 * f.width}) // the next panel, which is packed when this one has been multiplied
	if f.width == 64 {
		PREFETCHT0(Mem{Base: b, Disp: 3 * f.width})
	}
	f.load(Mem{Base: b}, x)
	f.load(Mem{Base: b, Disp: f.width}, y)
	f.load(x, Mem{Base: dst})
	f.load(y, Mem{Base: dst, Disp: f.width})
	ADDQ(ldb, b)
	ADDQ(Imm(uint64(2*f.width)), dst)
	DECQ(k)
	JNE(LabelRef("loop"))
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

func must(err error) {
	if err != nil {
		panic(err)
	}
}
