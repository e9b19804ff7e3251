package metric

import (
	"fmt"
	"math"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// flow holds mean squares of the derivatives of a velocity, in its unit over that of length, squared.
type flow struct {
	divergence, curl float64
	gradient         float64 // of all derivatives of all components together
}

// checkDerivatives tells why the velocity cannot be differentiated.
func checkDerivatives(spec eddy.Spec) error {
	for a, c := range rolesOf(spec).velocity {
		if staggered(spec.Fields[c]) && !allPeriodic(spec.Grid) {
			return fmt.Errorf("%s lies on the faces of cells of a grid with walls, where derivatives at the wall are not known", spec.Fields[c].Name)
		}
		if spec.Grid.Axes[a].Points < 2 {
			return fmt.Errorf("axis %q has %d points, too few for a derivative", spec.Grid.Axes[a].Name, spec.Grid.Axes[a].Points)
		}
	}
	return nil
}

func staggered(f eddy.Field) bool {
	return f.At == eddy.FaceX || f.At == eddy.FaceY || f.At == eddy.FaceZ
}

// flow differentiates the velocity of a state [C, X…], or of state − minus where minus is not nil: by Fourier series on a periodic grid, else by central
// differences, one-sided at walls, of second order. The divergence of a velocity on the faces of cells is the difference over each cell, which such solvers
// keep at zero.
func (p *Plan) flow(state, minus []float32) flow {
	if allPeriodic(p.spec.Grid) {
		return p.fourierFlow(state, minus)
	}
	return p.differenceFlow(state, minus)
}

// velocityField is component a, as float64 and minus another state's.
func (p *Plan) velocityField(state, minus []float32, a int) []float64 {
	c := rolesOf(p.spec).velocity[a]
	u := p.field(state, c)
	out := make([]float64, len(u))
	for i, v := range u {
		out[i] = float64(v)
	}
	if minus != nil {
		for i, v := range p.field(minus, c) {
			out[i] -= float64(v)
		}
	}
	return out
}

// fourierFlow adds up |i κ_a û_b|² in all combinations over the modes. A mode at half the sampling frequency of an axis has no derivative along it.
func (p *Plan) fourierFlow(state, minus []float32) (f flow) {
	m, kappa := p.modes(), p.kappa()
	velocity := rolesOf(p.spec).velocity
	hat := make([]dft.Planes, len(velocity))
	for a, c := range velocity {
		var less []float32
		if minus != nil {
			less = p.field(minus, c)
		}
		m.transform(p.field(state, c), less, func(z dft.Planes) {
			hat[a] = dft.NewPlanes(z.Len())
			hat[a].CopyFrom(z)
		})
		p.shift(hat[a], p.spec.Fields[c])
	}
	for i, w := range m.weight {
		var re, im float64
		for a, u := range hat {
			re, im = re+kappa[a][i]*u.Re[i], im+kappa[a][i]*u.Im[i]
			f.gradient += w * norm2(kappa, i) * (u.Re[i]*u.Re[i] + u.Im[i]*u.Im[i])
			for b := range a {
				cr, ci := kappa[b][i]*u.Re[i]-kappa[a][i]*hat[b].Re[i], kappa[b][i]*u.Im[i]-kappa[a][i]*hat[b].Im[i]
				f.curl += w * (cr*cr + ci*ci)
			}
		}
		f.divergence += w * (re*re + im*im)
	}
	if staggered(p.spec.Fields[velocity[0]]) {
		f.divergence = p.cellDivergence(state, minus)
	}
	return f
}

// shift moves the origin of a field's Fourier series to the origin of the grid: û_k · exp(−i k·offset).
func (p *Plan) shift(z dft.Planes, field eddy.Field) {
	if field.At == "" || field.At == eddy.Node || field.At == eddy.Cell {
		return // all components of a velocity lie at the same places
	}
	m := p.modes()
	for i := range z.Re {
		phase := 0.0
		for a, n := range m.shape {
			offset := 0.5
			if field.At == []eddy.Location{eddy.FaceX, eddy.FaceY, eddy.FaceZ}[a] {
				offset = 1
			}
			phase -= 2 * math.Pi * float64(m.wave[a][i]) * offset / float64(n)
		}
		s, c := math.Sincos(phase)
		z.Re[i], z.Im[i] = z.Re[i]*c-z.Im[i]*s, z.Re[i]*s+z.Im[i]*c
	}
}

// cellDivergence is the mean square of the sum of differences over each cell of a periodic grid.
func (p *Plan) cellDivergence(state, minus []float32) float64 {
	g := p.spec.Grid
	sum := make([]float64, g.Points())
	for a, axis := range g.Axes {
		u, h := p.velocityField(state, minus, a), p.spec.Spacing(a)
		eachLine(g.Shape(), a, func(at func(i int) int) {
			for i := range axis.Points {
				sum[at(i)] += (u[at(i)] - u[at((i+axis.Points-1)%axis.Points)]) / h
			}
		})
	}
	return meanSquare64(sum)
}

// differenceFlow differentiates by differences.
func (p *Plan) differenceFlow(state, minus []float32) (f flow) {
	g := p.spec.Grid
	d := len(g.Axes)
	slope := make([][]float64, d*d) // [component][axis]
	for b := range d {
		u := p.velocityField(state, minus, b)
		for a := range d {
			slope[b*d+a] = difference(u, g, a, p.spec.Spacing(a))
			f.gradient += meanSquare64(slope[b*d+a])
		}
	}
	combined := make([]float64, g.Points())
	for a := range d {
		for i, v := range slope[a*d+a] {
			combined[i] += v
		}
	}
	f.divergence = meanSquare64(combined)
	for a := range d {
		for b := range a {
			for i := range combined {
				combined[i] = slope[a*d+b][i] - slope[b*d+a][i]
			}
			f.curl += meanSquare64(combined)
		}
	}
	return f
}

// difference is ∂u/∂x_a of points h apart, of second order where the axis has three.
func difference(u []float64, g eddy.Grid, a int, h float64) []float64 {
	axis := g.Axes[a]
	n := axis.Points
	out := make([]float64, len(u))
	eachLine(g.Shape(), a, func(at func(i int) int) {
		for i := range n {
			switch {
			case axis.Periodic || (i > 0 && i < n-1):
				out[at(i)] = (u[at((i+1)%n)] - u[at((i+n-1)%n)]) / (2 * h)
			case n == 2:
				out[at(i)] = (u[at(1)] - u[at(0)]) / h
			case i == 0:
				out[at(i)] = (-3*u[at(0)] + 4*u[at(1)] - u[at(2)]) / (2 * h)
			default:
				out[at(i)] = (3*u[at(n-1)] - 4*u[at(n-2)] + u[at(n-3)]) / (2 * h)
			}
		}
	})
	return out
}

// eachLine calls f for every line of a grid along axis a, with the index of its i-th point.
func eachLine(shape []int, a int, f func(at func(i int) int)) {
	inner := eddy.Size(shape[a+1:])
	for o := range eddy.Size(shape[:a]) {
		for k := range inner {
			f(func(i int) int { return (o*shape[a]+i)*inner + k })
		}
	}
}

func meanSquare64(u []float64) float64 {
	s := 0.0
	for _, v := range u {
		s += v * v
	}
	return s / float64(len(u))
}

// norm2 is |κ|² of mode i.
func norm2(kappa [][]float64, i int) float64 {
	s := 0.0
	for _, k := range kappa {
		s += k[i] * k[i]
	}
	return s
}
