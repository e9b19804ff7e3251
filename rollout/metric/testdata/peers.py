"""Reference values for the metrics by the released code of the projects that define them.

    python peers.py SOURCES > peers.json

SOURCES is a folder with checkouts of the repositories below, under their own names, each at the commit given. They are run as they are; only what
the metrics do not use is left out (package versions, distributed computing). The numbers are float64 wherever the code allows it.

Fields are not stored: both sides draw them from the same generator, exactly (see draw).
"""
import importlib
import importlib.metadata
import importlib.util
import json
import math
import sys
import tempfile
import types
from pathlib import Path

import jax
import numpy as np
import scipy
import scipy.stats
import torch

COMMITS = {
    "PDEBench": "9754b4c", "the_well": "215f55d", "exponax": "1b25e94", "apebench": "591b3d1", "pdearena": "78a8b03", "poseidon": "b8fa28f",
    "neuraloperator": "93d3f06", "fno2021": "fd1fb7a (utilities3.py of neuraloperator's history)", "physicsnemo": "94b3551",
}
src = Path(sys.argv[1])
jax.config.update("jax_enable_x64", True)
torch.set_default_dtype(torch.float64)
for name in ("PDEBench", "the_well", "exponax", "poseidon", "physicsnemo", "fno2021"):
    sys.path.insert(0, str(src / name))

version = importlib.metadata.version
importlib.metadata.version = lambda name: COMMITS.get(name) or version(name)  # the checkouts are not installed
distributed = types.ModuleType("physicsnemo.distributed")
for name in ("DistributedManager", "utils"):
    setattr(distributed, name, None)
sys.modules["physicsnemo.distributed"] = distributed

import exponax as ex  # noqa: E402
import properscoring  # noqa: E402
import scoringrules  # noqa: E402
import utilities3  # noqa: E402
from neuralop.losses import LpLoss  # noqa: E402
from pdebench.models.metrics import metric_func  # noqa: E402
from scOT.metrics import relative_lp_error  # noqa: E402
from the_well.benchmark import metrics as well  # noqa: E402


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, src / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


arena = load("arena_loss", "pdearena/pdearena/modules/loss.py")
text = (src / "physicsnemo/physicsnemo/metrics/general/crps.py").read_text().replace("from .histogram import cdf as cdf_function", "")
nemo_path = Path(tempfile.mkdtemp()) / "crps.py"
nemo_path.write_text(text)
nemo = load("nemo_crps", nemo_path)


def draw(seed, n):
    """The high 24 bits of a linear congruential generator, as exact float32 in [-1, 1)."""
    out, x = np.empty(n, np.float32), seed
    for i in range(n):
        x = (1664525 * x + 1013904223) % 2**32
        out[i] = (x >> 8) / 2**23 - 1
    return out


def fields(seed, shape):
    """Truth and prediction [B, T, C, X...]: noise with an offset that grows with the field, and the truth plus a quarter of other noise and a little bias."""
    n = math.prod(shape)
    truth = draw(seed, n).reshape(shape)
    truth += np.arange(shape[2], dtype=np.float32).reshape(-1, *[1] * (len(shape) - 3)) * np.float32(0.5)
    pred = truth + np.float32(0.25) * draw(seed + 1, n).reshape(shape) + np.float32(0.0625)
    return pred, truth


def flat(x):
    return np.asarray(x, np.float64).ravel().tolist()


def pdebench(P, Y):
    """metric_func per (field, time): with the batch as it is, and with one trajectory at a time for what the code reduces inside a root."""
    axes = [0, *range(3, P.ndim), 1, 2]
    p, y = torch.tensor(P.transpose(axes)), torch.tensor(Y.transpose(axes))
    names = ["rmse", "nrmse", "crmse", "max", "brmse", "frmse"]
    batch = dict(zip(names, metric_func(p, y, if_mean=False, initial_step=0)))
    mean = dict(zip(names, metric_func(p, y, if_mean=True, initial_step=0)))
    single = [dict(zip(names, metric_func(p[b : b + 1], y[b : b + 1], if_mean=False, initial_step=0))) for b in range(len(p))]
    return {
        # [C, T] over the batch; [B, C, T] of each; bRMSE of three dimensions is [B, T] whatever the batch; fRMSE is [C, band, T]
        **{f"{n}_batch": flat(batch[n]) for n in names},
        **{f"{n}_mean": flat(mean[n]) for n in names},
        **{n: flat(np.stack([s[n].numpy() for s in single])) for n in names},
    }


