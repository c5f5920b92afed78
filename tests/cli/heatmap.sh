# SPDX-License-Identifier: BSD-3-Clause
# heatmap: one moment or an animation, of a trace whose heap is known page by page, and of a real one.
. "$top_srcdir/tests/lib.sh"

unset NO_COLOR FORCE_COLOR CLICOLOR_FORCE COLORTERM
export TERM=xterm-256color
real=$top_srcdir/traces/bench-json-go123.trace.zst

# Two chunks. 256 pages at 1 ms, 512 behind them at 2 ms; the first 256 are freed at 3 ms.
cat >hand.txt <<'TEXT'
# heapreplay-trace 1
! addresses on
0 gomaxprocs n=1
1ms span-alloc addr=0xc000000000 npages=256 class=0
2ms span-alloc addr=0xc000200000 npages=512 class=0
3ms span-free addr=0xc000000000
9ms log
TEXT

# map: the rows of the map in $out, without their addresses.
map() {
	printf '%s\n' "$out" | sed -n 's/^  *c0[0-9a-f]* //p'
}

# cells LEVELS: how many cells of the map have one of these levels.
cells() {
	map | tr -cd "$1" | wc -c
}

run "$HEAPREPLAY" heatmap -q -p none --at 2ms --cells 80x24 hand.txt
is "$status" 0 'a frame: status 0'
is "$err" '' 'and nothing on standard error'
like "$out" '^hand.txt  none  at 2.00 ms  occupancy, linear$' 'what, how and when'
like "$out" '^in use 6.00 MiB  free 0 B  released 2.00 MiB  mapped 8.00 MiB$' 'counters'
like "$out" 'pages in use: none 0123456789 all  1-8: steps of 12.5 %' 'the legend'
like "$out" 'one cell = 16.0 KiB, 1/256 of a chunk' 'the size of a cell'
is "$(cells 9) $(cells 0)" '384 128' 'the moment belongs to it: 768 of 1024 pages are in use, two a cell'
is "$(wc -l <.out)" 24 'as many lines as asked for'
is "$("$HEAPREPLAY" heatmap -q -p none --at 2ms --size 80x24 hand.txt)" "$out" '--size is an old name of --cells'
run "$HEAPREPLAY" heatmap -q -p none --at 1999999ns --cells 80x24 hand.txt
is "$(cells 9) $(cells 0)" '256 256' 'the moment before, there is one chunk, in cells of a page'
run "$HEAPREPLAY" heatmap -q -p none --at 2999999ns --view free --cells 80x24 hand.txt
is "$(cells 9)" 0 'nothing is free before the span is freed'
run "$HEAPREPLAY" heatmap -q -p none --at 3ms --view free --cells 80x24 hand.txt
is "$(cells 9)" 128 'then 256 pages are'
run "$HEAPREPLAY" heatmap -q -p eager --at 3ms --view scavenged --cells 80x24 hand.txt
is "$(cells 9)" 256 'eager has released them, and 256 were never used'
run "$HEAPREPLAY" heatmap -q -p go1.19 --at 3ms --cells 80x24 hand.txt
like "$out" 'S search address c0001fe000' 'go1.19 searches from the highest page that was freed'
like "$(map | head -n 1)" '^a0' 'and marks the chunk'
run "$HEAPREPLAY" heatmap -q -p none --view index --cells 80x24 hand.txt
like "$out" 'none keeps no index' 'a view that the policy has nothing for says so'
run "$HEAPREPLAY" heatmap -q -p none -p eager --at 3ms --cells 100x40 --view free hand.txt
like "$out" 'none  at 3.00 ms .* eager  at 3.00 ms' 'two policies'
like "$out" '! 128 cells differ in free' 'and how much differs'
# 4 rows of 32 cells, outlined: all of the first and the last, and both ends of the two between.
is "$(sed -n '3,6p' <<<"$out" | tr -cd '!' | wc -c)" $((2 * (2 * 32 + 2 * 2))) 'of which the border is marked, in both'
run "$HEAPREPLAY" heatmap -q -p none --at 3ms --chunk c000000000 --cursor c000002000 --cells 120x30 hand.txt
like "$out" 'chunk 196608 at c000000000: 256 in use, 256 free, 0 released' 'a chunk: its pages'
like "$out" 'at the cursor: page 1, freed at 3.00 ms' 'and who touched them last'
run "$HEAPREPLAY" heatmap -q -p none --at 3ms --zoom c000400000-c000400001 --cells 80x24 hand.txt
like "$out" 'zoomed in on 4.00 MiB from c000400000' 'a part of it'
run "$HEAPREPLAY" heatmap -q -p none --cursor 0xc000400000 --cells 120x24 hand.txt
like "$out" '^c000400000-c000403fff  chunk 196609  2 pages in use, 0 free, 0 released' 'what is under the cursor'

