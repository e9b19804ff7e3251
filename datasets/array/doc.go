// Package array makes data sets of arrays whose axes are told: which is the trajectory, which is time, which is x. It is what layouts share that are no more than
// named arrays (MATLAB's files, .npy files, the user's own by a description), and the only one of the layouts' floor that they may use.
//
// [Open] gives the arrays of an HDF5, netCDF-4, MAT or .npy file by name. A [Part] says what an array's axes are, a [Group] puts the parts of some trajectories
// together, and [New] makes the data set.
//
// # Streaming
//
// A read takes from the file what it was asked for and no more. Where trajectories are not outermost in the file (MATLAB stores them innermost: a state is scattered
// over the whole array), reading state by state would go through the file once for each. After a few such reads the array is therefore copied once, in float32 and with
// trajectories outermost, to a temporary file that vanishes with the data set; memory stays at 128 MiB. The temporary folder (TMPDIR) needs room for it.
package array
