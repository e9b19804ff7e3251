#!/bin/sh
# Makes sure that what the build needs is there: Go 1.26, a C compiler and the HDF5 library with its headers. On Debian and Ubuntu the last two are installed
# where they are missing; elsewhere the packages are named. Quiet where there is nothing to do.
#
#   setup.sh        Go, C compiler, HDF5
#   setup.sh go     Go alone
set -eu

fail() {
	echo "setup: $*" >&2
	exit 1
}

check_go() {
	command -v "${GO:-go}" >/dev/null 2>&1 ||
		fail "Go is missing. Install Go 1.26 or newer from https://go.dev/dl/ and put its bin folder on the PATH."
	# Go 1.21 and newer fetch the version that go.mod asks for by themselves.
	"${GO:-go}" version >/dev/null 2>&1 ||
		fail "'${GO:-go} version' fails. This module needs Go 1.26 or newer (https://go.dev/dl/)."
}

# compiles PROGRAM [FLAGS…]: whether a C program compiles and links.
compiles() {
	program=$1
	shift
	dir=$(mktemp -d)
	printf '%s\n' "$program" >"$dir/probe.c"
	status=0
	# shellcheck disable=SC2086 # CC may carry flags
	${CC:-gcc} ${CGO_CFLAGS:-} "$dir/probe.c" -o "$dir/probe" "$@" ${CGO_LDFLAGS:-} >/dev/null 2>&1 || status=1
	rm -rf "$dir"
	return $status
}

have_cc() { compiles 'int main(void) { return 0; }'; }

# The folders are those that the Go binding names for Debian, Ubuntu and Fedora.
have_hdf5() {
	compiles '#include <hdf5.h>
int main(void) { return H5open() < 0; }' \
		-I/usr/include/hdf5/serial -I/usr/lib/x86_64-linux-gnu/hdf5/serial/include -I/usr/lib/aarch64-linux-gnu/hdf5/serial/include \
		-I/usr/local/include -I/opt/homebrew/include \
		-L/usr/lib/x86_64-linux-gnu/hdf5/serial -L/usr/lib/aarch64-linux-gnu/hdf5/serial -L/usr/local/lib -L/opt/homebrew/lib \
		-lhdf5 -lhdf5_hl
}

apt_install() {
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null 2>&1 || fail "missing: $*. Ask root for: apt-get install $*"
		sudo=sudo
	fi
	echo "setup: installing $* with apt-get" >&2
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || echo "setup: apt-get update failed, going on with the package lists at hand" >&2
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 ||
		fail "apt-get could not install: $*. Install them by hand and try again."
}

check_go
[ "${1:-all}" = go ] && exit 0

missing=
have_cc || missing="gcc libc6-dev"
have_hdf5 || missing="$missing libhdf5-dev"
[ -z "$missing" ] && exit 0

if command -v apt-get >/dev/null 2>&1; then
	# shellcheck disable=SC2086 # a list of packages
	apt_install $missing
	have_cc || fail "a C compiler was installed but does not work: '${CC:-gcc}' cannot compile an empty program."
	have_hdf5 || fail "libhdf5-dev was installed but a program with hdf5.h does not link."
else
	fail "missing: a C compiler or the HDF5 library. Install them and try again: Fedora 'dnf install gcc hdf5-devel', Arch 'pacman -S gcc hdf5', Alpine 'apk add gcc musl-dev hdf5-dev', macOS 'xcode-select --install' and 'brew install hdf5'."
fi
