"""Writes compressed.hdf5: the same values behind every filter that h5py brings, for h5_test.go.

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python make.py
Element [i, j] is sin(i·j) rounded to halves, so that runs and repetitions occur, except in rows of 7, which are full-precision noise of a linear congruence.
"""
import h5py
import numpy as np

i, j = np.meshgrid(np.arange(40), np.arange(300), indexing="ij")
data = np.round(2 * np.sin(i * j)) / 2
noise = ((np.arange(300, dtype=np.uint64) * 1103515245 + 12345) % 2**31).astype("f8") / 2**31
data[::7] = noise

with h5py.File("compressed.hdf5", "w") as f:
    f.create_dataset("lzf", data=data, dtype="f4", chunks=(3, 300), compression="lzf")
    f.create_dataset("lzf_shuffle", data=data, dtype="f8", chunks=(5, 100), compression="lzf", shuffle=True)
    f.create_dataset("gzip", data=data, dtype="f4", chunks=(3, 300), compression="gzip")
    f.create_dataset("half", data=data, dtype="f2")
    f.create_dataset("big_endian", data=data, dtype=">f8")
    f.create_dataset("int16", data=2 * data, dtype="i2")
    f.attrs["latin"] = np.bytes_("fixed")
    f.attrs["flags"] = np.array([True, False])
    f.attrs["bytes"] = b"bytes"