# --- times ---

run "$HEAPREPLAY" heatmap -q -p none hand.txt
like "$out" 'at 9.00 ms' 'without a time: the end'
is "$err" '' 'no warning'
run "$HEAPREPLAY" heatmap -q -p none --at 9ms hand.txt
is "$err" '' 'the last moment is in the trace'
run "$HEAPREPLAY" heatmap -q -p none --at 5s hand.txt
is "$status" 0 'beyond the end: status 0'
like "$out" 'at 9.00 ms' 'the last moment is shown'
is "$err" 'heapreplay: the trace ends at 9.00 ms, before 5.00 s: that is its last moment' 'with a warning'

run "$HEAPREPLAY" heatmap -q -p optimal --at 3ms hand.txt
is "$status" 2 'a policy that looks ahead: status 2'
like "$err" 'policy optimal decides by what is to come' 'and says so'
run bash -c "'$HEAPREPLAY' heatmap -q -p none --at 2ms --cells 80x24 - <hand.txt"
is "$(cells 9)" 384 'from a pipe'

# --- formats ---

run "$HEAPREPLAY" heatmap -q -p none --at 3ms --json hand.txt
is "$status" 0 'JSON: status 0'
if have jq; then
	is "$(jq -r '.panes[0] | [.policy, .time_ns, .in_use_bytes, .free_bytes, .released_bytes] | @tsv' .out)" \
		$'none\t3000000\t4194304\t2097152\t2097152' 'JSON: the counters'
	is "$(jq -c '.panes[0].cells | [(.in_use_pages | add), (.free_pages | add), (.released_pages | add)]' .out)" \
		'[512,256,256]' 'JSON: the cells add up to them'
	is "$(jq '.panes[0].cells.address[0]' .out)" $((0xc000000000)) 'JSON: addresses are numbers'
fi
run "$HEAPREPLAY" heatmap -q -p none --at 3ms -o heap.png hand.txt
is "$status" 0 'a picture: status 0'
is "$(head -c 8 heap.png | od -An -tx1 | tr -d ' \n')" 89504e470d0a1a0a 'by the name of the file'
is "$(dd if=heap.png bs=1 skip=16 count=8 2>/dev/null | od -An -tx1 | tr -d ' \n')" 000005a0000003c0 \
	'120 x 40 characters of 12 x 24 pixels'
run "$HEAPREPLAY" heatmap -q -p none --at 3ms --format png --magnify 1 --cells 20x8 -o small hand.txt
is "$(dd if=small bs=1 skip=16 count=8 2>/dev/null | od -An -tx1 | tr -d ' \n')" 0000007800000060 'a small one'
run "$HEAPREPLAY" heatmap -q -p none --at 3ms --cells 80x24 --format text hand.txt
plain=$out
unlike "$plain" $'\e' 'plain text has no colour'
run "$HEAPREPLAY" heatmap -q -p none --at 3ms --cells 80x24 --format ansi hand.txt
like "$out" $'\e\\[48;5;220m' 'ANSI: 256 colours'
is "$(printf '%s\n' "$out" | sed $'s/\e\\[[0-9;]*m//g; s/ *$//')" "$plain" 'and without them the same text, in the C locale'
for term in linux:'\[4[0-7]m' xterm-16color:'\[10[0-7]m'; do
	TERM=${term%%:*} run "$HEAPREPLAY" heatmap -q -p none --at 3ms --color always hand.txt
	like "$out" $'\e'"${term#*:}" "TERM=${term%%:*}: its colours"
	unlike "$out" '48;5' "TERM=${term%%:*}: no others"
done

# --- colour: --color, then NO_COLOR, then a terminal that is not dumb ---

