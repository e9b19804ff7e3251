package main

import (
	"fmt"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rational approximates an odd function on [−limit, limit] by x·P(x²)/Q(x²); lowest power first.
type rational struct {
	limit float32
	p, q  []float32
}

var (
	// normal is Φ(x) − ½, the normal distribution function about its centre: least maximum error by Lawson's iteration, 7e-9 before rounding. Φ(−5.5) is 2e-8.
	normal = rational{
		5.5,
		[]float32{0.398942232131958, 0.033852625638246536, 0.0046772584319114685, 0.0001688253105385229, 6.352103355311556e-06, 2.274934907120496e-08},
		[]float32{1, 0.25152185559272766, 0.02864585630595684, 0.0018844427540898323, 7.364732300629839e-05, 1.1975023426202824e-06},
	}
	// normalSlope is d/dx (x·Φ(x)) − ½ = Φ(x) − ½ + x·φ(x), which is odd as well: 5e-9 before rounding. Beyond 6 it is ½ to 4e-8.
	normalSlope = rational{
		6,
		[]float32{0.7978845238685608, -0.01803799904882908, 0.013569009490311146, 0.000285224465187639, 3.20271537930239e-05, 1.1219361795156146e-06, 1.3003082166562763e-08, -2.8880339092429708e-11},
		[]float32{1, 0.3107255697250366, 0.04558282345533371, 0.004150220658630133, 0.00025860624737106264, 1.0812238542712294e-05, 3.6363712752063293e-07},
	}
	// hyperbolic is tanh: 2e-11 before rounding. Beyond 8.5 it is 1 to 8e-8.
	hyperbolic = rational{
		8.5,
		[]float32{0.9999999999143531, 0.14115266951724537, 0.004447411612048902, 4.283242534078244e-05, 1.144506855554956e-07, 3.885612619769594e-11},
		[]float32{1.0, 0.4744860024208889, 0.02927607971084771, 0.0005049788448170734, 2.656222320751009e-06, 3.0743866951165506e-09},
	}
	// exponential is 2^f for |f| ≤ ½ to 2e-09 of its value; lowest power first.
	exponential = []float32{1.0000000005541956, 0.6931472057371759, 0.24022646890430657, 0.05550328777112006, 0.009618488979120314, 0.0013399931172177624, 0.00015345806087434404}
)

func (r rational) constants() []float32 { return slices.Concat([]float32{r.limit, -r.limit}, r.p, r.q) }

// clamp bounds x. NaN passes: the minimum and maximum instructions return their second source, Go's first operand, where one is NaN.
func (p *pass) clamp(x reg.Register, limit float32) reg.VecVirtual {
	a := p.vector()
	VMAXPS(x, p.register(-limit), a)
	VMINPS(a, p.register(limit), a)
	return a
}

// apply evaluates r at a, which lies within the limit.
func (p *pass) apply(r rational, a reg.VecVirtual) reg.VecVirtual {
	t := p.vector()
	VMULPS(a, a, t)
	above, below := p.polynomial(r.p, t), p.polynomial(r.q, t)
	VMULPS(a, above, above)
	p.divide(below, above)
	return above
}

// divide computes above /= below and destroys below, which is neither 0 nor infinite. With 512 bits a division takes as long as sixteen multiply-adds, so there
// it is the processor's estimate of the reciprocal to 14 bits and one step of Newton's iteration, which leaves an error in the last place.
func (p *pass) divide(below, above reg.VecVirtual) {
	if p.width == 32 {
		VDIVPS(below, above, above)
		return
	}
	y := p.vector()
	VRCP14PS(below, y)
	VFNMADD213PS(p.register(2), y, below)
	VMULPS(y, above, above)
	VMULPS(below, above, above)
}

func (p *pass) polynomial(c []float32, t reg.VecVirtual) reg.VecVirtual {
	sum := p.vector()
	p.set(sum, c[len(c)-1])
	for i := len(c) - 2; i >= 0; i-- {
		p.with(VFMADD213PS, VFMADD213PS_BCST, c[i], t, sum)
	}
	return sum
}

// activations generates dst = act(x) and dz = dy·act′(pre) for GELU, SiLU and tanh.
func (f family) activations() {
	f.forward("gelu", geluConstants(), func(p *pass, x reg.VecVirtual) reg.VecVirtual { return p.gelu(x) })
	f.backward("geluSlope", append(normalSlope.constants(), 0.5, 2), (*pass).geluSlope)
	f.forward("silu", sigmoidConstants(), (*pass).silu)
	f.backward("siluSlope", sigmoidConstants(), (*pass).siluSlope)
	f.forward("tanh", append(hyperbolic.constants(), 2), func(p *pass, x reg.VecVirtual) reg.VecVirtual {
		return p.apply(hyperbolic, p.clamp(x, hyperbolic.limit))
	})
	f.backward("tanhSlope", append(hyperbolic.constants(), 1, 2), func(p *pass, x reg.VecVirtual) reg.VecVirtual {
		y := p.apply(hyperbolic, p.clamp(x, hyperbolic.limit))
		VFNMADD213PS(p.constant(1), y, y)
		return y
	})
}

func geluConstants() []float32 { return append(normal.constants(), 0.5, 2) }

// gelu is x·Φ(x).
func (p *pass) gelu(x reg.VecVirtual) reg.VecVirtual {
	y := p.vector() // x itself, but not below the limit, where Φ is not exactly 0
	VMAXPS(x, p.register(-normal.limit), y)
	phi := p.apply(normal, p.clamp(x, normal.limit))
	p.with(VADDPS, VADDPS_BCST, 0.5, phi, phi)
	VMULPS(y, phi, phi)
	return phi
}

func (p *pass) geluSlope(x reg.VecVirtual) reg.VecVirtual {
	slope := p.apply(normalSlope, p.clamp(x, normalSlope.limit))
	p.with(VADDPS, VADDPS_BCST, 0.5, slope, slope)
	return slope
}

// silu is x·σ(x), and destroys x.
func (p *pass) silu(x reg.VecVirtual) reg.VecVirtual {
	s, bounded := p.sigmoid(x)
	VMAXPS(x, bounded, x) // x itself, but not below the bound, where σ is 0 to any accuracy
	VMULPS(x, s, s)
	return s
}

func (p *pass) siluSlope(x reg.VecVirtual) reg.VecVirtual {
	s, bounded := p.sigmoid(x) // σ·(1 + x·(1−σ))
	rest := p.vector()
	p.set(rest, 1)
	VSUBPS(s, rest, rest)
	VFMADD213PS(p.constant(1), bounded, rest)
	VMULPS(s, rest, rest)
	return rest
}

const (
	sigmoidLimit = 87 // e^87 is still finite
	log2e        = 1.4426950408889634
)

func sigmoidConstants() []float32 {
	return append([]float32{sigmoidLimit, -sigmoidLimit, -log2e, 1}, exponential...)
}

// sigmoid is 1/(1 + e^(−x)), accurate relative to its value, and x within ±87. The exponential is 2^n·2^f with n put into the exponent's bits.
func (p *pass) sigmoid(x reg.VecVirtual) (s, bounded reg.VecVirtual) {
	bounded = p.clamp(x, sigmoidLimit)
	t, n, whole := p.vector(), p.vector(), p.vector()
	VMULPS(p.constant(-log2e), bounded, t)
	VCVTPS2DQ(t, n)
	VCVTDQ2PS(n, whole)
	VSUBPS(whole, t, t)
	s = p.polynomial(exponential, t)
	VPSLLD(Imm(23), n, n)
	VPADDD(n, s, s)
	VADDPS(p.constant(1), s, s)
	one := p.vector()
	p.set(one, 1)
	VDIVPS(s, one, s)
	return s, bounded
}

// writeAhead is how many bytes ahead what will be written is called into the cache: a processor prepares badly for what is only written.
const writeAhead = 512

// forward generates pre = x + shift and dst = act(pre) for count rows of n elements, a step apart in all three arrays, with a shift for each row. pre may be
// nil, and so may shift.
func (f family) forward(name string, constants []float32, act func(p *pass, x reg.VecVirtual) reg.VecVirtual) {
	f.function(name, "count, n int, dst, pre, x *float32, step int, shift *float32")
	dst, pre, x := Load(Param("dst"), GP64()), Load(Param("pre"), GP64()), Load(Param("x"), GP64())
	shifts := Load(Param("shift"), GP64())
	count, err := Param("count").Resolve()
	must(err)
	step, err := Param("step").Resolve()
	must(err)
	p := f.newPass(constants)
	shift := f.vector()
	zero(shift)
	calls := 0
	Label("row")
	TESTQ(shifts, shifts)
	JE(LabelRef("noShift"))
	VBROADCASTSS(Mem{Base: shifts}, shift)
	ADDQ(Imm(4), shifts)
	Label("noShift")
	p.run(func(p *pass) {
		PREFETCHT0(Mem{Base: dst, Index: p.at, Scale: 1, Disp: writeAhead})
		v := p.load(x)
		VADDPS(shift, v, v)
		calls++
		skip := fmt.Sprintf("noPre%d", calls)
		TESTQ(pre, pre)
		JE(LabelRef(skip))
		p.store(v, pre)
		Label(skip)
		p.store(act(p, v), dst)
	})
	ADDQ(step.Addr, dst)
	ADDQ(step.Addr, x)
	TESTQ(pre, pre)
	JE(LabelRef("next"))
	ADDQ(step.Addr, pre)
	Label("next")
	DECQ(count.Addr)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

func (f family) backward(name string, constants []float32, slope func(p *pass, x reg.VecVirtual) reg.VecVirtual) {
	f.function(name, "n int, dz, pre, dy *float32")
	dz, pre, dy := Load(Param("dz"), GP64()), Load(Param("pre"), GP64()), Load(Param("dy"), GP64())
	f.over(constants, func(p *pass) {
		PREFETCHT0(Mem{Base: pre, Index: p.at, Scale: 1, Disp: 1024})
		PREFETCHT0(Mem{Base: dy, Index: p.at, Scale: 1, Disp: 1024})
		s := slope(p, p.load(pre))
		VMULPS(p.load(dy), s, s)
		p.store(s, dz)
	})
}
