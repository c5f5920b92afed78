# SPDX-License-Identifier: BSD-3-Clause
# replay --live: what a terminal gets, read back by tmux, and where there is none.
. "$top_srcdir/tests/lib.sh"

unset NO_COLOR FORCE_COLOR CLICOLOR_FORCE COLORTERM
trace=$top_srcdir/traces/phases-1p-go125.trace.zst

run "$HEAPREPLAY" replay --live -p none "$trace"
is "$status" 2 'no terminal: status 2'
like "$err" '^heapreplay replay: --live needs a terminal; heapreplay heatmap writes frames to files' 'and what there is instead'
run "$HEAPREPLAY" replay -q --view free -p none "$trace"
is "$status" 2 'a view without --live: status 2'
like "$err" 'need --live' 'says so'

if have script && script -qec true typescript >/dev/null 2>&1; then
	# on_terminal WORDS OPTIONS: a replay on a terminal of 100 x 30; what it got is in typescript.
	on_terminal() {
		printf 'stty cols 100 rows 30\nTERM=xterm %s "%s" replay --live -p go1.22 %s "%s"\n' "$1" "$HEAPREPLAY" "$2" "$trace" >command.sh
		run script -qec 'bash command.sh' typescript </dev/null
		out=$(sed '/^Script /d' typescript | tr -d '\r')
	}
	on_terminal LC_ALL=C.UTF-8 ''
	is "$status" 0 'on a terminal: status 0'
	like "$out" $'\e\\[48;5;[0-9]+m' 'colours'
	# The last thing said of the time is the end.
	is "$(printf '%s' "$out" | grep -oE 'at [0-9.]+ m?s ' | tail -n 1)" 'at 93.3 s ' 'the last frame is the end'
	like "${out##*$'\e['}" '^30;1H$' 'and the cursor stands below it'
	unlike "$out" 'in_use_mean_bytes' 'no summary pushes it away'
	is "$(printf '%s' "$out" | grep -oE $'\e\\[[0-9;?]*[a-zA-Z]' | grep -vcE '[mHKJ]$')" 0 'the terminal keeps its state'
	on_terminal '' '-o summary --scavtrace log'
	like "$(<summary)" 'in_use_mean_bytes' 'the summary goes to -o'
	[ "$(wc -l <log)" -gt 5 ]
	ok $? 'and the log to --scavtrace'
	"$HEAPREPLAY" replay -q -p go1.22 -o quiet --scavtrace quiet.log "$trace"
	same quiet summary 'watching changes nothing'
	same quiet.log log 'nor the log'
	on_terminal '' '--layers'
	like "$out" 'live [0-9.]+ MiB, dying [0-9.]+ MiB at [0-9.]+ m?s' '--layers: what in use is made of, a cycle late'
	on_terminal NO_COLOR=1 '--view free'
	unlike "$out" $'\e\\[48' 'NO_COLOR: none'
	like "$out" 'free, not released: none 0123456789 all' 'digits instead'
	on_terminal TERM=dumb ''
	is "$status" 2 'a dumb terminal: status 2'
	on_terminal '' --json
	is "$status" 2 'JSON to the same terminal: status 2'
	on_terminal '' '--view nothing'
	is "$status" 2 'no such view: status 2'
else
	skip 'a terminal' 'script is not installed, or has no terminal to give'
fi

if have tmux && tmux -L "heapreplay-$$" -f /dev/null new-session -d -x 90 -y 30 'sleep 60' 2>/dev/null; then
	tm() {
		tmux -L "heapreplay-$$" "$@"
	}
	# await REGEX DESCRIPTION: the screen shows it within half a minute.
	await() {
		local i

		for ((i = 0; i < 300; i++)); do
			out=$(tm capture-pane -p -t live)
			printf '%s\n' "$out" | grep -Eq -e "$1" && break
			sleep 0.1
		done
		like "$out" "$1" "$2"
	}
	mkfifo pipe
	"$HEAPREPLAY" export --until 30s "$trace" -o whole.txt
	lines=$(wc -l <whole.txt)
	tm new-window -n live "LC_ALL=C.UTF-8 '$HEAPREPLAY' replay --live -p go1.22 - <pipe; sleep 60"
	{
		head -n $((lines / 2)) whole.txt
		sleep 3
		tail -n +$((lines / 2 + 1)) whole.txt
	} >pipe &
	await '^- +go1.22 +at [0-9.]+ s ' 'of a pipe, what has arrived'
	await '^- +go1.22 +at 30.0 s ' 'and all of it in the end'
	like "$out" '^ +c000000000 ' 'the map'
	like "$out" 'pages in use: none 0123456789 all' 'the legend'
	like "$out" 'scav 0 KiB work' 'the log'
	wait
	tm kill-server
else
	skip 'in tmux' 'tmux is not installed, or does not start'
fi
done_testing
