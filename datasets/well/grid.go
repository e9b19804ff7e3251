package well

import (
	"fmt"
	"math"
	"slices"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

// maxLine bounds the number of times, and of points along an axis, so that a damaged extent is an error and not an attempt to allocate it.
const maxLine = 1 << 27

// maxPoints bounds the number of points of a grid: 2³¹ values are 8 GB a field and frame.
const maxPoints = 1 << 31

// Cartesian is the type of a grid whose axes are lengths.
const Cartesian = "cartesian"

// lines reads a dataset of coordinates or times: one list along its last axis, or several.
func (f *file) lines(path string) ([][]float64, error) {
	d, err := f.h.Dataset(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if len(d.Shape) == 0 {
		return nil, fmt.Errorf("%s is a scalar, expected a list of coordinates", path)
	}
	size := 1
	for _, n := range d.Shape {
		if n < 1 {
			return nil, fmt.Errorf("%s is empty", path)
		}
		if size *= n; size > maxLine {
			return nil, fmt.Errorf("%s has shape %v, expected at most %d values", path, d.Shape, maxLine)
		}
	}
	values := make([]float64, size)
	if err := h5.Read(d, values, d.Whole()); err != nil {
		return nil, err
	}
	if d.Type.Class == h5.Float && d.Type.Size == 4 {
		// Stored in float32, a time such as 0.05 comes back as 0.05000000074505806: the shortest text of the float32 is what was meant.
		for i, v := range values {
			values[i] = slab.Meant(v)
		}
	}
	return slices.Collect(slices.Chunk(values, d.Shape[len(d.Shape)-1])), nil
}

// loadTimes reads the times: one list for all trajectories, or one each.
func (f *file) loadTimes() error {
	lists, err := f.lines(groupDimensions + "/time")
	if err != nil {
		return err
	}
	sample, err := f.truth(groupDimensions+"/time", attrSample, len(lists) > 1)
	if err != nil {
		return err
	}
	if !sample {
		lists = lists[:1]
	}
	f.times = lists
	return nil
}

// timesOf are the times of a trajectory.
func (f *file) timesOf(traj int) []float64 { return f.times[min(traj, len(f.times)-1)] }

// frames is the number of frames of every trajectory.
func (f *file) frames() int { return len(f.times[0]) }

// steps are the mean time steps of every list of times.
func (f *file) steps() []float64 {
	steps := make([]float64, len(f.times))
	for i, t := range f.times {
		steps[i] = slab.Mean(t)
	}
	return steps
}

// dt is the time step; where it differs between trajectories, the mean of all rounded to two digits.
func (f *file) dt() float64 { return slab.Nominal(f.steps()) }

func (f *file) loadGrid(dims []string) (eddy.Grid, error) {
	grid, points := eddy.Grid{}, 1
	for _, name := range dims {
		lists, err := f.lines(groupDimensions + "/" + name)
		if err != nil {
			return eddy.Grid{}, err
		}
		x := lists[0] // of the first sample, where coordinates vary
		f.coordinates = append(f.coordinates, x)
		axis := slab.Nodes(name, x, f.periodic(name))
		axis.Wall = !axis.Periodic && f.walled(name)
		grid.Axes = append(grid.Axes, axis)
		if points *= len(x); points > maxPoints {
			return eddy.Grid{}, fmt.Errorf("%s: a grid of more than %d points", groupDimensions, maxPoints)
		}
	}
	var err error
	f.gridType, err = f.text("/", "grid_type")
	return grid, err
}

// GridType is what the (first) file calls its grid: "cartesian", "spherical", "equiangular", "polar" or "log-polar"; "" where it does not say.
func (ds *Dataset) GridType() string { return ds.files[0].gridType }

// Coordinates are the coordinates of the points along an axis, as the (first) file has them. They tell the truth where Spec.Grid, whose axes are uniform, cannot.
func (ds *Dataset) Coordinates(axis int) []float64 {
	return slices.Clone(ds.files[0].coordinates[axis])
}

// unevenSpacing is the deviation of a distance of neighbours from the mean, relative to it, from which on an axis is not uniform.
const unevenSpacing = 1e-2

// Uniform reports whether the points of an axis are evenly spaced.
func (ds *Dataset) Uniform(axis int) bool {
	x := ds.files[0].coordinates[axis]
	mean := slab.Mean(x)
	for i := 1; i < len(x); i++ {
		if !(math.Abs(x[i]-x[i-1]-mean) <= unevenSpacing*math.Abs(mean)) {
			return false
		}
	}
	return true
}
