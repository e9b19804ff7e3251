#!/bin/sh
# run.sh [--small] [--keep] [NOTEBOOK.ipynb…]: executes notebooks of this folder (all of them) from top to bottom and fails when a cell does. --small takes the small numbers of the cells tagged
# "parameters", as `make test` does; --keep puts the executed notebooks in the place of those of this folder. The executed copies, as notebooks and as web pages, go to bin/notebooks/ (with --small
# to bin/notebooks/small/); so do the Go kernel and its settings, and nothing in the user's home is touched. The folder's own go.mod pins the kernel.
set -eu
cd "$(dirname "$0")"
home=$(dirname "$PWD")/bin/notebooks
go=${GO:-go}
small= keep=
while [ $# -gt 0 ]; do
	case $1 in
	--small) small=yes ;;
	--keep) keep=yes ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || set -- *.ipynb
out=$home${small:+/small}

fail() {
	echo "notebooks: $*" >&2
	exit 1
}

command -v "$go" >/dev/null 2>&1 || fail "Go is missing. Install Go 1.26 or newer from https://go.dev/dl/ and put its bin folder on the PATH."

if ! command -v jupyter-nbconvert >/dev/null 2>&1; then
	command -v apt-get >/dev/null 2>&1 ||
		fail "jupyter-nbconvert, which executes notebooks, is missing. Install it and try again: Fedora 'dnf install python3-nbconvert', Arch 'pacman -S jupyter-nbconvert', others 'pipx install nbconvert'."
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null 2>&1 || fail "jupyter-nbconvert is missing. Ask root for: apt-get install jupyter-nbconvert"
		sudo=sudo
	fi
	echo "notebooks: installing jupyter-nbconvert with apt-get" >&2
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || echo "notebooks: apt-get update failed, going on with the package lists at hand" >&2
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends jupyter-nbconvert >&2 ||
		fail "apt-get could not install jupyter-nbconvert. Install it by hand and try again."
fi

# The kernel compiles every cell with the go command, and calls goimports.
mkdir -p "$home/bin" "$out"
PATH=$home/bin:$(dirname "$(command -v "$go")"):$PATH
export PATH
GOBIN=$home/bin "$go" install tool
"$go" build -o "$home/bin/" ./internal/small
"$go" build ./... # what the notebooks import, so that no cell has to wait for it

export JUPYTER_DATA_DIR="$home/jupyter" JUPYTER_CONFIG_DIR="$home/jupyter/config" JUPYTER_RUNTIME_DIR="$home/jupyter/runtime" IPYTHONDIR="$home/jupyter/ipython"
gonb --install --force_deps --raw_error >"$home/kernel.log" 2>&1 || fail "the Go kernel could not be installed; see $home/kernel.log"

# convert NAME ARGUMENT…: a conversion of a notebook; where it fails, its log without the kernel's own lines.
convert() {
	log=$out/$1.log
	shift
	jupyter-nbconvert --output-dir "$out" "$@" >>"$log" 2>&1 && return
	grep -v '^[IWEF][0-9]' "$log" | tail -n 60 >&2
	return 1
}

for notebook; do
	name=${notebook%.ipynb}
	echo "notebooks: executing $name" >&2
	rm -f "$out/$name".*
	source=$notebook
	if [ -n "$small" ]; then # beside the others, because notebooks reach files by their place
		source=.small-$notebook
		trap 'rm -f .small-*.ipynb' EXIT
		small "$notebook" "$source" || fail "$name has no small numbers"
	fi
	convert "$name" --to notebook --execute --ExecutePreprocessor.record_timing=False --ExecutePreprocessor.timeout=900 --output "$name" "$source" ||
		fail "$name failed; its whole log is $out/$name.log"
	convert "$name" --to html "$out/$name.ipynb" || fail "$name ran, but could not be made a web page; its whole log is $out/$name.log"
	# To the kernel a cell whose program panics or exits with an error has run all the same: its end ("exit status 2") is only text on stderr, where a sound cell writes nothing.
	if grep -A 20 '"name": "stderr"' "$out/$name.ipynb" >&2; then
		fail "a cell of $name wrote this to stderr; see $out/$name.html"
	fi
	[ -z "$keep" ] || cp "$out/$name.ipynb" "$notebook"
	echo "notebooks: wrote $out/$name.html" >&2
done
