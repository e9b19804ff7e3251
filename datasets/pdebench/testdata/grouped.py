"""Writes the grouped files as PDEBench's generators do (pdebench/data_gen/gen_diff_react.py, gen_diff_sorp.py, src/sim_radial_dam_break.py, src/data_io.py), small.

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python grouped.py
An element's value has its indices as decimal digits, and component c adds c/8.
"""
import h5py
import numpy as np

N, T, X, Y = 3, 5, 8, 6


def ramp(*shape):
    value = np.zeros(shape)
    for index in np.indices(shape):
        value = 10 * value + index
    return value


def parts(value, n):
    return np.stack([value + c / 8 for c in range(n)], axis=-1)


def centres(lo, hi, n):
    return lo + (hi - lo) * (np.arange(n) + 0.5) / n


with h5py.File("2D_diff-react_NA_NA.h5", "w", libver=("earliest", "v110")) as f:
    for i in range(N):
        key = f"{i:04d}"
        f.create_dataset(f"{key}/data", data=parts(ramp(N, T, X, Y)[i], 2), dtype="float32", compression="lzf")
        f.create_dataset(f"{key}/grid/x", data=centres(-1, 1, X), dtype="float32", compression="lzf")
        f.create_dataset(f"{key}/grid/y", data=centres(-1, 1, Y), dtype="float32", compression="lzf")
        f.create_dataset(f"{key}/grid/t", data=np.linspace(0, 5, T), dtype="float32", compression="lzf")
        f[key].attrs["config"] = f"name: 2d_diff-react\nsim:\n  Du: 0.001\n  Dv: 0.005\n  k: 0.005\n  t: 5\n  xdim: {X}\n  seed: {i}\n"

# More groups than a compact link table holds, in the structures of HDF5 1.10.
with h5py.File("1D_diff-sorp_NA_NA.h5", "w", libver=("v110", "v110")) as f:
    for i in range(10):
        key = f"{i:04d}"
        f.create_dataset(f"{key}/data", data=parts(ramp(10, T, X)[i], 1), dtype="float32", compression="lzf")
        f.create_dataset(f"{key}/grid/x", data=centres(0, 1, X), dtype="float32", compression="lzf")
        f.create_dataset(f"{key}/grid/t", data=np.linspace(0, 500, T), dtype="float32", compression="lzf")
        f[key].attrs["config"] = "sim:\n  D: 0.0005\n  por: 0.29\n  rho_s: 2880\n  k_f: 0.00035\n  n_f: 0.874\n  sol: 1.0\n"

with h5py.File("2D_rdb_NA_NA.h5", "w", libver=("earliest", "v110")) as f:
    for i in range(N):
        key = f"{i:04d}"
        f.create_dataset(f"{key}/data", data=parts(ramp(N, T, X, Y)[i], 1), dtype="f")
        f.create_dataset(f"{key}/grid/x", data=centres(-2.5, 2.5, X), dtype="f")
        f.create_dataset(f"{key}/grid/y", data=centres(-2.5, 2.5, Y), dtype="f")
        f.create_dataset(f"{key}/grid/t", data=np.linspace(0, 1, T), dtype="f")
        f[key].attrs["config"] = f"sim:\n  gravity: 1.0\n  dam_radius: {0.3 + i / 8}\n  inner_height: 2.0\n"

with h5py.File("ns_incom_inhom_2d_512-0.h5", "w", libver=("earliest", "v110")) as f:
    B, written = 2, 4
    f.attrs["config"] = "sim_name: ns_sim_2d\nNU: 0.01 #(kinematic viscosity)\nDT: 5.0e-05\n"
    f.attrs["latestIndex"] = written - 1
    fields = {"velocity": parts(ramp(B, T, X, Y), 2), "particles": parts(ramp(B, T, X, Y) + 0.5, 1), "force": parts(ramp(B, X, Y), 2), "t": np.tile(0.005 * np.arange(T), (B, 1))}
    for name, data in fields.items():
        if name in ("velocity", "particles"):
            data[:, written:] = 0
        f.create_dataset(name, data=data, dtype="float32", compression="lzf", shuffle=True, chunks=(1, 1, *data.shape[2:]))
