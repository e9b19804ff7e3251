"""Writes sphere.hdf5 in the layout of the_well's docs/data_format.md, with what wave.hdf5 of make.py does not have: a spherical grid with uneven radii, times, boundary
values and changing scalars of every trajectory's own, and the structures of HDF5 1.10.

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python sphere.py
An element's value has the indices trajectory, time, r, theta, phi as decimal digits; component c of a vector adds c/8.
"""
import h5py
import numpy as np

B, T, R, Th, Ph = 2, 4, 5, 3, 4


def ramp(*shape):
    value = np.zeros(shape)
    for index in np.indices(shape):
        value = 10 * value + index
    return value


def put(group, name, data, sample=False, time=False, **attrs):
    d = group.create_dataset(name, data=np.asarray(data, "f4"), compression="gzip" if np.ndim(data) > 3 else None)
    d.attrs["sample_varying"], d.attrs["time_varying"] = sample, time
    for key, value in attrs.items():
        d.attrs[key] = value


with h5py.File("sphere.hdf5", "w", libver=("v110", "v110")) as f:
    f.attrs["dataset_name"], f.attrs["grid_type"] = "sphere", "spherical"
    f.attrs["n_spatial_dims"], f.attrs["n_trajectories"] = 3, B
    f.attrs["simulation_parameters"] = []

    g = f.create_group("dimensions")
    g.attrs["spatial_dims"] = ["r", "theta", "phi"]
    put(g, "time", [0.5 + 0.1 * np.arange(T), 0.12 * np.arange(T)], sample=True, time=True)
    put(g, "r", 2.0 ** np.arange(R))
    put(g, "theta", np.pi * (np.arange(Th) + 0.5) / Th)
    put(g, "phi", 2 * np.pi * np.arange(Ph) / Ph)

    g = f.create_group("boundary_conditions")
    for name, axes, kind, fields, n in [("phi", ["phi"], "periodic", [], Ph), ("r_inflow", ["r"], "WALL", ["density"], R), ("theta", ["theta"], 1, [], Th)]:
        s = g.create_group(name)
        s.attrs["associated_dims"], s.attrs["associated_fields"], s.attrs["bc_type"] = axes, fields, kind
        moving = name == "r_inflow"
        s.attrs["sample_varying"], s.attrs["time_varying"] = moving, moving
        mask = np.zeros(n, dtype=bool)
        mask[[0, -1]] = True
        if moving:
            s.create_dataset("mask", data=np.tile(mask, (B, T, 1)))
            s.create_dataset("values", data=ramp(B, T, 2))
        else:
            s.create_dataset("mask", data=mask)

    g = f.create_group("scalars")
    g.attrs["field_names"] = ["drive", "beat", "mass"]
    put(g, "drive", ramp(B, T), sample=True, time=True)
    put(g, "beat", np.arange(T), time=True)
    put(g, "mass", 1.4)

    g = f.create_group("t0_fields")
    g.attrs["field_names"] = ["density", "gravity"]
    put(g, "density", ramp(B, T, R, Th, Ph), sample=True, time=True, dim_varying=[True, True, True])
    put(g, "gravity", ramp(R), dim_varying=[True, False, False])
    g = f.create_group("t1_fields")
    g.attrs["field_names"] = ["velocity"]
    put(g, "velocity", np.stack([ramp(B, T, R, Th, Ph) + c / 8 for c in range(3)], axis=-1), sample=True, time=True, dim_varying=[True, True, True])
    f.create_group("t2_fields").attrs["field_names"] = []
