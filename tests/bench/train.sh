#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What `make pgo` runs, for gcc to see which way the program goes where people wait:
# the sample traces through each of the longer commands. What it prints is of no use.
set -euo pipefail
. "$top_srcdir/tests/lib.sh"

traces=$top_srcdir/traces
for trace in "$traces"/*.trace.zst "$traces"/*.heaptrack.zst "$traces"/*.pagetrace.zst; do
	"$HEAPREPLAY" info -q "$trace"
	"$HEAPREPLAY" compare -q --json "$trace"
	"$HEAPREPLAY" import -q "$trace" -o "$scratch/a.hrt"
	"$HEAPREPLAY" replay -q "$scratch/a.hrt"
	"$HEAPREPLAY" report -q "$trace" -o "$scratch/a.html"
done >"$scratch/out"
for trace in "$traces"/*.trace.zst; do
	"$HEAPREPLAY" replay -q --gc model --gogc 50 "$trace"
	"$HEAPREPLAY" cut -q --from 500ms --until 2s "$trace" -o "$scratch/a.hrt"
done >"$scratch/out"
