# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Reading recordings by heaptrack (BENCH_HEAPTRACK, or the sample) beside
# heaptrack_print on the same files in the same run, by processor time; the best
# of several runs each.
set -eu
: "${top_srcdir:?run it through make bench}" "${top_builddir:?}"
TIMEFORMAT='%3U %3S'

# seconds COMMAND...: user and system time, the least of five runs.
seconds() {
	for _ in 1 2 3 4 5; do
		{ time "$@" >/dev/null 2>&1; } 2>&1
	done | awk '{ t = $1 + $2; if (NR == 1 || t < least) least = t } END { print least }'
}

# shellcheck disable=SC2086 # a list of files
for trace in ${BENCH_HEAPTRACK:-"$top_srcdir/traces/gnuplot.heaptrack.zst"}; do
	"$top_builddir/tests/bench/decode" "$trace" | tee "$top_builddir/tests/bench-heaptrack.out"
	if command -v heaptrack_print >/dev/null; then
		awk -v other="$(seconds heaptrack_print "$trace")" '
			/^from file/ { for (i = 2; i < NF; i++) { if ($i == "of") n = $(i + 1); if ($i == "best") speed = $(i + 1) } }
			END { ours = n / speed / 1e6; printf "heaptrack_print %.3f s, from file %.3f s: %.1f times as fast\n", other, ours, other / ours }
		' "$top_builddir/tests/bench-heaptrack.out"
	else
		echo 'heaptrack_print is not installed'
	fi
	rm "$top_builddir/tests/bench-heaptrack.out"
done
