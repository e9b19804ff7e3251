"""Writes reference.safetensors, the bytes that the reference implementation gives for one array of every kind that matters.

Made with Python 3.11, torch 2.15.0, safetensors 0.8.0: python make_reference.py
"""
import torch
from safetensors.torch import save_file

save_file(
    {
        "w": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
        "index": torch.tensor([1, -2]),
        "modes": torch.tensor([1 + 2j, 3 - 4j], dtype=torch.complex64),
        "bytes": torch.tensor([7, 8, 255], dtype=torch.uint8),
        "scalar": torch.tensor(3.5),
        "empty": torch.zeros(0, 4),
        "half": torch.tensor([1.0, 2.0], dtype=torch.bfloat16),
        "b<ü": torch.tensor([0.1], dtype=torch.float64),
    },
    "reference.safetensors",
    metadata={"note": "a<é> \"quoted\"\n"},
)
