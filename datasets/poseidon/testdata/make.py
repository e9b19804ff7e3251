"""Writes files in the layouts of PDEgym by netCDF4 (and h5py for Helmholtz.h5), small.

Made with netCDF4 1.7.5.1.post1 (netCDF 4.10.1, HDF5 2.2.0), h5py 3.16.0, numpy 2.4.6, Python 3.11.7:  python make.py
An element's value has its indices as decimal digits without that of the component; component c adds c/8.
"""
import h5py
import netCDF4
import numpy as np

N, T, X, Y = 3, 5, 8, 6


def ramp(*shape):
    value = np.zeros(shape)
    for index in np.indices(shape):
        value = 10 * value + index
    return value


def parts(n):
    return np.stack([ramp(N, T, X, Y) + c / 8 for c in range(n)], axis=2)


def write(name, axes, **variables):
    with netCDF4.Dataset(name, "w") as f:
        for axis, n in axes.items():
            f.createDimension(axis, n)
        for variable, (dims, data) in variables.items():
            f.createVariable(variable, "f4", dims)[...] = data


def flow(name, variable, n):
    write(name, {"sample": N, "time": T, "channel": n, "x": X, "y": Y}, **{variable: (("sample", "time", "channel", "x", "y"), parts(n))})


flow("NS-Sines.nc", "velocity", 2)
flow("NS-PwC.nc", "velocity", 3)
flow("CE-RP.nc", "data", 5)
flow("FNS-KF.nc", "solution", 2)
flow("CE-RM.nc", "solution", 5)
flow("GCE-RT.nc", "solution", 6)
write("NS-SL.nc", {"sample": N, "time": T, "channel": 2, "y": Y, "x": X}, velocity=(("sample", "time", "channel", "y", "x"), parts(2).swapaxes(-1, -2)))
write("ACE.nc", {"sample": N, "time": T, "x": X, "y": Y}, solution=(("sample", "time", "x", "y"), ramp(N, T, X, Y)))
write("Wave-Layer.nc", {"sample": N, "time": T, "x": X, "y": Y}, solution=(("sample", "time", "x", "y"), ramp(N, T, X, Y)), c=(("sample", "x", "y"), ramp(N, X, Y)))
write("SE-AF.nc", {"sample": N, "member": 2, "x": X, "y": Y}, solution=(("sample", "member", "x", "y"), ramp(N, 2, X, Y)))
write("Poisson-Gauss.nc", {"sample": N, "x": X, "y": Y}, source=(("sample", "x", "y"), ramp(N, X, Y) + 0.5), solution=(("sample", "x", "y"), ramp(N, X, Y)))

with h5py.File("Helmholtz.h5", "w", libver=("earliest", "v110")) as f:
    for i in range(N):
        g = f.create_group(f"Sample_{i}")
        g.create_dataset("a", data=ramp(N, X, Y)[i] + 0.5)
        g.create_dataset("u", data=ramp(N, X, Y)[i])
        g.create_dataset("bc", data=0.25 * i)
