# SPDX-License-Identifier: BSD-3-Clause
# The native form is what heapreplay-trace(5) says: a program that was written by
# its words alone reads every event of a trace, and what it writes is read.
. "$top_srcdir/tests/lib.sh"

have zstd || skip_all 'zstd is not installed'
python=
for python in python3 /usr/bin/python3; do
	"$python" -c 'import xxhash' 2>/dev/null && break
	python=
done
[ -n "$python" ] || skip_all "Python's xxhash is not installed"
form() {
	run "$python" "$top_srcdir/tests/cli/native_form.py" "$@"
}

# Addresses and Ps; threads and numbers; page runs; everything that the text form has.
"$HEAPREPLAY" import -q --until 300ms "$top_srcdir/traces/bench-json-go123.trace.zst" -o go.hrt
"$HEAPREPLAY" import -q --until 1s "$top_srcdir/traces/gnuplot.heaptrack.zst" -o numbers.hrt
"$HEAPREPLAY" cut -q --from 2s --until 2500ms "$top_srcdir/traces/gnuplot.heaptrack.zst" -o part.hrt
"$HEAPREPLAY" import -q "$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst" -o pages.hrt
"$HEAPREPLAY" import -q "$top_srcdir/tests/fuzz/corpus/fuzz_text/everything" -o everything.hrt
for trace in go numbers part pages everything; do
	"$HEAPREPLAY" export -q $trace.hrt -o $trace.txt
	form same $trace.hrt $trace.txt
	is "$status:$out" "0:$(grep -c '^[0-9]' $trace.txt) events" "$trace: every event is read" || note "$err"
	form raw $trace.hrt raw.hrt
	"$HEAPREPLAY" export -q raw.hrt -o raw.txt
	same $trace.txt raw.txt "$trace: the same with columns that are not compressed"
done

form write hand.hrt
run "$HEAPREPLAY" export -q hand.hrt
is "$status:$(printf '%s\n' "$out" | grep -E '^[0-9]|^! (program|anomaly|assumed|end)')" '0:! program a.out
10 obj-alloc id=0 size=100
12 obj-alloc id=1 size=70000
15 obj-alloc id=2 size=100
20 obj-free id=1
40 obj-free id=2
! assumed nothing
! anomaly null_frees 2
! end 50' 'a trace that was made by hand'
done_testing
