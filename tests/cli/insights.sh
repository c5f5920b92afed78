# SPDX-License-Identifier: BSD-3-Clause
# The sentences at the end of replay, compare and report: there when their rule holds, with the numbers of the JSON.
. "$top_srcdir/tests/lib.sh"

real=$top_srcdir/traces/phases-1p-go125.trace.zst

# sentences OUTPUT: what stands out, each on a line.
sentences() {
	printf '%s\n' "$1" | sed -n '/^What stands out/,$p' | sed 's/^ */ /' | tr -d '\n' |
		sed 's/^ *What stands out//; s/\. - /.\n- /g'
}

run "$HEAPREPLAY" replay -q "$real"
replayed=$(sentences "$out")
run "$HEAPREPLAY" compare -q "$real"
compared=$(sentences "$out")
like "$compared" 'took 55\.5 s to return 90 % of it' 'compare tells the lag of the own policy'
like "$compared" 'under go1\.19 it took 9\.8[0-9] s' 'and that of a generation of Go that is faster'
like "$replayed" 'took 55\.5 s to return 90 % of it' 'replay tells it, too'
unlike "$replayed" 'under ' 'but has no other policy to name'

# The number of chunks, and who holds them, are those that explain gives of that time.
run "$HEAPREPLAY" explain -q --at 24s --by chunk --json "$real"
chunks=$(jq -r '"\([.chunks[] | select(.reason == "dense")] | length) of \(.chunks | length) chunks"' <<<"$out")
holder=$(jq -r '.holders[0] | "\(.chunks) chunks held by \(.type) objects"' <<<"$out")
[[ $compared == *"$chunks"*"$holder"* ]]
ok $? 'the chunks and the holder are those of explain' || note "$compared"$'\n'"$chunks, $holder"

# Saved, and shown again: the figures, without what only the replay knew.
run "$HEAPREPLAY" compare -q --json -o saved.json "$real"
is "$(jq '[.. | objects | select(has("kept"))] | length' saved.json)" 0 'the JSON is as it was'
run "$HEAPREPLAY" compare saved.json
like "$(sentences "$out")" 'took 55\.5 s to return 90 % of it; under go1\.19' 'a saved run has its sentences'
run "$HEAPREPLAY" compare -q --markdown -p go1.22 "$real"
like "$out" '^- Memory in use fell by 629 MiB' 'Markdown has them as a list'

# A compiler that runs for a second: nothing stands out, and nothing is said.
quiet=$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst
run "$HEAPREPLAY" replay -q "$quiet"
unlike "$out" 'What stands out' 'replay says nothing where no rule holds'
run "$HEAPREPLAY" compare -q "$quiet"
unlike "$out" 'What stands out' 'nor does compare'
run "$HEAPREPLAY" compare -q "$quiet" "$real"
like "$out" '^What stands out in .*phases' 'of several traces the one is named'
unlike "$out" '^What stands out in .*compile' 'and the other is not'

# A planted drop of 24 of 32 MiB: exactly the threshold of 5 s, by a policy that waits so long.
{
	printf '%s\n' '# heapreplay-trace 1' '! addresses on' '0 gomaxprocs n=1'
	for i in 0 1 2 3 4 5 6 7; do
		printf '1ms span-alloc addr=0x%x npages=512 class=0\n' $((0xc000000000 + i * 0x400000))
	done
	for i in 0 1 2 3 4 5; do printf '1s span-free addr=0x%x\n' $((0xc000000000 + i * 0x400000)); done
	echo '20s log'
} >drop.txt
run "$HEAPREPLAY" replay -q -p delay,delay=5s,extend=0ns,by=thread drop.txt
like "$(sentences "$out")" 'fell by 24\.0 MiB after 1\.00 ms, and it took 5\.00 s' 'a drop held for 5 s is told'
run "$HEAPREPLAY" replay -q -p delay,delay=4s,extend=0ns,by=thread drop.txt
unlike "$out" 'fell by' 'one held for 4 s is not'
done_testing
