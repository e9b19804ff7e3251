"""Reads flow.hdf5, which eddy wrote (go test ./datasets/well -run Golden -update), with h5py and compares what The Well's tools look at.

Run with h5py 3.16.0, numpy 2.4.6, PyYAML:  python check.py
"""
import h5py
import numpy as np
import yaml

with h5py.File("flow.hdf5", "r") as f:
    assert f.attrs["dataset_name"] == "flow" and f.attrs["grid_type"] == "cartesian"
    assert f.attrs["n_spatial_dims"] == 2 and f.attrs["n_trajectories"] == 2
    assert sorted(f.attrs["simulation_parameters"]) == ["gravity", "order"]
    assert f.attrs["gravity"] == 9.81 and f.attrs["order"] == 4 and f.attrs["seed"] == "18446744073709551615"
    d = f["dimensions"]
    assert list(d.attrs["spatial_dims"]) == ["x", "y"]
    np.testing.assert_allclose(d["time"][:], [0, 0.1, 0.2], rtol=1e-15)
    np.testing.assert_allclose(d["x"][:], -1 + 2 * np.pi * np.arange(6) / 6)
    np.testing.assert_allclose(d["y"][:], np.linspace(0, 1, 5))
    assert d["time"].attrs["sample_varying"] == np.False_ and d["time"].attrs["sample_varying"].dtype == bool
    bc = f["boundary_conditions"]
    assert bc["x_periodic"].attrs["bc_type"] == "PERIODIC" and list(bc["x_periodic"].attrs["associated_dims"]) == ["x"]
    assert len(bc["x_periodic"].attrs["associated_fields"]) == 0
    assert bc["y_open"].attrs["bc_type"] == "OPEN"
    mask = bc["x_periodic"]["mask"]
    assert mask.dtype == bool and list(mask[:]) == [True, False, False, False, False, True]
    assert list(f["scalars"].attrs["field_names"]) == ["viscosity", "gravity", "order"]
    assert f["scalars/gravity"][()] == 9.81 and not f["scalars/gravity"].attrs["sample_varying"]
    np.testing.assert_array_equal(f["scalars/viscosity"][:], [0, 1])
    assert list(f["t0_fields"].attrs["field_names"]) == ["density", "half_x", "height"]
    assert list(f["t1_fields"].attrs["field_names"]) == ["velocity"]
    assert list(f["t2_fields"].attrs["field_names"]) == ["d"]
    rho, v, s, h = f["t0_fields/density"], f["t1_fields/velocity"], f["t2_fields/d"], f["t0_fields/height"]
    assert rho.shape == (2, 3, 6, 5) and rho.dtype == "<f4" and rho.fletcher32
    assert v.shape == (2, 3, 6, 5, 2) and s.shape == (2, 3, 6, 5, 2, 2) and h.shape == (2, 6, 5)
    assert list(rho.attrs["dim_varying"]) == [True, True] and rho.attrs["dim_varying"].dtype == bool
    assert rho.attrs["time_varying"] and not h.attrs["time_varying"]
    assert s.attrs["symmetric"].dtype == bool
    np.testing.assert_array_equal(h[:], (1000 * np.arange(2)[:, None] + np.arange(30)).reshape(2, 6, 5))
    stats = yaml.safe_load(open("stats.yaml"))
    space = (0, 1, 2, 3)
    moments = {"mean": lambda a: a.mean(axis=space), "std": lambda a: a.std(axis=space), "rms": lambda a: np.sqrt(np.mean(a**2, axis=space))}
    for key, moment in moments.items():
        for field, data in [("density", rho), ("velocity", v), ("d", s)]:
            a = data[:].astype("f8")
            np.testing.assert_allclose(stats[key][field], moment(a), rtol=1e-6)
            np.testing.assert_allclose(stats[key + "_delta"][field], moment(np.diff(a, axis=1)), rtol=1e-5, atol=1e-7)
    # The first values of trajectory 0: channel c of frame t at point p is value (t·8 + c)·30 + p of the writer's stream.
    print("density[0, 0, 0, :2] =", rho[0, 0, 0, :2], " velocity[0, 0, 0, 0] =", v[0, 0, 0, 0])
print("flow.hdf5 is as The Well's tools expect")
