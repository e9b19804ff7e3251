"""Writes small files in the layouts of the FNO paper's data sets (neural-operator scripts at fd1fb7a3: utilities3.py, fourier_1d.py, fourier_2d.py, fourier_2d_time.py).

Version 5 by scipy.io.savemat, version 7.3 by h5py with MATLAB's user block and reversed axes, as MATLAB itself writes it.
Made with scipy 1.17.1, h5py 3.16.0 (HDF5 2.0.0), numpy 2.4.6, Python 3.11:  python make.py
Values are formulas of the indices, which fnomat_test.go repeats.
"""
import struct

import h5py
import numpy as np
import scipy.io

N, X, Y, T = 5, 6, 4, 3


def ramp(*shape):
    """The digits of the index: element [i, j, k] of three axes is 100 i + 10 j + k."""
    return sum(10.0 ** (len(shape) - 1 - a) * i for a, i in enumerate(np.indices(shape)))


def v73(name, arrays, kind, **options):
    """MATLAB's -v7.3: a user block of 512 bytes with a text, axes reversed."""
    with h5py.File(name, "w", userblock_size=512, libver=("earliest", "v108")) as f:
        for key, value in arrays.items():
            d = f.create_dataset(key, data=np.asarray(value).T.astype(kind), **(options if np.ndim(value) > 2 else {}))
            d.attrs["MATLAB_class"] = np.bytes_("single" if kind.endswith("f4") else "double")
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5 schema 1.00 .".ljust(116) + bytes(8) + struct.pack("<H", 0x0200) + b"IM"
    with open(name, "r+b") as f:
        f.write(text)


burgers = {"a": ramp(N, X), "u": ramp(N, X) + 0.5}
darcy = {"coeff": ramp(N, X, Y), "sol": ramp(N, X, Y) + 0.5, "Kcoeff": ramp(N, X, Y) + 7}
flow = {"a": ramp(N, X, Y), "u": ramp(N, X, Y, T) + 0.5, "t": np.arange(1.0, T + 1)[None, :]}

scipy.io.savemat("burgers_data_R10.mat", burgers)  # compression off
scipy.io.savemat("piececonst_compressed.mat", {**darcy, "note": "text", "s": {"x": 1.0}}, do_compression=True)
scipy.io.savemat("NavierStokes_V1e-3_v5_single.mat", {k: v.astype("f4") for k, v in flow.items()}, do_compression=True)
scipy.io.savemat("counts.mat", {"a": ramp(N, X).astype("i2"), "u": (ramp(N, X) + 100).astype("u1")})  # whole numbers in small types
v73("NavierStokes_V1e-3_N5_T3.mat", flow, "<f4", chunks=True, compression="gzip")
v73("piececonst_v73.mat", darcy, ">f8")

# Big-endian, as MATLAB on old machines wrote it; scipy writes the machine's order, so the bytes are put together here.
def element(kind, data):
    return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(name, value):
    """An array of class double (6)."""
    body = element(6, struct.pack(">II", 6, 0)) + element(5, struct.pack(">%di" % value.ndim, *value.shape))
    body += struct.pack(">HH", len(name), 1) + name.encode().ljust(4, b"\0")  # a name of up to 4 letters in its tag
    body += element(9, value.astype(">f8").tobytes(order="F"))
    return element(14, body)


with open("big.mat", "wb") as f:
    f.write(b"MATLAB 5.0 MAT-file".ljust(116) + bytes(8) + struct.pack(">H", 0x0100) + b"MI")
    for key, value in burgers.items():
        f.write(matrix(key, value))
check = scipy.io.loadmat("big.mat")
assert all(np.array_equal(check[key], value) for key, value in burgers.items())
