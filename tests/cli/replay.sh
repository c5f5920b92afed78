# SPDX-License-Identifier: BSD-3-Clause
# replay and compare on a real trace and on a trace written by hand, whose numbers can be worked out.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/bench-json-go123.trace.zst

# A program that uses 8 MiB (1024 pages), frees it, and asks for its memory to be released.
cat >hand <<'TEXT'
# heapreplay-trace 1
0 gomaxprocs n=1
0 span-alloc id=1 npages=512 class=0
1ms span-alloc id=2 npages=512 class=0
1s span-free id=2
2s free-os-memory
3s span-alloc id=3 npages=256 class=0
4s log
TEXT

run "$HEAPREPLAY" replay -q -p go1.19 hand
is "$status" 0 'a hand-written trace is replayed'
# 2 s: 4 MiB in use, 4 MiB free and all of it released: util = in use / (in use + free) = 100.
like "$out" '^scav 0 KiB work, 0 KiB total, 50% util$' 'the ordinary line: 4 of 8 MiB in use'
like "$out" '^scav 4096 KiB work, 4096 KiB total, 100% util \(forced\)$' 'FreeOSMemory releases the 4 MiB that are free'

run "$HEAPREPLAY" replay -q -p go1.19 --json -o m.json --series s.csv --every 500ms --scavtrace log hand
is "$status" 0 'with JSON, CSV and log in files'
is "$out" '' 'standard output stays empty'
is "$(wc -l <log)" 2 'the log has two lines'
# json KEY: the value of a key that occurs once.
json() {
	sed -n 's/^ *"'"$1"'": \([^,[]*\),\{0,1\}$/\1/p' "${2:-m.json}" | tail -n 1
}
is "$(json duration_ns)" 4000000000 'duration'
is "$(json in_use_peak_bytes)" 8388608 'peak in use: 1024 pages of 8 KiB'
# 4 MiB throughout; 4 MiB from 1 ms to 1 s; 2 MiB from 3 s to 4 s.
is "$(json in_use_mean_bytes)" $(((4194304 * 4000 + 4194304 * 999 + 2097152 * 1000) / 4000)) 'mean in use'
is "$(json returned_forced_bytes)" 4194304 'released by force: 4 MiB'
is "$(json returned_bytes)" 4194304 'released in all: 4 MiB'
is "$(json refaulted_bytes)" 2097152 'used again: 2 MiB'
is "$(json thrash_bytes)" 2097152 'within a second: all of it'
# Two huge pages of 2 MiB each, released whole: 1.5 us a call, and 0.55 us for each of 1024 pages of 4 KiB.
is "$(json huge_pages_returned)" 2 'two huge pages returned whole'
is "$(json synchronous_cpu_ns)" $(($(json release_calls) * 1500 + 1024 * 550)) 'simulated cost of the releases'
is "$(json refault_cpu_ns)" $((512 * 1800)) 'simulated cost of the faults'
is "$(head -n 1 s.csv | cut -d, -f1-6)" 'time_ns,in_use_bytes,free_bytes,released_bytes,retained_bytes,goal_bytes' 'the series names its columns'
is "$(tail -n +2 s.csv | cut -d, -f1 | tr '\n' ' ')" '0 500000000 1000000000 1500000000 2000000000 2500000000 3000000000 3500000000 4000000000 ' 'a row every 500 ms'
is "$(awk -F, '$1 == 1000000000 { print $2, $3, $4, $5 }' s.csv)" '4194304 4194304 0 8388608' 'a row holds what happened at its time'
is "$(awk -F, '$1 == 2000000000 { print $2, $3, $4, $5 }' s.csv)" '4194304 0 4194304 4194304' 'the forced release is in its row'
is "$(awk -F, 'NR > 1 && $2 + $3 != $5' s.csv)" '' 'retained is in use + free in every row'

run "$HEAPREPLAY" replay -q -p none --json hand
is "$(printf '%s\n' "$out" | json returned_bytes /dev/stdin)" 0 'none releases nothing'
run "$HEAPREPLAY" replay -q -p eager --json hand
is "$(printf '%s\n' "$out" | json returned_on_free_bytes /dev/stdin)" 4194304 'eager releases what is freed'
is "$(printf '%s\n' "$out" | json free_peak_bytes /dev/stdin)" 4194304 'eager: free memory is there for a moment only'
is "$(printf '%s\n' "$out" | json free_mean_bytes /dev/stdin)" 0 'eager: which no time passes in'

