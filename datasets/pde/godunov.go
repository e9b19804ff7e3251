package pde

import (
	"context"
	"math"

	"github.com/eddy-pde/eddy"
)

// law is a hyperbolic system of conservation laws, q_t + ∇·F(q) = 0, in primitive variables w of which states consist and conserved ones q of equal number. All
// arrays are [C][n], one row a variable. Velocities stand in consecutive rows.
type law interface {
	// conserved writes q(w), primitive w(q).
	conserved(q, w [][]float64)
	primitive(w, q [][]float64)
	// velocity is the row of the first velocity.
	velocity() int
	// positive lists the rows of w that must be above 0.
	positive() []int
	// sound writes the speed of sound of each cell.
	sound(c []float64, w [][]float64)
	// riemann writes the fluxes of q through faces between states l and r of w, along the first velocity.
	riemann(f, l, r [][]float64)
}

// diffusion is a law with viscosity, which is stepped apart.
type diffusion interface {
	law
	// diffusivity is the largest diffusivity of any variable.
	diffusivity() float64
	// diffuse writes the rate of change of q by viscosity; v is scratch memory for the velocities.
	diffuse(dq, q, v [][]float64, on *mesh)
}

// mesh is the cells of a method: one or two axes, the last one contiguous.
type mesh struct {
	shape    []int
	step     []float64
	periodic []bool // per axis; else outflow: nothing changes across the sides

	up, down [][]int // [axis][cell]: the next cell along the axis, itself at an open side
}

func newMesh(shape []int, step []float64, periodic []bool) *mesh {
	m := &mesh{shape: shape, step: step, periodic: periodic}
	stride := m.cells()
	for a, n := range shape {
		stride /= n
		up, down := make([]int, m.cells()), make([]int, m.cells())
		for i := range up {
			up[i], down[i] = i+stride, i-stride
			switch k := i / stride % n; {
			case k == n-1 && periodic[a]:
				up[i] -= n * stride
			case k == n-1:
				up[i] = i
			}
			switch k := i / stride % n; {
			case k == 0 && periodic[a]:
				down[i] += n * stride
			case k == 0:
				down[i] = i
			}
		}
		m.up, m.down = append(m.up, up), append(m.down, down)
	}
	return m
}

func (m *mesh) cells() int { return eddy.Size(m.shape) }

// godunov is the finite-volume method of second order for a law: primitive variables linear in each cell, with slopes by the monotonised central limiter (van Leer
// 1977), an approximate Riemann solver at the faces, and Heun's strong-stability-preserving Runge–Kutta method. A face of which the linear values are not positive
// takes those of the cells. Substeps follow the fastest wave: dt · Σ_axes (|v| + c)/h ≤ cfl, h being the width of a cell. A substep that leaves the law's domain is
// repeated with half the step, up to eight times.
//
// Viscosity is stepped by itself, in turn after and before the rest of a substep, which makes pairs of equal substeps second order (Strang 1963), by the method RKL2
// with as many stages as that needs (Meyer, Balsara & Aslam 2014), so that it asks for no smaller steps.
type godunov struct {
	law    law
	mesh   *mesh
	cfl    float64
	dt     float64  // of a step
	fields []string // names of the variables
	above0 []int    // those that must be positive

	q, start, w, dq, half [][]float64
	sound                 []float64
	lines                 []line         // of each axis
	stages                [4][][]float64 // of RKL2; nil without viscosity
	speeds                [][]float64
}

// line is scratch memory for one line of cells with two more at both ends, and its faces.
type line struct{ w, left, right, flux [][]float64 }

func newGodunov(l law, m *mesh, cfl, dt float64, fields []eddy.Field) *godunov {
	g := &godunov{law: l, mesh: m, cfl: cfl, dt: dt, above0: l.positive()}
	for _, f := range fields {
		g.fields = append(g.fields, f.Name)
	}
	return g
}

// clone is the method with scratch memory of its own, which newGodunov leaves out.
func (g *godunov) clone() *godunov {
	d := *g
	c, n := len(g.fields), g.mesh.cells()
	d.q, d.start, d.w, d.dq, d.half = rows(c, n), rows(c, n), rows(c, n), rows(c, n), rows(c, n)
	d.sound = make([]float64, n)
	d.lines = nil
	for _, n := range g.mesh.shape {
		d.lines = append(d.lines, line{rows(c, n+4), rows(c, n+1), rows(c, n+1), rows(c, n+1)})
	}
	if v, ok := g.law.(diffusion); ok && v.diffusivity() > 0 {
		for i := range d.stages {
			d.stages[i] = rows(c, n)
		}
		d.speeds = rows(len(g.mesh.shape), n)
	}
	return &d
}

