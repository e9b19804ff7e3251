#!/bin/sh
# Measures the Gaussian-process solvers and writes benchmarks/gp.md: every part in a process of its own, so that memory is that part's. About an hour on two cores, most of it GP-HM.
# PARTS="tasks factor" measures some of them; PYTHON names an interpreter with NumPy (on OpenBLAS) that measures the speed times are scaled by.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$GO" build -o "$tmp/gp" ./benchmarks/gp
blas=$(OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 "${PYTHON:-python3}" - 2>/dev/null <<'EOF' || echo 0
import time
import numpy

a = numpy.random.default_rng(0).standard_normal((1024, 1024)).astype(numpy.float32)
b = a.T.copy()
best = 1e9
for _ in range(20):
    start = time.perf_counter()
    a @ b
    best = min(best, time.perf_counter() - start)
print(f"{2 * 1024**3 / best / 1e9:.1f}")
EOF
)
for part in ${PARTS:-machine tasks noise calibration calibration-u6 inverse factor bad scale gphm-1d gphm-2d gphm-adam}; do
	"$tmp/gp" -only "$part" -blas "$blas"
done
