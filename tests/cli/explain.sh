# SPDX-License-Identifier: BSD-3-Clause
# explain: planted objects are named as holders, sums are exact, and what is predicted comes true without them.
. "$top_srcdir/tests/lib.sh"

# planted KEEP: eight chunks, each a large span of 511 pages and behind it a page of 1 KiB objects. At 1 s the
# large ones of the first six go. Five of those have an object of type planted.Anchor in their last page, the
# sixth of planted.Other; without KEEP the anchors' pages go, too.
planted() {
	local i base small

	printf '%s\n' '# heapreplay-trace 1' '! addresses on' '! type 1 size=1024 name=planted.Anchor' \
		'! type 2 size=1024 name=planted.Other' '! type 3 name=planted.Bulk' '0 gomaxprocs n=1'
	for i in 0 1 2 3 4 5 6 7; do
		printf -v base '0x%x' $((0xc000000000 + i * 0x400000))
		printf -v small '0x%x' $((base + 511 * 8192))
		echo "1ms span-alloc addr=$base npages=511 class=0"
		echo "1ms obj-alloc addr=$base type=3"
		echo "1ms span-alloc addr=$small npages=1 class=$class"
		echo "1ms obj-alloc addr=$small type=$((i < 5 ? 1 : 2))"
	done
	for i in 0 1 2 3 4 5; do
		printf -v base '0x%x' $((0xc000000000 + i * 0x400000))
		printf -v small '0x%x' $((base + 511 * 8192))
		echo "1s obj-free addr=$base"
		echo "1s span-free addr=$base"
		if [ "$1" != keep ] && [ "$i" -lt 5 ]; then
			echo "1s obj-free addr=$small"
			echo "1s span-free addr=$small"
		fi
	done
	echo '2s log'
}

# The span class of 1 KiB objects with pointers: twice the size class, 32.
class=$((32 * 2))
planted keep >keep.txt
planted drop >drop.txt

run "$HEAPREPLAY" explain -q -p none --json keep.txt
is "$status" 0 'explain: status 0'
is "$err" '' 'nothing on standard error'
printf '%s\n' "$out" >keep.json
is "$(jq -c '[.holders[] | [.type, .chunks, .object_bytes, .in_use_bytes, .free_bytes]]' keep.json)" \
	"[[\"planted.Anchor\",5,5120,$((5 * 8192)),$((5 * 511 * 8192))],[\"planted.Other\",1,1024,8192,$((511 * 8192))]]" \
	'the planted types hold the chunks that they were put in, and no others'
is "$(jq -r .trace keep.json)" keep.txt 'the trace is named'
is "$(jq '.free_bytes' keep.json)" $((6 * 511 * 8192)) 'what was freed is free'
is "$(jq '[.reasons[].bytes] | add == $d.free_bytes' --argjson d "$(jq -c . keep.json)" keep.json)" true 'the reasons add up'
is "$(jq -c '[.reasons[].reason]' keep.json)" '["never"]' 'policy none never releases'

# The program without them: the chunks that were held are free as a whole, and eager releases what was predicted.
predicted=$(jq '.holders[0].free_bytes + .holders[0].in_use_bytes + .holders[1].free_bytes' keep.json)
run "$HEAPREPLAY" explain -q -p none --json drop.txt
is "$(jq '.free_bytes' <<<"$out")" "$predicted" 'without the anchors as much is free as was predicted'
is "$(jq -c '[.holders[].type]' <<<"$out")" '["planted.Other"]' 'and they hold nothing'
run "$HEAPREPLAY" explain -q -p eager --json drop.txt
is "$(jq '.free_bytes, .released_bytes' <<<"$out" | tr '\n' ' ')" "0 $predicted " 'and eager has released that'