run "$HEAPREPLAY" replay -q --from 3s --until 4s -p none --json hand
is "$(printf '%s\n' "$out" | json duration_ns /dev/stdin)" 1000000000 '--from and --until bound what is measured'
is "$(printf '%s\n' "$out" | json in_use_mean_bytes /dev/stdin)" 6291456 'and the mean is of that part'

# 32-bit: same figures, another base.
run "$HEAPREPLAY" replay -q -p go1.19 --address-bits 32 hand
like "$out" '^scav 4096 KiB work, 4096 KiB total, 100% util \(forced\)$' '32-bit address space'

# A real trace.
run "$HEAPREPLAY" replay -q "$trace"
is "$status" 0 'a real trace is replayed'
like "$out" '^scav [0-9]+ KiB work \(bg\), [0-9]+ KiB work \(eager\), [0-9]+ KiB now, [0-9]+% util' 'in the form of its own Go version'
like "$out" 'under go1\.22, recorded placement' 'the summary says what it did'
cp .out first
run "$HEAPREPLAY" replay -q "$trace"
same first "$scratch/.out" 'twice the same bytes'
for p in go1.18 go1.19 go1.21; do
	run "$HEAPREPLAY" replay -q -p "$p" "$trace"
	is "$status" 0 "$p on the real trace"
done
for m in modelled recorded; do
	run "$HEAPREPLAY" replay -q --placement "$m" --json "$trace"
	like "$out" "\"placement\": \"$m\"" "placement $m"
done

run "$HEAPREPLAY" compare -q "$trace"
is "$status" 0 'compare'
for p in go1.18 go1.19 go1.21 go1.22 none eager decay rate delay optimal; do
	like "$out" "^$p( \\(own\\))? +[0-9]" "compare has $p"
done
cp .out all
for j in 1 2 3 9; do
	run "$HEAPREPLAY" compare -q -j "$j" "$trace"
	same all "$scratch/.out" "the same with $j threads"
done
run "$HEAPREPLAY" compare -q --json -o c.json "$trace"
is "$(grep -c '"summary"' c.json)" 10 'compare --json has ten summaries'
# A policy's figures do not depend on who else follows.
run "$HEAPREPLAY" replay -q -p go1.21 --json -o one.json "$trace"
run "$HEAPREPLAY" compare -q -p none -p go1.21 --json -o two.json "$trace"
sed -n '/"summary"/,/}/p' one.json | tr -d ' ,' >one
awk '/"go1.21"/ { on = 1 } on' two.json | sed -n '/"summary"/,/}/p' | tr -d ' ,' >two
same one two 'a policy alone and in company: the same figures'

# Text form: the same replay.
run "$HEAPREPLAY" export -q "$trace" -o text
is "$status" 0 'export'
run "$HEAPREPLAY" replay -q -p go1.22 --placement-of go1.23 "$trace"
sed '/^$/,$d' .out >binary.log
run "$HEAPREPLAY" replay -q -p go1.22 --placement-of go1.23 text
sed '/^$/,$d' .out >text.log
same binary.log text.log 'the exported text gives the same log'

run "$HEAPREPLAY" info "$trace"
is "$status" 0 'info'
like "$out" 'Go execution trace version 23, compression zstd' 'info names the format'
run "$HEAPREPLAY" info --json "$trace"
is "$(printf '%s\n' "$out" | json span-alloc /dev/stdin)" 2620 'info counts span allocations (as the Go toolchain does)'
is "$(printf '%s\n' "$out" | json gc-begin /dev/stdin)" "$(printf '%s\n' "$out" | json gc-end /dev/stdin)" 'as many cycles end as begin'

run "$HEAPREPLAY" validate -q "$trace"
is "$status" 0 'validate'
like "$out" 'forced with look-ahead +(99\.9|100\.)' 'nearly all addresses are reproduced'
run "$HEAPREPLAY" validate -q --json "$trace"
like "$out" '"look_ahead"' 'validate --json'
done_testing
