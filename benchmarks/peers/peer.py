"""Worker that times PyTorch, neuraloperator, PDEArena's U-Net and OpenBLAS for benchmarks/peers.

Reads one JSON object a line from standard input and answers each with one line:
  {"case": NAME}  sets the case up and warms it    -> {"peer": ..., "version": ..., "base_mb": ..., "peak_mb": ...}
  {"run": K}      runs it K times                  -> {"ms": mean milliseconds of one run, "cpu_ms": of all threads, "peak_mb": ...}
A case of scaling.go brings its own numbers: {"case": "fno...", "fno": [batch, grid, width, modes]}. base_mb is the most memory the process held before the
case was set up, its libraries loaded; peak_mb the most until now. The only argument is the number of threads. PDEArena's modules come from the clone that the
environment variable EDDY_PEERS_PDEARENA names.
Everything is float32 on the CPU. The Go side alternates its own runs with these, so that both meet the same machine.
"""
import json
import os
import resource
import sys
import time

threads = sys.argv[1] if len(sys.argv) > 1 else "2"
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = threads
for stale in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(stale, None)

# name -> (batch, grid, width, total modes a dimension); "classic" layout m12 is n_modes (24, 23) and so on.
FNO_CASES = {
    "fno2d-train-b16-64-w32-m12": (16, (64, 64), 32, (24, 23)),
    "fno2d-train-b4-128-w64-m32": (4, (128, 128), 64, (64, 63)),
    "fno1d-train-b20-1024-w64-m16": (20, (1024,), 64, (31,)),
    "fno3d-train-b2-32-w20-m8": (2, (32, 32, 32), 20, (16, 16, 15)),
    "fno2d-infer-b1-64-w32-m12": (1, (64, 64), 32, (24, 23)),
}
# name -> (batch, channels, grid)
CONV_CASES = {
    "conv2d-k3-64": (4, 64, (64, 64)),
    "conv2d-k3-128": (4, 128, (32, 32)),
    "conv1d-k3-64": (16, 64, (1024,)),
    "conv1d-k3-128": (16, 128, (512,)),
}
# name -> (batch, points, base channels)
UNET_CASES = {
    "unet1d-train-b16-256-w16": (16, 256, 16),
    "unet1d-train-b16-256-w64": (16, 256, 64),
    "unet1d-infer-b1-256-w16": (1, 256, 16),
    "unet1d-infer-b1-256-w64": (1, 256, 64),
}


def fno_model(width, modes):
    """The classic block on neuraloperator: no channel MLP, linear lifting, projection through 128 channels, grid embedding."""
    from neuralop.models import FNO

    return FNO(n_modes=modes, in_channels=1, out_channels=1, hidden_channels=width, n_layers=4, use_channel_mlp=False,
               lifting_channel_ratio=0, projection_channel_ratio=128 / width, positional_embedding="grid")


def fno(name, shape=None):
    import torch

    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    batch, grid, width, modes = shape or FNO_CASES[name]
    model, x, y = fno_model(width, modes), torch.randn(batch, 1, *grid), torch.randn(batch, 1, *grid)
    if "infer" in name:
        model.eval()

        def run():
            with torch.inference_mode():
                model(x)
    else:
        opt = torch.optim.AdamW(model.parameters(), lr=1e-3)

        def run():
            opt.zero_grad()
            d = (model(x) - y).flatten(1).norm(dim=1) / y.flatten(1).norm(dim=1)
            d.mean().backward()
            opt.step()
    return run, "neuraloperator", version("neuraloperator") + " on torch " + version("torch")


def pdearena_unet():
    """The module of the conditioned U-Net, loaded without the rest of its package, whose dependencies no longer install together."""
    import importlib
    import types

    root = os.environ["EDDY_PEERS_PDEARENA"]
    for name in ("pdearena", "pdearena.modules", "pdearena.modules.conditioned"):
        package = types.ModuleType(name)
        package.__path__ = [os.path.join(root, *name.split("."))]
        sys.modules[name] = package
    return importlib.import_module("pdearena.modules.conditioned.oned_unet")


def unet(name):
    """PDE-Refiner's network: two frames in, one out, told the level and two scalars; convolutions periodic, as the recipe's padding_mode makes them."""
    import torch

    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    batch, points, width = UNET_CASES[name]
    model = pdearena_unet().Unet(1, 0, 1, 0, 2, 1, hidden_channels=width, activation="gelu", norm=True, param_conditioning="scalar_2", n_dims=1)
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv1d) and layer.padding != (0,):
            layer.padding_mode = "circular"
            layer._reversed_padding_repeated_twice = list(layer.padding) * 2
    x, y = torch.randn(batch, 2, 1, points), torch.randn(batch, 1, 1, points)
    level, scalars = torch.rand(batch) * 1000, torch.rand(batch, 2) * 10
    if "infer" in name:
        model.eval()

        def run():
            with torch.inference_mode():
                model(x, level, scalars)
    else:
        opt = torch.optim.Adam(model.parameters(), lr=1e-4)

        def run():
            opt.zero_grad()
            torch.nn.functional.mse_loss(model(x, level, scalars), y).backward()
            opt.step()
    return run, "PDEArena", "78a8b03 on torch " + version("torch")


def conv(name):
    import torch

    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    shape, direction = name.rsplit("-", 1)
    batch, channels, grid = CONV_CASES[shape]
    layer = (torch.nn.Conv1d if len(grid) == 1 else torch.nn.Conv2d)(channels, channels, 3, padding=1)
    x = torch.randn(batch, channels, *grid, requires_grad=True)
    if direction == "forward":
        def run():
            with torch.inference_mode():
                layer(x)
    else:
        y = layer(x)
        dy = torch.randn_like(y)

        def run():
            torch.autograd.grad(y, (x, layer.weight, layer.bias), dy, retain_graph=True)
    return run, "torch", version("torch")


def gemm(name):
    import numpy as np

    dims = name.split("-", 1)[1]
    m, n, k = (1024,) * 3 if dims == "1024" else map(int, dims.split("x"))
    rng = np.random.default_rng(0)
    a, b, c = rng.standard_normal((m, k), "f"), rng.standard_normal((k, n), "f"), np.empty((m, n), "f")
    return (lambda: np.dot(a, b, out=c)), "OpenBLAS", blas_version()


def blas_version():
    import numpy as np

    for lib in np.show_config(mode="dicts")["Build Dependencies"].values():
        if "openblas" in lib.get("name", ""):
            return lib["version"]
    return "unknown"


def version(package):
    from importlib.metadata import version as v

    return v(package)


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    run = None
    for line in sys.stdin:
        msg = json.loads(line)
        if "case" in msg:
            name = msg["case"]
            if not name.startswith("gemm"):
                import torch  # noqa: F401
            if name.startswith("fno"):
                import neuralop.models  # noqa: F401
            base = peak_mb()
            if name.startswith("fno"):
                run, peer, ver = fno(name, msg.get("fno"))
            else:
                run, peer, ver = {"conv": conv, "unet": unet, "gemm": gemm}[name[:4]](name)
            for _ in range(3):
                run()
            answer = {"peer": peer, "version": ver, "base_mb": base, "peak_mb": peak_mb()}
        else:
            start, cpu = time.perf_counter(), time.process_time()
            for _ in range(msg["run"]):
                run()
            answer = {"ms": (time.perf_counter() - start) * 1e3 / msg["run"],
                      "cpu_ms": (time.process_time() - cpu) * 1e3 / msg["run"], "peak_mb": peak_mb()}
        print(json.dumps(answer), flush=True)


main()
