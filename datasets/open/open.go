// Package open recognises the layout of a file or folder of data and opens it.
package open

import (
	"errors"
	"fmt"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Open opens a file, or the HDF5 files of a folder, as a data set and names its layout. The layout is recognised by what a file holds, not by its name.
func Open(path string) (datasets.Dataset, string, error) {
	layout, err := Layout(path)
	if err != nil {
		return nil, "", err
	}
	ds, err := well.Open(path)
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
	if well.Recognise(f) {
		return "well", nil
	}
	return "", fmt.Errorf("open: %s: %w", files[0], errors.New("HDF5 in an unknown layout, expected The Well's"))
}

// HDF5 is the version of the HDF5 library, or what is missing where this program was built without it.
func HDF5() string { return h5.Version() }
