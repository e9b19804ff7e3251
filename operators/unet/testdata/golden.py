"""Makes the golden files of operators/unet and operators/resnet: weights, input, output, loss and parameter gradients of PDEArena's own modules in float32.

    git clone https://github.com/pdearena/pdearena; git -C pdearena checkout 78a8b03
    pip install torch safetensors numpy
    python golden.py pdearena

writes one .safetensors file per case beside this script and, for the residual networks, into ../../resnet/testdata. Tensors: "input" [B, C, X...], "target",
"output", "level" [B, 1] and "cond" [B, P] where there are such, "param:NAME", "grad:NAME"; metadata: "kind" and "config" as eddy names them, "loss" (mean squared
error of output against target) and the versions used.

PDEArena's one-dimensional recipe (configs/kuramotosivashinsky1d.yaml, padding_mode) makes every nn.Conv1d periodic and leaves nn.ConvTranspose1d as it is; the cases
marked periodic do the same here to the layers of a finished module. Its package imports a deal more than these modules need, so the files are loaded one by one.
"""

import importlib
import json
import pathlib
import sys
import types
from importlib.metadata import version

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)  # the same sums every time
HERE = pathlib.Path(__file__).parent
ROOT = pathlib.Path(sys.argv[1])
COMMIT = "78a8b03"
for name in ("pdearena", "pdearena.modules", "pdearena.modules.conditioned"):
    package = types.ModuleType(name)
    package.__path__ = [str(ROOT / name.replace(".", "/"))]
    sys.modules[name] = package
oned = importlib.import_module("pdearena.modules.conditioned.oned_unet")
twod = importlib.import_module("pdearena.modules.conditioned.twod_unet")
plain = importlib.import_module("pdearena.modules.twod_unet")
resnet = importlib.import_module("pdearena.modules.twod_resnet")


def periodic(model):
    for layer in model.modules():
        if isinstance(layer, (nn.Conv1d, nn.Conv2d)) and layer.padding != (0,) * len(layer.padding):
            layer.padding_mode = "circular"
            layer._reversed_padding_repeated_twice = [p for p in reversed(layer.padding) for _ in range(2)]
    return model


def write(folder, name, model, kind, config, size, cin=2, cout=1, level=True, scalars=0):
    torch.manual_seed(len(name) + 7)
    with torch.no_grad():
        for p in model.parameters():
            p.add_((0.3 if p.ndim == 1 else 0.3 / p[0].numel() ** 0.5) * torch.randn_like(p))  # gains would be one, last layers zero
    x, target = torch.randn(2, cin, *size), torch.randn(2, cout, *size)
    tensors, told = {"input": x, "target": target}, []
    if level:
        tensors["level"] = torch.tensor([[1000 / 3], [0.0]])
        told = [tensors["level"][:, 0]]
    if scalars:
        tensors["cond"] = torch.rand(2, scalars) * 10
        told.append(tensors["cond"] if scalars > 1 else tensors["cond"][:, 0])
    y = model(x[:, None], *told)[:, 0]
    loss = F.mse_loss(y, target)
    loss.backward()
    tensors["output"] = y.detach()
    for n, p in model.named_parameters():
        if p.grad is None:
            print("   unused:", n)
            continue
        tensors["param:" + n], tensors["grad:" + n] = p.detach(), p.grad
    meta = {
        "kind": kind, "config": json.dumps(config), "loss": repr(loss.item()), "versions": f"pdearena {COMMIT}, torch {version('torch')}",
        "parameters": str(sum(p.numel() for p in model.parameters() if p.grad is not None)),
    }
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / f"{name}.safetensors", meta)
    print(f"{name:32} loss {loss.item():.6f}  parameters {meta['parameters']}")


def unet(module, name, size, config, wrap=lambda m: m, scalars=0, conditioned=True, cin=2, cout=1, **more):
    torch.manual_seed(len(name))
    if conditioned:
        more["param_conditioning"] = {0: None, 1: "scalar"}.get(scalars, f"scalar_{scalars}")
    options = {"norm": True, "hidden_channels": 8, "activation": "gelu", "ch_mults": (1, 2), "is_attn": (False, False), "n_blocks": 1, **more}
    if module is oned:
        options["n_dims"] = 1
    model = wrap(module.Unet(cin, 0, cout, 0, 1, 1, **options))
    write(HERE, name, model, "pdearena-unet", {"width": options["hidden_channels"], "multipliers": list(options["ch_mults"]), "blocks": options["n_blocks"], **config}, size, cin, cout, conditioned, scalars)


def main():
    released = {"padding": "periodic", "upsampling": "zeros"}
    unet(oned, "periodic-1d", (16,), released, periodic, scalars=2)
    unet(oned, "zeros-1d-three-resolutions", (12,), {"padding": "zeros"}, scalars=1, ch_mults=(1, 2, 2), is_attn=(False,) * 3)
    unet(oned, "two-blocks-1d-silu", (8,), {**released, "activation": "silu"}, periodic, n_blocks=2, activation="silu")
    unet(oned, "scale-shift-1d-relu", (8,), {"padding": "zeros", "scale_shift": True, "activation": "relu"}, scalars=3, use_scale_shift_norm=True, activation="relu")
    unet(oned, "attention-1d-pointwise", (8,), {"padding": "zeros", "attention": [False, True], "middle_attention": True, "attention_over": "queries", "pointwise_ends": True},
         is_attn=(False, True), mid_attn=True, use1x1=True)
    unet(oned, "no-norm-1d", (8,), {"padding": "zeros", "norm": "none"}, norm=False)
    unet(twod, "conditioned-2d", (8, 4), {"padding": "zeros"}, scalars=1)
    unet(twod, "periodic-2d", (4, 6), released, periodic)
    unet(plain, "plain-2d", (6, 8), {"padding": "zeros"}, conditioned=False, cin=3, cout=2)

    folder = HERE / "../../resnet/testdata"
    for name, norm, wrap, config in (
        ("dilated-2d", False, lambda m: m, {"padding": "zeros"}),
        ("dilated-2d-norm", True, lambda m: m, {"padding": "zeros", "norm": "group_norm"}),
        ("dilated-2d-periodic", False, periodic, {"padding": "periodic"}),
    ):
        torch.manual_seed(3)
        model = resnet.ResNet(2, 0, 1, 0, resnet.DilatedBasicBlock, [1, 1], 1, 1, hidden_channels=4, activation="gelu", norm=norm)
        if wrap is periodic:
            model.padding = 0  # the nine rows of zeros would break the period
        write(folder, name, wrap(model), "pdearena-resnet", {"width": 4, "layers": 2, **config}, (10, 9), level=False)


main()
