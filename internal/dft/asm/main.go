// Command asm writes the AVX2 and AVX-512 assembly of package dft; see the go:generate lines there.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!noasm")
	for _, w := range []vectors{{"", 4}, {"Wide", 8}} {
		vector = w
		clear(constants)
		for _, r := range []int{2, 3, 4, 5, 8} {
			pass(r)
		}
		joinLanes()
		splitLanes()
		combineLanes()
		squareLanes()
	}
	vector = vectors{"", 4}
	transpose()
	turn()
	Generate()
}

// vectors is the kind of registers that functions are written for: AVX2 with 4 float64, AVX-512 with 8.
type vectors struct {
	suffix string // of the functions' names
	lanes  int
}

var vector vectors

// bytes is the length of a vector.
func (v vectors) bytes() Constant { return Imm(uint64(8 * v.lanes)) }

// shift is its binary logarithm.
func (v vectors) shift() uint64 {
	if v.lanes == 8 {
		return 6
	}
	return 5
}

func register() reg.VecVirtual {
	if vector.lanes == 8 {
		return ZMM()
	}
	return YMM()
}

// number is a complex number a lane: real and imaginary parts of as many columns as a vector holds.
type number struct{ re, im reg.VecVirtual }

func fresh() number { return number{register(), register()} }

func add(d, a, b number) {
	VADDPD(b.re, a.re, d.re)
	VADDPD(b.im, a.im, d.im)
}

func sub(d, a, b number) {
	VSUBPD(b.re, a.re, d.re)
	VSUBPD(b.im, a.im, d.im)
}

// fma computes d += c·a for a real constant in memory.
func fma(d, a number, c Op) {
	VFMADD231PD(c, a.re, d.re)
	VFMADD231PD(c, a.im, d.im)
}

// pair is a sum and a difference in the registers of a and one fresh number.
func pair(a, b number) (sum, diff number) {
	sum = fresh()
	add(sum, a, b)
	sub(a, a, b)
	return sum, a
}

func addMinusI(d, a, b number) { // d = a − i·b
	VADDPD(b.im, a.re, d.re)
	VSUBPD(b.re, a.im, d.im)
}

func addPlusI(d, a, b number) { // d = a + i·b
	VSUBPD(b.im, a.re, d.re)
	VADDPD(b.re, a.im, d.im)
}

// constant is a float64 in all lanes of a vector in read-only memory.
func constant(name string, c float64) Mem {
	m := GLOBL(name, 8|16) // RODATA|NOPTR
	for i := range vector.lanes {
		DATA(8*i, F64(c))
	}
	return m
}

var constants = map[string]Mem{}

func memory(name string, c float64) Mem {
	if m, ok := constants[name]; ok {
		return m
	}
	constants[name] = constant(name+vector.suffix, c)
	return constants[name]
}

// rows addresses the radix rows of one butterfly from two base registers: row j at base + j·step.
type rows struct {
	re, im, step, step3, step5 reg.Register
	step7                      reg.Register
}

func (r rows) at(base reg.Register, j int) Mem {
	switch j {
	case 0:
		return Mem{Base: base}
	case 1, 2, 4:
		return Mem{Base: base, Index: r.step, Scale: uint8(j)}
	case 3:
		return Mem{Base: base, Index: r.step3, Scale: 1}
	case 5:
		return Mem{Base: base, Index: r.step5, Scale: 1}
	case 6:
		return Mem{Base: base, Index: r.step3, Scale: 2}
	}
	return Mem{Base: base, Index: r.step7, Scale: 1}
}

func (r rows) load(j int) number {
	n := fresh()
	VMOVUPD(r.at(r.re, j), n.re)
	VMOVUPD(r.at(r.im, j), n.im)
	return n
}

func (r rows) store(j int, n number) {
	VMOVUPD(n.re, r.at(r.re, j))
	VMOVUPD(n.im, r.at(r.im, j))
}

func (r rows) advance(stride reg.Register) {
	ADDQ(stride, r.re)
	ADDQ(stride, r.im)
}

// multiples prepares 3·, 5· and 7·step where the radix needs them.
func (r *rows) multiples(radix int) {
	if radix > 3 {
		r.step3 = times(r.step, 2)
	}
	if radix > 5 {
		r.step5, r.step7 = times(r.step, 4), GP64()
		MOVQ(r.step, r.step7)
		SHLQ(Imm(3), r.step7)
		SUBQ(r.step, r.step7)
	}
}

