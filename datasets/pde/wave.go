package pde

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/internal/dft"
)

// Wave is the acoustic wave equation in a box of one to three dimensions, periodic or with rigid walls,
//
//	p_tt = c² Δp
//
// State [B, 2, X…]: the pressure p and its rate p_t. The solver turns each Fourier coefficient by its exact angle, (p, p_t/ω) by ωΔt with ω = c|κ|: no dispersion and
// no error in time, however long the step. The energy ½⟨p_t² + c²|∇p|²⟩ is conserved. Initial states are pulses at random places, at rest.
type Wave struct {
	Box
	Speed  float64 // c, in length/time
	Pulses int     // number of pulses of an initial state
}

// DefaultWave is c = 1 on the periodic unit square with 128² points, a state every 0.02.
func DefaultWave() Wave {
	return Wave{Box: Box{Common{Grid: []int{128, 128}, Dt: 0.02, Length: 1, MaxSpeed: 1}, periodic}, Speed: 1, Pulses: 4}
}

// Problem makes the solver and the law of initial states. An error names the setting.
func (w Wave) Problem() (Problem, error) { return w.problem() }

func (w *Wave) settings() []setting {
	return append(
		without(w.Box.settings(), "solve", "substeps"),
		number("speed", "speed of sound c", &w.Speed),
		count("pulses", "pulses of an initial state", &w.Pulses),
	)
}

func (w *Wave) problem() (Problem, error) {
	fields := []eddy.Field{{Name: "pressure"}, {Name: "pressure_rate"}}
	grid := eddy.PeriodicGrid(w.Length, w.Grid...)
	for a := range grid.Axes {
		grid.Axes[a].Periodic, grid.Axes[a].Wall = w.Boundary == periodic, w.Boundary == zeroFlux
	}
	if w.Boundary == zeroFlux {
		for i := range fields {
			fields[i].At = eddy.Cell
		}
	}
	return w.build(parts{
		name: "wave", dims: min(max(len(w.Grid), 1), 3), fields: fields, grid: grid,
		solver: func(spec eddy.Spec) (eddy.Precise, error) {
			if !(w.Speed >= 0) || math.IsInf(w.Speed, 0) {
				return nil, fmt.Errorf("speed = %g, expected 0 or more", w.Speed)
			}
			return newModel(spec, func() advancer { return newAcoustic(spec, w.Speed) }), nil
		},
		initial: func(grid eddy.Grid, _ []int) (datasets.Initial, error) {
			if w.Pulses < 0 {
				return nil, fmt.Errorf("pulses = %d, expected 0 or more", w.Pulses)
			}
			return pulses{spots{grid, w.Pulses}}, nil
		},
	}, w)
}

// pulses is p = s, p_t = 0, where s is a sum of bumps.
type pulses struct{ spots spots }

// Draw writes one state [2, X…].
func (p pulses) Draw(rng *rand.Rand, dst []float64) error {
	if err := p.spots.Draw(rng, dst); err != nil {
		return err
	}
	n := len(dst) / 2
	for i := range n {
		dst[i], dst[n+i] = 2*dst[n+i], 0
	}
	return nil
}

// acoustic turns the coefficients of one state. All frequencies of the grid are kept but those of its unpaired ones, N/2 of an even periodic axis.
type acoustic struct {
	view transform
	dt   float64
	turn [][3]float64 // per frequency: cos ωΔt, sin ωΔt/ω, −ω sin ωΔt
	p, q dft.Planes
}

func newAcoustic(spec eddy.Spec, speed float64) *acoustic {
	shape, unit := spec.Grid.Shape(), math.Pi/spec.Grid.Axes[0].Length
	var modes [][]int
	if spec.Grid.Axes[0].Periodic {
		modes, unit = independent(shape, 1), 2*unit
	} else {
		modes = cosines(shape, 1)
	}
	w := &acoustic{view: newTransform(spec.Grid, modes), dt: spec.Dt, p: dft.NewPlanes(len(modes)), q: dft.NewPlanes(len(modes))}
	for _, k := range modes {
		k2 := 0.0
		for _, f := range k {
			k2 += float64(f) * float64(f)
		}
		omega := speed * unit * math.Sqrt(k2)
		sin, cos := math.Sincos(omega * spec.Dt)
		over := spec.Dt
		if omega > 0 {
			over = sin / omega
		}
		w.turn = append(w.turn, [3]float64{cos, over, -omega * sin})
	}
	return w
}

func (w *acoustic) advance(_ context.Context, u []float64, t *trace) error {
	n := len(u) / 2
	w.view.read(w.p, u[:n])
	w.view.read(w.q, u[n:])
	for i, r := range w.turn {
		pr, pi, qr, qi := w.p.Re[i], w.p.Im[i], w.q.Re[i], w.q.Im[i]
		w.p.Re[i], w.p.Im[i] = r[0]*pr+r[1]*qr, r[0]*pi+r[1]*qi
		w.q.Re[i], w.q.Im[i] = r[2]*pr+r[0]*qr, r[2]*pi+r[0]*qi
	}
	w.view.write(u[:n], w.p)
	w.view.write(u[n:], w.q)
	t.substep(w.dt, u)
	return nil
}
