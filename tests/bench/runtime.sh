# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Ours beside the real Go 1.19 runtime, in one run: the page allocator on op
# scripts (BENCH_OPS, or two made here) and drains of the scavenge index. Prints
# medians, and how many times as fast ours is.
set -eu
: "${top_srcdir:?run it through make bench}" "${top_builddir:?}"
work=$(mktemp -d "$top_builddir/tests/bench-runtime.XXXXXX")
trap 'rm -rf "$work"' EXIT

# churn CHUNKS CACHES FILE: filled to about 80 %, then churned; four of five spans have 1 to 4 pages.
churn() {
	awk -v chunks="$1" -v caches="$2" '
	function random(n) { seed = (seed * 1103515245 + 12345) % 2147483648; return int(seed / 65536) % n }
	BEGIN {
		seed = 42; used = live = handle = 0; print "new"; print "grow 0 " chunks
		for (op = 0; op < 600000; op++) {
			if (live > 0 && (used > chunks * 512 * 0.8 || (filled && random(2)))) {
				filled = 1; k = random(live); print "f " at[k]; used -= size[k]
				live--; at[k] = at[live]; size[k] = size[live]
			} else {
				n = random(5) ? 1 + random(4) : 5 + random(252)
				if (caches) print "c " random(caches) " " n; else print "a " n
				at[live] = handle++; size[live++] = n; used += n
			}
		}
	}' >"$3"
}

if [ -z "${BENCH_OPS:-}" ]; then
	churn 64 0 "$work/64-chunks.ops"
	churn 2000 8 "$work/2000-chunks-caches.ops"
	BENCH_OPS="$work/64-chunks.ops $work/2000-chunks-caches.ops"
fi
# shellcheck disable=SC2086 # a list of files
"$top_builddir/tests/bench/alloc" $BENCH_OPS >"$work/alloc"
"$top_builddir/tests/bench/index" >"$work/index"
# shellcheck disable=SC2086
if ! "$BASH" "$top_srcdir/tests/bench/runtime/run.sh" $BENCH_OPS >"$work/real" 2>"$work/why"; then
	cat "$work/alloc" "$work/index"
	echo "the real runtime is not measured: $(tail -n 1 "$work/why")"
	exit 0
fi
# Both sides as "NAME MEDIAN"; then a line for each name that both have.
{
	awk '{ sub(/\.ops(\.gz)?$/, "", $1); for (i = 2; i < NF; i++) if ($i == "median") print "ours", $1, $(i + 1) }' "$work/alloc"
	awk '/^bits/ { for (i = 2; i < NF; i++) { if ($i == "stride") name = "find_stride_" $(i + 1)
		if ($i == "median") print "ours", name, $(i + 1) } }' "$work/index"
	awk '{ print "real", $1, $3 }' "$work/real"
} | awk '
	{ median[$1, $2] = $3; if (!($2 in seen)) { seen[$2] = 1; name[++n] = $2 } }
	END {
		printf "%-22s %10s %12s %8s   (medians, ns)\n", "", "heapreplay", "Go 1.19", "faster"
		for (i = 1; i <= n; i++)
			if ((("ours", name[i]) in median) && (("real", name[i]) in median))
				printf "%-22s %10.1f %12.1f %7.1fx\n", name[i], median["ours", name[i]],
				    median["real", name[i]], median["real", name[i]] / median["ours", name[i]]
	}'
echo
cat "$work/alloc" "$work/index"
