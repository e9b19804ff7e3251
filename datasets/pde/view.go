package pde

import (
	"slices"

	"github.com/eddy-pde/eddy/internal/dft"
)

// view is the transform of Fourier series on periodic axes.
type view struct {
	plan     *dft.Real
	z        dft.Planes
	complete bool    // the grid holds all kept frequencies
	places   []place // of the frequencies that the grid holds
	absent   []int32 // coefficients that it does not
}

// place says that kept coefficient `mode` stands at index `at` of the grid's coefficients, conjugated where conj is set.
type place struct {
	mode, at int32
	conj     bool
}

func newView(shape []int, modes [][]int) *view {
	v := &view{plan: dft.NewReal(shape...), complete: true}
	v.z = dft.NewPlanes(v.plan.Coefficients())
	kept := v.plan.Shape()
	last := len(shape) - 1
	for m, k := range modes {
		held := true
		for a, f := range k {
			held = held && 2*max(f, -f) < shape[a]
		}
		if !held {
			v.complete = false
			v.absent = append(v.absent, int32(m))
			continue
		}
		// A mode with a frequency below 0 along the last axis is stored as the conjugate of its opposite; one with 0 there is stored both ways, and so is the
		// opposite of a mode that is kept alone.
		add := func(sign int) {
			if sign*k[last] < 0 {
				return
			}
			at := 0
			for a, f := range k {
				f *= sign
				if f < 0 {
					f += shape[a]
				}
				at = at*kept[a] + f
			}
			v.places = append(v.places, place{int32(m), int32(at), sign < 0})
		}
		add(1)
		if k[last] < 0 || k[last] == 0 && slices.ContainsFunc(k, func(f int) bool { return f != 0 }) {
			add(-1)
		}
	}
	return v
}

func (v *view) holds() bool { return v.complete }

func (v *view) clone() transform {
	d := *v
	d.plan, d.z = v.plan.Clone(), dft.NewPlanes(v.z.Len())
	return &d
}

// read writes the kept coefficients of the state u to c; those that the grid does not hold are 0.
func (v *view) read(c dft.Planes, u []float64) {
	v.plan.Forward(v.z, u)
	for _, e := range v.places {
		re, im := v.z.Re[e.at], v.z.Im[e.at]
		if e.conj {
			im = -im
		}
		c.Re[e.mode], c.Im[e.mode] = re, im
	}
	for _, m := range v.absent {
		c.Re[m], c.Im[m] = 0, 0
	}
}

// write writes the values of the Fourier sum of c on the grid to u.
func (v *view) write(u []float64, c dft.Planes) {
	v.z.Clear()
	for _, e := range v.places {
		re, im := c.Re[e.mode], c.Im[e.mode]
		if e.conj {
			im = -im
		}
		v.z.Re[e.at], v.z.Im[e.at] = re, im
	}
	v.plan.Inverse(u, v.z)
}
