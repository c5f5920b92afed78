# SPDX-License-Identifier: BSD-3-Clause
# The live view, driven in a real terminal.
. "$top_srcdir/tests/lib.sh"
. "$top_srcdir/tests/tui/tui.sh"

have zstd || skip_all 'zstd is not installed'
have jq || skip_all 'jq is not installed'
trace=$top_srcdir/traces/bench-json-go123.trace.zst
zstd -dqc "$trace" >app.trace
watch=("$HEAPREPLAY" watch --paused)

# --- moving ---

start 100x30 "${watch[@]}" app.trace
sees 'app\.trace.*go1\.22.*at 0' 'it begins with the trace, its policy and the time'
sees 'paused' '--paused'
sees 'occupancy, linear' 'the view and the scale'
sees 'in use .*free .*released' 'the counts'
sees 'one cell = ' 'how large a cell is'
keys .
sees 'event 1\b' '. takes one event'
keys . .
sees 'event 3\b' 'and another two'
keys ,
sees 'event 2\b' ', goes back by one'
keys n
sees 'GC at ' 'n finds a GC'
first=$(grep -oE 'GC at [0-9.]+ ?[a-z]+' <<<"$screen")
keys n
sees_other 'GC at [0-9.]+ ?[a-z]+' "$first" 'n finds the next one, which is another'
keys N
sees "$first" 'N goes back to the first'
keys e
sees 'the previous scavenge' 'e chooses what n and N look for'
keys n
sees 'scavenge at ' 'a scavenge'
keys e n
sees 'growth at |no growth' 'growth'
keys e n
sees 'no limit breach' 'without a limit there is no breach'
keys e
sees 'n and N: the peak' 'e also chooses moments of which there is one'
keys n
peak='peak of [0-9.]+ MiB in use at [0-9.]+ ms'
sees "$peak" 'n finds it'
found=$(grep -oE "$peak" <<<"$screen")
is "${found% at*}" "peak of $("$HEAPREPLAY" replay --json app.trace | jq .summary.in_use_peak_bytes |
	awk '{ printf "%.1f", $1 / 1048576 }') MiB in use" 'which is that of replay'
keys e
sees 'n and N: the largest drop' 'the largest drop'
keys e
sees 'n and N: the longest stall' 'the longest stall'
keys e
sees 'n and N: the worst fragmentation' 'the worst fragmentation'
keys e
sees 'n and N: the next and the previous GC' 'and GC again'
keys Home P
sees "$found" 'P goes to the peak'
keys D
sees 'largest drop of [0-9.]+ MiB starts at' 'D to the largest drop'
keys F
sees 'worst fragmentation: the heap grows with [0-9.]+ .iB free at' 'F to the worst fragmentation'
keys S
sees 'longest stall: there is none' 'S to the longest stall, where one had to wait'
keys g
sees 'go to .*: _' 'g asks for a time'
keys 5 0 %
sees 'go to .*: 50%_' 'which can be seen'
keys BSpace Escape
keys g 1 0 0 m s Enter
sees 'at 100 ms' 'and goes there'
keys g + 5 m s Enter
sees 'at 105 ms' 'by so much'
keys g x Enter
sees "'x' is not a time" 'what is no time is none'
keys End
sees 'the end' 'end'
keys Home
sees 'at 0 ' 'home'
keys G
sees 'the end' 'G: the end, too'
keys 0
sees 'at 0 ' '0: the beginning'
keys C-f
sees 'at 59\.' 'ctrl-F: on by a tenth'
keys C-b
sees 'at 0 ' 'ctrl-B: back'
keys Right
sees 'at [1-9]' 'right goes on'
keys Left
sees 'at 0 ' 'left back'
keys Space
sees 'the end' 'space plays, to the end'
keys - - -
sees '1/1000x' '- is slower'
# So slowly that the end is minutes away, whatever the load of the machine.
keys Space
sees 'at .* linear  1/1000x' 'space plays from the beginning again'
keys Space
sees 'paused' 'and pauses'
keys + + + +
sees '10x' '+ is faster'
keys - - - - - - -
sees '1 event/s' 'down to an event a second'

# What the terminal answered to a question that nobody waits for any more: a colour, and what it is.
mux send-keys -t view -l $'\e]11;rgb:cccc/cccc/cccc\e\\\e[?62;1;4c\e]11;rgb:2222/2222/2222\a'
keys G
sees 'the end' 'answers of the terminal that come late are no keys'
unlike "$screen" 'colours: |only one policy|keys \(any' 'whatever their letters mean'
keys 0

