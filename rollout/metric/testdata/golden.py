"""Reference values for the metrics: formulas written out in NumPy and SciPy, and neuraloperator's own relative L2 loss.

    python golden.py > golden.json

The versions used are in the file.
"""
import json
import sys

import neuralop
import numpy as np
import scipy
import scipy.stats
import torch
from neuralop.losses import LpLoss

rng = np.random.default_rng(7)


def shells(shape, lengths, field):
    """Power per shell of |k| in units of 2 pi / longest length, by the full complex transform."""
    c = np.fft.fftn(field) / field.size
    k2 = np.zeros(shape)
    for axis, (n, length) in enumerate(zip(shape, lengths)):
        k = np.fft.fftfreq(n, 1 / n) * max(lengths) / length
        k2 += (k**2).reshape([-1 if a == axis else 1 for a in range(len(shape))])
    j = np.floor(np.sqrt(k2) + 0.5).astype(int)
    return np.bincount(j.ravel(), weights=(np.abs(c) ** 2).ravel())


def windowed(shape, periodic, field):
    """The field's deviation from its mean under Hann windows of mean square 1 on axes that are not periodic."""
    out = field - field.mean()
    for axis, (n, wraps) in enumerate(zip(shape, periodic)):
        if not wraps:
            w = np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 * np.sqrt(8 / 3)
            out = out * w.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return out


def case(name, b, c, shape, lengths, periodic, offset):
    y = (rng.standard_normal((b, c, *shape)) + offset).astype(np.float32)
    p = (y + 0.3 * rng.standard_normal(y.shape)).astype(np.float32)
    Y, P = y.astype(np.float64), p.astype(np.float64)
    x = tuple(range(2, 2 + len(shape)))
    mse = ((P - Y) ** 2).mean(x)
    correlation = [[scipy.stats.pearsonr(P[i, j].ravel(), Y[i, j].ravel()).statistic for j in range(c)] for i in range(b)]
    grown = [length if wraps else length * n / (n - 1) for n, length, wraps in zip(shape, lengths, periodic)]

    def power(u):
        if all(periodic):
            return shells(shape, grown, u)
        s = shells(shape, grown, windowed(shape, periodic, u))
        s[0] += u.mean() ** 2
        return s

    py = [power(Y[i, j]) for i in range(b) for j in range(c)]
    pd = [power(P[i, j] - Y[i, j]) for i in range(b) for j in range(c)]
    bands = [(0, min(4, len(py[0])))] + [(4, min(12, len(py[0])))] * (len(py[0]) > 4) + [(12, len(py[0]))] * (len(py[0]) > 12)
    return {
        "name": name, "shape": [b, c, *shape], "lengths": lengths, "periodic": periodic,
        "pred": p.ravel().tolist(), "truth": y.ravel().tolist(),
        "rmse": np.sqrt(mse).ravel().tolist(),
        "nrmse": (np.sqrt(mse) / np.sqrt((Y**2).mean(x))).ravel().tolist(),
        "vrmse": (np.sqrt(mse) / Y.std(x)).ravel().tolist(),
        "correlation": np.array(correlation).ravel().tolist(),
        "relative_l2": relative_l2(p, y),
        "power": np.concatenate(py).tolist(), "error_power": np.concatenate(pd).tolist(),
        "band_error": [np.sqrt(d[f:t].sum() / s[f:t].sum()) for s, d in zip(py, pd) for f, t in bands],
        "frmse": [np.sqrt(d[f:t]).mean() for d in pd for f, t in bands],
    }


def relative_l2(p, y):
    """neuraloperator's LpLoss on one flattened trajectory at a time (its reduction is over the batch)."""
    loss = LpLoss(d=1, p=2, reduction="mean", eps=0)  # the default adds 1e-8 to the denominator
    flat = [torch.tensor(u.reshape(len(u), 1, 1, -1), dtype=torch.float64) for u in (p, y)]
    return [float(loss.rel(a, b)) for a, b in zip(*flat)]


out = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "torch": torch.__version__, "neuralop": neuralop.__version__},
    "cases": [
        case("1-D", 2, 1, [30], [3.0], [True], 0.0),
        case("1-D, not periodic, offset", 1, 2, [17], [1.0], [False], 5.0),
        case("2-D", 2, 2, [12, 9], [2.0, 2.0], [True, True], 0.5),
        case("2-D, channel flow", 1, 1, [8, 12], [2.0, 1.0], [True, False], 1.0),
        case("3-D, long box", 1, 1, [8, 4, 6], [4.0, 1.0, 2.0], [True, True, True], 0.0),
    ],
}
json.dump(out, sys.stdout)
