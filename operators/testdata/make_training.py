"""Writes training.safetensors: thirty steps of training neuraloperator's FNO in PyTorch, for a test that repeats them.

Tensors: "start:NAME" and "end:NAME", the weights before and after (complex ones of dtype C64); "data" [trajectory, frame, channel, x]; "losses" [30]. Every
step uses all pairs of neighbouring frames: mean over pairs of the relative L2 error of the next frame, AdamW, norm clipped at 0.5, five steps of
linear warm-up and a cosine to 0.

Made with Python 3.11, torch 2.15.0, neuraloperator 2.0.0, safetensors 0.8.0: python make_training.py
"""
import math

import torch
from neuralop.models import FNO
from safetensors.torch import save_file

STEPS, WARMUP, LR, DECAY, CLIP = 30, 5, 2e-2, 1e-2, 0.5

torch.manual_seed(0)
x = torch.arange(16) / 16
phase, amplitude = torch.rand(4, 1, 3, 1), torch.randn(4, 1, 3, 1)
k, t = torch.arange(1, 4).view(1, 1, 3, 1), torch.arange(5).view(1, 5, 1, 1) / 16
data = (amplitude * torch.sin(2 * math.pi * (k * (x - t) + phase))).sum(2, keepdim=True).contiguous()
u, y = data[:, :-1].flatten(0, 1), data[:, 1:].flatten(0, 1)

model = FNO(n_modes=(7,), in_channels=1, out_channels=1, hidden_channels=6, n_layers=2)
tensors = {"data": data} | {f"start:{n}": v.clone().contiguous() for n, v in model.state_dict().items() if torch.is_tensor(v)}
gates = {id(p) for n, p in model.named_parameters() if "channel_mlp_skips" in n}
decayed = [p for n, p in model.named_parameters() if not n.endswith("bias") and id(p) not in gates]
plain = [p for n, p in model.named_parameters() if n.endswith("bias") or id(p) in gates]
optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0}], lr=LR, foreach=False)
losses = []
for step in range(STEPS):
    optimiser.zero_grad()
    loss = ((model(u) - y).flatten(1).norm(dim=1) / y.flatten(1).norm(dim=1)).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    for group in optimiser.param_groups:
        group["lr"] = LR * ((step + 1) / WARMUP if step < WARMUP else 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP))))
    optimiser.step()
    losses.append(loss.item())
tensors |= {f"end:{n}": v.clone().contiguous() for n, v in model.state_dict().items() if torch.is_tensor(v)}
tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
print(losses[0], losses[-1])
save_file(tensors, "training.safetensors")