# --- looking ---

keys g 5 0 % Enter
for view in 'free, linear' 'scavenged, linear' 'index, linear' 'density, linear' 'generation, linear' 'refaults, linear' \
	'occupancy, linear'; do
	keys Tab
	sees "$view" "tab: $view"
done
keys r
sees 'occupancy, ranked' 'r: by rank'
keys r c
sees 'colours: cividis' 'c: other colours'
keys Up
sees '[0-9]+ pages in use, [0-9]+ free, [0-9]+ released' 'an arrow brings the cursor, which tells its cell'
cell=$(grep -oE '^ *[0-9a-f]+-[0-9a-f]+' <<<"$screen" | tail -n 1)
keys Right
sees_other '^ *[0-9a-f]+-[0-9a-f]+' "$cell" 'arrows move it'
keys Enter
sees 'a chunk' 'enter opens the chunk'
keys Escape
sees 'occupancy' 'escape leaves it'
keys z
sees 'zoomed in' 'z zooms in'
keys Z
keys Escape
misses 'zoomed in' 'Z out'
keys 2
sees 'only one policy' '2 needs two policies'
keys '?'
sees 'pause, resume' '? helps'
mux resize-window -t view -x 80 -y 24
sees 'F10 work as in htop\)$' 'all of it at 80x24'
is "$(grep -c -E '^.{80}' <<<"$screen")" 0 'whose lines fit'
mux resize-window -t view -x 100 -y 30
sees 'pause, resume' 'and at the size before'
keys x
misses 'pause, resume' 'any key returns'
keys x
sees 'unknown key' 'other keys say so'
keys s
sees 'saved as heapreplay-app-[0-9.]*s\.png' 's saves the frame'
is "$(head -c 8 heapreplay-app-*.png | od -An -tx1 | tr -d ' ')" 89504e470d0a1a0a 'as a PNG'
keys C-l
sees 'occupancy' 'ctrl-L draws it again'
# A click in row 4, column 30, as terminals tell it; then once more on the same.
click=$'\033[M >$'
mux send-keys -t view -l "$click"
sees '[0-9]+ pages in use, [0-9]+ free' 'a click brings the cursor'
mux send-keys -t view -l "$click"
sees 'a chunk' 'a second one opens the chunk'
keys Escape Escape

# --- the lines below ---

sees '^ \? help  q quit  space play ' 'the last line tells the keys'
keys Up
sees '^ \? help .*enter open chunk  esc no cursor' 'also those that only now do something'
keys Escape
sees '^ \? help .*left right seek' 'and no more when it is gone'
mux send-keys -t view -l $'\033[M#">\033[M ">\033[M#">'
sees 'pause, resume' 'a click on help there helps'
keys Space F1
sees 'pause, resume' 'and so does F1'
keys Space / + 8 M i B Enter
sees '[0-9]+ pages in use, [0-9]+ free' '/ finds an address'
keys / z z Enter
sees "no type, size class or address 'zz'" 'what is none is not found'
keys Escape F3 '#' 1 9 6 6 1 0 Enter
sees 'c0008[0-9a-f]+-c000[0-9a-f]+ .*chunk 196610' 'F3 and a chunk by its number: the cursor goes there'
keys / 7 0 Enter
sees '70 is not mapped now' 'what is not mapped is not found'
keys Escape Home
sees 'at 0 ' 'the beginning'
mux send-keys -t view -l $'\033[M R=\033[M#R='
sees 'at [1-9]' 'a click on the line above goes to that time'
now=$(grep -oE ' at [0-9.]+ ms' <<<"$screen")
mux send-keys -t view -l $'\033[M R=\033[M@X='
sees_other ' at [0-9.]+ ms' "$now" 'and a drag along it to others'
now=$(grep -oE ' at [0-9.]+ ms' <<<"$screen")
mux send-keys -t view -l $'\033[M@^<'
sees_other ' at [0-9.]+ ms' "$now" 'also where the mouse leaves it'
mux send-keys -t view -l $'\033[M#^<'
keys g 4 0 % Enter
sees 'at 236 ms' 'to a time at which 26 steps back reach the start'
keys h h h h h h h h h h h h h h h h h h h h h h h h h h
sees 'at 0 ' 'h goes back'
keys l
sees 'at [1-9]' 'l on'
keys j
sees '[0-9]+ pages in use, [0-9]+ free' 'j brings the cursor'
keys F10
finish
is "$ended" 0 'F10 ends it'
is "$ended" 0 'q ends it'
like "$(<modes)" '[^-]icanon' 'the terminal reads lines again'
like "$(<modes)" '[^-]echo\b' 'and echoes'
look
like "$screen" '^ended' 'and shows what comes next'