func times(step reg.Register, scale uint8) reg.Register {
	d := GP64()
	LEAQ(Mem{Base: step, Index: step, Scale: scale}, d)
	return d
}

// pass is one pass of a block of columns: see the definition in passes.go. A butterfly is computed for all vectors of the block before the next one, so that
// whole cache lines are read and written.
func pass(radix int) {
	name := map[int]string{2: "pass2", 3: "pass3", 4: "pass4", 5: "pass5", 8: "pass8"}[radix] + vector.suffix
	TEXT(name, NOSPLIT, "func(dstRe, dstIm, srcRe, srcIm *float64, dstStride, srcStride int, twiddle *float64, groups, run, vectors int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes a pass of %d·vectors columns; strides are in bytes.", name, vector.lanes))
	dst := rows{re: Load(Param("dstRe"), GP64()), im: Load(Param("dstIm"), GP64())}
	src := rows{re: Load(Param("srcRe"), GP64()), im: Load(Param("srcIm"), GP64())}
	tw := Load(Param("twiddle"), GP64())
	// dst.step = run·dstStride, src.step = groups·run·srcStride
	dst.step, src.step = GP64(), GP64()
	Load(Param("run"), dst.step)
	Load(Param("groups"), src.step)
	IMULQ(dst.step, src.step)
	tmp := GP64()
	Load(Param("dstStride"), tmp)
	IMULQ(tmp, dst.step)
	Load(Param("srcStride"), tmp)
	IMULQ(tmp, src.step)
	dst.multiples(radix)
	src.multiples(radix)
	left := AllocLocal(8) // rows of the run; the registers are used up

	Label(name + "_group")
	count := GP64()
	Load(Param("run"), count)
	MOVQ(count, left)
	Label(name + "_run")
	vectors := GP64()
	Load(Param("vectors"), vectors)
	Label(name + "_vector")
	butterfly(radix, dst, src, tw)
	for _, r := range []reg.Register{dst.re, dst.im, src.re, src.im} {
		ADDQ(vector.bytes(), r)
	}
	DECQ(vectors)
	JNZ(LabelRef(name + "_vector"))
	// On to the next row, less the vectors that the pointers have moved by.
	stride := GP64()
	Load(Param("vectors"), stride)
	SHLQ(Imm(vector.shift()), stride)
	for _, r := range []reg.Register{dst.re, dst.im, src.re, src.im} {
		SUBQ(stride, r)
	}
	Load(Param("srcStride"), stride)
	src.advance(stride)
	Load(Param("dstStride"), stride)
	dst.advance(stride)
	DECQ(left)
	JNZ(LabelRef(name + "_run"))
	// The inner loop advanced dst by one step of the r that a group covers.
	skip := GP64()
	MOVQ(dst.step, skip)
	if radix > 2 {
		IMUL3Q(Imm(uint64(radix-1)), dst.step, skip)
	}
	dst.advance(skip)
	ADDQ(Imm(uint64(16*(radix-1))), tw)
	groups, err := Param("groups").Resolve()
	if err != nil {
		panic(err)
	}
	DECQ(groups.Addr)
	JNZ(LabelRef(name + "_group"))
	VZEROUPPER()
	RET()
}

// twisted stores row k of the result, multiplied by its twiddle factor.
func twisted(dst rows, k int, x number, tw reg.Register) {
	if k == 0 {
		dst.store(0, x)
		return
	}
	wr, wi, y := register(), register(), fresh()
	VBROADCASTSD(Mem{Base: tw, Disp: 16 * (k - 1)}, wr)
	VBROADCASTSD(Mem{Base: tw, Disp: 16*(k-1) + 8}, wi)
	VMULPD(x.im, wi, y.re)
	VMULPD(x.re, wi, y.im)
	VFMSUB231PD(x.re, wr, y.re)
	VFMADD231PD(x.im, wr, y.im)
	dst.store(k, y)
}

