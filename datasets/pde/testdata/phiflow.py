"""Writes phiflow.json: states of PDEArena's smoke, by the loop of its generator, in float64.

Made with phiflow 2.1.0, numpy 1.23 and scipy 1.11 (pip install phiflow==2.1 "numpy<1.24" "scipy<1.12"); run from this folder: python phiflow.py
"""
import json

import numpy as np
from phi.flow import Box, CenteredGrid, Solve, StaggeredGrid, advect, diffuse, extrapolation, fluid, math
from phi.math import reshaped_native

math.set_global_precision(64)
n, length, dt, nu, buoyancy, steps = 16, 4.0, 1.5, 0.01, 0.5, 6
bounds = Box[0:length, 0:length]
waves = lambda x: 1 + math.sin(x.vector[0] * 2.1 + 0.4) * math.cos(x.vector[1] * 1.3) + 0.5 * math.sin(x.vector[0] - 2 * x.vector[1])
smoke = abs(CenteredGrid(waves, extrapolation.BOUNDARY, x=n, y=n, bounds=bounds))
velocity = StaggeredGrid(0, extrapolation.ZERO, x=n, y=n, bounds=bounds)


def state():
    """[3, x, y]: smoke, velocity on the upper faces of the cells."""
    s = reshaped_native(smoke.values, groups=("x", "y", "vector"), to_numpy=True)[..., 0]
    v = reshaped_native(velocity.staggered_tensor(), groups=("x", "y", "vector"), to_numpy=True)
    return np.stack([s, v[1:, :-1, 0], v[:-1, 1:, 1]])


out = {"cells": n, "length": length, "dt": dt, "viscosity": nu, "buoyancy": buoyancy, "states": [state().ravel().tolist()]}
for _ in range(steps):
    smoke = advect.semi_lagrangian(smoke, velocity, dt)
    force = (smoke * (0, buoyancy)).at(velocity)
    velocity = advect.semi_lagrangian(velocity, velocity, dt) + dt * force
    velocity = diffuse.explicit(velocity, nu, dt)
    velocity, _ = fluid.make_incompressible(velocity, solve=Solve("CG", 1e-13, 1e-13, max_iterations=10000))
    out["states"].append(state().ravel().tolist())
out["states"] = [out["states"][i] for i in (0, 1, 2, steps)]
json.dump(out, open("phiflow.json", "w"))
