package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwise generates the single-precision passes over arrays.
func (f family) elementwise() {
	f.activations()
	f.norms()
	f.arithmetic()
	f.adamW()
	f.sumSquares()
	f.sum()
}

// pass is a loop over whole vectors and a masked remainder. Lanes beyond the end load as zero and are not stored.
type pass struct {
	family
	at     reg.Register // byte offset of the current vector
	mask   reg.Register // k register or vector; nil in the main loop
	consts map[float32]Op
}

// over generates body for every vector of n elements. The constants listed are set up before the loop.
func (f family) over(constants []float32, body func(p *pass)) {
	f.newPass(constants).run(body)
	VZEROUPPER()
	RET()
}

func (f family) newPass(constants []float32) *pass {
	p := &pass{family: f, consts: map[float32]Op{}}
	if f.width == 64 {
		for _, c := range constants {
			if _, ok := p.consts[c]; !ok {
				v := p.vector()
				VBROADCASTSS(replicated(c), v)
				p.consts[c] = v
			}
		}
	}
	return p
}

// overRow is over without constants and without the return, for use inside a loop over rows.
func (f family) overRow(body func(p *pass)) {
	f.newPass(nil).run(body)
}

func (p *pass) run(body func(p *pass)) {
	f := p.family
	p.mask = nil
	n := Load(Param("n"), GP64())
	p.at = GP64()
	XORQ(p.at, p.at)
	lanes := uint64(f.width / f.size)
	SUBQ(Imm(lanes), n)
	JL(LabelRef("tail"))
	Label("loop")
	body(p)
	ADDQ(Imm(uint64(f.width)), p.at)
	SUBQ(Imm(lanes), n)
	JGE(LabelRef("loop"))
	Label("tail")
	ADDQ(Imm(lanes), n)
	JE(LabelRef("done"))
	if f.width == 64 {
		bits, k := GP64(), K()
		MOVQ(I64(-1), bits)
		BZHIQ(n, bits, bits)
		KMOVW(bits.As32(), k)
		p.mask = k
	} else { // the window of eight that begins n before the last eight zeros
		table := GP64()
		LEAQ(tailMasks(), table)
		NEGQ(n)
		v := YMM()
		VMOVUPS(Mem{Base: table, Index: n, Scale: 4, Disp: 64}, v)
		p.mask = v
	}
	body(p)
	Label("done")
}

// load reads the current vector of the array at base.
func (p *pass) load(base reg.Register) reg.VecVirtual {
	v := p.vector()
	p.read(Mem{Base: base, Index: p.at, Scale: 1}, v)
	return v
}

func (p *pass) store(v, base reg.Register) {
	p.write(v, Mem{Base: base, Index: p.at, Scale: 1})
}

// read is load from any address.
func (p *pass) read(m Mem, v reg.Register) {
	switch {
	case p.mask == nil:
		VMOVUPS(m, v)
	case p.width == 64:
		VMOVUPS_Z(m, p.mask, v)
	default:
		VMASKMOVPS(m, p.mask, v)
	}
}

// write is store to any address.
func (p *pass) write(v reg.Register, m Mem) {
	switch {
	case p.mask == nil:
		VMOVUPS(v, m)
	case p.width == 64:
		VMOVUPS(v, p.mask, m)
	default:
		VMASKMOVPS(v, p.mask, m)
	}
}

// constant is c in every lane: a register if it was asked for before the loop, where there are 32 of them, else memory.
func (p *pass) constant(c float32) Op {
	if op, ok := p.consts[c]; ok {
		return op
	}
	return replicated(c)
}

// register is a constant that an instruction needs in a register.
func (p *pass) register(c float32) reg.Register {
	if r, ok := p.constant(c).(reg.Register); ok {
		return r
	}
	v := p.vector()
	p.set(v, c)
	return v
}

// set fills v with a constant.
func (p *pass) set(v reg.Register, c float32) {
	if m, ok := p.constant(c).(Mem); ok && p.width == 64 {
		VBROADCASTSS(m, v)
		return
	}
	VMOVUPS(p.constant(c), v)
}

// with issues an instruction whose first operand is a constant, in the form that takes one number from memory where that is how the constant comes.
func (p *pass) with(op, fromMemory func(...Op), c float32, rest ...Op) {
	x := p.constant(c)
	if _, ok := x.(Mem); ok && p.width == 64 {
		op = fromMemory
	}
	op(append([]Op{x}, rest...)...)
}