start 100x30 "$HEAPREPLAY" watch --exit --speed 'full speed' app.trace
finish
is "$ended" 0 '--exit ends with the trace'

# --- layers ---

start 100x30 "$HEAPREPLAY" watch --layers --speed 'full speed' app.trace
sees 'live [0-9.]+ [KM]iB, dying [0-9.]+ [KM]?i?B at|objects [0-9.]+ [KM]iB at' '--layers: what in use is made of'
keys q
finish
is "$ended" 0 'and it ends'

# --- who holds it, and why it stays: as explain has it ---

"$HEAPREPLAY" explain -q --json --at 380ms -p go1.19 app.trace >why.json
"$HEAPREPLAY" explain -q --json --by chunk --at 380ms -p go1.19 app.trace >chunks.json
type=$(jq -r 'first(.holders[] | select(.type != null and .chunks == 1)).type' why.json)
start 120x40 "${watch[@]}" -p go1.19 app.trace
sees 'paused' 'holders'
keys g 3 8 0 m s Enter / "${type:0:3}" "${type:3}" Enter
sees "${type//[.*]/.}: .* of chunk [0-9]+, more than any other" "/ finds what $type holds"
sees "held by [0-9.]+ [KM]?i?B ${type//[.*]/.}" 'and tells who lies there'
chunk=$(grep -oE 'chunk [0-9]+, more' <<<"$screen" | tr -cd 0-9)
addr=$(printf '%x' $((chunk * 4194304)))
reason=$(jq -r --arg a "$addr" '.chunks[] | select(.addr == $a).reason' chunks.json)
sees "chunk: [0-9.]+ [KM]iB free: $(jq -r --arg r "$reason" '.reasons[] | select(.reason == $r).text' why.json)" \
	"why it stays ($reason)"
keys / n o s u c h t y p e Enter
sees "no type, size class or address 'nosuchtype'" 'what is not there is not found'
keys / Enter
sees "no type, size class or address 'nosuchtype'" 'nothing: the same again'
keys q
finish

start 120x30 "${watch[@]}" "$top_srcdir/traces/gnuplot.heaptrack.zst"
sees 'paused' 'a trace without addresses of objects'
keys G Up
sees 'holders: the trace does not tell which objects lie where' 'says so'
keys / f o o Enter
sees "'foo' is not an address; types: the trace does not tell" 'and that it has no types to find'
keys q
finish

# --- two policies ---

start 120x30 "${watch[@]}" -p go1.22 -p none app.trace
sees 'paused' 'two policies'
keys g 9 0 % Enter 2
sees 'go1\.22.*none' '2: side by side'
sees 'cells differ' 'what differs is counted'
keys 2 p
sees 'app\.trace +none' 'p: the next policy'
keys q
finish
is "$ended" 0 'q'

# --- eight colours: their 64 pairs are enough for map, map over time and graph ---

start 120x40 env -u COLORTERM TERM=xterm "${watch[@]}" --view free -p go1.19 app.trace
sees 'paused' 'eight colours'
keys g 3 8 0 m s Enter
sees 'at 380 ms' 'with much to draw'
# The goal is the last to be drawn: red, or what it crosses in reverse.
mux capture-pane -p -e -t view | grep -aqE $'\e\\[[34]1m(─|-){3}'
ok $? 'the goal has its colour'
keys q
finish

# --- sizes ---

