"""Writes small files in the flat layouts of PDEBench (pdebench/data_gen, data_download; doi:10.18419/darus-2986) by h5py.

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python make.py
Values are formulas of the indices, which pdebench_test.go repeats.
"""
import h5py
import numpy as np


def ramp(*shape):
    """The digits of the index: element [i, j, k] of three axes is 100 i + 10 j + k."""
    return sum(10.0 ** (len(shape) - 1 - a) * i for a, i in enumerate(np.indices(shape)))


def centres(n, length=1.0):
    return ((np.arange(n) + 0.5) * length / n).astype("f4")


N, T, X, Y, Z = 3, 5, 8, 6, 4

with h5py.File("1D_Burgers_Sols_Nu0.01.hdf5", "w") as f:  # one time more than frames
    f.create_dataset("tensor", data=ramp(N, T, X), dtype="f4", compression="gzip")
    f.create_dataset("x-coordinate", data=centres(X))
    f.create_dataset("t-coordinate", data=0.01 * np.arange(T + 1), dtype="f4")
    f.attrs["Nu"] = 0.01

with h5py.File("2D_DarcyFlow_beta1.0_Train.hdf5", "w") as f:
    f.create_dataset("nu", data=ramp(N, X, Y), dtype="f4")
    f.create_dataset("tensor", data=ramp(N, 1, X, Y) + 0.5, dtype="f4")
    f.create_dataset("x-coordinate", data=centres(X))
    f.create_dataset("y-coordinate", data=centres(Y))
    f.create_dataset("t-coordinate", data=np.array([0.0, 1.0]), dtype="f4")
    f.attrs["beta"] = 1.0

for dims, name in [(1, "1D_CFD_Shock_Eta1.e-8_Zeta1.e-8_trans_Train.hdf5"), (2, "2D_CFD_Rand_M0.1_Eta0.01_Zeta0.01_periodic_8_Train.hdf5"), (3, "3D_CFD_Turb_M1.0_Eta1e-08_Zeta1e-08_periodic_Train.hdf5")]:
    with h5py.File(name, "w") as f:
        shape = (X, Y, Z)[:dims]
        for k, field in enumerate(["density", "pressure", "Vx", "Vy", "Vz"][: 2 + dims]):
            f.create_dataset(field, data=ramp(N, T, *shape) + 0.125 * k, dtype=">f4" if dims == 3 else "f4")
        for axis, n in zip("xyz", shape):
            f.create_dataset(axis + "-coordinate", data=centres(n))
        f.create_dataset("t-coordinate", data=0.05 * np.arange(T + 1), dtype="f4")
        f.attrs["eta"] = 0.01
        f.attrs["zeta"] = 0.02
        f.attrs["M"] = np.float32(0.5)
