#!/bin/sh
# Measures the tables of benchmarks/datasets.md, part by part: PARTS="read layouts" measures some of them. H5PY, EXPONAX and JAXCFD name interpreters with those packages; the parts
# whose interpreter is not named are left as they are.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$GO" build -o "$tmp/datasets" ./benchmarks/datasets
for part in ${PARTS:-layouts corrupt read kuramoto-sivashinsky navier-stokes}; do
	python=none
	case $part in
	read) python=${H5PY:-} ;;
	kuramoto-sivashinsky) python=${EXPONAX:-} ;;
	navier-stokes) python=${JAXCFD:-} ;;
	esac
	if [ -z "$python" ]; then
		echo "datasets: $part is left out, because no interpreter is named for it" >&2
		continue
	fi
	"$tmp/datasets" -python "$python" -page benchmarks/datasets.md "$part"
done
