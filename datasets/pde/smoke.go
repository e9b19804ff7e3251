package pde

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
	"github.com/eddy-pde/eddy/internal/dft"
)

// Smoke is buoyant smoke in a closed box, as in PDEArena (Gupta & Brandstetter 2022), whose states PhiFlow computes:
//
//	s_t + v·∇s = 0,   v_t + v·∇v = −∇p + ν Δv + (0, b s),   ∇·v = 0
//
// State [B, 3, X, Y]: the smoke s at the centres of cells, the velocity on their upper faces, 0 on the walls. (PDEArena stores the lower faces: its row i is row i−1
// here.) A substep moves smoke and velocity back along the flow (semi-Lagrangian, linear interpolation, first order in time and space), adds buoyancy, takes an
// explicit step of viscosity and takes out the divergence, exactly up to rounding. Smoke beyond the walls is that of the nearest cell; velocity beyond them is 0, half
// a cell outside for the component along a wall, as PhiFlow has it.
//
// Initial smoke is |noise|, a Gaussian field of a few long waves with variance 1; the air is at rest. A range for buoyancy, such as 0.2..0.5, makes the conditional
// set.
type Smoke struct {
	Common
	Buoyancy   float64 // b: upward force by unit of smoke, along y
	Scale      float64 // length of the noise's waves
	Smoothness float64 // the noise's coefficients fall as (wavenumber · Scale)^(−2·Smoothness)
}

