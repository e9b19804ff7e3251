"""Writes files as PDEArena's generators do (pdedatagen/navier_stokes.py) and as the published Kuramoto–Sivashinsky sets are, small.

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python make.py
An element's value has its indices as decimal digits; vx adds 1/8 and vy 1/4.
"""
import h5py
import numpy as np


def ramp(*shape):
    value = np.zeros(shape)
    for index in np.indices(shape):
        value = 10 * value + index
    return value


def smoke(name, split, buoyancy, frames):
    n, x, y = len(buoyancy), 8, 6
    with h5py.File(name, "w", libver=("earliest", "v110")) as f:
        g = f.create_group(split)
        for k, field in enumerate(["u", "vx", "vy"]):
            g.create_dataset(field, (n, frames, x, y), dtype=float)[...] = ramp(n, frames, x, y) + k / 8
        # The generator spreads the frames over the whole time, 18 to 102, whatever their distance.
        g.create_dataset("t", (n, frames), dtype=float)[...] = np.linspace(18, 102, frames)
        g.create_dataset("dt", (n,), dtype=float)[...] = 6.0
        g.create_dataset("x", (n, x), dtype=float)[...] = np.linspace(0, 32, x)
        g.create_dataset("dx", (n,), dtype=float)[...] = 32 / (x - 1)
        g.create_dataset("y", (n, y), dtype=float)[...] = np.linspace(0, 32, y)
        g.create_dataset("dy", (n,), dtype=float)[...] = 32 / (y - 1)
        g.create_dataset("buo_y", (n,), dtype=float)[...] = buoyancy


def ks(name, split, n, frames, viscosity=None):
    x = 16
    i = np.arange(n)
    dt, length = 0.2 + 0.004 * (i - (n - 1) / 2), 64 + 2.0 * (i - (n - 1) / 2)
    with h5py.File(name, "w", libver=("v110", "v110")) as f:
        g = f.create_group(split)
        g.create_dataset(f"pde_{frames}-{x}", data=ramp(n, frames, x))
        g.create_dataset("x", data=length[:, None] * np.arange(x) / x)
        g.create_dataset("t", data=72 + dt[:, None] * np.arange(frames))
        g.create_dataset("dt", data=dt)
        g.create_dataset("dx", data=length / x)
        if viscosity is not None:
            g.create_dataset("v", data=np.asarray(viscosity))


smoke("NavierStokes2D_train_42_0.50000_3.h5", "train", [0.5, 0.5, 0.5], 5)
smoke("NavierStokes2D_cond_valid_7_0.30000.h5", "valid", [0.3, 0.4], 5)
ks("KS_train_fixed_viscosity.h5", "train", 3, 9)
ks("KS_test_conditional_viscosity.h5", "test", 3, 9, [0.5, 1.0, 1.5])