// rows is [c][n].
func rows(c, n int) [][]float64 {
	buf := make([]float64, c*n)
	r := make([][]float64, c)
	for i := range r {
		r[i] = buf[i*n : (i+1)*n : (i+1)*n]
	}
	return r
}

// over makes rows of a state.
func over(u []float64, c int) [][]float64 {
	n := len(u) / c
	r := make([][]float64, c)
	for i := range r {
		r[i] = u[i*n : (i+1)*n]
	}
	return r
}

func (g *godunov) advance(ctx context.Context, u []float64, t *trace) error {
	if lost(u) {
		return nil
	}
	state := over(u, len(g.fields))
	if err := g.check(state, 0); err != nil {
		return err
	}
	g.law.conserved(g.q, state)
	for time, i := 0.0, 0; time < g.dt; i++ {
		if i%16 == 15 && ctx.Err() != nil {
			return ctx.Err()
		}
		dt, err := g.stable(g.dt-time, time)
		if err != nil {
			return err
		}
		if dt, err = g.attempt(dt, time, i%2 == 1); err != nil {
			return err
		}
		if time += dt; g.dt-time < 1e-12*g.dt {
			time = g.dt
		}
		t.substep(time, g.q...)
	}
	g.law.primitive(state, g.q)
	lost(u)
	return nil
}

// stable is the largest equal part of the time left that the rule allows for.
func (g *godunov) stable(left, time float64) (float64, error) {
	g.law.primitive(g.w, g.q)
	g.law.sound(g.sound, g.w)
	fastest, at := 0.0, 0
	v := g.law.velocity()
	for i, c := range g.sound {
		rate := 0.0
		for a, h := range g.mesh.step {
			rate += (math.Abs(g.w[v+a][i]) + c) / h
		}
		if rate > fastest {
			fastest, at = rate, i
		}
	}
	if fastest == 0 {
		return left, nil
	}
	dt := left / math.Ceil(left*fastest/g.cfl)
	if dt < 1e-9*g.dt {
		return 0, &UnphysicalError{Field: "time step", Value: dt, Cell: g.cell(at), Time: time}
	}
	return dt, nil
}

// attempt takes a substep of dt or, where that leaves the law's domain, a smaller one, and returns which.
func (g *godunov) attempt(dt, time float64, viscosityFirst bool) (float64, error) {
	for i, q := range g.q {
		copy(g.start[i], q)
	}
	var err error
	for range 8 {
		if viscosityFirst {
			g.viscosity(dt)
		}
		g.heun(dt)
		if !viscosityFirst {
			g.viscosity(dt)
		}
		g.law.primitive(g.w, g.q)
		if err = g.check(g.w, time+dt); err == nil {
			return dt, nil
		}
		dt /= 2
		for i, q := range g.start {
			copy(g.q[i], q)
		}
	}
	return 0, err
}

// check finds a value that is not positive where it must be, NaN included: that is what negative pressure within a substep makes.
func (g *godunov) check(w [][]float64, time float64) error {
	for _, c := range g.above0 {
		for i, x := range w[c] {
			if !(x > 0) {
				return &UnphysicalError{Field: g.fields[c], Value: x, Cell: g.cell(i), Time: time}
			}
		}
	}
	return nil
}

// cell is the place of cell i per axis.
func (g *godunov) cell(i int) []int {
	if len(g.mesh.shape) == 1 {
		return []int{i}
	}
	return []int{i / g.mesh.shape[1], i % g.mesh.shape[1]}
}

// heun takes a step of the hyperbolic part.
func (g *godunov) heun(dt float64) {
	g.rate(g.dq, g.q)
	for c, q := range g.q {
		for i, x := range q {
			g.half[c][i] = x
			q[i] = x + dt*g.dq[c][i]
		}
	}
	g.rate(g.dq, g.q)
	for c, q := range g.q {
		for i, x := range q {
			q[i] = (g.half[c][i] + x + dt*g.dq[c][i]) / 2
		}
	}
}

// rate writes −∇·F.
func (g *godunov) rate(dq, q [][]float64) {
	g.law.primitive(g.w, q)
	for c := range dq {
		clear(dq[c])
	}
	if len(g.mesh.shape) == 1 {
		g.along(dq, 0, 0, 1, g.mesh.shape[0])
		return
	}
	nx, ny := g.mesh.shape[0], g.mesh.shape[1]
	for j := range ny {
		g.along(dq, 0, j, ny, nx)
	}
	for i := range nx {
		g.along(dq, 1, i*ny, 1, ny)
	}
}