def the_well(P, Y):
    d = P.ndim - 3
    meta = types.SimpleNamespace(n_spatial_dims=d)
    p, y = (torch.tensor(np.moveaxis(u, 2, -1)) for u in (P, Y))  # B T X... C
    out = {n: flat(getattr(well, n)()(p, y, meta)) for n in ("MSE", "MAE", "NMAE", "NMSE", "RMSE", "NRMSE", "VMSE", "VRMSE", "LInfinity", "PearsonR")}
    out |= {n: flat(v) for n, v in well.binned_spectral_mse()(p, y, meta).items()}
    out |= {n: flat(v) for n, v in temporal.WindowedDTW()(p, y, meta, window_size=10).items()}
    out["HistogramW1"] = flat(temporal.HistogramW1()(p, y, meta))
    return out


temporal = importlib.import_module("the_well.benchmark.metrics.temporal")


def apebench(P, Y):
    per = lambda f, **k: flat(jax.vmap(jax.vmap(lambda a, b: f(a, b, **k)))(P, Y))  # noqa: E731
    m = ex.metrics
    out = {}
    for base in ("MAE", "MSE", "RMSE"):
        for to in ("", "n", "s"):
            out[to + base] = per(getattr(m, to + base))
        for to in ("", "n"):
            f = getattr(m, f"fourier_{to}{base}")
            out[f"fourier_{to}{base}"] = per(f)
            out[f"fourier_{to}{base};2;3;0"] = per(f, low=2, high=3)
            out[f"fourier_{to}{base};0;3;2"] = per(f, low=0, high=3, derivative_order=2)
            out[f"H1_{to}{base}"] = per(getattr(m, f"H1_{to}{base}"))
    out["correlation"] = per(m.correlation)
    nrmse = np.array(out["nRMSE"]).reshape(P.shape[:2])
    out["gmean_mean_nRMSE"] = float(scipy.stats.gmean(nrmse.mean(0)))  # what apebench.aggregate_gmean applies
    out["gmean_nRMSE"] = flat(scipy.stats.gmean(nrmse, axis=1))
    return out


def pdearena(P, Y):
    p, y = torch.tensor(P), torch.tensor(Y)
    corr = arena.pearson_correlation(p, y)
    return {
        "pearson": flat(corr),
        "scaledl2": flat(arena.scaledlp_loss(p, y, reduction="none")),
        "scaledl2_frame": flat(torch.stack([arena.scaledlp_loss(p[:, t], y[:, t], reduction="none") for t in range(p.shape[1])], 1)),
        "custommse": flat(arena.custommse_loss(p, y, reduction="none")),
        # time_till_corr_lower of models/pderefiner.py, with a threshold that lies among the values
        "threshold": float(corr.mean(0).mean()),
        "steps": int((corr.mean(0) > corr.mean(0).mean()).float().sum()),
    }


def poseidon(P, Y):
    b, t = P.shape[:2]
    e = relative_lp_error(P.reshape(b * t, *P.shape[2:]), Y.reshape(b * t, *P.shape[2:]), p=1)
    return {"relative_l1": flat(e), "median": float(np.median(e))}


def fno(P, Y):
    d = P.ndim - 3
    new, old = LpLoss(d=d, p=2, reduction="mean"), utilities3.LpLoss(size_average=False)
    p, y = torch.tensor(P), torch.tensor(Y)
    b, t, c = P.shape[:3]
    one = lambda f, u, v: float(f(u, v))  # noqa: E731
    return {
        "neuralop": [one(new.rel, p[i, j, k][None, None], y[i, j, k][None, None]) for i in range(b) for j in range(t) for k in range(c)],
        "frame": [one(old.rel, p[i, j][None], y[i, j][None]) for i in range(b) for j in range(t)],
        "full": [one(old.rel, p[i][None], y[i][None]) for i in range(b)],
    }


