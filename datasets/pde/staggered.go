package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
	"github.com/eddy-pde/eddy/internal/dft"
)

// Staggered is the incompressible Navier–Stokes equations on a periodic square of side Length, by the finite-volume method of jax-cfd, whose data TSM and learned
// interpolation are trained on:
//
//	v_t + ∇·(v v) = −∇p + ν Δv + (A sin(κ y), 0) − μ v,   ∇·v = 0,   κ = 2πn/Length
//
// State [B, 2, X, Y]: the velocity, u on the upper x faces, v on the upper y faces of the cells. Advection takes the van Leer limiter between upwind and
// Lax–Wendroff fluxes, so that the method is of second order in space; pressure and diffusion are solved for exactly by Fourier transform; the time step is Euler's,
// of first order. The flow has no divergence up to rounding.
//
// With solve a multiple of grid, states are the coarse-grained velocities of the finer solution and have no divergence either. The defaults are the flow of jax-cfd
// and TSM (Kochkov et al. 2021, Sun et al. 2023): initial states follow jax-cfd's filtered velocity field, scaled to a largest speed of 7. The time step is the
// largest one that divides Dt and is at most cfl · h / max_speed.
type Staggered struct {
	Common
	CFL          float64 // Courant number of max_speed
	Diffusion    string  // "implicit" or "explicit"
	Wavenumber   int     // n: waves of the force per Length
	Amplitude    float64 // A: amplitude of the force, in length/time²
	Drag         float64 // μ, in 1/time
	Peak         float64 // wavenumber of the initial states' energy, in units of 2π/Length
	InitialSpeed float64 // largest speed of the initial states, in length/time
}

// DefaultStaggered is ν = 0.001 on side 2π with 64² cells, a state every 0.112, after 40 units of time.
func DefaultStaggered() Staggered {
	return Staggered{
		Common: Common{Grid: []int{64, 64}, Dt: 16 * frameTSM, Length: 2 * math.Pi, Viscosity: 1e-3, Warmup: -1, MaxSpeed: 7},
		CFL:    0.5, Diffusion: "implicit", Wavenumber: 4, Amplitude: 1, Drag: 0.1, Peak: 4, InitialSpeed: 7,
	}
}

// frameTSM is the time between states of TSM's files, 0.5·(2π/64)/7.
const frameTSM = math.Pi / 448

// Problem makes the solver and the law of initial states. An error names the setting.
func (s Staggered) Problem() (Problem, error) { return s.problem() }

func (s *Staggered) settings() []setting {
	return append(
		s.Common.settings(),
		number("cfl", "Courant number of max_speed that the default of substeps keeps", &s.CFL),
		choice("diffusion", "how viscosity is stepped", &s.Diffusion, "implicit", "explicit"),
		count("wavenumber", "waves of the force per length", &s.Wavenumber),
		number("amplitude", "amplitude of the force", &s.Amplitude),
		number("drag", "coefficient μ of the linear drag", &s.Drag),
		number("peak", "wavenumber of the initial states, in waves per length", &s.Peak),
		number("initial_speed", "largest speed of the initial states", &s.InitialSpeed),
	)
}

func (s *Staggered) problem() (Problem, error) {
	var method *staggered
	return s.build(parts{
		name: "ns-staggered", dims: 2, fields: faceVelocity(), warmup: 40,
		solver: func(spec eddy.Spec) (eddy.Precise, error) {
			if err := s.check(); err != nil {
				return nil, err
			}
			h := s.Length / float64(slices.Max(s.Solve))
			if s.Substeps == 0 {
				s.Substeps = max(1, int(math.Ceil(s.Dt*s.MaxSpeed/(s.CFL*h)-1e-9))) // less rounding
			}
			if dt := s.Dt / float64(s.Substeps); s.Diffusion == "explicit" && 4*s.Viscosity*dt > h*h {
				return nil, fmt.Errorf("diffusion = explicit with viscosity = %g needs %d substeps, not %d", s.Viscosity, int(math.Ceil(4*s.Viscosity*s.Dt/(h*h))), s.Substeps)
			}
			method = newStaggered(s)
			return newCellSolver(spec, s.Solve, func() advancer { return method.clone() }, nil)
		},
		initial: func(grid eddy.Grid, _ []int) (datasets.Initial, error) {
			return newFilteredVelocity(grid, s.Peak, s.InitialSpeed, method)
		},
	}, s)
}

