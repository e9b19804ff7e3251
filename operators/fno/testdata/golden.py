"""Makes the golden files of operators/fno: weights, input, output, loss and parameter gradients of reference implementations in float32.

    pip install neuraloperator==2.0.0 safetensors
    python golden.py

writes one .safetensors file per case beside this script. Tensors: "input", "target", "output", "param:NAME", "grad:NAME" (complex ones as
torch.view_as_real); metadata: "kind" and "config" as eddy names them, "loss" (mean squared error of output against target) and the versions used.
The classic network is written out below from the formulas of the FNO paper's scripts. The odd-grid cases marked "exact" run neuraloperator with its second
fftshift replaced by its inverse, ifftshift, as its development version does: the release moves every output frequency down by one on axes (other than the
last) with an odd number of points. The cases marked "released" run it as it is.
"""

import contextlib
import json
import pathlib
from importlib.metadata import version

import torch
from neuralop.layers import spectral_convolution
from neuralop.models import FNO
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent


class ClassicSpectral(nn.Module):
    """Corners of the spectrum, one weight each: non-negative frequencies of an axis before negative ones, the first axis fastest."""

    def __init__(self, width, modes):
        super().__init__()
        self.modes = modes
        scale = 1 / (width * width)
        for corner in range(2 ** (len(modes) - 1)):
            w = scale * torch.rand(width, width, *modes, dtype=torch.cfloat)
            self.register_parameter(f"weights{corner + 1}", nn.Parameter(w))

    def forward(self, x):
        d = len(self.modes)
        dims = list(range(-d, 0))
        size = x.shape[2:]
        ft = torch.fft.rfftn(x, dim=dims)
        out = torch.zeros_like(ft)
        for corner in range(2 ** (d - 1)):
            at = [slice(None), slice(None)]
            for a, m in enumerate(self.modes[:-1]):
                at.append(slice(-m, None) if corner >> a & 1 else slice(0, m))
            at = tuple(at + [slice(0, self.modes[-1])])
            axes = "xyz"[:d]
            out[at] = torch.einsum(f"bi{axes},io{axes}->bo{axes}", ft[at], getattr(self, f"weights{corner + 1}"))
        return torch.fft.irfftn(out, s=size, dim=dims)


class ClassicFNO(nn.Module):
    def __init__(self, modes, cin, cout, width, layers, padding=0):
        super().__init__()
        self.layers, d = layers, len(modes)
        self.padding = padding
        conv = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[d]
        self.fc0 = nn.Linear(cin + d, width)
        for i in range(layers):
            self.add_module(f"conv{i}", ClassicSpectral(width, modes))
            self.add_module(f"w{i}", conv(width, width, 1))
        self.fc1 = nn.Linear(width, 128)
        self.fc2 = nn.Linear(128, cout)

    def forward(self, x):
        grids = torch.meshgrid(*[torch.linspace(0, 1, n) for n in x.shape[2:]], indexing="ij")
        x = torch.cat([x] + [g.expand(x.shape[0], 1, *g.shape) for g in grids], dim=1)
        x = self.fc0(x.movedim(1, -1)).movedim(-1, 1)
        for i in range(self.layers):
            x = getattr(self, f"conv{i}")(x) + getattr(self, f"w{i}")(x)
            if i < self.layers - 1:
                x = F.gelu(x)
        return self.fc2(F.gelu(self.fc1(x.movedim(1, -1)))).movedim(-1, 1)


@contextlib.contextmanager
def exact_shift():
    """Every second call of fftshift, the one on the way back, becomes ifftshift."""
    fft, calls = torch.fft, [0]

    class Patched:
        def __getattr__(self, name):
            return getattr(fft, name)

        def fftshift(self, x, dim=None):
            calls[0] += 1
            return (fft.fftshift if calls[0] % 2 else fft.ifftshift)(x, dim=dim)

    class Torch:
        fft = Patched()

        def __getattr__(self, name):
            return getattr(torch, name)

    spectral_convolution.torch = Torch()
    try:
        yield
    finally:
        spectral_convolution.torch = torch


def write(name, model, kind, config, cin, cout, size, context=contextlib.nullcontext):
    torch.manual_seed(hash_of(name))
    with torch.no_grad():
        for p in model.parameters():
            if p.numel() > 0 and not p.is_complex():
                p.add_(0.1 * torch.randn_like(p))  # gates and gains of norms would all be one
    x, target = torch.randn(2, cin, *size), torch.randn(2, cout, *size)
    with context():
        y = model(x)
    loss = F.mse_loss(y, target)
    loss.backward()
    real = lambda t: (torch.view_as_real(t) if t.is_complex() else t).detach().contiguous()
    tensors = {"input": x, "target": target, "output": real(y)}
    for n, p in model.named_parameters():
        tensors["param:" + n], tensors["grad:" + n] = real(p), real(p.grad)
    meta = {
        "kind": kind, "config": json.dumps(config), "loss": repr(loss.item()),
        "parameters": str(sum(p.numel() * (2 if p.is_complex() else 1) for p in model.parameters())),
        "versions": f"neuraloperator {version('neuraloperator')}, torch {version('torch')}",
    }
    save_file(tensors, HERE / f"{name}.safetensors", meta)
    print(f"{name:32} loss {loss.item():.6f}  parameters {meta['parameters']}")


