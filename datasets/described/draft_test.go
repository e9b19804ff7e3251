//go:build cgo

package described_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy/datasets/described"
)

// A draft of a file with telling names is right as it is: it opens, with the fields, static fields, parameters and extents that the description by hand has.
func TestDraftsOpen(t *testing.T) {
	for name, c := range map[string]struct {
		trajectories, frames int
		grid                 []int
		fields, statics      []string
		parameters           int
	}{
		"testdata/runs.h5":   {3, nt, []int{nx, ny}, []string{"u_0", "u_1"}, []string{"k"}, 0},
		"testdata/clock.h5":  {3, nt, []int{nx}, []string{"w"}, nil, 1},
		"testdata/air-0.nc":  {0, 0, nil, nil, nil, 0},                      // its level is an axis that no rule knows
		"testdata/steady.h5": {3, 2, []int{nx}, []string{"b", "x"}, nil, 0}, // which of them is the load is for the user to say
		"../pdebench/testdata/2D_CFD_Rand_M0.1_Eta0.01_Zeta0.01_periodic_8_Train.hdf5": {3, 5, []int{8, 6}, []string{"Vx", "Vy", "density", "pressure"}, nil, 0},
		"../apebench/testdata/scraped_train.npy":                                       {0, 0, nil, nil, nil, 0},
	} {
		text, err := described.Draft(name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := described.Decode(filepath.Join(filepath.Dir(name), "draft.toml"), []byte(text))
		if c.grid == nil {
			if !strings.Contains(text, "axes = [") || !strings.Contains(text, "# A guess") {
				t.Errorf("%s:\n%s", name, text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		ds, err := d.Open()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		spec := ds.Spec()
		var statics []string
		for _, f := range spec.Statics {
			statics = append(statics, f.Name)
		}
		if diff := cmp.Diff(c.grid, spec.Grid.Shape()) + cmp.Diff(c.fields, spec.FieldNames()) + cmp.Diff(c.statics, statics); diff != "" {
			t.Errorf("%s: %s\n%s", name, diff, text)
		}
		if ds.Len() != c.trajectories || ds.Frames(0) != c.frames || len(ds.Parameters()) != c.parameters {
			t.Errorf("%s: %d × %d frames, parameters %v\n%s", name, ds.Len(), ds.Frames(0), ds.Parameters(), text)
		}
		if err := ds.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := described.Draft("testdata/make.py"); err == nil {
		t.Error("a text has a draft")
	}
}
