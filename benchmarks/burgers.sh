#!/bin/sh
# The FNO paper's Burgers task by its printed law: periodic unit interval, u₀ from N(0, 625(−Δ+25I)⁻²), u₀ → u(t = 1); 1000 training pairs on 256 points, 200 test
# pairs on 1024, ν = 0.1 and 0.01, three seeds. Data and runs go to benchmarks/out/burgers-mean1, rows to results.jsonl there.
#
# The law gives every state a random mean of standard deviation 1, which the equation keeps; at ν = 0.1 it is nearly all that is left of u at t = 1 and of the norm that
# errors are divided by. MEAN=0 takes it out, which makes the task harder.
#
#   sh benchmarks/burgers.sh                  eddy and the rows that need no learning
#   MEAN=0 sh benchmarks/burgers.sh           without the mean
#   PEER=python3 sh benchmarks/burgers.sh     and neuraloperator, trained on the same pairs in as many passes (see benchmarks/README.md)
set -eu
cd "$(dirname "$0")/.."
mean=${MEAN:-1}
out=${OUT:-benchmarks/out/burgers-mean$mean}
epochs=${EPOCHS:-150}
seeds=${SEEDS:-0 1 2}
mkdir -p "$out"
go build -o "$out/eddy" ./cmd/eddy
go build -o "$out/rows" ./benchmarks/burgers

for nu in 0.1 0.01; do
	case $nu in 0.1) modes=16 ;; *) modes=64 ;; esac # at ν = 0.1 hardly anything is left above frequency 2
	for part in "train 1000 256" "test 200 1024"; do
		# shellcheck disable=SC2086 # split into name, trajectories, grid
		set -- $part
		[ -e "$out/$1-$nu.hdf5" ] || "$out/eddy" generate burgers --out "$out/$1-$nu.hdf5" --trajectories "$2" --steps 1 --grid "$3" --split "$1" --seed 1 \
			--set mean="$mean" --set viscosity=$nu --set dt=1 --set length=1 --set solve=2048 --set substeps=1024
	done
	runs=
	for seed in $seeds; do
		run="$out/fno-$nu-seed$seed"
		[ -e "$run/done" ] || {
			resume=
			[ -e "$run/state.safetensors" ] && resume=--resume
			"$out/eddy" train benchmarks/burgers/burgers.toml --out "$run" --seed "$seed" --set data.train="$out/train-$nu.hdf5" --set model.modes="[$modes]" \
				--set train.steps=$((epochs * 50)) $resume
			touch "$run/done"
		}
		runs="$runs $run"
	done
	# shellcheck disable=SC2086 # a list of runs
	"$out/rows" -train "$out/train-$nu.hdf5" -test "$out/test-$nu.hdf5" -viscosity $nu $runs | tee -a "$out/results.jsonl"
	if [ -n "${PEER:-}" ]; then
		for seed in $seeds; do
			$PEER benchmarks/burgers/peer.py "$out/train-$nu.hdf5" "$out/test-$nu.hdf5" --epochs "$epochs" --every 1 --modes "$modes" --width 32 --seed "$seed" --out "$out/results.jsonl"
		done
	fi
done