run "$HEAPREPLAY" explain -q -p none keep.txt
like "$out" ' 5 +2\.00 s  planted\.Anchor$' 'as text, with their mean age'
like "$out" 'in use in the 5 chunks of planted\.Anchor were freed, 40\.0 KiB' 'with the sentence'
run "$HEAPREPLAY" explain -q -p none --by class --json keep.txt
is "$(jq -c '[.holders[] | [.type, .size_class, .chunks]]' <<<"$out")" '[[null,32,6]]' 'by size class'
run "$HEAPREPLAY" explain -q -p none --by chunk --json keep.txt
is "$(jq '.chunks | length' <<<"$out")" 6 'by chunk'
is "$(jq '[.chunks[].free_bytes] | add' <<<"$out")" $((6 * 511 * 8192)) 'which add up, too'
run "$HEAPREPLAY" explain -q -p none --at 500ms --json keep.txt
is "$(jq -c '[.free_bytes, .holders, .time_ns]' <<<"$out")" '[0,[],500000000]' 'before anything was freed'
run "$HEAPREPLAY" explain -q -p none --drop --json keep.txt
is "$(jq '.time_ns' <<<"$out")" 1000000000 'the largest drop is when the large spans went'
run "$HEAPREPLAY" explain -q -p none --peak --json keep.txt
is "$(jq '.free_bytes' <<<"$out")" $((6 * 511 * 8192)) 'the most free memory'

# What becomes of it: at 1.5 s three of the six large spans are taken again, which is just half of the pages; nothing else goes.
{
	grep -v ' log' keep.txt
	for i in 0 1 2; do
		printf '1500ms span-alloc addr=0x%x npages=511 class=0\n' $((0xc000000000 + i * 0x400000))
	done
	echo '2s log'
} >again.txt
run "$HEAPREPLAY" explain -q -p none --at 1s --json again.txt
is "$(jq -c '.fate | [.released_bytes, .used_bytes, .kept_bytes, .gone_50_ns, .gone_90_ns, .mark_done_ns, .end_ns]' <<<"$out")" \
	"[0,$((3 * 511 * 8192)),$((3 * 511 * 8192)),1500000000,null,null,2000000000]" 'half of it is used again at 1.5 s, the rest stays'
is "$(jq -c '.holders[0] | [.pinned_bytes, .reason]' <<<"$out")" '[0,"never"]' 'objects do not keep the pages around them'
like "$out" 'free around it waits for something else \(never\)' 'and the sentence says what does'
run "$HEAPREPLAY" explain -q -p none --json again.txt
is "$(jq '.fate' <<<"$out")" null 'at the end nothing comes'
# Physical pages of 64 KiB, eight pages: what lies beside an anchor is kept by it, all of it.
run "$HEAPREPLAY" explain -q -p eager --phys-page 64KiB --at 1s --json keep.txt
is "$(jq -c '.holders[0] | [.chunks, .pinned_bytes, .reason]' <<<"$out")" "[5,$((5 * 7 * 8192)),\"physical_page\"]" \
	'what is in the physical page of an anchor is kept by it'

# Without types the rows say since when the objects were there: those of the first five chunks from before the recording.
sed -e '/^! type/d' -e 's/ type=.*//' keep.txt >untyped.txt
awk '/^1ms obj-alloc/ { n++ } /^1ms (span|obj)-alloc/ && n <= 10 { next } { print }' untyped.txt >late.txt
awk '/^1ms obj-alloc/ { n++ } /^1ms (span|obj)-alloc/ && n <= 10 { sub("^1ms span-alloc", "0 span-exists"); sub("^1ms obj-alloc", "0 obj-exists"); print }' \
	untyped.txt >early.txt
sed -e '/gomaxprocs/r early.txt' late.txt >existed.txt
run "$HEAPREPLAY" explain -q -p none --json existed.txt
is "$(jq -c '[.holders[] | [.text, .type, .size_class, .chunks, .older_than_trace]]' <<<"$out")" \
	'[["unknown: there before the recording, 1,024 B",null,32,5,true],["unknown: no type recorded, 1,024 B",null,32,1,false]]' \
	'what has no type says since when it was there'

