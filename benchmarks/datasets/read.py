"""Peer of read.go: makes the files, and reads shuffled windows with h5py as a training loop would, into one array a batch.

    read.py make DIR MEGABYTES      writes DIR/well.hdf5, DIR/grouped.hdf5 and DIR/pdebench.hdf5 of about that size each
    read.py serve FILE BATCH        reads one line "[[trajectory, frame], …]" and answers each further line with one pass over these windows:
                                    {"seconds": …, "cpu": …, "bytes": …, "sum": …}
"""
import json
import sys
import time

import h5py
import numpy as np

FRAMES = 2


def waves(rng, frames, shape):
    """Smooth fields that move, with noise in their last digits, as solvers leave it."""
    axes = np.meshgrid(*[np.arange(n) / n for n in shape], indexing="ij")
    out = np.zeros((frames, *shape), "f4")
    for _ in range(6):
        k = rng.integers(1, 6, len(shape))
        phase, speed, amplitude = rng.uniform(0, 2 * np.pi), rng.uniform(-1, 1), rng.normal()
        angle = 2 * np.pi * sum(ki * x for ki, x in zip(k, axes)) + phase
        out += amplitude * np.sin(angle[None] + speed * np.arange(frames).reshape(-1, *[1] * len(shape)))
    return out


def make(folder, megabytes):
    rng = np.random.default_rng(0)
    n, t = 128, 100
    b = max(int(megabytes * 1e6 / (4 * 3 * t * n * n)), 2)
    with h5py.File(f"{folder}/well.hdf5", "w") as f:
        f.attrs.update(dataset_name="waves", grid_type="cartesian", n_spatial_dims=2, n_trajectories=b, simulation_parameters=[])
        g = f.create_group("dimensions")
        g.attrs["spatial_dims"] = ["x", "y"]
        for name, values in [("time", 0.1 * np.arange(t)), ("x", np.arange(n) / n), ("y", np.arange(n) / n)]:
            g.create_dataset(name, data=values.astype("f4")).attrs.update(sample_varying=False, time_varying=False)
        f.create_group("boundary_conditions")
        f.create_group("scalars").attrs["field_names"] = []
        about = dict(sample_varying=True, time_varying=True, dim_varying=[True, True])
        for group, name, rest in [("t0_fields", "density", ()), ("t1_fields", "velocity", (2,))]:
            g = f.create_group(group)
            g.attrs["field_names"] = [name]
            d = g.create_dataset(name, (b, t, n, n, *rest), "f4", chunks=(1, 1, n, n, *rest), compression="gzip", shuffle=True)
            d.attrs.update(about)
            for i in range(b):
                values = [waves(rng, t, (n, n)) for _ in range(2 if rest else 1)]
                d[i] = np.stack(values, axis=-1) if rest else values[0]
        f.create_group("t2_fields").attrs["field_names"] = []
    n, t = 64, 101
    b = max(int(megabytes * 1e6 / (4 * 2 * t * n * n)), 2)
    with h5py.File(f"{folder}/grouped.hdf5", "w") as f:
        for i in range(b):
            data = np.stack([waves(rng, t, (n, n)) for _ in range(2)], axis=-1)
            f.create_dataset(f"{i:04d}/data", data=data, dtype="float32", compression="lzf")
            for name, values in [("x", (np.arange(n) + 0.5) / n), ("y", (np.arange(n) + 0.5) / n), ("t", 0.05 * np.arange(t))]:
                f.create_dataset(f"{i:04d}/grid/{name}", data=values, dtype="float32", compression="lzf")
    n, t = 1024, 201
    b = max(int(megabytes * 1e6 / (4 * t * n)), 2)
    with h5py.File(f"{folder}/pdebench.hdf5", "w") as f:
        d = f.create_dataset("tensor", (b, t, n), "f4")
        for i in range(b):
            d[i] = waves(rng, t, (n,))
        f.create_dataset("x-coordinate", data=((np.arange(n) + 0.5) / n).astype("f4"))
        f.create_dataset("t-coordinate", data=(0.01 * np.arange(t + 1)).astype("f4"))
        f.attrs["Nu"] = 0.01


def well(f, windows, batch):
    density, velocity = f["t0_fields/density"], f["t1_fields/velocity"]
    out = np.empty((batch, FRAMES, 3, *density.shape[2:]), "f4")
    for start in range(0, len(windows), batch):
        for i, (b, t) in enumerate(windows[start : start + batch]):
            out[i, :, 0] = density[b, t : t + FRAMES]
            out[i, :, 1:] = np.moveaxis(velocity[b, t : t + FRAMES], -1, 1)
        yield out[: len(windows[start : start + batch])]


def grouped(f, windows, batch):
    keys = sorted(f)
    out = np.empty((batch, FRAMES, 2, *f[keys[0]]["data"].shape[1:3]), "f4")
    for start in range(0, len(windows), batch):
        for i, (b, t) in enumerate(windows[start : start + batch]):
            out[i] = np.moveaxis(f[keys[b]]["data"][t : t + FRAMES], -1, 1)
        yield out[: len(windows[start : start + batch])]


def pdebench(f, windows, batch):
    tensor = f["tensor"]
    out = np.empty((batch, FRAMES, 1, tensor.shape[2]), "f4")
    for start in range(0, len(windows), batch):
        for i, (b, t) in enumerate(windows[start : start + batch]):
            tensor.read_direct(out, np.s_[b, t : t + FRAMES], np.s_[i, :, 0])
        yield out[: len(windows[start : start + batch])]


def serve(path, batch):
    with h5py.File(path, "r") as f:
        read = pdebench if "tensor" in f else well if "t0_fields" in f else grouped
        windows = json.loads(sys.stdin.readline())
        print(json.dumps({"h5py": h5py.__version__, "hdf5": h5py.version.hdf5_version}), flush=True)
        for _ in sys.stdin:
            start, cpu, size, total = time.perf_counter(), time.process_time(), 0, 0.0
            for out in read(f, windows, batch):
                size += out.nbytes
                total += float(out.reshape(-1)[0])
            print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "bytes": size, "sum": total}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], float(sys.argv[3]))
    else:
        serve(sys.argv[2], int(sys.argv[3]))
