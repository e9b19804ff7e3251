package pde

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/ic"
	"github.com/eddy-pde/eddy/internal/dft"
)

// reaction is a system u_t = D Δu + R(u) of fields that diffuse and react at every point, for the coefficients of one field after the other.
type reaction struct {
	view   transform // of the solver's grid
	linear []complex128
	rate   func(u [][]float64) // replaces the values of the fields by the rates R of the reaction
	u      [][]float64
}

// newReaction makes the system on the given points of a box: periodic, or of zero flux through its sides. diffusion has one coefficient a field; degree is that of R.
func newReaction(points []int, length float64, periodic bool, diffusion []float64, degree int, rate func(u [][]float64)) (eq *reaction, modes [][]int) {
	unit := 2 * math.Pi / length
	if periodic {
		modes = independent(points, degree)
	} else {
		modes = cosines(points, degree)
		unit = math.Pi / length
	}
	grid := eddy.PeriodicGrid(length, points...)
	for a := range grid.Axes {
		grid.Axes[a].Periodic = periodic
	}
	eq = &reaction{view: newTransform(grid, modes), rate: rate}
	for _, d := range diffusion {
		for _, k := range modes {
			k2 := 0.0
			for _, f := range k {
				k2 += unit * unit * float64(f) * float64(f)
			}
			eq.linear = append(eq.linear, complex(-d*k2, 0))
		}
		eq.u = append(eq.u, make([]float64, eddy.Size(points)))
	}
	return eq, modes
}

// independent lists one frequency of each pair ±k that a spectral solver on periodic points keeps: the one whose last non-zero component is positive.
func independent(points []int, degree int) (modes [][]int) {
	limit := make([]int, len(points))
	for a, n := range points {
		limit[a] = cutoff(n, degree)
	}
	eachFrequency(limit, func(k []int) {
		for a := len(k) - 1; a >= 0; a-- {
			if k[a] < 0 {
				return
			}
			if k[a] > 0 {
				break
			}
		}
		modes = append(modes, append([]int(nil), k...))
	})
	return modes
}

// eachFrequency visits all frequencies −limit … limit.
func eachFrequency(limit []int, visit func(k []int)) {
	k := make([]int, len(limit))
	var walk func(a int)
	walk = func(a int) {
		if a == len(k) {
			visit(k)
			return
		}
		for k[a] = -limit[a]; k[a] <= limit[a]; k[a]++ {
			walk(a + 1)
		}
	}
	walk(0)
}

// cosines lists the frequencies of cosine series that a solver on n cells per axis keeps: their even continuation has 2n points.
func cosines(points []int, degree int) (modes [][]int) {
	total := 1
	limit := make([]int, len(points))
	for a, n := range points {
		limit[a] = min(cutoff(2*n, degree), n-1) + 1
		total *= limit[a]
	}
	for i := range total {
		k := make([]int, len(points))
		for a := len(k) - 1; a >= 0; a-- {
			k[a], i = i%limit[a], i/limit[a]
		}
		modes = append(modes, k)
	}
	return modes
}

func (eq *reaction) symbol() []complex128 { return eq.linear }

func (eq *reaction) nonlinear(dst, c dft.Planes) {
	modes := c.Len() / len(eq.u)
	for f, u := range eq.u {
		eq.view.write(u, c.Slice(f*modes, (f+1)*modes))
	}
	eq.rate(eq.u)
	for f, u := range eq.u {
		eq.view.read(dst.Slice(f*modes, (f+1)*modes), u)
	}
}

func (eq *reaction) clone() semilinear {
	d := &reaction{view: eq.view.clone(), linear: eq.linear, rate: eq.rate}
	for _, u := range eq.u {
		d.u = append(d.u, make([]float64, len(u)))
	}
	return d
}

// Box are the settings of reaction–diffusion systems: the sides of the box are periodic or let nothing through.
type Box struct {
	Common
	Boundary string // periodic: values at nodes; zero-flux: values at the centres of cells
}

const periodic, zeroFlux = "periodic", "zero-flux"

func (b *Box) settings() []setting {
	return append(without(b.Common.settings(), "viscosity", "max_speed"), choice("boundary", "sides of the box", &b.Boundary, periodic, zeroFlux))
}

// system is what a reaction–diffusion equation is made of.
type system struct {
	name      string
	fields    []string
	diffusion []float64
	fastest   float64 // rate, for the default of substeps
	degree    int
	warmup    float64
	origin    float64 // lower end of every axis
	rate      func(u [][]float64)
	initial   func(grid eddy.Grid, limit []int) (datasets.Initial, error)
}

// problem makes the problem of a system on one to three axes.
func (b *Box) problem(s system, eq equation) (Problem, error) {
	grid := eddy.PeriodicGrid(b.Length, b.Grid...)
	fields := make([]eddy.Field, len(s.fields))
	for i, name := range s.fields {
		fields[i] = eddy.Field{Name: name}
		if b.Boundary == zeroFlux {
			fields[i].At = eddy.Cell
		}
	}
	for a := range grid.Axes {
		grid.Axes[a].Periodic, grid.Axes[a].Wall, grid.Axes[a].Origin = b.Boundary == periodic, b.Boundary == zeroFlux, s.origin
	}
	for i, d := range s.diffusion {
		if !(d >= 0) || math.IsInf(d, 0) {
			return Problem{}, fmt.Errorf("pde: %s: the diffusion of %s is %g, expected 0 or more", s.name, s.fields[i], d)
		}
	}
	return b.build(parts{
		name: s.name, dims: min(max(len(b.Grid), 1), 3), fields: fields, grid: grid, warmup: s.warmup, degree: s.degree, fastest: s.fastest, initial: s.initial,
		equation: func(solve []int) (semilinear, [][]int, error) {
			eq, modes := newReaction(solve, b.Length, b.Boundary == periodic, s.diffusion, s.degree, s.rate)
			return eq, modes, nil
		},
	}, eq)
}

// blurred is the law of a Gaussian field of given root mean square, with spectrum exp(−(κ·scale·L)²/2), of zero mean, periodic or with zero flux.
func blurred(grid eddy.Grid, limit []int, rms, scale float64) (datasets.Initial, error) {
	if !(rms >= 0) || !(scale > 0) {
		return nil, fmt.Errorf("sigma = %g, scale = %g, expected 0 or more, and a positive length", rms, scale)
	}
	length := grid.Axes[0].Length
	shape := func(kappa float64) float64 {
		if kappa == 0 {
			return 0
		}
		return math.Exp(-kappa * kappa * scale * scale * length * length / 2)
	}
	if grid.Axes[0].Periodic {
		g, err := ic.NewGaussian(grid, limit, shape)
		if err != nil {
			return nil, err
		}
		factor := rms * rms / g.Variance()
		return ic.NewGaussian(grid, limit, func(kappa float64) float64 { return factor * shape(kappa) })
	}
	sum := 0.0
	count := func(_ []int, kappa float64) float64 {
		sum += shape(kappa)
		return 0
	}
	if _, err := ic.NewCosines(grid, eddy.Cell, limit, count); err != nil {
		return nil, err
	}
	// The mean over the box of cos² is ½ along each axis with k > 0.
	return ic.NewCosines(grid, eddy.Cell, limit, func(k []int, kappa float64) float64 {
		p := rms * rms * shape(kappa) / sum
		for _, f := range k {
			if f > 0 {
				p *= 2
			}
		}
		return p
	})
}
