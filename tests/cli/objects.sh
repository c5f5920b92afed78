# SPDX-License-Identifier: BSD-3-Clause
# Traces of objects: spans and GC cycles that can be worked out by hand.
. "$top_srcdir/tests/lib.sh"

# json KEY: the value of a key that occurs once in $out.
json() {
	printf '%s\n' "$out" | sed -n 's/^ *"'"$1"'": \([^,[]*\),\{0,1\}$/\1/p' | tail -n 1
}
# in_use TIME...: the series' column at these times, in KiB.
in_use() {
	local t

	for t; do
		awk -F, -v t="$t" '$1 == t { printf "%d ", $2 / 1024 }' s.csv
	done
}

# Spans of two objects: 1 and 2 in one, 3 in another; 4 is large and has five pages.
cat >malloc <<'TEXT'
# heapreplay-trace 1
0 obj-alloc id=1 size=4000
0 obj-alloc id=2 size=4096
0 obj-alloc id=3 size=3457
0 obj-alloc id=4 size=40000
1s obj-free id=1
1s obj-free id=2
2s obj-free id=3
3s obj-free id=4
4s log
TEXT

run "$HEAPREPLAY" replay -q -p none --json malloc
is "$status" 0 'a trace of objects is replayed'
is "$(json gc) $(json span_cache)" '"none" "one"' 'without a collector, and one span of a class is kept'
is "$(json in_use_peak_bytes)" $((7 * 8192)) '1 + 1 + 5 pages'
is "$(json in_use_mean_bytes)" $(((7 + 6 + 6 + 1) * 8192 / 4)) 'a span goes back when it is empty, but for the current one'
is "$(json objects_allocated) $(json objects_freed) $(json objects_live)" '4 4 0' 'objects are counted'
is "$(json objects_live_peak_bytes)" $((3 * 4096 + 5 * 8192)) 'their bytes with what size classes add'
run "$HEAPREPLAY" replay -q -p none --span-cache none --json malloc
is "$(json in_use_mean_bytes)" $(((7 + 6 + 5 + 0) * 8192 / 4)) '--span-cache none keeps nothing'
run "$HEAPREPLAY" replay -q -p none malloc
like "$out" '^4 objects became spans, which return to the heap when they are empty and not current \(--span-cache one\)$' 'the summary names the rule'
like "$out" '^no GC: frees take effect at once$' 'and the collector'
run "$HEAPREPLAY" compare -q -p none -p eager malloc
like "$out" '^no GC: frees take effect at once$' 'compare does too'
run "$HEAPREPLAY" compare -q -p none -p eager --json malloc
is "$(printf '%s\n' "$out" | grep -c '"objects_allocated": 4,')" 2 'and has the metrics for each policy'

# GOGC 100: a cycle begins at 61/64 of 4 MiB, with the fourth object of 1 MiB. Of the heap 2 MiB are
# alive, which take a second to mark at 2 MiB/s; four spans take 0.1 s each to sweep.
cat >gc <<'TEXT'
# heapreplay-trace 1
! collected on
0 obj-alloc id=1 size=1MiB
1s obj-alloc id=2 size=1MiB
2s obj-alloc id=3 size=1MiB
2500ms obj-free id=1
2500ms obj-free id=2
3s obj-alloc id=4 size=1MiB
3500ms obj-free id=3
5s obj-alloc id=5 size=1MiB
6s obj-alloc id=6 size=1MiB
8s log
TEXT
run "$HEAPREPLAY" replay -q -p none --gc-cost mark=2MiB,sweep=100ms --series s.csv --every 50ms --json gc
is "$status" 0 'a trace of a collected program is replayed'
is "$(json gc) $(json span_cache) $(json gogc)" '"model" "sweep" 100' 'with modelled cycles'
is "$(in_use 2950000000 3000000000 4050000000 4100000000 4150000000 4200000000 4950000000)" \
	'3072 4096 4096 3072 3072 2048 2048 ' 'garbage goes back when it is swept'
