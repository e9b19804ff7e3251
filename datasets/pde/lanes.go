package pde

import (
	"context"
	"math"

	"github.com/eddy-pde/eddy/internal/dft"
)

// lanes advances several states of a quadratic equation side by side, so that vectors of the processor hold one value of each: a state alone would leave most of them
// empty, and the transforms would spend their time on shuffles. Lanes do not know of one another, so numbers do not depend on who is beside whom.
type lanes struct {
	clock  *clock
	view   transform
	eq     *quadratic
	points int // of a state
	bands  [2]*band
}

// wide is the largest number of states side by side.
const wide = 2 * dft.LaneUnit

func newLanes(k *clock, v transform, points int) *lanes {
	return &lanes{clock: k, view: v, eq: k.equation.(*quadratic), points: points}
}

// advance moves states u [n][X], at most `wide` of them.
func (l *lanes) advance(ctx context.Context, u []float64, t *trace) error {
	n := len(u) / l.points
	b := l.band(n)
	one := dft.NewPlanes(len(l.eq.kappa))
	b.c.Clear()
	active := make([]int, n)
	for s := range n {
		active[s] = s
		l.view.read(one, u[s*l.points:(s+1)*l.points])
		b.put(s, one)
	}
	if err := b.run(ctx, l.clock, active, 0, 0, t); err != nil {
		return err
	}
	for s := range n {
		b.get(one, s)
		l.view.write(u[s*l.points:(s+1)*l.points], one)
	}
	return nil
}

// band is the scratch memory for n states: as narrow as they allow.
func (l *lanes) band(n int) *band {
	i := (n - 1) / dft.LaneUnit
	if l.bands[i] == nil {
		l.bands[i] = newBand(l.eq, (i+1)*dft.LaneUnit)
	}
	return l.bands[i]
}

// band is the state of several lanes: coefficients [frequency][lane].
type band struct {
	width             int
	eq                *quadratic
	plan              *dft.Lanes
	squares, slopes   []float64 // factors of the coefficients of u² and of u_x²; nil where the equation has no such term
	derivative        []float64 // for dft.Combine: iκ, 0
	sum               []float64 // 1, 1
	c, u              dft.Planes
	nu, na, nb, nc    dft.Planes
	a, tmp, sl, slope dft.Planes
}

func newBand(eq *quadratic, width int) *band {
	b := &band{width: width, eq: eq, plan: dft.NewLanes(len(eq.u), len(eq.kappa)-1, width)}
	if eq.square != 0 || eq.convect != 0 {
		b.squares = b.plan.Factors(func(k int) complex128 { return eq.held(k, complex(eq.square, -eq.convect/2*eq.kappa[k])) })
	}
	if eq.gradient != 0 {
		b.slopes = b.plan.Factors(func(k int) complex128 { return eq.held(k, complex(-eq.gradient/2, 0)) })
	}
	for _, kappa := range eq.kappa {
		b.derivative = append(b.derivative, 0, kappa, 0, 0)
		b.sum = append(b.sum, 1, 0, 1, 0)
	}
	b.u = b.plan.Field()
	for _, p := range []*dft.Planes{&b.c, &b.nu, &b.na, &b.nb, &b.nc, &b.a, &b.tmp, &b.sl, &b.slope} {
		*p = b.plan.Coefficients()
	}
	return b
}

// held is a factor of frequency k, 0 for the mean where that is held.
func (t *terms) held(k int, factor complex128) complex128 {
	if t.hold && k == 0 {
		return 0
	}
	return factor
}

func (b *band) put(lane int, c dft.Planes) {
	for k := range c.Len() {
		b.c.Re[k*b.width+lane], b.c.Im[k*b.width+lane] = c.Re[k], c.Im[k]
	}
}

func (b *band) get(c dft.Planes, lane int) {
	for k := range c.Len() {
		c.Re[k], c.Im[k] = b.c.Re[k*b.width+lane], b.c.Im[k*b.width+lane]
	}
}

// run takes the lanes `active` from substep i of a level to the end of Dt. Where their speeds ask for different levels it goes on with each group by itself.
func (b *band) run(ctx context.Context, k *clock, active []int, i, level int, t *trace) error {
	for n := k.substeps << level; i < n; {
		if i%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			groups := b.byLevel(k, active)
			if len(groups) > 1 {
				return b.apart(ctx, k, groups, i, level)
			}
			for want := range groups {
				level, i = follow(level, want, i)
			}
			n = k.substeps << level
		}
		b.step(k.tables(level))
		i++
		t.substep(k.dt*float64(i)/float64(n), b.c.Re, b.c.Im)
	}
	return nil
}

