package ic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/internal/dft"
)

// Solenoidal is a Gaussian velocity field without divergence in a periodic cube, with the log-normal filter of jax-cfd's filtered velocity field
// (google/jax-cfd, base/initial_conditions.py) in d = 3 dimensions:
//
//	E|û_k|² ∝ S(k)²,  S(k) = exp(−(ln k0 + σ² − ln k)²/(2σ²) − ln k)/k^{d−1},  σ² = ¼,  k in units of 2π/L
//
// Each component is drawn, then the part along κ is taken out. The field is scaled to a root mean square speed on average, where jax-cfd scales every draw to a
// given largest speed.
type Solenoidal struct {
	Peak  float64 // k0: wavenumber of the peak in units of 2π/L, above 0
	Speed float64 // root mean square of |velocity|, in length/time
	Limit []int   // highest frequency per axis; nil: what the grid resolves
}

// On makes the law's field for a periodic cube.
func (s Solenoidal) On(grid eddy.Grid) (*SolenoidalField, error) {
	if !(s.Peak > 0) || !(s.Speed >= 0) {
		return nil, fmt.Errorf("ic: velocity law with peak %g and speed %g: expected peak > 0, speed ≥ 0", s.Peak, s.Speed)
	}
	if len(grid.Axes) != 3 || grid.Axes[0].Length != grid.Axes[1].Length || grid.Axes[0].Length != grid.Axes[2].Length {
		return nil, fmt.Errorf("ic: velocity law on a grid %v, expected three axes of equal length", grid)
	}
	unit := 2 * math.Pi / grid.Axes[0].Length
	filter := func(k float64) float64 {
		if k == 0 {
			return 0
		}
		d := math.Log(s.Peak) + spread - math.Log(k)
		v := math.Exp(-d*d/(2*spread)-math.Log(k)) / (k * k)
		return v * v
	}
	// The scale comes from all frequencies that matter, whatever the grid. Of three components two are left.
	reach, energy := int(math.Ceil(8*s.Peak)), 0.0
	for x := -reach; x <= reach; x++ {
		for y := -reach; y <= reach; y++ {
			for z := -reach; z <= reach; z++ {
				energy += 2 * filter(math.Sqrt(float64(x*x+y*y+z*z)))
			}
		}
	}
	g, err := NewGaussian(grid, s.Limit, func(kappa float64) float64 { return s.Speed * s.Speed / energy * filter(kappa/unit) })
	if err != nil {
		return nil, err
	}
	return &SolenoidalField{g, grid.Shape()}, nil
}

// SolenoidalField is the law on a grid. It is safe for concurrent use.
type SolenoidalField struct {
	component *Gaussian
	shape     []int
}

// Draw writes one velocity field to dst [3, X, Y, Z]. It fails with *eddy.ShapeError if dst is not as long as three times the grid.
func (f *SolenoidalField) Draw(rng *rand.Rand, dst []float64) error {
	n := f.component.points
	if len(dst) != 3*n {
		return &eddy.ShapeError{Op: "ic.SolenoidalField.Draw", What: "state", Got: []int{len(dst)}, Want: []int{3 * n}}
	}
	s := f.component.canvases.Take(f.component.newCanvas)
	defer f.component.canvases.Put(s)
	var c [3]dft.Planes
	for a := range c {
		if err := f.component.Draw(rng, dst[a*n:(a+1)*n]); err != nil {
			return err
		}
		c[a] = dft.NewPlanes(s.c.Len())
		s.plan.Forward(c[a], dst[a*n:(a+1)*n])
	}
	kept := s.plan.Shape()
	for i := range s.c.Len() {
		k := [3]float64{
			float64(dft.Frequency(i/(kept[1]*kept[2]), f.shape[0])), float64(dft.Frequency(i/kept[2]%kept[1], f.shape[1])), float64(i % kept[2]),
		}
		k2 := k[0]*k[0] + k[1]*k[1] + k[2]*k[2]
		if k2 == 0 {
			continue
		}
		re := (k[0]*c[0].Re[i] + k[1]*c[1].Re[i] + k[2]*c[2].Re[i]) / k2
		im := (k[0]*c[0].Im[i] + k[1]*c[1].Im[i] + k[2]*c[2].Im[i]) / k2
		for a := range c {
			c[a].Re[i] -= k[a] * re
			c[a].Im[i] -= k[a] * im
		}
	}
	for a := range c {
		s.plan.Inverse(dst[a*n:(a+1)*n], c[a])
	}
	return nil
}

// TaylorGreen is the Taylor–Green vortex in a periodic cube, moved by a random distance along each axis,
//
//	u = A sin x cos y cos z,  v = −A cos x sin y cos z,  w = 0,  x, y, z in units of L/2π
type TaylorGreen struct {
	Amplitude float64 // A, in length/time
}

// On makes the law's field for a periodic grid of three axes.
func (v TaylorGreen) On(grid eddy.Grid) (*TaylorGreenField, error) {
	if len(grid.Axes) != 3 {
		return nil, fmt.Errorf("ic: Taylor–Green vortex on a grid %v, expected three axes", grid)
	}
	return &TaylorGreenField{v.Amplitude, grid.Shape()}, nil
}

// TaylorGreenField is the vortex on a grid. It is safe for concurrent use.
type TaylorGreenField struct {
	amplitude float64
	shape     []int
}

// Draw writes one velocity field to dst [3, X, Y, Z]. It fails with *eddy.ShapeError if dst is not as long as three times the grid.
func (f *TaylorGreenField) Draw(rng *rand.Rand, dst []float64) error {
	n := eddy.Size(f.shape)
	if len(dst) != 3*n {
		return &eddy.ShapeError{Op: "ic.TaylorGreenField.Draw", What: "state", Got: []int{len(dst)}, Want: []int{3 * n}}
	}
	var sin, cos [3][]float64
	for a, points := range f.shape {
		shift := rng.Float64()
		for j := range points {
			s, c := math.Sincos(2 * math.Pi * (float64(j)/float64(points) + shift))
			sin[a], cos[a] = append(sin[a], s), append(cos[a], c)
		}
	}
	clear(dst[2*n:])
	ny, nz := f.shape[1], f.shape[2]
	for i := range n {
		x, y, z := i/(ny*nz), i/nz%ny, i%nz
		dst[i] = f.amplitude * sin[0][x] * cos[1][y] * cos[2][z]
		dst[n+i] = -f.amplitude * cos[0][x] * sin[1][y] * cos[2][z]
	}
	return nil
}