# Marked: 2 MiB (3 died while marking), so that the goal is 4 MiB. The trigger lies at the least,
# 2 + 45/64 x 2 = 3.4 MiB, or as the runway (nothing was allocated while marking) allows: 61/64, 3.9 MiB.
# 6 makes it 4 MiB: a cycle from 6 s to 7.5 s finds 3 dead, and marks 3 MiB; swept at 7.6 s.
is "$(json gc_cycles) $(json gc_marked_bytes) $(json gc_mark_ns)" "2 $((5 << 20)) 2500000000" 'two cycles, and their work'
is "$(in_use 6000000000 7550000000 7600000000 8000000000)" '4096 4096 3072 3072 ' 'what died while marking is found by the next'
is "$(json gc_goal_min_bytes) $(json gc_goal_max_bytes)" "$((4 << 20)) $((6 << 20))" 'goals'
run "$HEAPREPLAY" replay -q -p none --gc model --gogc off --json gc
is "$(json gc_cycles) $(json gogc)" '0 null' 'GOGC off: none'
run "$HEAPREPLAY" replay -q -p none --gc model --gogc 10000 --json gc
is "$(json gc_cycles)" 0 'GOGC 10000: none either'
# The limit leaves 9 - 5 - 1 = 3 MiB for objects, of which 61/64 are a trigger: the third object.
run "$HEAPREPLAY" replay -q -p none --gc model --gogc off --memory-limit 9MiB --other-memory 5MiB --series s.csv --every 50ms --gc-cost mark=1TiB,sweep=1ns --json gc
is "$(in_use 2000000000 2600000000 3050000000)" '3072 3072 2048 ' 'a memory limit makes cycles; the fourth object begins the one that finds garbage'
run "$HEAPREPLAY" replay -q -p none --gc none --json gc
is "$(json gc_cycles) $(json in_use_peak_bytes)" "0 $((3 << 20))" '--gc none frees at once'
run "$HEAPREPLAY" replay -q gc
like "$out" '^GC cycles modelled, GOGC 100$' 'the summary says that cycles are modelled'
go=$top_srcdir/traces/bench-json-go123.trace.zst
run "$HEAPREPLAY" replay -q --no-bounds --gc model --gogc 50 "$go"
like "$out" "^GC cycles modelled, GOGC 50; times by the program's work \(--clock work\)\$" 'and of a Go trace whose times these are'
run "$HEAPREPLAY" compare -q --no-bounds --gc model --gogc 50 --clock wall -p none "$go"
like "$out" '^GC cycles modelled, GOGC 50; times as recorded \(--clock wall\)$' 'as compare does'

# The same as the program told it.
cat >recorded <<'TEXT'
# heapreplay-trace 1
! collected on
! cycles on
0 obj-alloc id=1 size=1MiB
0 obj-alloc id=2 size=1MiB
1s obj-free id=1
2s gc-begin
2500ms obj-free id=2
3s gc-end
3s heap-goal bytes=8MiB
5s gc-begin by=free-os-memory
6s gc-end
7s log
TEXT
run "$HEAPREPLAY" replay -q -p go1.19 --gc-cost sweep=100ms --series s.csv --every 100ms --json recorded
is "$status" 0 'a trace of objects with cycles is replayed'
is "$(json gc) $(json gc_cycles)" '"recorded" 2' 'with its own cycles'
is "$(in_use 3000000000 3100000000 6000000000 6100000000)" '2048 1024 1024 0 ' 'garbage goes back when its cycle is swept'
is "$(json returned_forced_bytes)" $((2 << 20)) 'FreeOSMemory gives back what was used of the 4 MiB that were mapped'

# A program asks for a cycle, and for two minutes it needs none.
cat >quiet <<'TEXT'
# heapreplay-trace 1
! collected on
0 obj-alloc id=1 size=1MiB
0 obj-alloc id=2 size=1MiB
1s obj-free id=1
2s free-os-memory
3s obj-free id=2
200s log
TEXT
run "$HEAPREPLAY" replay -q -p go1.19 --gc-cost mark=1MiB,sweep=1ms --series s.csv --every 1s --json quiet
is "$(json gc_cycles) $(json gc_forced_cycles) $(json gc_periodic_cycles)" '2 1 1' 'one is asked for, one is due'
is "$(in_use 3000000000 4000000000 122000000000 123000000000 124000000000)" '2048 1024 1024 1024 0 ' 'two minutes after marking: at 123 s'

run "$HEAPREPLAY" replay -q --gc recorded gc
is "$status" 2 'recorded cycles where there are none'
like "$err" 'tells no GC cycles; use --gc model' 'says what to do'
run "$HEAPREPLAY" replay -q --gogc 50 malloc
is "$status" 2 '--gogc without modelled cycles'
like "$err" 'add --gc model' 'says what to do'
run "$HEAPREPLAY" replay -q --gogc 50 "$top_srcdir/traces/bench-json-go123.trace.zst"
like "$err" 'add --gc model' 'of a trace of spans too'
run "$HEAPREPLAY" replay -q --span-cache sweep malloc
like "$err" 'nothing sweeps; --span-cache is none or one' 'no sweeping without cycles'
run "$HEAPREPLAY" replay -q --span-cache one gc
like "$err" 'are for --gc none' 'no spans kept apart from sweeping'
cat >pages <<'TEXT'
# heapreplay-trace 1
0 page-alloc addr=0xc000000000 npages=4
1s page-free addr=0xc000000000 npages=4
TEXT
run "$HEAPREPLAY" replay -q --gc model pages
is "$status" 2 'a trace without objects can not have modelled cycles'
for bad in '--gc maybe' '--gogc fast' '--gogc 1.5' '--span-cache two' '--gc-cost mark=fast' '--gc-cost speed=1'; do
	# shellcheck disable=SC2086 # two words
	run "$HEAPREPLAY" replay -q $bad malloc
	is "$status" 2 "$bad is a misuse"
done