# A trace without objects, and one from a pipe.
sed '/obj-/d' keep.txt >spans.txt
run "$HEAPREPLAY" explain -q -p none --json spans.txt
is "$(jq -c '[.holders[] | [.type, .size_class]]' <<<"$out")" '[[null,null]]' 'without objects nobody is named'
run "$HEAPREPLAY" explain -q -p none - <keep.txt
is "$status" 0 'from a pipe'
like "$out" 'What holds it is not known' 'holders need a second look'
run "$HEAPREPLAY" explain -q --peak - <keep.txt
is "$status" 2 'and so does --peak'
run "$HEAPREPLAY" explain -q --by colour keep.txt
is "$status" 2 '--by takes five words'
run "$HEAPREPLAY" explain -q --at 1s --drop keep.txt
is "$status" 2 'one moment'
run "$HEAPREPLAY" explain -q -p optimal keep.txt
is "$status" 2 'a policy that knows the future has no state to explain'

# A real recording: uint8 slices hold the heap after its drop, which counts as dense under Go 1.22 only.
real=$top_srcdir/traces/phases-1p-go125.trace.zst
run "$HEAPREPLAY" explain -q --at 24s --json "$real"
is "$(jq -c '[.reasons[0].reason, .holders[0].type]' <<<"$out")" '["dense","uint8"]' 'dense, and held by uint8'
is "$(jq '([.reasons[].bytes] | add) == .free_bytes and .in_use_bytes + .manual_bytes + .free_bytes + .released_bytes == .mapped_bytes' <<<"$out")" true 'all adds up'
is "$(jq '.fate | .released_bytes + .used_bytes + .kept_bytes' <<<"$out")" "$(jq .free_bytes <<<"$out")" 'all of it has a fate'
run "$HEAPREPLAY" explain -q --drop -p go1.19 "$real"
like "$out" 'go1\.19 is not the scavenger of the recorded program, which is go1\.22; spans' 'the grounds name whose policy it is'
like "$out" '^the largest drop of memory in use, 629 MiB from 19\.0 s on' 'and the moment'
# At 45.1 s a mark has ended, and nearly all of it waits for the pace, whose time is an estimate: the replay itself takes as long.
run "$HEAPREPLAY" explain -q --peak --json "$real"
is "$(jq '(.fate.gone_99_ns - .time_ns) / .pace_ns | . > 0.8 and . < 1.25' <<<"$out")" true 'the pace is what it is said to be'
run "$HEAPREPLAY" explain -q --at 24s -p rate --json "$real"
is "$(jq -c '.reasons[0] | [.reason, .bytes > 0.9 * $d.free_bytes]' --argjson d "$out" <<<"$out")" '["whole_huge_page",true]' \
	'rate keeps huge pages whole'
is "$(jq '([.reasons[].bytes] | add) == .free_bytes' <<<"$out")" true 'which adds up, too'
run "$HEAPREPLAY" explain -q --at 24s -p go1.19 --json "$real"
is "$(jq -c '[.reasons[] | select(.reason == "dense")]' <<<"$out")" '[]' 'Go 1.19 knows no density'

# A real program that plants two types in known places (tests/servers/planted): they are named, and the same program without
# them, recorded anew, keeps what was predicted less. Its own counters are in planted/README.
planted=$top_srcdir/tests/cli/planted
counter() { sed -n "s/.* anchors=$1 .*$2=\([0-9]*\).*/\1/p" "$planted/README"; }
run "$HEAPREPLAY" explain -q --at 400ms --json "$planted/with.trace.zst"
is "$(jq -c '[.holders[0, 1].type] | sort' <<<"$out")" '["main.First","main.Second"]' 'the planted types are the holders'
is "$(jq -c '[.holders[0, 1].object_bytes / 131072 | . > 28 and . <= 32]' <<<"$out")" '[true,true]' \
	'each with its 32 objects, but for those in fuller chunks'
