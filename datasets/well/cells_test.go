//go:build cgo

package well_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eddy-pde/eddy"
	"github.com/eddy-pde/eddy/datasets"
	"github.com/eddy-pde/eddy/datasets/well"
)

func TestCoordinatesAreWhereTheFieldsSit(t *testing.T) {
	for at, want := range map[eddy.Location][]float64{eddy.Cell: {-0.75, -0.25, 0.25, 0.75}, "": {-1, -0.5, 0, 0.5, 1}} {
		spec := eddy.Spec{
			Name: "box", Fields: []eddy.Field{{Name: "u", At: at}}, Grid: eddy.Grid{Axes: []eddy.Axis{{Name: "x", Points: len(want), Origin: -1, Length: 2}}}, Dt: 1, History: 1,
		}
		path := filepath.Join(t.TempDir(), "box.hdf5")
		w := well.NewWriter(path)
		if _, err := w.Begin(t.Context(), datasets.Meta{Spec: spec, Trajectories: 1, Frames: 2, T: []float64{0, 1}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), 0, make([]float64, 2*len(want))); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		ds, err := well.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		if diff := cmp.Diff(want, ds.Coordinates(0)); diff != "" {
			t.Errorf("at %q (-want +got):\n%s", at, diff)
		}
		if diff := cmp.Diff(spec.Grid, ds.Spec().Grid); diff != "" {
			t.Errorf("at %q: grid (-want +got):\n%s", at, diff)
		}
	}
}

func TestBoundariesAreWrittenByTheirKind(t *testing.T) {
	spec := eddy.Spec{
		Name: "channel", Fields: []eddy.Field{{Name: "u", At: eddy.Cell}}, Dt: 1, History: 1, Grid: eddy.Grid{Axes: []eddy.Axis{
			{Name: "x", Points: 4, Length: 1, Periodic: true}, {Name: "y", Points: 3, Length: 1, Wall: true}, {Name: "z", Points: 2, Length: 1},
		}},
	}
	path := filepath.Join(t.TempDir(), "channel.hdf5")
	w := well.NewWriter(path)
	if _, err := w.Begin(t.Context(), datasets.Meta{Spec: spec, Trajectories: 1, Frames: 2, T: []float64{0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), 0, make([]float64, 2*24)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	ds, err := well.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	var got []string
	for _, b := range ds.Boundaries() {
		got = append(got, b.String())
	}
	if diff := cmp.Diff([]string{"x periodic", "y wall", "z open"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(spec.Grid, ds.Spec().Grid); diff != "" {
		t.Error(diff)
	}
}
