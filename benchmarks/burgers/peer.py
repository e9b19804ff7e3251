"""neuraloperator trained by its own Trainer on the Burgers files that `eddy generate` wrote.

    python peer.py TRAIN.hdf5 TEST.hdf5 --epochs 150 --seed 0 --out peer.jsonl

The same samples in the same number of passes as eddy's run: `--every 4` would train on every fourth point of the grid; the test is on all points. Optimiser and
schedule are neuraloperator's AdamW (lr 1e-3, weight decay 1e-4) with torch's cosine annealing to zero, its relative L2 loss, its default FNO block.
Needs neuraloperator and h5py; see ../README.md for the versions used.
"""
import argparse
import json
import time

import h5py
import numpy as np
import torch
from neuralop import LpLoss, Trainer
from neuralop.models import FNO
from neuralop.training import AdamW


class Pairs(torch.utils.data.Dataset):
    """(u at t = 0, u at t = 1) of every trajectory of a file in The Well's layout."""

    def __init__(self, path, every):
        with h5py.File(path) as f:
            fields = f["t0_fields"]
            u = np.asarray(fields[list(fields.keys())[0]], dtype=np.float32)
        self.x, self.y = (torch.from_numpy(u[:, t, None, ::every].copy()) for t in (0, 1))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"x": self.x[i], "y": self.y[i]}


def relative_l2(model, data):
    """Mean over the test pairs of ‖prediction − truth‖ / ‖truth‖."""
    with torch.inference_mode():
        p = torch.cat([model(x) for x in data.x.split(50)])
    d = (p - data.y).flatten(1).norm(dim=1) / data.y.flatten(1).norm(dim=1)
    return d.mean().item()


def main():
    a = argparse.ArgumentParser()
    a.add_argument("train"), a.add_argument("test"), a.add_argument("--out", default="peer.jsonl")
    a.add_argument("--epochs", type=int, default=150), a.add_argument("--every", type=int, default=1)
    a.add_argument("--batch", type=int, default=20), a.add_argument("--seed", type=int, default=0)
    a.add_argument("--modes", type=int, default=32), a.add_argument("--width", type=int, default=32)
    a.add_argument("--lr", type=float, default=1e-3), a.add_argument("--threads", type=int, default=2)
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    train, test = Pairs(a.train, a.every), Pairs(a.test, 1)
    model = FNO(n_modes=(a.modes,), in_channels=1, out_channels=1, hidden_channels=a.width)
    loader = torch.utils.data.DataLoader(train, batch_size=a.batch, shuffle=True)
    optimizer = AdamW(model.parameters(), lr=a.lr, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=a.epochs)
    trainer = Trainer(model=model, n_epochs=a.epochs, device="cpu", eval_interval=a.epochs + 1, verbose=False)
    start = time.perf_counter()
    trainer.train(train_loader=loader, test_loaders={}, optimizer=optimizer, scheduler=scheduler,
                  training_loss=LpLoss(d=1, p=2), eval_losses={"l2": LpLoss(d=1, p=2)})
    seconds = time.perf_counter() - start
    row = {"model": "neuraloperator", "seed": a.seed, "epochs": a.epochs, "every": a.every, "modes": a.modes, "width": a.width, "lr": a.lr,
           "train": a.train, "relative_l2": relative_l2(model, test), "seconds": seconds, "threads": a.threads}
    print(json.dumps(row))
    with open(a.out, "a") as f:
        f.write(json.dumps(row) + "\n")


main()
