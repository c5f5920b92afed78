# SPDX-License-Identifier: BSD-3-Clause
# Go page traces: a real one that ships, and one made here word by word, whose numbers can be worked out.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst
gclog=$top_srcdir/traces/compile-texttemplate-1p-go121.gclog

# json KEY [FILE]: the value of a key that occurs once, or of its last occurrence.
json() {
	sed -n 's/^ *"'"$1"'": \([^,[]*\),\{0,1\}$/\1/p' "${2:-$scratch/.out}" | tail -n 1
}

# Counts that another decoder made of it.
run "$HEAPREPLAY" info -q --json "$trace"
is "$status" 0 'info'
is "$(json page-alloc)" 4786 'allocations'
is "$(json page-free)" 614 'frees'
is "$(json page-scav)" '' 'no releases'
is "$(json mapped_peak_bytes)" 46137344 'the heap grows by 4 MiB at a time: 11 times'
like "$out" '"own_policy": "recorded"' 'its own policy is what was recorded'
like "$out" 'GC cycles' 'it lacks GC cycles'
unlike "$out" "the heap's beginning" 'but not the beginning of the heap'
run "$HEAPREPLAY" info -q --json --gc-log "$gclog" "$trace"
is "$(json gc-begin) $(json gc-end) $(json sweep-done) $(json heap-goal)" '1 1 1 2' 'the GC log adds a cycle, its sweep, and goals'
unlike "$out" '"GC cycles' 'nothing is said to lack then'

# One P: every address follows from the events.
run "$HEAPREPLAY" validate -q --json "$trace"
is "$(printf '%s\n' "$out" | grep -c '"reproduced": 4786')" 3 'all addresses are reproduced, in three ways'

# word N...: 8 bytes each, least significant first.
word() {
	local n i text

	for n; do
		text=
		for ((i = 0; i < 64; i += 8)); do
			text+=$(printf '\\x%02x' $((n >> i & 255)))
		done
		printf '%b' "$text"
	done
}
alloc=1 free=2 scav=3
base=$((0xc000000000))
# block P TICK; event TYPE DELTA PAGE PAGES
block() { word $(($1 << 3 | 4)) $(($2 << 3)); }
event() { word $(($2 << 48 | base + $3 * 8192 | $4 << 3 | $1)); }

# 1 hidden page, 1 for the runtime; 500 pages used and freed, 300 of them released, 200 of those used again.
made() {
	block 0 2000
	event $alloc 0 2 500
	event $free 10 2 500
	event $scav 20 202 300
	event $alloc 30 2 400
	event $alloc 40 510 100
}
last() {
	block -1 1000
	event $alloc 0 1 1
}
{ made; last; } >hand
run "$HEAPREPLAY" replay -q --json --series s.csv --every 128ns hand
is "$status" 0 'a trace made by hand is replayed'
is "$(json returned_bytes)" $((300 * 8192)) 'released: 300 pages'
is "$(json refaulted_bytes)" $((200 * 8192)) 'used again: 200 of them'
is "$(json release_calls)" 1 'in one call'
is "$(json duration_ns)" $((1040 * 128)) 'a tick is 128 ns, from the first event on'
# At tick 1020: 2 pages in use; 510 - 500 were never used, 300 are released. At 1030 200 of these are taken.
is "$(awk -F, -v t=$((1020 * 128)) '$1 == t { print $2 / 8192, $3 / 8192, $4 / 8192 }' s.csv)" '2 200 310' 'after the release'
is "$(awk -F, -v t=$((1030 * 128)) '$1 == t { print $2 / 8192, $3 / 8192, $4 / 8192 }' s.csv)" '402 0 110' 'after the use'
# 510 .. 609 is beyond the chunk: it grows by one; 2 pages of the first are taken.
is "$(tail -n 1 s.csv | awk -F, '{ print $2 / 8192, $3 / 8192, $4 / 8192 }')" '502 0 522' 'at the end'

