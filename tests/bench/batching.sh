# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What batched release calls, measured costs, or another share of the
# processors would do to the Go scavenger's background: a replay for each
# setting, on the shipped traces or on those in STUDY_TRACES. CSV on standard
# output; nothing in it depends on the machine. docs/batching.md reads it.
#
#   sweep   what is varied from the runtime's own pace: batch, share, quantum, guess
#   drop_*  the largest fall of retained memory that the background worked off
#           while it was above its goal, without forced releases: bytes, and the
#           time until nine tenths of them were given back
set -eu
: "${top_srcdir:?run it through make study}" "${top_builddir:?}"
heapreplay=${HEAPREPLAY:-$top_builddir/heapreplay}
work=$(mktemp -d "$top_builddir/tests/study-batching.XXXXXX")
trap 'rm -rf "$work"' EXIT

metrics=(retained_mean_bytes returned_background_bytes returned_limit_bytes release_calls refaulted_bytes thrash_bytes
	background_cpu_ns synchronous_cpu_ns refault_cpu_ns worst_stall_ns over_limit_ns goal_misses goal_miss_ns
	goal_miss_worst_ns)
# What a call and a 4 KiB page cost, ns. fitted: the default, which recordings fit; measured: tests/bench/madvise;
# guess2019: 5 us for an 8 KiB page, most of it for the call, as the runtime's authors once measured.
declare -A costs_ns=([fitted]="1500,550" [measured]="950,370" [guess2019]="4000,500")

# From a series of 10 ms: "BYTES,NS" of the largest drop.
drop() {
	awk -F, '
	NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	function finish(	i, least, bytes, want) {
		least = r[1]
		for (i = 1; i <= n; i++) if (r[i] < least) least = r[i]
		bytes = r[1] - least
		if (bytes > best) {
			best = bytes; want = r[1] - 0.9 * bytes
			for (i = 1; r[i] > want; i++) ;
			best_ns = t[i] - t[1]
		}
		n = 0
	}
	{
		retained = $column["retained_bytes"]; goal = $column["goal_bytes"]
		# More than 128 MiB in a row was forced: the background is not so fast.
		if (n > 0 && (goal == "" || retained <= goal || r[n] - retained > 134217728)) {
			if (goal == "" || r[n] - retained <= 134217728) { n++; t[n] = $column["time_ns"]; r[n] = retained }
			finish()
		}
		if (goal != "" && retained > goal) { n++; t[n] = $column["time_ns"]; r[n] = retained }
	}
	END { if (n > 0) finish(); printf "%.0f,%.0f\n", best, best_ns }' "$1"
}

# line SWEEP TRACE POLICY SHARE QUANTUM BATCH COSTS-NAME [PARAMETER...]
line() {
	local sweep=$1 trace=$2 policy=$3 share=$4 quantum=$5 batch=$6 costs=$7 parameters=${8:-} m values=
	local call=${costs_ns[$costs]%,*} page=${costs_ns[$costs]#*,}

	"$heapreplay" replay -q -p "$policy,share=$share%,quantum=$quantum$parameters" \
		--cost "call=${call}ns,page=${page}ns,batch=$batch" --json -o "$work/json" --series "$work/series" \
		--every 10ms "$trace"
	for m in "${metrics[@]}"; do
		values+=,$(awk -F'[:,]' -v m="\"$m\"" '{ gsub(/ /, "") } $1 == m { print $2; exit }' "$work/json")
	done
	echo "$sweep,$(basename "$trace" | sed 's/\..*//'),$policy,$share,$quantum,$batch,$costs$values,$(drop "$work/series")"
}

echo "sweep,trace,policy,share_percent,quantum,batch,costs,$(IFS=,; echo "${metrics[*]}"),drop_bytes,drop_ns"
for trace in ${STUDY_TRACES:-"$top_srcdir"/traces/*.trace.zst}; do
	for policy in go1.19 go1.22; do
		for costs in fitted measured guess2019; do
			for batch in 1 2 4 8 16 32 64; do
				line batch "$trace" "$policy" 1 64KiB "$batch" "$costs"
			done
		done
		for batch in 1 16; do
			for share in 0.25 0.5 1 2 4 8 16; do
				line share "$trace" "$policy" "$share" 64KiB "$batch" fitted
			done
		done
		for quantum in 8KiB 16KiB 32KiB 64KiB 256KiB 1MiB; do
			line quantum "$trace" "$policy" 1 "$quantum" 1 fitted
			line quantum "$trace" "$policy" 1 "$quantum" 64 fitted
		done
		line guess "$trace" "$policy" 1 64KiB 1 fitted ,timed=off,guess=10us
	done
done
