package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// mostOut is the largest number of output channels for which a pass over the hidden layer of a two-layer network also does the products with the second
// layer: kernel.mostFused.
const mostOut = 4

// hidden generates the passes over a hidden layer with GELU.
func (f family) hidden() {
	for out := 1; out <= mostOut; out++ {
		f.hiddenForward(out)
		f.hiddenBackward(out)
	}
}

// hiddenForward generates y[q] += Σ_o w[q, o]·gelu(pre[o] + shift[o]) for `rows` rows of n elements; rows of pre, y and w lie a step apart. The hidden layer's
// values never leave the registers.
func (f family) hiddenForward(out int) {
	f.function(fmt.Sprintf("hiddenForward%d", out), "rows, n int, y *float32, stepY int, pre *float32, step int, shift, w *float32, stepW int")
	y := newStrided(Load(Param("y"), GP64()), Load(Param("stepY"), GP64()), out)
	w := newStrided(GP64(), Load(Param("stepW"), GP64()), out)
	pre, shift, row, count := Load(Param("pre"), GP64()), GP64(), GP64(), GP64()
	y.spread()
	calls := 0
	f.newPass(geluConstants()).run(func(p *pass) {
		calls++
		acc := make([]reg.VecVirtual, out)
		for q := range acc {
			acc[q] = p.vector()
			p.read(y.row(q), acc[q])
		}
		MOVQ(pre, row)
		Load(Param("shift"), shift)
		Load(Param("w"), w.p[0])
		w.spread()
		Load(Param("rows"), count)
		label := fmt.Sprintf("row%d", calls)
		Label(label)
		h := p.gelu(p.hiddenInput(row, shift))
		for q := range acc {
			p.fmaScalar(w.row(q), h, acc[q])
		}
		ADDQ(param("step"), row)
		ADDQ(Imm(4), shift)
		w.advance(Imm(4))
		DECQ(count)
		JNE(LabelRef(label))
		for q := range acc {
			p.write(acc[q], y.row(q))
		}
		y.advance(Imm(uint64(f.width)))
		ADDQ(Imm(uint64(f.width)), pre)
	})
	VZEROUPPER()
	RET()
}

// hiddenBackward generates, for `rows` rows of n elements with x = pre[o] + shift[o]: pre[o] ← gelu′(x)·Σ_q w[q, o]·dy[q], the gradient of x, and adds to sums, which
// holds out+1 vectors a row, that gradient and gelu(x)·dy[q]: summed over lanes they are the gradients of shift and w.
func (f family) hiddenBackward(out int) {
	f.function(fmt.Sprintf("hiddenBackward%d", out), "rows, n int, pre *float32, step int, dy *float32, stepY int, shift, w *float32, stepW int, sums *float32")
	dy := newStrided(GP64(), Load(Param("stepY"), GP64()), out)
	w := newStrided(Load(Param("w"), GP64()), Load(Param("stepW"), GP64()), out)
	w.spread()
	pre, row, shift, sums := Load(Param("pre"), GP64()), GP64(), Load(Param("shift"), GP64()), Load(Param("sums"), GP64())
	limits := []float32{normal.limit, -normal.limit, densityLimit, -densityLimit, 2}
	p := f.newPass(limits)
	rows := param("rows")
	acc := make([]reg.VecVirtual, out+1)
	for i := range acc {
		acc[i] = f.vector()
	}
	Label("row")
	for i := range acc {
		VMOVUPS(Mem{Base: sums, Disp: i * f.width}, acc[i])
	}
	MOVQ(pre, row)
	Load(Param("dy"), dy.p[0])
	dy.spread()
	p.run(func(p *pass) {
		h, slope := p.geluAndSlope(p.hiddenInput(row, shift))
		dh := p.vector()
		for q := range out {
			d := p.vector()
			p.read(dy.row(q), d)
			VFMADD231PS(d, h, acc[1+q])
			if q == 0 {
				p.mulScalar(w.row(q), d, dh)
			} else {
				p.fmaScalar(w.row(q), d, dh)
			}
		}
		VMULPS(slope, dh, dh)
		VADDPS(dh, acc[0], acc[0])
		p.write(dh, Mem{Base: row})
		ADDQ(Imm(uint64(f.width)), row)
		dy.advance(Imm(uint64(f.width)))
	})
	for i := range acc {
		VMOVUPS(acc[i], Mem{Base: sums, Disp: i * f.width})
	}
	ADDQ(U32(uint32((out+1)*f.width)), sums)
	ADDQ(Imm(4), shift)
	w.advance(Imm(4))
	ADDQ(param("step"), pre)
	DECQ(rows)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// hiddenInput is pre + shift.
func (p *pass) hiddenInput(pre, shift reg.Register) reg.VecVirtual {
	x := p.vector()
	p.read(Mem{Base: pre}, x)
	if p.width == 64 {
		VADDPS_BCST(Mem{Base: shift}, x, x)
		return x
	}
	b := p.vector()
	VBROADCASTSS(Mem{Base: shift}, b)
	VADDPS(b, x, x)
	return x
}

// fmaScalar adds the number at m times x to sum.
func (p *pass) fmaScalar(m Mem, x, sum reg.VecVirtual) {
	if p.width == 64 {
		VFMADD231PS_BCST(m, x, sum)
		return
	}
	v := p.vector()
	VBROADCASTSS(m, v)
	VFMADD231PS(v, x, sum)
}

// mulScalar is y = the number at m times x.
func (p *pass) mulScalar(m Mem, x, y reg.VecVirtual) {
	if p.width == 64 {
		VMULPS_BCST(m, x, y)
		return
	}
	VBROADCASTSS(m, y)
	VMULPS(x, y, y)
}

// densityLimit is where x·φ(x), with φ the normal density, has fallen to 2e-9.
const densityLimit = 6.5

// geluAndSlope is x·Φ(x) and its derivative Φ(x) + x·φ(x), which have Φ in common.
func (p *pass) geluAndSlope(x reg.VecVirtual) (h, slope reg.VecVirtual) {
	h = p.vector()
	VMAXPS(x, p.register(-normal.limit), h)
	b := p.clamp(x, densityLimit)
	cdf := p.apply(normal, p.clamp(b, normal.limit))
	p.with(VADDPS, VADDPS_BCST, 0.5, cdf, cdf)
	VMULPS(cdf, h, h)

	t, n, whole := p.vector(), p.vector(), p.vector() // φ = 2^(−x²·log₂e/2)/√2π
	VMULPS(b, b, t)
	p.with(VMULPS, VMULPS_BCST, -log2e/2, t, t)
	VCVTPS2DQ(t, n)
	VCVTDQ2PS(n, whole)
	VSUBPS(whole, t, t)
	var scaled []float32
	for _, c := range exponential {
		scaled = append(scaled, c/float32(math.Sqrt(2*math.Pi)))
	}
	slope = p.polynomial(scaled, t)
	VPSLLD(Imm(23), n, n)
	VPADDD(n, slope, slope)
	VFMADD213PS(cdf, b, slope)
	return h, slope
}

// param is the place of a parameter in memory.
func param(name string) Mem {
	c, err := Param(name).Resolve()
	must(err)
	return c.Addr
}
