# SPDX-License-Identifier: BSD-3-Clause
# Progress on a terminal only, nothing left by a run that is killed, pipes in and out.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/phases-1p-go125.trace.zst

# Standard error is a terminal under script(1), and a file otherwise. A pipe that
# pauses makes the work long enough to be told of.
if have script && script -qec true typescript >/dev/null 2>&1; then
	# on_terminal COLUMNS COMMAND: $out is what the terminal got, a line a redraw.
	on_terminal() {
		printf 'stty cols %s\n%s\n' "$1" "$2" >command.sh
		run script -qec 'bash command.sh' typescript </dev/null
		out=$(sed '/^Script /d' typescript | tr '\r' '\n')
	}
	slow="{ head -c 1500000 '$trace'; sleep 1.5; tail -c +1500001 '$trace'; } | '$HEAPREPLAY'"
	export TERM=xterm
	on_terminal 80 "$slow replay --json -o out.json -"
	like "$out" $'^\e\\[K[0-9.]+ MiB read, [0-9.]+ [KM]iB/s, at [0-9.]+ m?s of the trace$' \
		'a terminal sees progress after a second'
	is "${out##*$'\n'}" $'\e[K' 'and nothing of it at the end'
	like "$(<out.json)" '"schema": 3' 'and the output is whole'
	on_terminal 20 "$slow info --json -o out.json -"
	like "$out" $'^\e\\[K[0-9.]+ MiB read' 'as much of it as a narrow terminal has room for'
	unlike "$out" '.{23}' 'and no more'
	on_terminal 80 "$slow replay -q --json -o out.json -"
	is "$out" '' '-q: no progress'
	TERM=dumb on_terminal 80 "$slow replay --json -o out.json -"
	is "$out" '' 'TERM=dumb: no progress'
	# Of a file the end is known; here the one who takes the output is slow.
	on_terminal 80 "'$HEAPREPLAY' export -o /dev/stdout '$trace' | { sleep 1.5; cat >/dev/null; }"
	like "$out" $'^\e\\[K[0-9]+ %, [0-9.]+ m?s left, [0-9,]+ events/s, at [0-9.]+ m?s of the trace$' \
		'of a file, how much is left'
	# Terminals that have a progress bar of their own are told, and told when it is over; no others are.
	WT_SESSION=1 on_terminal 80 "'$HEAPREPLAY' export -o /dev/stdout '$trace' | { sleep 1.5; cat >/dev/null; }"
	like "$out" $'\e\\]9;4;1;[0-9]+\e' 'the progress bar of the terminal'
	is "$(grep -oE $'\e\\]9;4;[0-9]+' <<<"$out" | tail -n 1)" $'\e]9;4;0' 'which is gone at the end'
	on_terminal 80 "'$HEAPREPLAY' export -o /dev/stdout '$trace' | { sleep 1.5; cat >/dev/null; }"
	unlike "$out" ']9;4' 'other terminals are not sent that'
	WT_SESSION=1 on_terminal 80 "$slow replay -q --json -o out.json -"
	is "$out" '' 'nor with -q'
	rm -f out.json typescript command.sh
else
	skip 'progress' 'script is not installed, or has no terminal to give'
fi
run bash -c "{ head -c 1500000 '$trace'; sleep 2; tail -c +1500001 '$trace'; } | '$HEAPREPLAY' replay -"
is "$status" 0 'a slow pipe is waited for'
is "$err" '' 'no progress where standard error is no terminal'

# Where there are no files without a name, those of a killed program have names that tell what they are.
stays=
grep -q '^#define HAVE_DECL_O_TMPFILE 1' "$top_builddir/config.h" || stays='.log.heapreplay-tmp .out.json.heapreplay-tmp .s.csv.heapreplay-tmp'
for signal in KILL TERM INT; do
	mkdir "$signal"
	# Background jobs of a script ignore SIGINT; env undoes that.
	mkfifo "$signal.fifo"
	env --default-signal=INT "$HEAPREPLAY" replay -q --json -o "$signal/out.json" --series "$signal/s.csv" \
		--scavtrace "$signal/log" - <"$signal.fifo" >/dev/null 2>&1 &
	pid=$!
	{
		head -c 1500000 "$trace"
		sleep 3
	} >"$signal.fifo" &
	feeder=$!
	sleep 1
	kill -"$signal" "$pid" 2>/dev/null
	ok $? "SIG$signal finds it at work"
	wait "$pid" 2>/dev/null
	kill "$feeder" 2>/dev/null
	wait "$feeder" 2>/dev/null
	is "$(find "$signal" -type f -printf '%f\n' | sort | paste -sd ' ')" "$stays" "nothing is left after SIG$signal but what its name tells"
done
done_testing
