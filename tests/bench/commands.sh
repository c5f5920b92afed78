# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The CPU time (user and system) of commands that people wait for, best and
# median of BENCH_RUNS runs (5), and of peers that are installed, as a table in
# Markdown. The traces are the shipped ones, or BENCH_GO and BENCH_HEAPTRACK. The
# results are kept in tests/bench-commands.txt of the build; with --compare
# (make bench-compare) they are left there, and a row is said to be slower or
# faster where both best and median differ by more than the noise: the larger of the
# two distances from best to median, and 5 %.
set -eu
: "${top_srcdir:?run it through make bench}" "${top_builddir:?}" "${HEAPREPLAY:?}"
TIMEFORMAT='%3U %3S'
LC_ALL=C
kept=$top_builddir/tests/bench-commands.txt
now=$kept.new
go=${BENCH_GO:-$top_srcdir/traces/phases-1p-go125.trace.zst}
heaptrack=${BENCH_HEAPTRACK:-$top_srcdir/traces/gnuplot.heaptrack.zst}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ "${1-}" = --compare ] && [ ! -f "$kept" ]; then
	echo "there is no $kept: run make bench with the build to compare with" >&2
	exit 1
fi

# row NAME COMMAND...: a line "name|best|median".
row() {
	local name=$1
	shift
	command -v "$1" >/dev/null || return 0
	for _ in $(seq "${BENCH_RUNS:-5}"); do
		{ time "$@" >"$scratch/out" 2>/dev/null || echo "$name failed" >&2; } 2>&1
	done | awk 'NF == 2 { print $1 + $2; next } { print >"/dev/stderr" }' | sort -n |
		awk -v name="$name" '{ t[NR] = $1 } END { print name "|" t[1] "|" t[int((NR + 1) / 2)] }'
}

for trace in $heaptrack; do
	row "heaptrack_print $(basename "$trace")" heaptrack_print "$trace"
	row "info $(basename "$trace")" "$HEAPREPLAY" info "$trace"
	row "import $(basename "$trace")" "$HEAPREPLAY" import "$trace" -o "$scratch/out.hrt"
done >"$now"
for trace in $go; do
	name=$(basename "$trace")
	row "zstd -dc $name" zstd -dc "$trace"
	row "info $name" "$HEAPREPLAY" info "$trace"
	row "replay $name" "$HEAPREPLAY" replay -q "$trace"
	row "compare $name" "$HEAPREPLAY" compare -q -j 1 "$trace"
	row "replay --gc model $name" "$HEAPREPLAY" replay -q --gc model --no-bounds "$trace"
	row "the same with bounds $name" "$HEAPREPLAY" replay -q --gc model "$trace"
	row "import $name" "$HEAPREPLAY" import -q "$trace" -o "$scratch/out.hrt"
	row "cut of 100 ms $name" "$HEAPREPLAY" cut -q --from 100ms --until 200ms "$trace" -o "$scratch/out.hrt"
	command -v gnuplot >/dev/null || continue
	row "plot heatmap $name" "$HEAPREPLAY" plot -q heatmap "$trace" -o "$scratch/out.png"
	row "report $name" "$HEAPREPLAY" report -q "$trace" -o "$scratch/out.html"
done >>"$now"

if [ "${1-}" = --compare ]; then
	awk -F'|' '
		NR == 1 { print "| CPU seconds | best before | now | median before | now | noise |\n|---|---|---|---|---|---|" }
		NR == FNR { best[$1] = $2; median[$1] = $3; next }
		!($1 in best) { next }
		{
			noise = $3 - $2 > median[$1] - best[$1] ? $3 - $2 : median[$1] - best[$1]
			if (noise < 0.05 * best[$1]) noise = 0.05 * best[$1]
			b = $2 - best[$1]; m = $3 - median[$1]
			say = b > noise && m > noise ? "slower" : b < -noise && m < -noise ? "faster" : "within the noise"
			printf "| %s | %.3f | %.3f | %.3f | %.3f | %s: %.3f |\n", $1, best[$1], $2, median[$1], $3, say, noise
		}' "$kept" "$now"
	rm "$now"
else
	awk -F'|' '
		BEGIN { print "| CPU seconds | best | median |\n|---|---|---|" }
		{ printf "| %s | %.3f | %.3f |\n", $1, $2, $3 }' "$now"
	mv "$now" "$kept"
fi
