# SPDX-License-Identifier: BSD-3-Clause
# Every command on the recording of a real server, which holds what programs written for tests do not.
. "$top_srcdir/tests/lib.sh"

trace=$top_srcdir/traces/victoria-metrics-go127.trace.zst

# does COMMAND ARG...: it ends with status 0 and says nothing on standard error.
does() {
	run "$HEAPREPLAY" "$@"
	is "$status" 0 "$1: status 0"
	is "$err" '' "$1: no complaint"
}

does info -q --json "$trace"
like "$out" '"stackless_goroutines": [1-9]' 'goroutines whose stack was freed before the trace are counted'
does replay -q "$trace"
does replay -q --gc model --model no-bounds "$trace"
does compare -q "$trace"
does validate -q "$trace"
does heatmap -q --at 1s --cells 80x24 "$trace"
does explain -q --at 5s "$trace"
does info -q --by type --at 5s "$trace"
does import -q "$trace" -o whole.hrt
does cut -q --from 1s --until 3s "$trace" -o part.hrt
does replay -q part.hrt
does export -q part.hrt -o part.txt

# summary FILE: without what says which file it is.
summary() {
	"$HEAPREPLAY" replay -q --summary "$1" | sed -E 's/"(trace|path|xxh3|format)":"[^"]*",//g'
}

is "$(summary whole.hrt)" "$(summary "$trace")" 'the native form replays to the same figures'
done_testing
