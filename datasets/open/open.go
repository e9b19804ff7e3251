// Package open recognises the layout of a file or folder of data and opens it.
package open

import (
	"fmt"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/pdebench"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Layouts.
const (
	WellLayout     = "well"
	PDEBenchLayout = "pdebench"
)

// Open opens a file, or the HDF5 files of a folder, as a data set and names its layout. The layout is recognised by what a file holds, not by its name. The data
// set holds its files open: close it with datasets.Closer.
func Open(path string) (datasets.Dataset, string, error) {
	layout, err := Layout(path)
	if err != nil {
		return nil, "", err
	}
	var ds datasets.Dataset
	switch layout {
	case WellLayout:
		ds, err = well.Open(path)
	case PDEBenchLayout:
		ds, err = pdebench.Open(path)
	}
	if err != nil {
		return nil, layout, err
	}
	return ds, layout, nil
}

// Layout recognises the layout of a file, or of the first file of a folder.
func Layout(path string) (string, error) {
	files, err := well.Files(path)
	if err != nil {
		return "", err
	}
	f, err := h5.Open(files[0])
	if err != nil {
		return "", err
	}
	defer f.Close()
	switch {
	case well.Recognise(f):
		return WellLayout, nil
	case pdebench.Recognise(f):
		return PDEBenchLayout, nil
	}
	entries, err := f.List("/")
	if err != nil {
		return "", err
	}
	var names []string
	for _, e := range entries {
		if names = append(names, e.Name); len(names) == 12 {
			names = append(names, "…")
			break
		}
	}
	return "", fmt.Errorf("open: %s: HDF5 in an unknown layout: found %q, expected The Well's (dimensions, t0_fields, …) or PDEBench's (tensor or density, pressure, Vx; x-coordinate)",
		files[0], names)
}

// HDF5 is the version of the HDF5 library, or what is missing where this program was built without it.
func HDF5() string { return h5.Version() }
