// Package well reads and writes trajectories in the HDF5 layout of The Well (https://github.com/PolymathicAI/the_well, docs/data_format.md), which is eddy's own
// format as well: files that eddy writes are read by The Well's tools.
//
// # Layout
//
//	/                     dataset_name, grid_type, n_spatial_dims, n_trajectories, simulation_parameters and one attribute per parameter
//	/dimensions           spatial_dims; time [T], x [X], …
//	/boundary_conditions  one group per boundary: bc_type, associated_dims, mask
//	/scalars              field_names; scalars of the equation, [B] where they vary over trajectories
//	/t0_fields            field_names; scalar fields [B, T, X…]
//	/t1_fields            vector fields [B, T, X…, d]
//	/t2_fields            tensor fields [B, T, X…, d, d]
//
// An axis along which something does not vary is absent from its shape and is filled in on reading.
//
// # What becomes what
//
// Fields that vary in time become the channels of a state: scalars first, then the components of vectors and tensors, in the order of field_names, each with
// Field.Of and Field.Index ("velocity_x" is component 0 of "velocity"). Fields that do not vary in time become static fields. Times are read in float64, and the
// time step is their mean distance. Where trajectories have times of their own, [Dataset.Times] gives them; where their steps differ, Spec.Dt is the mean rounded to
// two digits and dt becomes a scalar of the equation.
//
// Scalars of the equation are the members of /scalars that do not vary in time, and the numbers listed in simulation_parameters. Those whose value differs between
// trajectories, or between the files of a folder, become Spec.Params; those that are the same everywhere do not, so that a data set of one viscosity does not
// make every network a conditioned one. [Dataset.Parameters] lists them all and [Dataset.WithParams] turns any of them into conditions.
//
// Scalars that change in time are neither: [Dataset.Signals] names them and [Dataset.Signal] reads one.
//
// A grid becomes uniform axes: origin and length come from the coordinates' ends, and an axis is periodic where a boundary condition says so. Grids that are not
// uniform or not Cartesian (spherical, equiangular, polar) are read in their index space: [Dataset.GridType], [Dataset.Uniform] and [Dataset.Coordinates] say what
// they are, and nothing that is trained on them knows it. [Dataset.Boundaries] lists the boundary conditions, [Dataset.Mask] and [Dataset.Prescribed] read where they
// hold and what they prescribe.
//
// # Files that eddy writes
//
// They hold the Spec word for word in the attribute eddy_spec (JSON), from which it is recovered exactly, and one attribute per generating parameter. Every dataset
// of fields is chunked by a few frames of one trajectory, with a checksum per chunk. There is no time stamp, host or path inside: equal content is equal bytes.
//
// Statistics stand beside the file in The Well's own format (mean, std, rms and the same of the change per frame, by field). The name is stats.yaml for training data
// (also where no split is recorded), as The Well has it, and NAME.stats.yaml for NAME.hdf5 where the split is valid or test or where stats.yaml already describes
// another file (its key source says which).
package well

import (
	"slices"

	"github.com/eddy-pde/eddy/internal/h5"
)

// Extensions of the files of a folder that [Open] takes as parts of one data set.
var extensions = []string{".hdf5", ".h5"}

// Names of attributes and groups.
const (
	attrSpec       = "eddy_spec"
	attrParameters = "simulation_parameters"
	attrNames      = "field_names"
	attrSample     = "sample_varying"
	attrTime       = "time_varying"
	attrDims       = "dim_varying"

	groupDimensions = "/dimensions"
	groupBoundaries = "/boundary_conditions"
	groupScalars    = "/scalars"
)

// groupFields holds the fields of a tensor order.
var groupFields = [3]string{"/t0_fields", "/t1_fields", "/t2_fields"}

// Recognise reports whether an open file has The Well's layout.
func Recognise(f *h5.File) bool {
	return hasGroup(f, groupDimensions) && slices.ContainsFunc(groupFields[:], func(g string) bool { return hasGroup(f, g) })
}

// hasGroup reports whether a group is there. One that cannot be opened counts: opening it says why.
func hasGroup(f *h5.File, path string) bool {
	k, ok := f.Kind(path)
	return ok && (k == h5.Group || k == h5.Broken)
}
