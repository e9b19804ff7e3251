package well

import (
	"fmt"
	"slices"

	"github.com/eddy-pde/eddy/internal/h5"
)

// Signals are the names of the scalars that change in time: a forcing, a mean flow. They are neither channels nor parameters; [Dataset.Signal] reads one.
func (ds *Dataset) Signals() []string { return slices.Clone(ds.files[0].signals) }

// Signal reads a scalar that changes in time: one value a frame of the trajectory.
func (ds *Dataset) Signal(name string, traj int) ([]float64, error) {
	if traj < 0 || traj >= ds.Len() {
		return nil, fmt.Errorf("well: %s: trajectory %d, expected 0 … %d", ds.path, traj, ds.Len()-1)
	}
	f, i := ds.at(traj)
	if !slices.Contains(f.signals, name) {
		return nil, fmt.Errorf("well: %s: no scalar %q that changes in time; it has %q", f.h.Path(), name, f.signals)
	}
	d, err := f.h.Dataset(groupScalars + "/" + name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	slab := d.Whole()
	want := []int{f.frames()}
	sample, err := f.truth(d.Path(), attrSample, false)
	if err != nil {
		return nil, err
	}
	if sample {
		want = append([]int{f.trajectories}, want...)
	}
	if !slices.Equal(d.Shape, want) {
		return nil, fmt.Errorf("well: %s: %s has shape %v, expected %v", f.h.Path(), d.Path(), d.Shape, want)
	}
	if sample {
		slab.Start[0], slab.Count[0] = i, 1
	}
	values := make([]float64, f.frames())
	return values, h5.Read(d, values, slab)
}