func butterfly(radix int, dst, src rows, tw reg.Register) {
	switch radix {
	case 2:
		sum, diff := pair(src.load(0), src.load(1))
		twisted(dst, 0, sum, tw)
		twisted(dst, 1, diff, tw)
	case 3:
		butterfly3(dst, src, tw)
	case 4:
		y := transform4(src.load(0), src.load(1), src.load(2), src.load(3))
		for k := range 4 {
			twisted(dst, k, y[k], tw)
		}
	case 5:
		butterfly5(dst, src, tw)
	case 8:
		butterfly8(dst, src, tw)
	}
}

func butterfly3(dst, src rows, tw reg.Register) {
	sin3, half := memory("sin3", 0.86602540378443864676372317075293618), memory("minushalf", -0.5)
	a := src.load(0)
	t, d := pair(src.load(1), src.load(2))
	y := fresh()
	add(y, a, t)
	twisted(dst, 0, y, tw)
	fma(a, t, half)
	VMULPD(sin3, d.re, d.re)
	VMULPD(sin3, d.im, d.im)
	u, v := fresh(), fresh()
	addMinusI(u, a, d)
	twisted(dst, 1, u, tw)
	addPlusI(v, a, d)
	twisted(dst, 2, v, tw)
}

// transform4 is the transform of four numbers.
func transform4(a, b, c, d number) [4]number {
	p, n := pair(a, c)
	u, v := pair(b, d)
	y0, y2 := pair(p, u)
	y1, y3 := fresh(), fresh()
	addMinusI(y1, n, v)
	addPlusI(y3, n, v)
	return [4]number{y0, y1, y2, y3}
}

func butterfly5(dst, src rows, tw reg.Register) {
	c1, c2 := memory("cos51", 0.30901699437494742410229341718281906), memory("cos52", -0.80901699437494742410229341718281906)
	s1, s2 := memory("sin51", 0.95105651629515357211643933337938214), memory("sin52", 0.58778525229247312916870595463907277)
	minusS1 := memory("minussin51", -0.95105651629515357211643933337938214)
	t1, t3 := pair(src.load(1), src.load(4))
	t2, t4 := pair(src.load(2), src.load(3))
	half := func(cA, cB, sA, sB Mem, low, high int) {
		h, v := src.load(0), fresh()
		fma(h, t1, cA)
		fma(h, t2, cB)
		VMULPD(sA, t3.re, v.re)
		VMULPD(sA, t3.im, v.im)
		fma(v, t4, sB)
		y := fresh()
		addMinusI(y, h, v)
		twisted(dst, low, y, tw)
		z := fresh()
		addPlusI(z, h, v)
		twisted(dst, high, z, tw)
	}
	half(c1, c2, s1, s2, 1, 4)
	half(c2, c1, s2, minusS1, 2, 3)
	// Row 0 comes last: both halves read it again, and dst may be src.
	a := src.load(0)
	add(a, a, t1)
	add(a, a, t2)
	twisted(dst, 0, a, tw)
}

// butterfly8 is two transforms of length 4, of the even and of the odd rows. Sixteen registers do not hold both, so the first is parked on the stack.
func butterfly8(dst, src rows, tw reg.Register) {
	half := memory("half8", 0.70710678118654752440084436210484904)
	size := 8 * vector.lanes
	park := AllocLocal(8 * size)
	slot := func(k, part int) Mem { return park.Offset(size * (2*k + part)) }
	e := transform4(src.load(0), src.load(2), src.load(4), src.load(6))
	for k := range 4 {
		VMOVUPD(e[k].re, slot(k, 0))
		VMOVUPD(e[k].im, slot(k, 1))
	}
	o := transform4(src.load(1), src.load(3), src.load(5), src.load(7))
	for k := range 4 {
		x := o[k]
		if k == 1 || k == 3 {
			// · e^{−iπ/4}: (re+im, im−re)·√½;   · e^{−3iπ/4} = −i · that.
			y := fresh()
			VADDPD(x.im, x.re, y.re)
			VSUBPD(x.re, x.im, y.im)
			VMULPD(half, y.re, y.re)
			VMULPD(half, y.im, y.im)
			x = y
		}
		a, low, high := fresh(), fresh(), fresh()
		VMOVUPD(slot(k, 0), a.re)
		VMOVUPD(slot(k, 1), a.im)
		if k < 2 {
			add(low, a, x)
			sub(high, a, x)
		} else {
			addMinusI(low, a, x)
			addPlusI(high, a, x)
		}
		twisted(dst, k, low, tw)
		twisted(dst, k+4, high, tw)
	}
}
