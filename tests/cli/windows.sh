# SPDX-License-Identifier: BSD-3-Clause
# Windows of a flight recorder: the trace without its first generations, and where its heap starts (--min-addr).
. "$top_srcdir/tests/lib.sh"
have jq || skip_all 'jq is not installed'

python=$(command -v python3) || skip_all 'python3 is not installed'
flat() { tr '\n' ' ' <<<"$out$err" | tr -s ' '; }
trace=$top_srcdir/traces/phases-1p-go125.trace.zst
zstd -dqc "$trace" | "$python" "$top_srcdir/tests/cli/go_windows.py" drop 60 >window

run "$HEAPREPLAY" info window
is "$status" 0 'a window is read'
like "$(flat)" 'does not tell where: 0xc000000000 stands for it \(--min-addr\)' 'where the heap starts is assumed'
like "$out$err" 'named' 'the share that is named is told'

spans() { "$HEAPREPLAY" export -q --spans "$@" | grep -E 'span-(alloc|free)' | sed 's/^[0-9]* //'; }
# Up to Go 1.25 a heap starts there in truth: the window's allocations are the last ones of the whole trace.
spans window | grep alloc >got
spans "$trace" | grep alloc | tail -n "$(wc -l <got)" >wanted
[ -s got ] && cmp -s got wanted
ok $? 'with 0xc000000000 the addresses of a Go 1.25 window are those of the whole trace'

spans --min-addr 0x123400000000 window | grep alloc >moved
sed 's/addr=0xc0/addr=0x1234/' got | cmp -s - moved
ok $? '--min-addr moves every address by the same'
run "$HEAPREPLAY" info --min-addr 0x123400000000 window
unlike "$(flat)" 'stands for it' 'nothing is assumed then'
is "$("$HEAPREPLAY" export -q --min-addr 0x123400000000 window | grep '^! min-addr')" '! min-addr 0x123400000000' 'and it is told on'

"$HEAPREPLAY" replay -q --json window | jq -S .summary >a
"$HEAPREPLAY" replay -q --json --min-addr 0x123400000000 window | jq -S .summary >b
cmp -s a b
ok $? 'by whole chunks it changes no figure'

for bad in 0x1000000000000 0x1001 nowhere; do
	run "$HEAPREPLAY" info --min-addr "$bad" window
	is "$status" 2 "--min-addr $bad is refused"
done

done_testing
