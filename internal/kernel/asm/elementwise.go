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

// over generates f for every vector of n elements. Constants that f asks for are set up before the loop.
func (f family) over(constants []float32, body func(p *pass)) {
	f.newPass(constants).run(body)
	VZEROUPPER()
	RET()
}

func (f family) newPass(constants []float32) *pass {
	p := &pass{family: f, consts: map[float32]Op{}}
	for _, c := range constants {
		p.constant(c)
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
	v, m := p.vector(), Mem{Base: base, Index: p.at, Scale: 1}
	switch {
	case p.mask == nil:
		VMOVUPS(m, v)
	case p.width == 64:
		VMOVUPS_Z(m, p.mask, v)
	default:
		VMASKMOVPS(m, p.mask, v)
	}
	return v
}

func (p *pass) store(v reg.Register, base reg.Register) {
	m := Mem{Base: base, Index: p.at, Scale: 1}
	switch {
	case p.mask == nil:
		VMOVUPS(v, m)
	case p.width == 64:
		VMOVUPS(v, p.mask, m)
	default:
		VMASKMOVPS(v, p.mask, m)
	}
}

// constant is c in every lane: a register where there are 32 of them, memory where there are 16.
func (p *pass) constant(c float32) Op {
	if op, ok := p.consts[c]; ok {
		return op
	}
	m := replicated(c)
	if p.width == 32 {
		p.consts[c] = m
		return m
	}
	v := p.vector()
	VBROADCASTSS(m, v)
	p.consts[c] = v
	return v
}

// register is a constant that an instruction needs in a register.
func (p *pass) register(c float32) reg.Register {
	op := p.constant(c)
	if r, ok := op.(reg.Register); ok {
		return r
	}
	v := p.vector()
	VMOVUPS(op, v)
	return v
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
	f.mirror("fold", "")
	f.mirror("unfold", "")
	f.mirror("unfold", "Add")
}

// rowPairs generates p = a+b and q = a−b (or p += and q +=) for `count` rows of n elements; rows of the four arrays lie a stride apart in bytes, which may be
// negative. It folds a field about its middle and unfolds it.
func (f family) rowPairs(add string) {
	f.function("rowPairs"+add, "count, n int, p, q, a, b *float32, stepP, stepQ, stepA, stepB int")
	to, minus := Load(Param("p"), GP64()), Load(Param("q"), GP64())
	a, b := Load(Param("a"), GP64()), Load(Param("b"), GP64())
	count, err := Param("count").Resolve()
	must(err)
	Label("row")
	f.overRow(func(p *pass) {
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

// modeRows generates the copy of pairs of rows of n elements between places given by tables of byte offsets and planes whose rows lie a step apart:
// spread also writes the second row with its sign turned.
func (f family) modeRows() {
	for _, spread := range []bool{true, false} {
		if spread {
			f.function("spreadRows", "count, n int, a, b *int32, from *float32, p, q, minus *float32, step int")
		} else {
			f.function("gatherRows", "count, n int, a, b *int32, to *float32, p, q *float32, step int")
		}
		first, second := Load(Param("a"), GP64()), Load(Param("b"), GP64())
		p, q := Load(Param("p"), GP64()), Load(Param("q"), GP64())
		step := Load(Param("step"), GP64())
		count, err := Param("count").Resolve()
		must(err)
		a, b, minus, sign := GP64(), GP64(), GP64(), f.vector()
		base := "to"
		if spread {
			base = "from"
			Load(Param("minus"), minus)
			VBROADCASTSS(replicated(float32(math.Copysign(0, -1))), sign)
		}
		origin := Load(Param(base), GP64())
		Label("row")
		MOVLQSX(Mem{Base: first}, a)
		MOVLQSX(Mem{Base: second}, b)
		ADDQ(origin, a)
		ADDQ(origin, b)
		f.overRow(func(s *pass) {
			if !spread {
				s.store(s.load(p), a)
				s.store(s.load(q), b)
				return
			}
			s.store(s.load(a), p)
			v := s.load(b)
			s.store(v, q)
			VXORPS(sign, v, v)
			s.store(v, minus)
		})
		ADDQ(Imm(4), first)
		ADDQ(Imm(4), second)
		ADDQ(step, p)
		ADDQ(step, q)
		if spread {
			ADDQ(step, minus)
		}
		DECQ(count.Addr)
		JNE(LabelRef("row"))
		VZEROUPPER()
		RET()
	}
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
