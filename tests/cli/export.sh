# SPDX-License-Identifier: BSD-3-Clause
# Traces as text: everything, again and again the same, and the same to every command.
. "$top_srcdir/tests/lib.sh"
have jq || skip_all 'jq is not installed'

# What info says of events and heap, without what differs between a file and its text.
facts() {
	"$HEAPREPLAY" info --json "$1" | jq -c 'del(.trace, .generations, .threads)'
}

for trace in bench-json-go123.trace phases-1p-go125.trace compile-texttemplate-1p-go121.pagetrace gnuplot.heaptrack; do
	file=$top_srcdir/traces/$trace.zst
	run "$HEAPREPLAY" export --keep-arguments "$file" -o once
	is "$status" 0 "$trace: exported"
	is "$err" '' "$trace: no complaint"
	run "$HEAPREPLAY" export --keep-arguments once -o twice
	is "$status" 0 "$trace: the text is exported"
	same once twice "$trace: to the same bytes"
	"$HEAPREPLAY" import -q --keep-arguments once -o native && run "$HEAPREPLAY" export --keep-arguments native -o twice
	same once twice "$trace: through the native form too"
	is "$(facts once)" "$(facts "$file")" "$trace: the text is the same trace to info"
	is "$("$HEAPREPLAY" info --json once | jq -c '.trace.duration_ns')" \
		"$("$HEAPREPLAY" info --json "$file" | jq -c '.trace.duration_ns')" "$trace: of the same length"
done

# A replay of the text, under the trace's own policy, is that of the trace, the CPU time of its GC cycles included.
for trace in bench-json-go123.trace compile-texttemplate-1p-go121.pagetrace; do
	file=$top_srcdir/traces/$trace.zst
	"$HEAPREPLAY" export -q "$file" -o text
	"$HEAPREPLAY" export -q --spans "$file" -o spans
	for text in text spans; do
		is "$("$HEAPREPLAY" replay -q --json "$text" | jq -c 'del(.trace)')" \
			"$("$HEAPREPLAY" replay -q --json "$file" | jq -c 'del(.trace)')" "$trace: replay of $text"
	done
	is "$(grep -Ec '^[0-9].* (obj|stack|assist|sweep-[be]|log|heap-live)' spans)" 0 "$trace: --spans has no objects"
done

# A part.
file=$top_srcdir/traces/gnuplot.heaptrack.zst
"$HEAPREPLAY" export -q "$file" -o all
run "$HEAPREPLAY" export -q --from 2s --until 3s "$file" -o part
is "$status" 0 'a part'
same <(grep '^[0-9]' part) <(awk '/^[0-9]/ && $1 >= 2000000000 && $1 <= 3000000000' all) 'has the events of its time'
like "$(<part)" '^! strict off$' 'and says that something is missing'
is "$(tail -n 1 part)" '! end 3000000000' 'and ends where it ends'
run "$HEAPREPLAY" info part
is "$status" 0 'and can be read'
run "$HEAPREPLAY" export -q --from 1h "$file"
is "$status" 0 'a part without events'
unlike "$out" '^[0-9]' 'has none'

# What a person writes.
printf '%s\r\n' '# heapreplay-trace 1' '5 obj-alloc size=1KiB id=77' '1s obj-free id=77' >hand.txt
run "$HEAPREPLAY" export hand.txt
is "$(grep -v '^!' <<<"$out")" '# heapreplay-trace 1
5 obj-alloc id=0 size=1024
1000000000 obj-free id=0' 'ids are numbered anew'
printf '%s\n' '# heapreplay-trace 1' '5 obj-alloc size=1KiB id=77' '6 obj-free id=78' >hand.txt
run "$HEAPREPLAY" export hand.txt
is "$status" 1 'a free of what was not allocated: status 1'
like "$err" '^heapreplay: hand.txt: line 3: object 78 is freed, and was not allocated$' 'with the line'
done_testing
