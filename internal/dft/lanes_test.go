package dft

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eddy-pde/eddy"
)

func TestLanesAreRealTransformsSideBySide(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, c := range []struct{ n, highest, lanes int }{{2, 0, 4}, {8, 3, 4}, {12, 4, 8}, {64, 21, 4}, {256, 85, 8}, {16, 8, 4}, {6, 3, 8}, {90, 29, 12}, {160, 53, 4}} {
			rng := rand.New(rand.NewPCG(1, uint64(c.n)))
			p, one := NewLanes(c.n, c.highest, c.lanes).Clone(), NewReal(c.n)
			u, got, back := p.Field(), p.Coefficients(), p.Field()
			lines := make([][]float64, c.lanes)
			for l := range lines {
				lines[l] = randomReal(rng, c.n)
				for j, x := range lines[l] {
					part := u.Re
					if j%2 == 1 {
						part = u.Im
					}
					part[j/2*c.lanes+l] = x
				}
			}
			factor := func(k int) complex128 { return complex(1+float64(k), -float64(k)) }
			p.Forward(got, u, p.Factors(factor))
			want := NewPlanes(one.Coefficients())
			worst := 0.0
			for l := range lines {
				one.Forward(want, lines[l])
				for k := range c.highest + 1 {
					d := got.At(k*c.lanes+l) - factor(k)*want.At(k)
					worst = max(worst, math.Hypot(real(d), imag(d))/float64(1+k))
				}
			}
			if worst > 8*tolerance(c.n) {
				t.Errorf("%+v: coefficients are off by %.2g", c, worst)
			}
			p.Forward(got, u, p.Factors(func(int) complex128 { return 1 }))
			p.Inverse(back, got)
			for l := range lines {
				one.Forward(want, lines[l])
				for k := c.highest + 1; k < want.Len(); k++ {
					want.Set(k, 0)
				}
				one.Inverse(lines[l], want)
				for j, x := range lines[l] {
					y := back.Re[j/2*c.lanes+l]
					if j%2 == 1 {
						y = back.Im[j/2*c.lanes+l]
					}
					if math.Abs(x-y) > 16*tolerance(c.n) {
						t.Fatalf("%+v: lane %d is %v at point %d, expected %v", c, l, y, j, x)
					}
				}
			}
		}
	})
}

func TestLanesDoNotKnowOfOneAnother(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		p := NewLanes(32, 10, 4)
		u, a, b := p.Field(), p.Coefficients(), p.Coefficients()
		rng := rand.New(rand.NewPCG(3, 3))
		for i := range u.Re {
			u.Re[i], u.Im[i] = rng.NormFloat64(), rng.NormFloat64()
		}
		f := p.Factors(func(int) complex128 { return 1 })
		p.Forward(a, u, f)
		for i := range u.Re {
			if i%4 != 2 {
				u.Re[i], u.Im[i] = math.NaN(), 1e300
			}
		}
		p.Forward(b, u, f)
		for k := range 11 {
			if a.At(4*k+2) != b.At(4*k+2) {
				t.Fatalf("frequency %d of a lane changes with the others", k)
			}
		}
	})
}

func TestCombineAndSquareAreTheirDefinitions(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 4))
		const rows, lanes = 7, 8
		x, y, dst := randomPlanes(rng, (rows+1)*lanes), randomPlanes(rng, rows*lanes), NewPlanes(rows*lanes)
		table := randomReal(rng, 4*rows)
		Combine(dst, x, y, table, lanes)
		for i := range dst.Len() {
			c := table[4*(i/lanes):]
			want := complex(c[0], c[1])*x.At(i) + complex(c[2], c[3])*y.At(i)
			if d := dst.At(i) - want; math.Hypot(real(d), imag(d)) > 1e-14 {
				t.Fatalf("element %d is %v, expected %v", i, dst.At(i), want)
			}
		}
		before := x.At(5)
		Square(x)
		if x.At(5) != complex(real(before)*real(before), imag(before)*imag(before)) {
			t.Errorf("the square of the parts of %v is %v", before, x.At(5))
		}
		defer func() {
			if _, ok := recover().(*eddy.ShapeError); !ok {
				t.Error("a short array passed")
			}
		}()
		Combine(NewPlanes(lanes), x, y, table, lanes)
	})
}

func BenchmarkLanes(b *testing.B) {
	p := NewLanes(256, 85, 8)
	u, c := p.Field(), p.Coefficients()
	for i := range u.Re {
		u.Re[i] = float64(i % 7)
	}
	f := p.Factors(func(int) complex128 { return 1 })
	for b.Loop() {
		p.Forward(c, u, f)
		p.Inverse(u, c)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16, "ns/transform")
}

func TestWideVectorsGiveTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	lanes, pair := NewLanes(240, 80, 8), NewPair(48, 40, 15, 13)
	field, f, g := lanes.Field(), randomReal(rng, 48*40), randomReal(rng, 48*40)
	for i := range field.Re {
		field.Re[i], field.Im[i] = rng.NormFloat64(), rng.NormFloat64()
	}
	run := func() []complex128 {
		c, u, a, b := lanes.Coefficients(), lanes.Field(), NewPlanes(pair.Modes()), NewPlanes(pair.Modes())
		lanes.Forward(c, field, lanes.Factors(func(k int) complex128 { return complex(1, float64(k)) }))
		Combine(c, c, c, randomReal(rand.New(rand.NewPCG(7, 7)), 4*81), 8)
		lanes.Inverse(u, c)
		Square(u)
		pair.Forward(a, b, f, g)
		return slices.Concat(complexes(u), complexes(a), complexes(b))
	}
	want := run()
	withoutWide(t)
	if !slices.Equal(run(), want) {
		t.Error("AVX-512 gives other bits than AVX2")
	}
}