frame=("$HEAPREPLAY" heatmap -q -p none --cells 40x12 hand.txt)
run "${frame[@]}"
unlike "$out" $'\e' 'no colour into a pipe'
run "${frame[@]}" --color always
like "$out" $'\e' '--color always'
NO_COLOR=1 run "${frame[@]}" --color always
like "$out" $'\e' '--color always, whatever NO_COLOR says'
FORCE_COLOR=1 run "${frame[@]}"
like "$out" $'\e' 'FORCE_COLOR'
NO_COLOR=1 FORCE_COLOR=1 run "${frame[@]}"
unlike "$out" $'\e' 'NO_COLOR comes before it'
run "${frame[@]}" --color always --format text
unlike "$out" $'\e' 'text is text'
if have script && script -qec true typescript >/dev/null 2>&1; then
	# on_terminal WORDS: the example on a terminal of 50 x 20, with these variables and options.
	on_terminal() {
		printf 'stty cols 50 rows 20\n%s "%s" heatmap -q -p none %s hand.txt\n' "$1" "$HEAPREPLAY" "${2:-}" >command.sh
		run script -qec 'bash command.sh' typescript </dev/null
		out=$(sed '/^Script /d' typescript | tr -d '\r')
	}
	on_terminal ''
	like "$out" $'\e\\[48;5;' 'a terminal has colours'
	is "$(printf '%s\n' "$out" | wc -l)" 19 'and is filled, but for a line'
	on_terminal NO_COLOR=1
	unlike "$out" $'\e' 'NO_COLOR: none'
	on_terminal TERM=dumb
	unlike "$out" $'\e' 'TERM=dumb: none'
	on_terminal '' '--color never'
	unlike "$out" $'\e' '--color never: none'
	cp "$real" real.trace
	on_terminal LC_ALL=C.UTF-8 '--no-marks real.trace #'
	like "$out" '▀' 'half blocks where there is UTF-8'
else
	skip 'colours on a terminal' 'script is not installed, or has no terminal to give'
fi

# --- memory over time in dots: where they can be drawn; nothing else differs ---

for format in text json; do
	for graph in blocks braille; do
		run "$HEAPREPLAY" heatmap -q -p none --cells 80x24 --graph $graph --format $format -o $graph.$format hand.txt
	done
	same blocks.$format braille.$format "--graph braille: $format is the same"
done
for graph in '' blocks braille; do
	LC_ALL=C.UTF-8 run "$HEAPREPLAY" heatmap -q -p none --cells 80x24 ${graph:+--graph "$graph"} --format ansi hand.txt
	printf '%s\n' "$out" >"ansi$graph"
done
same ansi ansiblocks '--graph blocks is the default'
like "$out" '⣿' '--graph braille: dots where there is UTF-8'
unlike "$out" '█' '--graph braille: no blocks'
run "$HEAPREPLAY" heatmap -q -p none --cells 80x24 --graph braille --format ansi hand.txt
is "$(tr -d '\0-\177' <.out | wc -c)" 0 '--graph braille: ASCII in the C locale'
run "$HEAPREPLAY" heatmap -q -p none --cells 80x24 --graph braille --format svg hand.txt
like "$out" '<path class="i[0-9]+" d="M[0-9]+ [0-9]+h2v2h-2z(M[0-9]+ [0-9]+h2v2h-2z){7}"/>' '--graph braille: eight squares a character of SVG'

# --- sizes ---

for size in 20x8 41x9 79x24 400x120; do
	run "$HEAPREPLAY" heatmap -q -p go1.22 --cells "$size" "$real"
	is "$status" 0 "$size: status 0"
	is "$(printf '%s\n' "$out" | awk -v most="${size%x*}" 'length > most' | wc -l)" 0 "$size: no line is longer"
	is "$(wc -l <.out)" "${size#*x}" "$size: as many lines"
	unlike "$out" 'too small' "$size: there is room"
done
run "$HEAPREPLAY" heatmap -q -p none --cells 19x8 hand.txt
is "$status" 0 'less: status 0'
like "$out" 'too small: 20x8' 'less: says so'
run "$HEAPREPLAY" heatmap -q -p none --cells 1x1 hand.txt
is "$out" 't' 'as far as there is room for that'

