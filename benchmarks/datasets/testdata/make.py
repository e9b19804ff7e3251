"""Writes the files that corrupt.go damages and in which checksums cover everything: superblock 3, whose metadata have checksums, every dataset chunked with fletcher32,
texts of fixed length (those of variable length lie in a heap without checksums).

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python make.py
"""
import h5py
import numpy as np

B, T, X, Y = 3, 4, 12, 10
rng = np.random.default_rng(1)


def texts(*names):
    return np.array([n.encode() for n in names], dtype="S16")


def put(group, name, data, dtype="f4", **kw):
    data = np.asarray(data, dtype)
    return group.create_dataset(name, data=data, chunks=kw.pop("chunks", data.shape), fletcher32=True, **kw)


with h5py.File("well.hdf5", "w", libver=("v110", "v110")) as f:
    f.attrs["dataset_name"], f.attrs["grid_type"] = np.bytes_("noise"), np.bytes_("cartesian")
    f.attrs["n_spatial_dims"], f.attrs["n_trajectories"] = 2, B
    f.attrs["simulation_parameters"] = texts("nu")
    f.attrs["nu"] = 0.5
    g = f.create_group("dimensions")
    g.attrs["spatial_dims"] = texts("x", "y")
    for name, values in [("time", 0.1 * np.arange(T)), ("x", np.arange(X) / X), ("y", np.arange(Y) / Y)]:
        put(g, name, values, "f8").attrs.update(sample_varying=False, time_varying=name == "time")
    g = f.create_group("boundary_conditions/x")
    g.attrs.update(associated_dims=texts("x"), associated_fields=np.zeros(0), bc_type=np.bytes_("PERIODIC"), sample_varying=False, time_varying=False)
    put(g, "mask", np.arange(X) % (X - 1) == 0, bool)
    g = f.create_group("scalars")
    g.attrs["field_names"] = texts("nu", "speed")
    put(g, "nu", [0.5], "f8").attrs.update(sample_varying=False, time_varying=False)
    put(g, "speed", rng.normal(size=B), "f8").attrs.update(sample_varying=True, time_varying=False)
    about = dict(sample_varying=True, time_varying=True, dim_varying=[True, True])
    g = f.create_group("t0_fields")
    g.attrs["field_names"] = texts("density")
    put(g, "density", rng.normal(size=(B, T, X, Y)), chunks=(1, 2, X, Y), compression="gzip", shuffle=True).attrs.update(about)
    g = f.create_group("t1_fields")
    g.attrs["field_names"] = texts("velocity")
    put(g, "velocity", rng.normal(size=(B, T, X, Y, 2)), chunks=(1, 1, X, Y, 2), maxshape=(None, T, X, Y, 2)).attrs.update(about)

with h5py.File("pdebench.h5", "w", libver=("v110", "v110")) as f:
    for i in range(B):
        key = f"{i:04d}"
        put(f, f"{key}/data", rng.normal(size=(T, X, Y, 2)), compression="lzf")
        for name, values in [("x", (np.arange(X) + 0.5) / X), ("y", (np.arange(Y) + 0.5) / Y), ("t", 0.1 * np.arange(T))]:
            put(f, f"{key}/grid/{name}", values)
        f[key].attrs["config"] = np.bytes_("sim:\n  Du: 0.001\n  Dv: 0.005\n  k: 0.005\n")
