#!/bin/sh
# What `make demo` runs: solvers write HDF5 files, Fourier neural operators are trained on them, rolled out on states that they have not seen, and judged. First a chaotic
# front in one dimension (the Kuramoto-Sivashinsky equation), then two-dimensional turbulence. Everything goes to demo/.
set -eu
cd "$(dirname "$0")/.."
eddy=bin/eddy
data=demo/data
rm -rf demo
mkdir -p "$data"

say() { printf '\n== %s\n' "$*" >&2; }

# front FILE SPLIT TRAJECTORIES STEPS; flow likewise. The random states of the splits differ.
front() { $eddy generate ks --out "$data/$1.hdf5" --split "$2" --trajectories "$3" --steps "$4" --seed 1 --grid 128 --set length=64 --set dt=1; }
flow() {
	$eddy generate kolmogorov --out "$data/$1.hdf5" --split "$2" --trajectories "$3" --steps "$4" --seed 1 --grid 48x48 \
		--set viscosity=0.02 --set dt=0.25 --set substeps=10 --set warmup=60
}

say "1/6  solve the Kuramoto-Sivashinsky equation from random states"
front train train 150 100
front valid valid 4 60
front test test 16 100

say "2/6  what is in a file"
$eddy inspect $data/test.hdf5

say "3/6  train a Fourier neural operator"
$eddy train examples/ks.toml --out demo/run

say "4/6  roll it out on states that it has not seen"
$eddy eval demo/run --data $data/test.hdf5 --out demo --against persistence,climatology

say "5/6  the same for turbulence: the Navier-Stokes equations on a periodic square, stirred by a sinusoidal force"
flow flow-train train 48 80
flow flow-test test 8 60
$eddy train examples/flow.toml --out demo/flow/run

say "6/6  roll it out"
$eddy eval demo/flow/run --data $data/flow-test.hdf5 --out demo/flow --against persistence,climatology

say "done: open demo/report.html and demo/flow/report.html in a browser"
