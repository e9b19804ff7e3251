"""Writes small dumps as apebench 0.1.1 does (apebench/_scraper.py: jnp.save and json.dump of dataclasses.asdict), and .npy files of other types and orders.

Made with numpy 2.4.6, Python 3.11:  python make.py
Values are formulas of the indices, which apebench_test.go repeats.
"""
import json

import numpy as np


def ramp(*shape):
    return sum(10.0 ** (len(shape) - 1 - a) * i for a, i in enumerate(np.indices(shape)))


def save(name, value, version=None):
    with open(name, "wb") as f:
        np.lib.format.write_array(f, value, version=version)


common = {
    "num_train_samples": 3, "train_temporal_horizon": 2, "train_seed": 0, "num_test_samples": 2, "test_temporal_horizon": 4, "test_seed": 773,
    "ic_config": "fourier;5;true;true", "num_warmup_steps": 0, "optim_config": "adam;10_000;warmup_cosine;0.0;1e-3;2_000", "batch_size": 20,
    "num_trjs_returned": 1, "record_loss_every": 100, "vlim": [-1.0, 1.0], "report_metrics": "mean_nRMSE", "callbacks": "",
}
with open("1d_phy_burgers.json", "w") as f:
    json.dump({"name": "1d_phy_burgers", "info": {"num_spatial_dims": 1, "num_points": 6, "num_channels": 1, "domain_extent": 2.5, "dt": 0.1, "diffusion_coef": 0.0003, "convection_coef": -0.125, **common}}, f)
save("1d_phy_burgers_train.npy", ramp(3, 3, 1, 6).astype("<f4"))
save("1d_phy_burgers_test.npy", ramp(2, 5, 1, 6).astype("<f4") + 0.5)
with open("2d_diff_burgers.json", "w") as f:
    json.dump({"name": "2d_diff_burgers", "info": {"num_spatial_dims": 2, "num_points": 4, "num_channels": 2, "gammas": [0, 0, 1.5], "convection_sc_delta": -1.5, **common}}, f)
value = ramp(3, 3, 2, 4, 4)
save("2d_diff_burgers_train.npy", np.asfortranarray(value.astype(">f8")), (2, 0))
save("2d_diff_burgers_test.npy", (np.indices((2, 3, 2, 4, 4)).sum(0) / 4).astype("<f2"), (3, 0))
