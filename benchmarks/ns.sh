#!/bin/sh
# The FNO paper's Navier–Stokes task at ν = 1e-3 on 64²: 1000 training and 200 test trajectories to t = 50 from the printed law of initial states, one-step training, rollouts of 40
# steps from ten frames. Data and run go to benchmarks/out/ns.
#
#   sh benchmarks/ns.sh
#   STEPS=5000 sh benchmarks/ns.sh            a shorter training
set -eu
cd "$(dirname "$0")/.."
out=${OUT:-benchmarks/out/ns}
mkdir -p "$out"
go build -o "$out/eddy" ./cmd/eddy
go build -o "$out/rows" ./benchmarks/ns
for part in "test 200" "train 1000"; do
	# shellcheck disable=SC2086 # split into name and trajectories
	set -- $part
	[ -e "$out/$1.hdf5" ] || "$out/eddy" generate ns-fno --out "$out/$1.hdf5" --trajectories "$2" --steps 50 --grid 64x64 --split "$1" --seed 1 \
		--set viscosity=1e-3 --set dt=1 --set substeps=16
done
run=$out/fno
[ -e "$run/done" ] || {
	resume=
	[ -e "$run/state.safetensors" ] && resume=--resume
	"$out/eddy" train benchmarks/ns/ns.toml --out "$run" --set data.train="$out/train.hdf5" --set train.steps="${STEPS:-15000}" $resume
	touch "$run/done"
}
"$out/rows" -test "$out/test.hdf5" "$run" | tee "$out/results.jsonl"
