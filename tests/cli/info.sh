# SPDX-License-Identifier: BSD-3-Clause
# What info says of traces of every sort, in terminals of every width; and what others say of its worries.
. "$top_srcdir/tests/lib.sh"
unset NO_COLOR
have jq || skip_all 'jq is not installed'

cat >objects.txt <<'TRACE'
# heapreplay-trace 1
! program ./a.out --fast
! threads on
0     t0 obj-alloc id=1 size=100
1us   t1 obj-alloc id=2 size=4096
500us t0 obj-free  id=1
1ms   t0 obj-alloc id=3 size=0
1s    t1 obj-free  id=2
2s    t1 obj-alloc id=4 size=33
! end 4s
TRACE
run "$HEAPREPLAY" info objects.txt
is "$status" 0 'objects: status 0'
is "$err" '' 'objects: no complaint'
like "$out" '^objects.txt: text version 1, compression none$' 'the format'
like "$out" '^program: ./a.out --fast$' 'the program'
like "$out" '^4.00 s, [0-9]+ B of trace, 6 events, 1 a second$' 'the length'
like "$out" '^2 threads$' 'the threads'
like "$out" '^default policy: decay$' 'the policy'
like "$out" '^live over time, up to 4.10 KiB at 1.00 us$' 'the peak'
like "$out" '^  @{15,16}_+\.+$' 'what is live over time'
like "$out" '^  peak live +4.10 KiB$' 'the peak as a figure'
like "$out" '^  peak objects +2$' 'the most objects'
like "$out" '^  total allocated +4.13 KiB$' 'what was allocated'
like "$out" '^  of size 0 +1$' 'objects of size 0'
like "$out" '^  objects at the end +2$' 'what is live at the end'
like "$out" '^  bytes at the end +33 B$' 'and its bytes'
like "$out" '^  to 4 KiB +1  4.00 KiB  #{20}  #{20}$' 'the largest row of the sizes'
like "$out" '^  0 B +1 +0 B  #{20}$' 'the smallest'
like "$out" '^  to 64 B +1 +33 B  #{20}  #$' 'little is not nothing'
like "$out" '^  < 1 ms +1  #{15}$' 'lifetimes'
like "$out" '^  < 1 s +1  #{15}$' 'of both'
like "$out" '^  not freed +2  #{30}$' 'what was never freed is apart'
like "$out" '^  processors: .*--procs' 'what the trace does not tell, and the option'
unlike "$out" 'lost or inconsistent|assumed$' 'nothing is wrong, and nothing said of it'
LC_ALL=C.UTF-8 run "$HEAPREPLAY" info objects.txt
LC_ALL=C.UTF-8 like "$out" '^  to 4 KiB +1  4.00 KiB  █{20}  █{20}$' 'blocks where the locale has them'
NO_COLOR=1 LC_ALL=C.UTF-8 run "$HEAPREPLAY" info objects.txt
like "$out" '^  to 4 KiB +1  4.00 KiB  #{20}  #{20}$' 'NO_COLOR: ASCII'

run "$HEAPREPLAY" info --json objects.txt
is "$(jq -c .objects <<<"$out")" '{"existed":0,"allocations":4,"frees":2,"allocated_bytes":4229,"peak_live_bytes":4196,"peak_live_bytes_ns":1000,"peak_live_objects":2,"peak_live_objects_ns":1000,"leaked_objects":2,"leaked_bytes":33,"largest_bytes":4096,"zero_sizes":1}' 'JSON: objects'
is "$(jq -c .lifetimes <<<"$out")" '[{"below_ns":1000000,"objects":1},{"below_ns":1000000000,"objects":1}]' 'JSON: lifetimes'
is "$(jq -c '.sizes[-1]' <<<"$out")" '{"to_bytes":4096,"objects":1,"bytes":4096}' 'JSON: sizes'
is "$(jq -c '[.trace.program, .events, .anomalies, .assumed, .threads]' <<<"$out")" '["./a.out --fast",{"obj-alloc":4,"obj-free":2},{},[],2]' 'JSON: the rest'
is "$(jq -c '.heap' <<<"$out")" null 'JSON: no heap where there are no spans'