var pool = map[string]Mem{}

// replicated is a read-only vector of eight equal numbers.
func replicated(c float32) Mem {
	name := fmt.Sprintf("const%08x", math.Float32bits(c))
	if m, ok := pool[name]; ok {
		return m
	}
	m := GLOBL(name, 8|16) // RODATA, NOPTR
	for i := range 8 {
		DATA(4*i, U32(math.Float32bits(c))) // as bits: the assembler cannot read −0
	}
	pool[name] = m
	return m
}

func tailMasks() Mem {
	if m, ok := pool["tailMasks"]; ok {
		return m
	}
	m := GLOBL("tailMasks", 8|16)
	for i := range 24 {
		v := U32(0)
		if i/8 == 1 {
			v = U32(0xffffffff)
		}
		DATA(4*i, v)
	}
	pool["tailMasks"] = m
	return m
}

// arithmetic generates the passes that join layers: sums, differences, shifts.
func (f family) arithmetic() {
	f.function("addShift", "n int, x, y *float32, shift float32")
	x, y := Load(Param("x"), GP64()), Load(Param("y"), GP64())
	shift := f.vector()
	param, err := Param("shift").Resolve()
	must(err)
	VBROADCASTSS(param.Addr, shift)
	f.over(nil, func(p *pass) {
		v := p.load(x)
		VADDPS(p.load(y), v, v)
		VADDPS(shift, v, v)
		p.store(v, x)
	})

	f.function("shift", "n int, x *float32, shift float32")
	x = Load(Param("x"), GP64())
	shift = f.vector()
	param, err = Param("shift").Resolve()
	must(err)
	VBROADCASTSS(param.Addr, shift)
	f.over(nil, func(p *pass) {
		v := p.load(x)
		VADDPS(shift, v, v)
		p.store(v, x)
	})

	f.function("sumDifference", "n int, p, q, a, b *float32")
	to, minus := Load(Param("p"), GP64()), Load(Param("q"), GP64())
	a, b := Load(Param("a"), GP64()), Load(Param("b"), GP64())
	f.over(nil, func(p *pass) {
		u, v, sum, difference := p.load(a), p.load(b), p.vector(), p.vector()
		VADDPS(v, u, sum)
		VSUBPS(v, u, difference)
		p.store(sum, to)
		p.store(difference, minus)
	})

	for _, add := range []string{"", "Add"} {
		f.rowPairs(add)
	}

	f.modeRows()
	f.stacks()
	f.mirror("fold", "")
	f.mirror("unfold", "")
	f.mirror("unfold", "Add")
}