printf 'mono_ns,/memory/classes/heap/objects:bytes,/memory/classes/heap/unused:bytes,/memory/classes/heap/stacks:bytes,/memory/classes/heap/released:bytes\n' >truth.csv
printf '%s,%s,0,8192,%s\n' $((2025 * 128)) 8192 $((310 * 8192)) $((2035 * 128)) $((401 * 8192)) $((111 * 8192)) \
	$((9999 * 128)) $((501 * 8192)) $((522 * 8192)) >>truth.csv
run "$HEAPREPLAY" validate -q --json --truth truth.csv hand
is "$status" 0 'validate with counters'
is "$(grep -c '"samples": 3' .out)" 2 'also those behind the last event'
is "$(sed -n 's/^ *"equal": \([0-9]*\),\{0,1\}$/\1/p' .out | tr '\n' ' ')" '3 2 ' 'in use with stacks; one of three released counters is off by a page'

# Another policy beside the recorded one: eager releases all 500 pages, and at once.
run "$HEAPREPLAY" validate -q --json -p eager hand
is "$(json recorded_bytes) $(json replayed_bytes) $(json same_bytes)" "$((300 * 8192)) $((500 * 8192)) $((300 * 8192))" \
	'eager releases what was released, and more'
run "$HEAPREPLAY" validate -q -p none hand
like "$out" 'the same pages +0\.00 % of the recorded' 'none does not'
run "$HEAPREPLAY" compare -q -p recorded -p none hand
is "$status" 0 'compare'
like "$out" '^recorded ' 'compare with what was recorded'

# The text form keeps it all.
run "$HEAPREPLAY" replay -q --json -o a.json hand
run "$HEAPREPLAY" export -q hand -o text
run "$HEAPREPLAY" replay -q --json -o b.json text
is "$status" 0 'exported, it has releases as well'
is "$(sed -n '/"summary"/,/}/p' b.json)" "$(sed -n '/"summary"/,/}/p' a.json)" 'and the same figures'

# Pipes, and compression.
run bash -c 'cat hand | "$1" replay -q --json -' _ "$HEAPREPLAY"
is "$(json returned_bytes)" $((300 * 8192)) 'from a pipe'

# Recordings that did not end well.
made >crashed
run "$HEAPREPLAY" replay -q crashed
is "$status" 0 'a crash of the program'
like "$err" 'warning: .*did not end normally' 'a crash of the program: a warning'
: >nothing
run "$HEAPREPLAY" info -q nothing
is "$status" 1 'an empty file'
like "$err" 'crashed' 'an empty file: the message'
{ made; word 0 0; last; } >overwritten
run "$HEAPREPLAY" info -q overwritten
is "$status" 1 'a file that a child process has overwritten'
like "$err" 'byte 56: .*child' 'a file that a child process has overwritten: the message'

# Misuse.
other=$top_srcdir/traces/bench-json-go123.trace.zst
run "$HEAPREPLAY" replay -q -p recorded "$other"
is "$status" 2 'recorded on a trace that tells no releases: misuse'
like "$err" 'Go page traces' 'and which traces do'
run "$HEAPREPLAY" replay -q -p recorded --placement modelled hand
is "$status" 2 'recorded with modelled placement: misuse'
run "$HEAPREPLAY" info -q --gc-log "$gclog" "$other"
is "$status" 2 'a GC log beside another trace: misuse'
run "$HEAPREPLAY" info -q --gc-log none.log "$trace"
is "$status" 1 'a GC log that is not there'
like "$err" 'none\.log: No such file' 'a GC log that is not there: the message'
run "$HEAPREPLAY" info -q --gc-log truth.csv "$trace"
is "$status" 1 'a file that is no GC log'
like "$err" 'truth\.csv.*gctrace=1' 'a file that is no GC log: the message'
run "$HEAPREPLAY" info -q --gc-log "$gclog" hand
is "$status" 1 'the GC log of another run'
like "$err" 'not of this run' 'the GC log of another run: the message'
done_testing
