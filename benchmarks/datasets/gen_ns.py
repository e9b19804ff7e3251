"""jax-cfd's side of the Navier-Stokes benchmark, see gen_ns.go: python gen_ns.py METHOD N STEPS FILE, then a command a line."""
import sys
import time

import jax

jax.config.update("jax_enable_x64", True)
# Names that jax-cfd 0.2.1 uses and jax has dropped since.
jax.tree_map, jax.tree_flatten, jax.tree_unflatten = jax.tree.map, jax.tree.flatten, jax.tree.unflatten
from importlib.metadata import version

import jax.numpy as jnp
import jax_cfd.base as cfd
import jax_cfd.spectral as spectral
import numpy as np

method, n, steps, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
viscosity, length = 1e-3, 2 * np.pi
grid = cfd.grids.Grid((n, n), domain=((0, length), (0, length)))
dt = 0.5 * (length / n) / 7
data = np.fromfile(path, "<f8")

if method == "staggered":
    states = data.reshape(2, 2, n, n)
    boundary = cfd.boundaries.periodic_boundary_conditions(2)
    forcing = cfd.forcings.simple_turbulence_forcing(
        grid, constant_magnitude=1.0, constant_wavenumber=4, linear_coefficient=-0.1, forcing_type="kolmogorov")

    def stepper(refine):
        step = cfd.equations.implicit_diffusion_navier_stokes(1.0, viscosity, dt / refine, grid, forcing=forcing)

        def run(arrays):
            v = cfd.initial_conditions.wrap_variables(tuple(arrays), grid, (boundary, boundary))
            v = cfd.funcutils.repeated(step, steps * refine)(v)
            return jnp.stack([u.data for u in v])

        return run
else:
    states = data.reshape(2, n, n)

    def stepper(refine):
        equation = spectral.equations.ForcedNavierStokes2D(viscosity, grid, smooth=True)
        step = spectral.time_stepping.crank_nicolson_rk4(equation, dt / refine)
        return lambda w: jnp.fft.irfft2(cfd.funcutils.repeated(step, steps * refine)(jnp.fft.rfft2(w)))


one, two, fine = jax.jit(stepper(1)), jax.jit(jax.vmap(stepper(1))), jax.jit(stepper(4))
runs = {"one": lambda: one(states[0]), "two": lambda: two(states), "fine": lambda: fine(states[0])}
for line in sys.stdin:
    command, *which = line.split()
    if command == "version":
        print(f"jax-cfd {version('jax-cfd')} on jax {jax.__version__}", flush=True)
        continue
    begin = time.perf_counter()
    result = np.asarray(jax.block_until_ready(runs[which[0]]()))
    seconds = time.perf_counter() - begin
    if command == "save":
        result.astype("<f8").tofile(path + ".out")
    print(seconds, flush=True)