is "$(jq '[.holders[0, 1].free_bytes] | add > 0.99 * 64 * 1048576' <<<"$out")" true 'and they hold what the slices were'
held=$(jq '[.holders[0, 1].in_use_bytes] | add' <<<"$out")
less=$(($(counter true heap_inuse) - $(counter false heap_inuse)))
ok "$((held * 100 < less * 100 || held * 100 > less * 105))" "without them the program keeps that less, within 5 %: $held, $less"
run "$HEAPREPLAY" explain -q --json "$planted/with.trace.zst"
with=$(jq '.mapped_bytes - .released_bytes' <<<"$out")
run "$HEAPREPLAY" explain -q --json "$planted/without.trace.zst"
without=$(jq '.mapped_bytes - .released_bytes' <<<"$out")
ok "$((with - without < less - 262144 || with - without > less + 262144))" \
	"and so does its replay, within 256 KiB: $with - $without"
is "$(jq '[.holders[] | .type // "" | select(startswith("main."))] | length' <<<"$out")" 0 'which no type of main holds'

# By age: all anchors are 0.3 s old.
run "$HEAPREPLAY" explain -q --at 400ms --by age --json "$planted/with.trace.zst"
is "$(jq -r '.holders[0] | .age, .older_than_trace, (.age_mean_ns > 250e6 and .age_mean_ns < 400e6)' <<<"$out" | tr '\n' ' ')" \
	'less than 1 s old false true ' 'by age'

# The history of a chunk: full of free memory when the slices went, released when the program asked for it.
run "$HEAPREPLAY" explain -q --by chunk --json "$planted/with.trace.zst"
is "$(jq '[.chunks[].history[] | .what] | unique | contains(["free", "released"])' <<<"$out")" true 'chunks have a history'
run "$HEAPREPLAY" explain -q --by chunk --at 60s --json "$real"
is "$(jq '[.chunks[].history[] | select(.what == "released") | .by] | unique' -c <<<"$out")" '["background"]' 'by the background'
is "$(jq '[.chunks[].history | [.[].time_ns] | . == sort] | all' <<<"$out")" true 'in order of time'

# What waits for the pace has a time; under Go 1.22 at 24 s nothing does.
run "$HEAPREPLAY" explain -q --at 20s -p go1.19 --json "$real"
is "$(jq '.pace_ns > 1e9 and .pace_ns < 20e9' <<<"$out")" true 'the time that the pace takes'
run "$HEAPREPLAY" explain -q --at 24s --json "$real"
is "$(jq '.pace_ns' <<<"$out")" null 'where nothing waits there is none'

# Recorded releases: the third chunk, which Go 1.22 releases, too, and the first one, which it counts as dense.
page_trace() {
	printf '%s\n' '# heapreplay-trace 1' '! addresses on' '! releases on' '0 gomaxprocs n=1' \
		'1ms page-alloc addr=0xc000000000 npages=256' '1ms page-alloc addr=0xc000200000 npages=768' \
		'1ms page-alloc addr=0xc000800000 npages=512' '2ms page-free addr=0xc000800000 npages=512' \
		'3ms gc-begin' '4ms heap-goal bytes=8388608' '4ms gc-end' '5ms gc-begin' '6ms heap-goal bytes=8388608' '6ms gc-end' \
		'7ms page-free addr=0xc000000000 npages=256' "2s page-scav addr=$1 npages=8" '3s log'
}
page_trace 0xc000800000 >third.txt
page_trace 0xc000000000 >first.txt
run "$HEAPREPLAY" explain -q -p go1.22 --json third.txt
is "$(jq '.recorded_releases.explained_ratio * 100 | floor' <<<"$out")" 100 'a release that the policy makes, too, is explained'
run "$HEAPREPLAY" explain -q -p go1.22 --json first.txt
is "$(jq -c '.recorded_releases | [(.explained_ratio * 100 | floor), .held]' <<<"$out")" '[0,{"dense":65536}]' 'one that it would not make is not'
done_testing