func (s *Staggered) check() error {
	switch {
	case !(s.CFL > 0 && s.CFL <= 1):
		return fmt.Errorf("cfl = %g, expected above 0 and at most 1", s.CFL)
	case !positive(s.MaxSpeed):
		return fmt.Errorf("max_speed = %g, expected a positive speed", s.MaxSpeed)
	case s.Wavenumber < 0 || 2*s.Wavenumber > s.Solve[1]:
		return fmt.Errorf("wavenumber = %d, expected 0 to %d, what %d cells show", s.Wavenumber, s.Solve[1]/2, s.Solve[1])
	case math.IsNaN(s.Drag-s.Drag) || math.IsNaN(s.Amplitude-s.Amplitude):
		return errors.New("drag and amplitude, expected finite numbers")
	}
	return nil
}

// faceVelocity are the fields of a staggered 2-D velocity.
func faceVelocity() []eddy.Field {
	return []eddy.Field{
		{Name: "velocity_x", At: eddy.FaceX, Of: "velocity", Index: []int{0}},
		{Name: "velocity_y", At: eddy.FaceY, Of: "velocity", Index: []int{1}},
	}
}

// staggered is the method of Staggered on nx×ny cells.
//
// The projection and implicit diffusion are one Poisson-like solve for a stream function. With backward differences D and wave number θ, the Fourier symbol of
// D_x is d_x = (1 − e^{−iθ_x})/h_x and that of the pressure's gradient −conj d_x, so the projection leaves of v̂* the part along (d_y, −d_x): v = (D_y ψ, −D_x ψ) with
// ψ̂ = (conj d_y û* − conj d_x v̂*)/|d|². The bracket is minus the vorticity of v* at the upper corner of each cell, a real field, so that one real transform there
// and one back do all; the differences of ψ have no divergence but rounding. Implicit diffusion divides ψ̂ by 1 + ν h |d|². The mean flow, which has no ψ, is kept.
type staggered struct {
	nx, ny   int
	hx, hy   float64
	dt       float64 // of a substep
	substeps int
	implicit bool
	nu, drag float64
	force    []float64 // [ny], along x at the centres of the rows

	plan    *dft.Real
	poisson []float64 // 1/|d|²: ψ̂ = poisson·ŵ is the projection
	solve   []float64 // the same with implicit diffusion

	u, v         padded
	w            []float64 // vorticity, then stream function [nx][ny]
	c            dft.Planes
	fluxes       [2][4][]float64 // of two neighbouring rows: u and v across x, u and v across y
	meanU, meanV float64
}

func newStaggered(s *Staggered) *staggered {
	nx, ny := s.Solve[0], s.Solve[1]
	m := &staggered{
		nx: nx, ny: ny, hx: s.Length / float64(nx), hy: s.Length / float64(ny), dt: s.Dt / float64(s.Substeps), substeps: s.Substeps,
		implicit: s.Diffusion == "implicit", nu: s.Viscosity, drag: s.Drag, plan: dft.NewReal(nx, ny),
	}
	kappa := 2 * math.Pi * float64(s.Wavenumber) / s.Length
	for j := range ny {
		m.force = append(m.force, s.Amplitude*math.Sin(kappa*(float64(j)+0.5)*m.hy))
	}
	columns := ny/2 + 1
	m.poisson, m.solve = make([]float64, nx*columns), make([]float64, nx*columns)
	for i := range nx {
		for j := range columns {
			sx, sy := math.Sin(math.Pi*float64(i)/float64(nx))*2/m.hx, math.Sin(math.Pi*float64(j)/float64(ny))*2/m.hy
			if d2 := sx*sx + sy*sy; i > 0 || j > 0 {
				m.poisson[i*columns+j], m.solve[i*columns+j] = 1/d2, 1/d2
				if m.implicit {
					m.solve[i*columns+j] /= 1 + m.nu*m.dt*d2
				}
			}
		}
	}
	return m
}

// clone is the method with scratch memory of its own, which newStaggered leaves out.
func (m *staggered) clone() *staggered {
	d := *m
	d.plan = m.plan.Clone()
	d.u, d.v = newPadded(m.nx, m.ny), newPadded(m.nx, m.ny)
	d.w, d.c = make([]float64, m.nx*m.ny), dft.NewPlanes(m.plan.Coefficients())
	for r := range d.fluxes {
		for f := range d.fluxes[r] {
			d.fluxes[r][f] = make([]float64, m.ny+1)
		}
	}
	return &d
}

func (m *staggered) advance(ctx context.Context, state []float64, t *trace) error {
	n := m.nx * m.ny
	u, v := state[:n], state[n:]
	for i := range m.substeps {
		if i%16 == 15 && ctx.Err() != nil {
			return ctx.Err()
		}
		m.accelerate(u, v)
		m.project(u, v, m.solve)
		t.substep(float64(i+1)*m.dt, u, v)
	}
	lost(state)
	return nil
}

