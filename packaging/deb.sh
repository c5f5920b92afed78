#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Debian packages of a release tarball, checked by lintian:
#
#   packaging/deb.sh TARBALL DIR     packages go into DIR
#
# `make deb` calls it. It needs debhelper and lintian, and what the README lists.
set -euo pipefail
tarball=$(realpath "$1")
mkdir -p "$2"
to=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tar -x -C "$work" -f "$tarball"
cd "$work"/heapreplay-*
cp -r packaging/debian debian
# The upstream tests have run by the time that a tarball is packaged.
DEB_BUILD_OPTIONS="nocheck parallel=$(nproc) ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage -b -us -uc -d
cd ..
lintian --fail-on error,warning -i heapreplay_*.changes
mv -- *.deb "$to"