// rowPairs generates p = a+b and q = a−b (or p += and q +=) for `count` rows of n elements; rows of the four arrays lie a stride apart in bytes, which may be
// negative. It folds a field about its middle and unfolds it. What lies aheadTo bytes beyond the current place in p and q, and aheadFrom bytes in a and b, is
// called into the cache: a processor prepares badly for rows that are only written, and for those that run backwards.
func (f family) rowPairs(add string) {
	f.function("rowPairs"+add, "count, n int, p, q, a, b *float32, stepP, stepQ, stepA, stepB, aheadTo, aheadFrom int")
	to, minus := Load(Param("p"), GP64()), Load(Param("q"), GP64())
	a, b := Load(Param("a"), GP64()), Load(Param("b"), GP64())
	count, err := Param("count").Resolve()
	must(err)
	nextTo, nextFrom := GP64(), GP64()
	Label("row")
	Load(Param("aheadTo"), nextTo)
	Load(Param("aheadFrom"), nextFrom)
	f.overRow(func(p *pass) {
		for _, base := range []reg.Register{to, minus} {
			PREFETCHT0(Mem{Base: base, Index: nextTo, Scale: 1})
		}
		for _, base := range []reg.Register{a, b} {
			PREFETCHT0(Mem{Base: base, Index: nextFrom, Scale: 1})
		}
		ADDQ(Imm(uint64(f.width)), nextTo)
		ADDQ(Imm(uint64(f.width)), nextFrom)
		u, v, sum, difference := p.load(a), p.load(b), p.vector(), p.vector()
		VADDPS(v, u, sum)
		VSUBPS(v, u, difference)
		if add != "" {
			VADDPS(p.load(to), sum, sum)
		}
		p.store(sum, to)
		if add != "" { // loaded after the store: p and q may be the same row
			VADDPS(p.load(minus), difference, difference)
		}
		p.store(difference, minus)
	})
	for i, pointer := range []reg.Register{to, minus, a, b} {
		step, err := Param("step" + "PQAB"[i:i+1]).Resolve()
		must(err)
		ADDQ(step.Addr, pointer)
	}
	DECQ(count.Addr)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// modeRows generates the copy of pairs of rows of n elements between places given by tables of byte offsets and two arrays whose rows lie a step apart.
func (f family) modeRows() {
	for _, spread := range []bool{true, false} {
		if spread {
			f.function("spreadRows", "count, n int, a, b *int32, from *float32, p, q *float32, step int")
		} else {
			f.function("gatherRows", "count, n int, a, b *int32, to *float32, p, q *float32, step int")
		}
		first, second := Load(Param("a"), GP64()), Load(Param("b"), GP64())
		p, q := Load(Param("p"), GP64()), Load(Param("q"), GP64())
		step := Load(Param("step"), GP64())
		a, b := GP64(), GP64()
		base := "to"
		if spread {
			base = "from"
		}
		origin := Load(Param(base), GP64())
		Label("row")
		MOVLQSX(Mem{Base: first}, a)
		MOVLQSX(Mem{Base: second}, b)
		ADDQ(origin, a)
		ADDQ(origin, b)
		f.overRow(func(s *pass) {
			if spread {
				s.store(s.load(a), p)
				s.store(s.load(b), q)
				return
			}
			s.store(s.load(p), a)
			s.store(s.load(q), b)
		})
		ADDQ(Imm(4), first)
		ADDQ(Imm(4), second)
		ADDQ(step, p)
		ADDQ(step, q)
		DECQ(param("count"))
		JNE(LabelRef("row"))
		VZEROUPPER()
		RET()
	}
}

// stacks generates what arranges spectra of one mode for products: rows of n numbers, or their negatives, copied between arrays whose rows lie a step apart, and
// y = (p − q′, p′ + q) for rows of pairs (p, p′), (q, q′), each of n numbers, which makes a complex product of two real ones.
func (f family) stacks() {
	for _, negative := range []bool{false, true} {
		name := "copyRows"
		if negative {
			name = "negativeRows"
		}
		f.function(name, "count, n int, dst *float32, stepDst int, src *float32, stepSrc int")
		dst, src, sign := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), f.vector()
		if negative {
			VBROADCASTSS(replicated(float32(math.Copysign(0, -1))), sign)
		}
		Label("row")
		f.overRow(func(p *pass) {
			v := p.load(src)
			if negative {
				p.exclusiveOr(sign, v)
			}
			p.store(v, dst)
		})
		ADDQ(param("stepDst"), dst)
		ADDQ(param("stepSrc"), src)
		DECQ(param("count"))
		JNE(LabelRef("row"))
		VZEROUPPER()
		RET()
	}

	f.function("complexRows", "count, n int, y *float32, stepY int, p, q *float32, stepP int")
	y, p, q := Load(Param("y"), GP64()), Load(Param("p"), GP64()), Load(Param("q"), GP64())
	y1, p1, q1 := GP64(), GP64(), GP64()
	Label("row")
	for _, r := range [][2]reg.Register{{y, y1}, {p, p1}, {q, q1}} {
		Load(Param("n"), r[1])
		LEAQ(Mem{Base: r[0], Index: r[1], Scale: 4}, r[1])
	}
	f.overRow(func(s *pass) {
		a, b := s.load(p), s.load(q1)
		VSUBPS(b, a, a)
		s.store(a, y)
		c, d := s.load(p1), s.load(q)
		VADDPS(d, c, c)
		s.store(c, y1)
	})
	ADDQ(param("stepY"), y)
	ADDQ(param("stepP"), p)
	ADDQ(param("stepP"), q)
	DECQ(param("count"))
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// exclusiveOr is v ^= x.
func (p *pass) exclusiveOr(x, v reg.VecVirtual) {
	if p.width == 64 {
		VPXORD(x, v, v) // the form for floats asks for another extension
		return
	}
	VXORPS(x, v, v)
}

func (f family) function(name, params string) {
	TEXT(name+f.name, NOSPLIT, "func("+params+")")
	Pragma("noescape")
}

// adamW generates the optimiser's step; coefficients are those of adamWCoefficients in order. ema may be nil.
func (f family) adamW() {
	f.function("adamW", "n int, p, grad, m, v, ema *float32, c *float32")
	p, g, m, v := Load(Param("p"), GP64()), Load(Param("grad"), GP64()), Load(Param("m"), GP64()), Load(Param("v"), GP64())
	ema, c := Load(Param("ema"), GP64()), Load(Param("c"), GP64())
	coefficient := func(i int) Op {
		if f.width == 32 {
			x := f.vector()
			VBROADCASTSS(Mem{Base: c, Disp: 4 * i}, x)
			return x
		}
		return nil
	}
	var fixed []Op
	if f.width == 64 {
		for i := range 11 {
			x := f.vector()
			VBROADCASTSS(Mem{Base: c, Disp: 4 * i}, x)
			fixed = append(fixed, x)
		}
		coefficient = func(i int) Op { return fixed[i] }
	}
	count := 0
	f.over(nil, func(s *pass) {
		count++
		x := s.load(g)
		VMULPS(coefficient(0), x, x)
		mean, square := s.load(m), s.load(v)
		VMULPS(coefficient(1), mean, mean)
		VFMADD231PS(coefficient(2), x, mean)
		VMULPS(x, x, x)
		VMULPS(coefficient(3), square, square)
		VFMADD231PS(coefficient(4), x, square)
		s.store(mean, m)
		s.store(square, v)
		VSQRTPS(square, square)
		VMULPS(coefficient(7), square, square)
		VADDPS(coefficient(8), square, square)
		VMULPS(coefficient(6), mean, mean)
		VDIVPS(square, mean, mean)
		value := s.load(p)
		VMULPS(coefficient(5), value, value)
		VSUBPS(mean, value, value)
		s.store(value, p)
		skip := fmt.Sprintf("noMean%d", count)
		TESTQ(ema, ema)
		JE(LabelRef(skip))
		average := s.load(ema)
		VMULPS(coefficient(9), average, average)
		VFMADD231PS(coefficient(10), value, average)
		s.store(average, ema)
		Label(skip)
	})
}

// sumSquares generates Σ x² in double precision over n elements, a multiple of 16, as 8 partial sums.
func (f family) sumSquares() {
	f.function("sumSquares", "n int, x *float32, sums *float64")
	n, x, sums := Load(Param("n"), GP64()), Load(Param("x"), GP64()), Load(Param("sums"), GP64())
	groups := 16 * 8 / f.width
	var acc []reg.VecVirtual
	for range groups {
		a := f.vector()
		zero(a)
		acc = append(acc, a)
	}
	v := f.vector()
	Label("loop")
	for i, a := range acc {
		VCVTPS2PD(Mem{Base: x, Disp: i * f.width / 2}, v)
		VFMADD231PD(v, v, a)
	}
	ADDQ(Imm(64), x)
	SUBQ(Imm(16), n)
	JNE(LabelRef("loop"))
	for i := range acc[:groups/2] {
		VADDPD(acc[i+groups/2], acc[i], acc[i])
		VMOVUPD(acc[i], Mem{Base: sums, Disp: i * f.width})
	}
	VZEROUPPER()
	RET()
}

// sum generates the partial sums of n elements, a multiple of 32, in 8 lanes.
func (f family) sum() {
	f.function("sum", "n int, x *float32, sums *float32")
	n, x, sums := Load(Param("n"), GP64()), Load(Param("x"), GP64()), Load(Param("sums"), GP64())
	var acc []reg.VecVirtual
	for range 128 / f.width {
		a := f.vector()
		zero(a)
		acc = append(acc, a)
	}
	Label("loop")
	for i, a := range acc {
		VADDPS(Mem{Base: x, Disp: i * f.width}, a, a)
	}
	ADDQ(Imm(128), x)
	SUBQ(Imm(32), n)
	JNE(LabelRef("loop"))
	for len(acc) > 1 {
		half := len(acc) / 2
		for i := range half {
			VADDPS(acc[i+half], acc[i], acc[i])
		}
		acc = acc[:half]
	}
	y := acc[0].AsY()
	if f.width == 64 {
		top := YMM()
		VEXTRACTF64X4(Imm(1), acc[0].AsZ(), top)
		VADDPS(top, y, y)
	}
	VMOVUPS(y, Mem{Base: sums})
	VZEROUPPER()
	RET()
}
