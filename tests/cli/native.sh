# SPDX-License-Identifier: BSD-3-Clause
# Native traces: what is imported gives the same answers as the original.
. "$top_srcdir/tests/lib.sh"

have zstd || skip_all 'zstd is not installed'
go=$top_srcdir/traces/bench-json-go123.trace.zst
pages=$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst

# Without what tells of the file rather than of the trace.
summary() {
	"$HEAPREPLAY" replay -q -p go1.19 --json "$1" | sed '1,/"settings"/d'
}

for trace in "$go" "$pages"; do
	name=$(basename "$trace" .zst)
	run "$HEAPREPLAY" import -q "$trace" -o "$name.hrt"
	is "$status:$err" 0: "$name: import"
	[ "$(stat -c %s "$name.hrt")" -lt "$(stat -c %s "$trace")" ]
	ok $? "$name: it takes less room than the original with zstd"
	"$HEAPREPLAY" export -q "$trace" -o original.txt
	"$HEAPREPLAY" export -q "$name.hrt" -o native.txt
	same original.txt native.txt "$name: the same text"
	"$HEAPREPLAY" import -q native.txt -o "$name.again.hrt"
	"$HEAPREPLAY" export -q "$name.again.hrt" -o again.txt
	same original.txt again.txt "$name: and again, by way of the text"
	summary "$trace" >original.json
	summary "$name.hrt" >native.json
	same original.json native.json "$name: the same replay"
	"$HEAPREPLAY" import -q - -o - <"$trace" >piped.hrt
	same "$name.hrt" piped.hrt "$name: the same through pipes"
	"$HEAPREPLAY" import -q "$name.hrt" -o twice.hrt
	"$HEAPREPLAY" export -q twice.hrt -o native.txt
	same original.txt native.txt "$name: a native trace is imported as any other"
	run "$HEAPREPLAY" import -q --level 1 "$trace" -o fast.hrt
	run "$HEAPREPLAY" import -q --level 19 "$trace" -o small.hrt
	[ "$(stat -c %s small.hrt)" -lt "$(stat -c %s fast.hrt)" ]
	ok $? "$name: levels do what they say"
done

hrt=$(basename "$go" .zst).hrt
size=$(stat -c %s "$hrt")
head -c $((size / 2)) "$hrt" >torn.hrt
run "$HEAPREPLAY" info torn.hrt
is "$status" 0 'a torn tail: status 0'
like "$err" 'torn.hrt: warning: byte [0-9]+: the trace is cut off here: ' 'a torn tail: a warning'
{
	head -c $((size / 2)) "$hrt"
	printf 'damage'
	tail -c +$((size / 2 + 7)) "$hrt"
} >damaged.hrt
run "$HEAPREPLAY" info damaged.hrt
is "$status" 0 'a damaged block: status 0'
like "$err" 'damaged.hrt: warning: byte [0-9]+: block E at event [0-9]+ is damaged: [0-9,]+ events are lost' \
	'a damaged block: a warning'
printf 'x' | dd of=damaged.hrt bs=1 seek=20 conv=notrunc 2>/dev/null
run "$HEAPREPLAY" info damaged.hrt
is "$status" 1 'a damaged beginning: status 1'
like "$err" 'damaged.hrt: byte 8: the first block is damaged' 'a damaged beginning: the message'

# Parts.
for trace in "$go" "$pages" "$top_srcdir"/traces/gnuplot.heaptrack.zst; do
	name=$(basename "$trace" .zst)
	"$HEAPREPLAY" import -q "$trace" -o "$name.hrt"
	"$HEAPREPLAY" cut -q --until 1000h "$trace" -o whole.hrt
	same "$name.hrt" whole.hrt "$name: all of it cut out is the whole"
	ns=$("$HEAPREPLAY" info --json "$trace" | sed -n 's/.*"duration_ns": \([0-9]*\).*/\1/p')
	part=(--from "$((ns / 3))ns" --until "$((ns / 2))ns")
	run "$HEAPREPLAY" cut -q "${part[@]}" "$trace" -o part.hrt
	is "$status:$err" 0: "$name: cut"
	"$HEAPREPLAY" cut -q "${part[@]}" "$name.hrt" -o of-native.hrt
	same part.hrt of-native.hrt "$name: the same part of the native trace"
	"$HEAPREPLAY" cut -q "${part[@]}" - -o of-pipe.hrt < <(cat "$name.hrt")
	same part.hrt of-pipe.hrt "$name: and through a pipe"
	run "$HEAPREPLAY" replay -q --json part.hrt
	is "$status" 0 "$name: a part is replayed"
	like "$out" "\"duration_ns\": $((ns / 2 - ns / 3))" "$name: it lasts as long as was asked for"
	# What is used at the end of the part is what is used then in the whole.
	"$HEAPREPLAY" export -q part.hrt >part.txt
	like "$(head -n 40 part.txt)" '^0 (span-exists|page-alloc|obj-exists) ' "$name: it begins with what is live"
done
run "$HEAPREPLAY" cut "$go" -o x.hrt
is "$status" 2 'a cut of nothing is misuse'
run "$HEAPREPLAY" cut --from 1000h "$go" -o x.hrt
is "$status" 2 'a cut behind the end is misuse'
[ ! -e x.hrt ]
ok $? 'and leaves nothing'

# Names.
"$HEAPREPLAY" export -q "$go" | sed '2i ! program secret-program --key' | sed 's/type=8 /type=4711 /' >named.txt
"$HEAPREPLAY" import -q named.txt -o named.hrt
"$HEAPREPLAY" import -q --anonymize named.txt -o anonymous.hrt
like "$("$HEAPREPLAY" export -q named.hrt | head -n 5)" '^! program secret-program' 'a program has a name'
unlike "$("$HEAPREPLAY" export -q anonymous.hrt)" 'secret|type=4711' 'an anonymous one has none'
summary named.hrt >named.json
summary anonymous.hrt >anonymous.json
same named.json anonymous.json 'the same replay without names'

run "$HEAPREPLAY" import "$go"
is "$status" 2 'import without -o is misuse'
run "$HEAPREPLAY" import "$go" --level 20 -o x.hrt
is "$status" 2 'so is a level that there is not'
run "$HEAPREPLAY" import -q torn.hrt -o /dev/full
is "$status" 1 'a full device: status 1'
done_testing
