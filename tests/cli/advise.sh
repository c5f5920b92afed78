# SPDX-License-Identifier: BSD-3-Clause
# advise: the setting to use keeps what was asked for by the upper ends of its error bars, is the least that does,
# and nothing is advised where none does.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/bench-json-go123.trace.zst

# holds WHAT PYTHON: an expression over the document d, its rows and the row u to use.
holds() {
	OUT=$out python3 -c 'import json, os, sys
d = json.loads(os.environ["OUT"])
rows = d["settings"]
grid = [25, 50, 75, 100, 150, 200, 300, 400, 800]
u = rows[d["use"]] if d["use"] is not None else None
sys.exit(not eval(sys.argv[1]))' "$2"
	ok $? "$1" || note "$out"
}

run "$HEAPREPLAY" advise -q --json --gc-cpu 50% "$trace"
is "$status" 0 'advice of a Go trace'
first=$out
holds 'bars are around their values' \
	'all(r[k]["low"] <= r[k]["value"] <= r[k]["high"] for r in rows for k in ("retained_p99_bytes", "gc_cpu_percent"))'
holds 'the setting to use takes no more CPU than was asked for, for sure' 'u["within_gc_cpu"] and u["gc_cpu_percent"]["high"] <= 50'
holds 'none of those has less memory' \
	'all(r["retained_p99_bytes"]["value"] >= u["retained_p99_bytes"]["value"] for r in rows if r["within_gc_cpu"] and r["fits"])'
holds 'two of the settings that people use are on either side of it' \
	'set(grid[max(grid.index(u["gogc"]) - 2, 0):grid.index(u["gogc"]) + 3]) <= {r["gogc"] for r in rows}'
holds 'rows are in order of GOGC' '[r["gogc"] for r in rows] == sorted(r["gogc"] for r in rows)'
holds 'the recorded setting is among them' 'd["recorded"]["gogc"] in [r["gogc"] for r in rows]'
holds 'nothing was asked of memory' 'd["memory_bytes"] is None and all(r["memory_limit_bytes"] is None for r in rows)'
holds 'it says what to record' 'd["record"] != "" and any(r["kind"] == "death_spiral" for r in d["risks"])'
run "$HEAPREPLAY" advise -q --json --gc-cpu 50 -j 1 "$trace"
is "$out" "$first" 'the same by one thread'

# What is cut off is told where the figures are, and is no pass.
phases=$top_srcdir/traces/phases-1p-go125.trace.zst
head -c $(($(wc -c <"$phases") * 9 / 10)) "$phases" >cut.trace.zst
run "$HEAPREPLAY" advise -q --fail-on-damage cut.trace.zst
is "$status" 1 'a trace that is cut off fails with --fail-on-damage'
like "$out" '^DAMAGED: the input is cut off' 'the text says so'
like "$err" 'the trace is cut off here' 'and standard error'
run "$HEAPREPLAY" advise -q --json cut.trace.zst
is "$status" 0 'and without it is advised on'
holds 'with the damage in JSON' 'd["cut"] and d["lost_blocks"] == 0'

run "$HEAPREPLAY" advise -q --json --memory 1GiB --gc-cpu 100% "$trace"
holds 'a limit of 90 % of the memory' 'all(r["memory_limit_bytes"] == (1 << 30) * 9 // 10 for r in rows)'
holds 'the peak fits with what is no heap' 'u["retained_peak_bytes"]["high"] + d["other_memory_bytes"] <= 1 << 30'