// accelerate adds to the velocity what convection, force, drag and explicit diffusion do in a substep.
func (m *staggered) accelerate(u, v []float64) {
	m.u.fill(u)
	m.v.fill(v)
	m.acrossX(m.fluxes[0], -1)
	rx, ry := m.dt/m.hx, m.dt/m.hy
	keep := 1 - m.dt*m.drag
	for i := range m.nx {
		last, next := m.fluxes[i%2], m.fluxes[1-i%2]
		m.acrossX(next, i)
		m.acrossY(next, i)
		pu, pv := u[i*m.ny:(i+1)*m.ny], v[i*m.ny:(i+1)*m.ny]
		ux, ux0, vx, vx0 := next[0][:len(pu)], last[0][:len(pu)], next[1][:len(pu)], last[1][:len(pu)]
		uy0, uy, vy0, vy := next[2][:len(pu)], next[2][1:][:len(pu)], next[3][:len(pu)], next[3][1:][:len(pu)]
		force := m.force[:len(pu)]
		pv = pv[:len(pu)]
		for j, x := range pu {
			pu[j] = keep*x - rx*(ux[j]-ux0[j]) - ry*(uy[j]-uy0[j]) + m.dt*force[j]
			pv[j] = keep*pv[j] - rx*(vx[j]-vx0[j]) - ry*(vy[j]-vy0[j])
		}
		if !m.implicit {
			m.diffuse(pu, m.u, i)
			m.diffuse(pv, m.v, i)
		}
	}
}

// acrossX computes the fluxes of u and v through the upper x faces of their own cells in row i, f[0] and f[1].
func (m *staggered) acrossX(f [4][]float64, i int) {
	ny, u, v := m.ny, &m.u, &m.v
	courant := m.dt / m.hx
	limited(f[0][:ny], u.row(i, 0), u.row(i+1, 0), u.row(i-1, 0), u.row(i, 0), u.row(i+1, 0), u.row(i+2, 0), courant)
	limited(f[1][:ny], u.row(i, 0), u.row(i, 1), v.row(i-1, 0), v.row(i, 0), v.row(i+1, 0), v.row(i+2, 0), courant)
}

// acrossY computes those through the y faces, f[2] and f[3]: element j is the lower face of cell j.
func (m *staggered) acrossY(f [4][]float64, i int) {
	u, v := &m.u, &m.v
	courant := m.dt / m.hy
	limited(f[2], v.row(i, -1), v.row(i+1, -1), u.row(i, -2), u.row(i, -1), u.row(i, 0), u.row(i, 1), courant)
	limited(f[3], v.row(i, -1), v.row(i, 0), v.row(i, -2), v.row(i, -1), v.row(i, 0), v.row(i, 1), courant)
}

// limited writes the fluxes of a quantity c through faces between c1 and c2, of which c0 and c3 are the outer neighbours; the velocity there is the mean of a and b,
// and courant is dt/h. The value that a face takes is the upwind one and, where the field is monotone, van Leer's part of the step from it to that of Lax and
// Wendroff.
func limited(dst, a, b, c0, c1, c2, c3 []float64, courant float64) {
	n := len(dst)
	a, b, c0, c1, c2, c3 = a[:n], b[:n], c0[:n], c1[:n], c2[:n], c3[:n]
	for j := range dst {
		vel := (a[j] + b[j]) / 2
		d := c2[j] - c1[j]
		up, r, share := c1[j], c1[j]-c0[j], 1-courant*vel
		if !(vel > 0) {
			up, r, share = c2[j], c3[j]-c2[j], -1-courant*vel
		}
		if p := r * d; p > 0 {
			up += share * p / (r + d)
		}
		dst[j] = vel * up
	}
}

// diffuse adds explicit diffusion of row i of the field as it was.
func (m *staggered) diffuse(dst []float64, f padded, i int) {
	ax, ay := m.nu*m.dt/(m.hx*m.hx), m.nu*m.dt/(m.hy*m.hy)
	west, east, here, south, north := f.row(i-1, 0), f.row(i+1, 0), f.row(i, 0), f.row(i, -1), f.row(i, 1)
	for j := range dst {
		dst[j] += ax*(west[j]-2*here[j]+east[j]) + ay*(south[j]-2*here[j]+north[j])
	}
}