start 100x30 "${watch[@]}" app.trace
sees 'one cell' 'at 100x30'
mux resize-window -t view -x 20 -y 8
sees '^none 0123456789 all' 'at 20x8'
mux resize-window -t view -x 400 -y 120
sees '^ +0 +.{1,3} in use .{300,} 590 ms' 'at 400x120 it is as wide'
row=$(grep -nE 'in use +.{1,3} free' <<<"$screen" | tail -n 1 | cut -d: -f1)
[ "${row:-0}" -gt 100 ]
ok $? "and as high (the graph's axis is line ${row:-0})"
mux resize-window -t view -x 200 -y 55
keys g 5 0 % Enter
sees 'in use 2[0-9.]+ MiB' 'half way the heap is there'
keys j
sees 'cell c0' 'at 200x55 a panel tells the cell under the cursor'
sees 'go1\.22 so far' 'and what the policy has done'
sees ' last: page [0-9]+, (taken|freed|mapped)' 'and what touched the cell last'
sees ' 0 +in use, a column = [0-9.]+ ms +590 ms' 'beside the map stand its rows over time'
mux send-keys -t view -l $'\033[M ~%'
sees 'at 11[0-9] ms' 'a click there goes to that time'
keys Tab
sees ' 0 +free, a column = ' 'it shows what the map shows'
keys t
misses 'a column = ' 't takes it away'
keys Tab Tab Tab Tab Tab Tab Escape Home
misses 'cell c0' 'no cursor, no cell'
mux resize-window -t view -x 60 -y 20
sees 'one cell' 'at 60x20'
keys t
sees 'a column = ' 't brings it on small screens, too'
keys t
mux resize-window -t view -x 19 -y 7
sees 'too small' 'a message where it is too small'
mux resize-window -t view -x 80 -y 24
sees 'one cell' 'and back'
keys q
finish
is "$ended" 0 'q after resizing'

# --- terminals ---

start 80x24 NO_COLOR=1 "${watch[@]}" app.trace
keys End
sees '[0-9]{6}' 'NO_COLOR: levels are digits'
mux capture-pane -pe -t view >colored
unlike "$(<colored)" $'\033\\[[0-9;]*(3|4)8' 'and there are no colours'
keys q
finish
start 80x24 NO_COLOR=1 "${watch[@]}" --graph braille app.trace
sees 'at 0 .*occupancy' 'NO_COLOR and --graph braille'
keys g 1 1 5 m s Enter
sees '⣿⣿' 'dots need no colours'
keys q
finish
# shellcheck disable=SC2034 # start uses it
locale=C
start 80x24 "${watch[@]}" --graph braille app.trace
sees 'at 0 .*occupancy' 'a locale without UTF-8'
keys g 1 1 5 m s Enter
sees ' \.  start of an indexed chunk' 'the legend has a mark'
sees '^ +c0[0-9a-f]+ \.' 'which the map has, too'
look
is "$(LC_ALL=C grep -c -P '[\x80-\xff]' <<<"$screen")" 0 'only ASCII is drawn'
keys q
finish
unset locale
# The legend's strip from nothing to all: dark to light on dark ground, and the other way on light.
strip() {
	local i

	for ((i = 0; i < 200; i++)); do
		found=$(mux capture-pane -pe -t view | grep -oE '48;5;[0-9]+m0|48;5;[0-9]+m9' | tr '\n' ' ')
		[ "$found" != "$1" ] || break
		sleep 0.05
	done
	is "$found" "$1" "$2"
	keys q
	finish
}
dark='48;5;17m0 48;5;220m9 ' light='48;5;220m0 48;5;17m9 '
start 80x24 "${watch[@]}" --theme light app.trace
keys End
strip "$light" '--theme light'
start 80x24 COLORFGBG='0;15' "${watch[@]}" app.trace
keys End
strip "$light" 'COLORFGBG of a light terminal'
start 80x24 COLORFGBG='15;default;0' "${watch[@]}" app.trace
keys End
strip "$dark" 'and of a dark one'
# tmux answers with the colour of the window, if that has one.
mux set-option -g window-style 'bg=#fdf6e3'
start 80x24 "${watch[@]}" app.trace
keys End
strip "$light" 'a terminal that tells its ground'
start 80x24 "${watch[@]}" --theme dark app.trace
keys End
strip "$dark" '--theme dark there'
mux set-option -gu window-style
mkdir -p conf/heapreplay
printf 'theme = light\nspeed = 100x # fast\npaused\n' >conf/heapreplay/config
start 80x24 XDG_CONFIG_HOME="$PWD/conf" "$HEAPREPLAY" watch app.trace
sees 'paused' 'the configuration: paused'
keys End
strip "$light" 'and the theme'
for term in xterm-256color xterm-16color linux vt100; do
	infocmp "$term" >/dev/null 2>&1 || continue
	# On a Linux console ncurses loads libgpm for the mouse, which loses ten bytes that are not ours.
	[ "$term" = linux ] && leaks=0 || leaks=1
	start 80x24 TERM=$term ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=$leaks" "${watch[@]}" app.trace
	sees 'occupancy' "TERM=$term"
	keys q
	finish
	is "$ended" 0 "TERM=$term: q"
done
start 140x24 TERM=dumb "${watch[@]}" app.trace
finish
is "$ended" 2 'TERM=dumb is refused'
sees 'heapreplay heatmap' 'with what does without'
run "$HEAPREPLAY" watch app.trace
is "$status" 2 'no terminal: refused'
like "$err" 'heapreplay heatmap' 'with what does without'

