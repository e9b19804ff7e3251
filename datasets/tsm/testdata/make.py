"""Writes files as TSM-PDE's tsm/dns_generate.py does, small: two resolutions, one trajectory a file.

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python make.py
An element's value has the indices trajectory, time, x, y as decimal digits; the second component adds 1/8. The coarse grid adds 1/2.
"""
import h5py
import numpy as np

T = 6


def ramp(*shape):
    value = np.zeros(shape)
    for index in np.indices(shape):
        value = 10 * value + index
    return value


for i in range(2):
    with h5py.File(f"kolmogorov.hdf5-{i:04d}", "w", libver=("earliest", "v110")) as f:
        for r in (4, 8):
            u = ramp(2, T, r, r)[i] + (0.5 if r == 4 else 0)
            full = np.stack([u, u + 0.125])
            f.create_dataset(f"prefix_{r}x{r}", data=full[:, 8 // r - 1 :: 8 // r])
            f.create_dataset(f"full_prefix_{r}x{r}", data=full)
