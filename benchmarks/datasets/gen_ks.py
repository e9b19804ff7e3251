"""exponax's side of the Kuramoto-Sivashinsky benchmark, see gen_ks.go: python gen_ks.py POINTS LENGTH DT STEPS FILE, then a command and a number of states a line."""
import json
import sys
import time

import jax

jax.config.update("jax_enable_x64", True)
from importlib.metadata import version

import exponax
import jax.numpy as jnp
import numpy as np

points, length, dt, steps, path = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
states = jnp.asarray(np.fromfile(path, "<f8").reshape(-1, 1, points))


def runner(refine):
    stepper = exponax.stepper.KuramotoSivashinskyConservative(1, length, points, dt / refine, order=4)

    def run(u):
        # Steps in Fourier space, which spares the two transforms of stepper(u).
        body = lambda i, v: jax.vmap(stepper.step_fourier)(v)
        hat = jax.vmap(lambda v: exponax.fft(v, num_spatial_dims=1))(u)
        return jax.vmap(lambda v: exponax.ifft(v, num_spatial_dims=1, num_points=points))(jax.lax.fori_loop(0, steps * refine, body, hat))

    return jax.jit(run)


coarse, fine = runner(1), runner(4)
for line in sys.stdin:
    command, *which = line.split()
    if command == "version":
        print(json.dumps({"version": f"exponax {version('exponax')} on jax {jax.__version__}"}), flush=True)
        continue
    u = states[: int(which[0])]
    run = fine if command == "fine" else coarse
    run(u).block_until_ready()  # compiles, the first time
    wall, cpu = time.perf_counter(), time.process_time()
    result = run(u).block_until_ready()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if command != "time":
        np.asarray(result).astype("<f8").tofile(path + ".out")
    print(json.dumps({"seconds": wall, "cpu": cpu}), flush=True)
