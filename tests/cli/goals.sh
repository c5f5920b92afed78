# SPDX-License-Identifier: BSD-3-Clause
# Heap goals that are not told, goals that show a memory limit, and the limit from the program's own counters (--truth).
. "$top_srcdir/tests/lib.sh"
have jq || skip_all 'jq is not installed'

# Five cycles a second apart, of up to 160 MiB of which 20 MiB and 40 MiB are left by turns. GOAL is the goal.
program() {
	awk -v goals="$1" 'BEGIN {
		n = split(goals, goal, " ")
		print "# heapreplay-trace 1\n! go 1.26\n! collected on\n0 gomaxprocs n=1"
		for (i = 0; i < 40; i++)
			printf "%dus p0 span-alloc id=%d npages=512\n", i * 1000, i
		for (c = 0; c < 5; c++) {
			us = 1000000 * (c + 1)
			printf "%dus gc-begin\n%dus gc-end\n%dus heap-goal bytes=%s\n", us, us, us, goal[c % n + 1]
			for (i = c % 2 ? 10 : 5; i < 40; i++)
				printf "%dus p0 span-free id=%d\n", us + 2, i
			for (i = c % 2 ? 10 : 5; i < 40; i++)
				printf "%dus p0 span-alloc id=%d npages=512\n", us + 500000 + i * 1000, i
		}
		print "9s log"
	}'
}

# --- goals of 0: Go 1.26 and later write them under GOGC=off ---

program 0 >zero
for command in replay 'compare -p go1.22 -p none'; do
	# shellcheck disable=SC2086 # words
	run "$HEAPREPLAY" $command zero
	is "$status" 0 "${command%% *}: goals of 0"
	like "$out" '5 heap goals are not told \(GOGC=off\): the Go policies have none; --memory-limit gives one' \
		"${command%% *}: not told is not none"
done
run "$HEAPREPLAY" replay -q --json zero
is "$(jq .summary.goal_misses <<<"$out")" 0 'without a goal none is missed'
is "$(jq .summary.returned_background_bytes <<<"$out")" 0 'and nothing is released for one'

# 128 MiB less 5 MiB of other memory are 123 MiB, less 3 % headroom 119.3 MiB.
run "$HEAPREPLAY" replay --memory-limit 128MiB zero
like "$out" 'not told \(GOGC=off\): that of the memory limit, 119 MiB' 'the limit gives the goal'
run "$HEAPREPLAY" replay -q --memory-limit 128MiB --other-memory 28MiB --json zero
# 100 MiB less 3 %.
like "$(jq -r '.assumed[]?, .trace.assumed[]?' <<<"$out" 2>/dev/null)" 'the memory limit, 97.0 MiB' 'what lies beside the heap counts'

# --- goals that hardly vary under a heap that does ---

# Goals of a limit of 128 MiB, with 1 to 4 MiB beside the heap: (128 MiB - other) * 0.97.
program '129171063 128154153 127137244 126120335' >near
run "$HEAPREPLAY" replay near
like "$out" 'no memory limit, but the heap goals hardly vary: one of [0-9.]+ MiB to [0-9.]+ MiB fits them' 'a limit shows'
range=$(sed -n 's/.*hardly vary: one of \([0-9.]*\) MiB to \([0-9.]*\) MiB fits.*/\1 \2/p' <<<"$out")
awk -v r="$range" 'BEGIN { split(r, x, " "); exit !(x[1] > 110 && x[1] <= 128 && x[2] >= 128 && x[2] < 145) }'
ok $? 'the limit that was in force lies in the range'
run "$HEAPREPLAY" replay --memory-limit 128MiB near
unlike "$out" 'hardly vary' 'nothing is said where the limit is known'
program '129171063 60000000 90000000 200000000' >free
run "$HEAPREPLAY" replay free
unlike "$out" 'hardly vary' 'goals that follow the heap show none'

# --- --truth: the program's counters tell the limit, and what lies beside the heap ---

cat >truth.csv <<'CSV'
mono_ns,/gc/gomemlimit:bytes,/memory/classes/heap/objects:bytes,/memory/classes/heap/unused:bytes,/memory/classes/heap/released:bytes,/memory/classes/metadata/other:bytes,/memory/classes/other:bytes
1000,134217728,1048576,0,0,20971520,8388608
2000,134217728,1048576,0,0,20971520,8388608
CSV
for command in replay 'compare -p go1.22'; do
	# shellcheck disable=SC2086
	run "$HEAPREPLAY" $command -q --json --truth truth.csv zero
	is "$status" 0 "${command%% *} --truth"
	is "$(jq '[.. | .memory_limit_bytes? | numbers] | first' <<<"$out")" 134217728 "${command%% *} --truth: the limit"
	is "$(jq '[.. | .other_memory_bytes? | numbers] | first' <<<"$out")" $((20971520 + 8388608)) \
		"${command%% *} --truth: the memory beside the heap"
	# shellcheck disable=SC2086
	run "$HEAPREPLAY" $command -q --json --truth truth.csv --memory-limit 200MiB --other-memory 1MiB zero
	is "$(jq '[.. | .memory_limit_bytes? | numbers] | first' <<<"$out")" $((200 << 20)) "${command%% *}: what is given goes before it"
	is "$(jq '[.. | .other_memory_bytes? | numbers] | first' <<<"$out")" $((1 << 20)) "${command%% *}: both"
done
sed 's/,134217728,/,9223372036854775807,/' truth.csv >off.csv
run "$HEAPREPLAY" replay --truth off.csv zero
like "$out" 'not told \(GOGC=off\): the Go policies have none' 'counters without a limit give none'
echo 'no counters' >bad.csv
run "$HEAPREPLAY" replay -q --truth bad.csv zero
is "$status" 1 'what holds no counters is an error'
like "$err" '^heapreplay: bad.csv: ' 'which names that file'

# --- a recording's own settings: what record noted stands in for what is not given ---

{
	head -n 1 zero
	printf '%s\n' '! note GOMEMLIMIT 96MiB' '! note GOGC 50' '! note cgroup-limit 209715200'
	tail -n +2 zero
} >noted
run "$HEAPREPLAY" replay -q --json noted
is "$status,$(jq '.settings.memory_limit_bytes' <<<"$out")" 0,$((96 << 20)) 'GOMEMLIMIT of the recording is the limit'
like "$(jq -r '.trace.assumed[]' <<<"$out")" '96\.0 MiB: GOMEMLIMIT of the recorded program' 'which is said'
run "$HEAPREPLAY" replay -q --json --memory-limit off noted
is "$(jq '.settings.memory_limit_bytes' <<<"$out")" null 'off: none'
run "$HEAPREPLAY" replay -q --json --memory-limit 200MiB noted
is "$(jq '.settings.memory_limit_bytes' <<<"$out")" $((200 << 20)) 'what is given goes before it'
run "$HEAPREPLAY" replay -q --json --memory-limit 50% noted
is "$(jq '.settings.memory_limit_bytes' <<<"$out")" 104857600 'a percentage is of the control group that was noted'
like "$(jq -r '.trace.assumed[]' <<<"$out")" "recorded program's control group" 'which is said, too'
run "$HEAPREPLAY" compare -q --json -p go1.22 noted
is "$(jq '.comparisons[0].settings.memory_limit_bytes' <<<"$out")" $((96 << 20)) 'compare: the same'

done_testing