# --- animations ---

# files FOLDER: their names.
files() {
	(cd "$1" && printf '%s ' *)
}

run "$HEAPREPLAY" heatmap -q -p none --every 3ms --format text --cells 40x12 -o film hand.txt
is "$status" 0 'an animation: status 0'
is "$(files film)" 'frame-000000.txt frame-000001.txt frame-000002.txt frame-000003.txt ' 'a frame every 3 ms'
like "$(<film/frame-000003.txt)" 'at 9.00 ms' 'the last one at the end'
run "$HEAPREPLAY" heatmap -q -p none --at 3ms --format text --cells 40x12 -o one.txt hand.txt
same film/frame-000001.txt one.txt 'a frame of an animation is that of its moment'
run "$HEAPREPLAY" heatmap -q -p none --every 2ms --from 1ms --until 5ms --cells 20x8 -o film2 hand.txt
is "$(files film2)" 'frame-000000.png frame-000001.png frame-000002.png ' 'from, until; pictures'
run "$HEAPREPLAY" heatmap -q -p none --every 2ms --from 1s --cells 20x8 --format text -o film3 hand.txt
is "$(files film3)" 'frame-000000.txt ' 'from beyond the end: the last moment'
like "$err" 'the trace ends at 9.00 ms, before 1.00 s' 'with a warning'
run "$HEAPREPLAY" heatmap -q -p none --every 1ms -o no/such/folder hand.txt
is "$status" 1 'a folder that cannot be made: status 1'
like "$err" '^heapreplay: cannot create no/such/folder: No such file or directory$' 'and says why'
if [ -e /dev/full ]; then
	run "$HEAPREPLAY" heatmap -q -p none --format png -o /dev/full hand.txt
	is "$status" 1 'a full disk: status 1'
fi

# --- films: by an ffmpeg that notes what it is given ---

mkdir stub empty
cat >stub/ffmpeg <<'STUB'
#!/bin/sh
echo "$*" >args
cat >fed
for last; do :; done
[ -e fails ] && exit 3
echo film >"$last"
STUB
chmod +x stub/ffmpeg
film() {
	PATH=$PWD/stub:$PATH run "$HEAPREPLAY" heatmap -q -p none --every 3ms --cells 40x12 "$@" hand.txt
}
film --video heap.mp4 --fps 5
is "$status $out $err" '0  ' 'a film'
is "$(cat heap.mp4)" film 'is what ffmpeg writes'
like "$(cat args)" '^-v error -y -f image2pipe -c:v png -framerate 5 -i pipe:0 .*-f mp4 /dev/fd/1$' 'of pictures that come through a pipe'
is "$(grep -aob IHDR fed | wc -l)" 4 'one every 3 ms'
is "$(grep -aoP 'IHDR\x00\x00[\x00-\xff]{6}' fed | LC_ALL=C sort -u | wc -l)" 1 'all as large'
film --video heap.webp
like "$(cat args)" '-framerate 10 .*-lossless 1 .*-f webp ' 'WebP without loss'
: >fails
film --video heap.mp4
is "$status $(cat heap.mp4)" '1 film' 'where ffmpeg fails, the old file stays'
like "$err" '^heapreplay: ffmpeg failed \(status 3\)$' 'which is said'
run env PATH="$PWD/empty" "$HEAPREPLAY" heatmap -q -p none --every 3ms --video new.gif hand.txt
is "$status" 1 'without ffmpeg'
like "$err" '^heapreplay: --video needs ffmpeg, .* -o DIRECTORY instead$' 'the sentence says what to do'
is "$(ls new.gif .new* 2>/dev/null)" '' 'and nothing is left'

# --- a frame is what a whole replay would show then, on a real trace ---

run "$HEAPREPLAY" heatmap -q -p go1.22 --every 100ms --format json -o real "$real"
for i in 1 3; do
	run "$HEAPREPLAY" heatmap -q -p go1.22 --at ${i}00ms --format json -o one.json "$real"
	same "real/frame-00000$i.json" one.json "at ${i}00 ms: the same by itself and in an animation"
