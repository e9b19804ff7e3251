"""Writes adamw.json: twelve steps of torch.optim.AdamW on one tensor, in float32.

Made with Python 3.11, torch 2.15.0: python make_adamw.py
Gradients are given numbers, scaled up at one step so that clipping to norm 1 acts; the rate follows linear warm-up and a cosine to 0; the running mean of the
weights is torch's lerp with decay min(0.99, (1 + t)/(10 + t)).
"""
import json
import math

import torch

torch.manual_seed(0)
STEPS, WARMUP, LR, DECAY, CLIP = 12, 4, 0.01, 0.1, 1.0


def rate(step):
    if step < WARMUP:
        return LR * (step + 1) / WARMUP
    return LR * 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


p = torch.nn.Parameter(torch.randn(7))
ema = p.detach().clone()
optimiser = torch.optim.AdamW([p], lr=LR, weight_decay=DECAY, foreach=False)
out = {"start": p.tolist(), "warmup": WARMUP, "lr": LR, "weight_decay": DECAY, "clip": CLIP, "steps": []}
for step in range(STEPS):
    g = torch.randn(7) * (5 if step == 6 else 0.2)
    p.grad = g.clone()
    norm = torch.nn.utils.clip_grad_norm_([p], CLIP)
    for group in optimiser.param_groups:
        group["lr"] = rate(step)
    optimiser.step()
    decay = min(0.99, (2 + step) / (11 + step))
    ema = ema * decay + p.detach() * (1 - decay)
    out["steps"].append({"grad": g.tolist(), "norm": float(norm), "lr": rate(step), "param": p.tolist(), "ema": ema.tolist()})
with open("adamw.json", "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