def hash_of(name):
    return sum(ord(c) * 31**i for i, c in enumerate(name)) % 2**31


def current(name, n_modes, size, config, context=contextlib.nullcontext, cin=2, cout=1, width=4, layers=2, **more):
    torch.manual_seed(hash_of(name) + 1)
    model = FNO(n_modes=n_modes, in_channels=cin, out_channels=cout, hidden_channels=width, n_layers=layers, **more)
    write(name, model, "neuralop-fno", {"width": width, "layers": layers, **config}, cin, cout, size, context)


def classic(name, modes, size, cin=2, cout=1, width=4, layers=2):
    torch.manual_seed(hash_of(name) + 1)
    config = {"block": "classic", "mode_layout": "classic", "modes": list(modes), "width": width, "layers": layers, "positional_embedding": "grid-closed"}
    write(name, ClassicFNO(modes, cin, cout, width, layers), "classic-fno", config, cin, cout, size)


def symmetric(*m):
    return tuple(2 * k - 1 for k in m), {"modes": list(m), "mode_layout": "symmetric"}


def neuralop(*n):
    return n, {"modes": list(n), "mode_layout": "neuralop"}


def main():
    n, c = symmetric(5)
    current("current-1d-even-symmetric", n, (16,), c)
    current("current-1d-odd-symmetric", n, (15,), c)
    n, c = neuralop(8)
    current("current-1d-even-neuralop", n, (12,), c, width=6)
    n, c = neuralop(16)
    current("current-1d-all-modes", n, (16,), c)  # up to the Nyquist frequency of an even grid
    n, c = symmetric(3, 4)
    current("current-2d-even-symmetric", n, (12, 10), c, layers=3)
    current("current-2d-odd-symmetric-exact", n, (11, 9), c, exact_shift)
    current("current-2d-odd-symmetric-released", n, (11, 9), {**c, "fft_shift": "neuralop-2.0.0"})
    n, c = neuralop(6, 6)
    current("current-2d-even-neuralop", n, (8, 12), c)
    current("current-2d-odd-neuralop-released", n, (9, 7), {**c, "fft_shift": "neuralop-2.0.0"})
    n, c = neuralop(8, 8)
    current("current-2d-all-modes", n, (8, 8), c)
    n, c = neuralop(4, 3, 4)
    current("current-3d-even-neuralop", n, (6, 4, 6), c)
    n, c = symmetric(2, 2, 3)
    current("current-3d-odd-symmetric-exact", n, (5, 4, 7), c, exact_shift)
    current("current-3d-odd-symmetric-released", n, (5, 7, 6), {**c, "fft_shift": "neuralop-2.0.0"})
    n, c = symmetric(3, 3)
    current("norm-group-2d", n, (8, 8), {**c, "norm": "group_norm"}, norm="group_norm")
    current("norm-instance-1d", symmetric(4)[0], (12,), {**symmetric(4)[1], "norm": "instance_norm"}, norm="instance_norm")
    current("padding-2d", n, (10, 7), {**c, "domain_padding": [0.25, 0.3]}, exact_shift, domain_padding=[0.25, 0.3])
    current("padding-1d", symmetric(4)[0], (16,), {**symmetric(4)[1], "domain_padding": [0.1]}, domain_padding=0.1)
    current("stabilizer-2d", n, (8, 8), {**c, "stabilizer": "tanh"}, stabilizer="tanh")
    current("skips-2d", n, (8, 8), {**c, "fno_skip": "soft-gating", "channel_mlp_skip": "linear"}, fno_skip="soft-gating", channel_mlp_skip="linear")
    current("no-mlp-2d", n, (8, 8), {**c, "fno_skip": "identity", "channel_mlp_expansion": -1, "positional_embedding": "none", "lifting_ratio": -1,
            "projection_ratio": 3, "norm": "group_norm"}, fno_skip="identity", use_channel_mlp=False, positional_embedding=None, lifting_channel_ratio=0,
            projection_channel_ratio=3, norm="group_norm")
    classic("classic-1d-even", (5,), (16,))
    classic("classic-1d-odd", (5,), (15,), layers=3)
    classic("classic-2d-even", (4, 3), (12, 10))
    classic("classic-2d-odd", (4, 3), (11, 9))
    classic("classic-3d-even", (2, 2, 2), (6, 4, 6))
    classic("classic-3d-odd", (2, 2, 2), (5, 6, 7))


if __name__ == "__main__":
    main()
