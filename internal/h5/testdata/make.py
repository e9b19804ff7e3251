"""Writes the same values behind every filter, number type and version of structures that h5py brings, for h5_test.go and version_test.go.

Made with h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11.7:  python make.py
Element [i, j] is sin(i·j) rounded to halves, so that runs and repetitions occur, except in rows of 7, which are full-precision noise of a linear congruence.

    earliest.hdf5    superblock 0, object headers and B-trees of version 1
    v110.hdf5        superblock 3, the chunk indices of HDF5 1.10
    userblock.hdf5   512 bytes of another format in front, as MATLAB writes
    newer.hdf5       structures of HDF5 2.0 that HDF5 1.10 cannot read
"""
import h5py
import numpy as np

i, j = np.meshgrid(np.arange(12), np.arange(64), indexing="ij")
data = np.round(2 * np.sin(i * j)) / 2
noise = ((np.arange(64, dtype=np.uint64) * 1103515245 + 12345) % 2**31).astype("f8") / 2**31
data[::7] = noise


def fill(f):
    f.create_dataset("lzf", data=data, dtype="f4", chunks=(3, 64), compression="lzf")
    f.create_dataset("lzf_shuffle", data=data, dtype="f8", chunks=(5, 24), compression="lzf", shuffle=True)
    f.create_dataset("gzip", data=data, dtype="f4", chunks=(3, 64), compression="gzip")
    f.create_dataset("gzip_shuffle_fletcher32", data=data, dtype="f4", chunks=(5, 24), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("fletcher32", data=data, dtype="f8", chunks=(12, 64), fletcher32=True)
    f.create_dataset("resizable", data=data, dtype="f4", chunks=(3, 64), maxshape=(None, 64))
    f.create_dataset("resizable_twice", data=data, dtype="f4", chunks=(3, 64), maxshape=(None, None))
    for name, dtype in [("half", "f2"), ("single", "f4"), ("double", "f8")]:
        f.create_dataset(name, data=data, dtype="<" + dtype)
        f.create_dataset(name + "_big_endian", data=data, dtype=">" + dtype)
    f.create_dataset("int16", data=2 * data, dtype="i2")
    f.create_dataset("int32_big_endian", data=2 * data, dtype=">i4")
    f.attrs["latin"] = np.bytes_("fixed")
    f.attrs["flags"] = np.array([True, False])
    f.attrs["bytes"] = b"bytes"


with h5py.File("earliest.hdf5", "w", libver=("earliest", "v108")) as f:
    fill(f)
with h5py.File("v110.hdf5", "w", libver=("v110", "v110")) as f:
    fill(f)
with h5py.File("userblock.hdf5", "w", userblock_size=512) as f:
    f.create_dataset("double", data=data)
with open("userblock.hdf5", "r+b") as f:
    f.write(b"MATLAB 7.3 MAT-file".ljust(512))
with h5py.File("newer.hdf5", "w", libver=("v200", "v200")) as f:
    f.create_dataset("contiguous", data=data)
    f.create_dataset("filtered", data=data, chunks=(3, 64), compression="gzip")
    f.create_dataset("complex", data=np.arange(4) + 1j)
    g = f.create_group("fields")
    g.create_dataset("filtered", data=data, chunks=(3, 64), compression="gzip")
