"""Reads a run with the current block in Python and builds neuraloperator's FNO from it: python read_run.py RUN/best.safetensors

Tried with torch 2.15.0, neuraloperator 2.0.0, safetensors 0.8.0.
"""
import json
import re
import sys

import torch
from neuralop.models import FNO
from safetensors import safe_open

with safe_open(sys.argv[1], "pt") as f:
    meta = json.loads(f.metadata()["eddy"])  # kind, config, spec, normaliser, target, step, seed
    weights = {name: f.get_tensor(name) for name in f.keys()}

config, dims = meta["config"], len(meta["spec"]["grid"]["axes"])
renames = [  # our name, neuraloperator's name, change of shape
    (r"blocks\.(\d+)\.spectral\.weight", r"fno_blocks.convs.\1.weight.tensor",
     lambda w: torch.complex(w[..., 0, :], w[..., 1, :]).movedim((-2, -1), (0, 1))),  # [k..., in, 2, out] to [in, out, k...]
    (r"blocks\.(\d+)\.spectral\.bias", r"fno_blocks.convs.\1.bias", lambda w: w.view(-1, *[1] * dims)),
    (r"blocks\.(\d+)\.skip\.weight", r"fno_blocks.fno_skips.\1.conv.weight", lambda w: w[..., None]),
    (r"blocks\.(\d+)\.mlp_skip\.gain", r"fno_blocks.channel_mlp_skips.\1.weight", lambda w: w.view(1, -1, *[1] * dims)),
    (r"blocks\.(\d+)\.mlp\.(fcs\.\d\.weight)", r"fno_blocks.channel_mlp.\1.\2", lambda w: w[..., None]),
    (r"blocks\.(\d+)\.mlp\.(fcs\.\d\.bias)", r"fno_blocks.channel_mlp.\1.\2", lambda w: w),
    (r"((?:lifting|projection)\.fcs\.\d\.weight)", r"\1", lambda w: w[..., None]),
    (r"((?:lifting|projection)\.fcs\.\d\.bias)", r"\1", lambda w: w),
]
state = {}
for name, w in weights.items():
    pattern, new, change = next(r for r in renames if re.fullmatch(r[0], name))
    state[re.sub(pattern, new, name)] = change(w).contiguous()

n = [m if config["mode_layout"] == "neuralop" else 2 * m - 1 for m in config["modes"]]  # symmetric m is n_modes 2m-1
fields = len(meta["spec"]["fields"])
model = FNO(n_modes=n * dims if len(n) == 1 else n, hidden_channels=config["width"], n_layers=config["layers"],
            in_channels=fields * meta["spec"]["history"], out_channels=fields)
model.load_state_dict(state)
print(model)