// DefaultSmoke is PDEArena's: 128² cells of a box of side 32, ν = 0.01, b = 0.5, a state every 1.5.
func DefaultSmoke() Smoke {
	return Smoke{
		Common:   Common{Grid: []int{128, 128}, Dt: 1.5, Length: 32, Viscosity: 0.01, Warmup: 9, Substeps: 1},
		Buoyancy: 0.5, Scale: 11, Smoothness: 6,
	}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (s Smoke) Problem() (Problem, error) { return s.problem() }

func (s *Smoke) settings() []setting {
	return append(
		without(s.Common.settings(), "substeps", "max_speed"),
		count("substeps", "solver steps between states", &s.Substeps),
		number("buoyancy", "upward force by unit of smoke", &s.Buoyancy),
		number("scale", "length of the waves of the initial smoke", &s.Scale),
		number("smoothness", "how fast short waves fall off in the initial smoke", &s.Smoothness),
	)
}

func (s *Smoke) problem() (Problem, error) {
	return s.build(parts{
		name: "smoke", dims: 2, fields: append([]eddy.Field{{Name: "smoke", At: eddy.Cell}}, faceVelocity()...), grid: walledGrid(0, s.Length, s.Grid),
		warmup: 9 * 1.5,
		solver: func(spec eddy.Spec) (eddy.Precise, error) {
			m, err := newSmoke(s)
			if err != nil {
				return nil, err
			}
			return newCellSolver(spec, s.Solve, func() advancer { return m.clone() }, nil)
		},
		initial: func(grid eddy.Grid, _ []int) (datasets.Initial, error) { return newNoise(grid, s.Scale, s.Smoothness) },
	}, s)
}

// smoke is the method of Smoke on nx×ny cells. The projection is the solve for a stream function that vanishes on the walls, as in staggered.
type smoke struct {
	nx, ny   int
	hx, hy   float64
	dt       float64 // of a substep
	substeps int
	nu       float64
	buoyancy float64

	plan    *dft.Sine
	poisson []float64 // [nx−1][ny−1]: ψ̂ = poisson·ŵ at the inner corners
	old     [3][]float64
	w       []float64
}

func newSmoke(s *Smoke) (*smoke, error) {
	nx, ny := s.Solve[0], s.Solve[1]
	hx, hy := s.Length/float64(nx), s.Length/float64(ny)
	switch {
	case s.Substeps < 1:
		return nil, fmt.Errorf("substeps = %d, expected 1 or more", s.Substeps)
	case math.IsNaN(s.Buoyancy - s.Buoyancy):
		return nil, fmt.Errorf("buoyancy = %g, expected a finite number", s.Buoyancy)
	}
	dt := s.Dt / float64(s.Substeps)
	if rate := 2 * s.Viscosity * (1/(hx*hx) + 1/(hy*hy)); rate*dt > 1 {
		return nil, fmt.Errorf("viscosity = %g is stepped explicitly: expected %d substeps or more, not %d", s.Viscosity, int(math.Ceil(rate*s.Dt)), s.Substeps)
	}
	m := &smoke{nx: nx, ny: ny, hx: hx, hy: hy, dt: dt, substeps: s.Substeps, nu: s.Viscosity, buoyancy: s.Buoyancy, plan: dft.NewSine(nx-1, ny-1)}
	for i := 1; i < nx; i++ {
		for j := 1; j < ny; j++ {
			sx, sy := math.Sin(math.Pi*float64(i)/float64(2*nx))*2/hx, math.Sin(math.Pi*float64(j)/float64(2*ny))*2/hy
			m.poisson = append(m.poisson, 1/(sx*sx+sy*sy))
		}
	}
	return m, nil
}

// clone is the method with scratch memory of its own, which newSmoke leaves out.
func (m *smoke) clone() *smoke {
	d := *m
	d.plan = m.plan.Clone()
	for c := range d.old {
		d.old[c] = make([]float64, m.nx*m.ny)
	}
	d.w = make([]float64, len(m.poisson))
	return &d
}

func (m *smoke) advance(ctx context.Context, state []float64, t *trace) error {
	n := m.nx * m.ny
	s, u, v := state[:n], state[n:2*n], state[2*n:]
	m.closeWalls(u, v)
	for i := range m.substeps {
		if lost(state) {
			break // there is no place to look up
		}
		if i%4 == 3 && ctx.Err() != nil {
			return ctx.Err()
		}
		m.move(s, u, v)
		m.lift(s, v)
		m.diffuse(u, v)
		m.project(u, v)
		t.substep(float64(i+1)*m.dt, s, u, v)
	}
	lost(state)
	return nil
}

// closeWalls clears what flows through the walls, which states from elsewhere may have.
func (m *smoke) closeWalls(u, v []float64) {
	clear(u[(m.nx-1)*m.ny:])
	for i := range m.nx {
		v[i*m.ny+m.ny-1] = 0
	}
}

// u and v are the old velocities on the lower faces of cell (i, j), 0 on the walls and beyond.
func (m *smoke) u(i, j int) float64 {
	if i < 1 || i >= m.nx || j < 0 || j >= m.ny {
		return 0
	}
	return m.old[1][(i-1)*m.ny+j]
}

func (m *smoke) v(i, j int) float64 {
	if i < 0 || i >= m.nx || j < 1 || j >= m.ny {
		return 0
	}
	return m.old[2][i*m.ny+j-1]
}

// s is the old smoke of cell (i, j), beyond the walls that of the nearest one.
func (m *smoke) s(i, j int) float64 {
	return m.old[0][min(max(i, 0), m.nx-1)*m.ny+min(max(j, 0), m.ny-1)]
}

// between interpolates f between whole numbers. Places far outside are all the same.
func (m *smoke) between(f func(i, j int) float64, x, y float64) float64 {
	x, y = min(max(x, -4), float64(m.nx+4)), min(max(y, -4), float64(m.ny+4))
	i, j := int(math.Floor(x)), int(math.Floor(y))
	a, b := x-float64(i), y-float64(j)
	return (1-a)*((1-b)*f(i, j)+b*f(i, j+1)) + a*((1-b)*f(i+1, j)+b*f(i+1, j+1))
}

// move takes smoke and velocity from where the flow comes from.
func (m *smoke) move(s, u, v []float64) {
	for c, f := range [][]float64{s, u, v} {
		copy(m.old[c], f)
	}
	rx, ry := m.dt/m.hx, m.dt/m.hy // in units of cells
	for i := range m.nx {
		x := float64(i)
		for j := range m.ny {
			y, at := float64(j), i*m.ny+j
			s[at] = m.between(m.s, x-rx*(m.u(i, j)+m.u(i+1, j))/2, y-ry*(m.v(i, j)+m.v(i, j+1))/2)
			if k := i + 1; k < m.nx { // upper x face
				across := (m.v(i, j) + m.v(i, j+1) + m.v(k, j) + m.v(k, j+1)) / 4
				u[at] = m.between(m.u, x+1-rx*m.u(k, j), y-ry*across)
			}
			if k := j + 1; k < m.ny {
				across := (m.u(i, j) + m.u(i+1, j) + m.u(i, k) + m.u(i+1, k)) / 4
				v[at] = m.between(m.v, x-rx*across, y+1-ry*m.v(i, k))
			}
		}
	}
}

// lift adds buoyancy.
func (m *smoke) lift(s, v []float64) {
	for i := range m.nx {
		for j := range m.ny - 1 {
			v[i*m.ny+j] += m.dt * m.buoyancy * (s[i*m.ny+j] + s[i*m.ny+j+1]) / 2
		}
	}
}

// diffuse adds viscosity.
func (m *smoke) diffuse(u, v []float64) {
	copy(m.old[1], u)
	copy(m.old[2], v)
	ax, ay := m.nu*m.dt/(m.hx*m.hx), m.nu*m.dt/(m.hy*m.hy)
	spread := func(f func(i, j int) float64, i, j int) float64 {
		return ax*(f(i-1, j)-2*f(i, j)+f(i+1, j)) + ay*(f(i, j-1)-2*f(i, j)+f(i, j+1))
	}
	for i := range m.nx {
		for j := range m.ny {
			if i+1 < m.nx {
				u[i*m.ny+j] += spread(m.u, i+1, j)
			}
			if j+1 < m.ny {
				v[i*m.ny+j] += spread(m.v, i, j+1)
			}
		}
	}
}

// project takes out the divergence.
func (m *smoke) project(u, v []float64) {
	ny := m.ny
	for i := range m.nx - 1 {
		for j := range ny - 1 {
			at := i*ny + j
			m.w[i*(ny-1)+j] = (u[at]-u[at+1])/m.hy - (v[at]-v[at+ny])/m.hx
		}
	}
	m.plan.Transform(m.w, m.w)
	for k, p := range m.poisson {
		m.w[k] *= p
	}
	m.plan.Transform(m.w, m.w)
	psi := func(i, j int) float64 { // at the upper corner of cell (i, j)
		if i < 0 || j < 0 || i >= m.nx-1 || j >= ny-1 {
			return 0
		}
		return m.w[i*(ny-1)+j]
	}
	for i := range m.nx {
		for j := range ny {
			u[i*ny+j] = (psi(i, j) - psi(i, j-1)) / m.hy
			v[i*ny+j] = -(psi(i, j) - psi(i-1, j)) / m.hx
		}
	}
}

// noise is PhiFlow's Noise and air at rest: |u| for a field u of independent Fourier coefficients that fall as (k·scale)^(−2·smoothness), with k in waves by unit of
// length, scaled to variance 1 in every draw. Waves with (k·scale)² ≤ 0.1 are left out.
type noise struct {
	law    *ic.Gaussian
	points int
}

func newNoise(grid eddy.Grid, scale, smoothness float64) (*noise, error) {
	if !positive(scale) || !(smoothness >= 0) {
		return nil, fmt.Errorf("scale = %g and smoothness = %g, expected a positive length and 0 or more", scale, smoothness)
	}
	const lowest = 0.1
	periodic := eddy.PeriodicGrid(grid.Axes[0].Length, grid.Shape()...)
	law, err := ic.NewGaussian(periodic, nil, func(kappa float64) float64 {
		k := kappa / (2 * math.Pi) * scale
		if k*k <= lowest {
			return 0
		}
		return math.Pow(k, -4*smoothness)
	})
	if err != nil {
		return nil, err
	}
	return &noise{law, grid.Points()}, nil
}

// Draw writes one state [3, X, Y].
func (s *noise) Draw(rng *rand.Rand, dst []float64) error {
	if len(dst) != 3*s.points {
		return &eddy.ShapeError{Op: "pde: smoke: Draw", What: "state", Got: []int{len(dst)}, Want: []int{3 * s.points}}
	}
	u := dst[:s.points]
	clear(dst[s.points:])
	if err := s.law.Draw(rng, u); err != nil {
		return err
	}
	sum := 0.0
	for _, x := range u {
		sum += x * x // the mean is 0
	}
	for i, x := range u {
		u[i] = math.Abs(x) / math.Sqrt(sum/float64(s.points))
	}
	return nil
}
