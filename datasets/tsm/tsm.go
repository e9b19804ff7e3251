// Package tsm reads the data of Temporal Stencil Modeling (Sun, Yang & Yoo 2023, arXiv 2302.08105): two-dimensional Kolmogorov flow by a finite-volume solver on a
// staggered grid, one trajectory a file.
//
// # Layout
//
// Files are named NAME.hdf5-0000, NAME.hdf5-0001, … Each holds, for several resolutions R, full_prefix_RxR [2, t, R, R] with every frame and prefix_RxR, thinned in
// time by 64/R (the finest resolution divided by R). The two components are the velocity; u lies on the upper x face of a cell, v on the upper y face.
//
// # What becomes what
//
// A file is one trajectory, a folder of them a data set. Of several resolutions the finest is read, or the one that [OpenResolution] names. The domain is [0, 2π]²,
// periodic. A frame is Step apart from the next, whatever the resolution: the time step of the finest grid at CFL number 0.5 and velocity 7, as the files' own
// recipe has it, since nothing in a file says it.
package tsm

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

// layout begins every error.
const layout = "tsm"

// Step is the time between frames of full_prefix_RxR, Δt = 0.5 (2π/64) / 7.
const Step = 0.5 * (2 * math.Pi / 64) / 7

// prefix begins the name of the datasets that hold every frame.
const prefix = "full_prefix_"

// Dataset is one file, or the files of a folder, as a data set.
type Dataset = slab.Dataset

// Recognise reports whether an open file has the layout.
func Recognise(f *h5.File) bool {
	r, err := resolutions(f)
	return err == nil && len(r) > 0
}

// Open opens a file, or all .hdf5-NNNN and .hdf5 files directly in a folder in alphabetical order, as one data set of the finest resolution.
func Open(path string) (*Dataset, error) { return OpenResolution(path, 0) }

// OpenResolution is [Open] of the resolution with so many points along an axis; 0 is the finest.
func OpenResolution(path string, points int) (*Dataset, error) {
	files, err := slab.Files(layout, path, "*.hdf5-*", "*.hdf5", "*.h5")
	if err != nil {
		return nil, err
	}
	return slab.Open(layout, path, files, func(f *h5.File) (*slab.Part, error) { return describe(f, points) })
}

// resolutions are the resolutions of a file.
func resolutions(f *h5.File) ([]int, error) {
	entries, err := f.List("/")
	if err != nil {
		return nil, err
	}
	var all []int
	for _, e := range entries {
		size, ok := strings.CutPrefix(e.Name, prefix)
		if !ok || e.Kind != h5.Data && e.Kind != h5.Broken {
			continue
		}
		x, y, _ := strings.Cut(size, "x")
		if n, err := strconv.Atoi(x); err == nil && n > 0 && x == y {
			all = append(all, n)
		}
	}
	return all, nil
}

func describe(f *h5.File, points int) (*slab.Part, error) {
	all, err := resolutions(f)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("not in the layout of Temporal Stencil Modeling: expected full_prefix_RxR [2, t, R, R]")
	}
	if points == 0 {
		for _, n := range all {
			points = max(points, n)
		}
	}
	name := fmt.Sprintf("/%s%dx%d", prefix, points, points)
	if !slab.Has(f, name) {
		return nil, fmt.Errorf("no %s; the file has the resolutions %v", name, all)
	}
	d, err := f.Dataset(name)
	if err != nil {
		return nil, err
	}
	if len(d.Shape) != 4 || d.Shape[0] != 2 || d.Shape[1] < 1 || d.Shape[1] > slab.MaxExtent {
		return nil, fmt.Errorf("%s has shape %v, expected [2, t, %d, %d]", name, d.Shape, points, points)
	}
	grid := eddy.PeriodicGrid(2*math.Pi, points, points)
	return &slab.Part{
		Spec: eddy.Spec{
			Name: "tsm-kolmogorov",
			Fields: []eddy.Field{
				{Name: "velocity_x", At: eddy.FaceX, Of: "velocity", Index: []int{0}},
				{Name: "velocity_y", At: eddy.FaceY, Of: "velocity", Index: []int{1}},
			},
			Grid: grid, Dt: Step, History: 1,
		},
		Trajectories: 1,
		Fields:       []slab.Source{{Path: name, Axes: "ctxy", Channels: []int{0, 1}}},
		Times:        [][]float64{slab.Count(d.Shape[1], Step)},
	}, nil
}
