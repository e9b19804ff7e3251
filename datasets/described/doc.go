// Package described opens any HDF5, netCDF-4, MATLAB or .npy file as a data set, by a TOML file that says which of its arrays is which field, which axis is what,
// and where times, coordinates and parameters are. [Example] is a complete description with a comment for every key.
//
// # Trajectories
//
// They are an axis of the arrays; or, where the name of a dataset has a *, the groups that the * stands for; or, where there is neither, the files. Steady problems
// have no time: the fields are their solution, the static fields what it is the solution for (frame 0 is zero, frame 1 the solution).
//
// # netCDF
//
// The attributes scale_factor, add_offset, _FillValue, missing_value and units of a variable mean what the netCDF and CF conventions say: missing values become NaN,
// which eddy inspect finds. In files that a netCDF library wrote, so do values that were never written.
//
// # Selections
//
// A description without fields opens its files in the layout that they are recognised to have, joins them, and applies [select]: that way a split, or a set
// without duplicates, of any data set is a file that training and evaluation take. Package datasets/open does this.
package described
