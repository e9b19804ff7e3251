"""Writes wave.hdf5 as The Well's own files are written: by h5py, in the layout of the_well's docs/data_format.md.

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python make.py
Values are formulas of the indices, which well_test.go repeats.
"""
import h5py
import numpy as np

B, T, W, H = 3, 4, 6, 5
b, t, x, y = np.meshgrid(np.arange(B), np.arange(T), np.arange(W), np.arange(H), indexing="ij")
base = (1000 * b + 100 * t + 10 * x + y).astype("f4")


def field(group, name, data, sample=True, time=True, dims=(True, True), **kw):
    d = group.create_dataset(name, data=data, dtype="f4", **kw)
    d.attrs["dim_varying"] = list(dims)
    d.attrs["sample_varying"] = sample
    d.attrs["time_varying"] = time
    return d


with h5py.File("wave.hdf5", "w") as f:
    f.attrs["dataset_name"] = "wave"
    f.attrs["grid_type"] = "cartesian"
    f.attrs["n_spatial_dims"] = 2
    f.attrs["n_trajectories"] = B
    f.attrs["simulation_parameters"] = ["gamma"]
    f.attrs["gamma"] = 1.4
    f.attrs["scheme"] = "upwind"

    g = f.create_group("dimensions")
    g.attrs["spatial_dims"] = ["x", "y"]
    for name, values in [("time", 0.05 * np.arange(T)), ("x", np.arange(W) / W), ("y", np.linspace(-1, 1, H))]:
        d = g.create_dataset(name, data=values, dtype="f4")
        d.attrs["sample_varying"] = False
        d.attrs["time_varying"] = name == "time"

    g = f.create_group("boundary_conditions")
    for name, axis, kind, n in [("x_periodic", "x", "PERIODIC", W), ("y_wall", "y", "WALL", H)]:
        s = g.create_group(name)
        # One of the files' quirks: a single text instead of a list.
        s.attrs["associated_dims"] = [axis] if name == "x_periodic" else axis
        s.attrs["associated_fields"] = []  # stored as float64 of shape (0,)
        s.attrs["bc_type"] = kind
        s.attrs["sample_varying"] = False
        s.attrs["time_varying"] = False
        mask = np.zeros(n, dtype=bool)
        mask[[0, -1]] = True
        s.create_dataset("mask", data=mask)

    g = f.create_group("scalars")
    g.attrs["field_names"] = ["speed", "gain", "gamma", "drive"]
    for name, values, sample, time in [("speed", np.array([0.5, 1.0, 2.0]), True, False), ("gain", 3.0, False, False), ("gamma", 1.4, False, False), ("drive", np.zeros(T), False, True)]:
        d = g.create_dataset(name, data=values, dtype="f8" if name == "gamma" else "f4")
        d.attrs["sample_varying"] = sample
        d.attrs["time_varying"] = time

    g = f.create_group("t0_fields")
    g.attrs["field_names"] = ["pressure", "profile", "speed_of_sound"]
    field(g, "pressure", base, compression="gzip", shuffle=True, chunks=(1, 2, W, H))
    field(g, "profile", base[:, :, 0, :], dims=(False, True))  # does not vary along x
    field(g, "speed_of_sound", base[0, 0], sample=False, time=False)

    g = f.create_group("t1_fields")
    g.attrs["field_names"] = ["velocity"]
    field(g, "velocity", np.stack([base + 0.25, base + 0.5], axis=-1))

    g = f.create_group("t2_fields")
    g.attrs["field_names"] = ["stress"]
    d = field(g, "stress", np.stack([base + 0.1 * k for k in range(4)], axis=-1).reshape(B, T, W, H, 2, 2))
    d.attrs["symmetric"] = False
    d.attrs["antisymmetric"] = False