def case(name, seed, shape):
    p, y = fields(seed, shape)
    P, Y = p.astype(np.float64), y.astype(np.float64)
    out = {"name": name, "seed": seed, "shape": shape, "PDEBench": pdebench(P, Y), "The Well": the_well(P, Y), "PDEArena": pdearena(P, Y), "FNO": fno(P, Y)}
    space = shape[3:]
    if len(set(space)) == 1:
        out["APEBench"] = apebench(P, Y)
    if len(space) == 2:
        out["Poseidon"] = poseidon(P, Y)
    return out


def ensemble(seed, shape):
    """Members [B, M, C, X] and truth [B, C, X]: noise of amplitude 3/4 and 1; every eighth value of the truth is that of a member."""
    b, m, c, n = shape
    members = np.float32(0.75) * draw(seed, b * m * c * n).reshape(shape)
    truth = draw(seed + 1, b * c * n).reshape(b, c, n)
    truth[..., ::8] = members[:, 1, :, ::8]
    E, Y = members.astype(np.float64), truth.astype(np.float64)
    last = np.moveaxis(E, 1, -1)
    # ranks of the truth among the members, ties shared: scipy's lowest and highest rank
    stacked = np.concatenate([Y[..., None], last], -1)
    lo, hi = (scipy.stats.rankdata(stacked, method=how, axis=-1)[..., 0].astype(int) - 1 for how in ("min", "max"))
    hist = np.zeros((b, c, m + 1))
    for r in range(m + 1):
        hist[..., r] = (((lo <= r) & (r <= hi)) / (hi - lo + 1)).mean(-1)
    spread, skill = np.sqrt(E.var(1, ddof=1).mean(-1)), np.sqrt(((E.mean(1) - Y) ** 2).mean(-1))
    return {
        "seed": seed, "shape": shape,
        "physicsnemo kcrps": flat(nemo.kcrps(torch.tensor(E), torch.tensor(Y), dim=1, biased=True).mean(-1)),
        "physicsnemo kcrps fair": flat(nemo.kcrps(torch.tensor(E), torch.tensor(Y), dim=1, biased=False).mean(-1)),
        "properscoring crps_ensemble": flat(properscoring.crps_ensemble(Y, last).mean(-1)),
        "scoringrules crps_ensemble fair": flat(scoringrules.crps_ensemble(Y, last, estimator="fair").mean(-1)),
        "scipy rankdata": flat(hist), "numpy spread": flat(spread), "numpy skill": flat(skill),
        "numpy corrcoef": [float((np.corrcoef(E[i, :, j]).sum() - m) / (m * (m - 1))) for i in range(b) for j in range(c)],
    }


out = {
    "commits": COMMITS,
    "versions": {m: version(m) for m in ("numpy", "scipy", "torch", "jax", "neuraloperator", "properscoring", "scoringrules")},
    "cases": [
        case("1-D", 1, [3, 4, 2, 30]),
        case("1-D, odd", 3, [2, 2, 1, 27]),
        case("2-D", 5, [2, 3, 2, 16, 16]),
        case("2-D, 32 points", 7, [1, 1, 2, 32, 32]),
        case("2-D, long", 9, [2, 2, 2, 12, 26]),
        case("1-D, 16 steps", 13, [1, 16, 2, 12]),
        case("3-D", 11, [2, 2, 2, 10, 10, 10]),
    ],
    "ensembles": [ensemble(21, [2, 5, 2, 64]), ensemble(23, [1, 2, 1, 40])],
}


def rounded(v):
    """12 digits are enough for comparisons at 1e-6 and keep the file small. JSON has no NaN: null."""
    if isinstance(v, dict):
        return {k: rounded(w) for k, w in v.items()}
    if isinstance(v, list):
        return [rounded(w) for w in v]
    if isinstance(v, float):
        return None if math.isnan(v) else float(f"{v:.12g}")
    return v


json.dump(rounded(out), sys.stdout, separators=(",", ":"))
