# SPDX-License-Identifier: BSD-3-Clause
# Small inputs that people have, each for its kind: what is read out of them. Expected values are counted by hand,
# or by the tools and scripts named beside them.
. "$top_srcdir/tests/lib.sh"
cases=$top_srcdir/tests/cli/small

# totals FILE [OPTION...]: allocations, frees, most bytes live.
totals() {
	"$HEAPREPLAY" info -q --json "$@" | jq -r '.objects | "\(.allocations) \(.frees) \(.peak_live_bytes)"'
}

# odd FILE [OPTION...]: what was odd.
odd() {
	"$HEAPREPLAY" info -q --json "$@" | jq -c '.anomalies'
}

# By hand.
is "$(totals "$cases/ltrace-hex-sizes-min.txt")" '3 3 4999936' 'ltrace: hexadecimal sizes'
is "$(totals "$cases/c23-free_sized.ltrace")" '4 3 448' "C23's and BSD's frees"
is "$(totals "$cases/csapp.rep")" '5 4 4128' "the malloc lab's traces"
is "$(totals "$cases/lttng-babeltrace.txt")" '3 2 73024' 'LTTng'
# Recorded by lttng-tools 2.13, printed by babeltrace2 2.0; counted by a script. Three are the tracer's own; one free is
# of what was there before.
is "$(totals "$cases/lttng-recorded.txt")" '25 23 24600' 'LTTng: a recording'
is "$(odd "$cases/lttng-recorded.txt")" '{"unknown_frees":1}' 'LTTng: nothing else of it is odd'
is "$(totals "$cases/firefox-logalloc-two-processes.txt")" '2 2 64' 'logalloc: the first process'
is "$(totals "$cases/firefox-logalloc-two-processes.txt" --process 4300)" '2 2 2097152' 'logalloc: another one'
is "$(totals "$cases/firefox-logalloc-two-processes.txt" --pid 4300)" '2 2 2097152' 'logalloc: --pid'
is "$(totals "$cases/android-realloc-race.txt")" '4 3 4240' 'Android: realloc and reuse at once'
is "$(odd "$cases/android-realloc-race.txt")" '{"raced_frees":1}' 'Android: it is told'
is "$(odd "$cases/tizen-heaptrack.raw")" '{"other_records":5}' "Tizen's records are counted"
# valgrind counts 21.6 MiB for the same program, with what strdup copied.
is "$(totals "$cases/ltrace-manual-command.ltrace")" '9 9 21480505' "the manual's own ltrace command"
# posix_memalign's 2,000,000 bytes are not there: its address is not in the log.
is "$(totals "$cases/ltrace-x-at-libc.ltrace")" '6 2 19280500' 'ltrace -x'

# GODEBUG=allocfreetrace=1: as counted by grep and a script. The whole one is of Debian's Go 1.19, three rounds of
# allocation with two collections each; three of its frees are of objects from before the runtime told any.
# 0x10 + 0x10 + 0x2500 + 0x2500 + 0x1a0.
is "$(totals "$cases/go119-allocfreetrace.log")" '5 0 19392' 'allocfreetrace: the beginning of a log'
if have zstd; then
	zstd -dqc "$cases/objects-go119.allocfreetrace.zst" >log
	is "$(grep -c '^tracealloc(' log) $(grep -c '^tracefree(' log) $(grep -c '^tracegc()' log)" '272 171 6' \
		'allocfreetrace: what the log holds'
fi
is "$(totals "$cases/objects-go119.allocfreetrace.zst")" '272 168 75496' 'allocfreetrace: a whole log'
is "$("$HEAPREPLAY" info -q --json "$cases/objects-go119.allocfreetrace.zst" |
	jq -c '[.anomalies.unknown_frees, .events["gc-end"], .objects.leaked_bytes]')" '[3,6,43472]' \
	'allocfreetrace: collections, what is never freed'
