"""Writes jaxcfd.json: states of jax-cfd's finite-volume Navier-Stokes solver, in float64.

Made with jax 0.10.2 and jax-cfd 0.2.1 (pip install "jax[cpu]" jax-cfd); run from this folder: python jaxcfd.py
"""
import json

import jax

jax.config.update("jax_enable_x64", True)
jax.tree_map, jax.tree_flatten, jax.tree_unflatten = jax.tree.map, jax.tree.flatten, jax.tree.unflatten  # dropped since jax-cfd 0.2.1
import jax.numpy as jnp
import jax_cfd.base as cfd
import numpy as np

n, length, viscosity, steps = 16, 2 * np.pi, 1e-3, 20
grid = cfd.grids.Grid((n, n), domain=((0, length), (0, length)))
dt = 0.5 * (length / n) / 7
waves = lambda a, b: lambda x, y: 3 * jnp.sin(a * x + y + 0.3) + 2 * jnp.cos(x - b * y) + jnp.sin(3 * x + 2 * y) + 0.2
v0 = cfd.initial_conditions.initial_velocity_field((waves(2, 3), waves(1, 2)), grid, iterations=2)
forcing = cfd.forcings.simple_turbulence_forcing(
    grid, constant_magnitude=1.0, constant_wavenumber=4, linear_coefficient=-0.1, forcing_type="kolmogorov")
stack = lambda v: np.stack([np.asarray(u.data) for u in v])
flat = lambda a: [float(x) for x in a.ravel()]
implicit = cfd.equations.implicit_diffusion_navier_stokes(1.0, viscosity, dt, grid, forcing=forcing)
explicit = cfd.equations.semi_implicit_navier_stokes(1.0, 10 * viscosity, dt, grid, forcing=forcing)
half = cfd.grids.Grid((n // 2, n // 2), domain=((0, length), (0, length)))
after = cfd.funcutils.repeated(jax.jit(implicit), steps)(v0)
out = {
    "cells": n, "length": length, "viscosity": viscosity, "dt": dt, "steps": steps,
    "initial": flat(stack(v0)),
    "implicit": flat(stack(after)),
    "explicit": flat(stack(cfd.funcutils.repeated(jax.jit(explicit), steps)(v0))),  # 10 times the viscosity
    "coarse": flat(stack(cfd.resize.downsample_staggered_velocity(grid, half, after))),
}

# What jax-cfd's initial states look like: root mean square speed at largest speed 7, and the shares of the energy at |k| = 1 ... 8.
fine = cfd.grids.Grid((64, 64), domain=((0, length), (0, length)))
draw = jax.jit(lambda key: jnp.stack([u.data for u in cfd.initial_conditions.filtered_velocity_field(key, fine, 7.0, 4)]))
shell = np.rint(np.hypot(*np.meshgrid(np.fft.fftfreq(64, 1 / 64), np.fft.fftfreq(64, 1 / 64), indexing="ij")))
speeds, shares = [], []
for i in range(400):
    v = np.asarray(draw(jax.random.PRNGKey(i)))
    energy = (abs(np.fft.fft2(v)) ** 2).sum(axis=0)
    speeds.append(np.sqrt((v**2).sum(axis=0).mean()))
    shares.append([energy[shell == k].sum() / energy.sum() for k in range(1, 9)])
speeds, shares = np.array(speeds), np.array(shares)
out["law"] = {"draws": len(speeds), "speed": speeds.mean(), "speed_deviation": speeds.std(),
              "shares": shares.mean(axis=0).tolist(), "share_deviations": shares.std(axis=0).tolist()}
json.dump(out, open("jaxcfd.json", "w"))