# 90 % of the peak in use, which is 8 MiB at 1 s, is what --memory-limit in bytes says; or of a container's memory.
cat >limited <<'TEXT'
# heapreplay-trace 1
0 span-alloc id=0 npages=512 class=1
1s span-alloc id=1 npages=512 class=1
2s span-free id=0
3s span-free id=1
TEXT
limit() {
	run "$HEAPREPLAY" replay -q --json "$@" limited
	json memory_limit_bytes
}
is "$(limit --memory-limit 90%)" $((8 * 1048576 * 9 / 10)) 'a percentage is of the peak in use'
is "$(limit --memory-limit 75% --cgroup 1g)" $((768 * 1048576)) 'or of a size'
echo 268435456 >memory.max
is "$(limit --memory-limit 50% --cgroup memory.max)" $((128 * 1048576)) 'or of what the file says'
is "$(limit --memory-limit 50% --cgroup .)" $((128 * 1048576)) 'or that of the directory'
is "$(limit --memory-limit 512Mi) $(limit --memory-limit 512MB) $(limit --memory-limit 1g)" \
	'536870912 512000000 1073741824' 'sizes as Kubernetes, the SI and Docker write them'
echo max >memory.max
run "$HEAPREPLAY" replay -q --memory-limit 90% --cgroup memory.max limited
like "$err" "'memory.max' sets no limit; give the size" 'a container without a limit'
run bash -c '"$1" replay -q --memory-limit 90% - <limited' _ "$HEAPREPLAY"
is "$status" 2 'a pipe can not be read twice'
like "$err" "a pipe can't be read twice" 'and says so'

# A Go trace: two objects, of which one dies somewhere between the two recorded cycles, at 1 s or at 2 s.
cat >go <<'TEXT'
# heapreplay-trace 1
! strict off
0 gomaxprocs n=1
0 span-exists addr=0xc000000000 npages=128 class=1
0 obj-exists addr=0xc000000000
1s p0 span-alloc addr=0xc000100000 npages=128 class=1
1s p0 obj-alloc addr=0xc000100000
2s gc-begin
2s gc-end
2s p0 obj-free addr=0xc000000000
2s p0 span-free addr=0xc000000000
3s p0 span-alloc addr=0xc000200000 npages=384 class=1
3s p0 obj-alloc addr=0xc000200000
5s gc-begin
6s log
TEXT
run "$HEAPREPLAY" replay -q -p none --series s.csv --every 500ms --json --gc model --gogc 100 --gc-cost sweep=100ms go
is "$status" 0 'a Go trace is replayed with modelled cycles'
# 1 MiB was there; the goal is 4 MiB. The third object makes it 5: a cycle, which finds the first one dead.
is "$(json gc_cycles) $(json gc_recorded_cycles) $(json objects_live)" '1 2 2' 'the recorded cycles are left out'
is "$(in_use 2500000000 3000000000 3500000000 6000000000)" '2048 5120 4096 4096 ' 'what the recorded one found goes back with the modelled one'
is "$(json objects_death_window_bytes)" $((1 << 20)) 'and so much died between two of them'
run "$HEAPREPLAY" compare -q -p none -p go1.22 --gc model --gogc 100 go
like "$out" '^GC cycles 1 \([0-9]+ to [0-9]+\), their CPU time .*\(.* to .*\), mean in use .*\(.* to .*\)$' 'compare shows cycles, GC CPU and intervals'
like "$out" '^  none: mean retained .*\(.* to .*\), p99 .*\(.* to .*\)$' 'and what each policy retains'
run "$HEAPREPLAY" replay -q -p none --gc model --gogc 100 go
like "$out" '^  gc_cycles +[0-9]+ +[0-9]+$' 'replay shows intervals'
run "$HEAPREPLAY" replay -q -p none --json --gc model --gogc 400 go
is "$(json gc_cycles)" 0 'GOGC 400: none'
run "$HEAPREPLAY" replay -q -p none --json --gc model "$top_srcdir/traces/bench-json-go123.trace.zst"
is "$status" 0 'a recorded Go trace too'
is "$(json objects_allocated) $(json gc_forced_cycles) $(json gc_recorded_cycles)" '537610 7 16' 'its objects, and the cycles that it asked for'
# Which objects lie in a span is told by addresses alone.
printf '%s\n' '# heapreplay-trace 1' '0 span-alloc id=1 npages=8' '1 obj-alloc id=1 size=8' '2 gc-begin' '3 gc-end' >ids
run "$HEAPREPLAY" replay -q --gc model ids
is "$status" 2 'spans and objects without addresses: no cycles can be modelled'
like "$err" 'heapreplay: ids: the trace tells spans and objects without addresses; --gc model needs to know' 'and that is said'
run "$HEAPREPLAY" replay -q --gc model --json "$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst"
is "$status" 2 'pages without objects: nor there'
# The independent count of this recording's pages: one span of a class kept, and none.
run "$HEAPREPLAY" replay -q -p none --json "$top_srcdir/traces/gnuplot.heaptrack.zst"
is "$(json in_use_peak_bytes) $(($(json span_allocs) + $(json span_frees)))" "$((3290 * 8192)) 3070" 'a recording of malloc: pages and spans'
run "$HEAPREPLAY" replay -q -p none --span-cache none --json "$top_srcdir/traces/gnuplot.heaptrack.zst"
is "$(json in_use_peak_bytes) $(($(json span_allocs) + $(json span_frees)))" "$((3202 * 8192)) 565469" 'and with no span kept'
done_testing