done
run "$HEAPREPLAY" replay -q -p go1.22 --series s.csv --every 100ms --json -o m.json "$real"
if have jq; then
	is "$(for f in real/*; do jq -r '.panes[0] | [.time_ns, .in_use_bytes, .free_bytes, .released_bytes] | @csv' "$f"; done)" \
		"$(tail -n +2 s.csv | cut -d, -f1-4 | head -n "$(files real | wc -w)")" 'the counters are those of the series'
	is "$(for f in real/*; do jq '(.panes[0].cells.released_pages | add) * 8192 - .panes[0].released_bytes' "$f"; done | sort -u)" 0 \
		'released pages, cell by cell, are as many as the counter says'
	is "$(for f in real/*; do jq '(.panes[0].cells.in_use_pages | add) * 8192 - .panes[0].in_use_bytes - .panes[0].manual_bytes' "$f"; done | sort -u)" \
		0 'so are those in use'
fi

# --- misuse ---

while IFS='|' read -r options says; do
	# shellcheck disable=SC2086 # a list of words
	run "$HEAPREPLAY" heatmap $options hand.txt
	is "$status" 2 "$options: status 2"
	like "$err" "$says" "$options: says why"
	is "$(printf '%s\n' "$err" | wc -l)" 1 "$options: in one line"
done <<'TABLE'
--view heat|--view takes occupancy, free, .* not 'heat'
--scale log|--scale takes linear or ranked, not 'log'
--palette jet|--palette takes viridis, cividis or gray
--graph lines|--graph takes blocks or braille, not 'lines'
--color sometimes|--color takes auto, always or never
--video heap.mp4|--video makes an animation; add --every TIME
--every 3ms --video heap.avi|--video takes a name that ends in .mp4, .gif or .webp, not 'heap.avi'
--every 3ms --video heap.gif -o x|--video is all that is written
--every 3ms --video heap.gif --fps 500|--fps takes frames a second from 1 to 240
--format pdf|--format takes text, ansi, png, svg or json
--cells 120|--cells takes columns and rows
--cells 401x40|--cells takes columns and rows up to 400x120
--cells 0x40|--cells takes columns and rows
--cells x|--cells takes columns and rows
--cells 99999999999999999999x1|--cells takes columns and rows
--zoom c000000000|--zoom takes two addresses in hex
--zoom c000400000-c000000000|--zoom takes two addresses
--zoom 1-ffffffffffffffff|--zoom takes two addresses
--chunk ten|--chunk takes an address in hex
--cursor -1|--cursor takes an address in hex
--at soon|--at takes a time such as 100ms
--magnify 9|--magnify takes a whole number from 1 to 8
--at 1s --every 1ms -o film|use one of the two
--from 1ms|--from and --until are for animations
--every 1ms|an animation needs a directory
-p none -p eager -p go1.19|at most two policies
TABLE

# Two moments of one policy: each pane is what the moment alone shows; what differs is counted, and nothing of one moment does.
real=$top_srcdir/traces/phases-1p-go125.trace.zst
run "$HEAPREPLAY" heatmap -q --at 24s --against 60s --json "$real"
is "$(jq -c '[.panes[].time_ns]' <<<"$out")" '[24000000000,60000000000]' 'heatmap --against: two moments'
is "$(jq '.differing_cells > 0' <<<"$out")" true 'which differ'
two=$out
for i in 0 1; do
	run "$HEAPREPLAY" heatmap -q --at $((24 + 36 * i))s --json "$real"
	# In half the width a cell may be larger.
	is "$(jq -S ".panes[$i] | with_entries(select(.value | type == \"number\")) | del(.cell_bytes)" <<<"$two")" \
		"$(jq -S '.panes[0] | with_entries(select(.value | type == "number")) | del(.cell_bytes)' <<<"$out")" \
		"pane $i is the moment alone"
done
run "$HEAPREPLAY" heatmap -q --at 60s --against 24s --json "$real"
is "$(jq -c '[.panes[].time_ns]' <<<"$out")" '[60000000000,24000000000]' 'in the order that was asked for'
run "$HEAPREPLAY" heatmap -q --at 24s --against 24s --json "$real"
is "$(jq '.differing_cells' <<<"$out")" 0 'a moment does not differ from itself'
run "$HEAPREPLAY" heatmap -q --at 24s --against 60s -p go1.19 -p go1.22 "$real"
is "$status" 2 'of one policy'
done_testing
