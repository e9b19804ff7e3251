package ic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// Fourier is the truncated Fourier series of exponax and APEBench (RandomTruncatedFourierSeries) on a periodic box,
//
//	u(x) = Σ_{0 < max |k_i| ≤ Cutoff} a_k cos(κ·x + φ_k),  κ = 2πk/L per axis,  a ~ U(−1, 1),  φ ~ U(0, 2π)
//
// with one term for each pair ±k, then scaled to a given largest magnitude at the points of the grid. APEBench has cutoff 5 and magnitude 1.
type Fourier struct {
	Cutoff  int     // highest frequency per axis, waves per length, at least 1
	Largest float64 // largest magnitude of the field, in its unit; 0: as drawn
}

// On makes the law's field for a periodic grid.
func (f Fourier) On(grid eddy.Grid) (*FourierField, error) {
	if f.Cutoff < 1 || !(f.Largest >= 0) {
		return nil, fmt.Errorf("ic: Fourier series with cutoff %d and magnitude %g: expected at least 1, and 0 or more", f.Cutoff, f.Largest)
	}
	shape := grid.Shape()
	for _, a := range grid.Axes {
		if !a.Periodic || a.Points <= 2*f.Cutoff {
			return nil, fmt.Errorf("ic: %d waves on axis %s of %d points, periodic: %v; expected a periodic axis with more than twice as many points as waves",
				f.Cutoff, a.Name, a.Points, a.Periodic)
		}
	}
	g, err := NewGaussian(grid, nil, func(float64) float64 { return 0 })
	if err != nil {
		return nil, err
	}
	field := &FourierField{law: f, canvas: g}
	kept := g.plan.Shape()
	index := func(k []int, sign int) int {
		i := 0
		for a := range k {
			at := (sign*k[a] + shape[a]) % shape[a]
			if at >= kept[a] {
				return -1
			}
			i = i*kept[a] + at
		}
		return i
	}
	for s := 1; s <= f.Cutoff; s++ {
		shell(len(shape), s, func(k []int) {
			field.modes = append(field.modes, mode{at: index(k, 1), opposite: index(k, -1)})
		})
	}
	return field, nil
}

// FourierField is a law of truncated series on a grid. It is safe for concurrent use.
type FourierField struct {
	law    Fourier
	canvas *Gaussian // for its plans
	modes  []mode
}

// Draw writes one field to dst [1, X…]. It fails with *eddy.ShapeError if dst is not as long as the grid.
func (f *FourierField) Draw(rng *rand.Rand, dst []float64) error {
	if len(dst) != f.canvas.points {
		return &eddy.ShapeError{Op: "ic.FourierField.Draw", What: "state", Got: []int{len(dst)}, Want: []int{f.canvas.points}}
	}
	s := f.canvas.canvases.Take(f.canvas.newCanvas)
	defer f.canvas.canvases.Put(s)
	s.c.Clear()
	for _, m := range f.modes {
		a, phase := 2*rng.Float64()-1, 2*math.Pi*rng.Float64()
		re, im := a/2*math.Cos(phase), a/2*math.Sin(phase)
		set(s.c, m, re, im)
	}
	s.plan.Inverse(dst, s.c)
	if f.law.Largest > 0 {
		largest := 0.0
		for _, x := range dst {
			largest = max(largest, math.Abs(x))
		}
		for i := range dst {
			dst[i] *= f.law.Largest / largest
		}
	}
	return nil
}

// set writes a coefficient, and its conjugate at the opposite frequency, where they are stored.
func set(c dft.Planes, m mode, re, im float64) {
	if m.at >= 0 {
		c.Set(m.at, complex(re, im))
	}
	if m.opposite >= 0 {
		c.Set(m.opposite, complex(re, -im))
	}
}
