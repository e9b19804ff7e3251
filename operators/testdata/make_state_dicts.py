"""Writes state dicts as a user of PyTorch saves them, and rollouts of those networks:

    neuralop.safetensors   a 2-D FNO of neuraloperator, state_dict() saved with save_file
    classic.safetensors    a 1-D FNO with the modules of the FNO paper's scripts
    rollouts.safetensors   "<name>:input" [B, C, X...] and "<name>:frames" [B, 5, C, X...], five steps of each network from its own output

Made with Python 3.11, torch 2.15.0, neuraloperator 2.0.0, safetensors 0.8.0: python make_state_dicts.py
"""
import torch
import torch.nn.functional as F
from neuralop.models import FNO
from safetensors.torch import save_file

torch.manual_seed(0)


class SpectralConv1d(torch.nn.Module):
    def __init__(self, width, modes):
        super().__init__()
        self.modes = modes
        self.weights1 = torch.nn.Parameter(torch.rand(width, width, modes, dtype=torch.cfloat) / width**2)

    def forward(self, x):
        ft = torch.fft.rfft(x)
        out = torch.zeros_like(ft)
        out[..., : self.modes] = torch.einsum("bix,iox->box", ft[..., : self.modes], self.weights1)
        return torch.fft.irfft(out, n=x.size(-1))


class FNO1d(torch.nn.Module):
    def __init__(self, modes, width):
        super().__init__()
        self.fc0 = torch.nn.Linear(2, width)
        for i in range(4):
            self.add_module(f"conv{i}", SpectralConv1d(width, modes))
            self.add_module(f"w{i}", torch.nn.Conv1d(width, width, 1))
        self.fc1 = torch.nn.Linear(width, 128)
        self.fc2 = torch.nn.Linear(128, 1)

    def forward(self, x):
        grid = torch.linspace(0, 1, x.size(-1)).expand(x.size(0), 1, -1)
        x = self.fc0(torch.cat([x, grid], 1).movedim(1, -1)).movedim(-1, 1)
        for i in range(4):
            x = getattr(self, f"conv{i}")(x) + getattr(self, f"w{i}")(x)
            if i < 3:
                x = F.gelu(x)
        return self.fc2(F.gelu(self.fc1(x.movedim(1, -1)))).movedim(-1, 1)


def save_state_dict(model, path):
    """The lines that the documentation shows."""
    state = {k: v.contiguous() for k, v in model.state_dict().items() if torch.is_tensor(v)}
    save_file(state, path)


rollouts = {}
for name, model, x in [
    ("neuralop", FNO(n_modes=(7, 7), in_channels=2, out_channels=2, hidden_channels=6, n_layers=2), torch.randn(2, 2, 12, 16)),
    ("classic", FNO1d(5, 4), torch.randn(3, 1, 20)),
]:
    save_state_dict(model, f"{name}.safetensors")
    rollouts[f"{name}:input"] = x
    frames = []
    with torch.no_grad():
        for _ in range(5):
            x = model(x)
            frames.append(x)
    rollouts[f"{name}:frames"] = torch.stack(frames, 1).contiguous()
save_file(rollouts, "rollouts.safetensors")
