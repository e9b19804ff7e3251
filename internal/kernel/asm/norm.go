package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// norms generates what group norms are made of: moments of a group, then passes over the rows (channels) of it.
func (f family) norms() {
	f.moments()
	for _, a := range f.normActivations() {
		f.normForward(a)
		f.normBackward(a)
	}
	f.blend()
}

// normActivation is an activation and its slope as functions of the argument, which they may destroy.
type normActivation struct {
	name                string
	act, slope          func(p *pass, z reg.VecVirtual) reg.VecVirtual // nil: no activation
	forwards, backwards []float32                                      // constants to keep in registers; the slope of GELU leaves none for them
}

func (f family) normActivations() []normActivation {
	return []normActivation{
		{name: "identity"},
		{"gelu", (*pass).gelu, (*pass).geluSlope, geluConstants(), nil},
		{"silu", (*pass).silu, (*pass).siluSlope, sigmoidConstants(), sigmoidConstants()},
	}
}

// moments generates Σ x and Σ x² in double precision over n elements, a multiple of 16, as 8 partial sums each.
func (f family) moments() {
	f.function("moments", "n int, x *float32, sums *float64")
	n, x, sums := Load(Param("n"), GP64()), Load(Param("x"), GP64()), Load(Param("sums"), GP64())
	groups := 16 * 8 / f.width // vectors of double precision for 16 elements
	var sum, square []reg.VecVirtual
	for range groups {
		for _, list := range []*[]reg.VecVirtual{&sum, &square} {
			a := f.vector()
			zero(a)
			*list = append(*list, a)
		}
	}
	Label("loop")
	for i := range groups {
		v := f.vector()
		VCVTPS2PD(Mem{Base: x, Disp: i * f.width / 2}, v)
		VADDPD(v, sum[i], sum[i])
		VFMADD231PD(v, v, square[i])
	}
	ADDQ(Imm(64), x)
	SUBQ(Imm(16), n)
	JNE(LabelRef("loop"))
	for k, acc := range [][]reg.VecVirtual{sum, square} {
		for i := range acc[:groups/2] {
			VADDPD(acc[i+groups/2], acc[i], acc[i])
			VMOVUPD(acc[i], Mem{Base: sums, Disp: 64*k + i*f.width})
		}
	}
	VZEROUPPER()
	RET()
}

// everywhere loads number i of the array at base into every lane.
func (f family) everywhere(base reg.Register, i int) reg.VecVirtual {
	v := f.vector()
	VBROADCASTSS(Mem{Base: base, Disp: 4 * i}, v)
	return v
}

// normForward generates y = act(c₀·x + c₁) for a row of n elements.
func (f family) normForward(a normActivation) {
	f.function(a.name+"Norm", "n int, y, x, c *float32")
	y, x, c := Load(Param("y"), GP64()), Load(Param("x"), GP64()), Load(Param("c"), GP64())
	scale, shift := f.everywhere(c, 0), f.everywhere(c, 1)
	f.over(a.forwards, func(p *pass) {
		v := p.load(x)
		VFMADD213PS(shift, scale, v)
		if a.act != nil {
			v = a.act(p, v)
		}
		p.store(v, y)
	})
}

// normBackward generates, for a row of n elements, with x̂ = c₀·x + c₁ and z = c₂·x̂ + c₃, dz = dy·act′(z) and the sums Σ dz and Σ dz·x̂ in four parts each.
func (f family) normBackward(a normActivation) {
	f.function(a.name+"NormSlope", "n int, dz, x, dy, c, sums *float32")
	dz, x, dy := Load(Param("dz"), GP64()), Load(Param("x"), GP64()), Load(Param("dy"), GP64())
	c, sums := Load(Param("c"), GP64()), Load(Param("sums"), GP64())
	inv, offset := f.everywhere(c, 0), f.everywhere(c, 1)
	total, cross := f.vector(), f.vector()
	zero(total)
	zero(cross)
	f.newPass(a.backwards).run(func(p *pass) {
		hat, d := p.load(x), p.load(dy)
		VFMADD213PS(offset, inv, hat)
		if a.slope != nil {
			z, shift := p.vector(), p.vector()
			VBROADCASTSS(Mem{Base: c, Disp: 8}, z)
			VBROADCASTSS(Mem{Base: c, Disp: 12}, shift)
			VFMADD213PS(shift, hat, z)
			VMULPS(a.slope(p, z), d, d)
		}
		VADDPS(d, total, total)
		VFMADD231PS(d, hat, cross)
		p.store(d, dz)
	})
	f.fold(total, Mem{Base: sums})
	f.fold(cross, Mem{Base: sums, Disp: 16})
	VZEROUPPER()
	RET()
}

// fold adds the lanes of v up to four, and stores these.
func (f family) fold(v reg.VecVirtual, to Mem) {
	y := v.AsY()
	if f.width == 64 {
		top := YMM()
		VEXTRACTF64X4(Imm(1), v.AsZ(), top)
		VADDPS(top, y, y)
	}
	top := XMM()
	VEXTRACTF128(Imm(1), y, top)
	VADDPS(top, v.AsX(), top)
	VMOVUPS(top, to)
}

// blend generates y = c₀·a + c₁·b + c₂ for n elements, and the same added to y.
func (f family) blend() {
	for _, add := range []string{"", "Add"} {
		f.function("blend"+add, "n int, y, a, b, c *float32")
		y, a, b, c := Load(Param("y"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64()), Load(Param("c"), GP64())
		ca, cb, shift := f.everywhere(c, 0), f.everywhere(c, 1), f.everywhere(c, 2)
		f.over(nil, func(p *pass) {
			v := p.load(a)
			VFMADD213PS(shift, ca, v)
			VFMADD231PS(p.load(b), cb, v)
			if add != "" {
				VADDPS(p.load(y), v, v)
			}
			p.store(v, y)
		})
	}
}