// apart runs groups of lanes one after the other.
func (b *band) apart(ctx context.Context, k *clock, groups map[int][]int, i, level int) error {
	start, end := b.plan.Coefficients(), b.plan.Coefficients()
	start.CopyFrom(b.c)
	one := dft.NewPlanes(len(b.eq.kappa))
	for want := range levels + 1 { // in order
		group := groups[want]
		if group == nil {
			continue
		}
		b.c.CopyFrom(start)
		if err := b.run(ctx, k, group, i, level, nil); err != nil {
			return err
		}
		for _, lane := range group {
			b.get(one, lane)
			b.c, end = end, b.c
			b.put(lane, one)
			b.c, end = end, b.c
		}
	}
	b.c.CopyFrom(end)
	return nil
}

// byLevel groups lanes by the level that their speed asks for.
func (b *band) byLevel(k *clock, active []int) map[int][]int {
	speeds := make([]float64, b.width)
	if k.maxSpeed > 0 {
		if b.squares != nil && b.eq.convect != 0 {
			b.plan.Inverse(b.u, b.c)
			b.fastest(speeds, math.Abs(b.eq.convect))
		}
		if b.slopes != nil {
			dft.Combine(b.slope, b.c, b.c, b.derivative, b.width)
			b.plan.Inverse(b.u, b.slope)
			b.fastest(speeds, math.Abs(b.eq.gradient))
		}
	}
	groups := map[int][]int{}
	for _, lane := range active {
		want := k.levelOf(speeds[lane])
		groups[want] = append(groups[want], lane)
	}
	return groups
}

// fastest raises speeds to factor times the largest magnitude of each lane of u.
func (b *band) fastest(speeds []float64, factor float64) {
	for _, part := range [][]float64{b.u.Re, b.u.Im} {
		for i, x := range part {
			lane := i % b.width
			speeds[lane] = max(speeds[lane], factor*math.Abs(x))
		}
	}
}

func (b *band) nonlinear(dst, c dft.Planes) {
	if b.squares != nil {
		b.plan.Inverse(b.u, c)
		dft.Square(b.u)
		b.plan.Forward(dst, b.u, b.squares)
	}
	if b.slopes == nil {
		return
	}
	dft.Combine(b.slope, c, c, b.derivative, b.width)
	b.plan.Inverse(b.u, b.slope)
	dft.Square(b.u)
	if b.squares == nil {
		b.plan.Forward(dst, b.u, b.slopes)
		return
	}
	b.plan.Forward(b.sl, b.u, b.slopes)
	dft.Combine(dst, dst, b.sl, b.sum, b.width)
}

// tables are the coefficients of etdrk4 for dft.Combine.
type tables struct {
	first  []float64 // e^{z/2}, q
	third  []float64 // e^{z/2}, −q
	third2 []float64 // 1, 2q
	whole  []float64 // e^z, f1
	middle []float64 // f2, f2
	last   []float64 // 1, f3
}

func newTables(e *etdrk4) *tables {
	t := &tables{}
	add := func(table *[]float64, a, b complex128) { *table = append(*table, real(a), imag(a), real(b), imag(b)) }
	for i := range e.half.Len() {
		half, q := e.half.At(i), e.q.At(i)
		add(&t.first, half, q)
		add(&t.third, half, -q)
		add(&t.third2, 1, 2*q)
		add(&t.whole, e.whole.At(i), e.f1.At(i))
		add(&t.middle, e.f2.At(i), e.f2.At(i))
		add(&t.last, 1, e.f3.At(i))
	}
	return t
}

// step is integrator.step for all lanes.
func (b *band) step(t *tables) {
	combine := func(dst, x, y dft.Planes, table []float64) { dft.Combine(dst, x, y, table, b.width) }
	b.nonlinear(b.nu, b.c)
	combine(b.a, b.c, b.nu, t.first)
	b.nonlinear(b.na, b.a)
	combine(b.tmp, b.c, b.na, t.first)
	b.nonlinear(b.nb, b.tmp)
	combine(b.tmp, b.a, b.nu, t.third)
	combine(b.tmp, b.tmp, b.nb, t.third2)
	b.nonlinear(b.nc, b.tmp)
	combine(b.c, b.c, b.nu, t.whole)
	combine(b.tmp, b.na, b.nb, t.middle)
	combine(b.tmp, b.tmp, b.nc, t.last)
	combine(b.c, b.c, b.tmp, b.sum)
}
