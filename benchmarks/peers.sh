#!/bin/sh
# Measures eddy beside PyTorch with neuraloperator, beside PDEArena's U-Net and beside numpy's OpenBLAS: the table of benchmarks/peers.md and
# benchmarks/out/peers.jsonl; the U-Net rows also go to benchmarks/ks/speed.json.
#
#   sh benchmarks/peers.sh [-only REGEXP] [-seconds S] [-scaling]
#   sh benchmarks/peers.sh -only unet          # the U-Net rows alone
#
# PDEArena's source is that of $EDDY_PEERS_PDEARENA, or a clone in benchmarks/out, made where it is missing.
# Python is that of the first of these that has the packages: $EDDY_PEERS_PYTHON, an active virtual environment, .venv in the source tree, python3.
set -eu
cd "$(dirname "$0")/.."

found=
for python in "${EDDY_PEERS_PYTHON:-}" "${VIRTUAL_ENV:+$VIRTUAL_ENV/bin/python}" .venv/bin/python python3; do
	[ -n "$python" ] || continue
	if command -v "$python" >/dev/null 2>&1 && "$python" -c 'import torch, neuralop, numpy' >/dev/null 2>&1; then
		found=$python
		break
	fi
done
if [ -z "$found" ]; then
	cat >&2 <<-'END'
		benchmarks/peers.sh: no Python with torch, neuraloperator and numpy. Make a virtual environment in the source tree once (about 2 GB):

		    python3 -m venv .venv
		    .venv/bin/pip install torch neuraloperator numpy

		and run this again; or name an interpreter that has them: EDDY_PEERS_PYTHON=/path/to/python make bench-peers
	END
	exit 1
fi

# OpenBLAS picks its own kernel, oneDNN its own instruction set.
unset OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS ONEDNN_MAX_CPU_ISA DNNL_MAX_CPU_ISA ATEN_CPU_CAPABILITY MKL_ENABLE_INSTRUCTIONS 2>/dev/null || true

mkdir -p benchmarks/out
pdearena=${EDDY_PEERS_PDEARENA:-benchmarks/out/pdearena}
if [ ! -f "$pdearena/pdearena/modules/conditioned/oned_unet.py" ]; then
	git clone --quiet https://github.com/pdearena/pdearena "$pdearena" && git -C "$pdearena" checkout --quiet 78a8b03 || {
		echo "benchmarks/peers.sh: no PDEArena for the U-Net rows: clone it at 78a8b03 and name the folder, EDDY_PEERS_PDEARENA=/path/to/pdearena" >&2
		exit 1
	}
fi
${GO:-go} build -o benchmarks/out/peers-bin ./benchmarks/peers
exec benchmarks/out/peers-bin -python "$found" -pdearena "$pdearena" -page benchmarks/peers.md "$@"
