// Package pdebench reads the files of PDEBench (Takamoto et al. 2022, doi:10.18419/darus-2986): the flat .hdf5 files of advection, Burgers, reaction–diffusion,
// compressible Navier–Stokes in one to three dimensions and Darcy flow, and the grouped .h5 files of diffusion–reaction, diffusion–sorption, shallow water and
// incompressible Navier–Stokes.
//
// # Flat layout
//
// Root datasets with axes [N, t, x, y, z]: "tensor" for scalar equations; "density", "pressure", "Vx", "Vy", "Vz" for compressible flow; for Darcy "nu" [N, x, y] and
// "tensor" [N, 1, x, y]. Coordinates are in x-coordinate, y-coordinate, z-coordinate (cell centres) and t-coordinate, and the constants of the equation in root
// attributes such as beta, Nu, rho, eta, zeta.
//
// "tensor" becomes the field u, Vx and its like the components of velocity. t-coordinate may hold one time more than there are frames (PDEBench writes the edges of
// its steps): the first T are the times of the frames. Constants keep PDEBench's names and meaning: in Burgers' equation the diffusion is Nu/π, not Nu. As in package
// well they become Spec.Params only where they vary over the files of a folder, or where WithParams asks for them.
//
// Darcy flow is steady: the coefficient nu is a static field, frame 0 is zero and frame 1 is the solution.
//
// Axes are periodic, as they are in the scalar sets; compressible flow has another boundary where the file's name holds "_trans_", the only place where PDEBench says it.
//
// # Grouped layout
//
// One group a trajectory, "0000", "0001", …, with data [t, x, (y,) c], grid/x, grid/y, grid/t and the generator's configuration as YAML in the attribute config. Of
// this text the constants of the equation are taken: Du, Dv and k of diffusion–reaction, D, por, rho_s, k_f, n_f and sol of diffusion–sorption, gravity, dam_radius and
// inner_height of shallow water. Fields are u and v of diffusion–reaction, u of diffusion–sorption, and the height h of shallow water. No axis is periodic. Grid and
// times are the first trajectory's.
//
// Incompressible flow has root datasets instead: velocity [N, t, x, y, 2], particles [N, t, x, y, 1], force [N, x, y, 2] and t [N, t]. The force is static. The
// attribute latestIndex says how many frames were written; those behind it are left out. The box is [0, 1]² with walls.
package pdebench

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/eddy-pde/eddy/datasets/slab"
	"github.com/eddy-pde/eddy/internal/h5"
)

// layout begins every error.
const layout = "pdebench"

// Dataset is one file, or the files of a folder, as a data set.
type Dataset = slab.Dataset

// Recognise reports whether an open file has one of PDEBench's layouts.
func Recognise(f *h5.File) bool { return isFlat(f) || isIncompressible(f) || isGrouped(f) }

// Open opens a file, or all .hdf5 and .h5 files directly in a folder in alphabetical order, as one data set. The files of a folder must agree in fields, grid and
// time step.
func Open(path string) (*Dataset, error) {
	files, err := slab.Files(layout, path, "*.hdf5", "*.h5")
	if err != nil {
		return nil, err
	}
	return slab.Open(layout, path, files, describe)
}

func describe(f *h5.File) (*slab.Part, error) {
	switch {
	case isFlat(f):
		return flat(f)
	case isIncompressible(f):
		return incompressible(f)
	case isGrouped(f):
		return grouped(f)
	}
	return nil, errors.New("not in PDEBench's layout: expected x-coordinate and tensor, or density, pressure and Vx; or velocity, particles, force and t; " +
		"or groups with data and grid/t")
}

// outflow reports whether a file is named as one whose boundary is not periodic: "trans" in the training sets, shock tubes and the 2-D shock among the tests.
func outflow(f *h5.File) bool {
	name := filepath.Base(f.Path())
	return strings.Contains(name, "_trans_") || strings.HasPrefix(name, "Sod") || strings.HasPrefix(name, "2D_shock")
}
