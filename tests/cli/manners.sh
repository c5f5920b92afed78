# Progress on a terminal only, nothing left by a run that is killed, pipes in and out.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/phases-1p-go125.trace.zst

# Standard error is a terminal under script(1), and a file otherwise.
if have script && script -qec true typescript >/dev/null 2>&1; then
	cat >command.sh <<COMMAND
{ head -c 1500000 '$trace'; sleep 2; tail -c +1500001 '$trace'; } | '$HEAPREPLAY' replay --json -o out.json -
COMMAND
	script -qec 'bash command.sh' typescript >/dev/null 2>&1 </dev/null
	like "$(tr '\r' '\n' <typescript)" 'of trace time, .* read, .*/s' 'a terminal sees progress after a second'
	like "$(cat out.json)" '"schema": 1' 'and the output is whole'
	sed -i "s/replay --json/replay -q --json/" command.sh
	script -qec 'bash command.sh' typescript >/dev/null 2>&1 </dev/null
	unlike "$(cat typescript)" 'of trace time' '-q: no progress'
	rm -f out.json typescript command.sh
else
	skip 'progress' 'script is not installed, or has no terminal to give'
fi
run bash -c "{ head -c 1500000 '$trace'; sleep 2; tail -c +1500001 '$trace'; } | '$HEAPREPLAY' replay -"
is "$status" 0 'a slow pipe is waited for'
is "$err" '' 'no progress where standard error is no terminal'

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
	is "$(ls -A "$signal")" '' "nothing is left after SIG$signal"
done
done_testing