# --- ends ---

for signal in TERM HUP INT USR1 ALRM XCPU SEGV SYS; do
	start 80x24 "${watch[@]}" app.trace
	sees 'occupancy' "before $signal"
	kill -"$signal" "$(child)"
	finish
	is "$ended" $((128 + $(kill -l "$signal"))) "$signal ends it"
	like "$(<modes)" '[^-]icanon' "$signal: the terminal is as it was"
done
start 80x24 "${watch[@]}" app.trace
sees 'occupancy' 'before the terminal goes away'
gone=$(child)
mux kill-session -t view
for ((i = 0; i < 200; i++)); do
	grep -q '^State:[[:space:]]*[^ZX]' "/proc/$gone/status" 2>/dev/null || break
	sleep 0.05
done
ok $((i == 200)) 'a terminal that goes away ends it'
start 80x24 "${watch[@]}" nothing.trace
finish
is "$ended" 1 'no such trace'
sees 'nothing.trace: cannot open' 'which is said when the terminal is back'
start 140x24 "${watch[@]}" -p optimal app.trace
finish
is "$ended" 2 'a policy that knows the future can not be watched'
sees "can't be watched" 'which is said'
start 80x24 bash --norc -i
keys "$HEAPREPLAY watch --paused app.trace" Enter
sees 'occupancy' 'from a shell'
keys C-z
sees 'Stopped' 'ctrl-Z stops it'
keys 'fg' Enter
sees 'occupancy' 'fg brings it back'
keys q
misses 'occupancy' 'q returns to the shell'
keys 'exit' Enter
finish

# --- from a pipe ---

mkfifo pipe
zstd -dqc "$top_srcdir/traces/phases-1p-go125.trace.zst" >long.trace
size=$(stat -c %s long.trace)
exec 7<>pipe
start 100x30 bash -c "$(printf '%q ' "$HEAPREPLAY")watch --speed 'full speed' - <pipe"
sees 'waiting for the trace' 'an empty pipe is waited for'
head -c $((size / 2)) long.trace >&7
sees 'waiting for data' 'what has come is shown, and that more is waited for'
keys Space Home
sees 'at 0 ' 'one can go back'
keys Space
sees 'at 26\.0 s.*waiting for data' 'and on again'
tail -c +$((size / 2 + 1)) long.trace >&7
exec 7>&-
sees 'the end' 'to the end'
keys q
finish
is "$ended" 0 'q at the end of a pipe'
exec 7<>pipe
start 100x30 bash -c "$(printf '%q ' "$HEAPREPLAY")watch - <pipe"
sees 'waiting for the trace' 'nothing comes'
keys q
finish
is "$ended" 0 'q while nothing comes'
exec 7>&-

# --- a terminal that does not answer ---

cat >silent.py <<'END'
"""A terminal that presses Ctrl-C when it is asked for its background."""
import os, pty, sys, termios

pid, fd = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'xterm-256color'
    os.execvp(sys.argv[1], sys.argv[1:])
came = b''
try:
    while b']11;?' not in came:
        came += os.read(fd, 1000)
    os.write(fd, b'\3')
    while os.read(fd, 1000):
        pass
except OSError:
    pass
_, status = os.waitpid(pid, 0)
lflag = termios.tcgetattr(fd)[3]
print('signal', os.WTERMSIG(status), 'echo', lflag & termios.ECHO != 0, 'lines', lflag & termios.ICANON != 0)
END
if have python3; then
	is "$(LC_ALL=C.UTF-8 python3 silent.py "$HEAPREPLAY" watch app.trace)" 'signal 2 echo True lines True' \
		'Ctrl-C while the terminal is asked: it is left as it was'
else
	skip 'Ctrl-C while the terminal is asked' 'python3 is not installed'
fi

# --- the examples of the manual ---

mkdir bin
ln -s "$HEAPREPLAY" bin/heapreplay
printf '#!/bin/sh\ncat app.trace\n' >bin/curl
chmod +x bin/curl
while IFS= read -r example; do
	start 100x30 PATH="$PWD/bin:$PATH" bash -c "$example"
	sees '[0-9]x|the end' "$example"
	keys q
	finish
	is "$ended" 0 "$example: q"
done < <(sed -n 's/^\.Dl //p' "$top_builddir/man/heapreplay-watch.1" | grep heapreplay)
done_testing