// project replaces the velocity by its part without divergence, with ψ̂ = solve·ŵ.
func (m *staggered) project(u, v, solve []float64) {
	nx, ny := m.nx, m.ny
	m.meanU, m.meanV = mean1(u), mean1(v)
	ax, ay := 1/m.hx, 1/m.hy
	for i := range nx {
		here, next, across, out := u[i*ny:(i+1)*ny], v[(i+1)%nx*ny:][:ny], v[i*ny:(i+1)*ny], m.w[i*ny:(i+1)*ny]
		for j := range ny - 1 {
			out[j] = ay*(here[j]-here[j+1]) - ax*(across[j]-next[j])
		}
		out[ny-1] = ay*(here[ny-1]-here[0]) - ax*(across[ny-1]-next[ny-1])
	}
	m.plan.Forward(m.c, m.w)
	re, im := m.c.Re[:len(solve)], m.c.Im[:len(solve)]
	for k, s := range solve {
		re[k] *= s
		im[k] *= s
	}
	m.plan.Inverse(m.w, m.c)
	for i := range nx {
		psi, before := m.w[i*ny:(i+1)*ny], m.w[(i+nx-1)%nx*ny:][:ny]
		pu, pv := u[i*ny:(i+1)*ny], v[i*ny:(i+1)*ny]
		left := psi[ny-1]
		for j, p := range psi {
			pu[j] = m.meanU + ay*(p-left)
			pv[j] = m.meanV - ax*(p-before[j])
			left = p
		}
	}
}

// mean1 is the mean of a field, summed in a fixed order.
func mean1(u []float64) float64 {
	sum := 0.0
	for _, x := range u {
		sum += x
	}
	return sum / float64(len(u))
}

// padded is a periodic field [nx][ny] with two more cells on every side.
type padded struct {
	nx, ny, pitch int
	data          []float64
}

const padding = 2

func newPadded(nx, ny int) padded {
	pitch := ny + 2*padding
	return padded{nx, ny, pitch, make([]float64, (nx+2*padding)*pitch)}
}

// row is row i, −2 to nx+1, from element j, −2 or more, to the end of the padding.
func (p *padded) row(i, j int) []float64 {
	at := (i + padding) * p.pitch
	return p.data[at+j+padding : at+p.pitch]
}

func (p *padded) fill(u []float64) {
	for i := -padding; i < p.nx+padding; i++ {
		from := u[(i+p.nx)%p.nx*p.ny:][:p.ny]
		to := p.row(i, -padding)
		copy(to[padding:], from)
		for g := range padding {
			to[g], to[padding+p.ny+g] = from[p.ny-padding+g], from[g]
		}
	}
}

// filteredVelocity is jax-cfd's filtered velocity field (google/jax-cfd, base/initial_conditions.py): white noise with the amplitudes
//
//	S(k) = exp(−(ln k0 + σ² − ln k)²/(2σ²) − ln k)/k,  σ² = ¼,  k in units of 2π/L
//
// projected on the grid, then scaled so that the largest speed, √(u² + v²) of the two faces of one cell, is the given one. The noise is drawn frequency by frequency,
// to 32 k0 where the amplitude is some 1e-13 of its peak, so that all grids show the same flow up to the distance of a face from a cell's centre and what they
// resolve; jax-cfd draws it point by point.
type filteredVelocity struct {
	law    *ic.Gaussian // of each component
	speed  float64
	method *staggered
}

func newFilteredVelocity(grid eddy.Grid, peak, speed float64, method *staggered) (*filteredVelocity, error) {
	if !positive(peak) {
		return nil, fmt.Errorf("peak = %g, expected a positive wavenumber", peak)
	}
	if !(speed >= 0) || math.IsInf(speed, 0) {
		return nil, fmt.Errorf("initial_speed = %g, expected 0 or more", speed)
	}
	const spread = 0.25
	unit := 2 * math.Pi / grid.Axes[0].Length
	limit := make([]int, 2)
	for a, n := range grid.Shape() {
		limit[a] = min((n-1)/2, int(math.Ceil(32*peak)))
	}
	law, err := ic.NewGaussian(grid, limit, func(kappa float64) float64 {
		if kappa == 0 {
			return 0
		}
		k := math.Log(kappa / unit)
		d := math.Log(peak) + spread - k
		s := math.Exp(-d*d/(2*spread) - 2*k)
		return s * s
	})
	if err != nil {
		return nil, err
	}
	return &filteredVelocity{law: law, speed: speed, method: method}, nil
}

// Draw writes one flow to dst [2, X, Y].
func (f *filteredVelocity) Draw(rng *rand.Rand, dst []float64) error {
	m := f.method.clone()
	n := m.nx * m.ny
	if len(dst) != 2*n {
		return &eddy.ShapeError{Op: "pde: ns-staggered: Draw", What: "state", Got: []int{len(dst)}, Want: []int{2 * n}}
	}
	u, v := dst[:n], dst[n:]
	if err := f.law.Draw(rng, u); err != nil {
		return err
	}
	if err := f.law.Draw(rng, v); err != nil {
		return err
	}
	m.project(u, v, m.poisson)
	largest := 0.0
	for i, x := range u {
		largest = max(largest, math.Hypot(x, v[i]))
	}
	if largest > 0 {
		for i := range dst {
			dst[i] *= f.speed / largest
		}
	}
	return nil
}
