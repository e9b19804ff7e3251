"""Writes a small dump by APEBench's own code, with the values that apebench_test.go repeats.

Made with apebench 0.1.1, exponax 0.1.0, jax 0.10.2, Python 3.11:  python scrape.py
"""
import apebench
import numpy as np

apebench.scraper.scrape_data_and_metadata(
    ".", scenario="phy_burgers", name="scraped", num_points=16, num_train_samples=3, train_temporal_horizon=4, num_test_samples=2, test_temporal_horizon=6
)
u = np.load("scraped_test.npy")
print(u.shape, u.dtype, repr(u[1, 5, 0, :3]), repr(float(np.abs(u).sum())))
