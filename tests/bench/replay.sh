# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Events a second of whole replays, of the shipped traces or of those in
# BENCH_TRACES (zstd or plain), and the same of plain decompression for scale.
set -eu
: "${top_srcdir:?run it through make bench}" "${top_builddir:?}"
work=$(mktemp -d "$top_builddir/tests/bench-replay.XXXXXX")
trap 'rm -rf "$work"' EXIT
for trace in ${BENCH_TRACES:-"$top_srcdir"/traces/*.trace.zst}; do
	name=$(basename "$trace" .zst)
	case $trace in
	*.zst)
		zstd -dqf "$trace" -o "$work/$name"
		"$top_builddir/tests/bench/replay" "$work/$name" | sed "s|$work/||"
		rm "$work/$name"
		;;
	*) "$top_builddir/tests/bench/replay" "$trace" ;;
	esac
done