# record notes the limit of the program's control group: the default of --memory, unlike GOMEMLIMIT a bound of all memory.
"$HEAPREPLAY" export -q "$trace" >plain
{
	head -n 1 plain
	printf '%s\n' '! note cgroup-limit 1073741824' '! note GOMEMLIMIT 700MiB'
	tail -n +2 plain
} >noted
run "$HEAPREPLAY" advise -q --json --gc-cpu 100% noted
holds 'the noted limit is the memory' 'd["memory_bytes"] == 1 << 30 and d["memory_noted"]'
holds 'of which 90 % are the limit' 'all(r["memory_limit_bytes"] == (1 << 30) * 9 // 10 for r in rows)'
like "$(jq -r .text <<<"$out")" "in 1\.00 GiB \(the recorded program's control group\)" 'which is said'
run "$HEAPREPLAY" advise -q --json --gc-cpu 100% --memory 512MiB noted
holds 'what is given goes before it' 'd["memory_bytes"] == 512 << 20 and not d["memory_noted"]'
run "$HEAPREPLAY" advise -q --json --gc-cpu 100% --memory off noted
holds 'off: none' 'd["memory_bytes"] is None and not d["memory_noted"]'
holds 'then the settings keep the noted GOMEMLIMIT' 'all(r["memory_limit_bytes"] == 700 << 20 for r in rows + [d["recorded"]])'

# bench-json has no limit, and 24.6 MiB at most: a limit of 921.6 MiB is never reached, so that the recorded GC time counts.
run "$HEAPREPLAY" advise -q --memory 1GiB --gc-cpu 4.7% "$trace"
like "$(tr -s '\n ' ' ' <<<"$out")" 'Keep GOGC=100.*Set GOMEMLIMIT=921MiB beside it' 'whoever keeps GOGC is told of the limit'
like "$out" '^All but the first row with GOMEMLIMIT=921MiB:' 'the limit of all rows is said once'
like "$out" '^setting .*GC CPU' 'which leaves room for the GC CPU time'

run "$HEAPREPLAY" advise -q --json --memory 6MiB "$trace"
holds 'nothing is advised where nothing is sure to fit' 'd["use"] is None and not d["keep"]'
run "$HEAPREPLAY" advise -q --memory 6MiB "$trace"
like "$out" '^No setting that was tried is sure to fit in 6.00 MiB' 'and it says so'
run "$HEAPREPLAY" advise -q "$trace"
like "$out" '^Recorded with GOGC=100: p99 (and peak )?of retained memory' 'the text begins with what was recorded'
like "$out" '^GOGC=100 recorded' 'so does the table'
is "$(sed -n '/^GOGC=/p' <<<"$out" | awk 'length > 80')" '' 'its rows fit 80 columns'
like "$out" '^GOGC=150 .* [0-9.]+ MiB \([0-9.]+-[0-9.]+\) ' 'with the unit of a figure and its bars said once'

# The recorded GC time alone decides whether the recorded setting is cheap enough: 3.72 % of the CPU here.
run "$HEAPREPLAY" advise -q --json --gc-cpu 4.7% "$trace"
holds 'with 25 % to spare it is' 'all(r["within_gc_cpu"] for r in rows if r["gogc"] == d["recorded"]["gogc"])'
holds 'and the answer names it' '"GOGC=100" in d["text"]'

run "$HEAPREPLAY" advise -q --gc-cpu 0% "$trace"
is "$status" 2 'no CPU at all is a misuse'
run "$HEAPREPLAY" advise -q --memory /nowhere "$trace"
is "$status" 2 'memory of no file is one'
run bash -c '"$1" advise -q - <"$2"' _ "$HEAPREPLAY" "$trace"
is "$status" 2 'a pipe can not be read twice'
run "$HEAPREPLAY" advise -q "$top_srcdir/traces/gnuplot.heaptrack.zst"
is "$status" 2 'a recording of malloc has no GOGC'
like "$err" 'GC' 'and is told so'

# Less memory than all settings need at once: where that is depends on the machine.
fewer='with less memory fewer settings at a time, which is said, with the same results'
cp "$top_srcdir/tests/cli/planted/without.trace.zst" planted.trace.zst
"$HEAPREPLAY" advise -q -j1 --json planted.trace.zst >advise.all
found=none
for mib in {100..400..20}; do
	run "$HEAPREPLAY" advise -j1 --json --max-memory "${mib}MiB" planted.trace.zst
	[[ $err == *'planted.trace.zst: not enough memory for all settings in one pass; at most '*'takes longer' ]] &&
		cmp -s .out advise.all && found=$mib && break
done
if is_sanitized; then
	skip "$fewer" 'built with a sanitizer'
else
	[ "$found" != none ]
	ok $? "$fewer"
fi
done_testing
