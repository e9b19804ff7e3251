"""Writes small files of layouts that eddy does not know, for descriptions beside them: netCDF-4 by netCDF4 and HDF5 by h5py.

Made with netCDF4 1.7.5.1, h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11:  python make.py
Values are formulas of the indices, which described_test.go repeats.
"""
import h5py
import netCDF4
import numpy as np

N, T, L, X, Y = 3, 4, 2, 6, 5


def ramp(*shape):
    """The digits of the index: element [i, j, k] of three axes is 100 i + 10 j + k."""
    return sum(10.0 ** (len(shape) - 1 - a) * i for a, i in enumerate(np.indices(shape)))


# A weather-like file: one trajectory a file, y before x, a level, packed values with a fill, a variable of which a frame was never written, big-endian times.
for k in range(2):
    with netCDF4.Dataset(f"air-{k}.nc", "w") as f:
        for name, n in [("time", T), ("level", L), ("lat", Y), ("lon", X)]:
            f.createDimension(name, n)
        time = f.createVariable("time", "f8", ("time",), endian="big")
        time[:] = 0.5 * np.arange(T)
        time.units = "hours since 2000-01-01"
        f.createVariable("lon", "f4", ("lon",))[:] = 0.1 * np.arange(X)
        f.createVariable("lat", "f4", ("lat",))[:] = [0, 1, 2.5, 4, 6]
        t = f.createVariable("temperature", "i2", ("time", "level", "lat", "lon"), zlib=True, shuffle=True, fletcher32=True, fill_value=-999)
        t.set_auto_maskandscale(False)
        stored = ramp(T, L, Y, X).astype("i2")
        stored[1, 1, 2, 3] = -999
        t[:] = stored
        t.scale_factor, t.add_offset, t.units = 0.5, 100.0, "K"
        p = f.createVariable("pressure", "f4", ("time", "lat", "lon"))
        p[: T - k] = ramp(T - k, Y, X)  # the last frame of the second file is the library's fill
        f.viscosity = np.float64(0.01 * (k + 1))

# Groups, one a trajectory; components first; float16; a static field and a scalar in each; LZF.
with h5py.File("runs.h5", "w", libver=("earliest", "v110")) as f:
    f["grid/x"] = np.linspace(0, 1, X, endpoint=False)
    for k in range(N):
        g = f.create_group(f"runs/seed_{k:02d}")
        g.create_dataset("u", data=np.indices((2, T, X, Y)).sum(0) / 4 + k, dtype="f2", chunks=True, compression="lzf")
        g["k"] = (ramp(X, Y) + k).astype(">f4")
        g["t"] = 0.25 * np.arange(T)
        g.attrs["nu"] = 0.1 + k
    f["notes"] = "text"

# A steady problem, and times for each trajectory in another.
with h5py.File("steady.h5", "w") as f:
    f["b"], f["x"] = ramp(N, X), ramp(N, X) + 0.5
with h5py.File("clock.h5", "w") as f:
    f["w"] = ramp(X, N, T).astype("f4")
    f["t"] = np.arange(T) * np.array([[0.1], [0.1], [0.1]])
    f["re"] = np.array([10, 20, 30])
