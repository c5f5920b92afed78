# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# CPU time (user and system), wall time and peak memory of commands that people
# wait for, each beside its peer where that is installed, best and median of
# BENCH_RUNS runs (5), as a table in Markdown. The runs go round by round through
# all rows, so that the load of the machine is the same for all. The traces are the
# shipped ones, or BENCH_GO and BENCH_HEAPTRACK, and heaps of BENCH_HEAPS GiB (16
# 128 1024; empty: none) that are made here; BENCH_CUT is what is cut.
#
# The results are kept in tests/bench-commands.txt of the build; with --compare
# (make bench-compare) they are left there, and a row is said to be slower or
# faster where both best and median of the CPU time differ by more than the noise:
# the larger of the two distances from best to median, and 5 %.
set -eu
: "${top_srcdir:?run it through make bench}" "${top_builddir:?}" "${HEAPREPLAY:?}"
export LC_ALL=C TERM=xterm-256color
kept=$top_builddir/tests/bench-commands.txt
now=$kept.new
go=${BENCH_GO:-$top_srcdir/traces/phases-1p-go125.trace.zst}
heaptrack=${BENCH_HEAPTRACK:-$top_srcdir/traces/gnuplot.heaptrack.zst}
cut=${BENCH_CUT:---from 100ms --until 200ms}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ "${1-}" = --compare ] && [ ! -f "$kept" ]; then
	echo "there is no $kept: run make bench with the build to compare with" >&2
	exit 1
fi

names=()
commands=()

# row NAME COMMAND...: to be measured, if the command is there.
row() {
	command -v "$2" >/dev/null || return 0
	names+=("$1")
	shift
	commands+=("$(printf '%q ' "$@")")
}

# heap GIB: a heap of so many GiB of spans of 4 MiB less a page, in the text form; then a quarter of a million times one
# is freed and another allocated.
heap() {
	awk -v spans="$(($1 * 256))" '
	function random(n) { seed = (seed * 1103515245 + 12345) % 2147483648; return int(seed / 2147483648 * n) }
	BEGIN {
		seed = 42
		print "# heapreplay-trace 1"
		for (i = 0; i < spans; i++) { id[i] = i; print "0 span-alloc id=" i " npages=511 class=0" }
		for (i = 1; i <= 250000; i++) {
			k = random(spans)
			print i "us span-free id=" id[k]
			id[k] = spans + i
			print i "us span-alloc id=" id[k] " npages=511 class=0"
		}
	}'
}

rows() {
	local trace name gib

	for trace in $heaptrack; do
		name=$(basename "$trace")
		"$HEAPREPLAY" import -q "$trace" -o "$scratch/$name.hrt"
		row "heaptrack_print $name" heaptrack_print "$trace"
		row "info $name" "$HEAPREPLAY" info "$trace"
		row "import $name" "$HEAPREPLAY" import "$trace" -o "$scratch/out.hrt"
		row "replay of the import $name" "$HEAPREPLAY" replay -q "$scratch/$name.hrt"
	done
	for trace in $go; do
		name=$(basename "$trace")
		row "zstd -dc $name" zstd -dc "$trace"
		row "info $name" "$HEAPREPLAY" info "$trace"
		row "replay $name" "$HEAPREPLAY" replay -q "$trace"
		row "watch at full speed $name" script -qec "stty cols 120 rows 40; $(printf '%q ' "$HEAPREPLAY" \
			watch --exit --speed 'full speed' "$trace")" /dev/null
		row "compare $name" "$HEAPREPLAY" compare -q -j 1 "$trace"
		row "compare -j 2 $name" "$HEAPREPLAY" compare -q -j 2 "$trace"
		row "replay --gc model $name" "$HEAPREPLAY" replay -q --gc model --no-bounds "$trace"
		row "the same with bounds $name" "$HEAPREPLAY" replay -q --gc model "$trace"
		row "import $name" "$HEAPREPLAY" import -q "$trace" -o "$scratch/out.hrt"
		# shellcheck disable=SC2086 # two options and their values
		row "cut $cut $name" "$HEAPREPLAY" cut -q $cut "$trace" -o "$scratch/out.hrt"
		command -v gnuplot >/dev/null || continue
		row "plot heatmap $name" "$HEAPREPLAY" plot -q heatmap "$trace" -o "$scratch/out.png"
		row "report $name" "$HEAPREPLAY" report -q "$trace" -o "$scratch/out.html"
	done
	for gib in ${BENCH_HEAPS-16 128 1024}; do
		heap "$gib" | "$HEAPREPLAY" import -q - -o "$scratch/$gib.hrt"
		row "replay of a heap of $gib GiB" "$HEAPREPLAY" replay -q "$scratch/$gib.hrt"
		# More takes a minute a run.
		[ "$gib" -gt 200 ] || row "compare on $gib GiB" "$HEAPREPLAY" compare -q -j 1 "$scratch/$gib.hrt"
	done
}

rows
for ((round = 0; round < ${BENCH_RUNS:-5}; round++)); do
	for ((i = 0; i < ${#names[@]}; i++)); do
		eval "'$top_builddir/tests/bench/cost' ${commands[i]}" >"$scratch/cost" || echo "${names[i]} failed" >&2
		echo "$i $(<"$scratch/cost")"
	done
done | sort -n -k1,1 -k2,2 >"$scratch/costs"
# A line a row: name|best|median of the CPU time|best|median of the wall time|most MiB.
for ((i = 0; i < ${#names[@]}; i++)); do
	awk -v i="$i" '$1 == i { print $3 }' "$scratch/costs" | sort -n >"$scratch/walls"
	awk -v i="$i" -v name="${names[i]}" '
		NR == FNR { wall[++walls] = $1; next }
		$1 == i { cpu[++n] = $2; if ($4 > mib) mib = $4 }
		END { m = int((n + 1) / 2); print name "|" cpu[1] "|" cpu[m] "|" wall[1] "|" wall[m] "|" mib }
	' "$scratch/walls" "$scratch/costs"
done >"$now"

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
		BEGIN { print "| | CPU s, best | median | wall s, best | median | MiB |\n|---|---|---|---|---|---|" }
		{ printf "| %s | %.3f | %.3f | %.3f | %.3f | %.0f |\n", $1, $2, $3, $4, $5, $6 }' "$now"
	mv "$now" "$kept"
fi
[ ! -r /proc/loadavg ] || echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"