# Losses: counted, told, and a warning where they are many.
cat >odd.txt <<'TRACE'
# heapreplay-trace 1
! strict off
! clock off
0 obj-alloc id=1 size=10
1 obj-alloc id=1 size=20
2 obj-free id=9
! assumed the moon is full
TRACE
run "$HEAPREPLAY" info odd.txt
is "$status" 0 'losses: status 0'
like "$err" "^heapreplay: odd.txt: warning: 2 of [34] events are lost or inconsistent, most of them .*; see 'heapreplay info'$" 'losses: a warning'
like "$out" '^  1 frees of objects that were never seen: ignored$' 'losses: a free of nothing'
like "$out" '^  1 allocations over a live object' 'losses: an allocation over another'
like "$out" '^  the moon is full$' 'what was assumed'
like "$out" '^  a clock: .*--rate' 'no clock'
run "$HEAPREPLAY" info --json odd.txt
is "$(jq -c '[.anomalies, .trace.anomalies, .assumed, .trace.assumed]' <<<"$out")" '[{"unknown_frees":1,"allocs_over_live":1},{"unknown_frees":1,"allocs_over_live":1},["the moon is full"],["the moon is full"]]' 'JSON: the same'
{
	echo '# heapreplay-trace 1'
	for i in {1..300}; do echo "$i span-alloc id=$i npages=1"; done
	echo '! assumed the moon is full'
	echo '! anomaly unknown_frees 4'
} >spans.txt
run "$HEAPREPLAY" replay spans.txt
is "$status" 0 'a replay with losses: status 0'
like "$err" 'warning: 4 of 300 events are lost or inconsistent, most of them frees of objects that were never seen: ignored' 'a replay with losses: a warning'
like "$out" '^assumed: the moon is full$' 'a replay says what was assumed'
run "$HEAPREPLAY" compare spans.txt
like "$out" '^assumed: the moon is full$' 'so does compare'
run "$HEAPREPLAY" replay -q --json spans.txt
is "$(jq -c '.trace | [.assumed, .anomalies]' <<<"$out")" '[["the moon is full"],{"unknown_frees":4}]' 'and the JSON'
sed -i 's/unknown_frees 4/unknown_frees 3/' spans.txt
run "$HEAPREPLAY" replay spans.txt
is "$err" '' '1 % is let pass'
sed -i 's/unknown_frees 3/lost_blocks 1/' spans.txt
run "$HEAPREPLAY" replay spans.txt
like "$err" 'warning: 1 damaged blocks' 'a lost block is not'

# Traces with spans.
run "$HEAPREPLAY" info "$top_srcdir/traces/bench-json-go123.trace.zst"
like "$out" '^in use over time, up to 23.3 MiB$' 'spans: what is in use over time'
like "$out" '^  model agreement +99.[0-9]+%$' 'spans: placement'
like "$out" '^sizes, of slots$' 'Go objects have the sizes of their slots'
like "$out" '^lifetimes, until swept$' 'and live until they are swept'
run "$HEAPREPLAY" info "$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst"
like "$out" '^  objects: only the recorded spans' 'a page trace has no objects'
like "$out" '^  what runs of pages are used for' 'nor kinds'
run "$HEAPREPLAY" export -q "$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst" -o text
run "$HEAPREPLAY" info text
like "$out" '^made from: Go page trace$' 'a text says what it was made from'

# Terminals.
if have script && script -qec true typescript >/dev/null 2>&1; then
	export TERM=xterm
	for columns in 20 21 25 30 34 40 44 55 66 80 132; do
		for trace in objects.txt odd.txt "$top_srcdir/traces/gnuplot.heaptrack.zst" \
			"$top_srcdir/traces/phases-1p-go125.trace.zst"; do
			# File names are as long as they are.
			cp "$trace" t
			printf 'stty cols %s\n%q info t 2>/dev/null\n' "$columns" "$HEAPREPLAY" >command.sh
			LC_ALL=C.UTF-8 run script -qec 'bash command.sh' typescript </dev/null
			out=$(LC_ALL=C.UTF-8 grep -E "^.{$((columns + 1))}" <(sed '/^Script /d' typescript | tr -d '\r') |
				grep -vE -- '^ *[^ ]*$')
			is "$out" '' "${trace##*/} in $columns columns: nothing is wider"
		done
	done
	printf 'stty cols 80\n%q info t\n' "$HEAPREPLAY" >command.sh
	LC_ALL=C.UTF-8 run script -qec 'bash command.sh' typescript </dev/null
	like "$(tr -d '\r' <typescript)" '█' 'a terminal has blocks'
	TERM=dumb LC_ALL=C.UTF-8 run script -qec 'bash command.sh' typescript </dev/null
	is "$(LC_ALL=C grep -c '[^ -~	]' <(sed '/^Script /d' typescript | tr -d '\r'))" 0 'a dumb one has ASCII'
else
	skip 'terminals' 'script is not installed, or has no terminal to give'
fi
done_testing
