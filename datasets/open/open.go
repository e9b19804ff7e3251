// Package open recognises the layout of a file or folder of data, whatever wrote it, opens it as a [datasets.Dataset], and says what is wrong with it.
//
//	ds, layout, err := open.Open("train.hdf5")
//	r, err := open.Inspect(ctx, "train.hdf5", false, nil)
//
// A layout is recognised by what a file holds, never by its name, with one exception: a path that ends in .toml is a description (package described) of files in a layout that nobody knows.
// Programs that read one layout only can use its package and do without the others.
package open

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/apebench"
	"github.com/eddy-pde/eddy/datasets/array"
	"github.com/eddy-pde/eddy/datasets/described"
	"github.com/eddy-pde/eddy/datasets/fnomat"
	"github.com/eddy-pde/eddy/datasets/pdearena"
	"github.com/eddy-pde/eddy/datasets/pdebench"
	"github.com/eddy-pde/eddy/datasets/poseidon"
	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/datasets/tsm"
	"github.com/eddy-pde/eddy/datasets/well"
	"github.com/eddy-pde/eddy/internal/h5"
)

// Layouts.
const (
	WellLayout      = "well"
	PDEBenchLayout  = "pdebench"
	PDEArenaLayout  = "pdearena"
	PoseidonLayout  = "poseidon"
	TSMLayout       = "tsm"
	FNOLayout       = "fnomat"
	APEBenchLayout  = "apebench"
	DescribedLayout = "described" // by a TOML file
)

// layout is a layout of files that hold HDF5.
type layout struct {
	name       string
	recognises func(*h5.File) bool
	open       func(path string) (datasets.Dataset, error)
	holds      string // what is expected in a file, for the error of one that is none of them
}

// hdf5 are the layouts in the order in which they are tried.
var hdf5 = []layout{
	{WellLayout, well.Recognise, opener(well.Open), "The Well's (dimensions, t0_fields, …)"},
	{PDEBenchLayout, pdebench.Recognise, opener(pdebench.Open), "PDEBench's (tensor or density, pressure, Vx; x-coordinate; or groups of data and grid)"},
	{PDEArenaLayout, pdearena.Recognise, opener(pdearena.Open), "PDEArena's (train, valid or test)"},
	{TSMLayout, tsm.Recognise, opener(tsm.Open), "TSM's (full_prefix_…)"},
	{PoseidonLayout, poseidon.Recognise, opener(poseidon.Open), "PDEgym's (velocity, data or solution)"},
}

// opener hides the type of a layout's data sets.
func opener[D datasets.Dataset](open func(string) (D, error)) func(string) (datasets.Dataset, error) {
	return func(path string) (datasets.Dataset, error) {
		ds, err := open(path)
		if err != nil {
			return nil, err // not an interface round a nil pointer
		}
		return ds, nil
	}
}

// Description is the extension of a description (see package described), by which it is recognised.
const Description = ".toml"

// ExampleDescription is a complete description.
var ExampleDescription = described.Example

// Draft is a first description of a file in a layout that is not known: what it holds, and a guess of what that is.
func Draft(path string) (string, error) { return described.Draft(path) }

// Open opens a file, the data files of a folder, or what a description says, as a data set and names its layout. The layout is recognised by what a file holds, not by
// its name. The data set holds its files open: close it with datasets.Closer.
func Open(path string) (datasets.Dataset, string, error) {
	if filepath.Ext(path) != Description {
		return openLayout(path)
	}
	d, err := described.Read(path)
	if err != nil {
		return nil, DescribedLayout, err
	}
	whole, layout, err := openDescribed(d)
	if err != nil {
		return nil, layout, err
	}
	ds, err := d.Chosen(context.Background(), whole)
	if err != nil {
		return nil, layout, errors.Join(err, datasets.Closer(whole))
	}
	return ds, layout, nil
}

// Whole is Open without the selection of a description, which may have to read all values.
func Whole(path string) (datasets.Dataset, string, error) {
	if filepath.Ext(path) != Description {
		return openLayout(path)
	}
	d, err := described.Read(path)
	if err != nil {
		return nil, DescribedLayout, err
	}
	return openDescribed(d)
}

// openDescribed opens the files of a description, in its own layout or in theirs.
func openDescribed(d *described.Description) (datasets.Dataset, string, error) {
	if d.Complete() {
		ds, err := d.Open()
		if err != nil {
			return nil, DescribedLayout, err
		}
		return ds, DescribedLayout, nil
	}
	paths, err := d.Paths()
	if err != nil {
		return nil, DescribedLayout, err
	}
	var sets []datasets.Dataset
	first := DescribedLayout
	fail := func(err error) (datasets.Dataset, string, error) {
		for _, ds := range sets {
			err = errors.Join(err, datasets.Closer(ds))
		}
		return nil, first, err
	}
	for i, path := range paths {
		ds, layout, err := openLayout(path)
		if i == 0 {
			first = layout
		}
		if err != nil {
			return fail(err)
		}
		sets = append(sets, ds)
	}
	joined, err := datasets.Concat(sets...)
	if err != nil {
		return fail(fmt.Errorf("open: %s: %w", strings.Join(paths, ", "), err))
	}
	return joined, first, nil
}

// openLayout opens a file or a folder in the layout that it is recognised to have.
func openLayout(path string) (datasets.Dataset, string, error) {
	name, err := Layout(path)
	if err != nil {
		return nil, "", err
	}
	var ds datasets.Dataset
	switch name {
	case FNOLayout:
		ds, err = opener(fnomat.Open)(path)
	case APEBenchLayout:
		ds, err = opener(apebench.Open)(path)
	default:
		for _, l := range hdf5 {
			if l.name == name {
				ds, err = l.open(path)
			}
		}
	}
	return ds, name, err
}

// Layout recognises the layout of a file, or of the first data file of a folder.
func Layout(path string) (string, error) {
	files, err := slab.Files("open", path, "*.hdf5", "*.h5", "*.nc", "*.hdf5-*")
	if err != nil {
		return "", err
	}
	head, err := array.Head(files[0])
	switch {
	case err != nil: // h5 says it in the words of all the others
	case fnomat.Recognise(head):
		return FNOLayout, nil
	case apebench.Recognise(head):
		return APEBenchLayout, nil
	case strings.HasPrefix(string(head), "CDF"):
		_, err := array.Open(files[0])
		return "", err
	}
	f, err := h5.Open(files[0])
	if err != nil {
		return "", err
	}
	defer f.Close()
	var known []string
	for _, l := range hdf5 {
		if l.recognises(f) {
			return l.name, nil
		}
		known = append(known, l.holds)
	}
	return "", fmt.Errorf("open: %s: HDF5 in an unknown layout: found %s, expected %s; for any other, a description says what the arrays are: eddy inspect --description FILE drafts one",
		files[0], found(files[0], f), strings.Join(known, ", "))
}

// found is what an unknown file holds.
func found(path string, f *h5.File) string {
	arrays, err := array.Open(path)
	if err == nil {
		defer arrays.Close()
		if names, err := arrays.Names(); err == nil && len(names) > 0 {
			return array.Listing(arrays)
		}
	}
	entries, err := f.List("/")
	if err != nil {
		return err.Error()
	}
	var names []string
	for _, e := range entries[:min(len(entries), 12)] {
		names = append(names, e.Name)
	}
	return fmt.Sprintf("%q without arrays", names)
}

// HDF5 is the version of the HDF5 library, or what is missing where this program was built without it.
func HDF5() string { return h5.Version() }