run "$HEAPREPLAY" replay -q --gc model --gogc 10 "$cases/objects-go119.allocfreetrace.zst"
is "$status" 0 'allocfreetrace: a replay with modelled cycles'

# Containers of real traces.
for file in pzstd.trace.zst macos-finder.zip; do
	is "$("$HEAPREPLAY" info -q --json "$cases/$file" | jq '.trace.events_total // (.events | add > 10000)')" true \
		"$file is read"
done

# Processes.
run "$HEAPREPLAY" info -q --process 7 "$cases/firefox-logalloc-two-processes.txt"
is "$status" 1 'a process that is not there: status 1'
like "$err" 'nothing of process 7 in it, but of 4242, 4300' 'a process that is not there: the others'
run "$HEAPREPLAY" info -q --process 7 "$cases/csapp.rep"
is "$status" 2 'a recording of one process: status 2'

# The log of a page trace, as containers and programs make it.
trace=$top_srcdir/traces/compile-texttemplate-1p-go121.pagetrace.zst
log=$top_srcdir/traces/compile-texttemplate-1p-go121.gclog
want=$("$HEAPREPLAY" replay -q --json "$trace" --gc-log "$log" -p go1.21 | jq .summary.retained_mean_bytes)
log_as() {
	is "$("$HEAPREPLAY" replay -q --json "$trace" --gc-log "$1" -p go1.21 | jq .summary.retained_mean_bytes)" "$want" "$2"
}
sed 's/^/app-1  | /' "$log" >compose
sed 's/^/working... /' "$log" >unfinished
sed 's/^/2026-11-29T14:02:11.000012345Z stderr F /' "$log" >kubectl
sed 's/^/Nov 29 14:02:11 host app[812]: /' "$log" >journal
jq -Rc '{log: (. + "\n"), stream: "stderr", time: "2026-11-29T14:02:11.000012345Z"}' "$log" | sed 's/>/\\u003e/g' >docker
for form in compose unfinished kubectl journal docker; do
	log_as "$form" "gctrace lines: $form"
done
run "$HEAPREPLAY" validate -q --json "$trace" --gc-log "$log" -p go1.21 --log "$cases/csapp.rep"
is "$status" 0 'validate with a log without scavtrace lines: status 0'
is "$(jq -c '.log | [.recorded_lines, .paired, .same_kind, .util_mean_points, .released_mean_bytes]' <<<"$out")" \
	'[0,0,null,null,null]' 'validate: what rests on nothing is null'
run "$HEAPREPLAY" validate -q "$trace" --gc-log "$log" -p go1.21 --log "$cases/csapp.rep"
like "$out" 'no pair: the log holds no line' 'validate: it is said'

# What is no trace.
printf 'desc: --massif-out-file=m.out\ncmd: ./app\n' >massif
run "$HEAPREPLAY" info massif
is "$status" 1 'a profile: status 1'
like "$err" 'massif, which holds sums: record with heaptrack -r.*its first line is: desc: --massif-out-file=m.out$' \
	'a profile: what it is, what to record, its first line'

# What is too large to replay is refused alike by all, with the line: 33 objects of 1 TiB.
{
	printf '# heapreplay-trace 1\n! addresses off\n! spans off\n'
	for i in {0..32}; do echo "$i obj-alloc id=$i size=1TiB"; done
} >large
run "$HEAPREPLAY" replay large
is "$status" 1 'a policy with a word a page runs out of memory instead of the machine'
for command in info 'replay -p none' export; do
	# shellcheck disable=SC2086 # a list of words
	run "$HEAPREPLAY" $command large
	is "$status" 1 "$command of 33 TiB of objects: status 1"
	like "$err" 'large: .*line 35.*more than 31 TiB together' "$command of 33 TiB of objects: the line"
done
for i in {1..32}; do echo "1: malloc 0x$((i * 16)) 1099511627776"; done >large.android
is "$(odd large.android)" '{"absurd_sizes":1}' 'a recording of so much: the last is taken as failed'
done_testing