// along adds to dq the differences of fluxes of one line along an axis: n cells from index `from` on, stride apart. The velocity along the axis is handed to the
// law as its first one.
func (g *godunov) along(dq [][]float64, axis, from, stride, n int) {
	v := g.law.velocity()
	row := func(c int) int { // exchange the velocities for the second axis
		if axis == 1 && (c == v || c == v+1) {
			return 2*v + 1 - c
		}
		return c
	}
	l := g.lines[axis]
	for c, w := range l.w {
		src := g.w[row(c)]
		for i := range n {
			w[i+2] = src[from+i*stride]
		}
		if g.mesh.periodic[axis] {
			w[0], w[1], w[n+2], w[n+3] = w[2+(2*n-2)%n], w[n+1], w[2], w[2+1%n]
		} else {
			w[0], w[1], w[n+2], w[n+3] = w[2], w[2], w[n+1], w[n+1]
		}
		reconstruct(l.left[c], l.right[c], w)
	}
	for _, c := range g.above0 {
		for i, x := range l.left[c] {
			if x <= 0 || l.right[c][i] <= 0 {
				for k, w := range l.w {
					l.left[k][i], l.right[k][i] = w[i+1], w[i+2]
				}
			}
		}
	}
	g.law.riemann(l.flux, l.left, l.right)
	scale := 1 / g.mesh.step[axis]
	for c, flux := range l.flux {
		out := dq[row(c)]
		for i := range n {
			out[from+i*stride] -= scale * (flux[i+1] - flux[i])
		}
	}
}

// reconstruct writes the values at both sides of the n+1 faces of n cells, w[2] … w[n+1].
func reconstruct(left, right, w []float64) {
	n := len(left) - 1
	for i := range n + 2 { // of cell w[i+1], the upper face is i and the lower one i−1
		a, b := w[i+1]-w[i], w[i+2]-w[i+1]
		half := 0.0
		if a*b > 0 {
			half = math.Copysign(min(math.Abs(a), math.Abs(b), math.Abs(a+b)/4), a)
		}
		if i > 0 {
			right[i-1] = w[i+1] - half
		}
		if i <= n {
			left[i] = w[i+1] + half
		}
	}
}

// viscosity takes a step of the viscous part.
func (g *godunov) viscosity(dt float64) {
	d, ok := g.law.(diffusion)
	if !ok || d.diffusivity() == 0 {
		return
	}
	fastest := 0.0
	for _, h := range g.mesh.step {
		fastest += 2 * d.diffusivity() / (h * h)
	}
	// s stages are stable for (s² + s − 2)/4 times the step 1/fastest of Euler's method; a fifth less for mixed derivatives and varying density.
	s := max(3, int(math.Ceil((math.Sqrt(9+16*1.25*dt*fastest)-1)/2)))
	g.rkl2(d, dt, s|1)
}

// rkl2 takes a step with s stages. b is as in the paper, with whose symbols the rest agrees.
func (g *godunov) rkl2(d diffusion, dt float64, s int) {
	b := func(j int) float64 {
		if j < 2 {
			return 1. / 3
		}
		x := float64(j)
		return (x*x + x - 2) / (2 * x * (x + 1))
	}
	w1 := 4 / float64(s*s+s-2)
	first, older, newer := g.stages[0], g.stages[1], g.stages[2] // M(Y_0), Y_{j−2}, Y_{j−1}
	mid := g.stages[3]                                           // M(Y_{j−1})
	d.diffuse(first, g.q, g.speeds, g.mesh)
	for c, q := range g.q {
		for i, x := range q {
			older[c][i] = x
			newer[c][i] = x + b(1)*w1*dt*first[c][i]
		}
	}
	for j := 2; j <= s; j++ {
		x := float64(j)
		mu, nu := (2*x-1)/x*b(j)/b(j-1), -(x-1)/x*b(j)/b(j-2)
		muDt := mu * w1 * dt
		gammaDt := -(1 - b(j-1)) * muDt
		d.diffuse(mid, newer, g.speeds, g.mesh)
		for c, q := range g.q {
			for i, y := range q {
				older[c][i] = mu*newer[c][i] + nu*older[c][i] + (1-mu-nu)*y + muDt*mid[c][i] + gammaDt*first[c][i]
			}
		}
		older, newer = newer, older
	}
	for c, q := range g.q {
		copy(q, newer[c])
	}
}

// coarsenConserved coarse-grains states of a law by way of its conserved variables, so that their integrals stay what they are.
func coarsenConserved(l law, b blocks) func(dst, full []float64) {
	c := len(b.normal)
	return func(dst, full []float64) {
		q := make([]float64, len(full))
		l.conserved(over(q, c), over(full, c))
		mean := make([]float64, len(dst))
		b.coarsen(mean, q)
		l.primitive(over(dst, c), over(mean, c))
	}
}
